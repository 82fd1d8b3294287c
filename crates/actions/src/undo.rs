//! Taking an import back.

use audience::{BULK_JOB, IMPORT_JOB, UNDO_JOB, UndoSpec};
use model::{JobId, Right};
use store::{AuditObject, Job, JobFile, JobState, NewJob, StoreError};

use crate::job_reach::{not_now, of_job, of_kind};
use crate::{Call, Refusal, RefusalKind, Resources};

/// Whether an import can be taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoState {
    /// It goes on, or has changed nothing.
    NothingToUndo,
    CanBeUndone,
    /// This job does it, has counted it, or has done it.
    Undone(Box<Job>),
}

/// Whether this job can be taken back.
///
/// # Errors
/// As [`crate::job`].
pub async fn import_undo_state(
    resources: &Resources,
    call: &Call,
    id: JobId,
) -> Result<UndoState, Refusal> {
    let store = &resources.store;
    let (job, _) = of_job(store, call, id, Right::ContactsWrite).await?;
    if job.state.is_open() || store.job_parts(id, JobFile::Changes).await? == 0 {
        return Ok(UndoState::NothingToUndo);
    }
    let undo = store.job_about(id).await?;
    let undo = undo.filter(|undo| undo.state == JobState::Done || undo.state.is_open());
    Ok(undo.map_or(UndoState::CanBeUndone, |undo| UndoState::Undone(Box::new(undo))))
}

/// Lets a node take back what an import has done, as far as nothing has happened since; or count that.
/// Returns the job that does it.
///
/// # Errors
/// When the import is still open, has changed nothing, was taken back before, or is being taken back.
pub async fn import_undo(
    resources: &Resources,
    call: &Call,
    import: JobId,
    dry_run: bool,
) -> Result<JobId, Refusal> {
    let store = &resources.store;
    let (job, permit) = of_job(store, call, import, Right::ContactsWrite).await?;
    if job.kind != BULK_JOB {
        of_kind(&job, IMPORT_JOB)?;
    }
    // What this very request has begun is no reason against it.
    if let Some(request) = &call.request {
        let known = store.idempotency_find(call.actor.record(), request.clone(), call.at).await?;
        if let Some(repeated) = known {
            return Err(StoreError::Repeated(repeated).into());
        }
    }
    if job.state.is_open() {
        return Err(not_now("The import goes on; stop it first."));
    }
    if store.job_parts(import, JobFile::Changes).await? == 0 {
        let words = "This import has changed nothing, so there is nothing to undo.";
        return Err(Refusal::new(RefusalKind::Conflict, "nothing_to_undo", words));
    }
    let action = if dry_run { "import.rehearse_undo" } else { "import.undo" };
    let object = AuditObject::new("job", import);
    let named = call.acting(&permit, store, action, object, None);
    let spec = UndoSpec { rehearsal: dry_run }.to_json();
    if let Some(undo) = store.job_about(import).await? {
        match undo.state {
            JobState::Waiting => {
                named.job_queue(undo.id, spec, undo.topic, call.at).await?;
                return Ok(undo.id);
            }
            JobState::Done => return Err(not_now(format!("Job {} has undone it.", undo.id))),
            state if state.is_open() => {
                return Err(not_now(format!("Job {} is at it already.", undo.id)));
            }
            _ => {}
        }
    }
    let new = NewJob {
        kind: UNDO_JOB,
        actor: call.actor.record(),
        topic: job.topic,
        title: job.title.clone(),
        spec,
        of: Some(import),
    };
    Ok(named.job_ask(new, audience::undo_total(&job)?, call.at).await?)
}
