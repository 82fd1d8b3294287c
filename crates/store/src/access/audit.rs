//! The audit log: appended to by every transaction that has an actor, read in pages, verified.
//!
//! Invariants: entries are appended one after another, in the transaction of what they tell about;
//! none is ever changed or removed.

use model::{ContactId, Timestamp};

use crate::access::actor_record::ActorRecord;
use crate::access::chain::{AuditEntry, ChainBreak, ChainPoint};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    /// On PostgreSQL others wait here until this transaction ends.
    AUDIT_ADVANCE = "UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, hash";
    AUDIT_INSERT = "INSERT INTO audit_log (seq, at, actor_kind, actor_id, actor_name, action,
            object_kind, object_id, before, after, previous_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    AUDIT_HEAD_SET = "UPDATE audit_head SET hash = $1 WHERE id = 1";
    AUDIT_HEAD = "SELECT seq, hash FROM audit_head WHERE id = 1";
    AUDIT_AFTER = "SELECT seq, at, actor_kind, actor_id, actor_name, action, object_kind,
            object_id, before, after, previous_hash, hash
        FROM audit_log WHERE seq > $1 ORDER BY seq LIMIT $2";
    AUDIT_BEFORE = "SELECT seq, at, actor_kind, actor_id, actor_name, action, object_kind,
            object_id, before, after, previous_hash, hash
        FROM audit_log WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
    AUDIT_OF_OBJECT = "SELECT seq, at, actor_kind, actor_id, actor_name, action, object_kind,
            object_id, before, after, previous_hash, hash
        FROM audit_log WHERE object_kind = $3 AND object_id = $4 AND seq < $1
        ORDER BY seq DESC LIMIT $2";
    AUDIT_COUNT_BY_ACTOR = "SELECT count(*) FROM (SELECT at, actor_kind, actor_id, action
            FROM audit_log WHERE actor_name = $1 ORDER BY seq DESC LIMIT $2) latest
        WHERE actor_kind = $3 AND coalesce(actor_id, 0) = $4 AND action = $5 AND at > $6";
    AUDIT_BY_ACTOR = "SELECT seq, at, actor_kind, actor_id, actor_name, action, object_kind,
            object_id, before, after, previous_hash, hash
        FROM audit_log WHERE actor_name = $3 AND seq < $1 ORDER BY seq DESC LIMIT $2";
}

/// Entries read at once when the chain is verified: at most 32 KiB each.
const PAGE: i64 = 1_000;

/// Entries that [`Store::audit_count`] looks at.
const LATEST: i64 = 200;

/// Which entries of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFilter {
    All,
    Object {
        kind: String,
        id: String,
    },
    /// By the name that the actor had then.
    Actor(String),
}

/// A chain that was followed to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Its last entry; [`ChainPoint::START`] when there is none.
    pub end: ChainPoint,
    /// The first place where it is broken; then `end` is the last good entry.
    pub broken: Option<ChainBreak>,
}

/// Appends the entry that `make` makes to follow the last one.
pub(super) fn append(
    tx: &Tx<'_>,
    make: impl FnOnce(ChainPoint) -> AuditEntry,
) -> Result<(), StoreError> {
    let last = tx.one(AUDIT_ADVANCE, (), |row| {
        Ok(ChainPoint { seq: row.get::<i64>(0)? - 1, hash: row.get(1)? })
    })?;
    let entry = make(last);
    let AuditEntry { seq, at, actor_kind, actor_id, actor_name, action, .. } = &entry;
    let AuditEntry { object_kind, object_id, before, after, previous_hash, hash, .. } = &entry;
    let who = (*seq, at.0, actor_kind, *actor_id, actor_name, action);
    let (seq, at, actor_kind, actor_id, actor_name, action) = who;
    tx.execute(
        AUDIT_INSERT,
        (
            seq,
            at,
            actor_kind,
            actor_id,
            actor_name,
            action,
            object_kind,
            object_id,
            before,
            after,
            previous_hash,
            hash,
        ),
    )?;
    tx.execute(AUDIT_HEAD_SET, [hash]).map(drop)
}

