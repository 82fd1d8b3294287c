//! The topics that somebody is trusted with.

use crate::TopicId;

/// The topics that somebody is trusted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicScope {
    All,
    /// May be none at all.
    These(Vec<TopicId>),
}

impl TopicScope {
    /// From a list in which none stands for all, as it is stored.
    #[must_use]
    pub fn stored(topics: Vec<TopicId>) -> Self {
        if topics.is_empty() { Self::All } else { Self::These(topics) }
    }

    #[must_use]
    pub fn contains(&self, topic: TopicId) -> bool {
        match self {
            Self::All => true,
            Self::These(topics) => topics.contains(&topic),
        }
    }

    /// What both have.
    #[must_use]
    pub fn within(self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, other) => other.clone(),
            (these, Self::All) => these,
            (Self::These(mut topics), other) => {
                topics.retain(|topic| other.contains(*topic));
                Self::These(topics)
            }
        }
    }
}
