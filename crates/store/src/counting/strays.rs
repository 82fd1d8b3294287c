//! Stray hits: authentic hits for which the store has no delivery, such as those for mail sent
//! after the backup from which the store was restored, and those of people who have been erased
//! since.
//!
//! Kept separately without address, cookie and user agent, and without a contact id if the person
//! was erased. They count in no rate; reports say how many there were. Invariants: a position in a
//! node's journal is kept once; an hour's count grows with what is kept, and stays when that is
//! removed.

pub(crate) mod postgres;

use std::collections::BTreeMap;

use model::Timestamp;

use crate::StoreError;
use crate::counting::hit_columns::{contact_number, signs_bits, slot_of};
use crate::counting::recorded_hit::RecordedHit;
use crate::counting::rollups::shard_of;
use crate::engine::error::integer;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    STRAY_INSERT = "INSERT INTO stray_hits (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, signs, class, rule)
        SELECT $1, $2, $3, $4, $5, CASE WHEN
                EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $5 AND contact_id = $6)
            THEN 0 ELSE CAST($6 AS BIGINT) END, $7, $8, $9, ''
        WHERE CASE WHEN $6 = 0 THEN NOT EXISTS (SELECT 1 FROM campaigns
                WHERE id = $5 AND state NOT IN ('draft', 'scheduled'))
            ELSE NOT EXISTS (SELECT 1 FROM deliveries WHERE campaign_id = $5 AND contact_id = $6)
                OR NOT EXISTS (SELECT 1 FROM contacts WHERE id = $6) END
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING";
    STRAY_HOUR_ADD = "INSERT INTO stray_hours (hour, shard, hits) VALUES ($1, $2, $3)
        ON CONFLICT (hour, shard) DO UPDATE SET hits = stray_hours.hits + excluded.hits";
    STRAYS_SINCE = "SELECT CAST(coalesce(sum(hits), 0) AS BIGINT) FROM stray_hours
        WHERE hour >= $1";
    STRAYS_EXPIRE = "DELETE FROM stray_hits WHERE (at, node, segment, byte_offset) IN (
            SELECT at, node, segment, byte_offset FROM stray_hits
            WHERE at < $1 ORDER BY at, node, segment, byte_offset LIMIT $2)";
}

/// Stores those of the hits that have no delivery, or whose person was erased, and returns how many
/// are new. Test messages have id 0 and belong to nobody.
pub(crate) fn keep(tx: &Tx<'_>, hits: &[&RecordedHit], recorder: u16) -> Result<usize, StoreError> {
    if hits.is_empty() {
        return Ok(0);
    }
    let new = match tx.bulk() {
        Some(bulk) => postgres::insert(bulk, hits)?,
        None => insert(tx, hits)?,
    };
    let mut hours: BTreeMap<i64, i64> = BTreeMap::new();
    for at in &new {
        *hours.entry(at.hour()).or_default() += 1;
    }
    for (hour, hits) in hours {
        tx.execute(STRAY_HOUR_ADD, (hour, shard_of(recorder), hits))?;
    }
    Ok(new.len())
}

/// How many stray hits there were, of all campaigns, from the hour of this time on.
pub(crate) fn since(tx: &Tx<'_>, from: Timestamp) -> Result<i64, StoreError> {
    tx.one(STRAYS_SINCE, [from.hour()], |row| row.get(0))
}

/// When each of the new ones was.
fn insert(tx: &Tx<'_>, hits: &[&RecordedHit]) -> Result<Vec<Timestamp>, StoreError> {
    let mut insert = tx.prepare(STRAY_INSERT)?;
    let mut new = Vec::new();
    for recorded in hits {
        let hit = &recorded.hit;
        let changed = insert.execute((
            hit.at.0,
            recorded.node,
            integer(recorded.segment, "a hit's segment")?,
            recorded.offset,
            hit.campaign.0,
            contact_number(hit),
            slot_of(hit.kind),
            signs_bits(hit.signs),
            recorded.class.code(),
        ))?;
        if changed > 0 {
            new.push(hit.at);
        }
    }
    Ok(new)
}

/// Removes at most `most` from before `before`.
pub(crate) fn expire(tx: &Tx<'_>, before: i64, most: i64) -> Result<u64, StoreError> {
    let removed = tx.execute(STRAYS_EXPIRE, (before, most))?;
    Ok(u64::try_from(removed).unwrap_or(u64::MAX))
}
