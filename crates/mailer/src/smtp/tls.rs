//! TLS to the relay: rustls with aws-lc-rs, public roots and, if given, the operator's own.
//!
//! A relay may present a certificate that is itself in `ca_file`, and be trusted for that. Its
//! dates and its name are checked all the same.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, InvalidMessage,
    RootCertStore, SignatureScheme,
};
use tokio_rustls::TlsConnector;

use crate::settings::{Relay, Tls};

/// Why no TLS client could be made from the settings.
#[derive(Debug, thiserror::Error)]
pub enum TlsProblem {
    /// The file with additional certificates is unusable.
    #[error("can't use the certificates in {}: {what}", path.display())]
    CaFile {
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// No certificate could carry such a name.
    #[error("{0:?} is not a name that a relay's certificate could have")]
    Name(String),
    /// The provider refuses its own defaults.
    #[error("can't start the TLS library: {0}")]
    Library(#[from] rustls::Error),
}

/// One per relay, so that TLS sessions are resumed.
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
        let own = relay.ca_file.as_deref().map(own_certificates).transpose()?.unwrap_or_default();
        for (certificate, path) in own.iter().zip(relay.ca_file.iter().cycle()) {
            roots.add(certificate.clone()).map_err(|error| ca_file(path, &error))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let usual =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| TlsError::General(error.to_string()))?;
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            // Dangerous only in what a verifier leaves out; this one asks rustls's own first.
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(OwnOrPublic { usual, own }))
            .with_no_client_auth();
        let name = ServerName::try_from(relay.host.clone())
            .map_err(|_| TlsProblem::Name(relay.host.clone()))?;
        Ok(Some(Self { connector: TlsConnector::from(Arc::new(config)), name }))
    }
}

fn ca_file(path: &Path, error: &impl ToString) -> TlsProblem {
    TlsProblem::CaFile { path: path.to_owned(), what: error.to_string() }
}

fn own_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsProblem> {
    let certificates = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| ca_file(path, &error))?;
    if certificates.is_empty() {
        return Err(ca_file(path, &"it contains no PEM certificate"));
    }
    Ok(certificates)
}

/// Accepts what rustls accepts, and also a certificate that the operator named.
#[derive(Debug)]
struct OwnOrPublic {
    usual: Arc<WebPkiServerVerifier>,
    own: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for OwnOrPublic {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let usual = &self.usual;
        match usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // The certificates that `openssl req -x509` makes call themselves authorities, and
            // webpki takes none of those for a server's. It looks at the dates before it says so.
            Err(TlsError::InvalidCertificate(CertificateError::Other(_)))
                if self.own.iter().any(|own| own == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            verdict => verdict,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.usual.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

/// Why a handshake failed, and what to do about it.
pub(crate) fn handshake_problem(error: &io::Error, relay: &Relay) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    let advice = match inner {
        Some(TlsError::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            return match relay.tls {
                Tls::Implicit => "it speaks plain text: this port begins without TLS; set \
                                  tls = \"starttls\", or use the port for implicit TLS, usually 465"
                    .to_owned(),
                _ => "it continues in plain text after STARTTLS".to_owned(),
            };
        }
        Some(TlsError::InvalidCertificate(CertificateError::Other(other)))
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            return "its certificate is self-signed; if the relay is yours, put that \
                    certificate into `ca_file`"
                .to_owned();
        }
        Some(TlsError::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            "; if the relay is yours, put its certificate, or its authority's, into `ca_file`"
        }
        Some(TlsError::InvalidCertificate(CertificateError::NotValidForNameContext { .. })) => {
            "; set `host` to a name in the certificate, or give the relay a certificate with this \
             name as a subjectAltName"
        }
        _ => "",
    };
    format!("{error}{advice}")
}
