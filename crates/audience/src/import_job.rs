//! Imports as jobs: from a file that was uploaded, on whichever node has time.
//!
//! Invariants: a job that is interrupted at any moment and resumed, here or on another node, ends the
//! same: what a batch has imported, what it has counted, what was rejected up to its end, and where
//! the next one begins are stored together. Its time is that of the job, so each of its batches is
//! recognised as part of the same import. A rehearsal counts the same and changes nothing.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use model::Timestamp;
use serde_json::{Value, json};
use store::{
    ImportCounts, ImportReach, ImportRow, Job, JobFile, JobState, JobStep, Store, StoreError,
};
use token::Keyring;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::ImportError;
use crate::attribute_schema::AttributeSchema;
use crate::import_batches::{BatchWrite, Batches, Progress};
use crate::import_parts::PartReader;
use crate::import_spec::ImportSpec;
use crate::import_summary::ImportSummary;
use crate::job_files::{JobReader, JobWriter};
use crate::place::Place;
use crate::presets::Preset;
use crate::rejects::RejectFile;
use crate::source::ImportSource;
use crate::tracking::import_tracking;

/// What such a job is called.
pub const IMPORT_JOB: &str = "import";
/// A node that has stored no step for so long is lost.
pub const JOB_HELD: Duration = Duration::from_secs(60);
/// Rows of a batch.
const BATCH: usize = 10_000;
/// People whom a rehearsal remembers, to tell rows that repeat somebody. 40 MB.
const REMEMBERED: usize = 5_000_000;

/// What an import job has done so far.
///
/// # Errors
/// When the job's counts can't be read.
pub fn import_progress(job: &Job) -> Result<ImportSummary, StoreError> {
    let mut summary = position(&job.position).1.summary;
    summary.count(&ImportCounts::from_text(&job.counts)?);
    Ok(summary)
}

/// The word for the product as whose export the file of a job was read.
pub(crate) fn import_product(job: &Job) -> Option<&'static str> {
    position(&job.position).1.summary.product
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time.
///
/// # Errors
/// When the store fails in passing, and the job can be resumed; or when somebody else has it. Whatever
/// else goes wrong is noted with the job, which has failed then.
pub async fn run_import_job(
    store: &Store,
    keys: Arc<Keyring>,
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    run_by(BATCH, store, keys, job, clock, shutdown).await
}

async fn run_by(
    batch: usize,
    store: &Store,
    keys: Arc<Keyring>,
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let spec = ImportSpec::from_json(&job.spec);
    let held = (job.id, job.epoch);
    let topic = match &spec.topic {
        Some(slug) => match store.topic_by_slug(slug.clone()).await? {
            Some(topic) => Some(topic.id),
            None => {
                let why = format!("there is no topic {slug:?} any more");
                return store.job_end(held, JobState::Failed, Some(why), clock()).await;
            }
        },
        None => None,
    };
    let (rejects_bytes, _) = position(&job.position);
    let writer = JobWriter::behind(store, job.id, rejects_bytes).await?;
    let ended = if spec.rehearsal { JobState::Waiting } else { JobState::Done };
    let handle = Handle::current();
    let stops = shutdown.clone();
    let tracking = import_tracking(store, spec.tracking).await?;
    let (within, tags) = (spec.within.clone(), spec.tags.clone());
    let basis = Some(spec.basis.clone());
    let reach = ImportReach { topic, within, tracking, basis, tags };
    let run = Run { batch, store: store.clone(), keys, handle, job, spec, reach, clock, shutdown };
    let imported = tokio::task::spawn_blocking(move || run.import(&writer)).await;
    let why = match imported {
        Ok(Ok(())) => return store.job_end(held, ended, None, clock()).await,
        Ok(Err(_)) if stops.is_cancelled() => {
            return store.job_release(held.0, held.1, clock()).await;
        }
        Ok(Err(error)) => lasting(error)?,
        Err(_) => "the import broke off; the server's log says where".to_owned(),
    };
    store.job_end(held, JobState::Failed, Some(why), clock()).await
}

/// Why a job has failed for good.
///
/// # Errors
/// What passes, or says that the job is somebody else's now: the store may have said it while the file
/// was read from it, too.
pub(crate) fn lasting(error: ImportError) -> Result<String, StoreError> {
    let words = error.to_string();
    let of_store = match error {
        ImportError::Store { source, .. } => Some(source),
        ImportError::Read { source, .. } | ImportError::Rejects { source } => {
            source.into_inner().and_then(|it| it.downcast().ok()).map(|it| *it)
        }
        _ => None,
    };
    match of_store {
        Some(error) if error.is_passing() || matches!(error, StoreError::Changed(_)) => Err(error),
        _ => Ok(words),
    }
}

/// One run of a job on one node.
struct Run {
    /// Rows of a batch.
    batch: usize,
    store: Store,
    keys: Arc<Keyring>,
    handle: Handle,
    job: Job,
    spec: ImportSpec,
    reach: ImportReach,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
}

