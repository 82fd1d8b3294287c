//! Reading a file and writing it, a batch at a time: one is read while another is written.
//!
//! Invariant: both are bounded in rows and bytes. Whatever stops the reading, the batch that is on its
//! way is waited for.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use store::{ImportCounts, ImportRow, StoreError};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::ImportError;
use crate::address_review::AddressReview;
use crate::contact_rows::{self, RowReader};
use crate::csv_records::Records;
use crate::import_summary::ImportSummary;
use crate::place::Place;
use crate::rejects::RejectFile;

/// A batch is sent off when its rows hold this many bytes, however few they are.
const BATCH_BYTES: usize = 4 << 20;

/// How far an import has read, and what the store has counted of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Progress {
    pub(crate) summary: ImportSummary,
    /// Behind the batch that is sent next.
    pub(crate) place: Place,
}

/// A batch on its way.
pub(crate) type BatchWrite = JoinHandle<Result<ImportCounts, StoreError>>;

/// The rows that are being collected and the batch that is being written.
pub(crate) struct Batches<'i, W> {
    handle: &'i Handle,
    /// Rows of a batch.
    most: usize,
    /// Starts to write a batch, which ends at this place of the file.
    write: W,
    /// What all batches so far have counted.
    counts: ImportCounts,
    /// Whether a write returns what all have counted, and not what it has counted itself.
    counts_all: bool,
    rows: Vec<ImportRow>,
    bytes: usize,
    /// The line behind it, and the write.
    pending: Option<(u64, BatchWrite)>,
    /// Counts the bytes that were read, where a place does not say it.
    measure: Option<Arc<AtomicU64>>,
    pub(crate) progress: Progress,
}

impl<'i, W: FnMut(Vec<ImportRow>, &Progress) -> BatchWrite> Batches<'i, W> {
    pub(crate) fn new(handle: &'i Handle, most: usize, write: W) -> Self {
        let (counts, progress) = (ImportCounts::default(), Progress::default());
        let (rows, most) = (Vec::new(), most.max(1));
        Self {
            handle,
            most,
            write,
            counts,
            counts_all: false,
            rows,
            bytes: 0,
            pending: None,
            measure: None,
            progress,
        }
    }

    /// Goes on where others ended, with writes that return what all have counted.
    pub(crate) fn resumed(handle: &'i Handle, most: usize, write: W, from: Progress) -> Self {
        Self { counts_all: true, progress: from, ..Self::new(handle, most, write) }
    }

    /// Tells how far the file was read by this count.
    pub(crate) fn measured(self, measure: Option<Arc<AtomicU64>>) -> Self {
        Self { measure, ..self }
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= self.most || self.bytes >= BATCH_BYTES
    }

    /// Waits for the previous batch and starts writing this one.
    fn send(&mut self, place: Place) -> Result<(), ImportError> {
        self.wait()?;
        self.progress.place = place;
        let measured = self.measure.as_ref().map(|it| it.load(Ordering::Relaxed));
        self.progress.summary.bytes_read = measured.unwrap_or(place.bytes);
        self.bytes = 0;
        // A job also stores that everything up to here was rejected.
        if self.rows.is_empty() && !self.counts_all {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        self.rows.reserve(rows.len());
        let write = (self.write)(rows, &self.progress);
        self.pending = Some((place.line.saturating_sub(1), write));
        Ok(())
    }

    fn wait(&mut self) -> Result<(), ImportError> {
        let Some((line, write)) = self.pending.take() else { return Ok(()) };
        let written = self.handle.block_on(write).map_err(|_| ImportError::Stopped)?;
        let counts = written.map_err(|source| ImportError::Store { line, source })?;
        if self.counts_all {
            self.counts = counts;
        } else {
            self.counts.add(&counts);
        }
        self.progress.summary.count(&self.counts);
        Ok(())
    }
}

/// Reads every record, and hands it to the batches or to the reject file.
pub(crate) fn read_all(
    records: &mut Records<impl Read>,
    reading: &RowReader<'_>,
    (rejects, review): (&mut RejectFile<impl Write>, &Mutex<AddressReview>),
    batches: &mut Batches<'_, impl FnMut(Vec<ImportRow>, &Progress) -> BatchWrite>,
    told: &mut dyn FnMut(&Progress),
) -> Result<(), ImportError> {
    let read = read(records, reading, (rejects, review), batches, told);
    let flushed = rejects.flush();
    let written = read.and(flushed).and_then(|()| batches.send(records.place()));
    let waited = batches.wait();
    written.and(waited)?;
    told(&batches.progress);
    Ok(())
}

fn read(
    records: &mut Records<impl Read>,
    reading: &RowReader<'_>,
    (rejects, review): (&mut RejectFile<impl Write>, &Mutex<AddressReview>),
    batches: &mut Batches<'_, impl FnMut(Vec<ImportRow>, &Progress) -> BatchWrite>,
    told: &mut dyn FnMut(&Progress),
) -> Result<(), ImportError> {
    let reviewing = || review.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let line = records.line();
        let failed = |source| ImportError::of_read(line, source);
        let Some(record) = records.next().map_err(failed)? else { return Ok(()) };
        if contact_rows::is_blank(&record) {
            continue;
        }
        let summary = &mut batches.progress.summary;
        summary.rows += 1;
        batches.bytes += record.raw.len();
        let look = |row: ImportRow| {
            let place = reading.address_place(record.line);
            reviewing().look(&row.contact.email, place, summary)?;
            Ok(row)
        };
        match reading.row(&record).and_then(look) {
            Ok(row) => batches.rows.push(row),
            Err(reject) => {
                summary.rejected += 1;
                let other = &mut summary.other_separator;
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
        if batches.is_full() || reviewing().has_waited() {
            reviewing().stored();
            // Whoever stores the place stores what was rejected before it.
            rejects.flush()?;
            batches.send(records.place())?;
            told(&batches.progress);
        }
    }
}
