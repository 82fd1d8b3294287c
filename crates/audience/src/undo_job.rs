//! Undoing imports as jobs, on whichever node has time.
//!
//! Invariants: the steps of the import are taken back in the opposite order, so that of a contact who
//! came in several rows the first value comes back; what a step has taken back, what it has counted and
//! where the next one begins are stored together. A rehearsal counts the same and changes nothing.

use std::collections::HashSet;

use model::{JobId, Timestamp};
use serde_json::{Value, json};
use store::{
    ImportChange, ImportChanges, ImportUndo, Job, JobFile, JobState, JobStep, Store, StoreError,
    UndoCounts,
};
use tokio_util::sync::CancellationToken;

use crate::bulk_job::{BULK_JOB, BulkSpec};
use crate::import_job::JOB_HELD;
use crate::import_spec::ImportSpec;

/// What such a job is called.
pub const UNDO_JOB: &str = "undo";
/// Contacts of a step.
const STEP: usize = 2_048;

/// What an undo is to do, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoSpec {
    /// Count what would be done, and do nothing.
    pub rehearsal: bool,
}

impl UndoSpec {
    #[must_use]
    pub fn to_json(self) -> String {
        json!({ "rehearsal": self.rehearsal }).to_string()
    }

    #[must_use]
    pub fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        Self { rehearsal: value.get("rehearsal").and_then(Value::as_bool).unwrap_or_default() }
    }
}

/// How many contacts the undoing of this import looks at, about.
///
/// # Errors
/// When the job's counts can't be read.
pub fn undo_total(import: &Job) -> Result<i64, StoreError> {
    if import.kind == BULK_JOB {
        let counts = store::BulkCounts::from_text(&import.counts)?;
        return Ok(i64::try_from(counts.changed).unwrap_or(i64::MAX));
    }
    let counts = store::ImportCounts::from_text(&import.counts)?;
    let known = counts.updated.max(counts.subscribed.saturating_sub(counts.added));
    Ok(i64::try_from(counts.added + known).unwrap_or(i64::MAX))
}

/// Where the next step begins.
#[derive(Debug, Clone, Copy, Default)]
struct UndoPlace {
    /// Steps of the import that are taken back.
    parts: u32,
    /// Contacts of the one that is being taken back.
    contacts: usize,
    /// Of all.
    done: i64,
}

impl UndoPlace {
    fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
        Self {
            parts: u32::try_from(number("parts")).unwrap_or(u32::MAX),
            contacts: usize::try_from(number("contacts")).unwrap_or(usize::MAX),
            done: i64::try_from(number("done")).unwrap_or(i64::MAX),
        }
    }

    fn to_json(self) -> String {
        let Self { parts, contacts, done } = self;
        json!({ "parts": parts, "contacts": contacts, "done": done }).to_string()
    }
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time.
///
/// # Errors
/// As [`run_import_job`](crate::run_import_job).
pub async fn run_undo_job(
    store: &Store,
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    run_by(STEP, store, job, clock, shutdown).await
}

async fn run_by(
    at_once: usize,
    store: &Store,
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let held = (job.id, job.epoch);
    let Some(import) = import_of(store, &job).await? else {
        let why = "the import is not kept any more".to_owned();
        return store.job_end(held, JobState::Failed, Some(why), clock()).await;
    };
    let rehearsal = UndoSpec::from_json(&job.spec).rehearsal;
    let run = UndoRun { at_once, store, undo: undo(store, &import, &job).await?, job: &job, clock };
    match run.parts(import.id, rehearsal, &shutdown).await {
        Ok(true) => {
            let ended = if rehearsal { JobState::Waiting } else { JobState::Done };
            store.job_end(held, ended, None, clock()).await
        }
        Ok(false) => store.job_release(held.0, held.1, clock()).await,
        Err(error) if error.is_passing() || matches!(error, StoreError::Changed(_)) => Err(error),
        Err(error) => store.job_end(held, JobState::Failed, Some(error.to_string()), clock()).await,
    }
}

async fn import_of(store: &Store, job: &Job) -> Result<Option<Job>, StoreError> {
    match job.of {
        Some(id) => store.job_find(id).await,
        None => Ok(None),
    }
}

async fn undo(store: &Store, import: &Job, job: &Job) -> Result<ImportUndo, StoreError> {
    if import.kind == BULK_JOB {
        return Ok(ImportUndo {
            topic: BulkSpec::from_json(&import.spec).and_then(|it| it.subscribes_to()),
            imported_at: import.created_at,
            source: format!("undoing job {}", import.id),
            at: job.created_at,
        });
    }
    let topic = match ImportSpec::from_json(&import.spec).topic {
        Some(slug) => store.topic_by_slug(slug).await?.map(|topic| topic.id),
        None => None,
    };
    Ok(ImportUndo {
        topic,
        imported_at: import.created_at,
        source: format!("undoing the import of {}", import.title),
        at: job.created_at,
    })
}

/// One run of a job on one node.
struct UndoRun<'r> {
    /// Contacts of a step.
    at_once: usize,
    store: &'r Store,
    undo: ImportUndo,
    job: &'r Job,
    clock: fn() -> Timestamp,
}

impl UndoRun<'_> {
    /// Takes everything back that is left; false when it was told to stop.
    async fn parts(
        &self,
        import: JobId,
        rehearsal: bool,
        shutdown: &CancellationToken,
    ) -> Result<bool, StoreError> {
        let parts = self.store.job_parts(import, JobFile::Changes).await?;
        let mut place = UndoPlace::from_json(&self.job.position);
        // Contacts of whom a later row is undone already: a rehearsal leaves it as it was.
        let mut seen = HashSet::new();
        while place.parts < parts {
            let number = parts - place.parts - 1;
            let part = self.store.job_part(import, JobFile::Changes, number).await?;
            let part = part.ok_or(StoreError::NotFound("part of the import"))?;
            let list = ImportChanges::from_bytes(&part)?.into_list();
            let rest = list.get(place.contacts..).unwrap_or_default();
            for changes in rest.chunks(self.at_once) {
                if shutdown.is_cancelled() {
                    return Ok(false);
                }
                place.contacts += changes.len();
                place.done += i64::try_from(changes.len()).unwrap_or(0);
                let mut changes = changes.to_vec();
                if rehearsal {
                    changes.retain(|it| it.added || seen.insert(it.contact));
                }
                self.step(changes, place, rehearsal).await?;
            }
            place = UndoPlace { parts: place.parts + 1, contacts: 0, ..place };
        }
        Ok(true)
    }

    async fn step(
        &self,
        changes: Vec<ImportChange>,
        place: UndoPlace,
        rehearsal: bool,
    ) -> Result<UndoCounts, StoreError> {
        let now = (self.clock)();
        let step = JobStep {
            job: self.job.id,
            epoch: self.job.epoch,
            position: place.to_json(),
            done: place.done,
            part: None,
            held_until: now.after(JOB_HELD),
            at: now,
        };
        let undo = self.undo.clone();
        match rehearsal {
            true => self.store.contacts_undo_rehearse(changes, undo, step).await,
            false => self.store.contacts_undo_step(changes, undo, step).await,
        }
    }
}

#[cfg(test)]
#[path = "undo_job/tests.rs"]
mod tests;
