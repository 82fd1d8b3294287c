//! Puts hits into the journal, and keeps account of those it refuses.
//!
//! Invariant: every hit that is answered is either durable or counted in a gap; the gap is tried
//! again after every hit that was taken, on a timer, and at the end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use journal::{GroupCommit, JournalError};
use model::hit::{Gap, MAX_BYTES};
use model::{Hit, Timestamp};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::metrics::{Metrics, count};

/// How often an unwritten gap is tried when no hit was taken meanwhile.
const RETRY: Duration = Duration::from_millis(250);

pub(crate) struct Ledger {
    log: GroupCommit,
    record: RefCell<Vec<u8>>,
    gap: Cell<Option<Gap>>,
    opened: Notify,
    taken_again: Notify,
    metrics: Arc<Metrics>,
}

impl Ledger {
    pub(crate) fn new(log: GroupCommit, metrics: Arc<Metrics>) -> Self {
        Self {
            log,
            record: RefCell::new(Vec::with_capacity(MAX_BYTES)),
            gap: Cell::new(None),
            opened: Notify::new(),
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
            Err(error) => self.lost(hit.at, &error),
        }
    }

    fn lost(&self, at: Timestamp, error: &JournalError) {
        count(&self.metrics.gap_hits);
        if self.gap.get().is_none() {
            tracing::error!(%error, "hits are answered and not recorded: a gap begins");
            self.opened.notify_one();
        }
        self.add(Gap { from: at, to: at, hits: 1 });
    }

    fn add(&self, more: Gap) {
        self.gap.set(Some(match self.gap.get() {
            None => more,
            Some(gap) => Gap {
                from: gap.from.min(more.from),
                to: gap.to.max(more.to),
                hits: gap.hits.saturating_add(more.hits),
            },
        }));
    }

    /// Writes gaps as soon as the journal takes them, until `stop`.
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

    /// Tries once to write the gap, if there is one. Not cancelled half-way by anybody: the gap
    /// is out of its place meanwhile.
    pub(crate) async fn write_gap(&self) {
        let Some(gap) = self.gap.take() else { return };
        let mut record = Vec::new();
        gap.encode(&mut record);
        match self.log.append(&record).await {
            Ok(_) => tracing::warn!(
                hits = gap.hits, from = %gap.from.rfc3339(), to = %gap.to.rfc3339(),
                "the journal takes records again; the gap is recorded"
            ),
            Err(error) => {
                tracing::debug!(%error, hits = gap.hits, "the gap can't be recorded yet");
                self.add(gap);
            }
        }
    }

    /// The last try, at shutdown.
    pub(crate) async fn close(&self) {
        self.write_gap().await;
        if let Some(gap) = self.gap.get() {
            tracing::error!(
                hits = gap.hits, from = %gap.from.rfc3339(), to = %gap.to.rfc3339(),
                "the journal takes no gap either; this line is all that is left of it"
            );
        }
    }
}
