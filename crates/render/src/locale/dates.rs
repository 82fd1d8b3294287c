//! Dates and times: ISO 8601 in, words of a language out.

use icu_calendar::{Date, Iso};
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::{T, YMD, YMDE, zone};
use icu_time::zone::models::AtTime;
use icu_time::{DateTime, Time, TimeZoneInfo, ZonedDateTime};
use jiff::civil;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::{Offset, TimeZone};
use jiff_icu::ConvertFrom as _;

use crate::locale::Conventions;

/// What of a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatePart {
    Date,
    Time,
    DateTime,
}

/// How much is said about a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `26/11/2026`.
    Short,
    /// `26 Nov 2026`.
    Medium,
    /// `26 November 2026`.
    Long,
    /// `Thursday, 26 November 2026`.
    Full,
}

impl DateForm {
    pub(crate) const NAMES: [(&str, Self); 4] = [
        ("short", Self::Short),
        ("medium", Self::Medium),
        ("long", Self::Long),
        ("full", Self::Full),
    ];
}

/// A day, perhaps with a time of it.
struct Moment {
    day: civil::Date,
    time: Option<civil::Time>,
    /// The same moment in a zone that has to be named.
    named_zone: Option<jiff::Zoned>,
}

/// Each set of fields is a type of its own.
macro_rules! written {
    ($conventions:expr, $fields:expr, $input:expr) => {
        DateTimeFormatter::try_new((&$conventions.locale).into(), $fields)
            .ok()
            .map(|formatter| formatter.format($input).to_string())
    };
}

/// `text` (`2026-11-26`, `2026-11-26T14:30`, `2026-11-26T14:30:00+01:00`) as people read it. A moment
/// with an offset is told in the reader's time zone, and with the zone's name when that may be
/// another one; one without is told as it stands. Nothing when `text` is no date, or has no time and
/// one is asked for.
pub(crate) fn date_text(
    text: &str,
    part: DatePart,
    form: DateForm,
    conventions: &Conventions,
) -> Option<String> {
    let Moment { day, time, named_zone } = moment(text.trim(), conventions)?;
    if part == DatePart::Date {
        return day_text(day, form, conventions);
    }
    let time = Time::convert_from(time?);
    let local = DateTime { date: Date::<Iso>::convert_from(day), time };
    match (part, named_zone) {
        (DatePart::Time, None) => written!(conventions, T::hm(), &time),
        (DatePart::Time, Some(zoned)) => {
            written!(conventions, T::hm().with_zone(zone::SpecificShort), &with_zone(&zoned))
        }
        (_, None) => match form {
            DateForm::Full => written!(conventions, YMDE::long().with_time_hm(), &local),
            DateForm::Long => written!(conventions, YMD::long().with_time_hm(), &local),
            DateForm::Medium => written!(conventions, YMD::medium().with_time_hm(), &local),
            DateForm::Short => written!(conventions, YMD::short().with_time_hm(), &local),
        },
        (_, Some(zoned)) => zoned_text(&zoned, form, conventions),
    }
}

fn day_text(day: civil::Date, form: DateForm, conventions: &Conventions) -> Option<String> {
    let day = Date::<Iso>::convert_from(day);
    match form {
        DateForm::Full => written!(conventions, YMDE::long(), &day),
        DateForm::Long => written!(conventions, YMD::long(), &day),
        DateForm::Medium => written!(conventions, YMD::medium(), &day),
        DateForm::Short => written!(conventions, YMD::short(), &day),
    }
}

fn zoned_text(zoned: &jiff::Zoned, form: DateForm, conventions: &Conventions) -> Option<String> {
    let moment = with_zone(zoned);
    let name = zone::SpecificShort;
    match form {
        DateForm::Full => {
            written!(conventions, YMDE::long().with_time_hm().with_zone(name), &moment)
        }
        DateForm::Long => {
            written!(conventions, YMD::long().with_time_hm().with_zone(name), &moment)
        }
        DateForm::Medium => {
            written!(conventions, YMD::medium().with_time_hm().with_zone(name), &moment)
        }
        DateForm::Short => {
            written!(conventions, YMD::short().with_time_hm().with_zone(name), &moment)
        }
    }
}

fn with_zone(zoned: &jiff::Zoned) -> ZonedDateTime<Iso, TimeZoneInfo<AtTime>> {
    ZonedDateTime::convert_from(zoned)
}

