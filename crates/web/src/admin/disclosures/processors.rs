//! Who may get personal data, and for what.

use actions::ProcessorWish;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use model::{DisclosedField, DisclosureBasis, Right};
use store::Processor;

use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/processors";

#[derive(Template)]
#[template(path = "admin/processors.html")]
struct ProcessorsPage {
    frame: AdminFrame,
    may_change: bool,
    may_read: bool,
    lines: Vec<ProcessorLine>,
    key: String,
    name: String,
    country: String,
    bases: Vec<Choice>,
    purposes: String,
    fields: Vec<Choice>,
    problem: Option<FormProblem>,
}

struct ProcessorLine {
    name: String,
    country: String,
    basis: &'static str,
    purposes: String,
    fields: String,
    changed_at: String,
}

impl ProcessorLine {
    fn new(it: Processor) -> Self {
        let fields: Vec<&str> = it.fields.iter().map(|field| field.as_str()).collect();
        Self {
            country: it.country,
            basis: it.basis.as_str(),
            purposes: it.purposes.join(", "),
            fields: fields.join(", "),
            changed_at: it.changed_at.day(),
            name: it.name,
        }
    }
}

/// What the fields of the form hold.
fn typed(form: &Form) -> ProcessorWish {
    let text = |name: &str| form.text(name).to_owned();
    let lines = form.text("purposes").lines().map(str::trim).filter(|line| !line.is_empty());
    let ticked = DisclosedField::ALL.into_iter().map(DisclosedField::as_str);
    let fields = ticked.filter(|word| !form.text(&format!("field.{word}")).is_empty());
    ProcessorWish {
        name: text("name"),
        country: text("country"),
        basis: text("basis"),
        purposes: lines.map(str::to_owned).collect(),
        fields: fields.map(str::to_owned).collect(),
    }
}

pub(crate) async fn show(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    page(&admitted, &parts, ProcessorWish::default(), (StatusCode::OK, None)).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    wish: ProcessorWish,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let found = actions::processors(&parts.resources, &looking(admitted)).await;
        let found = found.map_err(PageProblem::failed("reading who may get personal data"))?;
        let choice = |word: &str, chosen: bool| Choice {
            word: word.to_owned(),
            name: word.replace('-', " "),
            chosen,
        };
        let bases = DisclosureBasis::ALL.into_iter().filter(|it| *it != DisclosureBasis::OwnUse);
        let bases = bases.map(|it| choice(it.as_str(), it.as_str() == wish.basis));
        let fields = DisclosedField::ALL.into_iter().map(DisclosedField::as_str);
        let is_ticked = |word: &str| wish.fields.iter().any(|it| it == word);
        Ok(ProcessorsPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            may_change: admitted.can(Right::SettingsWrite),
            may_read: admitted.can(Right::AuditRead),
            lines: found.into_iter().map(ProcessorLine::new).collect(),
            key: new_key()?,
            bases: bases.collect(),
            purposes: wish.purposes.join("\n"),
            fields: fields.map(|word| choice(word, is_ticked(word))).collect(),
            name: wish.name,
            country: wish.country,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn change(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    let done = async {
        let call = call(&admitted, &form)?;
        if form.text("act") == "remove" {
            actions::processor_remove(&parts.resources, &call, form.trimmed("name")).await?;
            return Ok(Message::ProcessorRemoved);
        }
        actions::processor_set(&parts.resources, &call, typed(&form)).await?;
        Ok(Message::ProcessorSet)
    };
    match done.await {
        Ok(message) => admitted.visitor.done(PATH, message),
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, typed(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
