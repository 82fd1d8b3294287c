//! The cookie by which a browser is known in which somebody has opened their account.
//!
//! Invariants: `HttpOnly`, and `SameSite=Strict`: no other site's link or form comes with it. Over https it
//! is a `__Host-` cookie; over http it has the port in its name, for browsers share cookies between ports.

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST, HeaderValue};

/// Cookies of our name that are looked at: somebody may have planted others.
const MOST: usize = 4;

pub(super) struct SessionCookie {
    name: String,
    is_secure: bool,
}

impl SessionCookie {
    /// For pages at this address, as this request has found them.
    pub(super) fn of(web_url: &str, headers: &HeaderMap) -> Self {
        let is_secure = web_url.starts_with("https://");
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
        let is_number = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
        let name = match (is_secure, is_number) {
            (true, _) => "__Host-pharos_account".to_owned(),
            (false, true) => format!("pharos_account_{port}"),
            (false, false) => "pharos_account_80".to_owned(),
        };
        Self { name, is_secure }
    }

    /// The secrets that the browser has sent, a few at most.
    pub(super) fn secrets<'h>(&self, headers: &'h HeaderMap) -> Vec<&'h str> {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';'));
        let own = pairs.filter_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.name && !value.is_empty()).then_some(value)
        });
        own.take(MOST).collect()
    }

    pub(super) fn set(&self, secret: &str) -> HeaderValue {
        self.header(secret, actions::ACCOUNT_ENDS.as_secs())
    }

    pub(super) fn remove(&self) -> HeaderValue {
        self.header("", 0)
    }

    fn header(&self, value: &str, seconds: u64) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let name = &self.name;
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        // Secrets, names and ports are ASCII.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_for_this_host_alone() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("w.aurora.example:8026"));
        headers.insert(
            COOKIE,
            HeaderValue::from_static("a=b; __Host-pharos_account=abc; pharos_account_8026=x"),
        );
        let secure = SessionCookie::of("https://w.aurora.example", &headers);
        assert_eq!(secure.secrets(&headers), ["abc"]);
        let expect = "__Host-pharos_account=t; Path=/; Max-Age=14400; HttpOnly; SameSite=Strict; \
            Secure";
        assert_eq!(secure.set("t"), expect);
        let plain = SessionCookie::of("http://127.0.0.1:8026", &headers);
        assert_eq!(plain.secrets(&headers), ["x"]);
        assert!(
            plain.remove().to_str().unwrap().starts_with("pharos_account_8026=; Path=/; Max-Age=0")
        );
    }
}
