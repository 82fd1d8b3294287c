//! Answers for scripts: the same as the pages say, in one word.

use actions::{JOIN_PROOF_BITS, JoinField, JoinProblem};
use axum::http::StatusCode;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue, RETRY_AFTER, VARY,
};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use store::JoinForm;

use crate::listen::respond;
use crate::recipient::join::request::JoinRequest;

pub(super) fn state(status: StatusCode, state: &str) -> Response {
    of(status, &json!({ "state": state }))
}

pub(super) fn of(status: StatusCode, body: &Value) -> Response {
    (status, respond::json(body.to_string())).into_response()
}

pub(super) fn problems(problems: &[JoinProblem]) -> Response {
    let told = problems.iter().map(|it| {
        let field = match &it.field {
            JoinField::Address => "address".to_owned(),
            JoinField::Topics => "topic".to_owned(),
            JoinField::Value(name) => format!("attribute.{name}"),
            JoinField::Birth => "birth".to_owned(),
        };
        json!({ "field": field, "problem": if it.is_missing { "missing" } else { "wrong" } })
    });
    let body = json!({ "state": "wrong", "problems": told.collect::<Vec<_>>() });
    of(StatusCode::UNPROCESSABLE_ENTITY, &body)
}

/// Nothing proved that it was no program: a stamp to work for.
pub(super) fn stamped(status: StatusCode, state: &str, stamp: &str) -> Response {
    of(status, &json!({ "state": state, "stamp": stamp, "bits": JOIN_PROOF_BITS }))
}

pub(super) fn wait(seconds: u64) -> Response {
    let mut answer = state(StatusCode::TOO_MANY_REQUESTS, "too_many");
    if let Ok(value) = HeaderValue::try_from(seconds.max(1).to_string()) {
        answer.headers_mut().insert(RETRY_AFTER, value);
    }
    answer
}

/// Scripts of the sites that the form names may read it.
pub(super) fn shared(asked: &JoinRequest, form: &JoinForm, mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.append(VARY, HeaderValue::from_static("Origin, Accept"));
    if let Some(origin) = asked.known_origin(form) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After"));
    }
    answer
}
