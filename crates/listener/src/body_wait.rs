//! How long the body of a request has kept us waiting.
//!
//! Only time in which we would have read on counts, and each 4 KiB that came make up for a second: a
//! large file may take its time, and a byte now and then may not, whatever else we are doing meanwhile.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A client that sends or takes less than this in a second is slow.
pub(crate) const SLOW_BYTES: u64 = 4 << 10;

/// Written by the connection, read by the one task that watches all of them. Times are those of the
/// listener's coarse clock.
#[derive(Debug, Default)]
pub(crate) struct BodyWait {
    /// A body is expected: without one, that nothing comes means nothing.
    expected: AtomicBool,
    /// Since when nothing has come, plus one; 0 when we are not waiting.
    since: AtomicU64,
    /// Milliseconds of waiting that are over.
    before: AtomicU64,
    bytes: AtomicU64,
}

impl BodyWait {
    /// A request begins, or its answer.
    pub(crate) fn begin(&self, expected: bool) {
        self.since.store(0, Ordering::Relaxed);
        self.before.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
        self.expected.store(expected, Ordering::Release);
    }

    pub(crate) fn waits(&self, now: u64) {
        if self.expected.load(Ordering::Relaxed) && self.since.load(Ordering::Relaxed) == 0 {
            self.since.store(now + 1, Ordering::Relaxed);
        }
    }

    pub(crate) fn came(&self, bytes: usize, now: u64) {
        if !self.expected.load(Ordering::Relaxed) {
            return;
        }
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        let since = self.since.swap(0, Ordering::Relaxed);
        if since > 0 {
            self.before.fetch_add((now + 1).saturating_sub(since), Ordering::Relaxed);
        }
    }

    /// Milliseconds beyond what the bytes make up for.
    pub(crate) fn waited(&self, now: u64) -> u64 {
        if !self.expected.load(Ordering::Acquire) {
            return 0;
        }
        let since = self.since.load(Ordering::Relaxed);
        let this_time = if since > 0 { (now + 1).saturating_sub(since) } else { 0 };
        let earned = self.bytes.load(Ordering::Relaxed).saturating_mul(1_000) / SLOW_BYTES;
        (self.before.load(Ordering::Relaxed) + this_time).saturating_sub(earned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_time_in_which_we_would_read_on_counts() {
        let wait = BodyWait::default();
        wait.waits(0);
        assert_eq!(wait.waited(10_000), 0, "no body is expected");
        wait.begin(true);
        assert_eq!(wait.waited(10_000), 0, "we have not tried to read");
        wait.waits(10_000);
        wait.waits(11_000);
        assert_eq!(wait.waited(12_000), 2_000);
        wait.came(0, 12_000);
        assert_eq!(wait.waited(50_000), 2_000, "we are busy with what came");
        wait.waits(50_000);
        assert_eq!(wait.waited(53_000), 5_000, "a drip does not begin anew");
        wait.came(4 << 10, 53_000);
        assert_eq!(wait.waited(53_000), 4_000, "4 KiB make up for a second");
        wait.begin(false);
        assert_eq!(wait.waited(60_000), 0);
    }
}
