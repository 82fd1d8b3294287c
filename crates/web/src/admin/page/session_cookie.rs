//! The cookie by which a browser is recognised, and the one by which a page says once what was done.
//!
//! Invariants: nothing but our own code sets it, reads it or sends it elsewhere (`__Host-`, `Secure`,
//! `HttpOnly`, `SameSite=Lax`). On a listener for this machine alone, which speaks plain HTTP, it has
//! no prefix, and the port in its name: browsers share cookies between ports.

use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{COOKIE, HOST, HeaderValue, SET_COOKIE};
use model::Timestamp;

/// Cookies of our name that are looked at: somebody may have planted others.
const MOST: usize = 4;
/// How long a message waits for the page that shows it.
const MESSAGE_ENDS: Duration = Duration::from_secs(60);

/// How cookies are called and set on a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CookieStyle {
    secure: bool,
    /// For a name that no other port has.
    port: String,
}

impl CookieStyle {
    /// For the listener that got these headers.
    pub(crate) fn of(headers: &HeaderMap, this_machine_only: bool) -> Self {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        let port = host.rsplit_once(':').map_or("80", |(_, port)| port);
        let is_number = port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
        Self {
            secure: !this_machine_only,
            port: if is_number { port.to_owned() } else { "80".to_owned() },
        }
    }

    fn name(&self, what: &str) -> String {
        match self.secure {
            true => format!("__Host-pharos_{what}"),
            false => format!("pharos_{what}_{}", self.port),
        }
    }

    /// The tokens that a browser has sent, a few at most.
    pub(crate) fn tokens<'h>(&self, headers: &'h HeaderMap) -> Vec<&'h str> {
        values(headers, &self.name("session")).take(MOST).collect()
    }

    /// The code of the message that waits to be shown.
    pub(crate) fn message<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        values(headers, &self.name("message")).next()
    }

    /// Sets the session's token until the session ends.
    pub(crate) fn set_token(&self, token: &str, ends_at: Timestamp, now: Timestamp) -> HeaderValue {
        let seconds = ends_at.0.saturating_sub(now.0).max(0) / 1_000_000;
        self.set("session", token, seconds)
    }

    /// Whether an answer gives a token, or takes it away.
    pub(crate) fn sets_token(&self, answer: &HeaderMap) -> bool {
        let beginning = format!("{}=", self.name("session"));
        let mut set = answer.get_all(SET_COOKIE).iter();
        set.any(|cookie| cookie.as_bytes().starts_with(beginning.as_bytes()))
    }

    pub(crate) fn remove_token(&self) -> HeaderValue {
        self.set("session", "", 0)
    }

    /// Keeps the code of a message for the next page.
    pub(crate) fn set_message(&self, code: &'static str) -> HeaderValue {
        let seconds = i64::try_from(MESSAGE_ENDS.as_secs()).unwrap_or_default();
        self.set("message", code, seconds)
    }

    pub(crate) fn remove_message(&self) -> HeaderValue {
        self.set("message", "", 0)
    }

    fn set(&self, what: &str, value: &str, seconds: i64) -> HeaderValue {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(what);
        let text =
            format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        // Tokens, codes and ports are ASCII.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
    }
}

fn values<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    pairs.flat_map(|line| line.split(';')).filter_map(move |pair| {
        let (key, value) = pair.trim().split_once('=')?;
        (key == name && !value.is_empty()).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &'static str, cookie: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static(host));
        headers.insert(COOKIE, HeaderValue::from_static(cookie));
        headers
    }

    #[test]
    fn a_cookie_is_as_strict_as_the_listener_allows() {
        let asked =
            headers("pharos.example", "a=b; __Host-pharos_session=abc; pharos_session_80=x");
        let style = CookieStyle::of(&asked, false);
        assert_eq!(style.tokens(&asked), ["abc"]);
        let set = style.set_token("t", Timestamp(61_000_000), Timestamp(1_000_000));
        let expect = "__Host-pharos_session=t; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure";
        assert_eq!(set, expect);
        let here = headers("127.0.0.1:8027", "pharos_session_8027=abc; pharos_session_9=no");
        let style = CookieStyle::of(&here, true);
        assert_eq!(style.tokens(&here), ["abc"]);
        let expect = "pharos_session_8027=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax";
        assert_eq!(style.remove_token(), expect);
        let odd = headers("[::1]", "");
        assert_eq!(CookieStyle::of(&odd, true).port, "80");
    }
}
