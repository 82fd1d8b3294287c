//! Time zones, for times that people type and read.

use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use crate::Timestamp;

/// A time zone of the IANA database, as it was when this release was built: every machine knows the
/// same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    name: String,
    zone: TimeZone,
}

/// Why a text is no point in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeProblem {
    #[error("{0:?} should be a date and a time, such as 2026-12-01 09:00")]
    NotATime(String),
    #[error("{text} does not exist in {zone}: the clocks are put forward over it")]
    Skipped { text: String, zone: String },
    #[error("there is no time zone {0:?}; such as Europe/Madrid, or UTC")]
    UnknownZone(String),
}

/// A day as calendars have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CalendarDay {
    /// 1 is Monday.
    pub(crate) weekday: u8,
    pub(crate) day: u8,
    pub(crate) days_in_month: u8,
}

impl CalendarDay {
    fn of(date: jiff::civil::Date) -> Self {
        Self {
            weekday: date.weekday().to_monday_one_offset().unsigned_abs(),
            day: date.day().unsigned_abs(),
            days_in_month: date.days_in_month().unsigned_abs(),
        }
    }
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC }
    }

    /// The zone with this name, such as `Europe/Madrid`.
    ///
    /// # Errors
    /// [`TimeProblem::UnknownZone`].
    pub fn named(name: &str) -> Result<Self, TimeProblem> {
        let found = TimeZoneDatabase::bundled().get(name.trim());
        let zone = found.map_err(|_| TimeProblem::UnknownZone(name.to_owned()))?;
        Ok(Self { name: zone.iana_name().unwrap_or("UTC").to_owned(), zone })
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was typed as a time: `2026-12-01 09:00` in this zone, or with a zone of its own
    /// (`2026-12-01T09:00:00+01:00`). A time that comes twice, when clocks are put back, is the
    /// first one.
    ///
    /// # Errors
    /// When it is none, or one that clocks in this zone skip.
    pub fn time(&self, text: &str) -> Result<Timestamp, TimeProblem> {
        const PARSER: DateTimeParser = DateTimeParser::new();
        let text = text.trim();
        if let Ok(time) = PARSER.parse_timestamp(text) {
            return Ok(Timestamp(time.as_microsecond()));
        }
        let not_a_time = || TimeProblem::NotATime(text.to_owned());
        // A date alone would mean midnight, which nobody means.
        let has_time = text.contains(':');
        let civil: DateTime =
            PARSER.parse_datetime(text).ok().filter(|_| has_time).ok_or_else(not_a_time)?;
        let found = self.zone.to_ambiguous_timestamp(civil);
        if matches!(found.offset(), AmbiguousOffset::Gap { .. }) {
            let (text, zone) = (text.to_owned(), self.name.clone());
            return Err(TimeProblem::Skipped { text, zone });
        }
        let time = found.earlier().map_err(|_| not_a_time())?;
        Ok(Timestamp(time.as_microsecond()))
    }

    /// `1 Dec 2026, 09:00 Europe/Madrid`, for people.
    #[must_use]
    pub fn readable(&self, time: Timestamp) -> String {
        format!("{} {}", self.strftime(time, "%-d %b %Y, %H:%M"), self.name)
    }

    /// `2026-12-01T09:00`, as a form's field for a local time has it.
    #[must_use]
    pub fn field(&self, time: Timestamp) -> String {
        self.strftime(time, "%Y-%m-%dT%H:%M")
    }

    /// The hour of the day, from 0 to 23.
    #[must_use]
    pub fn hour_of_day(&self, time: Timestamp) -> i64 {
        let time = jiff::Timestamp::from_microsecond(time.0).unwrap_or_default();
        i64::from(time.to_zoned(self.zone.clone()).hour())
    }

    /// The first later time at which the clock shows this full hour on a day that is wanted, within two
    /// months; an hour that clocks skip is the next one, one that comes twice is the first one.
    pub(crate) fn next_hour(
        &self,
        after: Timestamp,
        hour: u8,
        is_wanted: impl Fn(CalendarDay) -> bool,
    ) -> Option<Timestamp> {
        const DAYS: usize = 62;
        let time = jiff::Timestamp::from_microsecond(after.0).ok()?;
        let first = time.to_zoned(self.zone.clone()).date();
        let days = std::iter::successors(Some(first), |date| date.tomorrow().ok()).take(DAYS);
        let at = |date: jiff::civil::Date| {
            let civil = date.at(i8::try_from(hour).ok()?, 0, 0, 0);
            let found = self.zone.to_ambiguous_timestamp(civil).compatible().ok()?;
            Some(Timestamp(found.as_microsecond()))
        };
        days.filter(|date| is_wanted(CalendarDay::of(*date))).filter_map(at).find(|it| *it > after)
    }

    fn strftime(&self, time: Timestamp, format: &str) -> String {
        let time = jiff::Timestamp::from_microsecond(time.0).unwrap_or_default();
        time.to_zoned(self.zone.clone()).strftime(format).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_in_its_zone_or_with_its_own() {
        let madrid = Zone::named("europe/madrid").unwrap();
        let nine = madrid.time("2026-12-01 09:00").unwrap();
        assert_eq!(nine.rfc3339(), "2026-12-01T08:00:00Z");
        assert_eq!(madrid.time("2026-12-01T09:00").unwrap(), nine);
        assert_eq!(Zone::utc().time("2026-12-01T09:00:00+01:00").unwrap(), nine);
        assert_eq!(madrid.readable(nine), "1 Dec 2026, 09:00 Europe/Madrid");
        assert_eq!(madrid.time(&madrid.field(nine)).unwrap(), nine);
        assert_eq!((madrid.hour_of_day(nine), Zone::utc().hour_of_day(nine)), (9, 8));
    }

    #[test]
    fn the_hour_that_clocks_skip_is_refused_and_the_one_that_comes_twice_is_the_first() {
        let madrid = Zone::named("Europe/Madrid").unwrap();
        let skipped = madrid.time("2027-03-28 02:30").unwrap_err();
        assert!(matches!(skipped, TimeProblem::Skipped { .. }), "{skipped}");
        let twice = madrid.time("2026-10-25 02:30").unwrap();
        assert_eq!(twice.rfc3339(), "2026-10-25T00:30:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "tomorrow", "2026-12-01", "09:00", "2026-13-01 09:00", "99999-01-01 00:00"]
        {
            assert!(Zone::utc().time(text).is_err(), "{text}");
        }
        assert!(Zone::named("Mars/Olympus").is_err());
    }
}
