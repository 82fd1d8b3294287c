//! Attributes that are declared: what the values of each are.
//!
//! Invariants: declaring changes no value but in the steps of its job, and there only to another text of the
//! same meaning; a value that does not fit stays as it is. Language and time zone are declared without a
//! row, until one says otherwise.

use std::collections::BTreeMap;

use model::{AttributeKind, JobId, Timestamp};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::job_state::JobState;
use crate::jobs::{self, JobStep, NewJob};
use crate::people::attribute_counts::AttributeCounts;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::{attributes_from, attributes_text};
use crate::{Store, StoreError};

texts! {
    ATTRIBUTES_LIST = "SELECT name, kind, label, choices, position, created_at FROM attributes
        ORDER BY position, name LIMIT 1000";
    ATTRIBUTES_COUNT = "SELECT count(*) FROM attributes WHERE name <> $1";
    ATTRIBUTE_PUT = "INSERT INTO attributes (name, kind, label, choices, position, created_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,
            label = excluded.label, choices = excluded.choices, position = excluded.position";
    ATTRIBUTE_DROP = "DELETE FROM attributes WHERE name = $1";
    FIT_PAGE = "SELECT id, attributes, updated_at FROM contacts WHERE id > $1 ORDER BY id LIMIT $2";
    /// Whoever has changed the contact in the meantime has done it by what is declared now.
    FIT_PUT = "UPDATE contacts SET attributes = $3, updated_at = $4
        WHERE id = $1 AND attributes = $2";
}

/// Attributes that can be declared, as a contact can have so many.
pub const MOST_ATTRIBUTES: i64 = 200;
/// What comes without having been declared stands in front.
const BUILT_IN: [&str; 2] = ["language", "timezone"];

/// What the values of one attribute are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredAttribute {
    /// As contacts have it.
    pub name: String,
    pub kind: AttributeKind,
    /// What pages call it; never empty.
    pub label: String,
    /// Where it stands among the others, the lowest first.
    pub position: i64,
    /// None: it is declared without anybody having said so.
    pub created_at: Option<Timestamp>,
}

/// How far the values of an attribute are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeWalk {
    /// The last contact that was looked at; None: all were.
    pub after: Option<i64>,
    /// What all steps have counted.
    pub counts: AttributeCounts,
}

impl Store {
    /// What is declared, in the order in which it is shown.
    pub async fn attributes_list(&self) -> Result<Vec<DeclaredAttribute>, StoreError> {
        self.read(list).await
    }

    /// Declares an attribute, or what is to be different about it, and asks for the job that brings the
    /// values which fit to their one text; `total` as in [`Job`](crate::Job).
    ///
    /// # Errors
    /// [`StoreError::OutOfRange`] when there are too many.
    pub async fn attribute_set(
        &self,
        attribute: DeclaredAttribute,
        job: Option<(NewJob, i64)>,
        at: Timestamp,
    ) -> Result<Option<JobId>, StoreError> {
        self.write(move |tx| {
            let others: i64 = tx.one(ATTRIBUTES_COUNT, [&attribute.name], |row| row.get(0))?;
            if others >= MOST_ATTRIBUTES {
                return Err(StoreError::OutOfRange("the number of declared attributes"));
            }
            let DeclaredAttribute { name, kind, label, position, .. } = &attribute;
            let choices = choices_text(kind)?;
            tx.execute(ATTRIBUTE_PUT, (name, kind.as_str(), label, choices, *position, at.0))?;
            let asked = job
                .as_ref()
                .map(|(new, total)| jobs::insert(tx, new, (JobState::Queued, *total), at));
            asked.transpose()
        })
        .await
    }

