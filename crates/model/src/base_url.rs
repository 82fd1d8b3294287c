//! The URL under which a part of this installation is reached.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::domain::{Domain, DomainProblem};

/// A web address such as `https://t.example.com`, to which paths are added.
///
/// Invariants: `http` or `https`; a host that is a domain name in ASCII, an IP address or
/// `localhost`; no user, query or fragment, and no slash at the end; at most 500 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    text: String,
    is_https: bool,
    is_this_machine: bool,
}

/// Why a text can't be used as a base URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlProblem {
    #[error("should begin with https://, such as https://mail.example.com")]
    NoScheme,
    /// Has a user, a query or a fragment.
    #[error("should have no user, query or fragment, such as https://mail.example.com")]
    NotBase,
    /// The host is neither a name nor an address.
    #[error("has no host that others could find, such as https://mail.example.com")]
    BadHost,
    /// The port is not a number from 1 to 65535.
    #[error("has a port that is not a number from 1 to 65535")]
    BadPort,
    /// The path has characters that belong encoded.
    #[error("has characters in its path that should be percent-encoded")]
    BadPath,
    #[error("is longer than {MOST_BYTES} bytes")]
    TooLong,
}

const MOST_BYTES: usize = 500;

impl BaseUrl {
    /// Parses a web address; slashes at its end are dropped, a non-ASCII name becomes its A-label
    /// form.
    ///
    /// # Errors
    /// Says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, BaseUrlProblem> {
        let text = text.trim_end_matches('/');
        let (scheme, rest) = text.split_once("://").ok_or(BaseUrlProblem::NoScheme)?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "https" && scheme != "http" {
            return Err(BaseUrlProblem::NoScheme);
        }
        if rest.contains(['@', '?', '#']) {
            return Err(BaseUrlProblem::NotBase);
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%/".contains(&b);
        if !path.bytes().all(plain) {
            return Err(BaseUrlProblem::BadPath);
        }
        let (host, port) = host_and_port(authority)?;
        let host = Host::parse(host)?;
        let text = format!("{scheme}://{}{port}{path}", host.text);
        if text.len() > MOST_BYTES {
            return Err(BaseUrlProblem::TooLong);
        }
        Ok(Self { text, is_https: scheme == "https", is_this_machine: host.is_this_machine })
    }

    /// The address, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub const fn is_https(&self) -> bool {
        self.is_https
    }

    /// Whether it leads every reader to their own machine: a loopback address, or `localhost`.
    #[must_use]
    pub const fn is_this_machine(&self) -> bool {
        self.is_this_machine
    }
}

/// The host, and the port with its colon, if there is one.
fn host_and_port(authority: &str) -> Result<(&str, &str), BaseUrlProblem> {
    // The colons of an IPv6 address stand within brackets.
    let after = authority.rfind(']').map_or(0, |end| end + 1);
    let at = authority.get(after..).and_then(|rest| rest.find(':')).map(|at| after + at);
    let (host, port) = authority.split_at(at.unwrap_or(authority.len()));
    match port.strip_prefix(':') {
        Some(digits) if !digits.parse::<u16>().is_ok_and(|port| port > 0) => {
            Err(BaseUrlProblem::BadPort)
        }
        _ => Ok((host, port)),
    }
}

struct Host {
    text: String,
    is_this_machine: bool,
}

impl Host {
    fn parse(text: &str) -> Result<Self, BaseUrlProblem> {
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address: Ipv6Addr = inner.parse().map_err(|_| BaseUrlProblem::BadHost)?;
            return Ok(Self {
                text: format!("[{address}]"),
                is_this_machine: address.is_loopback(),
            });
        }
        if text.eq_ignore_ascii_case("localhost") {
            return Ok(Self { text: "localhost".to_owned(), is_this_machine: true });
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            let is_this_machine = address.is_loopback();
            return Ok(Self { text: address.to_string(), is_this_machine });
        }
        // A name without a dot may be known in the network of a company.
        let text = match Domain::parse(text) {
            Ok(domain) => domain.to_string(),
            Err(DomainProblem::NoDot) => text.to_ascii_lowercase(),
            Err(_) => return Err(BaseUrlProblem::BadHost),
        };
        let is_this_machine = text.ends_with(".localhost");
        Ok(Self { text, is_this_machine })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BaseUrlProblem as P;

    #[test]
    fn an_address_is_kept_as_every_reader_can_use_it() {
        let check = |text: &str, expect: Result<&str, P>| {
            let found = BaseUrl::parse(text);
            assert_eq!(found.as_ref().map(BaseUrl::as_str), expect.as_ref().copied(), "{text}");
        };
        check("https://Mail.Example.com/", Ok("https://mail.example.com"));
        check("HTTPS://bücher.example/a/b/", Ok("https://xn--bcher-kva.example/a/b"));
        check("http://127.0.0.1:8025", Ok("http://127.0.0.1:8025"));
        check("http://[0:0::1]:8025/", Ok("http://[::1]:8025"));
        check("https://intranet", Ok("https://intranet"));
        for text in ["127.0.0.1", "ftp://a.example", "", "https://", "mailto:a@b.example"] {
            check(text, Err(P::NoScheme));
        }
        for text in ["https://a@b.example", "https://a.example/?x", "https://a.example#x"] {
            check(text, Err(P::NotBase));
        }
        for text in
            ["https://:80", "https://1.2.3", "https://a b.example", "https://[::x]", "https://_"]
        {
            check(text, Err(P::BadHost));
        }
        for text in ["https://a.example:", "https://a.example:0", "https://a.example:70000"] {
            check(text, Err(P::BadPort));
        }
        check("https://a.example/ü", Err(P::BadPath));
        check(&format!("https://a.example/{}", "a".repeat(500)), Err(P::TooLong));
    }

    #[test]
    fn loopback_addresses_lead_readers_to_themselves() {
        let local =
            ["http://127.0.0.2", "http://localhost:1/x", "https://[::1]", "http://a.localhost"];
        for text in local {
            assert!(BaseUrl::parse(text).unwrap().is_this_machine(), "{text}");
        }
        for text in ["http://10.0.0.1", "https://a.example"] {
            assert!(!BaseUrl::parse(text).unwrap().is_this_machine(), "{text}");
        }
    }
}
