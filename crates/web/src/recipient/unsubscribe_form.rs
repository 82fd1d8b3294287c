//! Reads the small forms that recipients and their mail programs post.
//!
//! RFC 8058 section 3.1: a one-click POST carries `List-Unsubscribe=One-Click` as
//! `multipart/form-data` or `application/x-www-form-urlencoded`. Senders forget the header or send
//! another one, so the body alone decides which of the two it is: the token is the authority, and a
//! content type adds nothing to it. axum's `Multipart` requires that header and CRLF everywhere, which
//! is why the few lines of a form are read here. The router bounds the body's size; fields beyond
//! [`MAX_FIELDS`] are ignored.

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest as _, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HeaderValue};

/// Our forms have one field, a one-click POST has one.
const MAX_FIELDS: usize = 16;

/// What a POST to an unsubscribe link asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaveRequest {
    /// A mail program's one-click: leave the topic, answer without a page.
    OneClick,
    /// The page's button: leave the topic.
    LeaveTopic,
    LeaveEverything,
    /// The page's button: come back to the topic.
    Return,
}

impl LeaveRequest {
    /// What the button of a page asks for.
    pub(crate) fn of_scope(scope: &str) -> Option<Self> {
        match scope {
            "topic" => Some(Self::LeaveTopic),
            "everything" => Some(Self::LeaveEverything),
            "return" => Some(Self::Return),
            _ => None,
        }
    }
}

/// The wish in a form's body; nothing when there is none we know. A `scope` comes from our page
/// and wins, so that a page that also carries the one-click field does what its button says.
pub(crate) async fn wish(headers: &HeaderMap, body: Bytes) -> Option<LeaveRequest> {
    let fields = match boundary(headers).or_else(|| first_boundary(&body)) {
        Some(boundary) => multipart(&body, &boundary),
        None => urlencoded(body).await,
    };
    let value = |name: &str| {
        fields.iter().find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    };
    match (value("scope"), value("List-Unsubscribe")) {
        (Some(scope), _) => LeaveRequest::of_scope(scope),
        (None, Some(click)) if click.eq_ignore_ascii_case("One-Click") => {
            Some(LeaveRequest::OneClick)
        }
        (None, _) => None,
    }
}

async fn urlencoded(body: Bytes) -> Vec<(String, String)> {
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = axum::http::Method::POST;
    let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    let form = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let mut fields = form.map(|Form(fields)| fields).unwrap_or_default();
    fields.truncate(MAX_FIELDS);
    fields
}

/// The boundary that a body begins with, when its header does not tell.
fn first_boundary(body: &[u8]) -> Option<String> {
    let line = body.strip_prefix(b"--")?.split(|byte| *byte == b'\n').next()?;
    let boundary = std::str::from_utf8(line).ok()?.trim_end();
    (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
}

/// The boundary of a multipart form (RFC 2046 section 5.1.1: 1 to 70 characters).
fn boundary(headers: &HeaderMap) -> Option<String> {
    let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (name, parameters) = kind.split_once(';')?;
    if !name.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameters.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let fits = name.trim().eq_ignore_ascii_case("boundary") && (1..=70).contains(&value.len());
        fits.then(|| value.to_owned())
    })
}

fn multipart(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let delimiter = format!("--{boundary}");
    text.split(&delimiter).skip(1).take(MAX_FIELDS).filter_map(field).collect()
}

/// One part: headers, an empty line, the value. Bare line feeds are tolerated.
fn field(part: &str) -> Option<(String, String)> {
    let (head, value) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
    let name = head.lines().find_map(|line| {
        let (header, rest) = line.split_once(':')?;
        if !header.trim().eq_ignore_ascii_case("content-disposition") {
            return None;
        }
        rest.split(';').find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            let ours = key.trim().eq_ignore_ascii_case("name");
            ours.then(|| value.trim().trim_matches('"').to_owned())
        })
    })?;
    Some((name, value.trim_end_matches(['\r', '\n']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URLENCODED: &str = "application/x-www-form-urlencoded";

    async fn check(kind: &str, body: &str, expect: Option<LeaveRequest>) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, kind.parse().unwrap());
        assert_eq!(wish(&headers, Bytes::from(body.to_owned())).await, expect, "{kind}: {body}");
    }

    #[tokio::test]
    async fn a_form_says_what_its_sender_wants() {
        check(URLENCODED, "List-Unsubscribe=One-Click", Some(LeaveRequest::OneClick)).await;
        check(URLENCODED, "list-unsubscribe=one-click&x=y", Some(LeaveRequest::OneClick)).await;
        check(URLENCODED, "scope=topic", Some(LeaveRequest::LeaveTopic)).await;
        check(URLENCODED, "scope=everything", Some(LeaveRequest::LeaveEverything)).await;
        check(URLENCODED, "scope=return", Some(LeaveRequest::Return)).await;
        let both = "List-Unsubscribe=One-Click&scope=everything";
        check(URLENCODED, both, Some(LeaveRequest::LeaveEverything)).await;
        check(URLENCODED, "scope=rubbish&List-Unsubscribe=One-Click", None).await;
        check(URLENCODED, "", None).await;
    }

    #[tokio::test]
    async fn the_body_says_what_it_is_when_its_header_does_not() {
        let part = "--b7\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
            One-Click\r\n--b7--\r\n";
        for body in ["List-Unsubscribe=One-Click", "List-Unsubscribe=One-Click\r\n", part] {
            let kinds = ["text/plain", "Application/X-WWW-Form-URLEncoded", "rubbish"];
            for kind in kinds {
                check(kind, body, Some(LeaveRequest::OneClick)).await;
            }
            let wished = wish(&HeaderMap::new(), Bytes::from(body)).await;
            assert_eq!(wished, Some(LeaveRequest::OneClick), "no content type: {body}");
        }
        assert_eq!(wish(&HeaderMap::new(), Bytes::new()).await, None);
        check("multipart/form-data", part, Some(LeaveRequest::OneClick)).await;
    }

    #[tokio::test]
    async fn a_one_click_may_be_multipart() {
        let body = "--b7\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
            One-Click\r\n--b7--\r\n";
        check("multipart/form-data; boundary=b7", body, Some(LeaveRequest::OneClick)).await;
        check(
            "multipart/form-data; charset=utf-8; boundary=\"b7\"",
            body,
            Some(LeaveRequest::OneClick),
        )
        .await;
        check("multipart/form-data; boundary=other", body, None).await;
    }
}
