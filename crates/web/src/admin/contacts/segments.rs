//! Segments: which there are, and one of them as a text, as parts, and as the contacts whom it means now.
//!
//! Invariant: the text is the segment. The fields below it write conditions into it, so that nobody has to
//! know its words; without a script, because each press of a button shows the page anew.

mod condition_fields;

use actions::{CountPatience, Refusal, SegmentView, SegmentWish};
use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Right, SegmentRule, TopicScope};
use serde::Deserialize;
use store::StoredSegment;

use crate::admin::contacts::segments::condition_fields::{ASKED, condition, joined, without};
use crate::admin::page::calls::{call, looking};
use crate::admin::page::choice::Choice;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::Refused;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

const PATH: &str = "/admin/contacts/segments";

#[derive(Default, Deserialize)]
pub(crate) struct SegmentsQuery {
    /// The segment that is shown.
    name: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/segments.html")]
struct SegmentsPage {
    frame: AdminFrame,
    may_change: bool,
    lines: Vec<SegmentLine>,
    key: String,
    name: String,
    /// The revision that is changed; empty: whatever there is.
    seen: String,
    text: String,
    /// Its conditions or groups, each of which can be taken out.
    parts: Vec<String>,
    kinds: Vec<Choice>,
    found: Option<FoundContacts>,
    problem: Option<FormProblem>,
}

struct SegmentLine {
    name: String,
    text: String,
}

struct FoundContacts {
    count: String,
    /// A button counts them all.
    is_estimate: bool,
    sample: Vec<(String, String)>,
}

/// What the fields of the form hold.
#[derive(Default)]
struct TypedSegment {
    name: String,
    seen: String,
    text: String,
    /// All are to be counted, however long it takes.
    counts_all: bool,
}

impl TypedSegment {
    fn of(form: &Form) -> Self {
        Self {
            name: form.trimmed("name").to_owned(),
            seen: form.text("seen").to_owned(),
            text: form.trimmed("text").to_owned(),
            counts_all: form.text("act") == "count all",
        }
    }

    fn about(it: &StoredSegment) -> Self {
        let (name, text) = (it.name.clone(), it.rule.to_string());
        Self { name, text, seen: it.revision.to_string(), counts_all: false }
    }
}

impl From<SegmentView> for FoundContacts {
    fn from(view: SegmentView) -> Self {
        let sample = view.sample.into_iter();
        Self {
            count: actions::counted_contacts(&view.count),
            is_estimate: !view.count.is_complete,
            sample: sample.map(|(id, email)| (id.to_string(), email)).collect(),
        }
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<SegmentsQuery>,
) -> Response {
    let all = match actions::segments(&parts.resources, &looking(&admitted)).await {
        Ok(all) => all,
        Err(_) => return PageProblem::page(PageProblem::no_contact(), &admitted.visitor),
    };
    let name = asked.name.unwrap_or_default().to_lowercase();
    let found = all.iter().find(|it| it.name.to_lowercase() == name);
    let typed = found.map(TypedSegment::about).unwrap_or_default();
    page(&admitted, &parts, typed, (StatusCode::OK, None)).await
}

/// The form holds what was typed, and the contacts whom it means if that can be told.
async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    typed: TypedSegment,
    (status, problem): (StatusCode, Option<FormProblem>),
) -> Response {
    let made = async {
        let call = looking(admitted);
        let all = actions::segments(&parts.resources, &call).await;
        let all = all.map_err(|_| PageProblem::no_contact())?;
        let (mut problem, mut found) = (problem, None);
        if !typed.text.is_empty() && problem.is_none() {
            let wish = SegmentWish::Text(typed.text.clone());
            let patience = match typed.counts_all {
                true => CountPatience::Long,
                false => CountPatience::AtOnce,
            };
            match actions::segment_count(&parts.resources, &call, &wish, (patience, true)).await {
                Ok(view) => found = Some(FoundContacts::from(view)),
                Err(refusal) => problem = Some(FormProblem::new("text", refusal.words)),
            }
        }
        let is_all = admitted.topics() == TopicScope::All;
        let kind = |(word, name): &(&str, &str)| {
            let (word, name) = ((*word).to_owned(), (*name).to_owned());
            Choice { word, name, chosen: false }
        };
        let line = |it: StoredSegment| SegmentLine { text: it.rule.to_string(), name: it.name };
        Ok(SegmentsPage {
            frame: admitted.frame("contacts").below("/admin/contacts", "Contacts"),
            may_change: is_all && admitted.can(Right::ContactsWrite),
            lines: all.into_iter().map(line).collect(),
            key: new_key()?,
            parts: parts_of(&typed.text),
            kinds: ASKED.iter().map(kind).collect(),
            name: typed.name,
            seen: typed.seen,
            text: typed.text,
            found,
            problem,
        })
    };
    match made.await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

/// The conditions or groups of a rule, as far as it can be read.
fn parts_of(text: &str) -> Vec<String> {
    match SegmentRule::parse(text) {
        Ok(SegmentRule::All(rules) | SegmentRule::Any(rules)) => {
            rules.iter().map(ToString::to_string).collect()
        }
        Ok(rule) => vec![rule.to_string()],
        Err(_) => Vec::new(),
    }
}

pub(crate) async fn set(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    form: Form,
) -> Response {
    match act(&admitted, &parts, &form).await {
        Ok(Acted::Done(message)) => admitted.visitor.done(PATH, message),
        Ok(Acted::Shown(typed)) => page(&admitted, &parts, typed, (StatusCode::OK, None)).await,
        Err(Refused::DoneBefore) => admitted.visitor.done(PATH, Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, TypedSegment::of(&form), (status, Some(problem))).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}

/// What pressing a button has led to.
enum Acted {
    Done(Message),
    /// The form with another text; nothing is kept.
    Shown(TypedSegment),
}

async fn act(admitted: &Admitted, parts: &AdminParts, form: &Form) -> Result<Acted, Refused> {
    let mut typed = TypedSegment::of(form);
    match form.text("act") {
        "remove" => {
            let call = call(admitted, form)?;
            actions::segment_remove(&parts.resources, &call, &typed.name).await?;
            return Ok(Acted::Done(Message::SegmentRemoved));
        }
        "keep" => {
            let (call, wish) = (call(admitted, form)?, SegmentWish::Text(typed.text));
            let seen = typed.seen.parse().ok();
            let name = typed.name;
            actions::segment_set(&parts.resources, &call, &name, (&wish, seen), false).await?;
            return Ok(Acted::Done(Message::SegmentKept));
        }
        "add" => {
            let added = condition(form)?;
            let rule = match read(&typed.text)? {
                None => added,
                Some(rule) => joined(rule, added, form.text("join") == "or"),
            };
            typed.text = bounded(&rule)?;
        }
        other => {
            let out = other.strip_prefix("drop ").and_then(|index| index.parse().ok());
            if let (Some(index), Some(rule)) = (out, read(&typed.text)?) {
                let left = without(rule, index);
                typed.text = left.as_ref().map(bounded).transpose()?.unwrap_or_default();
            }
        }
    }
    Ok(Acted::Shown(typed))
}

fn read(text: &str) -> Result<Option<SegmentRule>, Refused> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |words: String| Refusal::of_field("/text", "segment", words);
    Ok(Some(SegmentRule::parse(text).map_err(|problem| wrong(problem.to_string()))?))
}

fn bounded(rule: &SegmentRule) -> Result<String, Refused> {
    let check = rule.check();
    let words = |problem| format!("The segment {problem}.");
    check.map_err(|problem| Refusal::of_field("/text", "segment", words(problem)))?;
    Ok(rule.to_string())
}
