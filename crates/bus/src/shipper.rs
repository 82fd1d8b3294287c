//! Ships a hit journal to the stream in Redis. A node with several journals has a shipper for each.
//!
//! Invariants: chunks are added in journal order, starting where the store has confirmed them; at
//! most [`ShipperSettings::window`] of them are unconfirmed, and none is added while the stream
//! holds [`ShipperSettings::stream_entries`] (one more round from each other shipper may slip in); beyond that, hits wait in the journal. A segment is removed only when the store has
//! confirmed all of it. An entry that is neither in Redis nor confirmed is shipped again, along
//! with everything after it.
//!
//! A shipper never stops because of a failure, and the beacon never notices one.

mod window;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use journal::{Durable, Position};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::window::Window;
use crate::connection::RedisConnection;
use crate::failure_streak::FailureStreak;
use crate::reading::{JournalSource, RunPiece};
use crate::{BusError, ConfirmProblem, InstallationId, Metrics, RedisServer, entries};

/// Most chunks added in one round trip: at most 2 MiB.
const ROUND: usize = 8;
/// Pause after a chunk that was not full, so that single hits share one.
const LINGER: Duration = Duration::from_millis(100);
/// Wait between two queries of how far the store is.
const CONFIRM_EVERY: Duration = Duration::from_millis(250);
/// How long there may be no room, as when a recorder catches up, before it is worth a warning.
const STANDSTILL: Duration = Duration::from_secs(10);
const STANDS_STILL: &str = "no recorder is taking the shipped hits";
/// Longest wait for the store's answer.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a stopping shipper keeps trying to ship what is left.
const PATIENCE: Duration = Duration::from_secs(5);

/// Says how far a journal's hits are recorded. Called a few times a second.
pub trait Confirmations: Send + Sync + 'static {
    /// The position of the journal before which every hit is in the store, permanently.
    /// None if there is none yet.
    ///
    /// # Errors
    /// When the store can't be asked now. The shipper asks again.
    fn confirmed(&self) -> impl Future<Output = Result<Option<Position>, ConfirmProblem>> + Send;
}

#[derive(Debug, Clone, Copy)]
pub struct ShipperSettings {
    /// Most chunks added and not confirmed.
    pub window: usize,
    /// With this many entries in the stream, from all nodes, nothing is added: 1 GiB in Redis if
    /// all of them are full, 3 MB if each holds three hits.
    pub stream_entries: usize,
    /// How long a chunk may stay unconfirmed before it is looked for in Redis.
    pub lost_after: Duration,
}

impl Default for ShipperSettings {
    /// 64 chunks, 4,096 entries, 5 seconds.
    fn default() -> Self {
        Self { window: 64, stream_entries: 4_096, lost_after: Duration::from_secs(5) }
    }
}

/// The one shipper of a journal of hits.
pub struct Shipper<C> {
    node: u16,
    durable: Durable,
    confirmations: C,
    settings: ShipperSettings,
    metrics: Arc<Metrics>,
    connection: RedisConnection,
    key: String,
    source: JournalSource,
    /// Read and not added yet.
    waiting: Vec<RunPiece<Vec<u8>>>,
    /// Everything before this was read.
    read: Position,
    /// The last chunk that was read was not full.
    exhausted: bool,
    window: Window,
    /// Where shipping began or begins again; None until the store has said.
    confirmed: Option<Position>,
    /// When the store was last asked.
    asked: Option<Instant>,
    store_trouble: FailureStreak,
    /// The oldest segment that is still needed, as far as known.
    kept: Option<u64>,
    standstill: Standstill,
}

/// How long there has been no room, and whether that was logged.
#[derive(Default)]
struct Standstill {
    since: Option<Instant>,
    told: bool,
}

/// What a round came to.
enum Round {
    /// Full chunks were added, and more may follow at once.
    More,
    /// Everything there was has been added; the last chunk was not full.
    Partial,
    /// There was nothing to add.
    Drained,
    /// The window or the stream is full.
    NoRoom,
}

impl Standstill {
    fn note(&mut self, no_room: bool) {
        if !no_room {
            *self = Self::default();
        } else if self.since.get_or_insert_with(Instant::now).elapsed() >= STANDSTILL && !self.told
        {
            self.told = true;
            tracing::warn!("{STANDS_STILL}; hits wait in the journal");
        }
    }
}

