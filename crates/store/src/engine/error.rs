//! What can go wrong when something is stored or looked up.

use model::campaign::CampaignRefused;

/// The error code of PostgreSQL's trigger that closes a store; the server has no codes that begin
/// like this.
pub(crate) const CLOSED: &str = "PH001";

/// Why the store did not do what was asked. Unless said otherwise nothing was changed: every call
/// is one transaction.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file can't be opened or created, or the database can't be used.
    #[error("can't open the store {store}: {why}")]
    Open {
        /// The database file, or the address of the database without its password.
        store: String,
        /// What the database or the system says.
        why: String,
    },
    /// The file was written by a newer release.
    #[error(
        "the store has version {found}, and this release supports versions up to {known}: use the release that wrote it, or a newer one"
    )]
    Newer {
        /// The version in the file.
        found: i64,
        /// The newest version of this release.
        known: i64,
    },
    /// The store was written by an older release, and the caller did not ask for an upgrade.
    #[error(
        "the store has version {found}, and this release needs version {known}: `pharos upgrade` or the next `pharos serve` upgrades it"
    )]
    Older {
        /// The version in the store.
        found: i64,
        /// The version of this release.
        known: i64,
    },
    /// Another process held a lock longer than the wait limit.
    #[error("another process is writing to the store and did not finish in time; try again")]
    Busy,
    /// There is no connection to the database, and none could be opened in time.
    #[error("can't reach the database: {0}")]
    Unreachable(String),
    /// The connection broke at the moment of the commit, and the database could not be asked
    /// afterwards. The one error after which something may have been changed.
    #[error(
        "the connection to the database broke during a write, and it is unknown whether the write succeeded; check before you try again"
    )]
    Undecided,
    /// Other nodes kept changing the same rows; or a row that must be unique already exists.
    #[error("the database says: {0}")]
    Conflict(String),
    /// The node's number is in use elsewhere.
    #[error(
        "node {node} is already running in {host}; a copied data folder is the same node: give the second one a new folder with only a copy of the file `keys`, and it becomes a node of its own (after a crash and a move, wait 20 seconds)"
    )]
    NodeTaken {
        node: u16,
        /// The machine and the folder that use it.
        host: String,
    },
    /// The disk is full or a quota is reached.
    #[error("the disk that holds the store is full")]
    DiskFull,
    /// The campaign's state does not allow it.
    #[error(transparent)]
    Refused(#[from] CampaignRefused),
    /// Ends a rehearsal, so that it is rolled back; no caller sees it.
    #[error("this was a rehearsal")]
    Rehearsed,
    #[error(transparent)]
    Contact(#[from] model::ContactRefused),
    /// Personal data may not be handed to the recipient.
    #[error(transparent)]
    Disclosure(#[from] model::DisclosureRefused),
    /// A segment can't be what it is to be.
    #[error(transparent)]
    Segment(#[from] model::SegmentRefused),
    /// Deliveries in this state are never sent again.
    #[error("deliveries that are {} are never sent again", .0.as_str())]
    NotToBeRetried(model::DeliveryState),
    /// A campaign was started for a topic that nobody is subscribed to; it is still a draft.
    #[error("nobody is subscribed to the campaign's topic")]
    NobodySubscribed,
    #[error("there is no {0} with that id")]
    NotFound(&'static str),
    /// The change was made for a state that is no longer the current one.
    #[error("somebody else has changed the {0} in the meantime; look again")]
    Changed(&'static str),
    /// There is one with this name or address already.
    #[error("there is already a {0} like that")]
    Exists(&'static str),
    /// Nobody could give rights any more.
    #[error("nobody would be left who can sign in as an owner; make somebody else an owner first")]
    LastOwner,
    /// The request with this idempotency key was done before; nothing was done now.
    #[error(transparent)]
    Repeated(#[from] Repeated),
    /// A number is too large for the store.
    #[error("{0} is too large to store")]
    OutOfRange(&'static str),
    /// A row holds what no release writes.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// The store has been closed, or its thread has died.
    #[error("the store is closed")]
    Closed,
    /// The installation is being moved to another store, or has been: this one is closed.
    #[error(
        "the installation in this store is being moved to another store, or has been: nothing may change it any more (`pharos migrate --reopen` reopens it)"
    )]
    BeingMoved,
    #[error("the database says: {0}")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is known of a request that was done before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Repeated {
    #[error("this request was done before")]
    Answered {
        /// The HTTP status of the answer that it got.
        status: u16,
        answer: Vec<u8>,
    },
    /// It is still being answered, or whoever did it was killed before the answer was stored.
    #[error("this request was done before, and its answer is not known")]
    Unanswered {
        /// The id of what it has made, if it makes something.
        made: Option<String>,
        at: model::Timestamp,
    },
    /// The key was used for another request.
    #[error("this idempotency key was used for a different request")]
    Different,
}

impl StoreError {
    /// Whether the same call may succeed later without any repair: the database is unreachable,
    /// somebody else is using it, or the installation is being moved.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Busy
                | Self::Unreachable(_)
                | Self::Undecided
                | Self::Conflict(_)
                | Self::DiskFull
                | Self::Closed
                | Self::BeingMoved
        )
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let code = error.sqlite_error().map(|error| error.extended_code);
        if code == Some(rusqlite::ffi::SQLITE_CONSTRAINT_TRIGGER) {
            return Self::BeingMoved;
        }
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            Some(Code::DiskFull) => Self::DiskFull,
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Corrupt(error.to_string()),
            _ => Self::Database(Box::new(error)),
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    /// Shows the server's message but never its detail, which repeats values.
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState as State;
        let Some(said) = error.as_db_error() else { return without_answer(&error) };
        let text = || format!("{} ({})", said.message(), said.code().code());
        match said.code() {
            &State::T_R_SERIALIZATION_FAILURE
            | &State::T_R_DEADLOCK_DETECTED
            | &State::UNIQUE_VIOLATION
            | &State::DUPLICATE_TABLE
            | &State::DUPLICATE_OBJECT => Self::Conflict(text()),
            &State::DISK_FULL => Self::DiskFull,
            &State::LOCK_NOT_AVAILABLE => Self::Busy,
            &State::ADMIN_SHUTDOWN
            | &State::CRASH_SHUTDOWN
            | &State::CANNOT_CONNECT_NOW
            | &State::TOO_MANY_CONNECTIONS
            | &State::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            | &State::READ_ONLY_SQL_TRANSACTION => Self::Unreachable(text()),
            code if code.code() == CLOSED => Self::BeingMoved,
            code if code.code().starts_with("08") => Self::Unreachable(text()),
            _ => Self::Database(text().into()),
        }
    }
}

/// An error that the driver or the network made.
fn without_answer(error: &tokio_postgres::Error) -> StoreError {
    let cause = std::error::Error::source(error);
    let system = cause.and_then(|cause| cause.downcast_ref::<std::io::Error>());
    // A certificate that is refused now will be refused again.
    let network = system.is_some_and(|error| error.kind() != std::io::ErrorKind::InvalidData);
    let why = cause.map_or_else(|| error.to_string(), ToString::to_string);
    if error.is_closed() || network {
        StoreError::Unreachable(why)
    } else {
        StoreError::Database(format!("{error}: {why}").into())
    }
}

/// An unsigned number as the store keeps it.
pub(crate) fn integer(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::OutOfRange(what))
}

/// A number of rows.
pub(crate) fn count(rows: usize) -> Result<i64, StoreError> {
    integer(u64::try_from(rows).unwrap_or(u64::MAX), "a number of rows")
}

/// Converts a number from the store to a smaller type.
pub(crate) fn narrow<T: TryFrom<i64>>(number: i64, what: &str) -> Result<T, StoreError> {
    T::try_from(number).map_err(|_| StoreError::Corrupt(format!("{what} is {number}")))
}

/// Reads a word or number that must have a meaning.
pub(crate) fn known<T>(found: Option<T>, what: &str) -> Result<T, StoreError> {
    found.ok_or_else(|| StoreError::Corrupt(format!("unknown {what}")))
}
