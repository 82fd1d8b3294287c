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

    /// Whether a loop around it can change it.
    pub(crate) fn is_local(&self) -> bool {
        matches!(&self.source, ValueSource::Expression(it) if !it.locals().is_empty())
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

/// A tag that decides how often what stands between these is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Control {
    If(Condition),
    ElseIf(Condition),
    /// Of a condition, or of a loop without items.
    Else,
    EndIf,
    For(LoopHead),
    EndFor,
}

impl Control {
    pub(crate) fn opens(&self) -> bool {
        matches!(self, Self::If(_) | Self::For(_))
    }

    pub(crate) fn closes(&self) -> bool {
        matches!(self, Self::EndIf | Self::EndFor)
    }
}

/// `for NAME in LIST`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoopHead {
    /// What an item is called inside.
    pub(crate) name: String,
    pub(crate) list: Expression,
}

/// The merge tags of an announcement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    /// Each distinct one once.
    pub(crate) list: Vec<MergeValue>,
    /// Each where it stands, with its place.
    pub(crate) controls: Vec<(Control, SourcePosition)>,
    /// The names of the loops that are open where it is being read.
    pub(crate) locals: Vec<String>,
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
    Address(OwnAddress),
    /// By its number among the controls.
    Control(usize),
}

/// The address of a page of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnAddress {
    Unsubscribe,
    /// Where a reader chooses topics, or pauses.
    Preferences,
    Browser,
    /// The page in the archive.
    Forward,
    /// Where a reader says what may be recorded of them.
    Tracking,
}

impl OwnAddress {
    /// Of the page that this name stands for.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "unsubscribe_url" => Some(Self::Unsubscribe),
            "preferences_url" => Some(Self::Preferences),
            "browser_url" => Some(Self::Browser),
            "forward_url" => Some(Self::Forward),
            "tracking_url" => Some(Self::Tracking),
            _ => None,
        }
    }
}