fn moment(text: &str, conventions: &Conventions) -> Option<Moment> {
    let pieces = Pieces::parse(text).ok()?;
    let (day, time) = (pieces.date(), pieces.time());
    let offset = match pieces.offset() {
        None => return Some(Moment { day, time, named_zone: None }),
        Some(PiecesOffset::Zulu) => Offset::UTC,
        Some(PiecesOffset::Numeric(numeric)) => numeric.offset(),
        Some(_) => return None,
    };
    let instant = offset.to_timestamp(day.to_datetime(time?)).ok()?;
    let zone = conventions.zone.clone().unwrap_or(TimeZone::fixed(offset));
    let zoned = instant.to_zoned(zone);
    Some(Moment {
        day: zoned.date(),
        time: Some(zoned.time()),
        named_zone: (!conventions.is_own_zone).then_some(zoned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::TextLocale;

    fn conventions(language: &str, zone: &str) -> Conventions {
        let text = TextLocale { language: Some(language.to_owned()), time_zone: None };
        Conventions::new(&text, &[("timezone".to_owned(), zone.to_owned())].into())
    }

    #[test]
    fn dates_are_words_of_the_language() {
        let all = |text: &str, conventions: &Conventions| {
            let form = |(_, form)| {
                let date = date_text(text, DatePart::Date, form, conventions);
                date.unwrap_or_default()
            };
            DateForm::NAMES.map(form).join(" | ")
        };
        let in_languages = ["en", "en-GB", "de", "fr", "pt-BR", "pl", "ja", "ar", "th"];
        let written =
            in_languages.map(|language| all("2026-03-01", &conventions(language, ""))).join("\n");
        insta::assert_snapshot!(written, @r"
        3/1/26 | Mar 1, 2026 | March 1, 2026 | Sunday, March 1, 2026
        01/03/2026 | 1 Mar 2026 | 1 March 2026 | Sunday, 1 March 2026
        01.03.26 | 01.03.2026 | 1. März 2026 | Sonntag, 1. März 2026
        01/03/2026 | 1 mars 2026 | 1 mars 2026 | dimanche 1 mars 2026
        01/03/2026 | 1 de mar. de 2026 | 1 de março de 2026 | domingo, 1 de março de 2026
        01.03.2026 | 1 mar 2026 | 1 marca 2026 | niedziela, 1 marca 2026
        2026/03/01 | 2026/03/01 | 2026年3月1日 | 2026年3月1日日曜日
        1‏/3‏/2026 | 01‏/03‏/2026 | 1 مارس 2026 | الأحد، 1 مارس 2026
        1/3/2569 | 1 มี.ค. 2569 | 1 มีนาคม 2569 | วันอาทิตย์ที่ 1 มีนาคม 2569
        ");
    }

    #[test]
    fn a_moment_is_told_in_the_readers_zone_or_with_the_name_of_another() {
        let moment = "2026-03-01T23:30:00Z";
        let written = |text: &str, language: &str, zone: &str| {
            let conventions = conventions(language, zone);
            [DatePart::Date, DatePart::Time, DatePart::DateTime]
                .map(|part| {
                    let text = date_text(text, part, DateForm::Long, &conventions);
                    text.unwrap_or("nothing".to_owned()).replace('\u{202f}', " ")
                })
                .join(" | ")
        };
        let rows = [
            written(moment, "en", "America/New_York"),
            written(moment, "de", "Europe/Berlin"),
            written(moment, "en-GB", ""),
            written("2026-07-01 09:00+05:30", "en", ""),
            written("2026-07-01 09:00", "en", "Asia/Tokyo"),
            written("2026-07-01", "en", "Asia/Tokyo"),
        ];
        insta::assert_snapshot!(rows.join("\n"), @r"
        March 1, 2026 | 6:30 PM | March 1, 2026 at 6:30 PM
        2. März 2026 | 00:30 | 2. März 2026 um 00:30
        1 March 2026 | 23:30 UTC | 1 March 2026 at 23:30 UTC
        July 1, 2026 | 9:00 AM GMT+5:30 | July 1, 2026 at 9:00 AM GMT+5:30
        July 1, 2026 | 9:00 AM | July 1, 2026 at 9:00 AM
        July 1, 2026 | nothing | nothing
        ");
    }

    #[test]
    fn what_is_no_date_makes_nothing() {
        for text in [
            "",
            "soon",
            "2026-02-30",
            "01/02/2026",
            "1772323200",
            "2026-03-01Z",
            "12:30",
            "2026-3-1",
        ] {
            let written = date_text(text, DatePart::Date, DateForm::Long, &Conventions::default());
            assert_eq!(written, None, "{text}");
        }
    }
}
