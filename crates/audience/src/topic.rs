//! Topics by their slug, which stands in addresses, files and headers.

use model::TopicId;
use store::{Store, StoreError};

/// Longest slug, so that a List-Id stays below a header line's limit.
const MAX_SLUG_BYTES: usize = 64;

/// Why a topic can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum TopicProblem {
    /// The slug has other characters, or none.
    #[error(
        "the topic {0:?} should be 1 to {MAX_SLUG_BYTES} of a-z, 0-9 and single hyphens, such as release-notices"
    )]
    BadSlug(String),
    /// The name is blank.
    #[error("the topic {0:?} has no name")]
    NoName(String),
    /// The store can't keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The topic with this slug, made or renamed if need be.
///
/// # Errors
/// When the slug or the name is not usable, or the store can't keep them.
pub async fn topic_ensure(store: &Store, slug: &str, name: &str) -> Result<TopicId, TopicProblem> {
    if !is_slug(slug) {
        return Err(TopicProblem::BadSlug(slug.to_owned()));
    }
    if name.trim().is_empty() {
        return Err(TopicProblem::NoName(slug.to_owned()));
    }
    Ok(store.topic_ensure(slug.to_owned(), name.trim().to_owned()).await?)
}

fn is_slug(slug: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    slug.len() <= MAX_SLUG_BYTES
        && slug.split('-').all(|word| !word.is_empty() && word.bytes().all(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_words_and_hyphens() {
        for good in ["a", "release-notices", "q3-2026"] {
            assert!(is_slug(good), "{good}");
        }
        for bad in ["", "-a", "a-", "a--b", "Release", "a b", "ä", &"a".repeat(65)] {
            assert!(!is_slug(bad), "{bad}");
        }
    }
}
