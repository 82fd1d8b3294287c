//! Moves hits from the journal into the store.
//!
//! Invariants: a hit and the mark behind it are committed in one transaction, and a hit is unique
//! by (node, segment, offset), so whatever is read again after a crash counts once; a record is
//! passed over only when it is no record of ours, which is logged and counted; the journal keeps
//! everything that is not yet behind the mark. Bounded: one batch of hits in memory.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use journal::{Durable, JournalError, Position, Reader};
use model::Timestamp;
use model::hit::{Gap, Record};
use store::{Mark, RecordedHit, Store, StoreError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::classify;

/// The reader's name among the store's marks.
const READER: &str = "hits";
/// Most records of one transaction.
const BATCH: usize = 2_000;
/// Pause after a batch that was not full, so that single hits share a transaction. Short against
/// the two seconds after which a live page looks again.
const LINGER: Duration = Duration::from_millis(100);
/// First and longest wait after a failure.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// Failures in a row after which a recorder that has been told to stop does so.
const TRIES_AT_SHUTDOWN: u32 = 4;

/// What the recorder has done since it started.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Hits that were new to the store.
    pub recorded: AtomicU64,
    /// Records that were no hit and no gap.
    pub undecodable: AtomicU64,
    /// Transactions and reads that failed and were tried again.
    pub failures: AtomicU64,
}

