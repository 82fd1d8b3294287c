//! How long events are kept. Roll-ups stay for ever; events only serve to look closer and to
//! classify history again.
//!
//! Invariant: an event that is young enough is never removed. On PostgreSQL events lie in
//! partitions of a week, and an old week is dropped whole; on SQLite they go a bounded number at a
//! time, oldest first, so that nobody waits long for the writer.

use std::collections::BTreeSet;

use model::Timestamp;

use crate::backend::postgres::Conversation;
use crate::error::narrow;
use crate::sql::{postgres_texts, texts};
use crate::{Store, StoreError};

texts! {
    EVENTS_EXPIRE = "DELETE FROM events WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM events
            WHERE at < $1 ORDER BY at, node, segment, byte_offset LIMIT $2)";
}

pub(crate) mod postgres {
    //! What only PostgreSQL has.

    use super::postgres_texts;

    postgres_texts! {
        PARTITIONS_FIND = "SELECT c.relname::text FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = 'events'::regclass";
    }

    /// The names of the partitions of events.
    pub(super) fn partitions(
        bulk: &super::Conversation<'_>,
    ) -> Result<Vec<String>, super::StoreError> {
        let rows = bulk.rows(PARTITIONS_FIND, &[])?;
        rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
    }
}

/// The width of a partition. Counted from 1970, so that every node cuts at the same places.
const WEEK: i64 = 7 * 24 * Timestamp::HOUR;
/// Events that one call removes on SQLite.
const AT_ONCE: i64 = 5_000;

/// What a call has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// On SQLite, how many events; on PostgreSQL, how many weeks of them.
    pub removed: u64,
    /// Whether there may be more: call again.
    pub more: bool,
}

impl Store {
    /// Removes events from before `before`; on PostgreSQL whole weeks only.
    ///
    /// # Errors
    /// When the store can't do it; what was removed by earlier calls stays removed.
    pub async fn events_expire(&self, before: Timestamp) -> Result<Expired, StoreError> {
        self.write(move |tx| {
            if let Some(bulk) = tx.bulk() {
                return drop_weeks(bulk, before);
            }
            let removed = tx.execute(EVENTS_EXPIRE, (before.0, AT_ONCE))?;
            let removed = u64::try_from(removed).unwrap_or(u64::MAX);
            Ok(Expired { removed, more: removed >= AT_ONCE.unsigned_abs() })
        })
        .await
    }
}

fn drop_weeks(bulk: &Conversation<'_>, before: Timestamp) -> Result<Expired, StoreError> {
    let mut removed = 0;
    for name in postgres::partitions(bulk)? {
        let week = name.strip_prefix("events_w").and_then(|week| week.parse::<i64>().ok());
        if week.is_some_and(|week| (week + 1).saturating_mul(WEEK) <= before.0) {
            bulk.batch(&format!("DROP TABLE {name}"))?;
            removed += 1;
        }
    }
    Ok(Expired { removed, more: false })
}

/// Sees to it that events of these times have a place. Two nodes that make the same partition
/// conflict, and the later one begins again.
pub(crate) fn ensure_partitions(
    bulk: &Conversation<'_>,
    times: impl Iterator<Item = Timestamp>,
) -> Result<(), StoreError> {
    let weeks: BTreeSet<i64> = times.map(|at| at.0.div_euclid(WEEK)).collect();
    let there = postgres::partitions(bulk)?;
    for week in weeks {
        // Times are never before 1970.
        let week: u32 = narrow(week, "the week of an event")?;
        let name = format!("events_w{week}");
        if !there.contains(&name) {
            let (from, to) = (i64::from(week) * WEEK, (i64::from(week) + 1) * WEEK);
            bulk.batch(&format!(
                "CREATE TABLE {name} PARTITION OF events FOR VALUES FROM ({from}) TO ({to})"
            ))?;
        }
    }
    Ok(())
}
