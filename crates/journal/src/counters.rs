//! What a journal counts about its commits.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Commits that succeeded since the journal was opened. Records per commit say how well waiting
/// tasks share a disk write.
#[derive(Debug, Default)]
pub struct JournalCounters {
    pub commits: AtomicU64,
    /// Records in those commits.
    pub records: AtomicU64,
    /// Time spent on them, in microseconds.
    pub micros: AtomicU64,
}

impl JournalCounters {
    /// Of several journals together, at this moment.
    #[must_use]
    pub fn sum<'c>(journals: impl IntoIterator<Item = &'c Self>) -> Self {
        let sum = Self::default();
        for one in journals {
            for (to, from) in [
                (&sum.commits, &one.commits),
                (&sum.records, &one.records),
                (&sum.micros, &one.micros),
            ] {
                to.fetch_add(from.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
        sum
    }

    pub(crate) fn count(&self, records: u64, took: Duration) {
        if records == 0 {
            return;
        }
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }
}
