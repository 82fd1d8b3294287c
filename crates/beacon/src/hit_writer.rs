//! Writes hits to the journal, and keeps count of those it refuses.
//!
//! Invariant: every answered hit is either durable or counted in a gap, whose count survives the
//! process ([`PendingGap`]). Recording the gap is retried after every hit that the journal accepts,
//! on a timer, and at the end.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use journal::{GroupCommit, JournalError};
use model::hit::{Gap, MAX_BYTES};
use model::{Hit, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::gap::PendingGap;
use crate::metrics::{Metrics, count};

/// How often to retry an unwritten gap when no hit has been accepted in the meantime.
const RETRY: Duration = Duration::from_millis(250);

pub(crate) struct HitWriter {
    log: GroupCommit,
    record: RefCell<Vec<u8>>,
    gap: PendingGap,
    opened: Notify,
    taken_again: Notify,
    metrics: Arc<Metrics>,
}

impl HitWriter {
    pub(crate) fn new(log: GroupCommit, gap: PendingGap, metrics: Arc<Metrics>) -> Self {
        let opened = Notify::new();
        if gap.get().is_some() {
            opened.notify_one();
        }
        metrics.set_open_gap(gap.get());
        Self {
            log,
            record: RefCell::new(Vec::with_capacity(MAX_BYTES)),
            gap,
            opened,
            taken_again: Notify::new(),
            metrics,
        }
    }

    /// Returns when the hit is on disk, or counted as lost.
    pub(crate) async fn record(&self, hit: &Hit) {
        let appended = {
            let mut record = self.record.borrow_mut();
            record.clear();
            hit.encode(&mut record);
            self.log.append(&record)
        };
        match appended.await {
            Ok(_) if self.gap.get().is_some() => self.taken_again.notify_one(),
            Ok(_) => {}
            Err(error) => self.lost(hit.at, &error).await,
        }
    }

    async fn lost(&self, at: Timestamp, error: &JournalError) {
        count(&self.metrics.gap_hits);
        if self.gap.get().is_none() {
            tracing::error!(%error, "hits are answered but not recorded: a gap begins");
            self.opened.notify_one();
        }
        self.gap.add(Gap { from: at, to: at, hits: 1 });
        self.metrics.set_open_gap(self.gap.get());
        self.gap.keep().await;
    }

    /// Keeps the count of lost hits on disk, until `stop`.
    pub(crate) async fn keep_reserved(self: Rc<Self>, stop: CancellationToken) {
        self.gap.keep_reserved(stop).await;
    }

    /// Writes gaps as soon as the journal accepts them, until `stop`.
    pub(crate) async fn keep_gaps(self: Rc<Self>, stop: CancellationToken) {
        loop {
            let opened = self.opened.notified();
            if stop.run_until_cancelled(opened).await.is_none() {
                return;
            }
            while self.gap.get().is_some() {
                let wait = tokio::time::timeout(RETRY, self.taken_again.notified());
                let go_on = stop.run_until_cancelled(wait).await.is_some();
                self.write_gap().await;
                if !go_on {
                    return;
                }
            }
        }
    }

    /// Tries once to write the gap, if there is one. Must not be cancelled half-way: the gap is out
    /// of its place during the attempt.
    pub(crate) async fn write_gap(&self) {
        let Some(gap) = self.gap.attempt(self.log.durable().end()) else { return };
        self.gap.keep().await;
        let mut record = Vec::new();
        gap.encode(&mut record);
        match self.log.append(&record).await {
            Ok(_) => {
                self.gap.attempted(true);
                tracing::warn!(
                    hits = gap.hits, from = %gap.from.rfc3339(), to = %gap.to.rfc3339(),
                    "the journal takes records again; the gap is recorded"
                );
            }
            Err(error) => {
                self.gap.attempted(false);
                tracing::debug!(%error, hits = gap.hits, "can't record the gap yet");
            }
        }
        self.metrics.set_open_gap(self.gap.get());
    }

    /// The last try, at shutdown.
    pub(crate) async fn close(&self) {
        self.write_gap().await;
        self.gap.keep().await;
        if let Some(gap) = self.gap.get() {
            let told = match self.gap.is_reserved() {
                true => "can't record the gap in the journal yet; the next start will",
                false => "can't record the gap in the journal either; this line is its only record",
            };
            tracing::error!(
                hits = gap.hits, from = %gap.from.rfc3339(), to = %gap.to.rfc3339(), "{told}"
            );
        }
    }
}
