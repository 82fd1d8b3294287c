//! TLS to the relay: rustls with aws-lc-rs, public roots and, if given, the operator's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

use crate::settings::{Relay, Tls};

/// Why no TLS client could be made from the settings.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// The file of own certificates is unusable.
    #[error("can't use the certificates in {}: {what}", path.display())]
    CaFile {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// No certificate could carry such a name.
    #[error("{0:?} is no name that a relay's certificate could carry")]
    Name(String),
    /// The provider refuses its own defaults.
    #[error("the TLS library refuses to start: {0}")]
    Library(#[from] rustls::Error),
}

/// One per relay, so that sessions are resumed.
#[derive(Clone)]
pub(crate) struct TlsClient {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

impl TlsClient {
    /// The client that the relay's settings ask for, if any.
    pub(crate) fn for_relay(relay: &Relay) -> Result<Option<Self>, TlsProblem> {
        if relay.tls == Tls::None {
            return Ok(None);
        }
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        if let Some(path) = &relay.ca_file {
            add_own(&mut roots, path)?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(relay.host.clone())
            .map_err(|_| TlsProblem::Name(relay.host.clone()))?;
        Ok(Some(Self { connector: TlsConnector::from(Arc::new(config)), name }))
    }
}

fn add_own(roots: &mut RootCertStore, path: &Path) -> Result<(), TlsProblem> {
    let problem = |what: String| TlsProblem::CaFile { path: path.to_owned(), what };
    let mut added = 0;
    let found = CertificateDer::pem_file_iter(path).map_err(|error| problem(error.to_string()))?;
    for certificate in found {
        let certificate = certificate.map_err(|error| problem(error.to_string()))?;
        roots.add(certificate).map_err(|error| problem(error.to_string()))?;
        added += 1;
    }
    if added == 0 {
        return Err(problem("it holds no PEM certificate".to_owned()));
    }
    Ok(())
}
