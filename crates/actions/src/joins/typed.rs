//! What somebody has typed into a form, read by what the form asks for.

use std::collections::BTreeMap;

use model::{BirthDate, EmailAddress, Timestamp, TopicId};

use super::ShownForm;

/// Bytes of one value.
const VALUE_BYTES: usize = 1_000;

/// A form as it came. Personal data.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct TypedJoin {
    pub address: String,
    /// Slugs.
    pub topics: Vec<String>,
    /// By the names of attributes.
    pub values: BTreeMap<String, String>,
    pub birth_year: String,
    /// From 1.
    pub birth_month: String,
    /// Of a field that nobody sees.
    pub trap: String,
    pub stamp: String,
    /// What a script has found for the stamp.
    pub proof: String,
}

/// A place of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinField {
    Address,
    Topics,
    /// The attribute of this name.
    Value(String),
    Birth,
}

/// What is wrong with one field. Does not repeat what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinProblem {
    pub field: JoinField,
    /// Nothing was typed; otherwise it does not fit.
    pub is_missing: bool,
}

/// What somebody has typed, and fits. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct CheckedJoin {
    pub(super) email: EmailAddress,
    pub(super) topics: Vec<TopicId>,
    /// In the texts in which they are kept; none is empty.
    pub(super) values: BTreeMap<String, String>,
    pub(super) is_child: bool,
}

/// Reads a form.
///
/// # Errors
/// Every field that is wrong.
pub(super) fn checked(
    shown: &ShownForm,
    typed: &TypedJoin,
    now: Timestamp,
) -> Result<CheckedJoin, Vec<JoinProblem>> {
    let mut problems = Vec::new();
    let mut wrong = |field: JoinField, text: &str| {
        problems.push(JoinProblem { field, is_missing: text.trim().is_empty() });
    };
    let email = EmailAddress::parse(typed.address.trim());
    if email.is_err() {
        wrong(JoinField::Address, &typed.address);
    }
    let chosen = shown.topics.iter().filter(|it| typed.topics.contains(&it.slug));
    let topics: Vec<TopicId> = chosen.map(|it| it.id).collect();
    if topics.is_empty() {
        wrong(JoinField::Topics, "");
    }
    let mut values = BTreeMap::new();
    for (attribute, is_required) in &shown.fields {
        let text = typed.values.get(&attribute.name).map_or("", |text| text.trim());
        if text.is_empty() && !is_required {
            continue;
        }
        match value(text, &attribute.kind) {
            Some(text) => drop(values.insert(attribute.name.clone(), text)),
            None => wrong(JoinField::Value(attribute.name.clone()), text),
        }
    }
    let is_child = match shown.form.asks_age.then(|| born(typed, now)) {
        Some(Some(born)) => born.is_of_a_child(now),
        Some(None) => {
            wrong(JoinField::Birth, &format!("{}{}", typed.birth_year, typed.birth_month));
            false
        }
        None => false,
    };
    match email {
        Ok(email) if problems.is_empty() => Ok(CheckedJoin { email, topics, values, is_child }),
        _ => Err(problems),
    }
}

/// The text in which a value is kept.
fn value(text: &str, kind: &model::AttributeKind) -> Option<String> {
    let is_line = (1..=VALUE_BYTES).contains(&text.len()) && !text.chars().any(char::is_control);
    if is_line { kind.canonical(text).ok() } else { None }
}

fn born(typed: &TypedJoin, now: Timestamp) -> Option<BirthDate> {
    let number = |text: &str| text.trim().parse::<i16>().ok();
    let born = BirthDate::of_month(number(&typed.birth_year)?, number(&typed.birth_month)?).ok()?;
    (!born.is_to_come(now)).then_some(born)
}