impl<C: Confirmations> Shipper<C> {
    /// A shipper from the journal in `dir`, whose durable end is `durable`, to the stream of
    /// `installation`. `node` is part of every hit's identity.
    #[must_use]
    pub fn new(
        server: &RedisServer,
        installation: &InstallationId,
        node: u16,
        dir: PathBuf,
        durable: Durable,
        confirmations: C,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            node,
            durable,
            confirmations,
            settings: ShipperSettings::default(),
            metrics,
            connection: RedisConnection::new(server.clone()),
            key: installation.hits_key(),
            source: JournalSource::new(dir, Position::START),
            waiting: Vec::new(),
            read: Position::START,
            exhausted: false,
            window: Window::default(),
            confirmed: None,
            asked: None,
            store_trouble: FailureStreak::default(),
            kept: None,
            standstill: Standstill::default(),
        }
    }

    /// Other bounds than the default ones.
    #[must_use]
    pub const fn settings(mut self, settings: ShipperSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Ships until `shutdown`, then what is left up to the durable end, for a few seconds. Cancel
    /// `shutdown` after the beacon has stopped, so that nothing is appended behind that end. Does
    /// not wait for confirmations then: the next start asks for them.
    ///
    /// # Errors
    /// Only after `shutdown`: [`BusError::Unshipped`]. Before that, failures are logged and tried
    /// again for as long as they last.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), BusError> {
        let patience = async {
            shutdown.cancelled().await;
            sleep(PATIENCE).await;
        };
        // Dropping a round half-way adds its chunks twice at the worst.
        tokio::select! {
            () = self.ship(&shutdown) => Ok(()),
            () = patience => Err(BusError::Unshipped { after: PATIENCE }),
        }
    }

    /// Returns when everything is shipped after `shutdown`.
    async fn ship(&mut self, shutdown: &CancellationToken) {
        let mut trouble = FailureStreak::default();
        loop {
            match self.round().await {
                Ok(Round::Drained) if shutdown.is_cancelled() => return,
                Ok(round) => {
                    trouble.over("shipping hits again");
                    self.standstill.note(matches!(round, Round::NoRoom));
                    let stands = self.standstill.told.then(|| STANDS_STILL.to_owned());
                    self.metrics.set_shipping_trouble(stands);
                    self.pause(&round, shutdown).await;
                }
                Err(problem) => {
                    self.metrics.failures.fetch_add(1, Ordering::Relaxed);
                    self.metrics.set_shipping_trouble(Some(problem.to_string()));
                    // Behind the trouble may stand a server that forgot everything.
                    self.window.doubt();
                    let wait =
                        trouble.failed("hits are waiting in the journal to be shipped", &problem);
                    if shutdown.is_cancelled() {
                        sleep(wait.min(LINGER)).await;
                    } else {
                        tokio::select! { () = sleep(wait) => {}, () = shutdown.cancelled() => {} }
                    }
                }
            }
        }
    }

    async fn pause(&self, round: &Round, shutdown: &CancellationToken) {
        match round {
            Round::More => {}
            Round::NoRoom => sleep(CONFIRM_EVERY).await,
            Round::Partial => tokio::select! {
                () = sleep(LINGER) => {}
                () = shutdown.cancelled() => {}
            },
            Round::Drained => tokio::select! {
                _ = self.durable.changed_since(self.read) => {}
                () = sleep(CONFIRM_EVERY), if !self.window.is_empty() => {}
                () = shutdown.cancelled() => {}
            },
        }
    }

    /// Learns what is confirmed, looks for what is lost, adds what is next.
    async fn round(&mut self) -> Result<Round, BusError> {
        let due = self.asked.is_none_or(|at| at.elapsed() >= CONFIRM_EVERY);
        if self.confirmed.is_none() || (due && !self.window.is_empty()) {
            self.confirm().await?;
        }
        self.look_for_lost().await?;
        self.add().await
    }

    /// Asks the store. That it does not answer is no reason not to ship, unless nobody knows where
    /// to begin.
    async fn confirm(&mut self) -> Result<(), BusError> {
        match self.ask_store().await {
            Ok(_) => self.store_trouble.over("the store is confirming hits again"),
            Err(problem) if self.confirmed.is_none() => return Err(problem),
            Err(problem) => {
                self.metrics.failures.fetch_add(1, Ordering::Relaxed);
                self.store_trouble.failed("shipped hits stay in the journal", &problem);
            }
        }
        Ok(())
    }

    async fn ask_store(&mut self) -> Result<Position, BusError> {
        self.asked = Some(Instant::now());
        let answer = timeout(CONFIRM_TIMEOUT, self.confirmations.confirmed()).await;
        let answer = answer.unwrap_or_else(|_| Err("no answer within 5 s".into()));
        let to = answer.map_err(BusError::Confirmation)?.unwrap_or(Position::START);
        // A store that was restored from a copy may have forgotten what it once confirmed.
        if self.confirmed.is_none_or(|before| to < before) {
            self.begin_at(to);
        }
        self.confirmed = Some(to);
        self.window.confirm(to);
        self.show_window();
        if self.kept.is_none_or(|kept| to.segment > kept) {
            self.kept = Some(to.segment);
            self.source.remove_before(to).await;
        }
        Ok(to)
    }

    fn begin_at(&mut self, from: Position) {
        self.source.rewind(from);
        self.read = from;
        self.waiting.clear();
        self.window.clear();
        self.show_window();
    }

    fn show_window(&self) {
        Metrics::set(&self.metrics.unconfirmed_chunks, self.window.len());
    }

    /// The oldest chunk without confirmation, when it has waited for long: if Redis has it, a
    /// recorder will come to it. If not, one may just have recorded it, so the store has the last
    /// word.
    async fn look_for_lost(&mut self) -> Result<(), BusError> {
        let Some(oldest) = self.window.overdue(self.settings.lost_after) else { return Ok(()) };
        if self.has_entry(&oldest.id).await? {
            self.window.found();
            return Ok(());
        }
        let to = self.ask_store().await?;
        if to < oldest.to {
            let chunks = self.window.len();
            tracing::warn!(chunks, from = %to, "Redis has lost hits; shipping them again");
            Metrics::add(&self.metrics.reshipped_chunks, chunks);
            self.begin_at(to);
        }
        Ok(())
    }

    /// Counted by the server: the entry itself would be 256 KiB to say yes.
    async fn has_entry(&mut self, id: &str) -> Result<bool, BusError> {
        let script = redis::Script::new("return #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1])");
        let mut look = script.key(&self.key);
        let found: Result<usize, _> = look.arg(id).invoke_async(&mut self.connection).await;
        let found = found.map_err(self.connection.server().problem("looking for shipped hits"))?;
        Ok(found > 0)
    }

    /// Adds the next chunks, as many as there is room for.
    async fn add(&mut self) -> Result<Round, BusError> {
        let room = self.settings.window.saturating_sub(self.window.len()).min(ROUND);
        if self.waiting.is_empty() && self.read >= self.durable.end() {
            return Ok(Round::Drained);
        }
        if room == 0 {
            return Ok(Round::NoRoom);
        }
        if self.waiting.is_empty() {
            self.fill(room).await?;
        }
        if self.waiting.is_empty() {
            return Ok(Round::Drained);
        }
        let entries = self.stream_entries().await?;
        let room = self.settings.stream_entries.saturating_sub(entries).min(room);
        let now = room.min(self.waiting.len());
        if now == 0 {
            return Ok(Round::NoRoom);
        }
        self.push(now).await?;
        let partial = self.waiting.is_empty() && self.exhausted;
        Ok(if partial { Round::Partial } else { Round::More })
    }

    async fn fill(&mut self, most: usize) -> Result<(), BusError> {
        let (end, node) = (self.durable.end(), self.node);
        let reading = self.source.read(end, most, move |run| run.encode(node)).await?;
        self.read = match (reading.newer, reading.pieces.last()) {
            (Some(newer), None) => return Err(newer.problem(node)),
            (Some(newer), Some(_)) => newer.at,
            (None, Some(last)) if !reading.exhausted => last.to,
            // Nothing more lies below this end, even if it is no record's end.
            _ => end,
        };
        self.exhausted = reading.exhausted;
        self.waiting = reading.pieces;
        Ok(())
    }

    async fn stream_entries(&mut self) -> Result<usize, BusError> {
        let mut length = redis::cmd("XLEN");
        let length: Result<usize, _> =
            length.arg(&self.key).query_async(&mut self.connection).await;
        length.map_err(self.connection.server().problem("looking at the stream of hits"))
    }

    /// Adds the first `count` of what waits. They wait until Redis has confirmed all of them: after
    /// a failure in between, some are there twice, which is harmless.
    async fn push(&mut self, count: usize) -> Result<(), BusError> {
        let mut add = redis::pipe();
        for piece in self.waiting.iter().take(count) {
            add.cmd("XADD").arg(&self.key).arg("*").arg(entries::FIELD).arg(&piece.form);
        }
        let ids: Result<Vec<String>, _> = add.query_async(&mut self.connection).await;
        let ids = ids.map_err(self.connection.server().problem("shipping hits"))?;
        for (piece, id) in self.waiting.drain(..count).zip(ids) {
            Metrics::add(&self.metrics.shipped_chunks, 1);
            Metrics::add(&self.metrics.shipped_records, piece.records);
            self.window.add(id, piece.to);
        }
        self.show_window();
        Ok(())
    }
}
