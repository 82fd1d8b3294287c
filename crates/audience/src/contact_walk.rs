//! A job that does something with contacts step by step, each step after the one before.
//!
//! Invariant: what a step has done and where the next one begins are stored together, so that a job that is
//! interrupted at any moment and resumed ends the same.

use model::Timestamp;
use store::{Job, JobState, JobStep, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::import_job::JOB_HELD;

/// Does the steps of a job that this node holds, the first one from where the job is or from `first`, until
/// one says that there is none after it and the job is `ended`, or until `shutdown`: then another node may go on at once. A step
/// stores where the next one begins, and returns it.
///
/// # Errors
/// When the store is away, or the job is another node's by now. Whatever else is wrong ends the job.
pub(crate) async fn walk_contacts<F: Future<Output = Result<Option<i64>, StoreError>>>(
    store: &Store,
    job: &Job,
    clock: fn() -> Timestamp,
    shutdown: &CancellationToken,
    (first, ended): (i64, JobState),
    mut step: impl FnMut(i64, JobStep) -> F,
) -> Result<(), StoreError> {
    let end = |state, why| store.job_end((job.id, job.epoch), state, why, clock());
    let mut next = Some(job.position.parse().unwrap_or(first));
    while let Some(from) = next {
        if shutdown.is_cancelled() {
            return store.job_release(job.id, job.epoch, clock()).await;
        }
        let now = clock();
        let plain = JobStep {
            job: job.id,
            epoch: job.epoch,
            position: String::new(),
            done: 0,
            part: None,
            held_until: now.after(JOB_HELD),
            at: now,
        };
        match step(from, plain).await {
            Ok(after) => next = after,
            Err(error) if error.is_passing() || matches!(error, StoreError::Changed(_)) => {
                return Err(error);
            }
            Err(error) => return end(JobState::Failed, Some(error.to_string())).await,
        }
    }
    end(ended, None).await
}

/// Ends a job of which this release can't tell what is to be done.
pub(crate) async fn end_unknown(
    store: &Store,
    job: &Job,
    which: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let why = format!("this release can't tell which {which} were meant");
    store.job_end((job.id, job.epoch), JobState::Failed, Some(why), at).await
}
