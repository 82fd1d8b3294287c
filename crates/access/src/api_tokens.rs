//! API tokens: `ph_live_` or `ph_test_`, 43 random characters, 6 characters of checksum.
//!
//! Invariants: a token is shown once and stored as SHA-256; the checksum lets scanners recognise one
//! in a file, and refuses a mistyped one without asking the store. Nobody gives a token more than
//! they have, and it loses what they lose.

use std::time::Duration;

use model::{ApiTokenId, Right, Timestamp, TopicId, TopicScope};
use serde_json::json;
use store::{Acting, ApiToken, AuditObject, IdempotentRequest, NewApiToken, Store};

use crate::actor::{Actor, Object, Permit, ProgramActor};
use crate::error::AccessError;
use crate::secret::{SecretText, sha256};

const LIVE: &str = "ph_live_";
const TEST: &str = "ph_test_";
const RANDOM_CHARS: usize = 43;
const CHECKSUM_CHARS: usize = 6;
/// Of a token, to recognise it by in lists.
const SHOWN_CHARS: usize = 12;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Bytes from here on would make some characters more frequent.
const FAIR_BYTES: u8 = 248;
const NAME_CHARS: usize = 120;
/// How precisely it is noted when a token was used.
const SEEN_EVERY: Duration = Duration::from_secs(60);

/// A token to be made.
#[derive(Debug, Clone)]
pub struct CreateToken {
    /// What it is for.
    pub name: String,
    /// False: what it sends reaches no relay.
    pub live: bool,
    pub scopes: Vec<Right>,
    /// Empty: those of its owner.
    pub topics: Vec<TopicId>,
    pub ends_at: Option<Timestamp>,
    /// The request by which it came, if it must not be done twice.
    pub request: Option<IdempotentRequest>,
}

#[derive(Debug)]
pub struct CreatedToken {
    pub id: ApiTokenId,
    /// To be shown once.
    pub token: SecretText,
}

/// Makes a token for the actor. Everybody may, of what they have.
///
/// # Errors
/// [`AccessError::BeyondOwn`], [`AccessError::NotForPrograms`], [`AccessError::NoScope`],
/// [`AccessError::EndsInThePast`].
pub async fn token_create(
    store: &Store,
    actor: &Actor,
    create: CreateToken,
    now: Timestamp,
) -> Result<CreatedToken, AccessError> {
    let CreateToken { name, live, mut scopes, mut topics, ends_at, request } = create;
    let name: String = name.trim().chars().take(NAME_CHARS).collect();
    if name.is_empty() {
        return Err(AccessError::NameNeeded("a token needs a name that says what it is for"));
    }
    if ends_at.is_some_and(|end| end <= now) {
        return Err(AccessError::EndsInThePast);
    }
    scopes.sort_unstable();
    scopes.dedup();
    topics.sort_unstable();
    topics.dedup();
    let first = *scopes.first().ok_or(AccessError::NoScope)?;
    for scope in &scopes {
        if *scope == Right::OwnershipWrite {
            return Err(AccessError::NotForPrograms(*scope));
        }
        if !actor.can(*scope) {
            return Err(AccessError::BeyondOwn(*scope));
        }
    }
    if topics.iter().any(|topic| !actor.topics().contains(*topic)) {
        return Err(AccessError::BeyondOwn(first));
    }
    // A program has no account from which narrower topics would follow.
    if let (Actor::Program(_), TopicScope::These(own)) = (actor, actor.topics())
        && topics.is_empty()
    {
        topics = own;
    }
    let token = random_token(live)?;
    let prefix = token.reveal().chars().take(SHOWN_CHARS).collect();
    let words: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    let numbers: Vec<_> = topics.iter().map(|topic| topic.0).collect();
    let after = json!({
        "name": name, "prefix": prefix, "live": live, "scopes": words, "topics": numbers,
        "ends_at": ends_at.map(Timestamp::rfc3339),
    });
    let mut acting = actor.acting("token.create", AuditObject::of_kind("token"), now);
    (acting.after, acting.request) = (Some(after.to_string()), request);
    let (token_hash, owner) = (token.hash(), actor.account());
    let new = NewApiToken { name, prefix, token_hash, live, scopes, topics, owner, ends_at };
    let id = store.acting(acting).api_token_add(new, now).await?;
    Ok(CreatedToken { id, token })
}

