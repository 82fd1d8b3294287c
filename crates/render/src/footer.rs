//! The words of the footer in the announcement's language: `templates/email/footer/*.ftl`.

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::problem::{Problem, SourcePosition};

/// The languages that there is a footer in; English first, for all others.
const LANGUAGES: [(&str, &str); 17] = [
    ("en", include_str!("../../../templates/email/footer/en.ftl")),
    ("ar", include_str!("../../../templates/email/footer/ar.ftl")),
    ("cs", include_str!("../../../templates/email/footer/cs.ftl")),
    ("da", include_str!("../../../templates/email/footer/da.ftl")),
    ("de", include_str!("../../../templates/email/footer/de.ftl")),
    ("es", include_str!("../../../templates/email/footer/es.ftl")),
    ("fi", include_str!("../../../templates/email/footer/fi.ftl")),
    ("fr", include_str!("../../../templates/email/footer/fr.ftl")),
    ("he", include_str!("../../../templates/email/footer/he.ftl")),
    ("it", include_str!("../../../templates/email/footer/it.ftl")),
    ("ja", include_str!("../../../templates/email/footer/ja.ftl")),
    ("nb", include_str!("../../../templates/email/footer/nb.ftl")),
    ("nl", include_str!("../../../templates/email/footer/nl.ftl")),
    ("pl", include_str!("../../../templates/email/footer/pl.ftl")),
    ("pt", include_str!("../../../templates/email/footer/pt.ftl")),
    ("pt-BR", include_str!("../../../templates/email/footer/pt-BR.ftl")),
    ("sv", include_str!("../../../templates/email/footer/sv.ftl")),
];

/// A language as announcements name it (`lang: pt-BR`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Language(LanguageIdentifier);

impl Language {
    /// Reads a BCP 47 tag that names a language (`und` names none).
    pub(crate) fn parse(tag: &str) -> Option<Self> {
        let known: LanguageIdentifier = tag.parse().ok()?;
        (!known.language.is_empty()).then_some(Self(known))
    }

    pub(crate) fn tag(&self) -> String {
        self.0.to_string()
    }

    /// `rtl` for languages that are written from right to left, else `ltr`.
    pub(crate) fn direction(&self) -> &'static str {
        let script = self.0.script.map(|script| script.as_str().to_owned());
        let by_script = script.as_deref().map(|it| ["Arab", "Hebr", "Thaa", "Syrc"].contains(&it));
        let by_language = ["ar", "he", "fa", "ur", "ps", "dv", "yi", "ug", "sd", "ckb"]
            .contains(&self.0.language.as_str());
        if by_script.unwrap_or(by_language) { "rtl" } else { "ltr" }
    }

    /// The footer's language that comes closest, and whether it is this one.
    fn footer(&self) -> (&'static str, &'static str, bool) {
        let is = |tag: &str| LANGUAGES.into_iter().find(|(known, _)| *known == tag);
        // Bokmål is what people mean by Norwegian.
        let language = match self.0.language.as_str() {
            "no" | "nn" => "nb",
            language => language,
        };
        match is(&self.tag()).or_else(|| is(language)) {
            Some((tag, words)) => (tag, words, true),
            None => (LANGUAGES[0].0, LANGUAGES[0].1, false),
        }
    }
}

impl Default for Language {
    /// English, which announcements are in when they do not say.
    fn default() -> Self {
        Self(unic_langid::langid!("en"))
    }
}

/// What the footer says. May contain placeholders.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FooterWords {
    /// Why the reader gets the message.
    pub(crate) reason: String,
    /// The label of the link to leave by.
    pub(crate) unsubscribe: String,
    /// The label of the link to the page to choose topics on.
    pub(crate) preferences: String,
    /// The label of the link to the page.
    pub(crate) browser: String,
    /// The label of the link to be counted no more.
    pub(crate) tracking: String,
}

/// What the words are about.
pub(crate) struct FooterNames<'a> {
    pub(crate) email: &'a str,
    pub(crate) topic: &'a str,
    pub(crate) organisation: &'a str,
}

impl FooterWords {
    /// The words in `language`, or in English, and whether there were some.
    pub(crate) fn new(
        language: &Language,
        names: &FooterNames<'_>,
    ) -> Result<(Self, bool), Problem> {
        let broken = || {
            SourcePosition::SETTINGS.problem("can't make the footer", "please report this as a bug")
        };
        let (tag, source, is_own) = language.footer();
        let resource = FluentResource::try_new(source.to_owned()).map_err(|_| broken())?;
        let tag: LanguageIdentifier = tag.parse().map_err(|_| broken())?;
        let mut bundle = FluentBundle::new(vec![tag]);
        // Isolation marks around each value would be read out, and break addresses in plain text.
        bundle.set_use_isolating(false);
        bundle.add_resource(&resource).map_err(|_| broken())?;
        let mut values = FluentArgs::new();
        values.set("email", names.email);
        values.set("topic", names.topic);
        values.set("organisation", names.organisation);
        let words = |name: &str| {
            let pattern = bundle.get_message(name)?.value()?;
            let mut problems = Vec::new();
            let text = bundle.format_pattern(pattern, Some(&values), &mut problems).into_owned();
            problems.is_empty().then_some(text)
        };
        let words = |name: &str| words(name).ok_or_else(broken);
        let all = Self {
            reason: words("reason")?,
            unsubscribe: words("unsubscribe")?,
            preferences: words("preferences")?,
            browser: words("browser")?,
            tracking: words("tracking")?,
        };
        Ok((all, is_own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_says_who_gets_what_from_whom_and_how_to_leave() {
        let names = FooterNames { email: "A@B", topic: "News", organisation: "Tern" };
        for (tag, _) in LANGUAGES {
            let language = Language::parse(tag).unwrap();
            let (words, is_own) = FooterWords::new(&language, &names).unwrap();
            assert!(is_own, "{tag}");
            assert_eq!(language.tag(), tag);
            for name in ["A@B", "News", "Tern"] {
                assert_eq!(words.reason.matches(name).count(), 1, "{tag}: {}", words.reason);
            }
            let FooterWords { unsubscribe, preferences, browser, tracking, .. } = &words;
            for label in [unsubscribe, preferences, browser, tracking] {
                assert!(!label.is_empty(), "{tag}");
            }
        }
    }

    #[test]
    fn the_closest_language_is_taken_and_else_english() {
        let names = FooterNames { email: "a", topic: "b", organisation: "c" };
        let leave = |tag: &str| {
            let (words, is_own) = FooterWords::new(&Language::parse(tag).unwrap(), &names).unwrap();
            (words.unsubscribe, is_own)
        };
        assert_eq!(leave("de-AT"), ("Abbestellen".to_owned(), true));
        assert_eq!(leave("no"), leave("nb"));
        assert_ne!(leave("pt-BR").0, leave("pt").0);
        assert_eq!(leave("is"), ("Unsubscribe".to_owned(), false));
        for none in ["not a language", "und", ""] {
            assert_eq!(Language::parse(none), None, "{none}");
        }
        assert_eq!(Language::parse("he-IL").unwrap().direction(), "rtl");
        assert_eq!(Language::parse("az-Arab").unwrap().direction(), "rtl");
        assert_eq!(Language::parse("de").unwrap().direction(), "ltr");
    }
}
