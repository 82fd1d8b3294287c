//! Moves hits from the bus into the store.
//!
//! Invariants: a hit and the recorder's progress past it are committed in one transaction, and a
//! hit is unique by (node, segment, offset), so anything that comes again after a crash counts
//! once; a record that no release can have written becomes a dated gap; one that a later release
//! wrote stops the recorder before it; what is not recorded is not `done`, and comes again.
//! Bounded: one parcel in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bus::backoff::{doubled, jittered};
use bus::{BusError, Chunk, HitSource};
use journal::Position;
use store::{
    HitBatch, Mark, RecordedGap, RecordedHit, RecorderProgress, Run, Store, StoreError, hits_reader,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Signals, newest_rules};

/// First and longest wait after a failure.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// Failures in a row after which a recorder that was told to stop gives up.
const TRIES_AT_SHUTDOWN: u32 = 4;

/// What the recorder has done since it started.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Hits that were new to the store.
    pub recorded: AtomicU64,
    /// Records that no release can have written; each becomes a gap.
    pub undecodable: AtomicU64,
    /// Authentic hits for which the store has no delivery, counted separately.
    pub stray: AtomicU64,
    /// Hits of people of whom nothing may be recorded: they are stored nowhere.
    pub withheld: AtomicU64,
    /// Now: 1 while hits written by a later release come next and stop this recorder.
    pub newer: AtomicU64,
    /// Transactions and reads that failed and were retried.
    pub failures: AtomicU64,
    /// What kept hits from being recorded the last time, and when.
    trouble: Mutex<Option<(String, Instant)>>,
}

/// How long a failure counts as current: a lasting one recurs sooner.
const TROUBLE_HOLDS: Duration = Duration::from_secs(30);

