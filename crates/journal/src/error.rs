//! What can go wrong with a journal.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Position;

/// Why a journal could not do what it was asked. Clones are cheap: a failed commit tells all of
/// its waiters.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// Another process, or another part of this one, has the journal open.
    #[error("the journal in {} is already open elsewhere", dir.display())]
    Locked { dir: PathBuf },
    #[error("journal options: {0}")]
    Options(&'static str),
    /// The next segment would take the journal beyond its quota.
    #[error("the journal has reached its quota of {max_bytes} bytes")]
    Full { max_bytes: u64 },
    /// More was appended since the last commit than the memory buffer takes.
    #[error("{bytes} bytes are already waiting for a commit of the journal")]
    Busy {
        /// Bytes waiting for the commit.
        bytes: usize,
    },
    /// A record that is empty, or larger than a segment.
    #[error("a record has {bytes} bytes; the journal takes 1 to {max}")]
    RecordSize { bytes: usize, max: usize },
    /// A record that was once intact no longer is.
    #[error("the journal is damaged at {0}")]
    Damaged(Position),
    #[error("the journal is closed")]
    Closed,
    #[error("{what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: Arc<io::Error> },
}

impl JournalError {
    /// Adds what was attempted to a system error.
    pub(crate) fn io<'a>(
        what: &'static str,
        path: &'a Path,
    ) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| Self::Io { what, path: path.to_owned(), source: Arc::new(source) }
    }
}