impl Store {
    /// The last entry of the audit log, by its own record.
    pub async fn audit_head(&self) -> Result<ChainPoint, StoreError> {
        self.read(|tx| tx.one(AUDIT_HEAD, (), head)).await
    }

    /// The newest entries before `before`, newest first, at most 1,000.
    pub async fn audit_page(
        &self,
        filter: AuditFilter,
        before: i64,
        limit: u16,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let limit = i64::from(limit).min(PAGE);
        self.read(move |tx| match &filter {
            AuditFilter::All => tx.all(AUDIT_BEFORE, (before, limit), entry),
            AuditFilter::Object { kind, id } => {
                tx.all(AUDIT_OF_OBJECT, (before, limit, kind, id), entry)
            }
            AuditFilter::Actor(name) => tx.all(AUDIT_BY_ACTOR, (before, limit, name), entry),
        })
        .await
    }

    /// How often the actor did this since `since`, among the last 200 entries by that name.
    pub async fn audit_count(
        &self,
        actor: ActorRecord,
        action: &'static str,
        since: Timestamp,
    ) -> Result<i64, StoreError> {
        self.read(move |tx| {
            let ActorRecord { kind, id, name } = &actor;
            let id = id.unwrap_or_default();
            let values = (name, LATEST, kind.as_str(), id, action, since.0);
            tx.one(AUDIT_COUNT_BY_ACTOR, values, |row| row.get(0))
        })
        .await
    }

    /// The entries after `after`, oldest first, at most 1,000.
    pub async fn audit_after(&self, after: i64) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(move |tx| tx.all(AUDIT_AFTER, (after, PAGE), entry)).await
    }

    /// Follows the chain from its first entry to its last, in pages, while others append to it.
    /// `noted` is a point that somebody has kept elsewhere: it must be on the chain.
    pub async fn audit_verify(&self, noted: Option<ChainPoint>) -> Result<Verified, StoreError> {
        let (mut end, mut after) = (ChainPoint::START, i64::MIN);
        loop {
            // The page and the record of the end are of one moment.
            let page = self.read(move |tx| {
                let page = tx.all(AUDIT_AFTER, (after, PAGE), entry)?;
                Ok((
                    page,
                    tx.first(AUDIT_HEAD, (), |row| {
                        Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
                    })?,
                ))
            });
            let (page, recorded) = page.await?;
            let followed = page.iter().try_for_each(|entry| {
                end.follow(entry)?;
                match noted {
                    Some(point) if point.seq == end.seq && point != end => {
                        Err(ChainBreak::NotAsNoted(end.seq))
                    }
                    _ => Ok(()),
                }
            });
            let last = page.last().map(|entry| entry.seq);
            let is_last = i64::try_from(page.len()).unwrap_or(PAGE) < PAGE;
            let broken = match followed {
                Ok(()) if is_last => end.close(recorded, noted).err(),
                Ok(()) => None,
                Err(broken) => Some(broken),
            };
            match last {
                Some(last) if broken.is_none() && !is_last => after = last,
                _ => return Ok(Verified { end, broken }),
            }
        }
    }
}

/// What was done with a contact, the newest first, at most 1,000.
pub(crate) fn contact_entries(
    tx: &Tx<'_>,
    contact: ContactId,
) -> Result<Vec<AuditEntry>, StoreError> {
    tx.all(AUDIT_OF_OBJECT, (i64::MAX, PAGE, "contact", contact.to_string()), entry)
}

fn head(row: &SqlRow<'_>) -> Result<ChainPoint, StoreError> {
    Ok(ChainPoint { seq: row.get(0)?, hash: row.get(1)? })
}

fn entry(row: &SqlRow<'_>) -> Result<AuditEntry, StoreError> {
    Ok(AuditEntry {
        seq: row.get(0)?,
        at: Timestamp(row.get(1)?),
        actor_kind: row.get(2)?,
        actor_id: row.get(3)?,
        actor_name: row.get(4)?,
        action: row.get(5)?,
        object_kind: row.get(6)?,
        object_id: row.get(7)?,
        before: row.get(8)?,
        after: row.get(9)?,
        previous_hash: row.get(10)?,
        hash: row.get(11)?,
    })
}
