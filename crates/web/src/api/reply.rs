//! What the API answers when all went well.

use axum::body::Body;
use axum::http::header::{
    CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LOCATION,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::api::problem::Problem;

const JSON: &str = "application/json";

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    headers: HeaderMap,
    /// A file, instead of the body.
    file: Option<Body>,
    /// What is kept for when the request is repeated, if that is less than what is answered now.
    kept: Option<Vec<u8>>,
}

impl Reply {
    /// 200 with this.
    pub(crate) fn of(value: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(value).map_err(Problem::failed)?;
        Ok(Self::stored(StatusCode::OK, body))
    }

    /// 201 with this, which is at `path` from now on.
    pub(crate) fn created(path: &str, value: &impl Serialize) -> Result<Self, Problem> {
        let mut reply = Self { status: StatusCode::CREATED, ..Self::of(value)? };
        reply.set(LOCATION, path);
        Ok(reply)
    }

    /// An answer that is already written.
    pub(crate) fn stored(status: StatusCode, body: Vec<u8>) -> Self {
        Self { status, body, headers: HeaderMap::new(), file: None, kept: None }
    }

    /// 202 with this, which is done by what is at `path`.
    pub(crate) fn accepted(path: &str, value: &impl Serialize) -> Result<Self, Problem> {
        let mut reply = Self { status: StatusCode::ACCEPTED, ..Self::of(value)? };
        reply.set(LOCATION, path);
        Ok(reply)
    }

    /// 200 with a CSV file, which a browser would save under this name.
    pub(crate) fn csv(name: &str, file: Body) -> Self {
        let mut reply = Self { file: Some(file), ..Self::stored(StatusCode::OK, Vec::new()) };
        reply.set(CONTENT_TYPE, "text/csv; charset=utf-8");
        reply.set(CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""));
        reply
    }

    /// 200 with one thing, whose tag changes when it does.
    pub(crate) fn tagged(value: &impl Serialize) -> Result<Self, Problem> {
        let reply = Self::of(value)?;
        let tag = hash(&reply.body);
        Ok(reply.with_tag(&tag))
    }

    /// The tag of that.
    pub(crate) fn tag_of(value: &impl Serialize) -> Result<String, Problem> {
        Ok(hash(&Self::of(value)?.body))
    }

    /// The same under this tag, which needs no quotes.
    pub(crate) fn with_tag(mut self, tag: &str) -> Self {
        self.set(ETAG, &format!("\"{tag}\""));
        self
    }

    /// The same, of which only this is kept for when the request is repeated.
    pub(crate) fn keeping(self, value: &impl Serialize) -> Result<Self, Problem> {
        let kept = serde_json::to_vec(value).map_err(Problem::failed)?;
        Ok(Self { kept: Some(kept), ..self })
    }

    /// The status, and what is kept for when the request is repeated.
    pub(crate) fn to_keep(&self) -> (u16, Vec<u8>) {
        (self.status.as_u16(), self.kept.as_ref().unwrap_or(&self.body).clone())
    }

    /// The same as another media type than JSON.
    pub(crate) fn of_type(mut self, kind: &str) -> Self {
        self.set(CONTENT_TYPE, kind);
        self
    }

    pub(crate) fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
    }

    /// The answer to a client that has sent these headers.
    pub(crate) fn answer(self, asked: &HeaderMap) -> Response {
        let Self { status, body, headers, file, .. } = self;
        let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok());
        if status == StatusCode::OK && tag.is_some_and(|tag| is_known(asked, tag)) {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            response.headers_mut().extend(headers);
            return response;
        }
        let body = file.unwrap_or_else(|| Body::from(body));
        let mut response = (status, [(CONTENT_TYPE, JSON)], body).into_response();
        response.headers_mut().extend(headers);
        response
    }
}

/// A short hash of a text, in hex.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the client has the thing under this tag already (RFC 9110 section 13.1.2: weakly compared).
fn is_known(asked: &HeaderMap, tag: &str) -> bool {
    let values = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_it_gets_no_body() {
        let status = |asked: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, asked.parse().unwrap());
            Reply::stored(StatusCode::OK, b"{}".to_vec()).with_tag("a").answer(&headers).status()
        };
        for known in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert_eq!(status(known), StatusCode::NOT_MODIFIED, "{known}");
        }
        for other in ["\"b\"", "a", ""] {
            assert_eq!(status(other), StatusCode::OK, "{other}");
        }
    }
}
