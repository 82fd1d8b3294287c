//! What is beneath the store: connections, and the threads that own them.
//!
//! Invariants: a connection belongs to one thread for its whole life; jobs come through bounded
//! queues; nothing above the engine knows which database it is, except the bulk methods.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::StoreError;
use crate::engine::tx::{Tx, Written};
use crate::engine::{postgres, sqlite};

/// A connection to either database, owned by one thread.
pub(crate) enum StoreConnection {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::PostgresSession>),
}

/// Work for a thread that owns a connection.
pub(crate) type ConnectionJob = Box<dyn FnOnce(&mut StoreConnection) + Send>;

impl StoreConnection {
    /// Runs `work` over one state of the store. A lost connection is reopened until `by`, and the
    /// work repeated.
    pub(crate) fn read<T>(
        &mut self,
        by: Instant,
        work: &impl Fn(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite(connection) => work(&Tx::sqlite(sqlite::reading(connection)?)),
            Self::Postgres(session) => session.read(by, work),
        }
    }

    /// Runs `work` in a transaction that may write; it is on disk when this returns `Ok`, and not
    /// stored at all on any error but [`StoreError::Undecided`].
    pub(crate) fn write<T>(
        &mut self,
        by: Instant,
        work: &impl Fn(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<Written<T>, StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let tx = Tx::sqlite(sqlite::writing(connection)?);
                let value = work(&tx)?;
                Ok((value, tx.commit()?))
            }
            Self::Postgres(session) => session.write(by, work),
        }
    }

    fn close(self) {
        if let Self::Sqlite(connection) = self {
            sqlite::close(connection);
        }
    }
}

/// Threads that share one queue, each with a connection. They end when the sender is gone.
pub(crate) fn spawn(
    name: &str,
    seats: Vec<StoreConnection>,
    queue: usize,
) -> std::io::Result<(Sender<ConnectionJob>, Vec<JoinHandle<()>>)> {
    let (sender, jobs) = channel::<ConnectionJob>(queue.max(1));
    let jobs = Arc::new(Mutex::new(jobs));
    let mut threads = Vec::new();
    for (number, mut seat) in seats.into_iter().enumerate() {
        let jobs = Arc::clone(&jobs);
        let name = format!("{name}-{number}");
        threads.push(thread::Builder::new().name(name).spawn(move || {
            while let Some(job) = next(&jobs) {
                job(&mut seat);
            }
            seat.close();
        })?);
    }
    Ok((sender, threads))
}

/// One idle thread waits on the queue, the others on the lock.
fn next(jobs: &Mutex<Receiver<ConnectionJob>>) -> Option<ConnectionJob> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv()
}

/// Calls `look` at once and every `interval` until the returned sender is dropped.
pub(crate) fn spawn_watcher(
    interval: Duration,
    mut look: impl FnMut() + Send + 'static,
) -> std::io::Result<(SyncSender<()>, JoinHandle<()>)> {
    let (stop, stopped) = sync_channel::<()>(1);
    let thread = thread::Builder::new().name("store-watcher".to_owned()).spawn(move || {
        look();
        while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
            look();
        }
    })?;
    Ok((stop, thread))
}
