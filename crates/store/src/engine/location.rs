//! Where a store is: a SQLite file, or a database on a PostgreSQL server.
//!
//! Invariants: a password is never shown; a connection to another machine is encrypted, with the
//! server's certificate checked, unless the address explicitly says `sslmode=disable`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

#[derive(Debug, Clone)]
pub enum Location {
    /// A file on this machine; created if it does not exist.
    Sqlite(PathBuf),
    /// A database that must exist.
    Postgres(Box<PostgresDatabase>),
}

/// A database on a PostgreSQL server, and how to reach it.
#[derive(Clone)]
pub struct PostgresDatabase {
    pub(crate) config: tokio_postgres::Config,
    pub(crate) tls: Option<MakeRustlsConnect>,
}

/// Why a text names no store.
#[derive(Debug, thiserror::Error)]
pub enum LocationProblem {
    #[error(
        "should begin with sqlite: or postgres://, such as \"sqlite:pharos-data/pharos.sqlite\" or \"postgres://pharos@db.example.com/pharos\""
    )]
    Scheme,
    /// What the driver says of the address.
    #[error("is not a valid address of a PostgreSQL database: {0}")]
    Address(String),
    #[error("does not name a {0}; it should look like \"postgres://user@host:5432/database\"")]
    Missing(&'static str),
    #[error("the certificates in {path} can't be used: {why}", path = path.display())]
    Certificates { path: PathBuf, why: String },
}

impl Location {
    /// Parses `sqlite:PATH`, with a relative path beginning at `folder`, or a PostgreSQL address
    /// (`postgres://user@host:port/database?sslmode=require`). A password given separately replaces
    /// one in the address. `ca_file` holds certificates (PEM) to trust in addition to the public
    /// ones.
    ///
    /// # Errors
    /// Says what would be right; never repeats a password.
    pub fn parse(
        text: &str,
        folder: &Path,
        password: Option<&str>,
        ca_file: Option<&Path>,
    ) -> Result<Self, LocationProblem> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            if path.is_empty() {
                return Err(LocationProblem::Missing("file"));
            }
            return Ok(Self::Sqlite(folder.join(path)));
        }
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Err(LocationProblem::Scheme);
        }
        Ok(Self::Postgres(Box::new(PostgresDatabase::parse(text, password, ca_file)?)))
    }

    /// Whether other nodes can use the same store.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}

