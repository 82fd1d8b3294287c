//! Counters of what was carried.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the bus has done since the start. A shipper and the node's source of hits may share one;
/// each of several shippers has its own.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Chunks added to the stream, including those added again.
    pub shipped_chunks: AtomicU64,
    /// Records in those chunks.
    pub shipped_records: AtomicU64,
    /// Chunks that Redis lost before they were confirmed, so that they were shipped again.
    pub reshipped_chunks: AtomicU64,
    /// Attempts to reach Redis, the journal or the store that failed and were retried.
    pub failures: AtomicU64,
    /// Chunks taken over from a lost recorder.
    pub claimed_chunks: AtomicU64,
    /// Stream entries that were not chunks and were dropped.
    pub undecodable_chunks: AtomicU64,
    /// Now: chunks added to the stream but not confirmed by the store.
    pub unconfirmed_chunks: AtomicU64,
    /// Now: what keeps hits from being shipped.
    shipping_trouble: Mutex<Option<String>>,
}

impl Metrics {
    /// Of several shippers together, at this moment.
    #[must_use]
    pub fn sum<'m>(shippers: impl IntoIterator<Item = &'m Self>) -> Self {
        let sum = Self::default();
        for one in shippers {
            for (to, from) in sum.counters().into_iter().zip(one.counters()) {
                to.fetch_add(from.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            sum.set_shipping_trouble(sum.shipping_trouble().or_else(|| one.shipping_trouble()));
        }
        sum
    }

    fn counters(&self) -> [&AtomicU64; 7] {
        let Self {
            shipped_chunks,
            shipped_records,
            reshipped_chunks,
            failures,
            claimed_chunks,
            undecodable_chunks,
            unconfirmed_chunks,
            shipping_trouble: _,
        } = self;
        [
            shipped_chunks,
            shipped_records,
            reshipped_chunks,
            failures,
            claimed_chunks,
            undecodable_chunks,
            unconfirmed_chunks,
        ]
    }

    /// Why this node's hits can't be shipped at the moment, for people.
    #[must_use]
    pub fn shipping_trouble(&self) -> Option<String> {
        self.shipping_trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_shipping_trouble(&self, trouble: Option<String>) {
        *self.shipping_trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    pub(crate) fn add(counter: &AtomicU64, more: usize) {
        counter.fetch_add(as_u64(more), Ordering::Relaxed);
    }

    pub(crate) fn set(gauge: &AtomicU64, now: usize) {
        gauge.store(as_u64(now), Ordering::Relaxed);
    }
}

fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
