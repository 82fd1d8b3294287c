//! Rows on their way from one database to another, in a form that belongs to neither.
//!
//! Invariant: equal rows have equal bytes and different rows have different ones, whichever
//! database they come from, so the bytes can be compared by checksum. A value is a letter for its
//! kind, then the eight bytes of a number, or a length and that many bytes.

use crate::counting::partitions::ensure_partitions;
use crate::engine::tx::Tx;
use crate::engine::value::{SqlRow, SqlValue};
use crate::{Store, StoreError};

use super::catalogue::Table;

/// Without statistics the planner may sort a whole table for every batch.
const BY_KEY: &str = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off";

/// Rows of one table, in key order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The rows, one after the other.
    pub(super) bytes: Vec<u8>,
    pub(super) rows: u64,
    /// The key of the last row.
    pub(super) last: Vec<u8>,
}

impl Batch {
    /// The rows after the key `after`, or from the beginning when it is empty.
    pub(super) async fn read(
        store: &Store,
        table: &'static Table,
        after: Vec<u8>,
        limit: u32,
    ) -> Result<Self, StoreError> {
        store.read(move |tx| Self::read_in(tx, table, &after, limit)).await
    }

    pub(super) fn read_in(
        tx: &Tx<'_>,
        table: &'static Table,
        after: &[u8],
        limit: u32,
    ) -> Result<Self, StoreError> {
        if let Some(bulk) = tx.bulk() {
            bulk.batch(BY_KEY)?;
        }
        let text = if after.is_empty() { &table.first } else { &table.next };
        let mut params = values(after)?;
        params.push(SqlValue::Integer(limit.into()));
        let (mut batch, mut last) = (Self::default(), 0..0);
        tx.all(text.sql(), params.as_slice(), |row| {
            let begin = batch.bytes.len();
            append(&mut batch.bytes, row, 0..table.key)?;
            last = begin..batch.bytes.len();
            append(&mut batch.bytes, row, table.key..table.width)?;
            batch.rows += 1;
            Ok(())
        })?;
        batch.last = batch.bytes.get(last).unwrap_or_default().to_vec();
        Ok(batch)
    }

    /// Inserts the rows into `table`, which has none of them yet.
    pub(super) fn write_in(&self, tx: &Tx<'_>, table: &'static Table) -> Result<(), StoreError> {
        let values = values(&self.bytes)?;
        let rows = values.chunks_exact(table.width);
        if let Some(bulk) = tx.bulk()
            && !table.fixed
        {
            if table.by_week {
                let times = rows.filter_map(|row| match row.first() {
                    Some(SqlValue::Integer(at)) => Some(model::Timestamp(*at)),
                    _ => None,
                });
                ensure_partitions(bulk, times)?;
            }
            return bulk.copy(&table.copy, table.first.sql().postgres, &values);
        }
        let mut insert = tx.prepare(table.insert.sql())?;
        for row in rows {
            insert.execute(row)?;
        }
        Ok(())
    }

    /// Whether the row of a fixed table is as the migrations made it.
    pub(super) fn is_untouched(&self) -> bool {
        let values = values(&self.bytes).unwrap_or_default();
        values.get(1).is_none_or(|value| *value == SqlValue::Integer(0))
    }
}

fn append(
    bytes: &mut Vec<u8>,
    row: &SqlRow<'_>,
    columns: std::ops::Range<usize>,
) -> Result<(), StoreError> {
    for column in columns {
        match row.value(column)? {
            SqlValue::Null => bytes.push(b'n'),
            SqlValue::Integer(number) => {
                bytes.push(b'i');
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            SqlValue::Text(text) => append_sized(bytes, b't', text.as_bytes())?,
            SqlValue::Bytes(value) => append_sized(bytes, b'b', value)?,
        }
    }
    Ok(())
}

fn append_sized(bytes: &mut Vec<u8>, kind: u8, value: &[u8]) -> Result<(), StoreError> {
    let length = u32::try_from(value.len()).map_err(|_| StoreError::OutOfRange("a text"))?;
    bytes.push(kind);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(value);
    Ok(())
}

/// The values encoded in the bytes.
fn values(mut bytes: &[u8]) -> Result<Vec<SqlValue<'_>>, StoreError> {
    let mut values = Vec::new();
    while let Some((kind, rest)) = bytes.split_first() {
        let (value, rest) = value(*kind, rest)
            .ok_or_else(|| StoreError::Corrupt("a row of a transfer can't be read".to_owned()))?;
        values.push(value);
        bytes = rest;
    }
    Ok(values)
}

fn value(kind: u8, bytes: &[u8]) -> Option<(SqlValue<'_>, &[u8])> {
    match kind {
        b'n' => Some((SqlValue::Null, bytes)),
        b'i' => {
            let (number, rest) = bytes.split_first_chunk()?;
            Some((SqlValue::Integer(i64::from_be_bytes(*number)), rest))
        }
        b't' | b'b' => {
            let (length, rest) = bytes.split_first_chunk()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (value, rest) = rest.split_at_checked(length)?;
            let value = match kind {
                b't' => SqlValue::Text(std::str::from_utf8(value).ok()?),
                _ => SqlValue::Bytes(value),
            };
            Some((value, rest))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_row_of_ours_is_refused() {
        let good = [b"i".as_slice(), &7_i64.to_be_bytes(), b"n", b"t\0\0\0\x02\xc3\xab"].concat();
        let read = values(&good).unwrap();
        assert_eq!(read, [SqlValue::Integer(7), SqlValue::Null, SqlValue::Text("ë")]);
        for end in [1, 5, 11, good.len() - 1] {
            assert!(values(&good[..end]).is_err(), "cut at {end}");
        }
        assert!(values(b"t\0\0\0\x01\xff").is_err(), "no UTF-8");
        assert!(values(b"x").is_err());
        assert_eq!(values(b"b\0\0\0\x01\xff").unwrap(), [SqlValue::Bytes(&[0xff])]);
    }
}
