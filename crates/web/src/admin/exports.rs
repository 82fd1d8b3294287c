//! Exporting contacts: the filter of the list becomes a file to take away.

use actions::{DisclosureWish, Refusal, RefusalKind};
use askama::Template;
use audience::{EXPORT_JOB, ExportSpec};
use axum::extract::{Path, State};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use model::TagName;
use store::{ContactQuery, Job, JobState};

use crate::admin::contacts;
use crate::admin::jobs::figures::{self, JobFigure};
use crate::admin::page::calls::{call, looking};
use crate::admin::page::form::Form;
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::spreadsheet_file::spreadsheet_parts;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::{file_parts, respond};

const PATH: &str = "/admin/exports";
const HX_REFRESH: HeaderName = HeaderName::from_static("hx-refresh");
/// Characters of a part of an address.
const LONGEST_PART: usize = 254;

#[derive(Template)]
#[template(path = "admin/export.html")]
struct ExportPage {
    frame: AdminFrame,
    live: ExportLive,
}

/// How far it is; renews itself.
#[derive(Template)]
#[template(path = "admin/export_live.html")]
struct ExportLive {
    id: String,
    title: String,
    state: &'static str,
    standing: String,
    /// Which contacts.
    whom: String,
    about: String,
    is_open: bool,
    is_done: bool,
    share: i64,
    figures: Vec<JobFigure>,
}

/// Lets a server write those who match.
pub(crate) async fn begin(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let begun = async {
        let query = query(&form)?;
        let call = call(&admitted, &form)?;
        let wish = DisclosureWish::said(Some(form.trimmed("for")), Some(form.trimmed("purpose")));
        let notice = Some(form.trimmed("notice")).filter(|text| !text.is_empty());
        let notice = notice.map(str::parse).transpose();
        let notice =
            notice.map_err(|_| wrong("notice", "there is no sharing notice with this number"))?;
        let wish = wish.shared_by(notice);
        Ok(actions::export_begin(&parts.resources, &call, query, wish).await?)
    };
    match begun.await {
        Ok(id) => admitted.visitor.done(&format!("{PATH}/{id}"), Message::ExportStarted),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/contacts", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            contacts::refused(&admitted, &parts, (status, problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

fn query(form: &Form) -> Result<ContactQuery, Refused> {
    let given = |name| Some(form.trimmed(name)).filter(|text| !text.is_empty());
    let part = given("q");
    if part.is_some_and(|part| part.len() > LONGEST_PART) {
        return Err(wrong("q", "an address is not that long"));
    }
    let state = match given("state") {
        None => None,
        Some(word) => {
            let known = ExportSpec::state(word);
            Some(known.ok_or_else(|| wrong("state", "there is no such state"))?)
        }
    };
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let tag = given("tag").map(TagName::parse).transpose();
    let tag = tag.map_err(|problem| wrong("tag", problem.to_string()))?;
    Ok(ContactQuery { address_part: owned(part), topic: owned(given("topic")), state, tag })
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    match find(&admitted, &parts, &id).await {
        Ok(job) => {
            let frame = admitted.frame("contacts").below("/admin/contacts", "Contacts");
            match ExportLive::new(&job) {
                Ok(live) => respond::page(StatusCode::OK, &ExportPage { frame, live }),
                Err(problem) => problem.page(&admitted.visitor),
            }
        }
        Err(problem) => problem.page(&admitted.visitor),
    }
}

pub(crate) async fn live(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = async {
        let job = find(&admitted, &parts, &id).await?;
        Ok((job.state.is_open(), ExportLive::new(&job)?))
    };
    match made.await {
        Ok((true, part)) => respond::page(StatusCode::OK, &part),
        Ok((false, part)) => {
            ([(HX_REFRESH, "true")], respond::page(StatusCode::OK, &part)).into_response()
        }
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// The file, part by part.
pub(crate) async fn file(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let job = match find(&admitted, &parts, &id).await {
        Ok(job) if job.state == JobState::Done => job,
        Ok(_) => {
            let text = "Its page says how far it is.";
            return PageProblem::Missing("The file is not there yet", text).page(&admitted.visitor);
        }
        Err(problem) => return problem.page(&admitted.visitor),
    };
    let taken = async {
        let file = actions::job_file(&parts.resources, &looking(&admitted), job.id).await?;
        let first = file.part(0).await?;
        Ok((file, first))
    };
    let (file, first) = match taken.await {
        Ok(taken) => taken,
        Err(Refusal { kind: RefusalKind::Invalid, words, .. }) => {
            return PageProblem::Refused(words).page(&admitted.visitor);
        }
        Err(Refusal { kind: RefusalKind::Conflict, .. }) => {
            return PageProblem::file_erased().page(&admitted.visitor);
        }
        Err(refusal) => {
            return PageProblem::failed("reading an export")(refusal).page(&admitted.visitor);
        }
    };
    spreadsheet_parts(&format!("contacts-{}.csv", job.id), first, |first| {
        file_parts::body(first, move |number| {
            let file = file.clone();
            async move { file.part(number).await }
        })
    })
}

async fn find(admitted: &Admitted, parts: &AdminParts, id: &str) -> Result<Job, PageProblem> {
    let missing = || {
        let text = "Exports are removed, with their file, a day after they were written.";
        PageProblem::Missing("No such export", text)
    };
    let id = id.parse().map_err(|_| missing())?;
    let found = actions::job(&parts.resources, &looking(admitted), id).await;
    found.ok().filter(|job| job.kind == EXPORT_JOB).ok_or_else(missing)
}

impl ExportLive {
    fn new(job: &Job) -> Result<Self, PageProblem> {
        Ok(Self {
            id: job.id.to_string(),
            title: figures::title(job),
            state: job.state.as_str(),
            standing: figures::standing(job),
            whom: whom(job),
            about: format!("{}, {}", job.actor.name, job.created_at.readable()),
            is_open: job.state.is_open(),
            is_done: job.state == JobState::Done,
            share: figures::share(job),
            figures: figures::figures(job)?,
        })
    }
}

/// Which contacts, in words.
fn whom(job: &Job) -> String {
    if let Some(of) = report::ContactsExport::from_json(&job.spec) {
        return format!("Contacts of campaign {}: {}", of.number(), did(of.query));
    }
    let Some(ExportSpec { query, .. }) = ExportSpec::from_json(&job.spec) else {
        return String::new();
    };
    let mut parts = Vec::new();
    if let Some(topic) = query.topic {
        parts.push(format!("of the topic {topic}"));
    }
    if let Some(state) = query.state {
        parts.push(ExportSpec::word(state).to_owned());
    }
    if let Some(part) = query.address_part {
        parts.push(format!("with “{part}” in the address"));
    }
    if parts.is_empty() { "Everybody".to_owned() } else { format!("Those {}", parts.join(", ")) }
}

/// What those contacts did, in a few words.
fn did(query: report::ReportContactsQuery) -> String {
    let mut words = query.group().as_str().replace('_', " ");
    if let Some(bound) = query.bound() {
        words.push_str(&format!(", {}", bound.as_str().replace('_', " ")));
    }
    if let Some(slot) = query.link() {
        words.push_str(&format!(", link {}", slot.0.saturating_add(1)));
    }
    words
}
