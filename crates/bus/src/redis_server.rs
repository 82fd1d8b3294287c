//! Where Redis is, and how to log in: parsed once, shown without the password.
//!
//! `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]` names one server, `rediss://` the same over
//! TLS. `redis+cluster://HOST[:PORT],HOST[:PORT]` names some nodes of a cluster, from which the
//! others are found; `rediss+cluster://` the same over TLS.
//!
//! What travels there is personal data (client addresses, cookies): outside of a private network it
//! wants TLS.
//!
//! Invariant: neither `Display` nor `Debug` nor an error shows a user name or a password.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use redis::{ConnectionInfo, IntoConnectionInfo as _};

use crate::BusError;

const FORMS: &str =
    "use redis://HOST:PORT, rediss://HOST:PORT or redis+cluster://HOST:PORT,HOST:PORT";

/// A Redis server or cluster. Clones are cheap.
#[derive(Clone)]
pub struct RedisServer(Arc<Address>);

struct Address {
    nodes: Vec<ConnectionInfo>,
    cluster: bool,
    tls: bool,
    /// PEM; if given, only these authorities are trusted.
    ca: Option<Vec<u8>>,
    shown: String,
}

impl RedisServer {
    /// Parses an address. The password may be part of the URL or be given separately (from a file,
    /// say), not both. Over TLS, the authorities in `ca_file` (PEM) are trusted instead of the
    /// public ones.
    ///
    /// # Errors
    /// [`BusError::Address`] says what would be right; [`BusError::CaFile`].
    pub fn parse(
        url: &str,
        password: Option<&str>,
        ca_file: Option<&Path>,
    ) -> Result<Self, BusError> {
        let (scheme, rest) = url.split_once("://").ok_or_else(|| wrong("has no scheme"))?;
        let (scheme, cluster) = match scheme.strip_suffix("+cluster") {
            Some(scheme) => (scheme, true),
            None => (scheme, false),
        };
        let tls = match scheme {
            "redis" => false,
            "rediss" => true,
            _ => return Err(wrong("has an unknown scheme")),
        };
        if rest.contains(['?', '#']) {
            return Err(wrong("has options after ? or #, which are not supported"));
        }
        if ca_file.is_some() && !tls {
            return Err(wrong("does not use TLS, but a certificate file is given for it"));
        }
        let nodes = nodes(scheme, rest, cluster, password)?;
        let shown = shown(url, rest);
        let ca = ca_file.map(read_ca).transpose()?;
        Ok(Self(Arc::new(Address { nodes, cluster, tls, ca, shown })))
    }

    /// Whether the address names a cluster.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.0.cluster
    }

    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.tls
    }

    pub(crate) fn nodes(&self) -> &[ConnectionInfo] {
        &self.0.nodes
    }

    pub(crate) fn certificates(&self) -> Option<redis::TlsCertificates> {
        let root_cert = self.0.ca.clone()?;
        Some(redis::TlsCertificates { client_tls: None, root_cert: Some(root_cert) })
    }

    /// Adds what was attempted to the driver's error.
    pub(crate) fn problem(
        &self,
        what: &'static str,
    ) -> impl FnOnce(redis::RedisError) -> BusError + use<> {
        let server = self.0.shown.clone();
        move |source| BusError::Redis { what, server, source }
    }

    pub(crate) fn unknown_answer(&self, what: &'static str) -> BusError {
        BusError::Answer { what, server: self.0.shown.clone() }
    }
}

impl fmt::Display for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.shown)
    }
}

impl fmt::Debug for RedisServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

fn wrong(what: &str) -> BusError {
    BusError::Address { why: format!("{what}; {FORMS}") }
}

/// The URL without who logs in.
fn shown(url: &str, rest: &str) -> String {
    let scheme = url.strip_suffix(rest).unwrap_or_default();
    let open = rest.rsplit_once('@').map_or(rest, |(_, open)| open);
    format!("{scheme}{open}")
}

