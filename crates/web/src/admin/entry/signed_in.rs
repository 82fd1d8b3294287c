//! What follows when somebody has proved who they are, or has not.

use access::{SignInRefusal, SignedIn};
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER};
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::admin::entry::local_path::local_path;
use crate::admin::page::visitor::Visitor;

/// Seconds after which it is worth to try again when too many people sign in.
const TRY_AGAIN: u64 = 5;

/// Leads on: to the page that somebody wanted, or first to the one for the code.
pub(crate) fn lead_on(visitor: &Visitor, done: &SignedIn, next: &str) -> Response {
    let next = local_path(Some(next));
    match done {
        SignedIn::Complete { token, ends_at, .. } => visitor.with_session(next, token, *ends_at),
        SignedIn::CodeNeeded { token, ends_at } => {
            let next = utf8_percent_encode(next, NON_ALPHANUMERIC);
            let path = format!("/admin/sign-in/code?next={next}");
            visitor.with_session(&path, token, *ends_at)
        }
    }
}

/// The status of a refusal, and after how many seconds to try again.
pub(crate) fn status(refusal: &SignInRefusal) -> (StatusCode, Option<u64>) {
    match refusal {
        SignInRefusal::Wrong
        | SignInRefusal::WrongCode
        | SignInRefusal::WrongPasskey(_)
        | SignInRefusal::TooLate => (StatusCode::UNPROCESSABLE_ENTITY, None),
        SignInRefusal::TooMany(wait) => {
            (StatusCode::TOO_MANY_REQUESTS, Some(wait.as_secs().saturating_add(1)))
        }
        SignInRefusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, Some(TRY_AGAIN)),
        SignInRefusal::Access(_) => (StatusCode::INTERNAL_SERVER_ERROR, None),
    }
}

/// The words of a refusal. What broke here goes to the log.
pub(crate) fn words(refusal: &SignInRefusal) -> String {
    match refusal {
        SignInRefusal::TooMany(wait) => {
            let seconds = wait.as_secs().saturating_add(1);
            format!("Too many attempts from here. Try again in {}.", span(seconds))
        }
        SignInRefusal::Access(problem) => {
            tracing::error!(%problem, "can't sign anybody in");
            "Something went wrong here. Please try again in a moment.".to_owned()
        }
        other => crate::admin::page::form::sentence(&other.to_string()),
    }
}

fn span(seconds: u64) -> String {
    match seconds {
        1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        more => format!("{} minutes", more.div_ceil(60)),
    }
}

/// The page with `Retry-After`, if it is worth to try again.
pub(crate) fn retried(mut page: Response, after: Option<u64>) -> Response {
    if let Some(seconds) = after {
        page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    page
}
