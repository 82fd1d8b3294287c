//! The erasure of one list: what it would do to how much, then how far it is, and what it has done.
//!
//! Invariant: nobody is erased by a slip of the hand: what is erased is counted and shown, and its
//! number has to be typed.

use actions::{Call, RefusalKind, erasure_contacts};
use askama::Template;
use audience::ERASE_JOB;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use report::number_text::thousands;
use serde::Deserialize;
use store::{Job, JobState};

use crate::admin::entry::gate::Admission;
use crate::admin::jobs::figures::{self, JobFigure};
use crate::admin::jobs::rejects::rejects_of;
use crate::admin::live::{self, LiveControl, Shown, part};
use crate::admin::page::calls::{call, looking};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::streams::{KEY, LivePart, Maker};
use crate::listen::respond;

use super::{PATH, frame};

#[derive(Template)]
#[template(path = "admin/erasure.html")]
struct ErasurePage {
    frame: AdminFrame,
    live: String,
    id: String,
    title: String,
    /// As long as a server works on it.
    control: Option<LiveControl>,
    /// Somebody has to decide.
    question: Option<ErasureQuestion>,
    typed: String,
    problem: Option<FormProblem>,
    key: String,
}

/// Whether so many people are to be erased.
struct ErasureQuestion {
    contacts: u64,
    /// In words: 1 person, 2,000 people.
    people: String,
}

/// How far it is; renews itself.
#[derive(Template)]
#[template(path = "admin/erasure_live.html")]
struct ErasureLive {
    id: String,
    title: String,
    state: &'static str,
    standing: String,
    about: String,
    is_open: bool,
    may_stop: bool,
    share: i64,
    figures: Vec<JobFigure>,
    is_counted: bool,
    has_rejects: bool,
    key: String,
}

#[derive(Deserialize)]
pub(crate) struct ErasureSince {
    since: Option<String>,
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    page(&admitted, &parts, &id, "", StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let made = async {
        let job = find(parts, &looking(admitted), id).await?;
        let live = ErasureLive::new(&job)?;
        let (path, shown) = (format!("{PATH}/{}", job.id), LivePart::of(&live)?);
        let stream = format!("{path}/stream");
        let control = || LiveControl::new(path, stream, "live", &[&shown.revision]);
        let contacts = erasure_contacts(&job);
        let contacts = contacts.map_err(PageProblem::failed("reading what a job has counted"))?;
        Ok(ErasurePage {
            frame: frame(admitted),
            control: live.is_open.then(control),
            live: shown.html(&new_key()?),
            id: job.id.to_string(),
            title: figures::title(&job),
            question: contacts.map(ErasureQuestion::new),
            typed: typed.to_owned(),
            problem,
            key: new_key()?,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn live(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let known = part::known_to(&headers);
    let made = live_part(&parts, &looking(&admitted), &id).await;
    part::answer(made.map(|part| part.unless(known.as_deref())), known, &admitted.visitor)
}

pub(crate) async fn stream(
    admission: Admission,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<ErasureSince>,
    headers: HeaderMap,
) -> Response {
    let since = live::since(&headers, asked.since.as_deref());
    let call = looking(&admission.admitted);
    let (name, streams) = (format!("erasure {id}"), parts.live.clone());
    // Whoever has begun to look may see it; the others were asked before, too.
    let make: Maker = Box::new(move |known| {
        let (parts, call, id) = (parts.clone(), call.clone(), id.clone());
        Box::pin(async move { Ok(live_part(&parts, &call, &id).await?.unless(known.as_deref())) })
    });
    live::stream(&streams, admission, since.as_deref(), vec![Shown { part: "live", name, make }])
}

async fn live_part(parts: &AdminParts, call: &Call, id: &str) -> Result<LivePart, PageProblem> {
    let live = ErasureLive::new(&find(parts, call, id).await?)?;
    // What comes next is more than this part of the page.
    Ok(LivePart::of(&live)?.over(!live.is_open))
}

async fn find(parts: &AdminParts, call: &Call, id: &str) -> Result<Job, PageProblem> {
    let missing = || {
        let text = "What was erased, and how much, is kept for 30 days, without the list.";
        PageProblem::Missing("No such erasure", text)
    };
    let id = id.parse().map_err(|_| missing())?;
    let found = actions::job(&parts.resources, call, id).await;
    let job = found.map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => missing(),
        _ => PageProblem::failed("looking for an erasure")(refusal),
    })?;
    if job.kind == ERASE_JOB { Ok(job) } else { Err(missing()) }
}

/// Erases them, when their number is typed.
pub(crate) async fn start(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let started = async {
        let job = find(&parts, &looking(&admitted), &id).await?;
        let call = call(&admitted, &form)?;
        let shown = erasure_contacts(&job)?;
        let typed: String = form.text("contacts").chars().filter(char::is_ascii_digit).collect();
        let typed: Option<u64> = typed.parse().ok();
        if let Some(shown) = shown.filter(|shown| typed != Some(*shown)) {
            let words = format!("nobody was erased: type {shown}, which is how many they are");
            return Err(wrong("contacts", words));
        }
        actions::job_start(&parts.resources, &call, job.id, typed).await?;
        Ok(Message::ErasureStarted)
    };
    answered(&admitted, &parts, &id, form.text("contacts"), started.await).await
}

pub(crate) async fn stop(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let stopped = async {
        let job = find(&parts, &looking(&admitted), &id).await?;
        actions::job_stop(&parts.resources, &call(&admitted, &form)?, job.id).await?;
        Ok(Message::ErasureStopped)
    };
    answered(&admitted, &parts, &id, "", stopped.await).await
}

async fn answered(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: &str,
    done: Result<Message, Refused>,
) -> Response {
    let path = format!("{PATH}/{id}");
    match done {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(admitted, parts, id, typed, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// The lines that are no address, by their numbers, part by part.
pub(crate) async fn rejects(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    match find(&parts, &looking(&admitted), &id).await {
        Ok(job) => rejects_of(&admitted, &parts, &job).await,
        Err(problem) => problem.page(&admitted.visitor),
    }
}

impl ErasureQuestion {
    fn new(contacts: u64) -> Self {
        let noun = if contacts == 1 { "person" } else { "people" };
        let number = thousands(i64::try_from(contacts).unwrap_or(i64::MAX));
        Self { contacts, people: format!("{number} {noun}") }
    }
}

impl ErasureLive {
    fn new(job: &Job) -> Result<Self, PageProblem> {
        let figures = figures::figures(job)?;
        Ok(Self {
            id: job.id.to_string(),
            title: figures::title(job),
            state: job.state.as_str(),
            standing: figures::standing(job),
            about: format!("{}, {}", job.actor.name, job.created_at.readable()),
            is_open: matches!(job.state, JobState::Queued | JobState::Running),
            may_stop: job.state.is_open(),
            share: figures::share(job),
            is_counted: job.state == JobState::Waiting && !job.position.is_empty(),
            has_rejects: figures.iter().any(|it| it.name == "Lines without an address"),
            figures,
            key: KEY.to_owned(),
        })
    }
}
