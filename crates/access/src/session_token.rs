//! From the token in a browser's cookie to the user who is signed in.
//!
//! Invariants: the token is 256 random bits, of which only the hash is stored; it changes when
//! somebody signs in and when their rights change, so that nobody can have planted it before.

use std::time::Duration;

use model::Timestamp;
use store::{Session, Store, StoreError};

use crate::actor::UserActor;
use crate::error::AccessError;
use crate::secret::{SecretText, lookup_hash};

/// A session that was not used for so long is over.
pub const SESSION_IDLE: Duration = Duration::from_secs(12 * 60 * 60);
/// A session is over after this time, however often it was used.
pub const SESSION_ENDS: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How precisely it is noted when a session was used: each time would be a write per page.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// For how long the token before a rotation works, for requests that were under way.
const PREVIOUS_WORKS: Duration = Duration::from_secs(60);

/// A user who was recognised.
#[derive(Debug)]
pub struct Authenticated {
    pub user: UserActor,
    /// The token that the browser must have from now on, if it changes.
    pub fresh_token: Option<SecretText>,
    /// When the session ends at the latest.
    pub ends_at: Timestamp,
}

/// Who is signed in with this token; None when nobody is.
///
/// # Errors
/// When the store can't answer.
pub async fn session_authenticate(
    store: &Store,
    token: &str,
    now: Timestamp,
) -> Result<Option<Authenticated>, AccessError> {
    let Some(hash) = lookup_hash(token) else { return Ok(None) };
    let found = find(store, hash, now).await?;
    let Some(session) = found.filter(|session| session.signed_in) else { return Ok(None) };
    if session.seen_at.after(SEEN_EVERY) <= now {
        store.session_seen(session.id, now).await?;
    }
    let fresh_token = match session.must_rotate {
        true => rotate(store, hash, now).await?,
        false => None,
    };
    let ends_at = session.ends_at;
    Ok(Some(Authenticated { user: UserActor::of(session), fresh_token, ends_at }))
}

/// Who is still signed in with this token, as somebody who only watches is asked: it is no use of the
/// session. None also when the token has to change, because rights have.
///
/// # Errors
/// When the store can't answer.
pub async fn session_watch(
    store: &Store,
    token: &str,
    now: Timestamp,
) -> Result<Option<UserActor>, AccessError> {
    let Some(hash) = lookup_hash(token) else { return Ok(None) };
    let found = find(store, hash, now).await?;
    let found = found.filter(|session| session.signed_in && !session.must_rotate);
    Ok(found.map(UserActor::of))
}

/// Signs out.
///
/// # Errors
/// When the store can't do it.
pub async fn session_end(store: &Store, token: &str) -> Result<(), AccessError> {
    match lookup_hash(token) {
        Some(hash) => Ok(store.session_end_token(hash).await?),
        None => Ok(()),
    }
}

pub(crate) async fn find(
    store: &Store,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Session>, StoreError> {
    store.session_find(hash, now, SESSION_IDLE).await
}

/// None when another request was faster: its answer carries the token.
async fn rotate(
    store: &Store,
    from: [u8; 32],
    now: Timestamp,
) -> Result<Option<SecretText>, AccessError> {
    let fresh = SecretText::random()?;
    let rotated = store.session_rotate(from, fresh.hash(), now.after(PREVIOUS_WORKS)).await?;
    Ok(rotated.then_some(fresh))
}
