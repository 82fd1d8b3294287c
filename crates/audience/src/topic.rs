//! Topics by their slug, which appears in addresses, files and headers.

use model::topic_slug::SlugProblem;
use model::{TopicId, TopicSlug};
use store::{Store, StoreError};

/// Why a topic can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum TopicProblem {
    /// The slug has other characters, or none.
    #[error("the topic {0:?} {1}")]
    BadSlug(String, SlugProblem),
    #[error("the topic {0:?} has no name")]
    NoName(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Returns the topic with this slug, creating or renaming it if necessary.
///
/// # Errors
/// When the slug or the name is not usable, or the store fails.
pub async fn topic_ensure(store: &Store, slug: &str, name: &str) -> Result<TopicId, TopicProblem> {
    TopicSlug::parse(slug).map_err(|problem| TopicProblem::BadSlug(slug.to_owned(), problem))?;
    if name.trim().is_empty() {
        return Err(TopicProblem::NoName(slug.to_owned()));
    }
    Ok(store.topic_ensure(slug.to_owned(), name.trim().to_owned()).await?)
}
