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
