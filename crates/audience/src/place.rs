//! Places in a file at which reading can go on.

/// Between two records of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// Which of the files in an archive, counted from 0.
    pub(crate) part: u32,
    /// The next line, counted from 1.
    pub(crate) line: u64,
    /// Bytes of the text before it: of what is read, unpacked and decoded.
    pub(crate) bytes: u64,
    /// Whether the last of them was a CR, which an LF may follow.
    pub(crate) after_cr: bool,
}
