//! Points in time as integers, so that both databases and every file keep them the same way.

use jiff::fmt::rfc2822::DateTimePrinter;

/// Microseconds since 1970-01-01T00:00:00 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Microseconds in an hour: the width of a report's time bucket.
    pub const HOUR: i64 = 3_600_000_000;

    /// The time of a system clock; times before 1970 become 1970.
    #[must_use]
    pub fn from_system(time: std::time::SystemTime) -> Self {
        let since = time.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    /// Number of whole hours since 1970, for hourly roll-ups.
    #[must_use]
    pub const fn hour(self) -> i64 {
        self.0.div_euclid(Self::HOUR)
    }

    /// This time plus a duration; saturates at the far future.
    #[must_use]
    pub fn after(self, wait: std::time::Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This time minus a duration; saturates at the far past.
    #[must_use]
    pub fn before(self, wait: std::time::Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The same time of the day so many calendar months later, in UTC; on the last day of a month that has no
    /// such day.
    #[must_use]
    pub fn months_later(self, months: u8) -> Self {
        let later = self.civil().checked_add(jiff::Span::new().months(i64::from(months)));
        later.map_or(self, |later| Self(later.timestamp().as_microsecond()))
    }

    /// Number of whole days since 1970.
    #[must_use]
    pub const fn day_number(self) -> i64 {
        self.0.div_euclid(24 * Self::HOUR)
    }

    /// Reads a time as RFC 3339 writes it, with any offset; nothing for what is none.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(Self(time.as_microsecond()))
    }

    /// The beginning of a day in UTC, written as `2026-11-23`; nothing for what is none.
    #[must_use]
    pub fn parse_day(text: &str) -> Option<Self> {
        let day: jiff::civil::Date = text.parse().ok().filter(|_| text.len() == 10)?;
        let time = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(time.timestamp().as_microsecond()))
    }

    /// `2026-11-23T10:04:05Z`, seconds precise, for pages, JSON and logs.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.civil().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    }

    /// `Mon, 23 Nov 2026 10:04:05 +0000`, as the `Date` header requires it (RFC 5322 section 3.3).
    #[must_use]
    pub fn rfc5322(self) -> String {
        DateTimePrinter::new()
            .timestamp_to_string(&self.civil_timestamp())
            .unwrap_or_else(|_| "Thu, 01 Jan 1970 00:00:00 +0000".to_owned())
            .replace("-0000", "+0000")
    }

    /// `12 Nov 2026, 10:04 UTC`, for people.
    #[must_use]
    pub fn readable(self) -> String {
        self.civil().strftime("%-d %b %Y, %H:%M UTC").to_string()
    }

    /// Year, month and day (from 1), in UTC.
    #[must_use]
    pub fn civil_date(self) -> (i16, i16, i16) {
        let civil = self.civil();
        (civil.year(), civil.month().into(), civil.day().into())
    }

    /// `12 Nov 2026`, in UTC, for people.
    #[must_use]
    pub fn day(self) -> String {
        self.civil().strftime("%-d %b %Y").to_string()
    }

    fn civil_timestamp(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }

    fn civil(self) -> jiff::Zoned {
        self.civil_timestamp().to_zoned(jiff::tz::TimeZone::UTC)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_the_same_everywhere() {
        let time = Timestamp(1_795_428_245_000_000);
        assert_eq!(time.rfc3339(), "2026-11-23T10:04:05Z");
        assert_eq!(time.rfc5322(), "Mon, 23 Nov 2026 10:04:05 +0000");
        assert_eq!(time.day(), "23 Nov 2026");
        assert_eq!(time.readable(), "23 Nov 2026, 10:04 UTC");
    }

    #[test]
    fn a_time_is_read_with_its_offset() {
        let read = Timestamp::parse_rfc3339;
        assert_eq!(read("2026-11-23T11:04:05.5+01:00"), Some(Timestamp(1_795_428_245_500_000)));
        assert_eq!(read(&Timestamp(1_795_428_245_000_000).rfc3339()).unwrap().hour(), 498_730);
        for text in ["", "2026-11-23", "2026-11-23T10:04:05", "tomorrow", "99999-01-01T00:00:00Z"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_begins_at_midnight() {
        assert_eq!(Timestamp::parse_day("2026-11-23").unwrap().rfc3339(), "2026-11-23T00:00:00Z");
        for text in ["", "2026-11", "2026-11-31", "2026-11-23T10:04:05Z", "20261123", "tomorrow"] {
            assert_eq!(Timestamp::parse_day(text), None, "{text}");
        }
    }

    #[test]
    fn hours_are_counted_downwards_before_1970_too() {
        assert_eq!(Timestamp(-1).hour(), -1);
        assert_eq!(Timestamp(Timestamp::HOUR).hour(), 1);
    }
}
