//! What can go wrong when something is kept or looked up.

use std::path::PathBuf;

use model::campaign::CampaignRefused;

/// Why the store did not do what was asked. Unless said otherwise nothing was changed: every call
/// is one transaction.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file can't be opened or created.
    #[error("can't open the store {path}: {why}", path = path.display())]
    Open {
        /// The database file.
        path: PathBuf,
        /// What the database or the system says.
        why: String,
    },
    /// The file was written by a newer release.
    #[error(
        "the store is of version {found}, this release knows versions up to {known}: use the release that wrote it, or a newer one"
    )]
    Newer {
        /// The version in the file.
        found: i64,
        /// The newest version of this release.
        known: i64,
    },
    /// Another process kept the write lock for longer than the busy timeout.
    #[error("another process is writing to the store and did not finish in time; try again")]
    Busy,
    /// The disk is full or a quota is reached.
    #[error("the disk that holds the store is full")]
    DiskFull,
    /// The campaign is in the wrong state for it.
    #[error(transparent)]
    Refused(#[from] CampaignRefused),
    /// A campaign was started for a topic that nobody is subscribed to; it is still a draft.
    #[error("nobody is subscribed to the campaign's topic")]
    NobodySubscribed,
    /// There is no such row.
    #[error("there is no {0} with that id")]
    NotFound(&'static str),
    /// A number is too large for the store.
    #[error("{0} is too large to be kept")]
    OutOfRange(&'static str),
    /// A row holds what no release writes.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The store has been closed, or its thread has died.
    #[error("the store is closed")]
    Closed,
    /// Anything else the database says.
    #[error("the database says: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            Some(Code::DiskFull) => Self::DiskFull,
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Corrupt(error.to_string()),
            _ => Self::Database(Box::new(error)),
        }
    }
}

/// An unsigned number as the store keeps it.
pub(crate) fn integer(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::OutOfRange(what))
}

/// A number of the store that must be one of a smaller kind.
pub(crate) fn narrow<T: TryFrom<i64>>(number: i64, what: &str) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Corrupt(format!("{what} is {number}")))
}

/// A word or number that must stand for something.
pub(crate) fn known<T>(found: Option<T>, what: &str) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Corrupt(format!("unknown {what}")))
}
