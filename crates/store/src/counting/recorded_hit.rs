//! What is recorded of a hit.

use model::{Hit, HitClass};

/// A hit with its place in the journal, which is its identity, and its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedHit {
    /// Whose journal.
    pub node: u16,
    /// Its segment.
    pub segment: u64,
    /// Bytes into the segment.
    pub offset: u32,
    /// What was asked for.
    pub hit: Hit,
    /// What kind of reader it looks like.
    pub class: HitClass,
    /// The rule that said so.
    pub rule: &'static str,
}
