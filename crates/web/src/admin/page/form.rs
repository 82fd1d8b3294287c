//! Forms as browsers send them, and what is wrong with them.
//!
//! Invariants: bounded; no value holds a zero byte, which PostgreSQL takes in no text. A form that is
//! shown again holds what was typed, but never a password.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use percent_encoding::percent_decode_str;
use store::IdempotentRequest;

use crate::admin::page::problem::PageProblem;
use crate::listen::respond;

const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// What somebody has typed and ticked.
pub(crate) struct Form {
    pairs: Vec<(String, String)>,
    body: Bytes,
    /// Method and path.
    request: String,
}

/// What a form brings along so that it acts once, however often it is sent.
pub(crate) fn new_key() -> Result<String, PageProblem> {
    access::form_key().map_err(PageProblem::failed("making a form"))
}

/// What is wrong with a form: the field that it is about, or none, and words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FormProblem {
    pub(crate) field: String,
    pub(crate) words: String,
}

impl FormProblem {
    pub(crate) fn new(field: &str, words: impl Into<String>) -> Self {
        Self { field: field.to_owned(), words: sentence(&words.into()) }
    }

    pub(crate) fn is_at(&self, field: &str) -> bool {
        self.field == field
    }
}

/// Errors begin small and have no full stop.
pub(crate) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let end = if words.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

impl Form {
    /// Every field with its text, in their order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A field's text as it was typed; empty when it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// A field's text without blanks around it.
    pub(crate) fn trimmed(&self, name: &str) -> &str {
        self.text(name).trim()
    }

    /// Everything that was ticked under this name.
    pub(crate) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        self.pairs.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The form as a request that is done once, by its hidden key. Not for forms with a password: a
    /// hash of the body is stored.
    pub(crate) fn once(&self) -> Option<IdempotentRequest> {
        access::form_request(self.text("key"), self.request.clone(), &self.body)
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let refuse = |status, text: &'static str| respond::text(status, text);
        if !is_form(request.headers()) {
            return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "This is not a form.\n"));
        }
        let asked = format!("{} {}", request.method(), request.uri().path());
        let body = Bytes::from_request(request, state).await.map_err(|it| match it.status() {
            StatusCode::PAYLOAD_TOO_LARGE => {
                refuse(it.status(), "This form is larger than any of ours.\n")
            }
            _ => refuse(StatusCode::BAD_REQUEST, "This form did not come whole.\n"),
        })?;
        let pairs = std::str::from_utf8(&body).ok().and_then(pairs);
        let pairs =
            pairs.ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "This form can’t be read.\n"))?;
        Ok(Self { pairs, body, request: asked })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(URL_ENCODED))
}

fn pairs(body: &str) -> Option<Vec<(String, String)>> {
    let parts = body.split('&').filter(|part| !part.is_empty());
    let pair = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Some((decoded(name)?, decoded(value)?))
    };
    parts.map(pair).collect()
}

fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let plain = percent_decode_str(&spaced).decode_utf8().ok()?;
    (!plain.contains('\0')).then(|| plain.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_writes_it() {
        let read = pairs("a=1&a=2+3&b=%C3%A4%26%3D&c&&d==").unwrap();
        let told: Vec<_> = read.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(told, ["a:1", "a:2 3", "b:ä&=", "c:", "d:="]);
        assert_eq!(pairs("a=%00"), None);
        assert_eq!(pairs("a=%ff"), None);
        assert_eq!(sentence("the code is wrong"), "The code is wrong.");
    }
}
