//! The source for many nodes: a consumer group on the stream in Redis.
//!
//! A recorder first takes what it was given before and never acknowledged, then what a lost
//! recorder left behind, then what is new. Done means acknowledged and deleted, so the stream's
//! length is what is outstanding.
//!
//! A chunk from a later release stops this recorder for a while and is not touched, so that a
//! recorder that can read it takes it over as if from a lost one.
//!
//! It polls instead of blocking: a blocking command would hold up everything else on its
//! connection, and the driver's answer timeout applies to it as to any other.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::Value;
use tokio_util::sync::CancellationToken;

use super::{PARCEL_CHUNKS, PARCEL_RECORDS, Parcel, Receipt};
use crate::connection::RedisConnection;
use crate::entries::{self, StreamEntry};
use crate::{BusError, Chunk, InstallationId, Metrics, NotAChunk, RedisServer, installation_id};

/// The one consumer group; its consumers are the recorders.
const GROUP: &str = "recorders";
/// Before every entry in the group's list of unacknowledged ones.
const LIST_START: &str = "0-0";
/// Wait between two polls while nothing comes: grows from the first to the second.
const POLL: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(50));
/// How long without an acknowledgement until a recorder counts as lost.
const STALE_AFTER: Duration = Duration::from_secs(30);
/// How long a stopping recorder keeps taking hits.
const LAST_LOOK: Duration = Duration::from_secs(3);
/// Longest pause between two checks for what a lost recorder left.
const CLAIM_EVERY: Duration = Duration::from_secs(5);

/// Reads the stream as one consumer.
pub struct StreamHits {
    connection: RedisConnection,
    key: String,
    consumer: String,
    stale_after: Duration,
    metrics: Arc<Metrics>,
    /// Read and not given out yet.
    held: VecDeque<StreamEntry>,
    /// What this consumer was given but has not acknowledged is still to be read.
    owes: bool,
    has_group: bool,
    /// Where to look next for what others left, and when everything was last checked.
    claim_from: String,
    claimed: Option<Instant>,
    stopping_since: Option<Instant>,
    poll: Duration,
    blocked: Option<Blocked>,
}

/// Reading stopped before what a later release wrote.
struct Blocked {
    until: Instant,
    entry: String,
    kind: u8,
}

impl Blocked {
    fn problem(&self) -> BusError {
        BusError::Newer { place: format!("entry {} of the stream", self.entry), kind: self.kind }
    }
}

impl StreamHits {
    /// The stream of `installation`. `consumer` names this recorder, such as `node-3`: the same
    /// after a restart, a different one on every node. Connects with the first parcel.
    pub fn new(
        server: &RedisServer,
        installation: &InstallationId,
        consumer: &str,
        metrics: Arc<Metrics>,
    ) -> Result<Self, BusError> {
        installation_id::check(consumer)?;
        Ok(Self {
            connection: RedisConnection::new(server.clone()),
            key: installation.hits_key(),
            consumer: consumer.to_owned(),
            stale_after: STALE_AFTER,
            metrics,
            held: VecDeque::new(),
            owes: true,
            has_group: false,
            claim_from: LIST_START.to_owned(),
            claimed: None,
            stopping_since: None,
            poll: POLL.0,
            blocked: None,
        })
    }

    /// Sets how long without an acknowledgement until a recorder counts as lost (by default 30 s).
    /// Longer than any transaction may take: otherwise two recorders do the same work, which is
    /// harmless but slow.
    #[must_use]
    pub const fn stale_after(mut self, stale_after: Duration) -> Self {
        self.stale_after = stale_after;
        self
    }

    pub(super) async fn next(
        &mut self,
        shutdown: &CancellationToken,
    ) -> Result<Option<Parcel>, BusError> {
        if let Some(blocked) = &self.blocked
            && Instant::now() < blocked.until
        {
            return Err(blocked.problem());
        }
        self.blocked = None;
        loop {
            if let Some(parcel) = self.pack().await? {
                self.poll = POLL.0;
                return Ok(Some(parcel));
            }
            let stopping = shutdown.is_cancelled();
            if stopping && self.has_looked_enough() {
                return Ok(None);
            }
            self.fetch().await?;
            if self.held.is_empty() && stopping {
                return Ok(None);
            }
            if self.held.is_empty() {
                tokio::select! {
                    () = tokio::time::sleep(self.poll) => {}
                    () = shutdown.cancelled() => {}
                }
                self.poll = (self.poll * 2).min(POLL.1);
            }
        }
    }

    /// A stopping recorder takes what is there, so that a lone one leaves nothing behind; if others
    /// keep filling the stream, it leaves the rest to them after a while.
    fn has_looked_enough(&mut self) -> bool {
        self.stopping_since.get_or_insert_with(Instant::now).elapsed() >= LAST_LOOK
    }

