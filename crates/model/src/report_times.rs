//! When a report is mailed: at an hour of days in some zone, or some hours after a campaign is sent.

use std::fmt;

use crate::{Timestamp, Zone};

/// Hours after a campaign at the most: a month and a day.
const MOST_HOURS: u16 = 32 * 24;
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// How often a report is mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportRhythm {
    Daily {
        /// 0 to 23.
        hour: u8,
    },
    Weekly {
        /// 1 is Monday, 7 Sunday.
        weekday: u8,
        hour: u8,
    },
    /// In a month that is shorter, on its last day.
    Monthly {
        /// 1 to 31.
        day: u8,
        hour: u8,
    },
    /// Once.
    AfterSending {
        /// From when the last delivery had ended.
        hours: u16,
    },
}

/// How often, in which zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportTimes {
    pub rhythm: ReportRhythm,
    pub zone: Zone,
}

/// Why a text says no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} should be such as \"daily 9\", \"weekly mon 9\", \"monthly 1 9\" (hours of the day from 0 to 23) \
     or \"24h after sending\" (at most 768)"
)]
pub struct NoReportTimes(String);

impl ReportRhythm {
    /// Reads `daily 9`, `weekly mon 9`, `monthly 1 9` or `24h after sending`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<Self, NoReportTimes> {
        let lower = text.to_ascii_lowercase();
        let words: Vec<&str> = lower.split_whitespace().collect();
        let hour = |text: &str| text.parse::<u8>().ok().filter(|hour| *hour < 24);
        let found = match words.as_slice() {
            ["daily", at] => hour(at).map(|hour| Self::Daily { hour }),
            ["weekly", day, at] => {
                let weekday = (1..).zip(WEEKDAYS).find(|(_, name)| name == day);
                weekday.zip(hour(at)).map(|((weekday, _), hour)| Self::Weekly { weekday, hour })
            }
            ["monthly", day, at] => {
                let day = day.parse::<u8>().ok().filter(|day| (1..=31).contains(day));
                day.zip(hour(at)).map(|(day, hour)| Self::Monthly { day, hour })
            }
            [hours, "after", "sending"] => {
                let hours = hours.strip_suffix('h').and_then(|hours| hours.parse::<u16>().ok());
                let hours = hours.filter(|hours| (1..=MOST_HOURS).contains(hours));
                hours.map(|hours| Self::AfterSending { hours })
            }
            _ => None,
        };
        found.ok_or_else(|| NoReportTimes(text.to_owned()))
    }
}

/// As it is read.
impl fmt::Display for ReportRhythm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Daily { hour } => write!(f, "daily {hour}"),
            Self::Weekly { weekday, hour } => {
                let name = usize::from(weekday).checked_sub(1).and_then(|at| WEEKDAYS.get(at));
                write!(f, "weekly {} {hour}", name.unwrap_or(&"mon"))
            }
            Self::Monthly { day, hour } => write!(f, "monthly {day} {hour}"),
            Self::AfterSending { hours } => write!(f, "{hours}h after sending"),
        }
    }
}

impl ReportTimes {
    /// The first time that is later; none when it is not by the day.
    #[must_use]
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let hour = match self.rhythm {
            ReportRhythm::Daily { hour }
            | ReportRhythm::Weekly { hour, .. }
            | ReportRhythm::Monthly { hour, .. } => hour,
            ReportRhythm::AfterSending { .. } => return None,
        };
        self.zone.next_hour(time, hour, |date| match self.rhythm {
            ReportRhythm::Weekly { weekday, .. } => date.weekday == weekday,
            ReportRhythm::Monthly { day, .. } => date.day == day.min(date.days_in_month),
            _ => true,
        })
    }

    /// The last of the times from `due` on that has come by `now`.
    #[must_use]
    pub fn latest(&self, due: Timestamp, now: Timestamp) -> Timestamp {
        let mut latest = due;
        while let Some(next) = self.next_after(latest).filter(|next| *next <= now) {
            latest = next;
        }
        latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str) -> ReportTimes {
        let zone = Zone::named("Europe/Madrid").unwrap();
        ReportTimes { rhythm: ReportRhythm::parse(text).unwrap(), zone }
    }

    fn at(text: &str) -> Timestamp {
        Zone::named("Europe/Madrid").unwrap().time(text).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["daily 0", "weekly sun 23", "monthly 31 7", "24h after sending"] {
            assert_eq!(ReportRhythm::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "daily",
            "daily 24",
            "weekly 1 9",
            "monthly 0 9",
            "monthly 32 9",
            "0h after sending",
            "769h after sending",
            "24 after sending",
            "yearly 1 9",
        ] {
            assert!(ReportRhythm::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_next_time_is_by_the_clock_of_the_zone() {
        for (text, from, next) in [
            ("daily 9", "2026-11-27 08:59", "2026-11-27 09:00"),
            ("daily 9", "2026-11-27 09:00", "2026-11-28 09:00"),
            ("weekly mon 9", "2026-11-27 12:00", "2026-11-30 09:00"),
            ("monthly 31 9", "2027-02-01 00:00", "2027-02-28 09:00"),
            ("monthly 1 9", "2026-12-01 09:00", "2027-01-01 09:00"),
            // The clocks are put forward over it: an hour later.
            ("daily 2", "2027-03-28 00:00", "2027-03-28 03:00"),
            // It comes twice: the first time, and not again.
            ("daily 2", "2026-10-25 00:00", "2026-10-25 02:00"),
            ("daily 2", "2026-10-25 02:00", "2026-10-26 02:00"),
        ] {
            assert_eq!(times(text).next_after(at(from)), Some(at(next)), "{text} after {from}");
        }
        assert_eq!(times("5h after sending").next_after(at("2026-11-27 09:00")), None);
    }

    #[test]
    fn of_the_times_that_were_missed_the_latest_counts() {
        let (due, now) = (at("2026-11-20 09:00"), at("2026-11-27 08:00"));
        assert_eq!(times("daily 9").latest(due, now), at("2026-11-26 09:00"));
        assert_eq!(times("weekly fri 9").latest(due, now), due);
    }
}