impl Run {
    fn import(&self, writer: &JobWriter) -> Result<(), ImportError> {
        let file = JobReader::whole(&self.store, &self.handle, &self.job);
        let mut source = ImportSource::open(file, &self.spec.reading())?;
        let schema = AttributeSchema::of_import(&self.store, &self.handle)?;
        let (_, progress) = position(&self.job.position);
        let mut rejects = RejectFile::resumed(writer.clone(), progress.summary.rejected);
        let seen = Arc::new(Mutex::new(HashSet::new()));
        let write = |rows, at: &Progress| self.write(rows, self.step(writer, at), &seen);
        let batches = Batches::resumed(&self.handle, self.batch, write, progress);
        let mut batches = batches.measured(source.measure());
        let (keys, everyone) = (&*self.keys, self.spec.standing());
        let parts = PartReader {
            wishes: &self.spec.columns(),
            keys,
            everyone,
            schema: &schema,
            now: (self.clock)(),
        };
        parts.read(&mut source, &mut rejects, &mut batches, &mut |_| {})
    }

    /// Starts to write a batch with where it ends.
    fn write(
        &self,
        rows: Vec<ImportRow>,
        step: JobStep,
        seen: &Arc<Mutex<HashSet<u64>>>,
    ) -> BatchWrite {
        if self.shutdown.is_cancelled() {
            return self.handle.spawn(async { Err(StoreError::Closed) });
        }
        let (store, at) = (self.store.clone(), self.job.created_at);
        let reach = self.reach.clone();
        if !self.spec.rehearsal {
            let source = format!("import of {}", self.job.title);
            return self.handle.spawn(async move {
                store.contacts_import_step(rows, reach, source, at, step).await
            });
        }
        let (rows, repeated) = once(rows, seen);
        self.handle.spawn(async move {
            let mut counts = store.contacts_rehearse(rows, reach, at).await?;
            counts.merged += repeated;
            store.job_count(step, counts).await
        })
    }

    fn step(&self, writer: &JobWriter, at: &Progress) -> JobStep {
        let (number, tail, rejects_bytes) = writer.tail();
        let now = (self.clock)();
        JobStep {
            job: self.job.id,
            epoch: self.job.epoch,
            position: to_text(rejects_bytes, at),
            done: i64::try_from(at.summary.bytes_read).unwrap_or(i64::MAX),
            part: Some((JobFile::Rejects, number, tail)),
            held_until: now.after(JOB_HELD),
            at: now,
        }
    }
}

/// The rows of people who did not come before, and how many others there are.
fn once(rows: Vec<ImportRow>, seen: &Mutex<HashSet<u64>>) -> (Vec<ImportRow>, u64) {
    let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
    let (before, mut fresh) = (rows.len(), rows);
    let mut keys = HashSet::new();
    fresh.retain(|row| {
        let mut hasher = DefaultHasher::new();
        row.contact.email.key().hash(&mut hasher);
        let key = hasher.finish();
        // Within one batch the store itself merges.
        keys.insert(key);
        !seen.contains(&key)
    });
    if seen.len() < REMEMBERED {
        seen.extend(keys);
    }
    let repeated = before - fresh.len();
    (fresh, u64::try_from(repeated).unwrap_or(0))
}

fn to_text(rejects_bytes: u64, at: &Progress) -> String {
    let Progress { summary, place } = at;
    json!({
        "rejects_bytes": rejects_bytes,
        "part": place.part,
        "line": place.line,
        "bytes": place.bytes,
        "after_cr": place.after_cr,
        "rows": summary.rows,
        "rejected": summary.rejected,
        "read": summary.bytes_read,
        "product": summary.product,
        "other_separator": summary.other_separator.map(String::from),
    })
    .to_string()
}

/// Bytes of rejects, and how far the file was read; the beginning for an empty text.
fn position(text: &str) -> (u64, Progress) {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    let other = value.get("other_separator").and_then(Value::as_str);
    let product = value.get("product").and_then(Value::as_str);
    let product = product.and_then(|word| Preset::all().iter().find(|it| it.name == word));
    let place = Place {
        part: u32::try_from(number("part")).unwrap_or(u32::MAX),
        line: number("line"),
        bytes: number("bytes"),
        after_cr: value.get("after_cr").and_then(Value::as_bool).unwrap_or_default(),
    };
    let summary = ImportSummary {
        rows: number("rows"),
        rejected: number("rejected"),
        other_separator: other.and_then(|text| text.chars().next()),
        // Earlier releases have not noted it.
        bytes_read: number("read").max(place.bytes * u64::from(value.get("read").is_none())),
        product: product.map(|it| it.name.as_str()),
        ..ImportSummary::default()
    };
    (number("rejects_bytes"), Progress { summary, place })
}

#[cfg(test)]
#[path = "import_job/tests.rs"]
mod tests;
