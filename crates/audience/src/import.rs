//! Import of contacts from CSV.
//!
//! Invariants: memory does not grow with the file (one batch is read while another is written,
//! both bounded in rows and bytes); every record of the file is either in the store or in the
//! reject file; the same import again changes nothing. Rows about one contact are applied in the
//! order of the file; within a batch they are merged first, so when two far-apart rows contradict
//! each other, the later one stands, and a repeat reports that contact as updated.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use model::{EmailAddress, Timestamp, TopicId};
use store::{ContactRow, ImportCounts, Store, StoreError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::ImportError;
use crate::columns::{self, Columns, Role};
use crate::records::{Fields, MAX_FIELDS, MAX_RECORD_BYTES, Records};
use crate::rejects::{Reject, Rejects};

/// A batch goes out when its rows hold this many bytes, however few they are.
const BATCH_BYTES: usize = 4 << 20;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// What the contacts are subscribed to.
    pub topic: Option<TopicId>,
    /// Where they come from; kept in the consent ledger.
    pub source: String,
    /// Columns (whatever their case) and the attribute names they get instead of their own.
    pub map: Vec<(String, String)>,
    /// Rows per transaction, at least 1; 10,000 is a good number.
    pub batch: usize,
}

/// What an import has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportSummary {
    /// Records read, the header not counted: added, updated, unchanged, merged or rejected, once
    /// the import is at its end.
    pub rows: u64,
    /// New contacts.
    pub added: u64,
    /// Contacts with at least one other value than before.
    pub updated: u64,
    /// Contacts who were there just so.
    pub unchanged: u64,
    /// Rows about a contact whom a later row of the same batch is about too.
    pub merged: u64,
    /// New subscriptions.
    pub subscribed: u64,
    /// Contacts who had left the topic and were not brought back.
    pub kept_unsubscribed: u64,
    /// Contacts whose address must not be mailed; they were not subscribed.
    pub suppressed: u64,
    /// Records that are in the reject file.
    pub rejected: u64,
    /// Bytes of the file that have been read.
    pub bytes_read: u64,
}

/// Imports a CSV file: the first line names the columns, one of them the address; every other
/// column becomes an attribute. Blocks the calling thread, which must not be one of the
/// runtime's; `handle` is that runtime. `progress` is called after every batch.
///
/// # Errors
/// When the file has no usable header, can't be read to its end, or the store or the reject file
/// can't be written. Bad rows are no error.
pub fn import(
    store: &Store,
    handle: &Handle,
    input: impl Read,
    options: &ImportOptions,
    rejects: impl Write,
    progress: &mut dyn FnMut(&ImportSummary),
    at: Timestamp,
) -> Result<ImportSummary, ImportError> {
    let mut records = Records::new(input);
    let columns = header(&mut records, &options.map)?;
    let mut rejects = Rejects::new(rejects);
    let mut batches = Batches::new(store, handle, options, at);
    let read = read(&mut records, &columns, &mut rejects, &mut batches, progress);
    // Whatever stopped the reading, the batch that is on its way is waited for.
    let written = read.and_then(|()| batches.send(records.line()));
    let waited = batches.wait();
    rejects.flush()?;
    written.and(waited)?;
    batches.summary.bytes_read = records.bytes();
    progress(&batches.summary);
    Ok(batches.summary)
}

/// Reads the header and sets the separator by it.
fn header<R: Read>(
    records: &mut Records<R>,
    map: &[(String, String)],
) -> Result<Columns, ImportError> {
    let failed = |source| ImportError::Read { line: 0, source };
    let start = records.peek().map_err(failed)?;
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(ImportError::Utf16);
    }
    let marked = start.starts_with(BYTE_ORDER_MARK);
    let text = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start).trim_ascii_start();
    let separator = columns::separator(text);
    records.separate_by(separator);
    if marked {
        records.skip(BYTE_ORDER_MARK.len());
    }
    let Some(record) = records.next().map_err(failed)? else { return Err(ImportError::Empty) };
    let too_long = |_| ImportError::HeaderTooLong(MAX_RECORD_BYTES, MAX_FIELDS);
    let names: Result<Vec<&str>, _> =
        record.fields.map_err(too_long)?.iter().map(std::str::from_utf8).collect();
    Columns::parse(&names.map_err(|_| ImportError::HeaderNotUtf8)?, map)
}

/// Reads every record and hands it to the batches or to the reject file.
fn read(
    records: &mut Records<impl Read>,
    columns: &Columns,
    rejects: &mut Rejects<impl Write>,
    batches: &mut Batches<'_>,
    progress: &mut dyn FnMut(&ImportSummary),
) -> Result<(), ImportError> {
    loop {
        let before = records.line();
        let next = records.next();
        let Some(record) = next.map_err(|source| ImportError::Read { line: before, source })?
        else {
            return Ok(());
        };
        batches.summary.rows += 1;
        let size = record.raw.len();
        match row(&record.fields, columns) {
            Ok(row) => batches.rows.push(row),
            Err(reject) => {
                batches.summary.rejected += 1;
                rejects.write(record.line, &reject, record.raw)?;
            }
        }
        batches.bytes += size;
        if batches.is_full() {
            batches.summary.bytes_read = records.bytes();
            batches.send(records.line())?;
            progress(&batches.summary);
        }
    }
}

/// A row of the import, or why the record is none.
fn row(
    fields: &Result<Fields<'_>, crate::records::Unreadable>,
    columns: &Columns,
) -> Result<ContactRow, Reject> {
    let whole = |reason: String| Reject { column: String::new(), reason };
    let fields = fields.as_ref().map_err(|why| whole(why.to_string()))?;
    if fields.len() != columns.len() {
        let (has, wants) = (fields.len(), columns.len());
        return Err(whole(format!("it has {has} fields where the first line has {wants}")));
    }
    let mut email = None;
    let mut attributes = BTreeMap::new();
    for (field, column) in fields.iter().zip(columns.iter()) {
        let reject = |reason| Reject { column: column.name.clone(), reason };
        let value = text(field).map_err(reject)?;
        match &column.role {
            Role::Email => {
                let parsed = EmailAddress::parse(value);
                email = Some(parsed.map_err(|problem| reject(problem.to_string()))?);
            }
            Role::Attribute(name) if !value.is_empty() => {
                attributes.insert(name.clone(), value.to_owned());
            }
            Role::Attribute(_) | Role::Ignored => {}
        }
    }
    let email = email.ok_or_else(|| whole("it has no address".to_owned()))?;
    Ok(ContactRow { email, attributes })
}

/// A field as text, without white space around it.
fn text(field: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(field).map_err(|problem| {
        let at = problem.valid_up_to();
        let byte = field.get(at).copied().unwrap_or_default();
        format!("byte {} is {byte:#04x}, which is not UTF-8: save the file as UTF-8", at + 1)
    })?;
    if text.contains('\0') {
        return Err("there is a NUL character in it".to_owned());
    }
    Ok(text.trim())
}

/// The rows that are being collected and the batch that is being written.
struct Batches<'i> {
    store: &'i Store,
    handle: &'i Handle,
    options: &'i ImportOptions,
    at: Timestamp,
    rows: Vec<ContactRow>,
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

    /// Waits for the batch before and sets out to write this one.
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
        Ok(())
    }
}

#[cfg(test)]
#[path = "import/tests.rs"]
mod tests;
