//! Merge tags: `{{ first_name | default("there") }}` and `{% if vip %}` in an announcement.
//!
//! Invariant: every part of a [`Template`] points into the [`Values`] it was parsed with, and every
//! condition is closed. What is not understood is refused by name, so that a mistake is seen when
//! the announcement is saved and not by its readers. `{{ "{{" }}` writes two braces.

use minijinja::value::Value;

use crate::problem::SourcePosition;
use crate::template::condition::Condition;
use crate::template::expression::Expression;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueSource {
    Attribute(String),
    Email,
    Literal(String),
    Expression(Expression),
}

/// One distinct merge tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MergeValue {
    pub(crate) source: ValueSource,
    pub(crate) default: Option<String>,
}

impl MergeValue {
    /// The tag's name as people know it.
    pub(crate) fn name(&self) -> &str {
        match &self.source {
            ValueSource::Attribute(name) => name,
            ValueSource::Email => "email",
            ValueSource::Literal(text) => text,
            ValueSource::Expression(expression) => expression.source(),
        }
    }

    /// Whether an expression has a value for a contact without any.
    pub(crate) fn can_be_made_of_nothing(&self) -> bool {
        match &self.source {
            ValueSource::Expression(expression) => expression.text(&Value::from(())).is_ok(),
            _ => false,
        }
    }

    /// The attributes that it needs; the address is none.
    pub(crate) fn attributes(&self) -> Vec<String> {
        match &self.source {
            ValueSource::Attribute(name) => vec![name.clone()],
            ValueSource::Email | ValueSource::Literal(_) => Vec::new(),
            ValueSource::Expression(expression) => expression.names(),
        }
    }
}

/// A tag that chooses: what stands between these is shown or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    If(Condition),
    ElseIf(Condition),
    Else,
    EndIf,
}

/// The merge tags of an announcement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// Each distinct one once.
    pub(crate) list: Vec<MergeValue>,
    /// Each where it stands, with its place.
    pub(crate) controls: Vec<(Control, SourcePosition)>,
}

impl Values {
    /// The number of this value, which is added if it is new.
    pub(crate) fn number(&mut self, value: MergeValue) -> usize {
        self.list.iter().position(|known| *known == value).unwrap_or_else(|| {
            self.list.push(value);
            self.list.len() - 1
        })
    }
}

/// A piece of an announcement's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplatePart {
    Text(String),
    Value {
        number: usize,
        place: SourcePosition,
    },
    UnsubscribeUrl,
    BrowserUrl,
    /// By its number among the controls.
    Control(usize),
}
