//! The path segment of a link that contains its token, as it arrives.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// What stands behind `/u/`, `/p/`, `/t/` or `/v/`, undecoded: a broken encoding leads to the page that says what
/// to do about it, like any other broken link.
pub(crate) struct LinkSegment(pub(crate) String);

/// The page by which somebody leaves, seen from another page of the same link.
pub(crate) fn leaving_address(token: &str) -> String {
    format!("../u/{token}")
}

/// The page on which somebody chooses what they get, likewise.
pub(crate) fn choosing_address(token: &str) -> String {
    format!("../p/{token}")
}

/// The page on which it is said what may be recorded, seen from another page of the same link.
pub(crate) fn tracking_address(token: &str) -> String {
    format!("../t/{token}")
}

impl<S: Sync> FromRequestParts<S> for LinkSegment {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.uri.path().splitn(3, '/').nth(2).unwrap_or_default().to_owned()))
    }
}
