//! Looking at the values of an attribute, as a job on whichever node has time: which are of a kind, and
//! bringing those to their one text.
//!
//! Invariants: a value that does not fit stays as it is; a job that is interrupted at any moment and resumed
//! ends the same. A rehearsal counts the same and changes nothing.

use model::{AttributeKind, Timestamp};
use serde_json::{Value, json};
use store::{Job, JobState, JobStep, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::import_job::JOB_HELD;

/// What such a job is called.
pub const ATTRIBUTE_JOB: &str = "attribute";
/// Contacts of a step.
const STEP: usize = 5_000;

/// Which values are looked at, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeSpec {
    pub name: String,
    /// What they are to be.
    pub kind: AttributeKind,
    /// Count them, and change nothing.
    pub rehearsal: bool,
}

impl AttributeSpec {
    #[must_use]
    pub fn to_json(&self) -> String {
        let Self { name, kind, rehearsal } = self;
        json!({
            "name": name,
            "kind": kind.as_str(),
            "choices": kind.choices(),
            "rehearsal": rehearsal,
        })
        .to_string()
    }

    /// What [`Self::to_json`] wrote; None for anything else.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let choices = value.get("choices")?.as_array()?.iter();
        let choices: Option<Vec<String>> =
            choices.map(|it| it.as_str().map(str::to_owned)).collect();
        Some(Self {
            name: value.get("name")?.as_str()?.to_owned(),
            kind: AttributeKind::parse(value.get("kind")?.as_str()?, &choices?).ok()?,
            rehearsal: value.get("rehearsal")?.as_bool()?,
        })
    }
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time.
///
/// # Errors
/// As [`run_import_job`](crate::run_import_job).
pub async fn run_attribute_job(
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
    let end = |state, why| store.job_end(held, state, why, clock());
    let Some(spec) = AttributeSpec::from_json(&job.spec) else {
        let why = "this release can't tell which values were meant".to_owned();
        return end(JobState::Failed, Some(why)).await;
    };
    let mut after = Some(job.position.parse().unwrap_or(i64::MIN));
    while let Some(from) = after {
        if shutdown.is_cancelled() {
            return store.job_release(held.0, held.1, clock()).await;
        }
        let now = clock();
        let step = JobStep {
            job: job.id,
            epoch: job.epoch,
            position: String::new(),
            done: 0,
            part: None,
            held_until: now.after(JOB_HELD),
            at: now,
        };
        let what = (spec.name.clone(), spec.kind.clone());
        match store.attribute_step(what, spec.rehearsal, (from, at_once), step).await {
            Ok(walk) => after = walk.after,
            Err(error) if error.is_passing() || matches!(error, StoreError::Changed(_)) => {
                return Err(error);
            }
            Err(error) => return end(JobState::Failed, Some(error.to_string())).await,
        }
    }
    end(JobState::Done, None).await
}

#[cfg(test)]
#[path = "attribute_job/tests.rs"]
mod tests;