/// The driver's settings for each host. The user and the database are the same for all.
fn nodes(
    scheme: &str,
    rest: &str,
    cluster: bool,
    password: Option<&str>,
) -> Result<Vec<ConnectionInfo>, BusError> {
    let (login, hosts) = match rest.rsplit_once('@') {
        Some((login, hosts)) => (format!("{login}@"), hosts),
        None => (String::new(), rest),
    };
    let (hosts, database) = hosts.split_once('/').unwrap_or((hosts, ""));
    if cluster && !matches!(database, "" | "0") {
        return Err(wrong("names a database, but a cluster has only one"));
    }
    if !cluster && hosts.contains(',') {
        return Err(wrong("names several hosts, but is not the address of a cluster"));
    }
    let mut nodes = Vec::new();
    for host in hosts.split(',').map(str::trim) {
        if host.is_empty() {
            return Err(wrong("has no host"));
        }
        nodes.push(node(&format!("{scheme}://{login}{host}/{database}"), password)?);
    }
    Ok(nodes)
}

fn node(url: &str, password: Option<&str>) -> Result<ConnectionInfo, BusError> {
    // The driver's message is static text, but its detail may hold parts of the URL.
    let info = url.into_connection_info().map_err(|_| wrong("can't be parsed"))?;
    let Some(password) = password else { return Ok(info) };
    if info.redis_settings().password().is_some() {
        return Err(wrong("contains a password, but a password file is given as well"));
    }
    let settings = info.redis_settings().clone().set_password(password);
    Ok(info.set_redis_settings(settings))
}

fn read_ca(path: &Path) -> Result<Vec<u8>, BusError> {
    let pem = std::fs::read(path).and_then(|pem| match String::from_utf8_lossy(&pem) {
        text if text.contains("-----BEGIN CERTIFICATE-----") => Ok(pem),
        // Found later, it would be a server that nobody vouches for.
        _ => Err(io::Error::other("it contains no PEM certificate")),
    });
    pem.map_err(|source| BusError::CaFile { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(url: &str) -> String {
        RedisServer::parse(url, None, None).unwrap_err().to_string()
    }

    #[test]
    fn an_address_is_shown_without_its_login() {
        let server = RedisServer::parse("redis://user:p@ss@db.example:7000/2", None, None);
        assert_eq!(server.unwrap().to_string(), "redis://db.example:7000/2");
        let server = RedisServer::parse("rediss+cluster://:secret@a:1,b:2", None, None).unwrap();
        assert_eq!(server.to_string(), "rediss+cluster://a:1,b:2");
        assert_eq!(format!("{server:?}"), "Server(rediss+cluster://a:1,b:2)");
        assert!(server.is_cluster() && server.is_tls());
        assert_eq!(server.nodes().len(), 2);
    }

    #[test]
    fn a_password_may_come_from_elsewhere_but_only_once() {
        let server = RedisServer::parse("redis+cluster://a:1,b:2", Some("secret"), None).unwrap();
        for node in server.nodes() {
            assert_eq!(node.redis_settings().password(), Some("secret"));
        }
        let twice =
            RedisServer::parse("redis://:one@a", Some("two"), None).unwrap_err().to_string();
        assert!(twice.contains("as well") && !twice.contains("one@"), "{twice}");
    }

    #[test]
    fn what_is_no_address_is_told_what_would_be_right() {
        assert!(said("localhost:6379").contains("has no scheme; use redis://HOST:PORT"));
        assert!(said("http://a").contains("unknown scheme"));
        assert!(said("redis://").contains("has no host"));
        assert!(said("redis://a,b").contains("several hosts"));
        assert!(said("redis+cluster://a,b/3").contains("only one"));
        assert!(said("rediss://a/#insecure").contains("not supported"));
        assert!(said("redis://:hush@a:port").contains("can't be parsed"));
        assert!(!said("redis://:hush@a:port").contains("hush"));
    }

    #[test]
    fn certificates_belong_to_tls() {
        let file = Path::new("/nowhere/ca.pem");
        let plain = RedisServer::parse("redis://a", None, Some(file)).unwrap_err();
        assert!(matches!(plain, BusError::Address { .. }));
        let missing = RedisServer::parse("rediss://a", None, Some(file)).unwrap_err();
        assert!(missing.to_string().contains("/nowhere/ca.pem"));
        let file = tempfile::NamedTempFile::new().unwrap();
        let empty = RedisServer::parse("rediss://a", None, Some(file.path())).unwrap_err();
        assert!(empty.to_string().contains("no PEM certificate"));
    }
}
