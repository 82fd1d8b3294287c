//! The one way to every route: who asks, whether they may, how often; then the body, and the answer.
//!
//! Invariants: what is refused is refused before its body is read; a foreign topic's thing is not found
//! in the words of one that does not exist; every answer names its request.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use access::TopicScope;
use actions::UPLOAD_BYTES;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, IF_MATCH,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::Response;
use http_body_util::LengthLimitError;
use model::RightReach;
use percent_encoding::percent_decode_str;

use crate::api::asked::{Asked, Named, permitted};
use crate::api::parts::{ApiCounters, ApiParts};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::route::{
    Answer, Answering, ApiNeeds, ApiRoute, Handler, JSON_LINES, Receives, Verb,
};
use crate::api::{body, caller, idempotency};
use crate::clock::now;
use crate::listen::peer;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Bytes of a body.
const BODY_BYTES: usize = 1 << 20;

/// Answers a request for this route.
pub(crate) async fn answer(
    route: &'static ApiRoute,
    parts: ApiParts,
    path: Vec<(String, String)>,
    request: Request,
) -> Response {
    let request_id = new_request_id();
    let counters = parts.counters.clone();
    let client = peer::client(&request, &parts.trusted_proxies);
    let (head, body) = request.into_parts();
    let response = match route.handler {
        Handler::Open(open) => open(&parts, path.last().map_or("", |(_, value)| value.as_str())),
        Handler::Known(act) => {
            let mut limits = HeaderMap::new();
            let known = known(route, &parts, (path, &head, body), client, act, &mut limits).await;
            let mut response = match known {
                Ok(reply) => reply.answer(&head.headers),
                Err(problem) => problem.answer(&request_id),
            };
            response.headers_mut().extend(limits);
            response
        }
    };
    finished(response, &request_id, &counters)
}

/// Answers a request that no route is for.
pub(crate) fn refuse(problem: Problem, counters: &ApiCounters) -> Response {
    let request_id = new_request_id();
    finished(problem.answer(&request_id), &request_id, counters)
}

fn finished(mut response: Response, request_id: &str, counters: &ApiCounters) -> Response {
    let count = match response.status() {
        status if status.is_server_error() => &counters.failed,
        status if status.is_client_error() => &counters.refused,
        _ => &counters.answered,
    };
    count.fetch_add(1, Ordering::Relaxed);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}

async fn known(
    route: &'static ApiRoute,
    parts: &ApiParts,
    (path, head, body): (Vec<(String, String)>, &Parts, Body),
    client: IpAddr,
    act: fn(Asked) -> Answering,
    limits: &mut HeaderMap,
) -> Result<Reply, Problem> {
    let at = now();
    let actor = caller::authenticate(parts, &head.headers, client, at).await?;
    *limits = caller::within_limit(parts, &actor).await?;
    check_address(route, head)?;
    let (named, permit) = match route.needs {
        ApiNeeds::Right(right) => {
            let found = permitted(parts, &actor, right, route.names, &path).await;
            // A token of some topics may have the right, which is good for all of them only.
            let is_narrowed = right.reach() == RightReach::Installation
                && matches!(actor.topics(), TopicScope::These(_));
            let (named, permit) =
                found.map_err(|it| if is_narrowed { it.of_narrowed() } else { it })?;
            (named, Some(permit))
        }
        ApiNeeds::Nothing | ApiNeeds::Token => (Named::Nothing, None),
    };
    let (body, file) = match route.receives {
        Receives::File(_) => (Bytes::new(), Some(file_body(route, &head.headers, body)?)),
        _ => (read_body(parts, route, &head.headers, body).await?, None),
    };
    let is_file = file.is_some();
    let file = Arc::new(Mutex::new(file));
    let request = idempotency::request(route, &head.headers, &head.uri, &body)?;
    let parts = parts.clone();
    let uri = head.uri.clone();
    let if_match = if_match(&head.headers)?;
    let asked = Asked { parts, actor, permit, named, at, path, uri, body, file, if_match, request };
    let narrowed = !asked.is_of_all_topics();
    // A file is known when it was read.
    let done = if is_file { act(asked).await } else { idempotency::once(route, asked, act).await };
    let done = done.map(|reply| match route.answer {
        Answer::Lines(_) => reply.of_type(JSON_LINES),
        _ => reply,
    });
    done.map_err(|problem| if narrowed { problem.of_narrowed() } else { problem })
}

