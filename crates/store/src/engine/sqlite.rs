//! SQLite: its connections.
//!
//! Invariants: one thread writes; every commit is on disk before it is reported
//! (`synchronous=FULL`); memory is bounded by the page caches, the log by its checkpoints. Other
//! processes may write to the same file, so the write lock is waited for.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::StoreError;
use crate::engine::migrate;
use crate::engine::options::StoreOptions;

/// Pages of log after which it is copied into the database. Index pages of an import are touched in
/// random order, and each checkpoint writes every touched page once, so fewer checkpoints are
/// faster.
const CHECKPOINT_PAGES: i64 = 40_000;
/// The log file is truncated to this when it starts afresh.
const LOG_BYTES: i64 = 192 << 20;
/// Statements kept prepared per connection; more than there are.
const STATEMENTS: usize = 128;
/// How often to poll for a lock held by another process. SQLite notifies nobody when it is
/// released, and its own waits grow to 100 ms, in which a busy importer always comes first.
const LOCK_POLL: Duration = Duration::from_millis(2);

/// The connection that writes; creates the file, and ensures that it has this release's schema.
pub(crate) fn open_writer(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let fail = |why: String| StoreError::Open { store: path.display().to_string(), why };
    create_private(path).map_err(|error| fail(error.to_string()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection =
        Connection::open_with_flags(path, flags).map_err(|error| fail(error.to_string()))?;
    prepare_writer(&mut connection, options).map_err(|error| fail(error.to_string()))?;
    migrate::sqlite(&mut connection, options.upgrade)?;
    Ok(connection)
}

/// Creates the file readable only by its owner; the log inherits its permissions.
pub(crate) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut how = std::fs::OpenOptions::new();
    how.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    how.open(path).map(drop)
}

fn prepare_writer(connection: &mut Connection, options: &StoreOptions) -> rusqlite::Result<()> {
    wait_for_locks(connection, options.busy_timeout)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        let why = format!("write-ahead log refused, journal mode is {mode}");
        return Err(rusqlite::Error::InvalidParameterName(why));
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten, also in pages that become free, which `fast` leaves as they are: a key
    // that was destroyed and a person who was erased are gone from the file.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    prepare_any(connection, options.writer_cache_kib)
}

/// A connection that only reads. The file must exist.
pub(crate) fn open_reader(path: &Path, options: &StoreOptions) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    wait_for_locks(&mut connection, options.busy_timeout)?;
    prepare_any(&connection, options.reader_cache_kib)?;
    Ok(connection)
}

fn prepare_any(connection: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    // A negative size counts KiB instead of pages.
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

fn wait_for_locks(connection: &mut Connection, timeout: Duration) -> rusqlite::Result<()> {
    let mut since = Instant::now();
    connection.busy_handler(Some(move |tries: i32| {
        if tries == 0 {
            since = Instant::now();
        }
        #[expect(clippy::disallowed_methods, reason = "SQLite tells nobody that its lock is free")]
        thread::park_timeout(LOCK_POLL);
        since.elapsed() < timeout
    }))
}

/// A transaction that sees one state of the store and changes nothing.
pub(crate) fn reading(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Deferred)
}

/// A transaction that holds the write lock from its first moment: one that took it later could be
/// refused after it has read.
pub(crate) fn writing(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Truncates the log if nobody else has the file open; if somebody has, they will.
pub(crate) fn close(connection: Connection) {
    if !connection.is_readonly("main").unwrap_or(true)
        && let Err(error) = connection.pragma_update(None, "wal_checkpoint", "truncate")
    {
        tracing::debug!(%error, "can't empty the store's log");
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the store was not closed cleanly");
    }
}

#[cfg(test)]
#[path = "sqlite/tests.rs"]
pub(crate) mod tests;
