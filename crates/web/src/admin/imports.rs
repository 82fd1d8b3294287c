//! Importing a file of contacts: it is uploaded, its columns are told, and a server does the rest.

pub(crate) mod columns;
pub(crate) mod page;
mod reading;
pub(crate) mod undo;
mod undo_part;
pub(crate) mod upload;
pub(crate) mod warnings;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::JobId;
use serde::Deserialize;
use store::Job;

use crate::admin::jobs::figures;
use crate::admin::page::calls::looking;
use crate::admin::page::listing::{ListAddress, Pager};
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
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
    path: String,
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
        Ok(ImportsPage {
            frame: frame(&admitted),
            lines: found.jobs.iter().map(JobLine::new).collect(),
            pager: Pager::new(&address, after, found.next.map(|id| id.0)),
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
            path: figures::path(job),
            title: figures::title(job),
            state: job.state.as_str(),
            standing: figures::standing(job),
            who: job.actor.name.clone(),
            at: job.created_at.readable(),
        }
    }
}

fn frame(admitted: &Admitted) -> AdminFrame {
    admitted.frame("contacts").below("/admin/contacts", "Contacts")
}

/// The job of an import by the number in its address.
pub(crate) fn job_id(text: &str) -> Result<JobId, PageProblem> {
    text.parse().map_err(|_| PageProblem::no_import())
}