    /// Ends a declaration; false when there was none. Values stay, as free texts.
    pub async fn attribute_remove(&self, name: String) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(ATTRIBUTE_DROP, [&name])? > 0)).await
    }

    /// Looks at the values of an attribute of the next `limit` contacts, as a step of a job: counts which
    /// are of a kind, and unless it is a `rehearsal` writes those that are in their one text. Where the step
    /// ends, and how many contacts were looked at, is stored in place of what `step` says.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more.
    pub async fn attribute_step(
        &self,
        (name, kind): (String, AttributeKind),
        rehearsal: bool,
        (after, limit): (i64, usize),
        step: JobStep,
    ) -> Result<AttributeWalk, StoreError> {
        self.write(move |tx| {
            let mut counts = AttributeCounts::from_text(&jobs::hold(tx, &step)?)?;
            let page = tx.all(FIT_PAGE, (after, count(limit)?), |row| {
                Ok((row.get::<i64>(0)?, row.get::<String>(1)?, row.get::<i64>(2)?))
            })?;
            let mut changes = Vec::new();
            for (id, text, revision) in &page {
                let found = looked_at(text, &name, &kind)?;
                counts.add(&found.counts);
                if let (Some((new, before, after)), false) = (&found.rewritten, rehearsal) {
                    let at = step.at.0.max(revision + 1);
                    if tx.execute(FIT_PUT, (*id, text, new, at))? > 0 {
                        let (before, after) = (Some(before.as_str()), Some(after.as_str()));
                        changes.push(NotedChange::of_attribute(*id, &name, before, after));
                    }
                }
            }
            note(tx, &format!("job {}", step.job), &changes, step.at)?;
            let last = page.last().map(|(id, ..)| *id);
            let done = i64::try_from(counts.contacts).unwrap_or(i64::MAX);
            let position = last.unwrap_or(after).to_string();
            jobs::put_step(tx, &JobStep { position, done, ..step.clone() }, &counts.to_text())?;
            Ok(AttributeWalk { after: last.filter(|_| page.len() == limit), counts })
        })
        .await
    }
}

/// What is declared, in the order in which it is shown.
pub(crate) fn list(tx: &Tx<'_>) -> Result<Vec<DeclaredAttribute>, StoreError> {
    let kept = tx.all(ATTRIBUTES_LIST, (), attribute)?;
    let built_in = BUILT_IN.iter().enumerate().filter_map(|(place, name)| {
        let (kind, label) = AttributeKind::built_in(name)?;
        let is_kept = kept.iter().any(|it| it.name == *name);
        let position = i64::try_from(place).ok()?;
        let (name, label) = ((*name).to_owned(), label.to_owned());
        (!is_kept).then_some(DeclaredAttribute { name, kind, label, position, created_at: None })
    });
    let mut all: Vec<DeclaredAttribute> = built_in.collect();
    all.extend(kept);
    all.sort_by(|one, other| (one.position, &one.name).cmp(&(other.position, &other.name)));
    Ok(all)
}

/// One contact's value of an attribute.
struct LookedAt {
    counts: AttributeCounts,
    /// All attributes, when the value has another text; what it was and is.
    rewritten: Option<(String, String, String)>,
}

fn looked_at(text: &str, name: &str, kind: &AttributeKind) -> Result<LookedAt, StoreError> {
    let mut counts = AttributeCounts { contacts: 1, ..AttributeCounts::default() };
    let mut attributes: BTreeMap<String, String> = attributes_from(text)?;
    let Some(value) = attributes.get(name) else {
        return Ok(LookedAt { counts, rewritten: None });
    };
    let kept = match kind.canonical(value) {
        Ok(kept) => kept,
        Err(_) => {
            counts.unfit = 1;
            return Ok(LookedAt { counts, rewritten: None });
        }
    };
    counts.fit = 1;
    if kept == *value {
        return Ok(LookedAt { counts, rewritten: None });
    }
    counts.rewritten = 1;
    let before = attributes.insert(name.to_owned(), kept.clone()).unwrap_or_default();
    Ok(LookedAt { counts, rewritten: Some((attributes_text(&attributes)?, before, kept)) })
}

fn attribute(row: &SqlRow<'_>) -> Result<DeclaredAttribute, StoreError> {
    let corrupt = |why: String| StoreError::Corrupt(format!("a declared attribute: {why}"));
    let choices: Vec<String> =
        serde_json::from_str(row.text(3)?).map_err(|problem| corrupt(problem.to_string()))?;
    let kind = AttributeKind::parse(row.text(1)?, &choices);
    Ok(DeclaredAttribute {
        name: row.get(0)?,
        kind: kind.map_err(|problem| corrupt(problem.to_string()))?,
        label: row.get(2)?,
        position: row.get(4)?,
        created_at: Some(Timestamp(row.get(5)?)),
    })
}

fn choices_text(kind: &AttributeKind) -> Result<String, StoreError> {
    serde_json::to_string(kind.choices()).map_err(|problem| StoreError::Database(Box::new(problem)))
}
