//! Moves a whole installation from one store to another, whichever databases they use.
//!
//! Invariants: a transfer can be interrupted at any moment and started again: rows and the record
//! of progress change in one transaction, so nothing is doubled and nothing left out. Before the
//! new store may be used, both are read again and every table has the same rows with the same
//! checksum. At every moment at most one of the two stores may be used: first the target is marked
//! as half filled, then the source is closed to every change before its first row is copied; at the
//! end the source is marked as left, and only then is the target's mark removed. Memory is bounded
//! by the batch. Does not move what is outside a store: keys, journals, configuration.

mod batch;
pub(crate) mod before_and_after;
mod catalogue;
mod closing;
mod made_texts;
mod proof;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::ControlFlow;

use model::Timestamp;

use crate::{NODE_ALIVE, Store, StoreError};

use batch::Batch;
use catalogue::{CATALOGUE, Table};
pub use closing::MovedTo;
use state::{SourceState, Target, TransferPlace, TransferStep};

/// Rows of a batch that suit both databases.
pub const TRANSFER_BATCH: u32 = 10_000;
/// Rows of a batch where a row may be of any size.
const WIDE_BATCH: u32 = 20;

/// What a transfer needs to know.
#[derive(Debug, Clone)]
pub struct TransferOptions {
    /// The target as people write it, without a password; recorded in the source.
    pub target: String,
    /// A random name for the installation; kept if it has none yet.
    pub installation: String,
    pub now: Timestamp,
    /// Rows per batch, such as [`TRANSFER_BATCH`].
    pub batch: u32,
}

/// One of the two stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The store that is left.
    Source,
    /// The store that is filled.
    Target,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferPhase {
    /// Rows go from the source to the target.
    Copying,
    /// Both are read anew.
    Comparing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferProgress {
    /// What it is doing; each phase goes through all tables.
    pub phase: TransferPhase,
    pub table: &'static str,
    /// Rows of this phase that are done, including by earlier runs.
    pub done: u64,
    /// Rows that the source had when the run began.
    pub rows: u64,
}

/// A table that is the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferredTable {
    pub name: &'static str,
    pub rows: u64,
    /// SHA-256 of its rows in key order.
    pub checksum: [u8; 32],
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferSummary {
    pub tables: Vec<TransferredTable>,
}

/// Why an installation was not moved. Once the first row may have been copied, the source is closed
/// and says so itself: another run finishes the move, or [`Store::reopen`] cancels it.
#[derive(Debug, thiserror::Error)]
pub enum TransferProblem {
    #[error("source and target are the same store")]
    Same,
    #[error(
        "node {node} on {host} is using the {side}: stop every server first; after a crash, wait {seconds} seconds",
        seconds = NODE_ALIVE.as_secs()
    )]
    AtWork { side: Side, node: u16, host: String },
    #[error(
        "the installation was already moved from this source to {store}; move it from there, or reopen the source first"
    )]
    Left { store: String },
    #[error(
        "the source was reopened in the meantime, or is being moved elsewhere: it is still the valid one. To move it after all, empty the target and start again"
    )]
    Reopened,
    #[error(
        "the source itself is incomplete because a transfer to it was interrupted; finish that first"
    )]
    Half,
    #[error(
        "the target is not empty (its table {table} has rows) and was left unchanged: use an empty store"
    )]
    InUse { table: &'static str },
    /// The target is being filled from elsewhere.
    #[error(
        "the target is half filled with another installation and was left unchanged: finish that transfer, or use an empty store"
    )]
    Foreign,
    #[error(
        "another transfer is filling the same target, or one that was just killed had not ended yet; what is done is kept, and the same command continues from there"
    )]
    Overtaken,
    #[error("interrupted; the same command continues from here")]
    BrokenOff,
    #[error(
        "table {table} differs: {source_rows} rows in the source, {target_rows} in the target. Either the source was reopened and written to since the transfer began, or something wrote to the target: use an empty target and start again. The source is intact but closed: `pharos migrate --reopen` opens it"
    )]
    Differs { table: &'static str, source_rows: u64, target_rows: u64 },
    /// One of the two can't go on.
    #[error("the {0}: {1}")]
    Store(Side, StoreError),
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Target => "target",
        })
    }
}

fn at_source(error: StoreError) -> TransferProblem {
    TransferProblem::Store(Side::Source, error)
}

fn at_target(error: StoreError) -> TransferProblem {
    TransferProblem::Store(Side::Target, error)
}

