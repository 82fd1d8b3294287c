//! What the values of attributes are: declaring that, and which values fit.

use std::collections::BTreeMap;

use actions::AttributeWish;
use askama::Template;
use audience::ATTRIBUTE_JOB;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{AttributeKind, Right, TopicScope};
use serde::Deserialize;
use store::{DeclaredAttribute, Job};

use crate::admin::jobs::figures::{figures, standing};
use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/contacts/attributes";
/// Kinds as the form names them.
const KINDS: [(&str, &str); 7] = [
    ("text", "text"),
    ("number", "number, such as 12.5"),
    ("date", "date, such as 2026-11-28"),
    ("yes_no", "yes or no"),
    ("list", "one of a list"),
    ("language", "language, such as de-AT"),
    ("time_zone", "time zone, such as Europe/Vienna"),
];

#[derive(Default, Deserialize)]
pub(crate) struct AttributesQuery {
    /// The attribute that the form begins with.
    name: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/attributes.html")]
struct AttributesPage {
    frame: AdminFrame,
    may_change: bool,
    lines: Vec<AttributeLine>,
    key: String,
    name: String,
    label: String,
    kinds: Vec<Choice>,
    choices: String,
    problem: Option<FormProblem>,
}

struct AttributeLine {
    name: String,
    label: String,
    kind: String,
    choices: String,
    /// What was counted last, if anything.
    counted: String,
    can_end: bool,
}

/// What the fields of the form hold.
#[derive(Default)]
struct TypedAttribute {
    name: String,
    label: String,
    kind: String,
    choices: String,
}

impl TypedAttribute {
    fn of(form: &Form) -> Self {
        let text = |name| form.text(name).to_owned();
        let (name, label) = (text("name"), text("label"));
        Self { name, label, kind: text("kind"), choices: text("choices") }
    }

    fn about(it: &DeclaredAttribute) -> Self {
        Self {
            name: it.name.clone(),
            label: it.label.clone(),
            kind: it.kind.as_str().to_owned(),
            choices: it.kind.choices().join("\n"),
        }
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<AttributesQuery>,
) -> Response {
    page(&admitted, &parts, Err(asked.name.unwrap_or_default()), (StatusCode::OK, None)).await
}

/// The form holds what was typed, or what is declared of the attribute with this name.
async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    typed: Result<TypedAttribute, String>,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let failed = |_| PageProblem::no_contact();
        let call = looking(admitted);
        let declared = actions::attributes(&parts.resources, &call).await.map_err(failed)?;
        let jobs = actions::jobs(&parts.resources, &call, None).await.map_err(failed)?.jobs;
        let typed = typed.unwrap_or_else(|name| {
            let found = declared.iter().find(|it| it.name == name);
            found.map(TypedAttribute::about).unwrap_or_default()
        });
        let counted = counted(&jobs)?;
        let kind = |(word, name): (&str, &str)| {
            let (word, name) = (word.to_owned(), name.to_owned());
            Choice { chosen: word == typed.kind, word, name }
        };
        let is_all = admitted.topics() == TopicScope::All;
        Ok(AttributesPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            may_change: is_all && admitted.can(Right::ContactsWrite),
            lines: declared.into_iter().map(|it| AttributeLine::new(it, &counted)).collect(),
            key: new_key()?,
            kinds: KINDS.into_iter().map(kind).collect(),
            name: typed.name,
            label: typed.label,
            choices: typed.choices,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

impl AttributeLine {
    fn new(it: DeclaredAttribute, counted: &BTreeMap<String, String>) -> Self {
        let kind = KINDS.iter().find(|(word, _)| *word == it.kind.as_str());
        Self {
            counted: counted.get(&it.name).cloned().unwrap_or_default(),
            kind: kind.map_or(it.kind.as_str(), |(_, name)| name).to_owned(),
            choices: it.kind.choices().join(", "),
            can_end: it.created_at.is_some(),
            name: it.name,
            label: it.label,
        }
    }
}

/// What the newest job about each attribute has counted.
fn counted(jobs: &[Job]) -> Result<BTreeMap<String, String>, PageProblem> {
    let mut told = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.kind == ATTRIBUTE_JOB) {
        if told.contains_key(&job.title) {
            continue;
        }
        let mut words = vec![standing(job)];
        words.extend(figures(job)?.into_iter().map(|it| format!("{}: {}", it.name, it.count)));
        if audience::job_is_rehearsal(job) {
            words.push("only counted".to_owned());
        }
        told.insert(job.title.clone(), words.join(" · "));
    }
    Ok(told)
}

pub(crate) async fn set(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let call = call(&admitted, &form)?;
        if form.text("act") == "remove" {
            actions::attribute_remove(&parts.resources, &call, form.trimmed("name")).await?;
            return Ok(Message::AttributeRemoved);
        }
        let is_count = form.text("act") == "count";
        let lines = form.text("choices").lines().map(str::trim);
        let kind = form.text("kind");
        // A field that is left over from another kind.
        let is_list = kind == AttributeKind::WORDS[4];
        let wish = AttributeWish {
            kind: kind.to_owned(),
            choices: lines.filter(|it| is_list && !it.is_empty()).map(str::to_owned).collect(),
            label: Some(form.trimmed("label").to_owned()),
            position: None,
        };
        let name = form.trimmed("name");
        actions::attribute_set(&parts.resources, &call, name, wish, is_count).await?;
        Ok(if is_count { Message::AttributeCounting } else { Message::AttributeSet })
    };
    match done.await {
        Ok(message) => admitted.visitor.done(PATH, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, Ok(TypedAttribute::of(&form)), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
