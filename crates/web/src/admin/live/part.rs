//! How a part of a page is asked for without a stream.

use axum::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::admin::page::form::new_key;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Visitor;
use crate::admin::streams::{LivePart, NoPart};
use crate::listen::respond;

const HX_REFRESH: HeaderName = HeaderName::from_static("hx-refresh");

/// The revision that somebody has already.
pub(crate) fn known_to(headers: &HeaderMap) -> Option<String> {
    let tag = headers.get(IF_NONE_MATCH)?.to_str().ok()?.trim();
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    Some(tag.trim_matches('"').to_owned())
}

/// The part for who asks again: nothing new is 304.
pub(crate) fn answer(
    made: Result<Option<LivePart>, PageProblem>,
    known: Option<String>,
    visitor: &Visitor,
) -> Response {
    let made = made.and_then(|part| Ok((part, new_key()?)));
    let (revision, mut answer, is_over) = match made {
        Ok((None, _)) => {
            (known.unwrap_or_default(), StatusCode::NOT_MODIFIED.into_response(), false)
        }
        Ok((Some(part), key)) => {
            let html = respond::html(part.html(&key));
            (part.revision, html, part.is_over)
        }
        Err(problem) => return problem.page(visitor),
    };
    if let Ok(tag) = HeaderValue::try_from(format!("\"{revision}\"")) {
        answer.headers_mut().insert(ETAG, tag);
    }
    if is_over {
        answer.headers_mut().insert(HX_REFRESH, HeaderValue::from_static("true"));
    }
    answer
}

impl From<PageProblem> for NoPart {
    fn from(problem: PageProblem) -> Self {
        match problem {
            PageProblem::Missing(..) | PageProblem::Refused(_) => Self::Gone,
            PageProblem::Failed(what, problem) => Self::Failed(what, problem),
        }
    }
}
