//! The store itself: opening it, and the two entrances to it.
//!
//! Invariants: every call is one transaction; a read sees everything that was committed before it
//! began. On SQLite, writes happen one after another in the order in which they were queued; on
//! PostgreSQL, side by side. A call whose future is dropped may still take effect. Queues are
//! bounded: a caller waits for its turn, and for an unreachable database no longer than
//! [`PATIENCE`].

mod kept_in_memory;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::StoreError;
use crate::contact_blocks::ContactBlocks;
use crate::engine::attached::Attached;
use crate::engine::client_secret::ClientSecret;
use crate::engine::location::{Location, PostgresDatabase};
use crate::engine::options::StoreOptions;
use crate::engine::postgres::PostgresSession;
use crate::engine::sqlite;
use crate::engine::threads::{self, ConnectionJob, StoreConnection};
use crate::engine::tx::Tx;

/// How often to check for removals and pauses by other processes.
pub const WATCH_INTERVAL: Duration = Duration::from_millis(100);

/// How long the result of such a check is valid: a hanging connection answers neither yes nor no.
const KNOWN_MS: u64 = 3_000;

/// How long a call keeps trying to reach a lost database, from the moment it was made.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How long nobody is mailed after a store that nodes share was unreachable: other nodes may still
/// bring the removals that they kept meanwhile.
const CATCH_UP_MS: u64 = 2_000;

/// Everything that is kept. Clones share one set of connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<StoreInner>,
    /// Which readers this clone asks.
    reports: bool,
    /// What this clone writes together with its next write.
    attached: Option<Attached>,
}

struct StoreInner {
    writer: ConnectionQueue,
    readers: ConnectionQueue,
    report_readers: ConnectionQueue,
    watcher: Option<SyncSender<()>>,
    watch: Option<JoinHandle<()>>,
    removals: Arc<Removals>,
    /// The node of this process and what it has answered that is not counted yet.
    hits_waiting: Mutex<Option<(u16, u64)>>,
    client_secret: OnceLock<ClientSecret>,
    contact_blocks: Mutex<ContactBlocks>,
    shared: bool,
}

/// Connections that are open, before their threads are.
struct StoreConnections {
    writers: Vec<StoreConnection>,
    readers: Vec<StoreConnection>,
    report_readers: Vec<StoreConnection>,
    watcher: StoreConnection,
}

/// What is known about removals and pauses, by whichever process.
struct Removals {
    epoch: AtomicU64,
    /// The last check for those of other processes failed.
    blind: AtomicBool,
    opened: Instant,
    /// When the last successful check began, in milliseconds since `opened`.
    looked_ms: AtomicU64,
    /// Until when other nodes may still bring what they kept during an outage, likewise.
    catching_up_ms: AtomicU64,
    /// Removals that this process has promised but not yet stored.
    waiting: AtomicU64,
}

