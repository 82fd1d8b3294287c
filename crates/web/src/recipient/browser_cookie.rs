//! The beacon's cookie as the public pages see it: where its page is, and what a request says of it.
//!
//! A cookie belongs to the host of `beacon_url`, whatever the port. Its page must be asked for at
//! that host, or the browser does not send the cookie along. Where pages have a host of their own, the
//! proxy in front of the beacon's leads [`PATH`] here.
//!
//! Invariant: under `Sec-GPC: 1` or `DNT: 1`, and when cookies are off, no cookie is read.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST, HeaderValue};
use campaign::Sender;
use model::VisitorId;
use token::{BroughtCookie, CookiePolicy, CookieScope, Keyring, VisitorCookie};

/// Where a browser's cookie is shown and reset.
pub(crate) const PATH: &str = "/browser";

/// What the beacon does with its cookie, and the means to do the same.
#[derive(Clone)]
pub struct BrowserCookie {
    policy: CookiePolicy,
    partitioned: bool,
    pub(crate) cookie: VisitorCookie,
}

/// What a request says of its browser's cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BrowserState {
    /// Browsers send it to another host; the page is at this address.
    Elsewhere(String),
    /// It was not looked at: the browser asks for that with every request.
    Signal,
    /// It was not looked at: this installation uses none.
    Unused,
    Nothing,
    Visitor(VisitorId),
    /// The person has asked for none.
    Off,
}

impl BrowserCookie {
    /// As the beacon has it.
    #[must_use]
    pub fn new(policy: CookiePolicy, scope: CookieScope, keys: Arc<Keyring>) -> Self {
        let cookie = VisitorCookie::new(scope, keys);
        Self { policy, partitioned: scope.partitioned, cookie }
    }

    /// Where the page is; None when there is nothing to show.
    pub(crate) fn page_address(&self, sender: &Sender) -> Option<String> {
        (self.policy != CookiePolicy::Off).then(|| own_host(sender).unwrap_or(PATH.to_owned()))
    }

    pub(crate) fn is_partitioned(&self) -> bool {
        self.partitioned
    }

    pub(crate) fn state(&self, headers: &HeaderMap, sender: &Sender) -> BrowserState {
        if self.policy == CookiePolicy::Off {
            return BrowserState::Unused;
        }
        if let Some(address) = own_host(sender)
            && is_asked_at(headers, &sender.web_url)
        {
            return BrowserState::Elsewhere(address);
        }
        if has_signal(headers) {
            return BrowserState::Signal;
        }
        let values = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes);
        match self.cookie.read(values) {
            BroughtCookie::Visitor { id, .. } => BrowserState::Visitor(id),
            BroughtCookie::Off => BrowserState::Off,
            BroughtCookie::Nothing | BroughtCookie::Foreign => BrowserState::Nothing,
        }
    }
}

fn has_signal(headers: &HeaderMap) -> bool {
    ["sec-gpc", "dnt"]
        .into_iter()
        .any(|name| headers.get_all(name).iter().any(|value| value.as_bytes().trim_ascii() == b"1"))
}

/// The page's full address, if the beacon has another host than the pages.
fn own_host(sender: &Sender) -> Option<String> {
    let (beacon, web) = (host_of(&sender.beacon_url), host_of(&sender.web_url));
    (beacon != web).then(|| format!("{}{PATH}", sender.beacon_url))
}

fn is_asked_at(headers: &HeaderMap, url: &str) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| host_of(host) == host_of(url))
}

/// The host of an address or of a `Host` header, without its port.
fn host_of(url: &str) -> String {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    host.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_the_same_whatever_its_port() {
        for (url, host) in [
            ("https://T.aurora.example", "t.aurora.example"),
            ("http://127.0.0.1:8025", "127.0.0.1"),
            ("127.0.0.1:8026", "127.0.0.1"),
            ("https://[::1]:8443/x", "[::1]"),
            ("[::1]", "[::1]"),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }

    #[test]
    fn only_a_one_is_a_signal() {
        let signal = |name: &'static str, value: &'static str| {
            has_signal(&HeaderMap::from_iter([(
                axum::http::HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )]))
        };
        assert!(signal("sec-gpc", "1") && signal("dnt", " 1 "));
        assert!(!signal("sec-gpc", "0") && !signal("dnt", "unspecified"));
    }
}
