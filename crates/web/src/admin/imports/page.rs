//! One import: what its columns are, how far it is, what it has done.

use actions::{Call, Refusal, RefusalKind};
use askama::Template;
use audience::{ATTRIBUTE_JOB, BULK_JOB, ERASE_JOB, EXPORT_JOB, Everyone, ImportSpec, TAG_JOB};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use model::{TagName, TopicScope};
use serde::Deserialize;
use store::{ImportBasis, Job, JobState};

use crate::admin::entry::gate::Admission;
use crate::admin::jobs::figures::{self, JobFigure};
use crate::admin::jobs::rejects::rejects_of;
use crate::admin::live::{self, LiveControl, Shown, part};
use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::{Choice, all_topics, topic_choice};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::streams::{KEY, LivePart, Maker};
use crate::listen::respond;

use super::columns::{
    ColumnLine, basis_choices, everyone_choices, review_choices, spec_of, tracking_choices,
};
use super::reading::{ENCODINGS, Reading, ReadingPart, TypedReading};
use super::undo_part::UndoPart;
use super::warnings::{self, WarningLine};
use super::{PATH, frame, job_id, reading};

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");

#[derive(Template)]
#[template(path = "admin/import.html")]
struct ImportPage {
    frame: AdminFrame,
    live: String,
    id: String,
    title: String,
    /// As long as a server works on it.
    control: Option<LiveControl>,
    /// Somebody has to decide.
    columns: Option<ColumnsForm>,
    reading: Option<ReadingPart>,
    was_rehearsed: bool,
    undo: Option<UndoPart>,
    /// The first things that may be wrong with addresses.
    warnings: Vec<WarningLine>,
    is_open: bool,
    problem: Option<FormProblem>,
    key: String,
}

/// How far it is; renews itself.
#[derive(Template)]
#[template(path = "admin/import_live.html")]
struct ImportLive {
    id: String,
    title: String,
    state: &'static str,
    standing: String,
    about: String,
    is_open: bool,
    may_stop: bool,
    share: i64,
    figures: Vec<JobFigure>,
    /// By what right people are subscribed, when there are figures.
    basis: Option<ImportBasis>,
    /// The number of the campaign that it was made for.
    campaign: Option<i64>,
    is_done: bool,
    was_rehearsed: bool,
    /// The form with its columns stands below.
    may_import: bool,
    has_rejects: bool,
    has_warnings: bool,
    key: String,
}

struct ColumnsForm {
    lines: Vec<ColumnLine>,
    topics: Vec<Choice>,
    /// Otherwise a topic has to be chosen.
    beyond_topics: bool,
    everyone: Vec<Choice>,
    basis: Vec<Choice>,
    notice: String,
    proof: String,
    /// Only for who is trusted with all topics.
    tracking: Option<Vec<Choice>>,
    /// With commas between them.
    tags: String,
    /// What is to be done about addresses.
    review: Vec<Choice>,
    /// What may be wrong with the first addresses, in words.
    doubts: Option<String>,
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<Reading>,
) -> Response {
    let problem = asked.problem().map(|words| FormProblem::new("encoding", &words));
    let typed = if asked.is_said() { TypedReading::Reading(asked) } else { TypedReading::Nothing };
    page(&admitted, &parts, &id, typed, StatusCode::OK, problem).await
}

pub(crate) async fn live(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let known = part::known_to(&headers);
    let made = live_part(&parts, &looking(&admitted), &id).await;
    let (made, leads_to) = match made {
        Ok((part, leads_to)) => (Ok(part.unless(known.as_deref())), leads_to),
        Err(problem) => (Err(problem), None),
    };
    let mut answer = part::answer(made, known, &admitted.visitor);
    if let Some(to) = leads_to.and_then(|to| HeaderValue::try_from(to).ok()) {
        answer.headers_mut().insert(HX_REDIRECT, to);
    }
    answer
}

#[derive(Deserialize)]
pub(crate) struct ImportSince {
    since: Option<String>,
}

