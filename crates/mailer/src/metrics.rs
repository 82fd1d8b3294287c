//! What the mailer counts, for pages and scrapes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::Timestamp;

use crate::trouble_kind::TroubleKind;

/// Counts since the start. Cheap to read from any thread.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Messages that the relay took.
    pub sent: AtomicU64,
    /// Deliveries refused for good, or given up.
    pub failed: AtomicU64,
    /// Temporary refusals that will be tried again.
    pub retried: AtomicU64,
    /// Deliveries that the last check stopped.
    pub suppressed: AtomicU64,
    /// Messages that could not be made.
    pub skipped: AtomicU64,
    /// Deliveries whose end is unknown.
    pub in_doubt: AtomicU64,
    /// Deliveries that were given back untouched, to be claimed again.
    pub released: AtomicU64,
    /// Deliveries that went behind the others without a try being counted: the refusal was about
    /// us, or about nobody knows whom.
    pub postponed: AtomicU64,
    /// Connections to the relay that are open now.
    pub connections: AtomicU64,
    /// Connections that the relay is offered at the most, as far as it was seen to take them.
    pub connections_allowed: AtomicU64,
    /// Troubles with connections to the relay.
    pub relay_errors: AtomicU64,
    /// Workers that died and were replaced.
    pub workers_lost: AtomicU64,
    /// Campaigns paused because the relay refuses their sender or message.
    pub campaigns_paused: AtomicU64,
    /// Troubles with the store or the mailer's journal.
    pub own_errors: AtomicU64,
    troubles: [Mutex<Option<(Timestamp, String)>>; 3],
}

impl Metrics {
    /// What is in the way of sending and since when; nothing when it goes well. Names no address.
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

/// Adds one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Takes one away, for gauges.
pub(crate) fn uncount(gauge: &AtomicU64) {
    gauge.fetch_sub(1, Ordering::Relaxed);
}
