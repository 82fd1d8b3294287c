//! What the values of an attribute are: how each kind is read, and the one text in which it is kept.
//!
//! Invariants: the text that comes out is read as itself again; nothing is guessed, so a value that could
//! be read in two ways (`03/04/2026`, `1,500`) does not fit. Knows no contact and no store.

use std::fmt;

use crate::Zone;

/// Digits of a number: as many as a database compares exactly.
const NUMBER_DIGITS: usize = 15;
/// Characters of a language's tag (RFC 5646 section 4.4.1).
const LANGUAGE_CHARS: usize = 35;

/// What the values of an attribute are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AttributeKind {
    /// Whatever somebody writes. Also the kind of what nobody has declared.
    #[default]
    Text,
    /// A decimal number: `12.5`.
    Number,
    /// A day of the calendar: `2026-11-28`.
    Date,
    /// `yes` or `no`.
    YesNo,
    /// One of these. For several, there are tags.
    List(ChoiceList),
    /// A language as BCP 47 names it: `de-AT`.
    Language,
    /// A time zone of the IANA database: `Europe/Vienna`.
    TimeZone,
}

/// Why a value is none of its kind, and what would be one. Does not repeat the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is no {kind}: {right}")]
pub struct AttributeProblem {
    /// `date`, for people.
    pub kind: &'static str,
    /// What would be right.
    pub right: String,
}

impl AttributeKind {
    /// The words of all kinds, as they are stored and typed.
    pub const WORDS: [&'static str; 7] =
        ["text", "number", "date", "yes_no", "list", "language", "time_zone"];

    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::YesNo => "yes_no",
            Self::List(_) => "list",
            Self::Language => "language",
            Self::TimeZone => "time_zone",
        }
    }

    /// The kind with this word, `-` as good as `_`; a list has these choices, and no other kind has any.
    ///
    /// # Errors
    /// When there is no such kind, or the choices can't be those of a list.
    pub fn parse(word: &str, choices: &[String]) -> Result<Self, KindProblem> {
        let kind = match word.replace('-', "_").as_str() {
            "text" => Self::Text,
            "number" => Self::Number,
            "date" => Self::Date,
            "yes_no" => Self::YesNo,
            "list" => return Ok(Self::List(ChoiceList::parse(choices)?)),
            "language" => Self::Language,
            "time_zone" => Self::TimeZone,
            _ => return Err(KindProblem::Unknown(word.to_owned())),
        };
        if choices.is_empty() { Ok(kind) } else { Err(KindProblem::ChoicesOfNoList) }
    }

    /// What an attribute of this name is without having been declared, and what it is called on pages: messages
    /// are written for a contact's language and time zone.
    #[must_use]
    pub fn built_in(name: &str) -> Option<(Self, &'static str)> {
        match name {
            "language" => Some((Self::Language, "Language")),
            "timezone" => Some((Self::TimeZone, "Time zone")),
            _ => None,
        }
    }

    /// For people.
    #[must_use]
    pub const fn told(&self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::YesNo => "yes or no",
            Self::List(_) => "choice of the list",
            Self::Language => "language",
            Self::TimeZone => "time zone",
        }
    }

    /// The choices of a list; nothing for other kinds.
    #[must_use]
    pub fn choices(&self) -> &[String] {
        match self {
            Self::List(choices) => choices.as_slice(),
            _ => &[],
        }
    }

    /// The text in which a value is kept.
    ///
    /// # Errors
    /// When it is none of this kind.
    pub fn canonical(&self, value: &str) -> Result<String, AttributeProblem> {
        let text = value.trim();
        let found = match self {
            Self::Text => Some(value.to_owned()),
            Self::Number => number(text),
            Self::Date => date(text),
            Self::YesNo => yes_no(text).map(str::to_owned),
            Self::List(choices) => choices.find(text).map(str::to_owned),
            Self::Language => language(text),
            Self::TimeZone => Zone::named(text).ok().map(|zone| zone.name().to_owned()),
        };
        found.ok_or_else(|| AttributeProblem { kind: self.told(), right: self.right() })
    }

    /// What would be right.
    #[must_use]
    pub fn right(&self) -> String {
        match self {
            Self::Text => "any text".to_owned(),
            Self::Number => format!(
                "it should be written with digits and at most one point, such as 12.5, with {NUMBER_DIGITS} digits at most"
            ),
            Self::Date => "it should be written as year, month, day, such as 2026-11-28".to_owned(),
            Self::YesNo => "it should be yes or no".to_owned(),
            Self::List(choices) => format!("it should be one of {}", choices.told()),
            Self::Language => "it should be a tag such as de or pt-BR".to_owned(),
            Self::TimeZone => "it should be a name such as Europe/Vienna".to_owned(),
        }
    }
}

