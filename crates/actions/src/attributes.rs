//! What is done with the declarations of attributes.
//!
//! Invariant: they hold for all contacts, so changing them needs the right on the whole installation.

use access::Object;
use audience::{ATTRIBUTE_JOB, AttributeSpec};
use model::{AttributeKind, JobId, KindProblem, Right};
use serde_json::json;
use store::{AuditObject, DeclaredAttribute, MOST_ATTRIBUTES, NewJob, StoreError};

use crate::{Call, Refusal, RefusalKind, Resources};

/// Characters of a label.
const LABEL_CHARS: usize = 100;

/// What an attribute is to be.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeWish {
    /// The word of its kind.
    pub kind: String,
    /// Of a list.
    pub choices: Vec<String>,
    /// What pages call it; None: as before, or its name.
    pub label: Option<String>,
    /// Where it stands among the others; None: as before, or last.
    pub position: Option<i64>,
}

/// What is declared, in the order in which it is shown.
///
/// # Errors
/// Without the right to see contacts.
pub async fn attributes(
    resources: &Resources,
    call: &Call,
) -> Result<Vec<DeclaredAttribute>, Refusal> {
    call.permit(Right::ContactsRead, Object::OwnTopics)?;
    Ok(resources.store.attributes_list().await?)
}

/// Declares what the values of an attribute are, and lets a server look at those that there are: the ones
/// that fit are brought to their one text, the others stay as they are. With `rehearsal` they are only
/// counted, and nothing is declared. Returns that job; None when the values are free texts.
///
/// # Errors
/// When a field can't be used, or there are too many.
pub async fn attribute_set(
    resources: &Resources,
    call: &Call,
    name: &str,
    wish: AttributeWish,
    rehearsal: bool,
) -> Result<Option<JobId>, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let attribute = declared(resources, name, wish).await?;
    let kind = attribute.kind.clone();
    let job = (kind != AttributeKind::Text).then(|| NewJob {
        kind: ATTRIBUTE_JOB,
        actor: call.actor.record(),
        topic: None,
        title: name.to_owned(),
        spec: AttributeSpec { name: name.to_owned(), kind: kind.clone(), rehearsal }.to_json(),
        of: None,
    });
    let total = store.contacts_count().await?;
    let object = AuditObject::new("attribute", name);
    let after = json!({
        "kind": kind.as_str(),
        "choices": kind.choices().len(),
        "label": attribute.label,
        "dry_run": rehearsal,
    });
    if rehearsal {
        let Some(job) = job else { return Ok(None) };
        let named = call.acting(&permit, store, "attribute.count", object, Some(after));
        return Ok(Some(named.job_ask(job, total, call.at).await?));
    }
    let named = call.acting(&permit, store, "attribute.set", object, Some(after));
    let set = named.attribute_set(attribute, job.map(|job| (job, total)), call.at).await;
    set.map_err(|error| match error {
        StoreError::OutOfRange(_) => {
            let words = format!("At most {MOST_ATTRIBUTES} attributes can be declared.");
            Refusal::new(RefusalKind::Conflict, "too_many_attributes", words)
        }
        other => other.into(),
    })
}

/// What is declared by a wish, over what was.
async fn declared(
    resources: &Resources,
    name: &str,
    wish: AttributeWish,
) -> Result<DeclaredAttribute, Refusal> {
    audience::attribute_name_check(name).map_err(|problem| {
        Refusal::of_field("/name", "attribute", sentence(&problem.to_string()))
    })?;
    let AttributeWish { kind, choices, label, position } = wish;
    let kind = AttributeKind::parse(&kind, &choices).map_err(|problem| {
        let field = match problem {
            KindProblem::Unknown(_) => "/kind",
            _ => "/choices",
        };
        Refusal::of_field(field, "attribute", sentence(&problem.to_string()))
    })?;
    let all = resources.store.attributes_list().await?;
    let before = all.iter().find(|it| it.name == name);
    let label = label.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let label = label.or_else(|| before.map(|it| it.label.clone()));
    let label = label.unwrap_or_else(|| name.replace('_', " "));
    if label.chars().count() > LABEL_CHARS || label.chars().any(char::is_control) {
        let words = format!("A label is one line of at most {LABEL_CHARS} characters.");
        return Err(Refusal::of_field("/label", "attribute", words));
    }
    let last = all.iter().map(|it| it.position).max().unwrap_or(0);
    let position = position.or_else(|| before.map(|it| it.position));
    Ok(DeclaredAttribute {
        name: name.to_owned(),
        kind,
        label,
        position: position.unwrap_or(last.saturating_add(1)),
        created_at: None,
    })
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

/// Ends the declaration of an attribute: its values stay, as free texts. One that is always declared is as
/// it was without a word again.
///
/// # Errors
/// When nobody has declared it.
pub async fn attribute_remove(
    resources: &Resources,
    call: &Call,
    name: &str,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let all = store.attributes_list().await?;
    let found = all.iter().find(|it| it.name == name);
    let found = found.ok_or_else(no_attribute)?;
    if found.created_at.is_none() {
        let words = "It is declared without anybody having said so, because messages are written by it. \
            To keep free texts in it, give it the kind text.";
        return Err(Refusal::new(RefusalKind::Conflict, "attribute_built_in", words));
    }
    let before = json!({ "kind": found.kind.as_str() });
    let object = AuditObject::new("attribute", name);
    let named = call.acting(&permit, store, "attribute.remove", object, Some(before));
    match named.attribute_remove(name.to_owned()).await? {
        true => Ok(()),
        false => Err(no_attribute()),
    }
}

fn no_attribute() -> Refusal {
    Refusal::not_found("attribute_not_found", "No attribute of this name is declared.")
}
