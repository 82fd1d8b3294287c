//! Forms by which people join: what each offers and asks for, and what it told people.
//!
//! Invariants: a notice is never changed; another text is another version, and every version stays, also
//! when the form is removed, because the consent ledger names it. A form without its waiting joins is
//! removed in one transaction with them.

use model::{Timestamp, TopicId};
use serde_json::json;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    FORM_FIND = "SELECT f.name, f.title, f.topics, f.fields, f.notice_version, n.text, f.language,
            f.redirect, f.origins, f.asks_age, f.is_open, f.created_at, f.updated_at
        FROM forms f JOIN form_notices n ON n.form = f.name AND n.version = f.notice_version
        WHERE f.name = $1";
    FORMS_LIST = "SELECT f.name, f.title, f.topics, f.fields, f.notice_version, n.text, f.language,
            f.redirect, f.origins, f.asks_age, f.is_open, f.created_at, f.updated_at
        FROM forms f JOIN form_notices n ON n.form = f.name AND n.version = f.notice_version
        ORDER BY f.name LIMIT 1000";
    FORMS_COUNT = "SELECT count(*) FROM forms WHERE name <> $1";
    FORM_PUT = "INSERT INTO forms (name, title, topics, fields, notice_version, language, redirect,
            origins, asks_age, is_open, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
        ON CONFLICT (name) DO UPDATE SET title = excluded.title, topics = excluded.topics,
            fields = excluded.fields, notice_version = excluded.notice_version,
            language = excluded.language, redirect = excluded.redirect, origins = excluded.origins,
            asks_age = excluded.asks_age, is_open = excluded.is_open,
            updated_at = excluded.updated_at";
    FORM_CLOSE = "UPDATE forms SET is_open = 0, updated_at = $2 WHERE name = $1 AND is_open = 1";
    FORM_KNOWN = "SELECT 1 FROM forms WHERE name = $1";
    FORM_DROP = "DELETE FROM forms WHERE name = $1";
    JOINS_OF_FORM_DROP = "DELETE FROM joins WHERE form = $1";
    NOTICE_LAST = "SELECT version, text FROM form_notices WHERE form = $1
        ORDER BY version DESC LIMIT 1";
    NOTICE_PUT = "INSERT INTO form_notices (form, version, text, at) VALUES ($1, $2, $3, $4)";
    NOTICES_OF = "SELECT version, text, at FROM form_notices WHERE form = $1
        ORDER BY version DESC LIMIT 1000";
}

/// Forms that can be there at the same time.
pub const MOST_FORMS: i64 = 200;

/// An attribute that a form asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    pub attribute: String,
    pub is_required: bool,
}

/// A form by which people join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinForm {
    /// In its address.
    pub name: String,
    pub title: String,
    /// What people can choose; nothing is ticked for them.
    pub topics: Vec<TopicId>,
    pub fields: Vec<FormField>,
    /// What people are told, in its last version.
    pub notice: String,
    /// Of a form that is to be kept it is found out.
    pub notice_version: i64,
    /// Of title and notice; None: the page is in the reader's.
    pub language: Option<String>,
    /// Where a browser is led afterwards.
    pub redirect: Option<String>,
    /// Other sites that show it, such as `https://www.example.org`.
    pub origins: Vec<String>,
    pub asks_age: bool,
    pub is_open: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a form told people at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormNotice {
    pub version: i64,
    pub text: String,
    pub at: Timestamp,
}

impl JoinForm {
    /// As the consent ledger names what people were told: `newsletter v2`.
    #[must_use]
    pub fn notice_name(name: &str, version: i64) -> String {
        format!("{name} v{version}")
    }
}

impl Store {
    pub async fn forms_list(&self) -> Result<Vec<JoinForm>, StoreError> {
        self.read(|tx| tx.all(FORMS_LIST, (), form)).await
    }

    pub async fn form_find(&self, name: String) -> Result<Option<JoinForm>, StoreError> {
        self.read(move |tx| tx.first(FORM_FIND, [&name], form)).await
    }

