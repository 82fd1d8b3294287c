//! Values and conditions as a stored form keeps them.

use serde::{Deserialize, Serialize};

use crate::file_parts::FileParts;
use crate::locale::TextLocale;
use crate::media::attach::AttachedFile;
use crate::template::condition::Condition;
use crate::template::expression::Expression;
use crate::template::{LoopHead, MergeValue, ValueSource};

/// The version that this release writes, and the newest that it reads.
pub(crate) const VERSION: u32 = 4;
/// That of forms whose messages carry no files.
pub(crate) const WITHOUT_FILES: u32 = 3;

/// Why a stored form can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnreadableForm {
    #[error("its stored form has version {0}, and this release reads versions up to {VERSION}")]
    Newer(u32),
    #[error("its stored form is damaged: {0}")]
    Damaged(String),
}

pub(crate) fn damaged(problem: impl std::fmt::Display) -> UnreadableForm {
    UnreadableForm::Damaged(problem.to_string())
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredCondition {
    Has(String),
    Is {
        name: String,
        text: String,
    },
    Not(Box<StoredCondition>),
    Expression(String),
    /// Since version 3.
    LocalExpression(StoredExpression),
}

/// An expression with the names that loops around it give their values. Since version 3.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredExpression {
    source: String,
    locals: Vec<String>,
}

/// Since version 3.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredList {
    name: String,
    list: StoredExpression,
}

/// For dates, numbers and money. Since version 3.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct StoredLocale {
    language: Option<String>,
    time_zone: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoredSource {
    Attribute(String),
    Email,
    Literal(String),
    /// Since version 2.
    Expression(String),
    /// Since version 3.
    LocalExpression(StoredExpression),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredValue {
    source: StoredSource,
    default: Option<String>,
}

pub(crate) fn stored_value(value: &MergeValue) -> StoredValue {
    let source = match value.source.clone() {
        ValueSource::Attribute(name) => StoredSource::Attribute(name),
        ValueSource::Email => StoredSource::Email,
        ValueSource::Literal(text) => StoredSource::Literal(text),
        ValueSource::Expression(expression) if expression.locals().is_empty() => {
            StoredSource::Expression(expression.source().to_owned())
        }
        ValueSource::Expression(expression) => {
            StoredSource::LocalExpression(stored_expression(&expression))
        }
    };
    StoredValue { source, default: value.default.clone() }
}

pub(crate) fn value_of(
    StoredValue { source, default }: StoredValue,
) -> Result<MergeValue, UnreadableForm> {
    let source = match source {
        StoredSource::Attribute(name) => ValueSource::Attribute(name),
        StoredSource::Email => ValueSource::Email,
        StoredSource::Literal(text) => ValueSource::Literal(text),
        StoredSource::Expression(text) => {
            ValueSource::Expression(Expression::parse(&text, &[]).map_err(damaged)?)
        }
        StoredSource::LocalExpression(StoredExpression { source, locals }) => {
            ValueSource::Expression(Expression::parse(&source, &locals).map_err(damaged)?)
        }
    };
    Ok(MergeValue { source, default })
}

pub(crate) fn stored_condition(condition: &Condition) -> StoredCondition {
    match condition {
        Condition::Has(name) => StoredCondition::Has(name.clone()),
        Condition::Is { name, text } => {
            StoredCondition::Is { name: name.clone(), text: text.clone() }
        }
        Condition::Not(inner) => StoredCondition::Not(Box::new(stored_condition(inner))),
        Condition::Other(expression) if expression.locals().is_empty() => {
            StoredCondition::Expression(expression.source().to_owned())
        }
        Condition::Other(expression) => {
            StoredCondition::LocalExpression(stored_expression(expression))
        }
    }
}

pub(crate) fn condition_of(stored: StoredCondition) -> Result<Condition, UnreadableForm> {
    Ok(match stored {
        StoredCondition::Has(name) => Condition::Has(name),
        StoredCondition::Is { name, text } => Condition::Is { name, text },
        StoredCondition::Not(inner) => Condition::Not(Box::new(condition_of(*inner)?)),
        StoredCondition::Expression(text) => {
            Condition::Other(Expression::parse_question(&text, &[]).map_err(damaged)?)
        }
        StoredCondition::LocalExpression(expression) => Condition::Other(question_of(expression)?),
    })
}

fn stored_expression(expression: &Expression) -> StoredExpression {
    let (source, locals) = (expression.source().to_owned(), expression.locals().to_vec());
    StoredExpression { source, locals }
}

fn question_of(
    StoredExpression { source, locals }: StoredExpression,
) -> Result<Expression, UnreadableForm> {
    Expression::parse_question(&source, &locals).map_err(damaged)
}

pub(crate) fn stored_list(LoopHead { name, list }: &LoopHead) -> StoredList {
    StoredList { name: name.clone(), list: stored_expression(list) }
}

pub(crate) fn list_of(StoredList { name, list }: StoredList) -> Result<LoopHead, UnreadableForm> {
    Ok(LoopHead { name, list: question_of(list)? })
}

pub(crate) fn stored_locale(TextLocale { language, time_zone }: &TextLocale) -> StoredLocale {
    StoredLocale { language: language.clone(), time_zone: time_zone.clone() }
}

pub(crate) fn locale_of(StoredLocale { language, time_zone }: StoredLocale) -> TextLocale {
    TextLocale { language, time_zone }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredFiles {
    seed: String,
    files: Vec<StoredFile>,
}

#[derive(Serialize, Deserialize)]
struct StoredFile {
    file: String,
    content_type: String,
    file_name: String,
    content_id: Option<String>,
    bytes: u64,
}

pub(crate) fn stored_files(FileParts { files, seed }: &FileParts) -> Option<StoredFiles> {
    let stored = |file: &AttachedFile| StoredFile {
        file: file.file.clone(),
        content_type: file.content_type.clone(),
        file_name: file.file_name.clone(),
        content_id: file.content_id.clone(),
        bytes: file.bytes,
    };
    let seed = seed.clone();
    (!files.is_empty()).then(|| StoredFiles { seed, files: files.iter().map(stored).collect() })
}

pub(crate) fn files_of(StoredFiles { seed, files }: StoredFiles) -> FileParts {
    let file = |StoredFile { file, content_type, file_name, content_id, bytes }| AttachedFile {
        file,
        content_type,
        file_name,
        content_id,
        bytes,
    };
    FileParts { files: files.into_iter().map(file).collect(), seed }
}
