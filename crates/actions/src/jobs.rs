//! Jobs: looking at them, stopping them, taking away what they have written.
//!
//! Invariant: what a job has read or written leaves only for who may see contacts of its topic.

use access::{Object, TopicScope};
use audience::{
    BULK_JOB, ERASE_JOB, EXPORT_JOB, ErasureSpec, ExportSpec, IMPORT_JOB, ImportSpec, UNDO_JOB,
    export_progress, import_progress, import_warnings,
};
use model::{DisclosureKind, JobId, Right};
use report::ContactsExport;
use serde_json::{Value, json};
use store::{AuditObject, Disclosed, JOB_PART_BYTES, Job, JobFile, JobState, Store};

use crate::job_reach::{not_now, of_job, of_kind};
use crate::upload_space::uploads_drop;
use crate::{Call, DisclosureWish, Refusal, Resources, contacts_bulk, erasures, imports, undo};

/// Why a file is gone before its time.
const FILE_ERASED: &str = "The file was removed because somebody in it has been erased.";
/// Jobs that are looked at for a page.
pub const JOBS_PAGE: usize = 50;

/// The newest jobs that were asked for before some job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobsFound {
    /// Those of the actor's topics.
    pub jobs: Vec<Job>,
    /// Where to go on, if there are more.
    pub next: Option<JobId>,
}

/// Stops a job before its next step. What it has done stays.
///
/// # Errors
/// When it has ended.
pub async fn job_stop(resources: &Resources, call: &Call, id: JobId) -> Result<(), Refusal> {
    let store = &resources.store;
    let (_, permit) = of_job(store, call, id, Right::ContactsWrite).await?;
    let named = call.acting(&permit, store, "job.stop", AuditObject::new("job", id), None);
    named.job_stop(id, call.at).await?;
    Ok(uploads_drop(store).await?)
}

/// Lets a node do what was rehearsed, or uploaded. For an erasure the caller says of how many contacts
/// at most.
///
/// # Errors
/// When the job does not wait for that; as [`imports::import_start`] and [`erasures::erasure_start`].
pub async fn job_start(
    resources: &Resources,
    call: &Call,
    id: JobId,
    contacts_at_most: Option<u64>,
) -> Result<(), Refusal> {
    let (job, _) = of_job(&resources.store, call, id, Right::ContactsWrite).await?;
    match (job.kind.as_str(), job.of) {
        (IMPORT_JOB, _) => {
            let spec = ImportSpec { rehearsal: false, ..ImportSpec::from_json(&job.spec) };
            imports::import_start(resources, call, id, spec).await
        }
        (ERASE_JOB, _) => {
            let spec = ErasureSpec::from_json(&job.spec);
            let spec = ErasureSpec { rehearsal: false, contacts_at_most, ..spec };
            erasures::erasure_start(resources, call, id, spec).await
        }
        (BULK_JOB, _) => contacts_bulk::bulk_start(resources, call, &job).await,
        (UNDO_JOB, Some(import)) => {
            undo::import_undo(resources, call, import, false).await.map(drop)
        }
        _ => Err(not_now("This job begins by itself.")),
    }
}

/// A job, for who may see contacts or change them: it tells of nobody.
///
/// # Errors
/// When there is none, or it is about a foreign topic.
pub async fn job(resources: &Resources, call: &Call, id: JobId) -> Result<Job, Refusal> {
    let right = match call.actor.can(Right::ContactsWrite) {
        true => Right::ContactsWrite,
        false => Right::ContactsRead,
    };
    Ok(of_job(&resources.store, call, id, right).await?.0)
}

/// The newest jobs that were asked for before this one, those of the actor's topics.
///
/// # Errors
/// Without the right.
pub async fn jobs(
    resources: &Resources,
    call: &Call,
    before: Option<JobId>,
) -> Result<JobsFound, Refusal> {
    let permit = call.permit(Right::ContactsRead, Object::OwnTopics)?;
    let before = before.unwrap_or(JobId(i64::MAX));
    let mut jobs = resources.store.jobs_page(before, JOBS_PAGE).await?;
    let next = jobs.last().filter(|_| jobs.len() == JOBS_PAGE).map(|last| last.id);
    if let TopicScope::These(topics) = permit.topics() {
        jobs.retain(|job| job.topic.is_some_and(|topic| topics.contains(&topic)));
    }
    Ok(JobsFound { jobs, next })
}

