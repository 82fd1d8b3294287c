//! What a request's head says about who sent it.

use std::net::{IpAddr, SocketAddr};

use hyper::header::{HeaderMap, HeaderValue};
use model::Network;
use model::hit::{HitSigns, MAX_AGENT_BYTES};

/// What the headers said, from one walk over them.
#[derive(Debug, Default)]
pub(crate) struct RequestHeaders {
    /// The user agent, truncated to what a hit can hold.
    pub(crate) agent: Vec<u8>,
    /// All but `head` and `cookie_offered`.
    pub(crate) signs: HitSigns,
    /// The request declares a body; it will not be read.
    pub(crate) body: bool,
}

impl RequestHeaders {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut asked = Self::default();
        for (name, value) in headers {
            let value = value.as_bytes();
            match name.as_str() {
                "user-agent" if asked.agent.is_empty() => {
                    asked.agent = value.get(..MAX_AGENT_BYTES).unwrap_or(value).to_vec();
                }
                "sec-gpc" | "dnt" => asked.signs.opted_out |= value.trim_ascii() == b"1",
                "sec-purpose" | "purpose" | "x-purpose" | "x-moz" => {
                    asked.signs.prefetch |= announces_prefetch(value);
                }
                "sec-fetch-dest" => asked.signs.fetch_metadata = true,
                "content-length" => asked.body |= value.trim_ascii() != b"0",
                "transfer-encoding" => asked.body = true,
                _ => {}
            }
        }
        asked
    }
}

fn announces_prefetch(value: &[u8]) -> bool {
    let value = value.to_ascii_lowercase();
    let says = |word: &[u8]| value.windows(word.len()).any(|part| part == word);
    says(b"prefetch") || says(b"preview") || says(b"prerender")
}

/// The other side of a connection.
#[derive(Debug)]
pub(crate) struct Peer {
    address: IpAddr,
    trusted: bool,
}

impl Peer {
    pub(crate) fn new(peer: SocketAddr, trusted: &[Network]) -> Self {
        let address = peer.ip().to_canonical();
        Self { address, trusted: is_trusted(address, trusted) }
    }

    /// Who sent the request: the peer or, if that is a trusted proxy, the nearest address in
    /// `X-Forwarded-For` that is not one. None if the proxy gave no address: a wrong one would be
    /// worse than none.
    pub(crate) fn client(&self, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
        if !self.trusted {
            return Some(self.address);
        }
        let forwarded = headers.get_all("x-forwarded-for").iter().map(HeaderValue::as_bytes);
        model::client_address(self.address, forwarded, trusted)
    }
}

fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderName;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn forwarded_addresses_count_only_from_a_trusted_proxy() {
        let trusted = ["10.0.0.0/30".parse().unwrap(), "192.0.2.77".parse().unwrap()];
        let client = |peer: &str, forwarded: &[&str]| {
            let pairs: Vec<_> = forwarded.iter().map(|v| ("x-forwarded-for", *v)).collect();
            let peer = Peer::new(SocketAddr::new(peer.parse().unwrap(), 1), &trusted);
            peer.client(&headers(&pairs), &trusted).map(|address| address.to_string())
        };
        let some = |address: &str| Some(address.to_owned());
        assert_eq!(client("192.0.2.9", &["198.51.100.7"]), some("192.0.2.9"));
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), some("198.51.100.7"));
        assert_eq!(client("::ffff:10.0.0.1", &["198.51.100.7"]), some("198.51.100.7"));
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.0.0.2"]), some("198.51.100.7"));
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "198.51.100.7:80"]), some("198.51.100.7"));
        assert_eq!(client("10.0.0.1", &["[2001:db8::1]:80"]), some("2001:db8::1"));
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), None);
        assert_eq!(client("10.0.0.1", &["198.51.100.7, 192.0.2.77"]), some("198.51.100.7"));
        assert_eq!(client("10.0.0.1", &[]), some("10.0.0.1"));
    }

    #[test]
    fn signs_are_read_from_the_headers() {
        let asked = |pairs: &[_]| RequestHeaders::read(&headers(pairs));
        for name in ["sec-purpose", "purpose", "x-purpose", "x-moz"] {
            assert!(asked(&[(name, "Prefetch;anonymous-client-ip")]).signs.prefetch, "{name}");
        }
        assert!(asked(&[("x-purpose", "preview")]).signs.prefetch);
        assert!(!asked(&[("purpose", "none")]).signs.prefetch);
        assert!(asked(&[("sec-gpc", "1")]).signs.opted_out);
        assert!(asked(&[("dnt", "1"), ("sec-gpc", "0")]).signs.opted_out);
        assert!(!asked(&[("dnt", "0")]).signs.opted_out);
        assert!(asked(&[("sec-fetch-dest", "image")]).signs.fetch_metadata);
        assert!(asked(&[("content-length", "1")]).body && !asked(&[("content-length", "0")]).body);
        assert_eq!(asked(&[("user-agent", &"x".repeat(300))]).agent.len(), 255);
    }
}
