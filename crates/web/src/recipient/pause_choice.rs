//! How long somebody pauses, as a form asks for it.

use audience::{LONGEST_PAUSE_DAYS, NoPause, pause_until};
use model::Timestamp;

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// What a form needs to ask for it.
pub(crate) struct PauseChoice {
    /// Until which day they pause, for people.
    pub(crate) until: Option<String>,
    /// The first and the last day that can be chosen.
    pub(crate) first: String,
    pub(crate) last: String,
}

impl PauseChoice {
    pub(crate) fn new(until: Option<String>, now: Timestamp) -> Self {
        let last = now.after(DAY.saturating_mul(u32::from(LONGEST_PAUSE_DAYS)));
        Self { until, first: plain_day(now.after(DAY)), last: plain_day(last) }
    }

    /// Until when they want to pause, None for not at all; None outside: as it is.
    ///
    /// # Errors
    /// When the day that they name is none, or can't be.
    pub(crate) fn wished(
        word: &str,
        until: &str,
        now: Timestamp,
    ) -> Result<Option<Option<Timestamp>>, NoPause> {
        match word {
            "none" => Ok(Some(None)),
            "week" => Ok(Some(Some(now.after(DAY.saturating_mul(7))))),
            "month" => Ok(Some(Some(now.months_later(1)))),
            "quarter" => Ok(Some(Some(now.months_later(3)))),
            "date" => pause_until(until, now).map(|until| Some(Some(until))),
            _ => Ok(None),
        }
    }
}

/// `2026-12-24`.
fn plain_day(at: Timestamp) -> String {
    at.rfc3339().chars().take(10).collect()
}

/// `2026-12-24`, set apart, so that its parts keep their order in what is written from right to left.
pub(crate) fn day(at: Timestamp) -> String {
    format!("\u{2066}{}\u{2069}", plain_day(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_none_some_time_or_until_a_day() {
        let now = Timestamp::parse_rfc3339("2026-11-30T10:00:00Z").unwrap();
        let wished = |word, until| {
            let wish = PauseChoice::wished(word, until, now)?;
            Ok::<_, NoPause>(wish.map(|until| until.map(Timestamp::rfc3339)))
        };
        let some = |text: &str| Ok(Some(Some(text.to_owned())));
        assert_eq!(wished("keep", ""), Ok(None));
        assert_eq!(wished("", "2026-12-24"), Ok(None), "nothing was chosen");
        assert_eq!(wished("none", "2026-12-24"), Ok(Some(None)));
        assert_eq!(wished("week", ""), some("2026-12-07T10:00:00Z"));
        assert_eq!(wished("month", ""), some("2026-12-30T10:00:00Z"));
        assert_eq!(wished("quarter", ""), some("2027-02-28T10:00:00Z"));
        assert_eq!(wished("date", "2026-12-24"), some("2026-12-24T00:00:00Z"));
        for wrong in ["", "2026-11-30", "soon"] {
            assert_eq!(wished("date", wrong), Err(NoPause));
        }
        let choice = PauseChoice::new(None, now);
        assert_eq!((choice.first.as_str(), choice.last.as_str()), ("2026-12-01", "2027-12-01"));
    }
}
