//! Imports as jobs: from a file that was uploaded, on whichever node has time.
//!
//! Invariants: a job that is interrupted at any moment and resumed, here or on another node, ends the
//! same: what a batch has imported, what it has counted, what was rejected up to its end, and where
//! the next one begins are stored together. Its time is that of the job, so each of its batches is
//! recognised as part of the same import. A rehearsal counts the same and changes nothing.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
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
use crate::address_review::{AddressReview, AddressSources};
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
    let mut summary = position(&job.position).2.summary;
    summary.count(&ImportCounts::from_text(&job.counts)?);
    Ok(summary)
}

/// Bytes of the list of warnings of an import.
#[must_use]
pub fn import_warnings(job: &Job) -> u64 {
    position(&job.position).1
}

/// The word for the product as whose export the file of a job was read.
pub(crate) fn import_product(job: &Job) -> Option<&'static str> {
    position(&job.position).2.summary.product
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time.
///
/// # Errors
/// When the store fails in passing, and the job can be resumed; or when somebody else has it. Whatever
/// else goes wrong is noted with the job, which has failed then.
pub async fn run_import_job(
    store: &Store,
    (keys, addresses): (Arc<Keyring>, AddressSources),
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    run_by(BATCH, store, (keys, addresses), job, clock, shutdown).await
}

async fn run_by(
    batch: usize,
    store: &Store,
    (keys, addresses): (Arc<Keyring>, AddressSources),
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
    let (rejects_bytes, warnings_bytes, _) = position(&job.position);
    let mut warnings = match warnings_bytes {
        0 => Vec::new(),
        _ => store.job_part(job.id, JobFile::Warnings, 0).await?.unwrap_or_default(),
    };
    warnings.truncate(usize::try_from(warnings_bytes).unwrap_or(usize::MAX));
    let writer = JobWriter::behind(store, job.id, rejects_bytes).await?;
    let ended = if spec.rehearsal { JobState::Waiting } else { JobState::Done };
    let handle = Handle::current();
    let stops = shutdown.clone();
    let tracking = import_tracking(store, spec.tracking).await?;
    let (within, tags) = (spec.within.clone(), spec.tags.clone());
    let basis = Some(spec.basis.clone());
    let reach = ImportReach { topic, within, tracking, basis, tags };
    let review = AddressReview::new(&addresses, spec.review, &handle).resumed(warnings);
    let review = Arc::new(Mutex::new(review));
    let run = Run {
        batch,
        store: store.clone(),
        keys,
        handle,
        job,
        spec,
        reach,
        review,
        clock,
        shutdown,
    };
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
    review: Arc<Mutex<AddressReview>>,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
}

impl Run {
    fn import(&self, writer: &JobWriter) -> Result<(), ImportError> {
        let file = JobReader::whole(&self.store, &self.handle, &self.job);
        let mut source = ImportSource::open(file, &self.spec.reading())?;
        let schema = AttributeSchema::of_import(&self.store, &self.handle)?;
        let (_, warnings_bytes, progress) = position(&self.job.position);
        let listed = AtomicU64::new(warnings_bytes);
        let mut rejects = RejectFile::resumed(writer.clone(), progress.summary.rejected);
        let seen = Arc::new(Mutex::new(HashSet::new()));
        let write = |rows, at: &Progress| {
            let warnings = self.warnings(&listed);
            self.write(rows, self.step(writer, listed.load(Ordering::Relaxed), at), warnings, &seen)
        };
        let batches = Batches::resumed(&self.handle, self.batch, write, progress);
        let mut batches = batches.measured(source.measure());
        let (keys, everyone) = (&*self.keys, self.spec.standing());
        let parts = PartReader {
            wishes: &self.spec.columns(),
            keys,
            everyone,
            schema: &schema,
            review: &self.review,
            now: (self.clock)(),
        };
        parts.read(&mut source, &mut rejects, &mut batches, &mut |_| {})
    }

    /// Starts to write a batch with where it ends.
    fn write(
        &self,
        rows: Vec<ImportRow>,
        step: JobStep,
        warnings: Option<Vec<u8>>,
        seen: &Arc<Mutex<HashSet<u64>>>,
    ) -> BatchWrite {
        if self.shutdown.is_cancelled() {
            return self.handle.spawn(async { Err(StoreError::Closed) });
        }
        let (store, at) = (self.store.clone(), self.job.created_at);
        let reach = self.reach.clone();
        let held = (step.job, step.epoch);
        let list = {
            let store = store.clone();
            async move {
                match warnings {
                    // Written before the step that says how much of it counts.
                    Some(list) => store.job_part_put_held(held, JobFile::Warnings, 0, list).await,
                    None => Ok(()),
                }
            }
        };
        if !self.spec.rehearsal {
            let source = format!("import of {}", self.job.title);
            return self.handle.spawn(async move {
                list.await?;
                store.contacts_import_step(rows, reach, source, at, step).await
            });
        }
        let (rows, repeated) = once(rows, seen);
        self.handle.spawn(async move {
            list.await?;
            let mut counts = store.contacts_rehearse(rows, reach, at).await?;
            counts.merged += repeated;
            store.job_count(step, counts).await
        })
    }

    /// The list of warnings, if it is longer than what was listed before.
    fn warnings(&self, listed: &AtomicU64) -> Option<Vec<u8>> {
        let review = self.review.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = u64::try_from(review.list().len()).unwrap_or(u64::MAX);
        let before = listed.swap(bytes, Ordering::Relaxed);
        (bytes > before).then(|| review.list().to_vec())
    }

    fn step(&self, writer: &JobWriter, warnings_bytes: u64, at: &Progress) -> JobStep {
        let (number, tail, rejects_bytes) = writer.tail();
        let now = (self.clock)();
        JobStep {
            job: self.job.id,
            epoch: self.job.epoch,
            position: to_text((rejects_bytes, warnings_bytes), at),
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

fn to_text((rejects_bytes, warnings_bytes): (u64, u64), at: &Progress) -> String {
    let Progress { summary, place } = at;
    let warnings: serde_json::Map<String, Value> =
        summary.warnings().iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
    json!({
        "rejects_bytes": rejects_bytes,
        "warnings_bytes": warnings_bytes,
        "warnings": warnings,
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

/// Bytes of rejects and of warnings, and how far the file was read; the beginning for an empty text.
fn position(text: &str) -> (u64, u64, Progress) {
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
    let warned = |name: &str| {
        let warnings = value.get("warnings").and_then(|it| it.get(name));
        warnings.and_then(Value::as_u64).unwrap_or_default()
    };
    let summary = ImportSummary {
        role_addresses: warned("role_addresses"),
        disposable: warned("disposable"),
        typos: warned("typos"),
        no_mail: warned("no_mail"),
        mx_unanswered: warned("mx_unanswered"),
        rows: number("rows"),
        rejected: number("rejected"),
        other_separator: other.and_then(|text| text.chars().next()),
        // Earlier releases have not noted it.
        bytes_read: number("read").max(place.bytes * u64::from(value.get("read").is_none())),
        product: product.map(|it| it.name.as_str()),
        ..ImportSummary::default()
    };
    (number("rejects_bytes"), number("warnings_bytes"), Progress { summary, place })
}

#[cfg(test)]
#[path = "import_job/tests.rs"]
mod tests;
