//! Who calls: the token of a request, and how often it may ask.
//!
//! Invariants: only the header `Authorization` counts, cookies are not looked at; a token that is
//! mistyped, over, revoked or nobody's is answered the same.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::atomic::Ordering;

use access::{Actor, ClientNetwork, token_authenticate};
use axum::http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use model::Timestamp;

use crate::api::parts::{ApiParts, LimitState};
use crate::api::problem::Problem;

/// draft-ietf-httpapi-ratelimit-headers
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Who sends a request with these headers.
///
/// # Errors
/// 401 without a good token; 429 when too many requests from that network had none.
pub(crate) async fn authenticate(
    parts: &ApiParts,
    headers: &HeaderMap,
    client: IpAddr,
    now: Timestamp,
) -> Result<Actor, Problem> {
    let refused = match bearer(headers) {
        Ok(token) => match token_authenticate(&parts.resources.store, token, now).await? {
            Some(actor) => return Ok(actor),
            None => Problem::no_token(
                "token_invalid",
                "The token is not good: it is mistyped, has ended, was revoked, or its owner was \
                disabled.",
            ),
        },
        Err(refused) => refused,
    };
    parts.counters.unknown.fetch_add(1, Ordering::Relaxed);
    let mut hasher = DefaultHasher::new();
    ClientNetwork::of(client).hash(&mut hasher);
    let state = parts.limits.failures.take(hasher.finish()).await;
    if state.allowed {
        return Err(refused);
    }
    let words = "Too many requests from your network had no good token.";
    let slow = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_failures", words);
    Err(slow.retry_after(seconds(state)))
}

fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let missing = || {
        let words = "Send a token in the header `Authorization: Bearer ph_live_…`.";
        Problem::no_token("token_missing", words)
    };
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return Err(missing()) };
    let (scheme, token) =
        value.to_str().ok().and_then(|it| it.split_once(' ')).ok_or_else(missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(missing());
    }
    Ok(token.trim())
}

/// Takes a request from the actor's share.
///
/// # Errors
/// 429 when nothing is left of it.
pub(crate) async fn within_limit(parts: &ApiParts, actor: &Actor) -> Result<HeaderMap, Problem> {
    let key = actor.record().id.map_or(0, i64::unsigned_abs);
    let state = parts.limits.requests.take(key).await;
    let headers = limit_headers(state);
    if state.allowed {
        return Ok(headers);
    }
    parts.counters.limited.fetch_add(1, Ordering::Relaxed);
    let words = format!(
        "The token may send {} requests in {} seconds.",
        state.quota,
        state.window.as_secs()
    );
    let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "limited", words);
    for (name, value) in headers {
        if let Some(name) = name {
            problem = problem.with_header(name, value);
        }
    }
    Err(problem.retry_after(seconds(state)))
}

fn limit_headers(state: LimitState) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let policy = format!("\"token\";q={};w={}", state.quota, state.window.as_secs());
    let left = format!("\"token\";r={};t={}", state.left, seconds(state));
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    headers
}

/// Rounded up, so that nobody comes too early.
fn seconds(state: LimitState) -> u64 {
    state.wait.as_secs() + u64::from(state.wait.subsec_nanos() > 0)
}
