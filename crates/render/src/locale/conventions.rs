//! Which language, region and time zone a message is written for.

use std::collections::BTreeMap;

use icu_calendar::Date;
use icu_datetime::DateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_locale_core::Locale;
use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The attribute with a contact's language, as a BCP 47 tag such as `de-AT`.
pub(crate) const LANGUAGE: &str = "language";
/// The attribute with a contact's time zone, as IANA names it: `Europe/Vienna`.
pub(crate) const TIME_ZONE: &str = "timezone";

/// What an announcement says about its own language and time zone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TextLocale {
    pub(crate) language: Option<String>,
    /// For readers whose own time zone is unknown.
    pub(crate) time_zone: Option<String>,
}

/// How dates, numbers and money are written for one contact.
#[derive(Debug, Clone)]
pub(crate) struct Conventions {
    pub(crate) locale: Locale,
    pub(crate) zone: Option<TimeZone>,
    /// Whether the zone is the contact's own, so that a time need not name it.
    pub(crate) is_own_zone: bool,
}

impl Conventions {
    /// The language is that of the text, for a German date looks odd in an English sentence; the
    /// region is the contact's, where it has one in this language. A text that does not say its
    /// language takes the contact's.
    pub(crate) fn new(text: &TextLocale, attributes: &BTreeMap<String, String>) -> Self {
        let said = |name: &str| attributes.get(name).map(|value| value.trim());
        let own_zone = said(TIME_ZONE).and_then(time_zone);
        Self {
            locale: locale(text.language.as_deref(), said(LANGUAGE)),
            is_own_zone: own_zone.is_some(),
            zone: own_zone.or_else(|| text.time_zone.as_deref().and_then(time_zone)),
        }
    }
}

impl Default for Conventions {
    fn default() -> Self {
        Self::new(&TextLocale::default(), &BTreeMap::new())
    }
}

/// A language's tag as contacts have it, and its shorter forms: `de-at` and `de` for `de_AT`.
pub(crate) fn language_tags(tag: &str) -> impl Iterator<Item = String> {
    let tag = tag.trim().replace('_', "-").to_ascii_lowercase();
    std::iter::successors(Some(tag).filter(|tag| !tag.is_empty()), |tag| {
        tag.rsplit_once('-').map(|(shorter, _)| shorter.to_owned())
    })
}

/// The zone of this name; nothing when there is none.
pub(crate) fn time_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok()
}

fn locale(of_text: Option<&str>, of_contact: Option<&str>) -> Locale {
    let known = |tag: &str| Locale::try_from_str(&tag.replace('_', "-")).ok().filter(is_known);
    let (of_text, of_contact) = (of_text.and_then(known), of_contact.and_then(known));
    match (of_text, of_contact) {
        (Some(text), Some(contact)) if text.id.language == contact.id.language => {
            if text.id.region.is_some() && contact.id.region.is_none() { text } else { contact }
        }
        (Some(text), _) => text,
        (None, Some(contact)) => contact,
        (None, None) => icu_locale_core::locale!("en"),
    }
}

/// Whether there is more about the language than names of months such as `M11`.
fn is_known(locale: &Locale) -> bool {
    let day = Date::try_new_iso(2026, 11, 26).ok();
    let written = |locale: &Locale| {
        let formatter = DateTimeFormatter::try_new(locale.into(), YMD::long()).ok();
        formatter.zip(day.as_ref()).map(|(formatter, day)| formatter.format(day).to_string())
    };
    written(locale) != written(&Locale::UNKNOWN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_texts_and_the_region_the_contacts() {
        for (text, contact, expect) in [
            (Some("en"), Some("en-GB"), "en-GB"),
            (Some("en-US"), Some("en-GB"), "en-GB"),
            (Some("en-GB"), Some("en"), "en-GB"),
            (Some("en"), Some("de-AT"), "en"),
            (None, Some("de_AT"), "de-AT"),
            (None, Some("xx"), "en"),
            (None, Some("not a language"), "en"),
            (Some("xx"), Some("fr"), "fr"),
            (None, None, "en"),
        ] {
            assert_eq!(locale(text, contact).to_string(), expect, "{text:?} {contact:?}");
        }
    }

    #[test]
    fn a_contacts_zone_comes_before_the_announcements() {
        let text = TextLocale { language: None, time_zone: Some("Asia/Tokyo".into()) };
        let with = |zone: &str| {
            let attributes = [(TIME_ZONE.to_owned(), zone.to_owned())].into();
            let Conventions { zone, is_own_zone, .. } = Conventions::new(&text, &attributes);
            (zone.and_then(|zone| zone.iana_name().map(str::to_owned)), is_own_zone)
        };
        assert_eq!(with("europe/berlin"), (Some("Europe/Berlin".to_owned()), true));
        for unknown in ["", "Mars/Olympus", "+25:00"] {
            assert_eq!(with(unknown), (Some("Asia/Tokyo".to_owned()), false), "{unknown}");
        }
    }
}
