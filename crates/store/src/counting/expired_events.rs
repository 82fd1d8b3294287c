//! Which events were removed because of their age, as far as a reader of the feed must know: for each
//! node, the last one.
//!
//! Invariant: it is written in the transaction that removes them; removals are counted in the order in
//! which they are committed.

use std::collections::BTreeMap;

use model::Timestamp;

use crate::StoreError;
use crate::counting::event_cursor::EventCursor;
use crate::engine::error::{integer, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    /// Also a lock: of two that remove at the same time, one waits for the other's commit.
    REMOVAL_NEXT = "INSERT INTO settings (key, value) VALUES ('events_removal', '1')
        ON CONFLICT (key) DO UPDATE
        SET value = CAST(CAST(settings.value AS BIGINT) + 1 AS TEXT)
        RETURNING CAST(value AS BIGINT)";
    REMOVAL_LAST = "SELECT CAST(value AS BIGINT) FROM settings WHERE key = 'events_removal'";
    EXPIRED_PUT = "INSERT INTO expired_events (node, segment, byte_offset, removal, before_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (node) DO UPDATE
        SET segment = excluded.segment, byte_offset = excluded.byte_offset,
            removal = excluded.removal, before_at = excluded.before_at
        WHERE (excluded.segment, excluded.byte_offset)
            > (expired_events.segment, expired_events.byte_offset)";
    EXPIRED_LIST = "SELECT node, segment, byte_offset, removal, before_at FROM expired_events
        ORDER BY node LIMIT 65536";
}

/// The last removed event of each node: segment and offset.
pub(crate) type LastRemoved = BTreeMap<u16, (u64, u32)>;

/// Notes that these, and what was older, were removed.
pub(crate) fn note(
    tx: &Tx<'_>,
    removed: &LastRemoved,
    before: Timestamp,
) -> Result<(), StoreError> {
    if removed.is_empty() {
        return Ok(());
    }
    let removal: i64 = tx.one(REMOVAL_NEXT, (), |row| row.get(0))?;
    let mut put = tx.prepare(EXPIRED_PUT)?;
    for (node, (segment, offset)) in removed {
        let segment = integer(*segment, "an event's segment")?;
        put.execute((*node, segment, *offset, removal, before.0))?;
    }
    Ok(())
}

/// The number of the last removal.
pub(crate) fn last_removal(tx: &Tx<'_>) -> Result<u64, StoreError> {
    let last = tx.first(REMOVAL_LAST, (), |row| narrow(row.get(0)?, "a removal's number"))?;
    Ok(last.unwrap_or(0))
}

/// From before which time events were removed that a reader at this cursor has not had and does not
/// know of.
pub(crate) fn missed(tx: &Tx<'_>, cursor: &EventCursor) -> Result<Option<Timestamp>, StoreError> {
    let mut before = None;
    let all = tx.all(EXPIRED_LIST, (), |row| {
        let place: (u64, u32) = (narrow(row.get(1)?, "an event's segment")?, row.get(2)?);
        let removal: u64 = narrow(row.get(3)?, "a removal's number")?;
        Ok((row.get::<u16>(0)?, place, removal, Timestamp(row.get(4)?)))
    })?;
    for (node, place, removal, at) in all {
        if cursor.of(node) <= place && cursor.removal < removal {
            before = before.max(Some(at));
        }
    }
    Ok(before)
}
