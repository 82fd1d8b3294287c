//! One act with all contacts who match, from the list or from a segment: counted first, then done.

use actions::{BulkActWish, BulkWhomWish};
use askama::Template;
use audience::{BULK_JOB, ExportSpec};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ConsentBasis, TagName};
use serde::Deserialize;
use store::{ContactQuery, ImportBasis, Job, JobState};

use crate::admin::imports::columns::basis_choices;
use crate::admin::imports::job_id;
use crate::admin::jobs::figures::{self, JobFigure};
use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::{Choice, all_topics, topic_choice};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

/// With whom: the filter of the list, or a segment.
#[derive(Default, Deserialize)]
pub(crate) struct BulkQuery {
    #[serde(default)]
    q: String,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    tag: String,
    #[serde(default)]
    segment: String,
}

#[derive(Template)]
#[template(path = "admin/contacts_bulk.html")]
struct BulkPage {
    frame: AdminFrame,
    key: String,
    whom: BulkQuery,
    acts: Vec<Choice>,
    topics: Vec<Choice>,
    basis: Vec<Choice>,
    attribute: String,
    tag: String,
    value: String,
    proof: String,
    problem: Option<FormProblem>,
}

#[derive(Template)]
#[template(path = "admin/contacts_bulk_job.html")]
struct BulkJobPage {
    frame: AdminFrame,
    key: String,
    id: String,
    title: String,
    state: &'static str,
    standing: String,
    figures: Vec<JobFigure>,
    /// It was counted, and waits.
    is_counted: bool,
    is_open: bool,
    can_undo: bool,
}

