//! What the beacon counts about itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use listener::ClientCounters;

/// Counters of the beacon since it started; read them with any ordering. Test messages count
/// nowhere.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Pixels asked for with an authentic token, by GET.
    pub views: AtomicU64,
    /// Links followed with an authentic token, by GET.
    pub clicks: AtomicU64,
    /// HEAD requests with an authentic token.
    pub heads: AtomicU64,
    /// Tokens that are no tokens.
    pub rejected_malformed: AtomicU64,
    /// Tokens that no key of ours made.
    pub rejected_forged: AtomicU64,
    /// Hits that were answered and could not be recorded.
    pub gap_hits: AtomicU64,
    /// Connections.
    pub clients: Arc<ClientCounters>,
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
