//! Tags: words by which contacts are found again.

use std::fmt;

/// The name of a tag.
///
/// Invariant: 1 to 64 characters in one line, without blanks around them and without a comma, which stands
/// between tags in files and forms.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagName(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a tag should be 1 to {} characters in one line without a comma", TagName::MOST_CHARS)]
pub struct TagProblem;

impl TagName {
    pub const MOST_CHARS: usize = 64;

    /// The tag that a text names, without the blanks around it.
    ///
    /// # Errors
    /// When it has other characters, none, or too many.
    pub fn parse(text: &str) -> Result<Self, TagProblem> {
        let name = text.trim();
        let is_plain = !name.chars().any(|it| it.is_control() || it == ',');
        let is_tag = (1..=Self::MOST_CHARS).contains(&name.chars().count()) && is_plain;
        if is_tag { Ok(Self(name.to_owned())) } else { Err(TagProblem) }
    }

    /// The tags of a text with commas between them.
    ///
    /// # Errors
    /// When one is none.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, TagProblem> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(Self::parse).collect()
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names of one tag have in common: they are the same regardless of case.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for TagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_a_few_words_without_a_comma() {
        for (text, name) in [("vip", "vip"), (" Early bird ", "Early bird"), ("été", "été")] {
            assert_eq!(TagName::parse(text).as_ref().map(TagName::as_str), Ok(name));
        }
        for text in ["", "  ", "a,b", "a\nb", &"x".repeat(65)] {
            assert_eq!(TagName::parse(text), Err(TagProblem), "{text:?}");
        }
        assert!(TagName::parse(&"ü".repeat(64)).is_ok());
        assert_eq!(TagName::parse("VIP").unwrap().key(), TagName::parse("vip ").unwrap().key());
        let list = TagName::parse_list(" vip, ,early bird,").unwrap();
        assert_eq!(list.iter().map(TagName::as_str).collect::<Vec<_>>(), ["vip", "early bird"]);
        assert!(TagName::parse_list("a\nb").is_err());
    }
}