const ACTS: [(&str, &str); 6] = [
    ("subscribe", "subscribe them to the topic"),
    ("leave", "unsubscribe them from the topic"),
    ("set", "give the attribute this value"),
    ("clear", "remove the attribute"),
    ("tag", "give them the tag"),
    ("untag", "take the tag away"),
];

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<BulkQuery>,
) -> Response {
    page(&admitted, &parts, asked, None, (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    whom: BulkQuery,
    typed: Option<&Form>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let text = |name: &str| typed.map(|form| form.text(name)).unwrap_or_default().to_owned();
        let scope = admitted.topics();
        let topics = all_topics(parts).await?;
        let own = topics.iter().filter(|topic| scope.contains(topic.id));
        let (act, chosen) = (text("act"), text("subject_topic"));
        let acts = ACTS.map(|(word, name)| Choice {
            word: word.to_owned(),
            name: name.to_owned(),
            chosen: word == act,
        });
        Ok(BulkPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            key: new_key()?,
            whom,
            acts: acts.into(),
            topics: own.map(|it| topic_choice(it, it.slug == chosen)).collect(),
            basis: basis_choices(&audience::ImportSpec::default()),
            attribute: text("attribute"),
            tag: text("subject_tag"),
            value: text("value"),
            proof: text("proof"),
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

fn whom_of(whom: &BulkQuery) -> Result<BulkWhomWish, Refused> {
    if !whom.segment.trim().is_empty() {
        return Ok(BulkWhomWish::Segment(whom.segment.trim().to_owned()));
    }
    let filled = |text: &str| Some(text.trim().to_owned()).filter(|it| !it.is_empty());
    let tag = filled(&whom.tag).map(|name| TagName::parse(&name)).transpose();
    Ok(BulkWhomWish::Found(ContactQuery {
        address_part: filled(&whom.q),
        topic: filled(&whom.topic),
        state: ExportSpec::state(whom.state.trim()),
        tag: tag.map_err(|problem| wrong("tag", problem.to_string()))?,
    }))
}

fn act_of(form: &Form) -> Result<BulkActWish, Refused> {
    let filled = |name: &str| Some(form.trimmed(name).to_owned()).filter(|it| !it.is_empty());
    let topic = form.trimmed("subject_topic").to_owned();
    let name = form.trimmed("attribute").to_owned();
    match form.text("act") {
        "subscribe" => {
            let basis = ConsentBasis::from_word(form.trimmed("basis")).unwrap_or_default();
            let basis = ImportBasis { basis, notice: None, proof: filled("proof") };
            Ok(BulkActWish::Subscribe { topic, basis })
        }
        "leave" => Ok(BulkActWish::Leave { topic }),
        "set" => {
            let value = filled("value").ok_or_else(|| wrong("value", "say the value"))?;
            Ok(BulkActWish::Set { name, value })
        }
        "clear" => Ok(BulkActWish::Set { name, value: String::new() }),
        word @ ("tag" | "untag") => {
            let name = filled("subject_tag").ok_or_else(|| wrong("subject_tag", "name the tag"))?;
            Ok(BulkActWish::Tag { name, is_given: word == "tag" })
        }
        _ => Err(wrong("act", "choose what is to be done")),
    }
}

/// Has it counted; its page then does it.
pub(crate) async fn count(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let field = |name: &str| form.text(name).to_owned();
    let whom = BulkQuery {
        q: field("q"),
        topic: field("topic"),
        state: field("state"),
        tag: field("tag"),
        segment: field("segment"),
    };
    let done = async {
        let call = call(&admitted, &form)?;
        let (with, act) = (whom_of(&whom)?, act_of(&form)?);
        Ok(actions::contacts_bulk(&parts.resources, &call, with, act, true).await?)
    };
    match done.await {
        Ok(id) => {
            let path = format!("/admin/contacts/bulk/{id}");
            admitted.visitor.done(&path, Message::BulkCounting)
        }
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/imports", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, whom, Some(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

async fn find(admitted: &Admitted, parts: &AdminParts, id: &str) -> Result<Job, PageProblem> {
    let found = actions::job(&parts.resources, &looking(admitted), job_id(id)?).await;
    let job = found.map_err(|refusal| match refusal.kind {
        actions::RefusalKind::NotFound => PageProblem::no_import(),
        _ => PageProblem::failed("looking for a job")(refusal),
    })?;
    if job.kind == BULK_JOB { Ok(job) } else { Err(PageProblem::no_import()) }
}

pub(crate) async fn job(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = async {
        let job = find(&admitted, &parts, &id).await?;
        let undo = actions::import_undo_state(&parts.resources, &looking(&admitted), job.id).await;
        let undo = undo.map_err(PageProblem::failed("looking for a job"))?;
        Ok(BulkJobPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            key: new_key()?,
            id: job.id.to_string(),
            title: figures::title(&job),
            state: job.state.as_str(),
            standing: figures::standing(&job),
            figures: figures::figures(&job)?,
            is_counted: job.state == JobState::Waiting,
            is_open: job.state.is_open(),
            can_undo: job.state == JobState::Done && undo == actions::UndoState::CanBeUndone,
        })
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// Does what was counted, stops it, or takes it back.
pub(crate) async fn act(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let path = format!("/admin/contacts/bulk/{}", id.parse::<i64>().unwrap_or(0));
    let done = async {
        let job = find(&admitted, &parts, &id).await?;
        let (resources, call) = (&parts.resources, call(&admitted, &form)?);
        match form.text("do") {
            "start" => {
                actions::job_start(resources, &call, job.id, None).await?;
                Ok((path.clone(), Message::BulkStarted))
            }
            "undo" => {
                let undo = actions::import_undo(resources, &call, job.id, false).await?;
                Ok((format!("/admin/imports/{undo}"), Message::UndoStarted))
            }
            _ => {
                actions::job_stop(resources, &call, job.id).await?;
                Ok((path.clone(), Message::ImportStopped))
            }
        }
    };
    match done.await {
        Ok((path, message)) => admitted.visitor.done(&path, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(&path, Message::DoneBefore),
        Err(Refused::Form(..)) => admitted.visitor.done(&path, Message::NothingChanged),
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
