//! Imports contacts from CSV.
//!
//! Invariants: memory does not grow with the file (one batch is read while another is written, both
//! bounded in rows and bytes); every line of the file ends up either in the store or, in full, in
//! the reject file; people whom the file marks as gone are never subscribed; importing the same
//! file again changes nothing. Rows about one contact are applied in file order, and all but one of
//! them count as merged, however far apart they are.

use std::io::{Read, Seek, Write};
use std::sync::{Mutex, PoisonError};

use model::{TagName, Timestamp, TopicId};
use store::{ImportBasis, ImportReach, ImportStanding, ImportTracking, Store};
use token::Keyring;
use tokio::runtime::Handle;

use crate::ImportError;
use crate::address_review::{AddressReview, AddressSources, ReviewWishes};
use crate::attribute_schema::AttributeSchema;
use crate::columns::ColumnWishes;
use crate::import_batches::{Batches, Progress};
use crate::import_parts::PartReader;
use crate::import_summary::ImportSummary;
use crate::rejects::RejectFile;
use crate::source::{ImportReading, ImportSource};

#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// What the contacts are subscribed to.
    pub topic: Option<TopicId>,
    /// Where they come from; kept in the consent ledger.
    pub source: String,
    /// By what right they are subscribed; kept in the consent ledger.
    pub basis: ImportBasis,
    /// How its text is read.
    pub reading: ImportReading,
    /// What becomes of the columns.
    pub columns: ColumnWishes,
    /// What may be recorded of contacts who have said nothing about it; None: what holds for everybody.
    pub tracking: Option<ImportTracking>,
    /// What everybody in the file gets.
    pub tags: Vec<TagName>,
    /// What everybody in the file is, whatever its columns say; None: as the columns say.
    pub everyone: Option<ImportStanding>,
    /// What is to be done about addresses, and by what they are looked at.
    pub review: ReviewWishes,
    pub addresses: AddressSources,
    /// Rows per transaction, at least 1; 10,000 is a good number.
    pub batch: usize,
}

/// Imports a CSV file, also packed with gzip or in a zip archive: the first line names the columns, one of them the address; every other
/// column becomes an attribute unless `options` says otherwise. Blocks the calling thread, which
/// must not be one of the runtime's; `handle` is that runtime. `progress` is called after every
/// batch; what may be wrong with addresses is listed in `warnings`.
///
/// # Errors
/// When the file has no usable header, a column seems to say who has left and nobody has said
/// what it means, the file can't be read to its end, or the store or the reject file can't be
/// written. Bad rows are no error.
pub fn import(
    (store, keys, handle): (&Store, &Keyring, &Handle),
    input: impl Read + Seek,
    options: &ImportOptions,
    (rejects, warnings): (impl Write, &mut Vec<u8>),
    progress: &mut dyn FnMut(&ImportSummary),
    at: Timestamp,
) -> Result<ImportSummary, ImportError> {
    let mut source = ImportSource::open(input, &options.reading)?;
    let schema = AttributeSchema::of_import(store, handle)?;
    let mut rejects = RejectFile::new(rejects);
    let (topic, tracking) = (options.topic, options.tracking.clone());
    let (basis, tags) = (Some(options.basis.clone()), options.tags.clone());
    let reach = ImportReach { topic, tracking, basis, tags, ..ImportReach::default() };
    let write = |rows, _: &Progress| {
        let (store, reach, from) = (store.clone(), reach.clone(), options.source.clone());
        handle.spawn(async move { store.contacts_import_by(rows, reach, from, at).await })
    };
    let mut batches = Batches::new(handle, options.batch, write).measured(source.measure());
    let everyone = options.everyone;
    let review = Mutex::new(AddressReview::new(&options.addresses, options.review, handle));
    let parts = PartReader {
        wishes: &options.columns,
        keys,
        everyone,
        schema: &schema,
        review: &review,
        now: at,
    };
    parts.read(&mut source, &mut rejects, &mut batches, &mut |it| progress(&it.summary))?;
    let review = review.into_inner().unwrap_or_else(PoisonError::into_inner);
    warnings.extend_from_slice(review.list());
    Ok(batches.progress.summary)
}

#[cfg(test)]
#[path = "import/tests.rs"]
mod tests;
