//! Who is acting: what goes into the audit log beside the next write of a store.
//!
//! Invariants: the effect, its entry in the log and the key of the request are one transaction. The
//! entry is appended last, so that the log is held as briefly as possible and knows the id of what
//! was made. Without an actor nothing is logged: servers send and count on their own.

use model::Timestamp;

use crate::access::actor_record::{ActorRecord, AuditObject};
use crate::access::audit;
use crate::access::chain::AuditEntry;
use crate::access::idempotency::{self, IdempotentRequest};
use crate::engine::attached::{Attached, Attachment};
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

/// Bytes of what an entry says about before or after.
const STATE_BYTES: usize = 16 << 10;

/// An action of somebody. Never put a secret or an address into it: the log is kept for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    pub actor: ActorRecord,
    /// Such as `campaign.start`.
    pub action: &'static str,
    pub object: AuditObject,
    /// JSON, at most 16 KiB each.
    pub before: Option<String>,
    pub after: Option<String>,
    pub at: Timestamp,
    /// The request by which it came, if it must not be done twice.
    pub request: Option<IdempotentRequest>,
}

impl Attachment for Acting {
    fn before(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let states = [&self.before, &self.after].into_iter().flatten();
        if states.into_iter().any(|state| state.len() > STATE_BYTES) {
            return Err(StoreError::OutOfRange("what the audit log is to keep"));
        }
        match &self.request {
            Some(request) => idempotency::claim(tx, &self.actor.key(), request, self.at),
            None => Ok(()),
        }
    }

    fn actor(&self) -> Option<String> {
        Some(self.actor.name.clone())
    }

    fn after(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let made = tx.made().map(|id| id.to_string());
        if let (Some(request), Some(made)) = (&self.request, &made) {
            idempotency::note_made(tx, &self.actor.key(), request, made)?;
        }
        let object_id = self.object.id.clone().or(made).unwrap_or_default();
        audit::append(tx, |to| {
            let seq = to.seq + 1;
            let entry = AuditEntry {
                seq,
                at: self.at,
                actor_kind: self.actor.kind.as_str().to_owned(),
                actor_id: self.actor.id,
                actor_name: self.actor.name.clone(),
                action: self.action.to_owned(),
                object_kind: self.object.kind.to_owned(),
                object_id,
                before: self.before.clone(),
                after: self.after.clone(),
                previous_hash: to.hash.to_vec(),
                hash: Vec::new(),
            };
            entry.sealed()
        })
    }
}

impl Store {
    /// The same store, whose next write is done in this name: its entry is appended to the audit log
    /// in the same transaction, and a request that was done before is refused there. Later writes of
    /// the same clone belong to the same action and are not logged again.
    ///
    /// # Errors
    /// Of that write: [`StoreError::Repeated`]. After [`StoreError::Undecided`] the entry may exist,
    /// and the next write appends it again: rather twice than not at all.
    #[must_use]
    pub fn acting(&self, acting: Acting) -> Self {
        self.with_attached(Some(Attached::new(acting)))
    }

    /// The same store without an actor, for preparations that change nothing by themselves: the
    /// entry is to stand beside the effect.
    #[must_use]
    pub fn preparing(&self) -> Self {
        self.with_attached(None)
    }

    /// Appends an entry about something that is not in the store, such as a file.
    pub async fn audit_append(&self, acting: Acting) -> Result<(), StoreError> {
        self.acting(acting).write(|_| Ok(())).await
    }
}
