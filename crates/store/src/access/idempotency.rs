//! Keys of requests that were done, so that a request that is repeated is not done again.
//!
//! Invariants: a key is stored in the transaction of the effect, so there is no effect without its
//! key and no key without its effect. Of requests that run at the same moment the later ones wait
//! for the first, on PostgreSQL for its row. Keys are kept for [`KEYS_KEPT`]; an older one is free.

use std::time::Duration;

use model::Timestamp;

use crate::access::actor_record::ActorRecord;
use crate::engine::error::{Repeated, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    KEY_CLAIM = "INSERT INTO idempotency_keys (actor, name, request, body_hash, at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (actor, name) DO UPDATE SET request = excluded.request,
            body_hash = excluded.body_hash, at = excluded.at, made = NULL, status = NULL,
            answer = NULL
        WHERE idempotency_keys.at < $6";
    KEY_FIND = "SELECT request, body_hash, made, status, answer, at FROM idempotency_keys
        WHERE actor = $1 AND name = $2 AND at >= $3";
    KEY_MADE = "UPDATE idempotency_keys SET made = $3 WHERE actor = $1 AND name = $2";
    KEY_ANSWER = "UPDATE idempotency_keys SET status = $4, answer = $5
        WHERE actor = $1 AND name = $2 AND body_hash = $3 AND status IS NULL";
}

/// How long a repeated request is recognised.
pub const KEYS_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A request that must not be done twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotentRequest {
    /// The key as the client chose it.
    pub key: String,
    /// Method and path.
    pub request: String,
    /// SHA-256 of the body.
    pub body_hash: [u8; 32],
}

impl Store {
    /// What is known of the request if it was done before. To be asked before it is checked whether
    /// the request can be done: after it was done, it often can't.
    pub async fn idempotency_find(
        &self,
        actor: ActorRecord,
        request: IdempotentRequest,
        now: Timestamp,
    ) -> Result<Option<Repeated>, StoreError> {
        self.read(move |tx| find(tx, &actor.key(), &request, now)).await
    }

    /// Stores how the request was answered, for when it is repeated. Only the first answer counts.
    pub async fn idempotency_answer(
        &self,
        actor: ActorRecord,
        request: IdempotentRequest,
        status: u16,
        answer: Vec<u8>,
    ) -> Result<(), StoreError> {
        let plain = self.preparing();
        plain
            .write(move |tx| {
                let values = (actor.key(), &request.key, request.body_hash, status, &answer);
                tx.execute(KEY_ANSWER, values).map(drop)
            })
            .await
    }
}

/// Takes the key; refuses a request that was done before.
pub(super) fn claim(
    tx: &Tx<'_>,
    actor: &str,
    request: &IdempotentRequest,
    now: Timestamp,
) -> Result<(), StoreError> {
    let IdempotentRequest { key, request: what, body_hash } = request;
    let values = (actor, key, what, *body_hash, now.0, now.before(KEYS_KEPT).0);
    if tx.execute(KEY_CLAIM, values)? == 1 {
        return Ok(());
    }
    match find(tx, actor, request, now)? {
        Some(repeated) => Err(repeated.into()),
        None => Err(StoreError::Conflict("an idempotency key has just gone".to_owned())),
    }
}

pub(super) fn note_made(
    tx: &Tx<'_>,
    actor: &str,
    request: &IdempotentRequest,
    made: &str,
) -> Result<(), StoreError> {
    tx.execute(KEY_MADE, (actor, &request.key, made)).map(drop)
}

fn find(
    tx: &Tx<'_>,
    actor: &str,
    request: &IdempotentRequest,
    now: Timestamp,
) -> Result<Option<Repeated>, StoreError> {
    let values = (actor, &request.key, now.before(KEYS_KEPT).0);
    tx.first(KEY_FIND, values, |row| repeated(row, request))
}

fn repeated(row: &SqlRow<'_>, request: &IdempotentRequest) -> Result<Repeated, StoreError> {
    let hash: [u8; 32] = row.get(1)?;
    if row.text(0)? != request.request || hash != request.body_hash {
        return Ok(Repeated::Different);
    }
    Ok(match row.get::<Option<i64>>(3)? {
        Some(status) => Repeated::Answered {
            status: narrow(status, "the status of an answer")?,
            answer: row.get::<Option<Vec<u8>>>(4)?.unwrap_or_default(),
        },
        None => Repeated::Unanswered { made: row.get(2)?, at: Timestamp(row.get(5)?) },
    })
}
