//! Tagging the contacts that match, as a job on whichever node has time.
//!
//! Invariant: a job that is interrupted at any moment and resumed ends the same: whom a step has tagged,
//! what that counts and where the next one begins are stored together.

use model::{ContactId, TagName, Timestamp};
use serde_json::{Value, json};
use store::{Job, JobState, JobStep, Store, StoreError, TagChange};
use tokio_util::sync::CancellationToken;

use crate::export_spec::ExportSpec;
use crate::import_job::JOB_HELD;

/// What such a job is called.
pub const TAG_JOB: &str = "tag";
/// Contacts of a step.
const STEP: usize = 1_000;

/// Who gets and loses what, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagSpec {
    /// Which contacts, as for an export.
    pub whom: ExportSpec,
    pub change: TagChange,
}

impl TagSpec {
    #[must_use]
    pub fn to_json(&self) -> String {
        let names = |tags: &[TagName]| tags.iter().map(|it| it.to_string()).collect::<Vec<_>>();
        let TagChange { add, remove } = &self.change;
        json!({ "whom": self.whom.to_json(), "add": names(add), "remove": names(remove) })
            .to_string()
    }

    /// What [`Self::to_json`] wrote; None for anything else.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let tags = |name: &str| -> Option<Vec<TagName>> {
            let all = value.get(name)?.as_array()?.iter();
            all.map(|it| TagName::parse(it.as_str()?).ok()).collect()
        };
        let whom = ExportSpec::from_json(value.get("whom")?.as_str()?)?;
        let (add, remove) = (tags("add")?, tags("remove")?);
        Some(Self { whom, change: TagChange { add, remove } })
    }
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time.
///
/// # Errors
/// As [`run_import_job`](crate::run_import_job).
pub async fn run_tag_job(
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
    let Some(TagSpec { whom, change }) = TagSpec::from_json(&job.spec) else {
        let why = "this release can't tell which contacts were meant".to_owned();
        return end(JobState::Failed, Some(why)).await;
    };
    let mut before = Some(ContactId(job.position.parse().unwrap_or(i64::MAX)));
    while let Some(from) = before {
        if shutdown.is_cancelled() {
            return store.job_release(held.0, held.1, clock()).await;
        }
        let ExportSpec { query, topics } = whom.clone();
        let found = store.contacts_find(query, topics, from, at_once).await?;
        before = found.next;
        let now = clock();
        let step = JobStep {
            job: job.id,
            epoch: job.epoch,
            position: before.map_or(i64::MIN, |id| id.0).to_string(),
            done: 0,
            part: None,
            held_until: now.after(JOB_HELD),
            at: now,
        };
        let ids = found.contacts.iter().map(|it| it.id).collect();
        match store.contacts_tag_step(ids, change.clone(), step).await {
            Ok(_) => {}
            Err(error) if error.is_passing() || matches!(error, StoreError::Changed(_)) => {
                return Err(error);
            }
            Err(error) => return end(JobState::Failed, Some(error.to_string())).await,
        }
    }
    end(JobState::Done, None).await
}

#[cfg(test)]
#[path = "tag_job/tests.rs"]
mod tests;