/// Why the recorder stopped before the end of the journal. Nothing is lost: the next one goes on
/// from the mark.
#[derive(Debug, thiserror::Error)]
pub enum RecordProblem {
    /// The store kept refusing.
    #[error("recording hits in the store: {0}")]
    Store(#[from] StoreError),
    /// The journal could not be read.
    #[error("reading the journal of hits: {0}")]
    Journal(#[from] JournalError),
    /// The reading thread is gone.
    #[error("the thread that reads the journal ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// The one reader of a node's journal of hits.
pub struct Recorder {
    store: Store,
    journal_dir: PathBuf,
    node: u16,
    durable: Durable,
    metrics: Arc<Metrics>,
}

/// The longest record: a damaged place held at least one for each of these bytes.
const RECORD_BYTES: u64 = 8 + model::hit::MAX_BYTES as u64;

/// What was read in one go.
#[derive(Default)]
struct Batch {
    hits: Vec<RecordedHit>,
    gaps: Vec<Gap>,
    undecodable: u64,
    records: usize,
    /// When the last hit so far arrived.
    last: Option<Timestamp>,
    /// Which of the gaps is told for a damaged place and waits for the hit after it.
    open_gap: Option<usize>,
}

impl Recorder {
    /// A recorder of the journal in `journal_dir`, whose durable end `durable` tells. `node` is
    /// part of every hit's identity.
    #[must_use]
    pub fn new(store: Store, journal_dir: PathBuf, node: u16, durable: Durable) -> Self {
        Self { store, journal_dir, node, durable, metrics: Arc::default() }
    }

    /// Counters that live on while the recorder runs.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Records until `shutdown`, then up to the journal's durable end. Cancel `shutdown` after
    /// the beacon has stopped, so that nothing is appended behind that end.
    ///
    /// # Errors
    /// Only after `shutdown`: when store or journal keep failing. Before that, failures are
    /// logged and tried again for as long as they last.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), RecordProblem> {
        let mut failures = Failures::default();
        loop {
            match self.record_until_stopped(&shutdown, &mut failures).await {
                Ok(()) => return Ok(()),
                Err(problem) => {
                    self.metrics.failures.fetch_add(1, Ordering::Relaxed);
                    failures.wait_after(problem, &shutdown).await?;
                }
            }
        }
    }

    /// Goes on from the store's mark; a failure ends it, and the next call starts from the mark
    /// again.
    async fn record_until_stopped(
        &self,
        shutdown: &CancellationToken,
        failures: &mut Failures,
    ) -> Result<(), RecordProblem> {
        let mark = self.store.mark_find(READER.to_owned()).await?;
        let mut from = mark.map_or(Position::START, |mark| Position {
            segment: mark.segment,
            offset: mark.offset,
        });
        let mut reader = self.open(from).await?;
        let mut kept = from.segment;
        loop {
            let end = self.durable.end();
            if from >= end {
                tokio::select! {
                    () = shutdown.cancelled() => if from >= self.durable.end() { return Ok(()) },
                    _ = self.durable.changed_since(end) => {}
                }
                continue;
            }
            let (back, batch) = self.read(reader, end).await?;
            reader = back;
            let full = batch.records >= BATCH;
            let next = reader.position().max(from);
            self.write(batch, next).await?;
            if next.segment > kept {
                kept = next.segment;
                self.remove_before(next).await;
            }
            // Without a record there is nothing more to read below this end.
            from = if full { next } else { next.max(end) };
            failures.forget();
            if !full && !shutdown.is_cancelled() {
                sleep(LINGER).await;
            }
        }
    }

    async fn open(&self, from: Position) -> Result<Reader, RecordProblem> {
        let dir = self.journal_dir.clone();
        Ok(tokio::task::spawn_blocking(move || Reader::open(&dir, from)).await??)
    }

    /// Reads and classifies away from the runtime's threads: both take processor and disk.
    async fn read(
        &self,
        mut reader: Reader,
        until: Position,
    ) -> Result<(Reader, Batch), RecordProblem> {
        let node = self.node;
        Ok(tokio::task::spawn_blocking(move || {
            let batch = read_batch(&mut reader, until, node)?;
            Ok::<_, JournalError>((reader, batch))
        })
        .await??)
    }

    async fn write(&self, batch: Batch, next: Position) -> Result<(), RecordProblem> {
        let mark = Mark { reader: READER.to_owned(), segment: next.segment, offset: next.offset };
        let done = self.store.hits_record(batch.hits, batch.gaps, mark).await?;
        let new = u64::try_from(done.new).unwrap_or(u64::MAX);
        self.metrics.recorded.fetch_add(new, Ordering::Relaxed);
        self.metrics.undecodable.fetch_add(batch.undecodable, Ordering::Relaxed);
        Ok(())
    }

    /// A folder that can't be tidied is no reason to stop recording.
    async fn remove_before(&self, keep: Position) {
        let dir = self.journal_dir.clone();
        let removed = tokio::task::spawn_blocking(move || journal::remove_before(&dir, keep)).await;
        match removed {
            Ok(Ok(segments)) => tracing::debug!(segments, "removed recorded segments"),
            Ok(Err(problem)) => tracing::warn!(%problem, "can't remove recorded segments"),
            Err(problem) => tracing::warn!(%problem, "can't remove recorded segments"),
        }
    }
}

fn read_batch(reader: &mut Reader, until: Position, node: u16) -> Result<Batch, JournalError> {
    let mut batch = Batch::default();
    while batch.records < BATCH {
        let (at, bytes) = match reader.next(until) {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(JournalError::Damaged(at)) => {
                let lost_bytes = reader.skip_damage(until, model::hit::MAX_BYTES)?;
                tracing::error!(
                    segment = at.segment,
                    offset = at.offset,
                    lost_bytes,
                    "the journal is damaged"
                );
                batch.damaged(lost_bytes);
                continue;
            }
            Err(problem) => return Err(problem),
        };
        batch.records += 1;
        match Record::decode(bytes) {
            Ok(Record::Hit(hit)) => {
                let verdict = classify(&hit);
                batch.seen(hit.at);
                batch.hits.push(RecordedHit {
                    node,
                    segment: at.segment,
                    offset: at.offset,
                    class: verdict.class,
                    rule: verdict.rule,
                    hit,
                });
            }
            Ok(Record::Gap(gap)) => batch.gaps.push(gap),
            Err(problem) => {
                batch.undecodable += 1;
                let (segment, offset) = (at.segment, at.offset);
                tracing::error!(segment, offset, %problem, "a record of the journal is no hit");
            }
        }
    }
    Ok(batch)
}

impl Batch {
    /// What a damaged place held is told as a gap: at least so many hits, between the last hit
    /// before it and the first one after it, as far as this batch knows them.
    fn damaged(&mut self, lost_bytes: u64) {
        let at = self.last.unwrap_or_else(|| Timestamp::from_system(SystemTime::now()));
        let hits = lost_bytes.div_ceil(RECORD_BYTES).max(1);
        self.open_gap = Some(self.gaps.len());
        self.gaps.push(Gap { from: at, to: at, hits });
    }

    fn seen(&mut self, at: Timestamp) {
        self.last = Some(at);
        if let Some(gap) = self.open_gap.take().and_then(|number| self.gaps.get_mut(number)) {
            (gap.from, gap.to) = (gap.from.min(at), gap.to.max(at));
        }
    }
}

/// Failures in a row, and how long to wait after the next.
#[derive(Default)]
struct Failures {
    in_a_row: u32,
}

impl Failures {
    const fn forget(&mut self) {
        self.in_a_row = 0;
    }

    /// Waits longer after each failure in a row.
    ///
    /// # Errors
    /// The failure itself, when the recorder is to stop and has tried often enough.
    async fn wait_after(
        &mut self,
        problem: RecordProblem,
        shutdown: &CancellationToken,
    ) -> Result<(), RecordProblem> {
        self.in_a_row = self.in_a_row.saturating_add(1);
        if shutdown.is_cancelled() && self.in_a_row >= TRIES_AT_SHUTDOWN {
            return Err(problem);
        }
        let (first, longest) = BACKOFF;
        let wait = first.saturating_mul(1 << self.in_a_row.min(16).saturating_sub(1)).min(longest);
        let tries = self.in_a_row;
        tracing::warn!(%problem, tries, wait_ms = wait.as_millis(), "hits wait in the journal");
        if shutdown.is_cancelled() {
            sleep(wait).await;
        } else {
            // A stop cuts the wait short; the tries that are left then follow.
            tokio::select! { () = sleep(wait) => {}, () = shutdown.cancelled() => {} }
        }
        Ok(())
    }
}
