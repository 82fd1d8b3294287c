//! Imports contacts from CSV.
//!
//! Invariants: memory does not grow with the file (one batch is read while another is written, both
//! bounded in rows and bytes); every line of the file ends up either in the store or, in full, in
//! the reject file; people whom the file marks as gone are never subscribed; importing the same
//! file again changes nothing. Rows about one contact are applied in file order, and all but one of
//! them count as merged, however far apart they are.

use std::io::{Read, Write};

use model::{Timestamp, TopicId};
use store::{ImportCounts, ImportRow, ImportStanding, Store, StoreError};
use token::Keyring;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::ImportError;
use crate::columns::ColumnWishes;
use crate::contact_rows::{self, RowReader};
use crate::csv_records::Records;
use crate::header;
use crate::rejects::RejectFile;

/// A batch is sent off when its rows hold this many bytes, however few they are.
const BATCH_BYTES: usize = 4 << 20;

#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// What the contacts are subscribed to.
    pub topic: Option<TopicId>,
    /// Where they come from; kept in the consent ledger.
    pub source: String,
    /// What becomes of the columns.
    pub columns: ColumnWishes,
    /// What everybody in the file is, whatever its columns say; None: as the columns say.
    pub everyone: Option<ImportStanding>,
    /// Rows per transaction, at least 1; 10,000 is a good number.
    pub batch: usize,
}

/// What an import has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// Records read, without the header: added, updated, unchanged, merged, erased or rejected once
    /// the import has ended.
    pub rows: u64,
    pub added: u64,
    /// Contacts with at least one changed value.
    pub updated: u64,
    /// Contacts who were there just so.
    pub unchanged: u64,
    /// Rows about a contact whom another row is about too.
    pub merged: u64,
    /// Rows about people who had been erased; nothing of them was kept.
    pub erased: u64,
    pub subscribed: u64,
    /// Contacts who had left the topic and were not brought back.
    pub kept_unsubscribed: u64,
    /// Contacts whose address must not be mailed; they were not subscribed.
    pub suppressed: u64,
    /// Contacts who have left according to the file; none of them is mailed.
    pub left: u64,
    /// Contacts of whom the file does not say that they may be mailed; they were not subscribed.
    pub unconfirmed: u64,
    /// Records that are in the reject file.
    pub rejected: u64,
    /// The separator that the rejected rows seem to use, if it differs from the header's.
    pub other_separator: Option<char>,
    /// Bytes of the file that have been read.
    pub bytes_read: u64,
}

/// Imports a CSV file: the first line names the columns, one of them the address; every other
/// column becomes an attribute unless `options` says otherwise. Blocks the calling thread, which
/// must not be one of the runtime's; `handle` is that runtime. `progress` is called after every
/// batch.
///
/// # Errors
/// When the file has no usable header, a column seems to say who has left and nobody has said
/// what it means, the file can't be read to its end, or the store or the reject file can't be
/// written. Bad rows are no error.
pub fn import(
    (store, keys, handle): (&Store, &Keyring, &Handle),
    input: impl Read,
    options: &ImportOptions,
    rejects: impl Write,
    progress: &mut dyn FnMut(&ImportSummary),
    at: Timestamp,
) -> Result<ImportSummary, ImportError> {
    let mut records = Records::new(input);
    let columns = header::read(&mut records, &options.columns)?;
    let reading = RowReader { columns: &columns, keys, everyone: options.everyone };
    let mut rejects = RejectFile::new(rejects);
    let mut batches = Batches::new(store, handle, options, at);
    let read = read(&mut records, &reading, &mut rejects, &mut batches, progress);
    // Whatever stopped the reading, the batch that is on its way is waited for.
    let written = read.and_then(|()| batches.send(records.line()));
    let waited = batches.wait();
    rejects.flush()?;
    written.and(waited)?;
    batches.summary.bytes_read = records.bytes();
    progress(&batches.summary);
    Ok(batches.summary)
}

/// Reads every record and hands it to the batches or to the reject file.
fn read(
    records: &mut Records<impl Read>,
    reading: &RowReader<'_>,
    rejects: &mut RejectFile<impl Write>,
    batches: &mut Batches<'_>,
    progress: &mut dyn FnMut(&ImportSummary),
) -> Result<(), ImportError> {
    loop {
        let line = records.line();
        let failed = |source| ImportError::Read { line, source };
        let Some(record) = records.next().map_err(failed)? else { return Ok(()) };
        if contact_rows::is_blank(&record) {
            continue;
        }
        batches.summary.rows += 1;
        batches.bytes += record.raw.len();
        match reading.row(&record) {
            Ok(row) => batches.rows.push(row),
            Err(reject) => {
                batches.summary.rejected += 1;
                let other = &mut batches.summary.other_separator;
                *other = other.or_else(|| contact_rows::other_separator(&record, reading.columns));
                rejects.begin(record.line, &reject)?;
                rejects.part(record.raw)?;
                if record.in_parts {
                    while let Some(part) = records.next_part().map_err(failed)? {
                        rejects.part(part)?;
                    }
                }
                rejects.end()?;
            }
        }
        if batches.is_full() {
            batches.summary.bytes_read = records.bytes();
            batches.send(records.line())?;
            progress(&batches.summary);
        }
    }
}

/// The rows that are being collected and the batch that is being written.
struct Batches<'i> {
    store: &'i Store,
    handle: &'i Handle,
    options: &'i ImportOptions,
    at: Timestamp,
    rows: Vec<ImportRow>,
    bytes: usize,
    /// The line behind it, and the write.
    pending: Option<(u64, JoinHandle<Result<ImportCounts, StoreError>>)>,
    summary: ImportSummary,
}

impl<'i> Batches<'i> {
    fn new(
        store: &'i Store,
        handle: &'i Handle,
        options: &'i ImportOptions,
        at: Timestamp,
    ) -> Self {
        let (rows, summary) = (Vec::new(), ImportSummary::default());
        Self { store, handle, options, at, rows, bytes: 0, pending: None, summary }
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= self.options.batch.max(1) || self.bytes >= BATCH_BYTES
    }

    /// Waits for the previous batch and starts writing this one.
    fn send(&mut self, line: u64) -> Result<(), ImportError> {
        self.wait()?;
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.rows.reserve(rows.len());
        self.bytes = 0;
        let (store, topic, at) = (self.store.clone(), self.options.topic, self.at);
        let source = self.options.source.clone();
        let write =
            self.handle.spawn(async move { store.contacts_import(rows, topic, source, at).await });
        self.pending = Some((line.saturating_sub(1), write));
        Ok(())
    }

    fn wait(&mut self) -> Result<(), ImportError> {
        let Some((line, write)) = self.pending.take() else { return Ok(()) };
        let written = self.handle.block_on(write).map_err(|_| ImportError::Stopped)?;
        let counts = written.map_err(|source| ImportError::Store { line, source })?;
        self.summary.added += counts.added;
        self.summary.updated += counts.updated;
        self.summary.unchanged += counts.unchanged;
        self.summary.merged += counts.merged;
        self.summary.subscribed += counts.subscribed;
        self.summary.kept_unsubscribed += counts.kept_unsubscribed;
        self.summary.suppressed += counts.suppressed;
        self.summary.erased += counts.erased;
        self.summary.left += counts.left;
        self.summary.unconfirmed += counts.unconfirmed;
        Ok(())
    }
}

#[cfg(test)]
#[path = "import/tests.rs"]
mod tests;