impl PostgresDatabase {
    fn parse(
        text: &str,
        password: Option<&str>,
        ca_file: Option<&Path>,
    ) -> Result<Self, LocationProblem> {
        // Certificates are always checked, so libpq's stricter words mean the same as `require`.
        let plain = text
            .replace("sslmode=verify-full", "sslmode=require")
            .replace("sslmode=verify-ca", "sslmode=require")
            // Half a promise: an attacker in between could strip the encryption.
            .replace("sslmode=prefer", "sslmode=require");
        let mut config: tokio_postgres::Config = plain.parse().map_err(|error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            LocationProblem::Address(cause.unwrap_or_else(|| "can't read it".to_owned()))
        })?;
        if config.get_user().is_none_or(str::is_empty) {
            return Err(LocationProblem::Missing("user"));
        }
        if config.get_hosts().is_empty() {
            return Err(LocationProblem::Missing("host"));
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(LocationProblem::Missing("database"));
        }
        if let Some(password) = password {
            config.password(password);
        }
        config.application_name("pharos");
        if !plain.contains("sslmode=") {
            let near = config.get_hosts().iter().all(is_this_machine)
                && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback);
            config.ssl_mode(if near { SslMode::Disable } else { SslMode::Require });
        }
        let encrypted = config.get_ssl_mode() != SslMode::Disable;
        let tls = encrypted.then(|| connector(ca_file)).transpose()?;
        Ok(Self { config, tls })
    }

    /// `host:port` of each server that the address names.
    #[must_use]
    pub fn hosts(&self) -> Vec<(String, u16)> {
        let ports = self.config.get_ports();
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let hosts = self.config.get_hosts().iter().enumerate();
        hosts
            .filter_map(|(at, host)| match host {
                Host::Tcp(name) => Some((name.clone(), port(at))),
                #[cfg(unix)]
                Host::Unix(_) => None,
            })
            .collect()
    }

    /// Whether the way to the server is encrypted.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            let address: Option<std::net::IpAddr> = name.parse().ok();
            name == "localhost" || address.is_some_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn connector(ca_file: Option<&Path>) -> Result<MakeRustlsConnect, LocationProblem> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(path) = ca_file {
        let fail = |why: String| LocationProblem::Certificates { path: path.to_owned(), why };
        let found = CertificateDer::pem_file_iter(path).map_err(|error| fail(error.to_string()))?;
        for certificate in found {
            let certificate = certificate.map_err(|error| fail(error.to_string()))?;
            roots.add(certificate).map_err(|error| fail(error.to_string()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LocationProblem::Address(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }
}

impl From<&PathBuf> for Location {
    fn from(path: &PathBuf) -> Self {
        Self::Sqlite(path.clone())
    }
}

impl From<&Self> for Location {
    fn from(location: &Self) -> Self {
        location.clone()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(database) => database.fmt(f),
        }
    }
}

impl fmt::Display for PostgresDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.config.get_user().unwrap_or_default();
        let hosts: Vec<String> =
            self.hosts().iter().map(|(host, port)| format!("{host}:{port}")).collect();
        let database = self.config.get_dbname().unwrap_or_default();
        write!(f, "postgres://{user}@{}/{database}", hosts.join(","))
    }
}

impl fmt::Debug for PostgresDatabase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresDatabase").field(&self.to_string()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Location, LocationProblem> {
        Location::parse(text, Path::new("/srv"), None, None)
    }

    #[test]
    fn both_kinds_are_read_and_shown_without_a_password() {
        assert_eq!(parse("sqlite:a/b.sqlite").unwrap().to_string(), "/srv/a/b.sqlite");
        assert_eq!(parse("sqlite:/a/b.sqlite").unwrap().to_string(), "/a/b.sqlite");
        let location = parse("postgres://ann:s3cret@db.example.com/pharos").unwrap();
        assert_eq!(location.to_string(), "postgres://ann@db.example.com:5432/pharos");
        assert!(!format!("{location:?}").contains("s3cret"));
        assert!(location.is_shared());
    }

    #[test]
    fn r24_the_way_to_another_machine_is_encrypted_unless_told_otherwise() {
        let encrypted = |text: &str| match parse(text).unwrap() {
            Location::Postgres(database) => database.is_encrypted(),
            Location::Sqlite(_) => panic!("{text}"),
        };
        assert!(encrypted("postgres://ann@db.example.com/pharos"));
        assert!(encrypted("postgres://ann@db.example.com/pharos?sslmode=verify-full"));
        assert!(!encrypted("postgres://ann@db.example.com/pharos?sslmode=disable"));
        assert!(!encrypted("postgres://ann@127.0.0.1/pharos"));
        assert!(encrypted("postgres://ann@localhost/pharos?sslmode=require"));
        assert!(encrypted("postgres://ann@localhost/pharos?hostaddr=192.0.2.7"));
        let prefer = parse("postgres://ann@localhost/pharos?sslmode=prefer").unwrap();
        let Location::Postgres(database) = prefer else { panic!("a file") };
        assert_eq!(database.config.get_ssl_mode(), SslMode::Require);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (text, expect) in [
            ("mysql://x", "postgres://"),
            ("sqlite:", "file"),
            ("postgres://db.example.com/pharos", "user"),
            ("postgres://ann@db.example.com", "database"),
            ("postgres://ann@db.example.com:port/x", "address"),
        ] {
            let said = parse(text).unwrap_err().to_string();
            assert!(said.contains(expect), "{text}: {said}");
        }
    }
}
