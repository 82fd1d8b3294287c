//! Importing a file of contacts: it is uploaded, its columns are told, and a server does the rest.

pub(crate) mod columns;
pub(crate) mod page;
pub(crate) mod upload;

use actions::Call;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::JobId;
use serde::Deserialize;
use store::{Job, JobState};

use crate::admin::listing::{ListAddress, Pager};
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::problem::PageProblem;
use crate::admin::visitor::Admitted;
use crate::clock::now;
use crate::listen::respond;

const PATH: &str = "/admin/imports";

#[derive(Deserialize)]
pub(crate) struct ImportsQuery {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/imports.html")]
struct ImportsPage {
    frame: AdminFrame,
    lines: Vec<JobLine>,
    pager: Pager,
}

struct JobLine {
    id: String,
    title: String,
    state: &'static str,
    /// In words, for people.
    standing: String,
    who: String,
    at: String,
}

pub(crate) async fn list(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<ImportsQuery>,
) -> Response {
    let made = async {
        let address = ListAddress::new(PATH, &[]);
        let after = address.read(asked.cursor.as_deref())?;
        let call = looking(&admitted);
        let found = actions::jobs(&parts.resources, &call, after.map(JobId)).await;
        let found = found.map_err(PageProblem::failed("listing imports"))?;
        let is_full = found.len() == actions::JOBS_PAGE;
        let next = found.last().filter(|_| is_full).map(|last| last.id.0);
        Ok(ImportsPage {
            frame: frame(&admitted),
            lines: found.iter().map(JobLine::new).collect(),
            pager: Pager::new(&address, after, next),
        })
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

impl JobLine {
    fn new(job: &Job) -> Self {
        Self {
            id: job.id.to_string(),
            title: job.title.clone(),
            state: job.state.as_str(),
            standing: standing(job),
            who: job.actor.name.clone(),
            at: job.created_at.readable(),
        }
    }
}

/// Where a job is, in words.
fn standing(job: &Job) -> String {
    match job.state {
        JobState::Uploading => "The file is still coming, or never came".to_owned(),
        JobState::Waiting => "Say what its columns are".to_owned(),
        JobState::Queued => "A server takes it next".to_owned(),
        JobState::Running => format!("{} % of the file", share(job)),
        JobState::Done => "Imported".to_owned(),
        JobState::Failed => job.problem.as_deref().map(sentence).unwrap_or_default(),
        JobState::Stopped => "Stopped; what it had done stays".to_owned(),
    }
}

/// Problems begin small.
fn sentence(problem: &str) -> String {
    crate::admin::form::sentence(problem).trim_end_matches('.').to_owned()
}

/// Per cent of the file that is done.
fn share(job: &Job) -> i64 {
    if job.total > 0 { (job.done * 100 / job.total).clamp(0, 100) } else { 0 }
}

fn frame(admitted: &Admitted) -> AdminFrame {
    admitted.frame("contacts").below("/admin/contacts", "Contacts")
}

/// A call that changes nothing.
fn looking(admitted: &Admitted) -> Call {
    Call::new(admitted.permit.actor().clone(), now())
}
