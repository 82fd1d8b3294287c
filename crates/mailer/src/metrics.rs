//! What the mailer counts, for pages and scrapes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use model::Timestamp;

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
    /// Connections to the relay that are open now.
    pub connections: AtomicU64,
    /// Troubles with connections to the relay.
    pub relay_errors: AtomicU64,
    trouble: Mutex<Option<(Timestamp, String)>>,
}

impl Metrics {
    /// What holds sending up and since when; nothing when it goes well. Names no address.
    #[must_use]
    pub fn relay_trouble(&self) -> Option<(Timestamp, String)> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_relay_trouble(&self, trouble: Option<(Timestamp, String)>) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
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
