//! Tagging the contacts that match, as a job on whichever node has time.
//!
//! Invariant: a job that is interrupted at any moment and resumed ends the same: whom a step has tagged,
//! what that counts and where the next one begins are stored together.

use model::{ContactId, TagName, Timestamp, TopicScope};
use serde_json::{Value, json};
use store::{ContactQuery, Job, JobState, JobStep, Store, StoreError, TagChange};
use tokio_util::sync::CancellationToken;

use crate::contact_walk::{end_unknown, walk_contacts};
use crate::export_spec::ExportSpec;

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
    let Some(TagSpec { whom, change }) = TagSpec::from_json(&job.spec) else {
        return end_unknown(store, &job, "contacts", clock()).await;
    };
    let walk = |from, step| {
        let (ExportSpec { query, topics }, change) = (whom.clone(), change.clone());
        tag_step(store, (query, topics, at_once), change, from, step)
    };
    walk_contacts(store, &job, clock, &shutdown, (i64::MAX, JobState::Done), walk).await
}

/// Tags the next contacts that match, and says where those after them begin.
async fn tag_step(
    store: &Store,
    (query, topics, at_once): (ContactQuery, TopicScope, usize),
    change: TagChange,
    from: i64,
    step: JobStep,
) -> Result<Option<i64>, StoreError> {
    let found = store.contacts_find(query, topics, ContactId(from), at_once).await?;
    let next = found.next.map(|id| id.0);
    let step = JobStep { position: next.unwrap_or(i64::MIN).to_string(), ..step };
    let ids = found.contacts.iter().map(|it| it.id).collect();
    store.contacts_tag_step(ids, change, step).await?;
    Ok(next)
}

#[cfg(test)]
#[path = "tag_job/tests.rs"]
mod tests;
