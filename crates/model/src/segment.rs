//! Segments: who is meant, as a tree of conditions.
//!
//! Invariants: a tree and its text are the same thing (what is printed is read as the same tree); the depth
//! of a tree, its number of conditions and each of its values are bounded. Knows no contact and no store:
//! whether a topic, a tag or a campaign of a condition exists is the caller's question.

mod condition;
mod parse;
mod print;
#[cfg(test)]
mod tests;
mod tokens;
mod values;

pub use condition::{
    AttributeTest, CampaignOutcome, NumberComparison, ReadAct, ReadTest, ReaderClass,
    SegmentCondition,
};
pub use values::{SegmentDay, SegmentName, SegmentNumber, SegmentValueProblem, TimeTest};

/// Levels of a tree: a condition by itself has one.
pub const MOST_DEPTH: usize = 8;
/// Conditions of a tree.
pub const MOST_CONDITIONS: usize = 100;
/// Bytes of a text.
pub const MOST_TEXT_BYTES: usize = 20_000;
/// Characters of a value.
pub const MOST_VALUE_CHARS: usize = 500;
/// Values that one condition compares with.
pub const MOST_CHOICES: usize = 100;
/// Days of a condition on time.
pub const MOST_DAYS: u16 = 3_650;
/// Campaigns of [`SegmentCondition::Unread`].
pub const MOST_LAST: u16 = 20;

/// Conditions of a segment together with those of the segments in it.
pub const MOST_RESOLVED: usize = 500;
/// Segments within one another.
pub const MOST_SEGMENTS_DEEP: usize = 8;

/// Whom a segment means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SegmentRule {
    /// To whom each of these applies; two or more.
    All(Vec<Self>),
    /// To whom at least one of these applies; two or more.
    Any(Vec<Self>),
    /// To whom it does not apply.
    Not(Box<Self>),
    Is(SegmentCondition),
}

/// Where a text is no segment, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {words}")]
pub struct SegmentProblem {
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    pub words: String,
}

/// Why a tree can't be a segment's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentTooLarge {
    #[error("is nested more than {MOST_DEPTH} levels deep: put a part into a segment of its own")]
    Deep,
    #[error("has more than {MOST_CONDITIONS} conditions: put a part into a segment of its own")]
    Conditions,
    #[error("has a group of fewer than two conditions")]
    Group,
    #[error("compares with {MOST_CHOICES} values at most, and with one at least")]
    Choices,
    #[error("has a value that is empty or longer than {MOST_VALUE_CHARS} characters")]
    Value,
    #[error("counts from 1 to {MOST_DAYS} days, and from 1 to {MOST_LAST} campaigns")]
    Range,
    #[error("names a link without its campaign, or for views")]
    Link,
}

/// Why a segment can't be what it is to be, beside others and what there is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SegmentRefused {
    #[error("there is no {what} {name:?}")]
    Missing { what: &'static str, name: String },
    #[error("the segment {0:?} would be a part of itself")]
    Circle(String),
    #[error(
        "with the segments in it there are more than {MOST_RESOLVED} conditions, or more than \
         {MOST_SEGMENTS_DEEP} segments within one another"
    )]
    TooLarge,
    #[error(
        "what contacts did with campaign {0} was removed because of its age: nobody can be picked by it"
    )]
    NotKept(crate::CampaignNumber),
    #[error("the segment {name:?} is needed by {by}")]
    Needed { name: String, by: String },
}

impl SegmentRule {
    /// Reads a text such as `topic = offers and not tag = vip`.
    ///
    /// # Errors
    /// Says where the text is none, and what would be right.
    pub fn parse(text: &str) -> Result<Self, SegmentProblem> {
        parse::parse(text)
    }

    /// Reads the text of a segment in which others stand in place of their names, so that it is larger.
    ///
    /// # Errors
    /// As above.
    pub fn parse_resolved(text: &str) -> Result<Self, SegmentProblem> {
        parse::parse_resolved(text)
    }

    /// Ensures that a tree that was made by other means than [`Self::parse`] is within the bounds.
    ///
    /// # Errors
    /// Says which of them it exceeds.
    pub fn check(&self) -> Result<(), SegmentTooLarge> {
        if self.depth() > MOST_DEPTH {
            return Err(SegmentTooLarge::Deep);
        }
        let mut conditions = Vec::new();
        self.each_condition(&mut |it| conditions.push(it.clone()));
        if conditions.len() > MOST_CONDITIONS {
            return Err(SegmentTooLarge::Conditions);
        }
        if !self.groups_are_groups() {
            return Err(SegmentTooLarge::Group);
        }
        conditions.iter().try_for_each(SegmentCondition::check)
    }

    /// Calls `look` with each condition, in the order of the text.
    pub fn each_condition(&self, look: &mut impl FnMut(&SegmentCondition)) {
        match self {
            Self::All(rules) | Self::Any(rules) => {
                for rule in rules {
                    rule.each_condition(look);
                }
            }
            Self::Not(rule) => rule.each_condition(look),
            Self::Is(condition) => look(condition),
        }
    }

    /// The segments that are named in it.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentName> {
        let mut names = Vec::new();
        self.each_condition(&mut |condition| {
            if let SegmentCondition::Segment(name) = condition {
                names.push(name.clone());
            }
        });
        names
    }

    fn depth(&self) -> usize {
        match self {
            Self::All(rules) | Self::Any(rules) => {
                1 + rules.iter().map(Self::depth).max().unwrap_or(0)
            }
            Self::Not(rule) => 1 + rule.depth(),
            Self::Is(_) => 1,
        }
    }

    fn groups_are_groups(&self) -> bool {
        match self {
            Self::All(rules) | Self::Any(rules) => {
                rules.len() >= 2 && rules.iter().all(Self::groups_are_groups)
            }
            Self::Not(rule) => rule.groups_are_groups(),
            Self::Is(_) => true,
        }
    }
}