impl fmt::Display for AttributeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why something is no kind of an attribute.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KindProblem {
    #[error(
        "there is no kind {0:?}: it should be text, number, date, yes_no, list, language or time_zone"
    )]
    Unknown(String),
    #[error("only the kind list has choices")]
    ChoicesOfNoList,
    #[error("a list has 1 to {} choices", ChoiceList::MOST)]
    NumberOfChoices,
    #[error("a choice has 1 to {} characters in one line", ChoiceList::MOST_CHARS)]
    ChoiceText,
    #[error("the choice {0:?} is there twice")]
    ChoiceTwice(String),
}

/// What a value of a list may be.
///
/// Invariant: 1 to 200 choices of 1 to 100 characters without blanks around them, different regardless of
/// case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceList(Vec<String>);

impl ChoiceList {
    pub const MOST: usize = 200;
    /// Characters of a choice.
    pub const MOST_CHARS: usize = 100;
    /// Choices that are named to somebody whose value is none of them.
    const NAMED: usize = 10;

    /// The choices in this order.
    ///
    /// # Errors
    /// When there are none or too many, or one is empty, too long or there twice.
    pub fn parse(choices: &[String]) -> Result<Self, KindProblem> {
        if !(1..=Self::MOST).contains(&choices.len()) {
            return Err(KindProblem::NumberOfChoices);
        }
        let mut list = Self(Vec::with_capacity(choices.len()));
        for choice in choices {
            let choice = choice.trim();
            let chars = choice.chars().count();
            if !(1..=Self::MOST_CHARS).contains(&chars) || choice.chars().any(char::is_control) {
                return Err(KindProblem::ChoiceText);
            }
            if list.find(choice).is_some() {
                return Err(KindProblem::ChoiceTwice(choice.to_owned()));
            }
            list.0.push(choice.to_owned());
        }
        Ok(list)
    }

    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }

    /// The choice that a text means, regardless of case.
    fn find(&self, text: &str) -> Option<&str> {
        let text = text.to_lowercase();
        self.0.iter().find(|choice| choice.to_lowercase() == text).map(String::as_str)
    }

    /// `free, pro and 3 more`
    fn told(&self) -> String {
        let named: Vec<&str> = self.0.iter().take(Self::NAMED).map(String::as_str).collect();
        let named = named.join(", ");
        match self.0.len().saturating_sub(Self::NAMED) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}

/// `-012.50` becomes `-12.5`.
fn number(text: &str) -> Option<String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, part) = match digits.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, part)) => (whole, part),
        None if digits.is_empty() => return None,
        None => (digits, ""),
    };
    if !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    if whole.len() + part.len() > NUMBER_DIGITS {
        return None;
    }
    let is_zero = whole.is_empty() && part.is_empty();
    let sign = if negative && !is_zero { "-" } else { "" };
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if part.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{point}{part}"))
}

/// The year comes first, so that nobody has to know which of the others is the month.
fn date(text: &str) -> Option<String> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(separator);
    let mut part = |digits: usize| {
        let text = parts.next()?;
        let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i16>().ok()).flatten()
    };
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    if parts.next().is_some() || year == 0 {
        return None;
    }
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    jiff::civil::Date::new(year, month, day).ok()?;
    Some(format!("{year:04}-{month:02}-{day:02}"))
}

fn yes_no(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "on" => Some("yes"),
        "no" | "n" | "false" | "0" | "off" => Some("no"),
        _ => None,
    }
}

