//! What can go wrong when hits are shipped, and with Redis.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use journal::JournalError;

/// Why the store could not say how far it has a node's hits.
pub type ConfirmProblem = Box<dyn Error + Send + Sync>;

/// Why the bus could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    #[error("the address of Redis {why}")]
    Address {
        /// What is wrong, and what would be right.
        why: String,
    },
    /// The file of certificates can't be read.
    #[error("reading the certificates of Redis in {}: {source}", path.display())]
    CaFile { path: PathBuf, source: io::Error },
    /// The name of an installation, a limit or a consumer that can't be part of a key.
    #[error("{given:?} can't be part of a key in Redis; use 1 to 64 letters, digits and hyphens")]
    Name { given: String },
    /// Redis could not be reached, or refused.
    #[error("{what} ({server}): {source}")]
    Redis {
        what: &'static str,
        /// Where, without the password.
        server: String,
        source: redis::RedisError,
    },
    /// Redis gave an unexpected answer.
    #[error("{what} ({server}): unexpected answer")]
    Answer {
        what: &'static str,
        /// Where, without the password.
        server: String,
    },
    /// Data written by a later release comes next. Nothing is lost: it waits, with everything after
    /// it, for a program that can read it.
    #[error(
        "{place} holds hits in a form that this release does not know (kind {kind}); run the newer release here again: the hits wait for it and are not lost"
    )]
    Newer {
        /// Which journal or stream, and where in it.
        place: String,
        /// The first byte of the record or chunk.
        kind: u8,
    },
    #[error("reading the hit journal: {0}")]
    Journal(#[from] JournalError),
    #[error("the thread that reads the journal ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
    /// The store did not say how far a node's hits are recorded.
    #[error("asking how far hits are recorded: {0}")]
    Confirmation(#[source] ConfirmProblem),
    /// A shipper that was told to stop could not ship everything.
    #[error(
        "not every hit could be shipped within {} s of the stop; the journal keeps them for the next start",
        after.as_secs()
    )]
    Unshipped {
        /// How long it tried.
        after: Duration,
    },
}
