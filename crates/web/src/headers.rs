//! The headers that every answer carries.
//!
//! A handler that needs another policy sets the header itself; what is set already is left alone.

use std::time::Duration;

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::timeout;

/// From a request's headers to its whole answer, the request's body included.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Our own pages: our style sheet, our script, nothing inline, nothing from elsewhere.
const OWN_PAGES: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
    connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// A message as a page: its images and inline styles, no script, no form, no frame.
pub(crate) const MESSAGE_PAGE: &str = "default-src 'none'; img-src http: https: data:; \
    style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
/// The same in a frame of the inbox; `sandbox` also takes our origin away from it.
pub(crate) const MESSAGE_FRAME: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; \
    default-src 'none'; img-src http: https: data:; style-src 'unsafe-inline'; \
    form-action 'none'; frame-ancestors 'self'";

/// Adds what the answer does not say itself. Tokens are in addresses, hence no referrer; pages
/// are about one person or change by the second, hence no store.
pub(crate) async fn secure(request: Request, next: Next) -> Response {
    // A body that never comes must not hold a place for ever; headers are timed by the listener.
    let mut response = match timeout(ANSWER_WITHIN, next.run(request)).await {
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