/// A part of the lines that a job has rejected; None behind the last one.
///
/// # Errors
/// As [`job`].
pub async fn job_rejects(
    resources: &Resources,
    call: &Call,
    id: JobId,
    number: u32,
) -> Result<Option<Vec<u8>>, Refusal> {
    let (job, _) = of_job(&resources.store, call, id, Right::ContactsRead).await?;
    let part = resources.store.job_part(id, JobFile::Rejects, number).await?;
    let rejected = job.kind == IMPORT_JOB && import_progress(&job)?.rejected > 0;
    if number == 0 && part.is_none() && rejected && !job.state.is_open() {
        return Err(not_now(FILE_ERASED));
    }
    Ok(part)
}

/// The list of what may be wrong with addresses of an import; empty when that is nothing. It names lines and
/// domains, and nobody's address.
///
/// # Errors
/// As [`job`].
pub async fn job_warnings(
    resources: &Resources,
    call: &Call,
    id: JobId,
) -> Result<Vec<u8>, Refusal> {
    let (job, _) = of_job(&resources.store, call, id, Right::ContactsRead).await?;
    of_kind(&job, IMPORT_JOB)?;
    let bytes = usize::try_from(import_warnings(&job)).unwrap_or(usize::MAX);
    let list = match bytes {
        0 => None,
        _ => resources.store.job_part(id, JobFile::Warnings, 0).await?,
    };
    let mut list = list.unwrap_or_default();
    list.truncate(bytes);
    Ok(list)
}

/// The file of an export that is being taken away.
#[derive(Clone)]
pub struct TakenFile {
    store: Store,
    job: JobId,
    disclosed: Disclosed,
    bytes: u64,
}

impl TakenFile {
    /// A part of it; None behind the last one.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn part(&self, number: u32) -> Result<Option<Vec<u8>>, Refusal> {
        if u64::from(number) * JOB_PART_BYTES as u64 >= self.bytes {
            return Ok(None);
        }
        Ok(self.store.job_file_part(&self.disclosed, self.job, number).await?)
    }
}

/// The file that an export has written, to take away. That it is taken is in the disclosure register and in
/// the audit log before its first byte leaves.
///
/// # Errors
/// As [`job`]; when the file is not whole; when the recipient may not get it.
pub async fn job_file(resources: &Resources, call: &Call, id: JobId) -> Result<TakenFile, Refusal> {
    let store = &resources.store;
    let (job, permit) = of_job(store, call, id, Right::ContactsRead).await?;
    of_kind(&job, EXPORT_JOB)?;
    if job.state != JobState::Done {
        return Err(not_now("The file is not whole yet."));
    }
    let written = export_progress(&job);
    if store.job_parts(id, JobFile::Result).await? == 0 && written.bytes > 0 {
        return Err(not_now(FILE_ERASED));
    }
    let after = json!({ "contacts": written.contacts });
    let object = AuditObject::new("job", id);
    let named = call.acting(&permit, store, "contacts.export_read", object, Some(after));
    let new = DisclosureWish::of(&job.spec).new_disclosure(call, kind_of(&job), &about(&job));
    let disclosed = named.job_file_disclose(id, new).await?;
    Ok(TakenFile { store: store.clone(), job: id, disclosed, bytes: written.bytes })
}

fn kind_of(job: &Job) -> DisclosureKind {
    match ContactsExport::from_json(&job.spec) {
        Some(_) => DisclosureKind::ReportFile,
        None => DisclosureKind::ContactsFile,
    }
}

/// Whom a file is about, naming nobody.
fn about(job: &Job) -> Value {
    let report = ContactsExport::from_json(&job.spec).map(|spec| spec.logged());
    let contacts = || ExportSpec::from_json(&job.spec).map(|spec| spec.logged());
    let mut about = report.or_else(contacts).unwrap_or_else(|| json!({}));
    about["job"] = job.id.0.into();
    about
}
