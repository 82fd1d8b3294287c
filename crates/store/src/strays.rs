//! Stray hits: authentic ones to which the store knows no delivery, such as those for mail that
//! was sent after the backup from which the store was restored.
//!
//! Kept aside without address, cookie and user agent, for the person may be one that was erased;
//! they count in no report. Invariant: the same place of a node's journal is kept once.

use crate::StoreError;
use crate::error::integer;
use crate::events::{signs_bits, slot_of};
use crate::hits::{self, RecordedHit};
use crate::sql::texts;
use crate::tx::Tx;

texts! {
    STRAY_INSERT = "INSERT INTO stray_hits (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, signs, class, rule)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
        WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $5 AND contact_id = $6)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING";
    STRAYS_EXPIRE = "DELETE FROM stray_hits WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM stray_hits
            WHERE at < $1 ORDER BY at, node, segment, byte_offset LIMIT $2)";
}

/// Keeps those of the hits that have no delivery, and says how many are new. Test messages bear
/// id 0 and are nobody's.
pub(crate) fn keep(tx: &Tx<'_>, hits: &[&RecordedHit]) -> Result<usize, StoreError> {
    if hits.is_empty() {
        return Ok(0);
    }
    if let Some(bulk) = tx.bulk() {
        return hits::postgres::insert_strays(bulk, hits);
    }
    let mut insert = tx.prepare(STRAY_INSERT)?;
    let mut new = 0;
    for recorded in hits {
        let hit = &recorded.hit;
        let changed = insert.execute((
            hit.at.0,
            recorded.node,
            integer(recorded.segment, "a hit's segment")?,
            recorded.offset,
            hit.campaign.0,
            hit.contact.0,
            slot_of(hit.kind),
            signs_bits(hit.signs),
            recorded.class.code(),
            recorded.rule,
        ))?;
        new += usize::from(changed > 0);
    }
    Ok(new)
}

/// Removes at most `most` from before `before`.
pub(crate) fn expire(tx: &Tx<'_>, before: i64, most: i64) -> Result<u64, StoreError> {
    let removed = tx.execute(STRAYS_EXPIRE, (before, most))?;
    Ok(u64::try_from(removed).unwrap_or(u64::MAX))
}