/// Language, script, region and variants (RFC 5646 section 2.1), in the case that it recommends. No
/// extensions: nothing we write depends on them.
fn language(text: &str) -> Option<String> {
    if text.len() > LANGUAGE_CHARS || !text.is_ascii() {
        return None;
    }
    let text = text.replace('_', "-");
    let mut parts = text.split('-').peekable();
    let is_alpha = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let first = parts.next()?;
    if !matches!(first.len(), 2 | 3) || !is_alpha(first) {
        return None;
    }
    let mut tag = first.to_ascii_lowercase();
    if let Some(script) = parts.next_if(|part| part.len() == 4 && is_alpha(part)) {
        let (head, tail) = script.split_at(1);
        tag.push_str(&format!("-{}{}", head.to_ascii_uppercase(), tail.to_ascii_lowercase()));
    }
    let is_region = |part: &&str| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        (part.len() == 2 && is_alpha(part)) || (part.len() == 3 && digits)
    };
    if let Some(region) = parts.next_if(is_region) {
        tag.push_str(&format!("-{}", region.to_ascii_uppercase()));
    }
    for variant in parts {
        let plain = variant.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let by_digit = variant.len() == 4 && variant.as_bytes().first()?.is_ascii_digit();
        if !plain || !(by_digit || (5..=8).contains(&variant.len())) {
            return None;
        }
        tag.push_str(&format!("-{}", variant.to_ascii_lowercase()));
    }
    Some(tag)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(choices: &[&str]) -> AttributeKind {
        let choices: Vec<String> = choices.iter().map(|it| (*it).to_owned()).collect();
        AttributeKind::parse("list", &choices).unwrap()
    }

    fn kinds() -> [AttributeKind; 7] {
        use AttributeKind::{Date, Language, Number, Text, TimeZone, YesNo};
        [Text, Number, Date, YesNo, list(&["free", "Pro", "ÉTÉ"]), Language, TimeZone]
    }

    fn check(kind: &AttributeKind, pairs: &[(&str, &str)]) {
        for (typed, kept) in pairs {
            assert_eq!(kind.canonical(typed).as_deref(), Ok(*kept), "{kind} {typed:?}");
        }
    }

    fn refused(kind: &AttributeKind, values: &[&str]) {
        for value in values {
            assert!(kind.canonical(value).is_err(), "{kind} {value:?}");
        }
    }

    #[test]
    fn a_number_has_one_text() {
        let kind = AttributeKind::Number;
        check(&kind, &[("12.50", "12.5"), (" 007 ", "7"), ("-0.0", "0"), ("+3", "3")]);
        check(&kind, &[(".5", "0.5"), ("-.25", "-0.25"), ("123456789012345", "123456789012345")]);
        refused(&kind, &["", "1,5", "1.500,00", "1e3", "5.", "--1", "1.2.3", "1234567890123456"]);
        refused(&kind, &["12 €", "½", "٣", "+-1", "-"]);
    }

    #[test]
    fn a_date_is_never_guessed_between_day_and_month() {
        let kind = AttributeKind::Date;
        check(&kind, &[("2026-11-28", "2026-11-28"), ("2024/02/29", "2024-02-29")]);
        refused(&kind, &["28.11.2026", "03/04/2026", "2026-13-01", "2026-02-30", "2026-1-2"]);
        refused(&kind, &["2026-11-28T10:00", "0000-01-01", "2026/11-28", "20261128", "+026-01-01"]);
    }

    #[test]
    fn yes_and_no_have_several_spellings_and_one_text_each() {
        check(&AttributeKind::YesNo, &[("Yes", "yes"), ("TRUE", "yes"), ("1", "yes"), ("n", "no")]);
        refused(&AttributeKind::YesNo, &["ja", "", "maybe", "2"]);
    }

    #[test]
    fn a_choice_is_found_regardless_of_case() {
        check(&list(&["free", "Pro", "ÉTÉ"]), &[("PRO", "Pro"), (" été", "ÉTÉ")]);
        let problem = list(&["free", "pro"]).canonical("team").unwrap_err().to_string();
        assert_eq!(problem, "is no choice of the list: it should be one of free, pro");
    }

    #[test]
    fn languages_and_time_zones_are_written_as_their_registries_do() {
        let pairs = [("DE_at", "de-AT"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419")];
        check(&AttributeKind::Language, &pairs);
        check(&AttributeKind::Language, &[("SL-rozaj-1994", "sl-rozaj-1994"), ("nds", "nds")]);
        refused(
            &AttributeKind::Language,
            &["German", "", "d", "de-", "de-AT-", "en-u-ca-buddhist"],
        );
        check(&AttributeKind::TimeZone, &[("europe/vienna", "Europe/Vienna"), ("utc", "UTC")]);
        refused(&AttributeKind::TimeZone, &["Vienna", "CEST+1", "", "+01:00"]);
    }

    #[test]
    fn a_kind_is_read_by_its_word_and_a_list_needs_choices() {
        for kind in kinds() {
            let again = AttributeKind::parse(kind.as_str(), kind.choices());
            assert_eq!(again, Ok(kind.clone()), "{kind}");
            assert!(AttributeKind::WORDS.contains(&kind.as_str()));
        }
        assert_eq!(AttributeKind::parse("time-zone", &[]), Ok(AttributeKind::TimeZone));
        let choices = |texts: &[&str]| texts.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let list = |texts: &[&str]| AttributeKind::parse("list", &choices(texts));
        assert_eq!(list(&[]), Err(KindProblem::NumberOfChoices));
        assert_eq!(list(&["a", " A "]), Err(KindProblem::ChoiceTwice("A".into())));
        assert_eq!(list(&["a", "\n"]), Err(KindProblem::ChoiceText));
        let other = AttributeKind::parse("date", &choices(&["a"]));
        assert_eq!(other, Err(KindProblem::ChoicesOfNoList));
        assert!(AttributeKind::parse("colour", &[]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_as_itself(
            value in prop_oneof![
                "\\PC{0,40}",
                "[-+]?[0-9.,]{0,18}",
                "[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}",
                "[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8}){0,4}",
                "(Europe|america|UTC|Asia)/?[A-Za-z_]{0,12}",
            ]
        ) {
            for kind in kinds() {
                if let Ok(kept) = kind.canonical(&value) {
                    prop_assert_eq!(kind.canonical(&kept), Ok(kept));
                }
            }
        }

        #[test]
        fn every_day_of_the_calendar_fits(days in 0_i32..3_000_000) {
            let first = jiff::civil::date(1, 1, 1);
            let day = first.checked_add(jiff::Span::new().days(days)).unwrap().to_string();
            prop_assert_eq!(AttributeKind::Date.canonical(&day), Ok(day));
        }
    }
}
