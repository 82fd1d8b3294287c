//! Why the API did not do what was asked, as problem details (RFC 9457).
//!
//! Invariants: every code stands in `problem_codes` and has a page there; what broke here goes to the
//! log under the request's id, and the client learns only that it did.

use std::error::Error;

use access::AccessError;
use actions::{FieldProblem, Refusal, RefusalKind};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse as _, Response};
use campaign::CampaignError;
use report::ReportError;
use serde::Serialize;
use store::{EventCursor, Repeated, StoreError};
use utoipa::ToSchema;

use crate::api::problem_codes;

pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// Seconds after which it is worth to ask again while the store is busy.
const BUSY_AGAIN: u64 = 2;

/// Why something was not done.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    detail: Box<str>,
    fields: Vec<FieldProblem>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Where to go on instead, in a list.
    next: Option<Box<EventCursor>>,
    /// For the log.
    cause: Option<Box<dyn Error + Send + Sync>>,
    /// What is known of a request that was done before.
    pub(crate) repeated: Option<Box<Repeated>>,
}

/// Why something was not done (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Leads to a page about this kind of problem; the same for every occurrence.
    #[serde(rename = "type")]
    #[schema(example = "/api/v1/problems/campaign_not_found")]
    kind: String,
    /// The kind of problem in a few words.
    #[schema(example = "No such campaign")]
    title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What is wrong this time, and what would be right.
    detail: String,
    /// Which fields are wrong; may be empty.
    errors: Vec<FieldError>,
    /// The request, as the server's log names it.
    request_id: String,
    /// With `events_removed`: the cursor by which those events can be read that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
struct FieldError {
    /// JSON pointer (RFC 6901) into the body.
    #[schema(example = "/scopes/0")]
    pointer: String,
    /// A stable word.
    code: &'static str,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into().into_boxed_str(),
            fields: Vec::new(),
            headers: Vec::new(),
            next: None,
            cause: None,
            repeated: None,
        }
    }

    /// The address or a header does not make sense.
    pub(crate) fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// One field of the body can't be meant.
    pub(crate) fn of_field(pointer: String, code: &'static str, words: impl Into<String>) -> Self {
        let words = words.into();
        let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, words.clone());
        problem.fields.push(FieldProblem { pointer, code, words });
        problem
    }

    /// Something broke here.
    pub(crate) fn failed(error: impl Error + Send + Sync + 'static) -> Self {
        let words = "Something went wrong here, and it is in the server’s log under this \
            request’s id.";
        let mut problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", words);
        problem.cause = Some(Box::new(error));
        problem
    }

    /// Nobody can tell it from something that is not there.
    pub(crate) fn not_found(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// The same for a token of some topics: it may have the right, and not on everything.
    pub(crate) fn of_narrowed(mut self) -> Self {
        if self.code == "not_allowed" {
            let more = ", on all topics: this token is for some of them";
            self.detail = format!("{}{more}", self.detail).into();
        }
        self
    }

    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says where to go on instead.
    pub(crate) fn with_next(self, cursor: Box<EventCursor>) -> Self {
        Self { next: Some(cursor), ..self }
    }

    /// May be tried again after so many seconds.
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.with_header(RETRY_AFTER, HeaderValue::from(seconds.max(1)))
    }

    /// Asks for a token.
    pub(crate) fn no_token(code: &'static str, detail: &str) -> Self {
        let challenge = match code {
            "token_missing" => "Bearer realm=\"pharos\"",
            _ => "Bearer realm=\"pharos\", error=\"invalid_token\"",
        };
        Self::new(StatusCode::UNAUTHORIZED, code, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    /// The answer. What went wrong here goes to the log, once.
    pub(crate) fn answer(self, request_id: &str) -> Response {
        match &self.cause {
            // Others are asked too much, or somebody asks for too much at once: no mistake of ours.
            None if self.status == StatusCode::SERVICE_UNAVAILABLE => {
                tracing::warn!(request_id, code = self.code, "the API could not do it just now");
            }
            cause if self.status.is_server_error() => {
                let cause = cause.as_deref().map_or_else(|| self.detail.to_string(), chain);
                tracing::error!(request_id, code = self.code, cause, "can't answer the API");
            }
            _ => {}
        }
        let (status, headers) = (self.status, self.headers.clone());
        let body = serde_json::to_vec(&self.body(request_id)).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, PROBLEM_JSON)], body).into_response();
        response.headers_mut().extend(headers);
        response
    }

    /// What the client learns.
    pub(crate) fn body(self, request_id: &str) -> ProblemBody {
        let error =
            |it: FieldProblem| FieldError { pointer: it.pointer, code: it.code, detail: it.words };
        ProblemBody {
            kind: format!("/api/v1/problems/{}", self.code),
            title: problem_codes::title(self.code).to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.into(),
            errors: self.fields.into_iter().map(error).collect(),
            request_id: request_id.to_owned(),
            next: self.next.map(|next| next.to_string()),
        }
    }
}

/// An error and what caused it.
fn chain(error: &(dyn Error + Send + Sync)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let Refusal { kind, code, words, fields } = refusal;
        let new = |status| Self { fields, ..Self::new(status, code, words) };
        match kind {
            RefusalKind::Invalid => new(StatusCode::UNPROCESSABLE_ENTITY),
            RefusalKind::NotAllowed(_) => new(StatusCode::FORBIDDEN),
            RefusalKind::NotFound => new(StatusCode::NOT_FOUND),
            RefusalKind::Conflict => new(StatusCode::CONFLICT),
            RefusalKind::Stale => new(StatusCode::PRECONDITION_FAILED),
            RefusalKind::TooMany(wait) => {
                new(StatusCode::TOO_MANY_REQUESTS).retry_after(wait.as_secs() + 1)
            }
            RefusalKind::Repeated(repeated) => {
                Self { repeated: Some(Box::new(repeated)), ..new(StatusCode::CONFLICT) }
            }
            RefusalKind::Busy => new(StatusCode::SERVICE_UNAVAILABLE).retry_after(BUSY_AGAIN),
            RefusalKind::Failed(cause) => {
                Self { cause: Some(cause), ..new(StatusCode::INTERNAL_SERVER_ERROR) }
            }
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<CampaignError> for Problem {
    fn from(error: CampaignError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<AccessError> for Problem {
    fn from(error: AccessError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Store(error) => error.into(),
            error @ (ReportError::Write { .. } | ReportError::NoRules) => Self::failed(error),
        }
    }
}