pub(crate) async fn stream(
    admission: Admission,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<ImportSince>,
    headers: HeaderMap,
) -> Response {
    let since = live::since(&headers, asked.since.as_deref());
    let call = looking(&admission.admitted);
    let (name, streams) = (format!("import {id}"), parts.live.clone());
    // Whoever has begun to look may see it; the others were asked before, too.
    let make: Maker = Box::new(move |known| {
        let (parts, call, id) = (parts.clone(), call.clone(), id.clone());
        Box::pin(async move {
            let (part, _) = live_part(&parts, &call, &id).await?;
            Ok(part.unless(known.as_deref()))
        })
    });
    live::stream(&streams, admission, since.as_deref(), vec![Shown { part: "live", name, make }])
}

/// How far it is, and where whoever watches it goes on: who came from a campaign goes on there, unless
/// there is something to look at.
async fn live_part(
    parts: &AdminParts,
    call: &Call,
    id: &str,
) -> Result<(LivePart, Option<String>), PageProblem> {
    let job = find(parts, call, id).await?;
    let live = ImportLive::new(&job)?;
    let leads_back = job.state == JobState::Done && !live.has_rejects;
    let to = live.campaign.filter(|_| leads_back).map(|it| format!("/admin/campaigns/{it}"));
    // What comes next is more than this part of the page.
    Ok((LivePart::of(&live)?.over(!live.is_open), to))
}

