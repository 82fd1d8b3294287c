//! What every listener answers while the store has been unreachable since the start: nothing is
//! known yet, come back soon. A mail program that posts a one-click tries again, because it is not
//! told that it succeeded.

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::{IntoResponse as _, Response};

use crate::listen::respond;

/// Seconds, for `Retry-After`.
const COME_BACK_AFTER: &str = "10";

pub(crate) async fn come_back() -> Response {
    let text = "This page can't be shown right now, and nothing was changed. Please try again \
                in a few minutes.\n";
    let page = respond::text(StatusCode::SERVICE_UNAVAILABLE, text);
    ([(RETRY_AFTER, COME_BACK_AFTER)], page).into_response()
}
