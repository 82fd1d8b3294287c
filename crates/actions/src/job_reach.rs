//! The job that an address names, and whether one may.
//!
//! Invariant: a job belongs to its topic; one of none belongs to the installation, and does not exist for
//! who is trusted with some topics only.

use access::{Object, Permit};
use model::{JobId, Right};
use store::{Job, Store};

use crate::{Call, Refusal, RefusalKind, reach};

/// The job, and the permission to do something with it.
pub(crate) async fn of_job(
    store: &Store,
    call: &Call,
    id: JobId,
    right: Right,
) -> Result<(Job, Permit), Refusal> {
    let object = match reach::job(store, &call.actor, id).await {
        Ok(object) => object,
        // First whether they may at all.
        Err(refusal) => {
            call.permit(right, Object::OwnTopics)?;
            return Err(refusal);
        }
    };
    let permit = call.permit(right, object).map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => reach::no_job(),
        _ => refusal,
    })?;
    let job = store.job_find(id).await?.ok_or_else(reach::no_job)?;
    Ok((job, permit))
}

pub(crate) fn of_kind(job: &Job, kind: &str) -> Result<(), Refusal> {
    if job.kind == kind {
        return Ok(());
    }
    Err(not_now(format!(
        "This needs a job of the kind {kind}; job {} is one of the kind {}.",
        job.id, job.kind
    )))
}

pub(crate) fn not_now(words: impl Into<String>) -> Refusal {
    Refusal::new(RefusalKind::Conflict, "state", words)
}
