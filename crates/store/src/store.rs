//! The store itself: opening it, and the two ways into it.
//!
//! Invariants: every call is one transaction; writes happen one after another in the order in
//! which they were queued; a read sees everything that was committed before it began. A call whose
//! future is dropped may still take effect. Queues are bounded: a caller waits for its turn.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::StoreError;
use crate::sqlite::{self, Job};
use crate::tx::Tx;

/// How often removals and pauses by other processes are looked for.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// How a store is opened.
#[derive(Debug, Clone, Copy)]
pub struct StoreOptions {
    /// Connections that only read.
    pub readers: usize,
    /// Calls that may wait for the writer, and as many for the readers.
    pub queue: usize,
    /// Page cache of the writer, in KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each reader, in KiB.
    pub reader_cache_kib: u32,
    /// How long another process's write lock is waited for.
    pub busy_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            readers: 2,
            queue: 64,
            writer_cache_kib: 16 << 10,
            reader_cache_kib: 4 << 10,
            busy_timeout: Duration::from_secs(30),
        }
    }
}

/// Everything that is kept. Clones share one set of connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// Taken before the threads are waited for: they end when it is gone.
    ways: Option<Ways>,
    threads: Vec<JoinHandle<()>>,
    removals: Arc<Removals>,
}

/// What is known of removals and pauses, by whichever process.
struct Removals {
    epoch: AtomicU64,
    /// The last look for those of other processes failed.
    blind: AtomicBool,
}

struct Ways {
    writer: mpsc::Sender<Job>,
    readers: mpsc::Sender<Job>,
    _watcher: SyncSender<()>,
}

impl Store {
    /// Opens the file, creates it if it is not there, and brings it to this release's schema.
    /// Blocks for as long as that takes.
    ///
    /// # Errors
    /// When the file can't be opened or was written by a newer release.
    pub fn open(path: &Path, options: StoreOptions) -> Result<Self, StoreError> {
        let fail = |error: std::io::Error| StoreError::Open {
            path: path.to_owned(),
            why: format!("no thread for it: {error}"),
        };
        let writer = sqlite::open_writer(path, &options)?;
        let reader = || sqlite::open_reader(path, &options);
        let readers = (0..options.readers.max(1)).map(|_| reader()).collect::<Result<_, _>>()?;
        let mut watching = reader()?;
        let removals = Arc::new(Removals {
            epoch: AtomicU64::new(Tx::reading(&mut watching)?.removals()?),
            blind: AtomicBool::new(false),
        });

        let seen = Arc::clone(&removals);
        let look = move || look_for_removals(&mut watching, &seen);
        let (writer, writing) = sqlite::spawn_writer(writer, options.queue).map_err(fail)?;
        let (readers, mut threads) = sqlite::spawn_readers(readers, options.queue).map_err(fail)?;
        let (watcher, watch) = sqlite::spawn_watcher(WATCH_INTERVAL, look).map_err(fail)?;
        // The writer last: it can only empty the log when no reader is left.
        threads.extend([watch, writing]);
        let ways = Some(Ways { writer, readers, _watcher: watcher });
        Ok(Self { inner: Arc::new(Inner { ways, threads, removals }) })
    }

    /// Grows after every removal, suppression and pause: before the call that did it returns in
    /// this process, within 100 ms in others. Costs no I/O, so it can be asked before every
    /// message.
    #[must_use]
    pub fn removal_epoch(&self) -> u64 {
        self.inner.removals.epoch.load(Ordering::Acquire)
    }

    /// Whether [`Self::removal_epoch`] can be relied on: false while removals by other processes
    /// can't be looked for. Then nobody should be mailed.
    #[must_use]
    pub fn removals_known(&self) -> bool {
        !self.inner.removals.blind.load(Ordering::Acquire)
    }

    /// Runs `work` in a transaction that may write; it is committed when `work` returns `Ok`.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let removals = Arc::clone(&self.inner.removals);
        let ways = self.inner.ways.as_ref().ok_or(StoreError::Closed)?;
        run(&ways.writer, move |connection| {
            let tx = Tx::writing(connection)?;
            let value = work(&tx)?;
            if let Some(epoch) = tx.commit()? {
                removals.epoch.fetch_max(epoch, Ordering::AcqRel);
            }
            Ok(value)
        })
        .await
    }

    /// Runs `work` over one state of the store.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let ways = self.inner.ways.as_ref().ok_or(StoreError::Closed)?;
        run(&ways.readers, move |connection| work(&Tx::reading(connection)?)).await
    }
}

async fn run<T: Send + 'static>(
    way: &mpsc::Sender<Job>,
    work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move |connection| {
        // Nobody may be waiting any more; what was done stays done.
        let _ = answer.send(work(connection));
    });
    way.send(job).await.map_err(|_| StoreError::Closed)?;
    answered.await.map_err(|_| StoreError::Closed)?
}

fn look_for_removals(connection: &mut Connection, seen: &Removals) {
    let looked = Tx::reading(connection).and_then(|tx| tx.removals());
    match &looked {
        Ok(epoch) => {
            seen.epoch.fetch_max(*epoch, Ordering::AcqRel);
        }
        Err(error) => tracing::warn!(%error, "can't look for removals by other processes"),
    }
    seen.blind.store(looked.is_err(), Ordering::Release);
}

impl Drop for Inner {
    /// Waits for the calls that are queued and for the log to be emptied.
    fn drop(&mut self) {
        self.ways = None;
        for thread in self.threads.drain(..) {
            // A thread that died has been reported to its callers as `Closed`.
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("removal_epoch", &self.removal_epoch())
            .finish_non_exhaustive()
    }
}