/// What `If-Match` says: any, or quoted tags.
fn if_match(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let is_tag = |tag: &str| {
        let tag = tag.trim();
        tag.len() > 2 && tag.starts_with('"') && tag.ends_with('"')
    };
    let text = value.to_str().ok().map(str::trim);
    match text.filter(|text| *text == "*" || text.split(',').all(is_tag)) {
        Some(text) => Ok(Some(text.to_owned())),
        None => {
            let words = "If-Match holds an ETag as it was given, in its quotes.";
            Err(Problem::bad_request("precondition_syntax", words))
        }
    }
}

fn check_address(route: &ApiRoute, head: &Parts) -> Result<(), Problem> {
    let asked = head.uri.path_and_query().map_or("", |asked| asked.as_str());
    if asked.contains("%00") {
        let words = "The address holds a zero byte, which no name and no text has.";
        return Err(Problem::bad_request("nul", words));
    }
    let query = head.uri.query().unwrap_or_default();
    if percent_decode_str(query).decode_utf8().is_err() {
        return Err(Problem::bad_request("query", "The query string is not UTF-8."));
    }
    if route.query.is_none() && !query.is_empty() {
        let words = "Nothing here takes parameters in the query string.";
        return Err(Problem::bad_request("query", words));
    }
    Ok(())
}

async fn read_body(
    parts: &ApiParts,
    route: &ApiRoute,
    headers: &HeaderMap,
    given: Body,
) -> Result<Bytes, Problem> {
    if route.verb == Verb::Get {
        return Ok(Bytes::new());
    }
    check_encoding(headers)?;
    let most = match route.receives {
        Receives::Bytes(most) => most,
        _ => BODY_BYTES,
    };
    if content_length(headers).is_some_and(|it| it > most as u64) {
        return Err(body::too_large(most));
    }
    let _place = match most > BODY_BYTES {
        true => Some(parts.resources.uploads.enter(most)?),
        false => None,
    };
    let bytes = to_bytes(given, most).await.map_err(|problem| {
        let problem = problem.into_inner();
        match problem.downcast_ref::<LengthLimitError>() {
            Some(_) => body::too_large(most),
            None => Problem::bad_request("json", "The body ended before its end."),
        }
    })?;
    if let Receives::Bytes(_) = route.receives {
        return Ok(bytes);
    }
    if route.body.is_none() {
        body::nothing(&bytes)?;
    } else {
        check_type(route, headers)?;
    }
    Ok(bytes)
}

/// A body that is read as it comes.
fn file_body(route: &ApiRoute, headers: &HeaderMap, given: Body) -> Result<Body, Problem> {
    check_encoding(headers)?;
    check_type(route, headers)?;
    match content_length(headers) {
        Some(bytes) if bytes > UPLOAD_BYTES => Err(body::file_too_large()),
        _ => Ok(given),
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Problem> {
    let encoding = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
    if encoding.is_some_and(|encoding| !encoding.eq_ignore_ascii_case(b"identity")) {
        let words = "Send the body as it is, without Content-Encoding.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoding", words));
    }
    Ok(())
}

fn check_type(route: &ApiRoute, headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    let wanted = route.receives.media_type();
    let is_patch = route.receives == Receives::Json
        && kind.eq_ignore_ascii_case("application/merge-patch+json");
    if kind.eq_ignore_ascii_case(wanted) || is_patch {
        return Ok(());
    }
    let words = format!("Send the body with `Content-Type: {wanted}`.");
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_type", words))
}

/// Random, so that nobody can tell how many there were.
fn new_request_id() -> String {
    static COUNTED: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 12];
    if getrandom::fill(&mut bytes).is_err() {
        return format!("{:024x}", COUNTED.fetch_add(1, Ordering::Relaxed));
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
