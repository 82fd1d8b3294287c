//! How long what is kept: the table `[retention]`.

use std::time::Duration;

use report::Retention;
use toml::Spanned;

use super::checked::{Checked, Checker};
use super::file::RetentionTable;

/// How long it is kept whom a single message was for.
const MESSAGES: Duration = Duration::from_hours(24 * 30);
/// How long a browser is kept that is not seen any more: no cookie lives longer.
const VISITORS: Duration = Duration::from_hours(24 * 400);
/// What is counted by days can't be kept for less.
const DAY: Duration = Duration::from_hours(24);

impl Checker<'_> {
    pub(super) fn retention(&self, typed: &RetentionTable) -> Checked<Retention> {
        let days = |field, typed: &Option<Spanned<String>>, unsaid| match typed {
            Some(typed) => self.days_or_forever(field, typed),
            None => Ok(unsaid),
        };
        let events = match &typed.events {
            Some(typed) => self.or_forever("retention.events", typed)?,
            None => None,
        };
        let messages = match &typed.messages {
            Some(typed) => self.duration("retention.messages", typed)?,
            None => MESSAGES,
        };
        Ok(Retention {
            events,
            engagements: days("retention.engagements", &typed.engagements, None)?,
            visitors: days("retention.visitors", &typed.visitors, Some(VISITORS))?,
            hours: days("retention.hours", &typed.hours, None)?,
            messages,
        })
    }

    fn or_forever(
        &self,
        field: &'static str,
        typed: &Spanned<String>,
    ) -> Checked<Option<Duration>> {
        match typed.get_ref().as_str() {
            "forever" => Ok(None),
            _ => self.duration(field, typed).map(Some),
        }
    }

    fn days_or_forever(
        &self,
        field: &'static str,
        typed: &Spanned<String>,
    ) -> Checked<Option<Duration>> {
        let kept = self.or_forever(field, typed)?;
        if kept.is_some_and(|time| time < DAY) {
            return Err(self.wrong(
                field,
                typed,
                "should be \"forever\", or a day (\"1d\") or more",
            ));
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{STANDALONE, parse};

    fn retention(visitors: &str, hours: &str) -> Result<Retention, String> {
        let text = STANDALONE
            .replace("visitors = \"400d\"", visitors)
            .replace("hours = \"forever\"", hours);
        let config = parse(Path::new("pharos.toml"), &text).map_err(|why| why.to_string());
        config.map(|config| config.retention)
    }

    #[test]
    fn a_browser_is_kept_for_400_days_and_an_hour_for_ever_unless_it_is_said() {
        let unsaid = retention("", "").unwrap();
        assert_eq!((unsaid.visitors, unsaid.hours), (Some(VISITORS), None));
        assert_eq!(retention("visitors = \"forever\"", "").unwrap().visitors, None);
        let said = retention("visitors = \"1d\"", "hours = \"2d\"").unwrap();
        assert_eq!((said.visitors, said.hours), (Some(DAY), Some(2 * DAY)));
    }

    #[test]
    fn what_goes_by_days_is_kept_for_a_day_at_least() {
        for (visitors, hours, field) in [
            ("visitors = \"23h\"", "", "retention.visitors"),
            ("", "hours = \"1h\"", "retention.hours"),
        ] {
            let why = retention(visitors, hours).unwrap_err();
            assert!(why.contains(field) && why.contains("\"1d\""), "{why}");
        }
    }
}
