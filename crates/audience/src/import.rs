//! Imports contacts from CSV.
//!
//! Invariants: memory does not grow with the file (one batch is read while another is written, both
//! bounded in rows and bytes); every line of the file ends up either in the store or, in full, in
//! the reject file; people whom the file marks as gone are never subscribed; importing the same
//! file again changes nothing. Rows about one contact are applied in file order, and all but one of
//! them count as merged, however far apart they are.

use std::io::{Read, Write};

use model::{TagName, Timestamp, TopicId};
use store::{ImportReach, ImportStanding, ImportTracking, Store};
use token::Keyring;
use tokio::runtime::Handle;

use crate::ImportError;
use crate::attribute_schema::AttributeSchema;
use crate::columns::ColumnWishes;
use crate::contact_rows::RowReader;
use crate::csv_records::Records;
use crate::header;
use crate::import_batches::{Batches, Progress, read_all};
use crate::import_summary::ImportSummary;
use crate::rejects::RejectFile;

#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// What the contacts are subscribed to.
    pub topic: Option<TopicId>,
    /// Where they come from; kept in the consent ledger.
    pub source: String,
    /// What becomes of the columns.
    pub columns: ColumnWishes,
    /// What may be recorded of contacts who have said nothing about it; None: what holds for everybody.
    pub tracking: Option<ImportTracking>,
    /// What everybody in the file gets.
    pub tags: Vec<TagName>,
    /// What everybody in the file is, whatever its columns say; None: as the columns say.
    pub everyone: Option<ImportStanding>,
    /// Rows per transaction, at least 1; 10,000 is a good number.
    pub batch: usize,
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
    let schema = AttributeSchema::of_import(store, handle)?;
    let reading = RowReader::new(&columns, keys, options.everyone, &schema);
    let mut rejects = RejectFile::new(rejects);
    let (topic, tracking) = (options.topic, options.tracking.clone());
    let tags = options.tags.clone();
    let reach = ImportReach { topic, tracking, tags, ..ImportReach::default() };
    let write = |rows, _: &Progress| {
        let (store, reach, source) = (store.clone(), reach.clone(), options.source.clone());
        handle.spawn(async move { store.contacts_import_by(rows, reach, source, at).await })
    };
    let mut batches = Batches::new(handle, options.batch, write);
    read_all(&mut records, &reading, &mut rejects, &mut batches, &mut |it| progress(&it.summary))?;
    Ok(batches.progress.summary)
}

#[cfg(test)]
#[path = "import/tests.rs"]
mod tests;