impl Removals {
    fn since_opened(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A queue and the threads that it leads to; they end when the sender is gone.
struct ConnectionQueue {
    jobs: Option<mpsc::Sender<ConnectionJob>>,
    threads: Vec<JoinHandle<()>>,
}

impl ConnectionQueue {
    fn open(name: &str, seats: Vec<StoreConnection>, queue: usize) -> std::io::Result<Self> {
        let (jobs, threads) = threads::spawn(name, seats, queue)?;
        Ok(Self { jobs: Some(jobs), threads })
    }

    fn close(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            // A thread that died has been reported to its callers as `Closed`.
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Opens the store; creates a missing file, and the tables of an empty store. Blocks for as
    /// long as that takes.
    ///
    /// # Errors
    /// When it can't be opened, or was written by a newer release; or by an older one, unless it is
    /// to be upgraded.
    pub fn open(location: impl Into<Location>, options: StoreOptions) -> Result<Self, StoreError> {
        let location = location.into();
        // Connections to PostgreSQL bring a runtime along, which may neither be waited in nor
        // dropped on a thread that belongs to another one, as the caller's may.
        std::thread::scope(|scope| scope.spawn(|| Self::open_here(&location, options)).join())
            .map_err(|_| StoreError::Closed)?
    }

    fn open_here(location: &Location, options: StoreOptions) -> Result<Self, StoreError> {
        let fail = |why: String| StoreError::Open { store: location.to_string(), why };
        let no_thread = |error: std::io::Error| fail(format!("no thread for it: {error}"));
        let StoreConnections { writers, readers, report_readers, mut watcher } = match location {
            Location::Sqlite(path) => open_sqlite(path, options)?,
            Location::Postgres(database) => {
                open_postgres((**database).clone(), options).map_err(|error| match error {
                    other @ (StoreError::Newer { .. } | StoreError::Older { .. }) => other,
                    // May be there in a minute, so callers that can wait must know.
                    StoreError::Unreachable(why) => {
                        StoreError::Unreachable(format!("{location}: {why}"))
                    }
                    StoreError::Busy => StoreError::Busy,
                    other => fail(other.to_string()),
                })?
            }
        };
        let removals = Arc::new(Removals {
            epoch: AtomicU64::new(0),
            blind: AtomicBool::new(false),
            opened: Instant::now(),
            looked_ms: AtomicU64::new(0),
            catching_up_ms: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
        });
        let seen = Arc::clone(&removals);
        let (watcher, watch) = {
            let (first, looked) = std::sync::mpsc::sync_channel(1);
            let mut first = Some(first);
            let look = move || {
                let found = look_for_removals(&mut watcher, &seen);
                if let Some(first) = first.take() {
                    let _ = first.send(found);
                }
            };
            let (stop, watch) = threads::spawn_watcher(WATCH_INTERVAL, look).map_err(no_thread)?;
            looked.recv().map_err(|_| StoreError::Closed)??;
            (stop, watch)
        };
        let writer =
            ConnectionQueue::open("store-writer", writers, options.queue).map_err(no_thread)?;
        let readers =
            ConnectionQueue::open("store-reader", readers, options.queue).map_err(no_thread)?;
        let report_readers = ConnectionQueue::open("store-reports", report_readers, options.queue)
            .map_err(no_thread)?;
        let (watcher, watch) = (Some(watcher), Some(watch));
        let shared = location.is_shared();
        let hits_waiting = Mutex::default();
        let inner = StoreInner {
            writer,
            readers,
            report_readers,
            watcher,
            watch,
            removals,
            hits_waiting,
            client_secret: OnceLock::new(),
            contact_blocks: Mutex::default(),
            shared,
        };
        Ok(Self { inner: Arc::new(inner), reports: false, attached: None })
    }

    /// The same store, read through separate connections: however many reports are viewed,
    /// recipients' pages and the last check before a message never queue behind them.
    #[must_use]
    pub fn for_reports(&self) -> Self {
        Self { reports: true, ..self.clone() }
    }

    pub(crate) fn with_attached(&self, attached: Option<Attached>) -> Self {
        Self { attached, ..self.clone() }
    }

    /// Whether other nodes may be using the same store.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.inner.shared
    }

    /// Grows after every removal, suppression and pause: before the call that caused it returns in
    /// this process, within 100 ms in others. Costs no I/O, so it can be checked before every
    /// message.
    #[must_use]
    pub fn removal_epoch(&self) -> u64 {
        self.inner.removals.epoch.load(Ordering::Acquire)
    }

    /// Whether [`Self::removal_epoch`] can be relied on: false while removals by other processes
    /// can't be checked for or may just be coming in after an outage, and while this process has
    /// some that the store has not accepted yet. Then nobody should be mailed.
    #[must_use]
    pub fn removals_known(&self) -> bool {
        let removals = &self.inner.removals;
        let now = removals.since_opened();
        let age = now.saturating_sub(removals.looked_ms.load(Ordering::Acquire));
        !removals.blind.load(Ordering::Acquire)
            && age <= KNOWN_MS
            && now >= removals.catching_up_ms.load(Ordering::Acquire)
            && self.removals_waiting() == 0
    }

    /// Removals that this process has promised to somebody and that the store does not have yet.
    #[must_use]
    pub fn removals_waiting(&self) -> u64 {
        self.inner.removals.waiting.load(Ordering::Acquire)
    }

    /// Reports that this many more removals are waiting outside the store: until they are stored,
    /// this process mails nobody. Call it before the removal is promised to anybody.
    pub fn removals_postponed(&self, count: u64) {
        self.inner.removals.waiting.fetch_add(count, Ordering::AcqRel);
    }

    /// Reports that this many of those are now in the store, or were never promised.
    pub fn removals_caught_up(&self, count: u64) {
        let less = |waiting: u64| Some(waiting.saturating_sub(count));
        // The closure never refuses.
        let _ = self.inner.removals.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
    }

    /// Runs `work` in a transaction that may write; it is committed when `work` returns `Ok`. The
    /// work may be run several times, each time from the start.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let removals = Arc::clone(&self.inner.removals);
        let turn = match &self.attached {
            Some(attached) => attached.turn().await,
            None => None,
        };
        let by = Instant::now() + PATIENCE;
        run(&self.inner.writer, move |seat| {
            let (value, moved) = match &turn {
                Some(turn) => seat.write(by, &|tx: &Tx<'_>| turn.around(tx, &work))?,
                None => seat.write(by, &work)?,
            };
            if let Some(turn) = turn {
                turn.done();
            }
            if let Some(epoch) = moved {
                removals.epoch.fetch_max(epoch, Ordering::AcqRel);
            }
            Ok(value)
        })
        .await
    }

    /// Runs `work` over one state of the store; perhaps several times.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let by = Instant::now() + PATIENCE;
        let readers = if self.reports { &self.inner.report_readers } else { &self.inner.readers };
        run(readers, move |seat| seat.read(by, &work)).await
    }
}

fn open_sqlite(
    path: &std::path::Path,
    options: StoreOptions,
) -> Result<StoreConnections, StoreError> {
    let writers = vec![StoreConnection::Sqlite(sqlite::open_writer(path, &options)?)];
    let reader = || sqlite::open_reader(path, &options).map(StoreConnection::Sqlite);
    let some = |count: usize| (0..count.max(1)).map(|_| reader()).collect::<Result<_, _>>();
    let (readers, report_readers) = (some(options.readers)?, some(options.report_readers)?);
    Ok(StoreConnections { writers, readers, report_readers, watcher: reader()? })
}

/// The first connection is opened and takes care of the schema; the others open on demand.
fn open_postgres(
    database: PostgresDatabase,
    options: StoreOptions,
) -> Result<StoreConnections, StoreError> {
    let database = Arc::new(database);
    let session = || PostgresSession::new(Arc::clone(&database));
    let mut first = session()?;
    first.migrate(Instant::now() + PATIENCE, options.upgrade)?;
    let seat = || session().map(|session| StoreConnection::Postgres(Box::new(session)));
    let mut writers = vec![StoreConnection::Postgres(Box::new(first))];
    for _ in 1..options.writers {
        writers.push(seat()?);
    }
    let some = |count: usize| (0..count.max(1)).map(|_| seat()).collect::<Result<_, _>>();
    let (readers, report_readers) = (some(options.readers)?, some(options.report_readers)?);
    Ok(StoreConnections { writers, readers, report_readers, watcher: seat()? })
}

async fn run<T: Send + 'static>(
    way: &ConnectionQueue,
    work: impl FnOnce(&mut StoreConnection) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (answer, answered) = oneshot::channel();
    let job: ConnectionJob = Box::new(move |seat| {
        // Nobody may be waiting any more; what was done stays done.
        let _ = answer.send(work(seat));
    });
    let jobs = way.jobs.as_ref().ok_or(StoreError::Closed)?;
    jobs.send(job).await.map_err(|_| StoreError::Closed)?;
    answered.await.map_err(|_| StoreError::Closed)?
}

