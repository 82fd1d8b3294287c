//! Recognises what another site makes a browser send: every unsafe method below `/admin`, and of the
//! page about a browser's cookie, must come from one of our own pages, or at least say that it does.
//!
//! Invariant: a request that says nothing about where it comes from is refused, so there is no browser
//! that is too old for the check.

use axum::extract::Request;
use axum::http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use crate::listen::respond;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(crate) async fn only_own_pages(request: Request, next: Next) -> Response {
    if is_safe(request.method()) || is_own(request.headers()) {
        return next.run(request).await;
    }
    let text = "This was not sent by a page of Pharos, so nothing was done. Open the page again and \
        use its buttons.\n";
    respond::text(StatusCode::FORBIDDEN, text)
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Whether a page of this host says that it has sent this.
pub(crate) fn is_own(headers: &HeaderMap) -> bool {
    match only(headers, &SEC_FETCH_SITE) {
        Header::One(site) => site == "same-origin",
        Header::Unclear => false,
        Header::Absent => match (only(headers, &ORIGIN), only(headers, &HOST)) {
            (Header::One(origin), Header::One(host)) => names_host(origin, host),
            _ => false,
        },
    }
}

enum Header<'h> {
    Absent,
    One(&'h str),
    /// Several, or one that is no text.
    Unclear,
}

fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Header<'h> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Header::Absent,
        (Some(value), None) => value.to_str().map_or(Header::Unclear, Header::One),
        (Some(_), Some(_)) => Header::Unclear,
    }
}

/// Whether an origin is this host's. Its scheme is not compared: a proxy may speak TLS for us.
fn names_host(origin: &str, host: &str) -> bool {
    let (place, port) = match origin.split_once("://") {
        Some(("http", place)) => (place, ":80"),
        Some(("https", place)) => (place, ":443"),
        _ => return false,
    };
    let plain = |name: &str| name.strip_suffix(port).unwrap_or(name).to_ascii_lowercase();
    !place.is_empty() && plain(place) == plain(host)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        is_own(&headers)
    }

    #[test]
    fn what_another_site_sends_is_recognised() {
        let host = ("host", "pharos.example:8443");
        let fetch =
            |site| own(&[host, ("sec-fetch-site", site), ("origin", "https://evil.example")]);
        assert!(fetch("same-origin"), "the browser knows better than we do");
        for site in ["same-site", "cross-site", "none", "", "Same-Origin", "same-origin, none"] {
            assert!(!fetch(site), "{site}");
        }
        assert!(!own(&[host]), "says nothing");
        assert!(!own(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")]));
        for (origin, expect) in [
            ("https://pharos.example:8443", true),
            ("http://pharos.example:8443", true),
            ("https://PHAROS.example:8443", true),
            ("https://pharos.example", false),
            ("https://pharos.example:8443.evil.example", false),
            ("https://evil.example", false),
            ("null", false),
            ("", false),
            ("file://", false),
        ] {
            assert_eq!(own(&[host, ("origin", origin)]), expect, "{origin}");
        }
        let ours = ("origin", "https://pharos.example:8443");
        assert!(!own(&[host, host, ours]) && !own(&[host, ours, ours]) && !own(&[ours]));
    }

    #[test]
    fn a_default_port_may_be_said_or_not() {
        for (host, origin, expect) in [
            ("pharos.example", "https://pharos.example", true),
            ("pharos.example:443", "https://pharos.example", true),
            ("pharos.example:80", "http://pharos.example", true),
            ("pharos.example:80", "https://pharos.example", false),
            ("[::1]:8027", "http://[::1]:8027", true),
        ] {
            assert_eq!(names_host(origin, host), expect, "{host} {origin}");
        }
    }
}
