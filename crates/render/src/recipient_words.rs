//! The words of people's own account in their language: `templates/account/*.ftl`.
//!
//! Invariants: every language has every message with the same values (a test compares them); what is
//! missing all the same is said in English. Texts are plain: whoever shows them escapes them.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

macro_rules! languages {
    ($($tag:literal),+) => {
        [$(($tag, include_str!(concat!("../../../templates/account/", $tag, ".ftl")))),+]
    };
}

/// English first: what stands in for all others.
const SOURCES: [(&str, &str); 10] =
    languages!["en", "de", "fr", "es", "it", "nl", "pl", "pt", "ja", "ar"];

type Bundle = FluentBundle<FluentResource>;

static BUNDLES: LazyLock<Vec<Option<Bundle>>> =
    LazyLock::new(|| SOURCES.iter().map(|(tag, source)| bundle(tag, source)).collect());

fn bundle(tag: &str, source: &str) -> Option<Bundle> {
    let tag: LanguageIdentifier = tag.parse().ok()?;
    let resource = FluentResource::try_new(source.to_owned()).ok()?;
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // Isolation marks around each value would be read out, and break addresses in plain text.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).ok()?;
    Some(bundle)
}

/// A language that people read about their data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecipientWords {
    /// Within [`SOURCES`].
    index: usize,
}

impl Default for RecipientWords {
    /// English.
    fn default() -> Self {
        Self { index: 0 }
    }
}

impl RecipientWords {
    /// Every language that there are words in.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SOURCES.len()).map(|index| Self { index })
    }

    /// The language with this BCP 47 tag, or the one that it is a form of (`de-AT`, `pt_BR`).
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        let tag = tag.trim();
        let language = tag.split(['-', '_']).next().unwrap_or_default();
        Self::all().find(|it| it.tag().eq_ignore_ascii_case(language))
    }

    /// The language that an `Accept-Language` header likes best, of those that there are (RFC 9110
    /// section 12.5.4). A hostile one costs little: a few are looked at.
    #[must_use]
    pub fn accepted(header: &str) -> Option<Self> {
        let mut liked = Vec::new();
        for part in header.split(',').take(20) {
            let (tag, rest) = part.split_once(';').unwrap_or((part, ""));
            let weight = match rest.trim().strip_prefix("q=") {
                Some(text) => text.trim().parse::<f32>().unwrap_or(0.0),
                None => 1.0,
            };
            if let Some(words) = Self::of(tag)
                && weight > 0.0
            {
                liked.push((words, weight));
            }
        }
        // Of equals, the first.
        liked.into_iter().rev().max_by(|one, other| one.1.total_cmp(&other.1)).map(|it| it.0)
    }

    /// Its BCP 47 tag.
    #[must_use]
    pub fn tag(self) -> &'static str {
        SOURCES.get(self.index).map_or("en", |source| source.0)
    }

    /// How it is written, for an attribute `dir`.
    #[must_use]
    pub fn direction(self) -> &'static str {
        if self.tag() == "ar" { "rtl" } else { "ltr" }
    }

    /// A message without values.
    #[must_use]
    pub fn text(self, key: &str) -> String {
        self.made(key, &FluentArgs::new())
    }

    /// A message with one value.
    #[must_use]
    pub fn with(self, key: &str, name: &'static str, value: &str) -> String {
        self.filled(key, &[(name, value)])
    }

    /// A message with several values.
    #[must_use]
    pub fn filled(self, key: &str, values: &[(&'static str, &str)]) -> String {
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, FluentValue::String(Cow::Borrowed(*value)));
        }
        self.made(key, &args)
    }

    /// A message about a number, its `$count`.
    #[must_use]
    pub fn counted(self, key: &str, count: i64) -> String {
        let mut args = FluentArgs::new();
        args.set("count", count);
        self.made(key, &args)
    }

    fn made(self, key: &str, args: &FluentArgs<'_>) -> String {
        let own = found(self.index, key, args);
        own.or_else(|| found(0, key, args)).unwrap_or_else(|| key.to_owned())
    }
}

fn found(index: usize, key: &str, args: &FluentArgs<'_>) -> Option<String> {
    let bundle = BUNDLES.get(index)?.as_ref()?;
    let pattern = bundle.get_message(key)?.value()?;
    let mut problems = Vec::new();
    let text = bundle.format_pattern(pattern, Some(args), &mut problems).into_owned();
    problems.is_empty().then_some(text)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Messages with the names of their values.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in source.lines() {
            if let Some((name, _)) = line.split_once(" =")
                && !line.starts_with([' ', '#', '}'])
            {
                key = name.to_owned();
                assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{key} twice");
            }
            for value in line.split('$').skip(1) {
                let name = value.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap();
                found.get_mut(&key).unwrap().insert(name.to_owned());
            }
        }
        found
    }

    #[test]
    fn every_language_has_every_message_with_the_same_values() {
        let english = messages(SOURCES[0].1);
        assert!(english.len() > 100, "{}", english.len());
        for (tag, source) in SOURCES {
            assert!(bundle(tag, source).is_some(), "{tag} can't be read");
            let own = messages(source);
            let (keys, expect): (Vec<_>, Vec<_>) = (own.keys().collect(), english.keys().collect());
            assert_eq!(keys, expect, "{tag}");
            for (key, values) in &english {
                assert_eq!(&own[key], values, "{tag}: {key}");
            }
        }
    }

    #[test]
    fn nothing_is_left_in_english() {
        // What is the same word in several languages.
        let alike = ["browser-number", "changed-from-to", "download-json", "join-no", "language"];
        let mut args = FluentArgs::new();
        for value in messages(SOURCES[0].1).into_values().flatten() {
            args.set(value, "X");
        }
        args.set("count", 3);
        for words in RecipientWords::all().skip(1) {
            let is_same = |key: &String| found(words.index, key, &args) == found(0, key, &args);
            let keys = messages(SOURCES[0].1).into_keys();
            let same: Vec<String> =
                keys.filter(|key| !alike.contains(&key.as_str()) && is_same(key)).collect();
            assert!(same.is_empty(), "{}: {same:?}", words.tag());
        }
    }

    #[test]
    fn every_message_is_made_with_its_values() {
        for words in RecipientWords::all() {
            for (key, values) in messages(SOURCES[0].1) {
                let text = match values.contains("count") {
                    true => words.counted(&key, 3),
                    false => {
                        let named: Vec<(&'static str, &str)> = values
                            .iter()
                            .map(|name| (&*Box::leak(name.clone().into_boxed_str()), "<v>"))
                            .collect();
                        words.filled(&key, &named)
                    }
                };
                assert!(!text.contains(['{', '}', '\u{2068}']), "{} {key}: {text}", words.tag());
            }
        }
    }

    #[test]
    fn the_language_that_is_liked_best_is_taken() {
        let tag = |header: &str| RecipientWords::accepted(header).map(RecipientWords::tag);
        assert_eq!(tag("de-AT,de;q=0.9,en;q=0.8"), Some("de"));
        assert_eq!(tag("tlh, en;q=0.3, de;q=0.7"), Some("de"));
        assert_eq!(tag("en, de"), Some("en"));
        for none in ["", "tlh", "de;q=0", "de;q=x", ";;,,"] {
            assert_eq!(tag(none), None, "{none}");
        }
        assert_eq!(RecipientWords::of("DE_at").map(RecipientWords::tag), Some("de"));
        assert_eq!(RecipientWords::of(""), None);
    }
}
