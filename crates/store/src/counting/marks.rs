//! Marks: how far a reader of a journal has come.

use crate::engine::error::{integer, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    MARK_FIND = "SELECT segment, byte_offset FROM marks WHERE reader = $1";
    /// A mark never goes back: two batches that overlap may commit in either order.
    MARK_PUT = "INSERT INTO marks (reader, segment, byte_offset) VALUES ($1, $2, $3)
        ON CONFLICT (reader) DO UPDATE
        SET segment = excluded.segment, byte_offset = excluded.byte_offset
        WHERE (excluded.segment, excluded.byte_offset) > (marks.segment, marks.byte_offset)";
}

/// How far a reader has come: everything before this position is in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    pub reader: String,
    pub segment: u64,
    /// Bytes into the segment.
    pub offset: u32,
}

impl Store {
    /// The reader's mark, if it has one.
    pub async fn mark_find(&self, reader: String) -> Result<Option<Mark>, StoreError> {
        self.read(move |tx| find(tx, reader.clone())).await
    }
}

/// The reader's mark, in the transaction that needs it.
pub(crate) fn find(tx: &Tx<'_>, reader: String) -> Result<Option<Mark>, StoreError> {
    let found = tx.first(MARK_FIND, [&reader], |row| {
        Ok((narrow(row.get(0)?, "a mark's segment")?, row.get(1)?))
    })?;
    Ok(found.map(|(segment, offset)| Mark { reader, segment, offset }))
}

/// Advances the mark, in the transaction of what was read.
pub(crate) fn put(tx: &Tx<'_>, mark: &Mark) -> Result<(), StoreError> {
    let segment = integer(mark.segment, "a mark's segment")?;
    tx.execute(MARK_PUT, (&mark.reader, segment, mark.offset)).map(drop)
}
