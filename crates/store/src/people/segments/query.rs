//! Who is asked for.

use model::{RuleSet, SegmentRule, Timestamp, TopicScope};

/// Who is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentQuery {
    pub rule: SegmentRule,
    /// What times are counted from.
    pub at: Timestamp,
    /// Says who is a person.
    pub rules: RuleSet,
    /// Only contacts with an entry for one of these topics.
    pub topics: TopicScope,
}
