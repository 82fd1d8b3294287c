//! Places in a file at which reading can go on.

/// Between two records of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// The next line, counted from 1.
    pub(crate) line: u64,
    /// Bytes before it.
    pub(crate) bytes: u64,
    /// Whether the last of them was a CR, which an LF may follow.
    pub(crate) after_cr: bool,
}
