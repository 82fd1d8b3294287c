//! Lists of people who are to be erased, and the jobs that do it.
//!
//! Invariants: it needs the right on the whole installation, as the erasure of one person does; nobody
//! is erased before somebody has said of how many contacts at most.

use access::Object;
use audience::{ERASE_JOB, ErasureSpec, ImportError};
use model::{JobId, Right};
use serde_json::json;
use store::{AuditObject, ErasureCounts, Job, NewJob};

use crate::imports::{title, upload_place};
use crate::job_reach::{of_job, of_kind};
use crate::{Call, Refusal, RefusalKind, Resources, Upload};

/// Begins an erasure with a list that is uploaded next.
///
/// # Errors
/// Without the right.
pub async fn erasure_begin(
    resources: &Resources,
    call: &Call,
    file_name: &str,
) -> Result<Upload, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let place = upload_place(resources).await?;
    // A file may be called as the person whom it is about.
    let title = Some(title(file_name)).filter(|name| !name.contains('@'));
    let title = title.unwrap_or_else(|| "addresses.csv".to_owned());
    let spec = ErasureSpec { rehearsal: true, ..ErasureSpec::default() };
    let new = NewJob {
        kind: ERASE_JOB,
        actor: call.actor.record(),
        topic: None,
        title: title.clone(),
        spec: spec.to_json().to_string(),
        of: None,
    };
    let (object, after) = (AuditObject::of_kind("job"), json!({ "file": title }));
    let named = call.acting(&permit, store, "erasure.begin", object, Some(after));
    let id = named.job_create(new, call.at).await?;
    Ok(Upload::new(store, place, id, call.at))
}

/// Lets a node erase everybody in the list, or count what that would remove.
///
/// # Errors
/// When the list can't be read, or has more contacts than are expected, as far as they are counted; or
/// the job does not wait for this.
pub async fn erasure_start(
    resources: &Resources,
    call: &Call,
    id: JobId,
    spec: ErasureSpec,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (job, _) = of_job(store, call, id, Right::ContactsWrite).await?;
    of_kind(&job, ERASE_JOB)?;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    if !spec.rehearsal {
        let Some(at_most) = spec.contacts_at_most else {
            let words = "Say of how many contacts at most; nobody is erased if there are more.";
            return Err(Refusal::of_field("/contacts_at_most", "field", words));
        };
        if let Some(contacts) = erasure_contacts(&job)?.filter(|contacts| *contacts > at_most) {
            let noun = if contacts == 1 { "contact" } else { "contacts" };
            let words = format!(
                "The list has {contacts} {noun}, more than the {at_most} that are expected; nobody \
                 was erased."
            );
            return Err(Refusal::new(RefusalKind::Conflict, "too_many_contacts", words));
        }
    }
    let checked = audience::address_list_check(store, id, spec.column.clone()).await;
    checked.map_err(of_list)?;
    let action = if spec.rehearsal { "erasure.rehearse" } else { "erasure.start" };
    let (object, spec) = (AuditObject::new("job", id), spec.to_json());
    let named = call.acting(&permit, store, action, object, Some(spec.clone()));
    Ok(named.job_queue(id, spec.to_string(), None, call.at).await?)
}

/// How many contacts a rehearsal has found; None before it has ended.
///
/// # Errors
/// When the job's counts can't be read.
pub fn erasure_contacts(job: &Job) -> Result<Option<u64>, Refusal> {
    let is_counted = job.state == store::JobState::Waiting && !job.position.is_empty();
    Ok(match is_counted {
        true => Some(ErasureCounts::from_text(&job.counts)?.contacts),
        false => None,
    })
}

/// Why a list can't be read.
fn of_list(error: ImportError) -> Refusal {
    let words = error.to_string();
    match error {
        ImportError::NoEmailColumn { found, .. } => {
            let words = format!(
                "No column is called email; the first line names {}. Say which one holds the \
                 addresses.",
                found.join(", ")
            );
            Refusal::of_field("/column", "column_not_found", words)
        }
        ImportError::UnknownColumn { .. } => {
            Refusal::of_field("/column", "column_not_found", words)
        }
        ImportError::Empty => Refusal::of_field("/file", "file_empty", "The list is empty."),
        other => other.into(),
    }
}