    /// Makes a parcel of what is held. Entries that are not chunks of any release are dropped: the
    /// shipper will find them unconfirmed and ship them again.
    async fn pack(&mut self) -> Result<Option<Parcel>, BusError> {
        let (mut chunks, mut ids, mut rubbish) = (Vec::new(), Vec::new(), Vec::new());
        let mut records = 0;
        while chunks.len() < PARCEL_CHUNKS && records < PARCEL_RECORDS {
            let Some(entry) = self.held.pop_front() else { break };
            match entry.chunk.as_deref().map(Chunk::decode) {
                Some(Ok(chunk)) => {
                    records += chunk.records();
                    chunks.push(chunk);
                    ids.push(entry.id);
                }
                // What was read before it goes first.
                Some(Err(NotAChunk::Newer(_))) if !chunks.is_empty() => {
                    self.held.push_front(entry);
                    break;
                }
                Some(Err(NotAChunk::Newer(kind))) => return Err(self.block(entry.id, kind)),
                Some(Err(problem)) => {
                    tracing::error!(entry = entry.id, %problem, "a stream entry is not a valid chunk");
                    Metrics::add(&self.metrics.undecodable_chunks, 1);
                    rubbish.push(entry.id);
                }
                // Deleted by the recorder that recorded it, but still on this consumer's list.
                None => rubbish.push(entry.id),
            }
        }
        if chunks.is_empty() {
            self.done(&rubbish).await?;
            return Ok(None);
        }
        // Whatever there is to throw away goes with the parcel, one round trip for both.
        ids.append(&mut rubbish);
        Ok(Some(Parcel { chunks, receipt: Receipt::Stream(ids) }))
    }

    /// To be read again, the entry would have to be delivered again, and would look fresh to
    /// recorders that take over. So it is left alone for longer than they wait.
    fn block(&mut self, entry: String, kind: u8) -> BusError {
        let until = Instant::now() + self.stale_after.saturating_mul(2) + self.claim_every();
        self.blocked.insert(Blocked { until, entry, kind }).problem()
    }

    /// Asks Redis once for each source, until one has something.
    async fn fetch(&mut self) -> Result<(), BusError> {
        if !self.has_group {
            self.create_group().await?;
        }
        if self.owes {
            let found = self.read("0").await?;
            self.owes = !found.is_empty();
            self.held.extend(found);
        }
        if self.held.is_empty() && self.claimed.is_none_or(|at| at.elapsed() >= self.claim_every())
        {
            let found = self.claim().await?;
            Metrics::add(&self.metrics.claimed_chunks, found.len());
            self.held.extend(found);
        }
        if self.held.is_empty() {
            let found = self.read(">").await?;
            self.held.extend(found);
        }
        Ok(())
    }

    fn claim_every(&self) -> Duration {
        (self.stale_after / 4).min(CLAIM_EVERY)
    }

    /// From the stream's beginning: what is there was shipped but not recorded.
    async fn create_group(&mut self) -> Result<(), BusError> {
        let mut create = redis::cmd("XGROUP");
        create.arg("CREATE").arg(&self.key).arg(GROUP).arg("0").arg("MKSTREAM");
        let created: Result<(), _> = create.query_async(&mut self.connection).await;
        match created {
            Err(problem) if problem.code() != Some("BUSYGROUP") => {
                Err(self.connection.server().problem("creating the recorders' group")(problem))
            }
            _ => {
                self.has_group = true;
                Ok(())
            }
        }
    }

    async fn read(&mut self, from: &str) -> Result<Vec<StreamEntry>, BusError> {
        let mut read = redis::cmd("XREADGROUP");
        read.arg("GROUP").arg(GROUP).arg(&self.consumer).arg("COUNT").arg(PARCEL_CHUNKS);
        read.arg("STREAMS").arg(&self.key).arg(from);
        let Some(answer) = self.ask(&read, "reading the stream of hits").await? else {
            return Ok(Vec::new());
        };
        entries::of_stream(answer)
            .ok_or_else(|| self.connection.server().unknown_answer("reading the stream of hits"))
    }

    async fn claim(&mut self) -> Result<Vec<StreamEntry>, BusError> {
        let mut claim = redis::cmd("XAUTOCLAIM");
        claim.arg(&self.key).arg(GROUP).arg(&self.consumer);
        claim.arg(self.stale_after.as_millis() as u64).arg(&self.claim_from);
        claim.arg("COUNT").arg(PARCEL_CHUNKS);
        let Some(answer) = self.ask(&claim, "taking over another recorder's hits").await? else {
            return Ok(Vec::new());
        };
        let (next, found) = entries::of_claim(answer).ok_or_else(|| {
            self.connection.server().unknown_answer("taking over another recorder's hits")
        })?;
        // Redis looks through a part of the list at a time.
        self.claimed = (next == LIST_START).then(Instant::now);
        self.claim_from = next;
        Ok(found)
    }

    /// None when Redis has lost the group, which is then created again.
    async fn ask(
        &mut self,
        command: &redis::Cmd,
        what: &'static str,
    ) -> Result<Option<Value>, BusError> {
        let answer: Result<Value, _> = command.query_async(&mut self.connection).await;
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(problem) if problem.code() == Some("NOGROUP") => {
                tracing::warn!("Redis has lost the stream of hits; they will be shipped again");
                self.has_group = false;
                Ok(None)
            }
            Err(problem) => Err(self.connection.server().problem(what)(problem)),
        }
    }

    pub(super) async fn done(&mut self, ids: &[String]) -> Result<(), BusError> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut done = redis::pipe();
        done.cmd("XACK").arg(&self.key).arg(GROUP).arg(ids).ignore();
        done.cmd("XDEL").arg(&self.key).arg(ids).ignore();
        let told: Result<(), _> = done.query_async(&mut self.connection).await;
        told.map_err(|problem| {
            self.owes = true;
            self.connection.server().problem("acknowledging recorded hits")(problem)
        })
    }

    /// What is held was given to this consumer as well, so it comes again, too.
    pub(super) fn rewind(&mut self) {
        self.held.clear();
        self.owes = true;
    }
}