pub(super) async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: TypedReading,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    let made = async {
        let job = find(parts, &looking(admitted), id).await?;
        let spec = typed.spec(ImportSpec::from_json(&job.spec));
        let (columns, reading, refused) = match job.state {
            JobState::Waiting if job.of.is_none() => {
                let unread = || Some(ReadingPart::new(&spec, None));
                match columns(admitted, parts, &job, &spec).await {
                    Ok((form, reading)) => (Some(form), Some(reading), None),
                    Err(Refused::Form(_, problem)) => (None, unread(), Some(problem)),
                    Err(Refused::Page(problem)) => return Err(problem),
                    Err(Refused::DoneBefore) => (None, None, None),
                }
            }
            _ => (None, None, None),
        };
        let live = ImportLive::new(&job)?;
        let (path, shown) = (format!("{PATH}/{}", job.id), LivePart::of(&live)?);
        let stream = format!("{path}/stream");
        let control = || LiveControl::new(path, stream, "live", &[&shown.revision]);
        Ok(ImportPage {
            frame: frame(admitted).below(PATH, "Imports"),
            warnings: warnings::first(parts, &looking(admitted), &job).await?,
            is_open: live.is_open,
            was_rehearsed: live.was_rehearsed,
            undo: UndoPart::of(admitted, parts, &job).await?,
            control: live.is_open.then(control),
            live: shown.html(&new_key()?),
            id: job.id.to_string(),
            title: figures::title(&job),
            columns,
            reading,
            problem: problem.or(refused),
            key: new_key()?,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

async fn find(parts: &AdminParts, call: &Call, id: &str) -> Result<Job, PageProblem> {
    let id = job_id(id)?;
    let found = actions::job(&parts.resources, call, id).await;
    let job = found.map_err(|refusal| match refusal.kind {
        RefusalKind::NotFound => PageProblem::no_import(),
        _ => PageProblem::failed("looking for an import")(refusal),
    })?;
    // Exports and erasures have pages of their own.
    if [ATTRIBUTE_JOB, BULK_JOB, EXPORT_JOB, ERASE_JOB, TAG_JOB].contains(&job.kind.as_str()) {
        Err(PageProblem::no_import())
    } else {
        Ok(job)
    }
}

async fn columns(
    admitted: &Admitted,
    parts: &AdminParts,
    job: &Job,
    spec: &ImportSpec,
) -> Result<(ColumnsForm, ReadingPart), Refused> {
    let (resources, call) = (&parts.resources, looking(admitted));
    let (shown, used) = match actions::import_preview(resources, &call, job.id, spec).await {
        // What was said of columns does not fit the file: its columns as they are.
        Err(Refusal { kind: RefusalKind::Invalid, .. }) => {
            let plain = reading::without_columns(spec);
            (actions::import_preview(resources, &call, job.id, &plain).await?, plain)
        }
        shown => (shown?, spec.clone()),
    };
    let part = ReadingPart::new(&used, Some(&shown));
    let scope = admitted.topics();
    let topics = all_topics(parts).await?;
    let own = topics.iter().filter(|topic| scope.contains(topic.id));
    let chosen = |slug: &str| spec.topic.as_deref() == Some(slug);
    let lines = shown.columns.iter().enumerate();
    let form = ColumnsForm {
        lines: lines.map(|(number, column)| ColumnLine::new(number, column, spec)).collect(),
        topics: own.map(|topic| topic_choice(topic, chosen(&topic.slug))).collect(),
        beyond_topics: scope == TopicScope::All,
        everyone: everyone_choices(spec),
        basis: basis_choices(spec),
        notice: spec.basis.notice.clone().unwrap_or_default(),
        proof: spec.basis.proof.clone().unwrap_or_default(),
        tracking: (scope == TopicScope::All).then(|| tracking_choices(spec)),
        review: review_choices(spec),
        doubts: warnings::doubts(&shown),
        tags: spec.tags.iter().map(TagName::as_str).collect::<Vec<_>>().join(", "),
    };
    Ok((form, part))
}

/// Rehearses it, or does it.
pub(crate) async fn start(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let mut typed = None;
    let started = started(&admitted, &parts, &id, &form, &mut typed).await;
    answered(&admitted, &parts, &id, typed, started).await
}

async fn answered(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    typed: Option<ImportSpec>,
    done: Result<Message, Refused>,
) -> Response {
    let path = format!("{PATH}/{id}");
    let typed = typed.map_or(TypedReading::Nothing, TypedReading::Whole);
    match done {
        Ok(message) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(admitted, parts, id, typed, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn started(
    admitted: &Admitted,
    parts: &AdminParts,
    id: &str,
    form: &Form,
    typed: &mut Option<ImportSpec>,
) -> Result<Message, Refused> {
    let job = find(parts, &looking(admitted), id).await?;
    let (resources, call) = (&parts.resources, call(admitted, form)?);
    // A file whose name tells is read as what is said of everybody in it.
    let everyone = Everyone::from_word(form.trimmed("everyone"));
    let plain = ImportSpec { everyone, ..Reading::of(|name| form.trimmed(name)).spec() };
    let shown = actions::import_preview(resources, &call, job.id, &plain).await?;
    let spec = spec_of(form, &shown.columns);
    *typed = Some(spec.clone());
    if let Err(problem) = TagName::parse_list(form.text("tags")) {
        return Err(wrong("tags", problem.to_string()));
    }
    // Subscribing people is not done by leaving out by what right; "not stated" can be chosen.
    if spec.lacks_basis() && form.trimmed("basis").is_empty() {
        return Err(wrong("basis", "say by what right they are subscribed"));
    }
    let message = if spec.rehearsal { Message::ImportRehearsed } else { Message::ImportStarted };
    actions::import_start(resources, &call, job.id, spec).await?;
    Ok(message)
}

pub(crate) async fn stop(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let stopped = async {
        let id = job_id(&id)?;
        actions::job_stop(&parts.resources, &call(&admitted, &form)?, id).await?;
        Ok(Message::ImportStopped)
    };
    answered(&admitted, &parts, &id, None, stopped.await).await
}

/// The rows that could not be used, part by part.
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

impl ImportLive {
    fn new(job: &Job) -> Result<Self, PageProblem> {
        let spec = ImportSpec::from_json(&job.spec);
        let figures = figures::figures(job)?;
        let was_rehearsed = !job.position.is_empty() && audience::job_is_rehearsal(job);
        let is_waiting = job.state == JobState::Waiting;
        Ok(Self {
            id: job.id.to_string(),
            title: figures::title(job),
            state: job.state.as_str(),
            standing: figures::standing(job),
            about: format!("{}, {}", job.actor.name, job.created_at.readable()),
            is_open: matches!(job.state, JobState::Queued | JobState::Running),
            may_stop: job.state.is_open(),
            share: figures::share(job),
            campaign: spec.campaign,
            is_done: job.state == JobState::Done,
            was_rehearsed,
            may_import: was_rehearsed && is_waiting && job.of.is_none(),
            has_rejects: figures.iter().any(|it| it.name == "Rejected"),
            has_warnings: audience::import_warnings(job) > 0,
            basis: audience::job_basis(job).filter(|_| !job.position.is_empty()),
            figures,
            key: KEY.to_owned(),
        })
    }
}