impl Metrics {
    /// What keeps hits from being recorded at this moment, for people.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, at) = trouble.as_ref()?;
        (at.elapsed() < TROUBLE_HOLDS).then(|| text.clone())
    }

    fn set_trouble(&self, trouble: Option<String>) {
        let trouble = trouble.map(|text| (text, Instant::now()));
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// Why the recorder stopped before everything was recorded. Nothing is lost: the next one continues
/// from there.
#[derive(Debug, thiserror::Error)]
pub enum RecordProblem {
    #[error("recording hits in the store: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("the thread that looks at hits ended: {0}")]
    Thread(#[from] tokio::task::JoinError),
}

/// Records what its hit source delivers. On a shared stream there may be several recorders, one per
/// node.
pub struct Recorder {
    store: Store,
    signals: Arc<Signals>,
    soon: Duration,
    hit_source: HitSource,
    node: u16,
    /// Networks whose names are in the store.
    named: BTreeMap<u32, String>,
    metrics: Arc<Metrics>,
}

impl Recorder {
    /// A recorder on the node `node`. It looks at hits by `signals`, and takes those for soon that
    /// come within `soon` after their delivery.
    #[must_use]
    pub fn new(
        store: Store,
        hit_source: HitSource,
        node: u16,
        signals: Arc<Signals>,
        soon: Duration,
    ) -> Self {
        let (named, metrics) = (BTreeMap::new(), Arc::default());
        Self { store, signals, soon, hit_source, node, named, metrics }
    }

    /// Counters that live on while the recorder runs.
    #[must_use]
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// Records until `shutdown`, then what is left for it. Cancel `shutdown` after the beacon has
    /// stopped, so that nothing more comes.
    ///
    /// # Errors
    /// Only after `shutdown`: when store or bus keep failing. Before that, failures are logged and
    /// tried again for as long as they last.
    pub async fn run(mut self, shutdown: CancellationToken) -> Result<(), RecordProblem> {
        let mut failures = Failures::default();
        loop {
            match self.record_until_stopped(&shutdown, &mut failures).await {
                Ok(()) => return Ok(()),
                Err(problem) => {
                    self.metrics.failures.fetch_add(1, Ordering::Relaxed);
                    self.metrics.set_trouble(Some(problem.to_string()));
                    let newer = matches!(problem, RecordProblem::Bus(BusError::Newer { .. }));
                    self.metrics.newer.store(newer.into(), Ordering::Relaxed);
                    failures.wait_after(problem, &shutdown).await?;
                }
            }
        }
    }

    /// Continues from the store's marks; a failure ends it, and the next call starts from them
    /// again.
    async fn record_until_stopped(
        &mut self,
        shutdown: &CancellationToken,
        failures: &mut Failures,
    ) -> Result<(), RecordProblem> {
        let mut marks = BTreeMap::new();
        let mut journals = self.hit_source.journals();
        if journals.is_empty() {
            // A store that is away is noticed before anything is taken from the stream.
            journals.push(self.node);
        }
        for journal in journals {
            if let Some(mark) = self.store.mark_find(hits_reader(journal)).await? {
                marks.insert(journal, Position { segment: mark.segment, offset: mark.offset });
            }
        }
        self.hit_source.rewind(&marks);
        while let Some(mut parcel) = self.hit_source.next(shutdown).await? {
            let chunks = std::mem::take(&mut parcel.chunks);
            self.write(chunks).await?;
            self.hit_source.done(parcel).await?;
            failures.forget();
            self.metrics.set_trouble(None);
        }
        Ok(())
    }

    async fn write(&mut self, chunks: Vec<Chunk>) -> Result<(), RecordProblem> {
        let undecodable: u64 = chunks.iter().map(|chunk| chunk.undecodable).sum();
        let progress = self.progress(&chunks);
        // Away from the runtime's threads: it takes processor.
        let signals = Arc::clone(&self.signals);
        let sorted = tokio::task::spawn_blocking(move || sort_out(chunks, &signals));
        let (hits, gaps, mut names) = sorted.await?;
        names.retain(|network, name| self.named.get(network) != Some(name));
        if !names.is_empty() {
            self.store.network_names_put(names.clone().into_iter().collect()).await?;
            self.named.extend(names);
        }
        let soon = self.soon;
        let batch = HitBatch { recorder: self.node, hits, gaps, progress, soon };
        let done = self.store.hits_record(batch).await?;
        let new = u64::try_from(done.new).unwrap_or(u64::MAX);
        self.metrics.recorded.fetch_add(new, Ordering::Relaxed);
        if done.stray > 0 {
            tracing::warn!(
                hits = done.stray,
                "hits on messages that this store has not sent are counted separately; was it \
                 restored from a copy?"
            );
        }
        let stray = u64::try_from(done.stray).unwrap_or(u64::MAX);
        self.metrics.stray.fetch_add(stray, Ordering::Relaxed);
        let withheld = u64::try_from(done.withheld).unwrap_or(u64::MAX);
        self.metrics.withheld.fetch_add(withheld, Ordering::Relaxed);
        self.metrics.undecodable.fetch_add(undecodable, Ordering::Relaxed);
        self.metrics.newer.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// From the node's own journals everything comes in order; from a stream, only the nodes
    /// themselves can tell what has no hole before it.
    fn progress(&self, chunks: &[Chunk]) -> RecorderProgress {
        let place = |at: Position| (at.segment, at.offset);
        let ends: BTreeMap<u16, Position> = chunks.iter().map(|it| (it.node, it.to)).collect();
        let mark = |(journal, to): (u16, Position)| Mark {
            reader: hits_reader(journal),
            segment: to.segment,
            offset: to.offset,
        };
        let run = |it: &Chunk| Run { node: it.node, from: place(it.from), to: place(it.to) };
        match self.hit_source {
            HitSource::Journal(_) => RecorderProgress::Marks(ends.into_iter().map(mark).collect()),
            HitSource::Stream(_) => RecorderProgress::Runs(chunks.iter().map(run).collect()),
        }
    }
}

/// What chunks hold, and what the networks are called from which their hits came.
type SortedOut = (Vec<RecordedHit>, Vec<RecordedGap>, BTreeMap<u32, String>);

/// Looks at the hits of the chunks.
fn sort_out(chunks: Vec<Chunk>, signals: &Signals) -> SortedOut {
    let (mut hits, mut gaps) = (Vec::new(), Vec::new());
    let mut places = signals.place_lookup();
    for chunk in chunks {
        let node = chunk.node;
        gaps.extend(chunk.gaps.into_iter().map(|(at, gap)| RecordedGap {
            node,
            segment: at.segment,
            offset: at.offset,
            gap,
        }));
        hits.extend(chunk.hits.into_iter().map(|(at, hit)| {
            let rules = signals.rules_seen(&hit);
            let class = newest_rules().class(rules);
            let origin = Signals::origin(&hit, rules, &mut places);
            let (segment, offset) = (at.segment, at.offset);
            RecordedHit { node, segment, offset, hit, rules, class, origin }
        }));
    }
    (hits, gaps, places.names)
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
        let wait = jittered(doubled(first, longest, i64::from(self.in_a_row) - 1));
        let tries = self.in_a_row;
        tracing::warn!(%problem, tries, wait_ms = wait.as_millis(), "hits are waiting to be recorded");
        if shutdown.is_cancelled() {
            sleep(wait).await;
        } else {
            // A stop cuts the wait short; the tries that are left then follow.
            tokio::select! { () = sleep(wait) => {}, () = shutdown.cancelled() => {} }
        }
        Ok(())
    }
}
