//! The headers that every answer carries.
//!
//! A handler that needs another policy sets the header itself; what is set already is left alone.

use axum::extract::Request;
use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::middleware::Next;
use axum::response::Response;

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
    let mut response = next.run(request).await;
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
