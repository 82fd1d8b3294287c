//! A position in a journal.

/// A position in a journal: where a record begins, or where the next one will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub segment: u64,
    /// Bytes from the segment's beginning.
    pub offset: u32,
}

impl Position {
    pub const START: Self = Self { segment: 0, offset: 0 };

    /// Where the segment after this one begins.
    pub(crate) const fn next_segment(self) -> Self {
        Self { segment: self.segment.saturating_add(1), offset: 0 }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.segment, self.offset)
    }
}
