//! What every listener says while the store is away from the start: nothing is known yet, come
//! back soon. A mail program that posts a one-click tries again, as it is not told that it is done.

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::middleware::from_fn;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::{headers, health, respond};

/// In seconds.
const COME_BACK_AFTER: &str = "10";

/// Pages without a store behind them.
pub fn outage_router() -> Router {
    Router::new()
        .route("/healthz", get(health::live))
        .fallback(come_back)
        .layer(from_fn(headers::secure))
}

async fn come_back() -> Response {
    let text = "This page can't be shown at this moment, and nothing was changed. Please try again \
                in a few minutes.\n";
    let page = respond::text(StatusCode::SERVICE_UNAVAILABLE, text);
    ([(RETRY_AFTER, COME_BACK_AFTER)], page).into_response()
}
