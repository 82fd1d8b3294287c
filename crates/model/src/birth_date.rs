//! When somebody was born, asked for only to keep nothing of children.
//!
//! Invariant: it is compared and never stored; it has no form in which it could be.

use std::fmt;

use crate::Timestamp;

/// Nothing is kept of anybody younger, in years.
pub const YOUNGEST_AGE: i16 = 13;
/// Nobody who types an earlier year means their own.
const FIRST_YEAR: i16 = 1900;

/// A month of the calendar, with its day where that is known. Not shown anywhere, so that no log has it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BirthDate {
    year: i16,
    month: i16,
    day: Option<i16>,
}

impl fmt::Debug for BirthDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BirthDate")
    }
}

/// What is wrong with a date of birth, and what would be right. Does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be a month such as 1984-07, or a day such as 1984-07-31")]
pub struct BirthDateProblem;

impl BirthDate {
    /// Parses `1984-07` or `1984-07-31`.
    ///
    /// # Errors
    /// When it is written in another way, or is not in the calendar.
    pub fn parse(text: &str) -> Result<Self, BirthDateProblem> {
        let text = text.trim();
        let parts: Vec<&str> = text.split('-').collect();
        let plain = |part: &&str, length| {
            part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let number = |part: &str| part.parse::<i16>().map_err(|_| BirthDateProblem);
        match parts.as_slice() {
            [year, month] if plain(year, 4) && plain(month, 2) => {
                Self::of_month(number(year)?, number(month)?)
            }
            [year, month, day] if plain(year, 4) && plain(month, 2) && plain(day, 2) => {
                Timestamp::parse_day(text).ok_or(BirthDateProblem)?;
                let day = Some(number(day)?);
                Ok(Self { day, ..Self::of_month(number(year)?, number(month)?)? })
            }
            _ => Err(BirthDateProblem),
        }
    }

    /// Of a year with its century and a month from 1.
    ///
    /// # Errors
    /// When it is no month of the calendar, or before 1900.
    pub fn of_month(year: i16, month: i16) -> Result<Self, BirthDateProblem> {
        let is_month = (1..=12).contains(&month) && (FIRST_YEAR..=9999).contains(&year);
        if is_month { Ok(Self { year, month, day: None }) } else { Err(BirthDateProblem) }
    }

    /// Whether somebody born then may be under 13 on this day in UTC. Where the day is not known they count
    /// as younger until the month of their birthday is over.
    #[must_use]
    pub fn is_of_a_child(self, now: Timestamp) -> bool {
        let (year, month, day) = now.civil_date();
        match self.day {
            Some(born) => (self.year + YOUNGEST_AGE, self.month, born) > (year, month, day),
            None => (self.year + YOUNGEST_AGE, self.month) >= (year, month),
        }
    }

    /// Whether nobody can have been born then yet.
    #[must_use]
    pub fn is_to_come(self, now: Timestamp) -> bool {
        let (year, month, day) = now.civil_date();
        (self.year, self.month, self.day.unwrap_or(1)) > (year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_one_way_only() {
        assert_eq!(BirthDate::parse("1984-07"), BirthDate::of_month(1984, 7));
        assert!(BirthDate::parse(" 1984-07-31 ").is_ok());
        for bad in ["", "1984", "84-07", "07-1984", "1984-13", "1984-00", "1899-12", "1984-7"]
            .into_iter()
            .chain(["1984-07-32", "1984-07-3", "+984-07", "1984/07", "ünf4-07", "1984-02-30"])
        {
            assert!(BirthDate::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn of_whom_only_the_month_is_known_is_a_child_until_it_is_over() {
        let now = Timestamp::parse_rfc3339("2026-11-30T23:59:59Z").unwrap();
        let is_child = |text| BirthDate::parse(text).unwrap().is_of_a_child(now);
        assert!(is_child("2013-11") && is_child("2013-12") && is_child("2020-01"));
        assert!(!is_child("2013-10") && !is_child("1950-12"));
        let later = Timestamp::parse_rfc3339("2026-12-01T00:00:00Z").unwrap();
        assert!(!BirthDate::parse("2013-11").unwrap().is_of_a_child(later));
    }

    #[test]
    fn of_whom_the_day_is_known_is_none_from_the_thirteenth_birthday_on() {
        let now = Timestamp::parse_rfc3339("2026-11-28T10:00:00Z").unwrap();
        let is_child = |text| BirthDate::parse(text).unwrap().is_of_a_child(now);
        assert!(is_child("2013-11-29") && is_child("2014-01-01"));
        assert!(!is_child("2013-11-28") && !is_child("2013-11-01"));
        assert!(BirthDate::parse("2026-11-29").unwrap().is_to_come(now));
        assert!(!BirthDate::parse("2026-11").unwrap().is_to_come(now));
    }

    #[test]
    fn nothing_shows_it() {
        assert_eq!(format!("{:?}", BirthDate::parse("1984-07").unwrap()), "BirthDate");
    }
}
