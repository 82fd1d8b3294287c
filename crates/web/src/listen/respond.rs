//! Turns templates and failures into answers.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{self, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

const HTML: &str = "text/html; charset=utf-8";

/// A page with a status.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, [(CONTENT_TYPE, HTML)], html).into_response(),
        Err(problem) => failed("rendering a page", &problem),
    }
}

/// HTML that is already made.
pub(crate) fn html(html: String) -> Response {
    ([(CONTENT_TYPE, HTML)], html).into_response()
}

/// JSON that is already made.
pub(crate) fn json(json: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], json).into_response()
}

pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text.into()).into_response()
}

/// Seconds after which it is worth to ask again.
const RETRY_AFTER: &str = "30";

/// A page for the time in which the store is away.
pub(crate) fn try_later(template: &impl Template) -> Response {
    ([(header::RETRY_AFTER, RETRY_AFTER)], page(StatusCode::SERVICE_UNAVAILABLE, template))
        .into_response()
}

/// What could not be done now, in a sentence; mail programs try again.
pub(crate) fn away(what: &'static str, problem: &dyn std::error::Error) -> Response {
    tracing::error!(what, %problem, "can't be done right now");
    let sorry = "This can't be done right now, and nothing was changed. Please try again in a \
        moment.\n";
    let answer = text(StatusCode::SERVICE_UNAVAILABLE, sorry);
    ([(header::RETRY_AFTER, RETRY_AFTER)], answer).into_response()
}

/// What went wrong goes to the log, once; the reader learns only that it did.
pub(crate) fn failed(what: &'static str, problem: &dyn std::error::Error) -> Response {
    tracing::error!(what, %problem, "can't make a page");
    text(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Something went wrong here, and nothing was changed. Please try again in a moment.\n",
    )
}
