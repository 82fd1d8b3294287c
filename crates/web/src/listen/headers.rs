//! The headers that every answer carries.
//!
//! A handler that needs another policy sets the header itself; existing headers are left alone.

use std::net::IpAddr;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderValue,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

/// From a request's headers to its whole answer, the request's body included.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// A file of a gigabyte over a slow line takes its time.
const FILE_WITHIN: Duration = Duration::from_secs(60 * 60);
/// Our own pages: our style sheet, our script, nothing inline, nothing from elsewhere.
pub(crate) const OWN_PAGES: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// A message as a page: its images and inline styles, no script, no form, no frame.
pub(crate) const MESSAGE_PAGE: &str = "default-src 'none'; img-src http: https: data:; \
    style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
/// The same in a frame of the inbox; `sandbox` also takes our origin away from it.
pub(crate) const MESSAGE_FRAME: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; \
    default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; \
    form-action 'none'; frame-ancestors 'self'";

/// Lets only requests through that name this machine: a page elsewhere whose name is made to lead
/// here (DNS rebinding) would otherwise read what has no login.
pub(crate) async fn for_this_machine(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(names_this_machine) {
        return next.run(request).await;
    }
    let why = "These pages are only for this machine: use http://127.0.0.1 or http://localhost.\n";
    (StatusCode::MISDIRECTED_REQUEST, why).into_response()
}

fn names_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Only signed-in people get as far as sending one.
fn brings_file(request: &Request) -> bool {
    let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_form = kind.is_some_and(|kind| kind.starts_with(b"multipart/form-data"));
    let path = request.uri().path();
    (is_form && path.starts_with("/admin/")) || path == "/api/v1/media" || path == "/api/v1/imports"
}

/// Adds what the answer does not say itself. Tokens are in addresses, hence no referrer; pages
/// are about one person or change by the second, hence no store.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    // A body that never comes must not hold a place for ever; headers are timed by the listener.
    let within = if brings_file(&request) { FILE_WITHIN } else { ANSWER_WITHIN };
    let mut response = match timeout(within, next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::REQUEST_TIMEOUT, [(CONNECTION, "close")]).into_response(),
    };
    let headers = response.headers_mut();
    let mut default = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    default(CONTENT_SECURITY_POLICY, OWN_PAGES);
    default(X_FRAME_OPTIONS, "DENY");
    default(X_CONTENT_TYPE_OPTIONS, "nosniff");
    default(REFERRER_POLICY, "no-referrer");
    default(CACHE_CONTROL, "private, no-store");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_alone_may_take_long_wherever_they_are_taken_in() {
        let asked = |path: &str, kind: &str| {
            let request = Request::post(path).header(CONTENT_TYPE, kind);
            brings_file(&request.body(axum::body::Body::empty()).unwrap())
        };
        let form = "multipart/form-data; boundary=b";
        for (path, kind) in [
            ("/admin/imports", form),
            ("/admin/media", form),
            ("/api/v1/media?name=a.png", "image/png"),
            ("/api/v1/imports?topic=news", "text/csv"),
        ] {
            assert!(asked(path, kind), "{path}");
        }
        for (path, kind) in [("/u/x", form), ("/api/v1/contacts", "application/json")] {
            assert!(!asked(path, kind), "{path}");
        }
    }

    #[test]
    fn only_names_of_this_machine_are_its_own() {
        for host in ["127.0.0.1:8027", "localhost", "localhost:1", "[::1]:8027", "127.9.9.9"] {
            assert!(names_this_machine(host), "{host}");
        }
        for host in
            ["evil.example:8027", "", "127.0.0.1.evil.example", "10.0.0.1", "localhost.evil"]
        {
            assert!(!names_this_machine(host), "{host}");
        }
    }
}
