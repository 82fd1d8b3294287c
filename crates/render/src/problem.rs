//! What can be wrong with an announcement (once, at compile time) and with one contact's message.
//!
//! Invariant: no text here contains a contact's value; it may contain a tag's name and a position
//! in the file.

use std::fmt;

/// Why an announcement can't be used: where, what, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line of the announcement's file, counted from 1; 0 when the file is not to blame (a
    /// setting of the sender is).
    pub line: usize,
    /// Column in characters, counted from 1; 0 when the whole line is meant.
    pub column: usize,
    pub what: String,
    /// What would be right.
    pub hint: String,
}

/// Everything that is wrong with an announcement, in the order of its file. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// So many are looked for; whoever has more mends these first.
    pub(crate) const MOST: usize = 50;

    /// What was found; nothing when nothing was.
    pub(crate) fn found(mut problems: Vec<Problem>) -> Result<(), Self> {
        problems.sort_by_key(|problem| (problem.line, problem.column));
        problems.dedup();
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// These and others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self.0.sort_by_key(|problem| (problem.line, problem.column));
        self.0.truncate(Self::MOST);
        self
    }

    #[must_use]
    pub fn as_slice(&self) -> &[Problem] {
        &self.0
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = &*self.0 {
            return problem.fmt(f);
        }
        let more = if self.0.len() >= Self::MOST { " or more" } else { "" };
        write!(f, "{}{more} problems:", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

/// A place in the announcement's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SourcePosition {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl SourcePosition {
    pub(crate) const SETTINGS: Self = Self { line: 0, column: 0 };

    pub(crate) const fn line(line: usize) -> Self {
        Self { line, column: 0 }
    }

    /// The place after `text`, when `text` begins here.
    pub(crate) fn after(self, text: &str) -> Self {
        match text.rfind('\n') {
            None => Self { column: self.column + text.chars().count(), ..self },
            Some(last) => Self {
                line: self.line + text.matches('\n').count(),
                column: text.get(last + 1..).unwrap_or_default().chars().count() + 1,
            },
        }
    }

    pub(crate) fn problem(self, what: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { line: self.line, column: self.column, what: what.into(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => {}
            (line, 0) => write!(f, "line {line}: ")?,
            (line, column) => write!(f, "line {line}, column {column}: ")?,
        }
        write!(f, "{}; {}", self.what, self.hint)
    }
}

impl std::error::Error for Problem {}

/// Why one contact's message was not made. The caller knows and names the contact.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderProblem {
    /// The contact has no value for a tag that has no default, or an empty one.
    #[error("the contact has no value for {{{{ {tag} }}}}, and the tag has no default")]
    MissingValue { tag: String },
    /// An expression can't be computed with the contact's values, or takes too long.
    #[error("{{{{ {tag} }}}} can't be computed with the contact's values")]
    NotComputed { tag: String },
    /// All loops together go through more than [`crate::MOST_ITEMS`].
    #[error("the contact's list {{{{ {tag} }}}} makes more than {} items", crate::MOST_ITEMS)]
    TooManyItems { tag: String },
    #[error("the contact's value for {{{{ {tag} }}}} is longer than {} bytes", crate::VALUE_BYTES)]
    ValueTooLong { tag: String },
    /// A value with a line break or another control character would go into a header.
    #[error(
        "the contact's value for {{{{ {tag} }}}} has a line break or control character, which a subject must not have"
    )]
    ControlInHeader { tag: String },
    /// The subject with its values is longer than [`crate::SUBJECT_BYTES`].
    #[error("the subject with the contact's values is longer than {} bytes", crate::SUBJECT_BYTES)]
    SubjectTooLong,
    /// The message with its values is longer than [`crate::MESSAGE_BYTES`].
    #[error("the message with the contact's values is longer than {} bytes", crate::MESSAGE_BYTES)]
    MessageTooLong,
    /// A link is to lead where the value says, and the value is no web address.
    #[error("the contact's value for {{{{ {tag} }}}} makes no web address, and a link leads there")]
    NoAddress { tag: String },
    /// A link's address with its values is longer than [`token::TARGET_BYTES`].
    #[error(
        "a link's address with the contact's values is longer than {} bytes",
        token::TARGET_BYTES
    )]
    AddressTooLong,
    /// A campaign or contact id fits no token.
    #[error("the campaign's or contact's id does not fit into a token")]
    IdOutOfRange,
}

impl From<token::OutOfRange> for RenderProblem {
    fn from(_: token::OutOfRange) -> Self {
        Self::IdOutOfRange
    }
}
