//! The topics' numbers as they were last counted, shared by all requests.

use model::Timestamp;
use store::TopicCounts;

/// The topics' numbers, and when they were counted.
#[derive(Debug, Clone)]
pub(crate) struct KeptTopics {
    pub(crate) at: Timestamp,
    pub(crate) topics: Vec<TopicCounts>,
}
