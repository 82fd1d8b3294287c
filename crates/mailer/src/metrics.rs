//! What the mailer counts, for pages and scrapes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::Timestamp;

use crate::trouble_kind::TroubleKind;

/// Counts since the start. Cheap to read from any thread.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Messages that the relay accepted.
    pub sent: AtomicU64,
    /// Deliveries refused permanently, or given up.
    pub failed: AtomicU64,
    /// Single messages among those that the relay accepted.
    pub messages_sent: AtomicU64,
    /// Single messages that were refused permanently, given up, or could not be made.
    pub messages_failed: AtomicU64,
    /// Temporary refusals that will be tried again.
    pub retried: AtomicU64,
    /// Deliveries that the last check stopped.
    pub suppressed: AtomicU64,
    /// Messages that could not be made.
    pub skipped: AtomicU64,
    /// Deliveries whose outcome is unknown.
    pub in_doubt: AtomicU64,
    /// Deliveries that were released untried, to be claimed again.
    pub released: AtomicU64,
    /// Deliveries that were put behind the others without counting a try: the refusal was about us,
    /// or it is unclear whom it was about.
    pub postponed: AtomicU64,
    /// Connections to the relay that are open now.
    pub connections: AtomicU64,
    /// Most connections to open to the relay, as far as it has been seen to accept them.
    pub connections_allowed: AtomicU64,
    /// Failed connections to the relay.
    pub relay_errors: AtomicU64,
    /// Workers that died and were replaced.
    pub workers_lost: AtomicU64,
    /// Campaigns paused because the relay refuses their sender or message.
    pub campaigns_paused: AtomicU64,
    /// Failures of the store or the mailer's journal.
    pub own_errors: AtomicU64,
    troubles: [Mutex<Option<(Timestamp, String)>>; 3],
}

impl Metrics {
    /// What prevents sending and since when; None when all is well. Contains no address.
    #[must_use]
    pub fn trouble(&self, kind: TroubleKind) -> Option<(Timestamp, String)> {
        let trouble = self.troubles.get(kind.index())?;
        trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_trouble(&self, kind: TroubleKind, now: Option<(Timestamp, String)>) {
        if let Some(trouble) = self.troubles.get(kind.index()) {
            *trouble.lock().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Subtracts one, for gauges.
pub(crate) fn uncount(gauge: &AtomicU64) {
    gauge.fetch_sub(1, Ordering::Relaxed);
}