fn look_for_removals(seat: &mut StoreConnection, seen: &Removals) -> Result<(), StoreError> {
    let began = seen.since_opened();
    // No patience: while nothing is known, nobody is mailed.
    let looked = seat.read(Instant::now(), &|tx: &Tx<'_>| tx.removals());
    let was_blind = seen.blind.load(Ordering::Acquire);
    let looked_ms = seen.looked_ms.load(Ordering::Acquire);
    let was_away = was_blind || began.saturating_sub(looked_ms) > KNOWN_MS;
    if was_away && looked.is_ok() && matches!(seat, StoreConnection::Postgres(_)) {
        let until = seen.since_opened() + CATCH_UP_MS;
        // Before it counts as seeing again.
        seen.catching_up_ms.store(until, Ordering::Release);
    }
    seen.blind.store(looked.is_err(), Ordering::Release);
    match looked {
        Ok(epoch) => {
            seen.epoch.fetch_max(epoch, Ordering::AcqRel);
            seen.looked_ms.store(began, Ordering::Release);
            Ok(())
        }
        Err(error) => {
            if !was_blind {
                tracing::warn!(%error, "can't check for removals by other processes");
            }
            Err(error)
        }
    }
}

impl Drop for StoreInner {
    /// Waits for the queued calls. The writer last: it can empty SQLite's log only when no reader
    /// is left.
    fn drop(&mut self) {
        self.watcher = None;
        if let Some(watch) = self.watch.take() {
            let _ = watch.join();
        }
        self.readers.close();
        self.report_readers.close();
        self.writer.close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("removal_epoch", &self.removal_epoch())
            .finish_non_exhaustive()
    }
}
