//! How long events are kept, and the times of hits in engagements. What was seen in hits stays for ever;
//! browsers go in `expired_visitors`, and old hours are folded in `folded_hours`.
//!
//! Invariant: an event that is young enough is never removed, and how far each node's events are
//! removed is noted with it. On PostgreSQL events are in weekly
//! partitions, and an old week is dropped as a whole; on SQLite they are removed a bounded number
//! at a time, oldest first, so that nobody waits long for the writer.

use model::Timestamp;

use crate::counting::expired_events::{self, LastRemoved};
use crate::counting::{forgotten_times, partitions, strays};
use crate::engine::error::narrow;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    EVENTS_EXPIRE = "DELETE FROM events WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM events
            WHERE at < $1 ORDER BY at, node, segment, byte_offset LIMIT $2)
        RETURNING node, segment, byte_offset";
    /// Changes nothing, but keeps other nodes from the same row.
    WALK_TAKE = "INSERT INTO retention_walks (walk, day, after, done) VALUES ($1, -1, $2, 0)
        ON CONFLICT (walk) DO UPDATE SET day = retention_walks.day
        RETURNING day, done, after";
    WALK_PUT = "UPDATE retention_walks SET day = $2, after = $3, done = $4 WHERE walk = $1";
}

/// Events that one call removes on SQLite.
const AT_ONCE: i64 = 5_000;
/// Contacts whose hits one call looks at.
const TIMES_AT_ONCE: i64 = 1_000;
/// Where what is seen otherwise is counted. Any: it is seldom anything.
const SHARD: u16 = 0;

/// What one call has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expired {
    /// How many rows; of events on PostgreSQL, how many weeks of them.
    pub removed: u64,
    /// Whether there may be more: call again.
    pub more: bool,
}

impl Expired {
    pub(crate) const NOTHING: Self = Self { removed: 0, more: false };
}

/// A walk over the keys of a table, once a day.
pub(crate) struct DailyWalk {
    walk: &'static str,
    day: i64,
    /// Everything up to this key has been looked at.
    pub(crate) after: Vec<u8>,
}

impl DailyWalk {
    /// The walk for the day of `before`, where it stopped; nothing when it is done. Keeps other nodes from
    /// it until the transaction ends.
    pub(crate) fn take(
        tx: &Tx<'_>,
        walk: &'static str,
        before: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let day = before.0.div_euclid(24 * Timestamp::HOUR);
        let (walked, done, after) = tx.one(WALK_TAKE, (walk, Vec::<u8>::new()), |row| {
            Ok((row.get::<i64>(0)?, row.get::<bool>(1)?, row.get::<Vec<u8>>(2)?))
        })?;
        Ok(match walked == day {
            true if done => None,
            true => Some(Self { walk, day, after }),
            // A walk that was begun for another day begins again.
            false => Some(Self { walk, day, after: Vec::new() }),
        })
    }

    /// Notes how far it has come.
    pub(crate) fn put(
        self,
        tx: &Tx<'_>,
        after: Option<&Vec<u8>>,
        done: bool,
    ) -> Result<(), StoreError> {
        let after = after.unwrap_or(&self.after);
        tx.execute(WALK_PUT, (self.walk, self.day, after, done)).map(drop)
    }
}

impl Store {
    /// Removes events from before `before`, on PostgreSQL whole weeks only, and stray hits; forgets
    /// when hits from before its day were, of which engagements keep what was seen.
    ///
    /// # Errors
    /// When the store can't do it; what was removed by earlier calls stays removed.
    pub async fn events_expire(&self, before: Timestamp) -> Result<Expired, StoreError> {
        let mut expired = self.write(move |tx| remove(tx, before)).await?;
        // By itself: whoever records holds the events first and then the engagements.
        let forgot =
            self.write(move |tx| forgotten_times::forget(tx, before, TIMES_AT_ONCE, SHARD));
        expired.more |= forgot.await?;
        Ok(expired)
    }
}

fn remove(tx: &Tx<'_>, before: Timestamp) -> Result<Expired, StoreError> {
    let strays = strays::expire(tx, before.0, AT_ONCE)?;
    let more_strays = strays >= AT_ONCE.unsigned_abs();
    if let Some(bulk) = tx.bulk() {
        let removed = partitions::drop_weeks(tx, bulk, before)?;
        return Ok(Expired { removed, more: more_strays });
    }
    let gone = tx.all(EVENTS_EXPIRE, (before.0, AT_ONCE), |row| {
        let segment: u64 = narrow(row.get(1)?, "an event's segment")?;
        Ok((row.get::<u16>(0)?, (segment, row.get::<u32>(2)?)))
    })?;
    let (removed, mut last) = (gone.len() as u64, LastRemoved::new());
    for (node, place) in gone {
        let known = last.entry(node).or_default();
        *known = place.max(*known);
    }
    expired_events::note(tx, &last, before)?;
    Ok(Expired { removed, more: removed >= AT_ONCE.unsigned_abs() || more_strays })
}
