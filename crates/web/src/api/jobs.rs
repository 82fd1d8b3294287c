//! Jobs: imports, exports, erasures of lists, and what takes imports back.
//!
//! Invariant: a job's figures tell of nobody; its rejected rows and its file are personal data.

use std::collections::BTreeMap;

use actions::{Call, import_undo, job_start, job_stop, job_warnings};
use audience::{ATTRIBUTE_JOB, BULK_JOB, ERASE_JOB, EXPORT_JOB, IMPORT_JOB, TAG_JOB, UNDO_JOB};
use model::{JobId, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::topic_slugs::TopicSlugs;
use crate::listen::file_parts;

list_params! {
    JobsParams {
        /// Only those of this kind: import, undo, export, erase, attribute, tag or bulk.
        #[param(max_length = 40)]
        kind: Option<String>,
    }
}

/// Long work that somebody has asked for.
#[derive(Serialize, ToSchema)]
pub(crate) struct Job {
    #[schema(example = "7")]
    id: String,
    /// import, undo, export, erase, attribute, tag or bulk; there may be more.
    kind: String,
    /// uploading, waiting (for a decision), queued, running, done, failed or stopped; there may be more.
    state: &'static str,
    /// What it is about, such as the name of a file.
    #[schema(example = "people.csv")]
    title: String,
    /// The slug of the topic that it belongs to; null: the installation’s.
    topic: Option<String>,
    /// Who has asked for it.
    by: String,
    /// It counts what it would do, and changes nothing.
    dry_run: bool,
    /// Bytes of the file that are done; contacts where there is none.
    #[schema(minimum = 0)]
    done: i64,
    /// Of so many, about.
    #[schema(minimum = 0)]
    total: i64,
    /// What it has done so far, or would do; there may be more figures.
    #[schema(example = json!({ "rows": 3, "added": 2, "rejected": 1 }))]
    counts: BTreeMap<&'static str, u64>,
    /// By what right an import subscribes people, as in its parameter `basis`.
    #[schema(example = "consent")]
    basis: Option<&'static str>,
    /// The product as whose export an import has read its file, as in its parameter `from`.
    #[schema(example = "mailchimp")]
    product: Option<&'static str>,
    /// Why it failed.
    problem: Option<String>,
    /// The id of the import that it takes back.
    undo_of: Option<String>,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    changed_at: String,
    #[schema(format = "date-time")]
    ended_at: Option<String>,
}

/// What whoever starts a job believes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct JobStart {
    /// For an erasure, and needed there: nobody is erased if the list has more contacts.
    #[param(minimum = 0, example = 312)]
    contacts_at_most: Option<u64>,
}

/// How an import is to be taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Undo {
    /// Count what would be taken back, and change nothing; `start` then does it.
    #[serde(default)]
    dry_run: bool,
}

