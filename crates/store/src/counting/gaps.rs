//! Gaps: hits that were answered but not recorded.

use model::Timestamp;
use model::hit::Gap;

use crate::engine::error::{integer, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    GAP_PUT = "INSERT INTO gaps (node, segment, byte_offset, from_at, to_at, hits)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (node, segment, byte_offset) DO NOTHING";
    GAPS_BETWEEN = "SELECT from_at, to_at, hits FROM gaps
        WHERE to_at >= $1 AND from_at <= $2 ORDER BY to_at, from_at LIMIT 1000";
}

/// A gap with its position in the journal, which is its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordedGap {
    pub node: u16,
    pub segment: u64,
    /// Bytes into the segment.
    pub offset: u32,
    pub gap: Gap,
}

impl Store {
    /// The gaps that overlap this time, by their end, at most 1,000.
    pub async fn gaps_between(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Gap>, StoreError> {
        self.read(move |tx| between(tx, from, to)).await
    }
}

pub(crate) fn between(tx: &Tx<'_>, from: Timestamp, to: Timestamp) -> Result<Vec<Gap>, StoreError> {
    tx.all(GAPS_BETWEEN, (from.0, to.0), |row| {
        let hits = narrow(row.get(2)?, "a gap's hits")?;
        Ok(Gap { from: Timestamp(row.get(0)?), to: Timestamp(row.get(1)?), hits })
    })
}

/// Keeps a gap once.
pub(crate) fn put(tx: &Tx<'_>, recorded: &RecordedGap) -> Result<(), StoreError> {
    let RecordedGap { node, segment, offset, gap } = recorded;
    let segment = integer(*segment, "a gap's segment")?;
    let hits = integer(gap.hits, "a gap's hits")?;
    tx.execute(GAP_PUT, (node, segment, offset, gap.from.0, gap.to.0, hits)).map(drop)
}
