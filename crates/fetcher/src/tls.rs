//! TLS to servers of the web: public roots, and the operator's own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_rustls::TlsConnector;

/// Why the certificates to trust can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustProblem {
    #[error("can't use the certificates in {}: {what}", path.display())]
    CaFile { path: PathBuf, what: String },
    #[error("can't start the TLS library: {0}")]
    Library(#[from] rustls::Error),
}

/// Trusts the public roots and those in `ca_file`.
pub(crate) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, TrustProblem> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let problem = |what: String| TrustProblem::CaFile { path: path.to_owned(), what };
        let own = CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(|error| problem(error.to_string()))?;
        if own.is_empty() {
            return Err(problem("it contains no PEM certificate".to_owned()));
        }
        for certificate in own {
            roots.add(certificate).map_err(|error| problem(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}