    /// Keeps a form, in place of the one with its name. Another notice is another version.
    ///
    /// # Errors
    /// [`StoreError::OutOfRange`] when there are too many.
    pub async fn form_set(&self, new: JoinForm, at: Timestamp) -> Result<JoinForm, StoreError> {
        self.write(move |tx| {
            let others: i64 = tx.one(FORMS_COUNT, [&new.name], |row| row.get(0))?;
            if others >= MOST_FORMS {
                return Err(StoreError::OutOfRange("the number of forms"));
            }
            let version = notice(tx, &new.name, &new.notice, at)?;
            let values = (
                &new.name,
                &new.title,
                topics_text(&new.topics),
                fields_text(&new.fields),
                version,
                new.language.as_deref(),
                new.redirect.as_deref(),
                json!(new.origins).to_string(),
                new.asks_age,
                new.is_open,
                at.0,
            );
            tx.execute(FORM_PUT, values)?;
            let kept = tx.first(FORM_FIND, [&new.name], form)?;
            kept.ok_or(StoreError::NotFound("form"))
        })
        .await
    }

    /// Closes a form; false when it was closed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn form_close(&self, name: String, at: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| {
            if tx.first(FORM_KNOWN, [&name], |_| Ok(()))?.is_none() {
                return Err(StoreError::NotFound("form"));
            }
            Ok(tx.execute(FORM_CLOSE, (&name, at.0))? > 0)
        })
        .await
    }

    /// Removes a form with what waits to be confirmed; its notices stay. False when there was none.
    pub async fn form_remove(&self, name: String) -> Result<bool, StoreError> {
        self.write(move |tx| {
            tx.execute(JOINS_OF_FORM_DROP, [&name])?;
            Ok(tx.execute(FORM_DROP, [&name])? > 0)
        })
        .await
    }

    /// What a form of this name has told people, the newest first.
    pub async fn form_notices(&self, name: String) -> Result<Vec<FormNotice>, StoreError> {
        self.read(move |tx| {
            tx.all(NOTICES_OF, [&name], |row| {
                Ok(FormNotice {
                    version: row.get(0)?,
                    text: row.get(1)?,
                    at: Timestamp(row.get(2)?),
                })
            })
        })
        .await
    }
}

/// The version of a notice; a new one when the last says something else.
fn notice(tx: &Tx<'_>, form: &str, text: &str, at: Timestamp) -> Result<i64, StoreError> {
    let last =
        tx.first(NOTICE_LAST, [form], |row| Ok((row.get::<i64>(0)?, row.text(1)? == text)))?;
    let version = match last {
        Some((version, true)) => return Ok(version),
        Some((version, false)) => version + 1,
        None => 1,
    };
    tx.execute(NOTICE_PUT, (form, version, text, at.0))?;
    Ok(version)
}

fn form(row: &SqlRow<'_>) -> Result<JoinForm, StoreError> {
    let fields: Vec<(String, bool)> =
        serde_json::from_str(row.text(3)?).map_err(|problem| corrupt(&problem))?;
    let field = |(attribute, is_required)| FormField { attribute, is_required };
    Ok(JoinForm {
        name: row.get(0)?,
        title: row.get(1)?,
        topics: topics_from(row.text(2)?)?,
        fields: fields.into_iter().map(field).collect(),
        notice_version: row.get(4)?,
        notice: row.get(5)?,
        language: row.get(6)?,
        redirect: row.get(7)?,
        origins: serde_json::from_str(row.text(8)?).map_err(|problem| corrupt(&problem))?,
        asks_age: row.get(9)?,
        is_open: row.get(10)?,
        created_at: Timestamp(row.get(11)?),
        updated_at: Timestamp(row.get(12)?),
    })
}

fn fields_text(fields: &[FormField]) -> String {
    let fields: Vec<_> = fields.iter().map(|it| json!([it.attribute, it.is_required])).collect();
    json!(fields).to_string()
}

pub(crate) fn topics_text(topics: &[TopicId]) -> String {
    json!(topics.iter().map(|topic| topic.0).collect::<Vec<_>>()).to_string()
}

pub(crate) fn topics_from(text: &str) -> Result<Vec<TopicId>, StoreError> {
    let ids: Vec<i64> = serde_json::from_str(text).map_err(|problem| corrupt(&problem))?;
    Ok(ids.into_iter().map(TopicId).collect())
}

fn corrupt(problem: &serde_json::Error) -> StoreError {
    StoreError::Corrupt(format!("a form: {problem}"))
}
