//! What is recorded about a hit.

use model::{Hit, HitClass};

/// A hit with its position in the journal, which is its identity, and its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedHit {
    pub node: u16,
    pub segment: u64,
    /// Bytes into the segment.
    pub offset: u32,
    pub hit: Hit,
    /// What kind of reader it looks like.
    pub class: HitClass,
    /// The rule that said so.
    pub rule: &'static str,
}