/// Moves the installation in `from` into `to`, which must be empty or half filled with the same
/// installation. From the first row on, `from` refuses every change; afterwards it says that it was
/// left. No node may be running on either.
///
/// Calls `progress` after every batch; when it breaks, the transfer stops, and another call
/// continues from there.
pub async fn transfer(
    from: &Store,
    to: &Store,
    options: TransferOptions,
    progress: impl FnMut(TransferProgress) -> ControlFlow<()>,
) -> Result<TransferSummary, TransferProblem> {
    let began = before_and_after::nobody_at_work(from, to, options.now).await?;
    let place = begin(from, to, options.installation).await?;
    let moving = MovedTo { store: options.target, at: began, complete: false };
    closing::close(from, moving.clone()).await?;
    let counts = before_and_after::rows(from).await.map_err(at_source)?;
    let mut walk = Walk { from, to, batch: options.batch.max(1), counts, progress };
    walk.copy(place).await?;
    before_and_after::go_on_counting(from, to).await?;
    let tables = walk.compare().await?;
    closing::leave(from, moving).await?;
    state::conclude(to).await.map_err(at_target)?;
    Ok(TransferSummary { tables })
}

/// Checks both, marks the target, and returns where to continue.
async fn begin(from: &Store, to: &Store, fresh: String) -> Result<TransferPlace, TransferProblem> {
    let source = SourceState::look(from).await.map_err(at_source)?;
    if source.half {
        return Err(TransferProblem::Half);
    }
    // Looked at before the first thing is written, and again in the transaction that marks it.
    let found = Target::look(to).await.map_err(at_target)?;
    let suits_it = suits(found, source.installation.as_deref());
    let left = source.moved_to.filter(|moved| moved.complete);
    if let (Some(moved), Ok(None) | Err(_)) = (left, &suits_it) {
        return Err(TransferProblem::Left { store: moved.store });
    }
    suits_it?;
    let installation = from.installation(fresh).await.map_err(at_source)?;
    let begun = Target::begin(to, &installation).await.map_err(at_target)?;
    Ok(suits(begun, Some(&installation))?.unwrap_or_default())
}

/// Whether the installation can be moved there, and the position if that has begun.
fn suits(
    target: Target,
    installation: Option<&str>,
) -> Result<Option<TransferPlace>, TransferProblem> {
    match target {
        Target::Empty => Ok(None),
        Target::Half { source, place } if Some(source.as_str()) == installation => Ok(Some(place)),
        Target::Half { .. } => Err(TransferProblem::Foreign),
        Target::InUse(table) => Err(TransferProblem::InUse { table }),
    }
}

/// A walk through all tables.
struct Walk<'s, P> {
    from: &'s Store,
    to: &'s Store,
    batch: u32,
    /// Rows of each table of the source when the run began.
    counts: Vec<u64>,
    progress: P,
}

impl<P: FnMut(TransferProgress) -> ControlFlow<()>> Walk<'_, P> {
    /// Copies every row that has not been copied yet.
    async fn copy(&mut self, mut kept: TransferPlace) -> Result<(), TransferProblem> {
        let mut place = kept.clone();
        while let Some(table) = CATALOGUE.get(place.table) {
            let limit = self.limit(table);
            let read = Batch::read(self.from, table, place.after.clone(), limit);
            let mut batch = read.await.map_err(at_source)?;
            while batch.rows > 0 {
                let to = TransferPlace {
                    table: place.table,
                    rows: place.rows + batch.rows,
                    after: std::mem::take(&mut batch.last),
                };
                // The next rows are read while these are written.
                let next = Batch::read(self.from, table, to.after.clone(), limit);
                let step = TransferStep { table, batch, from: kept, to: to.clone() };
                let (taken, next) = tokio::join!(step.take(self.to), next);
                if !taken.map_err(at_target)? {
                    return Err(TransferProblem::Overtaken);
                }
                self.report(TransferPhase::Copying, to.table, to.rows)?;
                (kept, place) = (to.clone(), to);
                batch = next.map_err(at_source)?;
            }
            place = place.next_table();
        }
        Ok(())
    }

    /// Reads both sides again and compares them table by table.
    async fn compare(&mut self) -> Result<Vec<TransferredTable>, TransferProblem> {
        let mut tables = Vec::new();
        for (number, table) in CATALOGUE.iter().enumerate() {
            let mut pair = proof::Pair::new(table, self.limit(table));
            while pair.go_on(self.from, self.to).await? {
                self.report(TransferPhase::Comparing, number, pair.rows())?;
            }
            tables.push(pair.same()?);
        }
        Ok(tables)
    }

    fn limit(&self, table: &Table) -> u32 {
        if table.wide { self.batch.min(WIDE_BATCH) } else { self.batch }
    }

    fn report(
        &mut self,
        phase: TransferPhase,
        table: usize,
        rows: u64,
    ) -> Result<(), TransferProblem> {
        let before: u64 = self.counts.iter().take(table).sum();
        let name = CATALOGUE.get(table).map_or("", |table| table.name);
        let rows_in_all = self.counts.iter().sum();
        let progress =
            TransferProgress { phase, table: name, done: before + rows, rows: rows_in_all };
        match (self.progress)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(TransferProblem::BrokenOff),
        }
    }
}
