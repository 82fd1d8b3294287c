//! What is recorded about a hit.

use model::{Hit, HitClass, HitOrigin, Rule, RulesSeen};

/// A hit with its position in the journal, which is its identity, and what was seen in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedHit {
    pub node: u16,
    pub segment: u64,
    /// Bytes into the segment.
    pub offset: u32,
    pub hit: Hit,
    /// What was seen in it alone.
    pub rules: RulesSeen,
    /// What the recorder takes it for, for servers of releases that keep classes alone.
    pub class: HitClass,
    /// Where it came from.
    pub origin: HitOrigin,
}

impl RecordedHit {
    /// Whether it is neither view nor click.
    pub(crate) fn is_head(&self) -> bool {
        self.hit.signs.head || self.rules.has(Rule::METHOD_HEAD)
    }
}
