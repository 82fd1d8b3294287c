//! What conditions compare with.

use std::fmt;

use super::{MOST_DAYS, MOST_VALUE_CHARS};
use crate::{AttributeKind, Timestamp};

/// Microseconds of a day.
const DAY: i64 = 24 * Timestamp::HOUR;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SegmentValueProblem {
    #[error(
        "a segment's name should be 1 to {} characters in one line without quotes",
        SegmentName::MOST_CHARS
    )]
    Name,
    #[error("a day should be written as year, month, day, such as 2026-11-28")]
    Day,
    #[error("a number should be written with digits and at most one point, such as 12.5")]
    Number,
}

/// What people call a segment by. Two names that differ in case are the same.
///
/// Invariant: 1 to 64 characters in one line, without blanks around them and without quotes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SegmentName(String);

impl SegmentName {
    pub const MOST_CHARS: usize = 64;

    /// The name that a text is, without the blanks around it.
    ///
    /// # Errors
    /// When it has other characters, none, or too many.
    pub fn parse(text: &str) -> Result<Self, SegmentValueProblem> {
        let name = text.trim();
        let is_plain = !name.chars().any(|it| it.is_control() || it == '"');
        let is_name = (1..=Self::MOST_CHARS).contains(&name.chars().count()) && is_plain;
        if is_name { Ok(Self(name.to_owned())) } else { Err(SegmentValueProblem::Name) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names of one segment have in common.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for SegmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A day of the calendar, which begins and ends in UTC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SegmentDay(String);

impl SegmentDay {
    /// Reads `2026-11-28`.
    ///
    /// # Errors
    /// When it is no day.
    pub fn parse(text: &str) -> Result<Self, SegmentValueProblem> {
        let day = AttributeKind::Date.canonical(text).map_err(|_| SegmentValueProblem::Day)?;
        // The last day that a time can begin after.
        match Timestamp::parse_day(&day) {
            Some(_) if day.as_str() < "9999-12-30" => Ok(Self(day)),
            _ => Err(SegmentValueProblem::Day),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// When it begins.
    #[must_use]
    pub fn begins(&self) -> Timestamp {
        Timestamp::parse_day(&self.0).unwrap_or(Timestamp(0))
    }

    /// When it has ended.
    #[must_use]
    pub fn ends(&self) -> Timestamp {
        Timestamp(self.begins().0.saturating_add(DAY))
    }
}

/// A decimal number in its one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentNumber(String);

impl SegmentNumber {
    /// Reads `12.50`, which is `12.5`.
    ///
    /// # Errors
    /// When it is no number.
    pub fn parse(text: &str) -> Result<Self, SegmentValueProblem> {
        let number = AttributeKind::Number.canonical(text);
        number.map(Self).map_err(|_| SegmentValueProblem::Number)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// When something was, or a day that is an attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimeTest {
    /// Before this day begins.
    Before(SegmentDay),
    /// After this day has ended.
    After(SegmentDay),
    /// In the last so many days: of 24 hours for times, of the calendar in UTC for days, and today is the
    /// last of those.
    Within(u16),
}

impl TimeTest {
    pub(super) fn is_bounded(&self) -> bool {
        !matches!(self, Self::Within(days) if !(1..=MOST_DAYS).contains(days))
    }

    /// From when on, and before when, a time passes.
    #[must_use]
    pub fn times(&self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        match self {
            Self::Before(day) => (None, Some(day.begins())),
            Self::After(day) => (Some(day.ends()), None),
            Self::Within(days) => {
                let from = now.0.saturating_sub(i64::from(*days).saturating_mul(DAY));
                (Some(Timestamp(from)), None)
            }
        }
    }

    /// The first and the last day that pass, as texts; none: there is no such bound.
    #[must_use]
    pub fn days(&self, now: Timestamp) -> (Option<String>, Option<String>) {
        let day = |at: i64| Timestamp(at).rfc3339().chars().take(10).collect::<String>();
        match self {
            Self::Before(before) => (None, Some(day(before.begins().0.saturating_sub(DAY)))),
            Self::After(after) => (Some(day(after.ends().0)), None),
            Self::Within(days) => {
                let ago = i64::from(days.saturating_sub(1)).saturating_mul(DAY);
                (Some(day(now.0.saturating_sub(ago))), Some(day(now.0)))
            }
        }
    }
}

/// Whether a value has a number of characters that a condition may have.
pub(super) fn is_value(text: &str) -> bool {
    (1..=MOST_VALUE_CHARS).contains(&text.chars().count()) && !text.contains('\0')
}