impl Job {
    fn new(job: store::Job, slugs: &TopicSlugs) -> Result<Self, Problem> {
        let figures = audience::job_figures(&job)?;
        Ok(Self {
            id: job.id.to_string(),
            state: job.state.as_str(),
            topic: job.topic.and_then(|id| slugs.of(&[id]).pop()),
            dry_run: audience::job_is_rehearsal(&job),
            done: job.done,
            total: job.total.max(job.done),
            counts: figures.into_iter().collect(),
            basis: audience::job_basis(&job).map(|it| it.basis.as_str()),
            product: audience::job_product(&job).map(|it| it.name.as_str()),
            undo_of: job.of.map(|id| id.to_string()),
            created_at: job.created_at.rfc3339(),
            changed_at: job.changed_at.rfc3339(),
            ended_at: job.ended_at.map(Timestamp::rfc3339),
            kind: job.kind,
            title: job.title,
            by: job.actor.name,
            problem: job.problem,
        })
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: JobsParams = asked.query()?;
    let kind = params.kind.as_deref();
    let kinds = [IMPORT_JOB, UNDO_JOB, EXPORT_JOB, ERASE_JOB, ATTRIBUTE_JOB, TAG_JOB, BULK_JOB];
    if kind.is_some_and(|kind| !kinds.contains(&kind)) {
        let words = "The parameter `kind` is import, undo, export, erase, attribute, tag or bulk.";
        return Err(Problem::bad_request("query", words));
    }
    let filter = [("kind", kind)];
    let page = ListAsked::new("/api/v1/jobs", &filter, params.limit, params.after.as_deref())?;
    let (resources, call) = (&asked.parts.resources, &looking(&asked));
    let batch = |after: Option<i64>| async move {
        let found = actions::jobs(resources, call, after.map(JobId)).await?;
        let next = found.next.map(|id| id.0);
        Ok(Batch { rows: found.jobs, next, is_last_for_now: false })
    };
    let takes = |job: &store::Job| kind.is_none_or(|kind| job.kind == kind);
    let (rows, next) = page.fill(batch, takes, |it| it.id.0).await?;
    let slugs = TopicSlugs::read(asked.store()).await?;
    let rows: Result<Vec<Job>, Problem> = rows.into_iter().map(|it| Job::new(it, &slugs)).collect();
    page.page(&rows?, next)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.job()?;
    Reply::tagged(&found(&asked, id).await?)
}

pub(crate) async fn start(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.job()?;
    let JobStart { contacts_at_most } = asked.query()?;
    job_start(&asked.parts.resources, &asked.call(), id, contacts_at_most).await?;
    accepted(&asked, id).await
}

pub(crate) async fn stop(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.job()?;
    job_stop(&asked.parts.resources, &asked.call(), id).await?;
    Reply::of(&found(&asked, id).await?)
}

pub(crate) async fn state_again(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.job()?;
    Reply::of(&found(&asked, id).await?)
}

pub(crate) async fn undo(asked: Asked) -> Result<Reply, Problem> {
    let Undo { dry_run } = asked.body()?;
    let id = import_undo(&asked.parts.resources, &asked.call(), asked.job()?, dry_run).await?;
    accepted(&asked, id).await
}

/// The rows that could not be used.
pub(crate) async fn rejects(asked: Asked) -> Result<Reply, Problem> {
    let (id, resources, call) = (asked.job()?, asked.parts.resources.clone(), looking(&asked));
    let first = actions::job_rejects(&resources, &call, id, 0).await?;
    let body = file_parts::body(first, move |number| {
        let (resources, call) = (resources.clone(), call.clone());
        async move { actions::job_rejects(&resources, &call, id, number).await }
    });
    Ok(Reply::csv(&format!("job-{id}-rejects.csv"), body))
}

/// What may be wrong with addresses of an import.
pub(crate) async fn warnings(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.job()?;
    let list = job_warnings(&asked.parts.resources, &looking(&asked), id).await?;
    Ok(Reply::csv(&format!("job-{id}-warnings.csv"), list.into()))
}

/// What an export has written.
pub(crate) async fn file(asked: Asked) -> Result<Reply, Problem> {
    let id = asked.job()?;
    let file = actions::job_file(&asked.parts.resources, &looking(&asked), id).await?;
    let first = file.part(0).await?;
    let body = file_parts::body(first, move |number| {
        let file = file.clone();
        async move { file.part(number).await }
    });
    Ok(Reply::csv(&format!("contacts-{id}.csv"), body))
}

/// 202 with a job.
pub(crate) async fn accepted(asked: &Asked, id: JobId) -> Result<Reply, Problem> {
    Reply::accepted(&format!("/api/v1/jobs/{id}"), &found(asked, id).await?)
}

async fn found(asked: &Asked, id: JobId) -> Result<Job, Problem> {
    let job = actions::job(&asked.parts.resources, &looking(asked), id).await?;
    Job::new(job, &TopicSlugs::read(asked.store()).await?)
}

/// A call that changes nothing.
fn looking(asked: &Asked) -> Call {
    Call::new(asked.actor.clone(), asked.at)
}
