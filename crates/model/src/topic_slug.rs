//! Topics by the word that stands for them in commands, files and headers.

use std::fmt;

/// A topic's slug, such as `release-notices`.
///
/// Invariant: 1 to 63 small letters, digits and inner hyphens, so that it is a label of a List-Id
/// (RFC 2919 section 2).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicSlug(String);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be 1 to {MOST_BYTES} of a-z, 0-9 and inner hyphens, such as release-notices")]
pub struct SlugProblem;

const MOST_BYTES: usize = 63;

impl TopicSlug {
    /// Parses a slug.
    ///
    /// # Errors
    /// When it has other characters, begins or ends with a hyphen, or is too long.
    pub fn parse(text: &str) -> Result<Self, SlugProblem> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let is_slug = (1..=MOST_BYTES).contains(&text.len())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && text.bytes().all(plain);
        if is_slug { Ok(Self(text.to_owned())) } else { Err(SlugProblem) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TopicSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_words_and_hyphens() {
        for good in ["a", "release-notices", "q3-2026", "a--b", &"a".repeat(63)] {
            assert_eq!(TopicSlug::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "-offers-", "Release", "a b", "ä", &"a".repeat(64)] {
            assert!(TopicSlug::parse(bad).is_err(), "{bad}");
        }
    }
}
