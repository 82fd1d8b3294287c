//! Requests that must not be done twice.
//!
//! Invariants: a key is claimed in the transaction of the effect, so what the store knows of a key was
//! done; only answers of success are stored; a repeated request is answered and never done again. Keys of
//! single messages are kept with the messages, and not looked at here.

use std::sync::atomic::Ordering;

use axum::http::{HeaderMap, HeaderName, StatusCode, Uri};
use sha2::{Digest as _, Sha256};
use store::{IdempotentRequest, Repeated};

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::route::{Again, Answering, ApiRoute, Key};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const KEY_BYTES: usize = 255;

/// The request as it is recognised when it is repeated; nothing for one without a key.
///
/// # Errors
/// When a key is needed and missing, or can't be one.
pub(crate) fn request(
    route: &ApiRoute,
    headers: &HeaderMap,
    uri: &Uri,
    body: &[u8],
) -> Result<Option<IdempotentRequest>, Problem> {
    let is_needed = match route.key {
        Key::None => return Ok(None),
        Key::Required(_) | Key::ForEver => true,
        Key::Taken(_) => false,
    };
    let mut values = headers.get_all(KEY).iter();
    let value = match (values.next(), values.next()) {
        (Some(value), None) => value.as_bytes(),
        (None, _) if !is_needed => return Ok(None),
        (None, _) => {
            let words = "Send a header `Idempotency-Key` with a text that is new for each thing \
                you want done: with it, a request can be repeated without being done twice.";
            return Err(Problem::bad_request("key_missing", words));
        }
        (Some(_), Some(_)) => {
            let words = "The header `Idempotency-Key` must come once.";
            return Err(Problem::bad_request("key_syntax", words));
        }
    };
    let is_plain = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    if value.is_empty() || value.len() > KEY_BYTES || !is_plain {
        let words = "An Idempotency-Key has 1 to 255 printable ASCII characters.";
        return Err(Problem::bad_request("key_syntax", words));
    }
    let asked = uri.path_and_query().map_or("", |asked| asked.as_str());
    Ok(Some(IdempotentRequest {
        key: String::from_utf8_lossy(value).into_owned(),
        request: format!("{} {asked}", route.verb.as_str()),
        body_hash: Sha256::digest(body).into(),
    }))
}

/// Does what is asked with `act`, unless the same request was done before.
pub(crate) async fn once(
    route: &ApiRoute,
    asked: Asked,
    act: fn(Asked) -> Answering,
) -> Result<Reply, Problem> {
    let (Key::Required(again) | Key::Taken(again)) = route.key else { return act(asked).await };
    once_or_again(asked, act, again).await
}

/// The same for a request of which everything is known only now, such as the hash of its body.
pub(crate) async fn once_or_again(
    asked: Asked,
    act: impl FnOnce(Asked) -> Answering,
    again: Again,
) -> Result<Reply, Problem> {
    let Some(request) = asked.request.clone() else { return act(asked).await };
    let store = asked.parts.resources.store.clone();
    let actor = asked.actor.record();
    let known = store.idempotency_find(actor.clone(), request.clone(), asked.at).await?;
    if let Some(repeated) = known {
        return answer_again(asked, repeated, again).await;
    }
    match act(asked.clone()).await {
        // The same request came twice at the same moment, and the other one was first.
        Err(Problem { repeated: Some(repeated), .. }) => {
            answer_again(asked, *repeated, again).await
        }
        Err(problem) => Err(problem),
        Ok(reply) => {
            keep(&asked, reply.to_keep()).await;
            Ok(reply)
        }
    }
}

/// Stores an answer for when the request is repeated. Without it, the next one is made from what was
/// done.
async fn keep(asked: &Asked, (status, body): (u16, Vec<u8>)) {
    let Some(request) = asked.request.clone() else { return };
    let (store, actor) = (&asked.parts.resources.store, asked.actor.record());
    let stored = store.idempotency_answer(actor, request, status, body).await;
    if let Err(error) = stored {
        tracing::warn!(%error, "can't store how a request was answered");
    }
}

async fn answer_again(asked: Asked, repeated: Repeated, again: Again) -> Result<Reply, Problem> {
    let mut reply = match repeated {
        Repeated::Different => {
            let words = "This Idempotency-Key belongs to another request or another body of the \
                last 7 days.";
            return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "key_used", words));
        }
        Repeated::Answered { status, answer } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            Reply::stored(status, answer)
        }
        Repeated::Unanswered { made, .. } => match again(asked.clone(), made).await {
            Ok(reply) => {
                keep(&asked, reply.to_keep()).await;
                reply
            }
            Err(problem) if problem.status.is_server_error() => return Err(problem),
            Err(_) => {
                let words = "This request was done before, and what became of it can’t be told. \
                    Look at the thing itself; with a new key, it is done again.";
                let problem = Problem::new(StatusCode::CONFLICT, "repeated", words);
                return Err(problem.retry_after(1));
            }
        },
    };
    mark_replayed(&asked, &mut reply);
    Ok(reply)
}

/// Says that the request was done before, and counts it.
pub(crate) fn mark_replayed(asked: &Asked, reply: &mut Reply) {
    asked.parts.counters.replayed.fetch_add(1, Ordering::Relaxed);
    reply.set(REPLAYED, "true");
}