/// Ends a token for good: one's own, or with the right to write users anyone's.
///
/// # Errors
/// [`AccessError::NoToken`], also for one of somebody else without the right.
pub async fn token_revoke(
    store: &Store,
    actor: &Actor,
    id: ApiTokenId,
    now: Timestamp,
) -> Result<(), AccessError> {
    token_revoke_for(store, actor, id, None, now).await
}

/// The same for a request that must not be done twice.
///
/// # Errors
/// As [`token_revoke`].
pub async fn token_revoke_for(
    store: &Store,
    actor: &Actor,
    id: ApiTokenId,
    request: Option<IdempotentRequest>,
    now: Timestamp,
) -> Result<(), AccessError> {
    let token = store.api_token_find(id).await?.ok_or(AccessError::NoToken)?;
    let is_own = actor.account().is_some() && token.owner.map(|it| it.id) == actor.account();
    if !is_own && actor.may(Right::UsersWrite, Object::Installation).is_err() {
        return Err(AccessError::NoToken);
    }
    let object = AuditObject::new("token", id);
    let named = store.acting(Acting { request, ..actor.acting("token.revoke", object, now) });
    Ok(named.api_token_revoke(id, now).await?)
}

/// Every token, the newest first.
pub async fn tokens_list(store: &Store, permit: &Permit) -> Result<Vec<ApiToken>, AccessError> {
    permit.needs(Right::UsersRead)?;
    Ok(store.api_tokens_list().await?)
}

/// The actor's own tokens, the newest first.
///
/// # Errors
/// When the store can't answer.
pub async fn own_tokens(store: &Store, actor: &Actor) -> Result<Vec<ApiToken>, AccessError> {
    let Some(account) = actor.account() else { return Ok(Vec::new()) };
    let mut tokens = store.api_tokens_list().await?;
    tokens.retain(|token| token.owner.as_ref().is_some_and(|owner| owner.id == account));
    Ok(tokens)
}

/// Who acts with this token; None when it is not good.
///
/// # Errors
/// When the store can't answer.
pub async fn token_authenticate(
    store: &Store,
    text: &str,
    now: Timestamp,
) -> Result<Option<Actor>, AccessError> {
    if !is_token(text) {
        return Ok(None);
    }
    let found = store.api_token_by_hash(sha256(text.as_bytes()), now).await?;
    let Some(token) = found else { return Ok(None) };
    if token.last_used_at.is_none_or(|used| used.after(SEEN_EVERY) <= now) {
        store.api_token_seen(token.id, now).await?;
    }
    Ok(Some(Actor::Program(ProgramActor::of(token))))
}

fn random_token(live: bool) -> Result<SecretText, AccessError> {
    let mut text = String::from(if live { LIVE } else { TEST });
    let end = text.len() + RANDOM_CHARS;
    while text.len() < end {
        let mut byte = [0];
        getrandom::fill(&mut byte)?;
        let [byte] = byte;
        if byte < FAIR_BYTES {
            text.push(character(u32::from(byte)));
        }
    }
    text.push_str(&checksum(&text));
    Ok(SecretText::new(text))
}

/// Whether the text has the form of a token and its checksum.
fn is_token(text: &str) -> bool {
    let rest = text.strip_prefix(LIVE).or_else(|| text.strip_prefix(TEST));
    let fits = rest.is_some_and(|rest| {
        rest.len() == RANDOM_CHARS + CHECKSUM_CHARS
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    // ASCII by now, so it can be split anywhere.
    fits && text
        .split_at_checked(text.len() - CHECKSUM_CHARS)
        .is_some_and(|(start, end)| end == checksum(start))
}

/// CRC-32C in six digits of base 62, the first one first.
fn checksum(text: &str) -> String {
    let mut number = crc32c::crc32c(text.as_bytes());
    let mut digits = Vec::with_capacity(CHECKSUM_CHARS);
    for _ in 0..CHECKSUM_CHARS {
        digits.push(character(number));
        number /= 62;
    }
    digits.into_iter().rev().collect()
}

fn character(number: u32) -> char {
    let index = usize::try_from(number % 62).unwrap_or(0);
    char::from(ALPHABET.get(index).copied().unwrap_or(b'0'))
}

#[cfg(test)]
#[path = "api_tokens/tests.rs"]
mod tests;
