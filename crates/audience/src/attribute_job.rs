//! Looking at the values of an attribute, as a job on whichever node has time: which are of a kind, and
//! bringing those to their one text.
//!
//! Invariants: a value that does not fit stays as it is; a job that is interrupted at any moment and resumed
//! ends the same. A rehearsal counts the same and changes nothing.

use model::{AttributeKind, Timestamp};
use serde_json::{Value, json};
use store::{Job, JobState, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::contact_walk::{end_unknown, walk_contacts};

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
    let Some(spec) = AttributeSpec::from_json(&job.spec) else {
        return end_unknown(store, &job, "values", clock()).await;
    };
    walk_contacts(store, &job, clock, &shutdown, (i64::MIN, JobState::Done), |from, step| {
        let what = (spec.name.clone(), spec.kind.clone());
        let walked = store.attribute_step(what, spec.rehearsal, (from, at_once), step);
        async { Ok(walked.await?.after) }
    })
    .await
}

#[cfg(test)]
#[path = "attribute_job/tests.rs"]
mod tests;
