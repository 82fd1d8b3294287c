//! Checks that a table is the same on both sides, by reading all of it.

use sha2::{Digest as _, Sha256};

use crate::{Store, StoreError};

use super::batch::Batch;
use super::catalogue::Table;
use super::{TransferProblem, TransferredTable, at_source, at_target};

/// A table on both sides, read in step.
pub(super) struct Pair {
    table: &'static Table,
    limit: u32,
    source: Reading,
    target: Reading,
}

/// How far one side has been read.
#[derive(Default)]
struct Reading {
    after: Vec<u8>,
    rows: u64,
    sum: Sha256,
    ended: bool,
}

impl Pair {
    pub(super) fn new(table: &'static Table, limit: u32) -> Self {
        let (source, target) = (Reading::default(), Reading::default());
        Self { table, limit, source, target }
    }

    /// Reads the next rows of both; false when there are none.
    pub(super) async fn go_on(
        &mut self,
        from: &Store,
        to: &Store,
    ) -> Result<bool, TransferProblem> {
        let (source, target) = tokio::join!(
            self.source.go_on(from, self.table, self.limit),
            self.target.go_on(to, self.table, self.limit)
        );
        source.map_err(at_source)?;
        target.map_err(at_target)?;
        Ok(!(self.source.ended && self.target.ended))
    }

    /// Rows of the source that have been read.
    pub(super) fn rows(&self) -> u64 {
        self.source.rows
    }

    /// The table, if it is the same on both sides.
    pub(super) fn same(self) -> Result<TransferredTable, TransferProblem> {
        let (source_rows, target_rows) = (self.source.rows, self.target.rows);
        let checksum: [u8; 32] = self.source.sum.finalize().into();
        let theirs: [u8; 32] = self.target.sum.finalize().into();
        if source_rows != target_rows || checksum != theirs {
            let table = self.table.name;
            return Err(TransferProblem::Differs { table, source_rows, target_rows });
        }
        Ok(TransferredTable { name: self.table.name, rows: source_rows, checksum })
    }
}

impl Reading {
    async fn go_on(
        &mut self,
        store: &Store,
        table: &'static Table,
        limit: u32,
    ) -> Result<(), StoreError> {
        if self.ended {
            return Ok(());
        }
        let batch = Batch::read(store, table, self.after.clone(), limit).await?;
        self.sum.update(&batch.bytes);
        self.rows += batch.rows;
        self.ended = batch.rows == 0;
        self.after = batch.last;
        Ok(())
    }
}
