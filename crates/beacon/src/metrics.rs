//! What the beacon counts about itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use listener::ClientCounters;
use model::hit::Gap;

/// Counters of one thread of the beacon since it started; read them with any ordering. Test messages count
/// nowhere but among the cookies.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Pixels asked for with an authentic token, by GET.
    pub views: AtomicU64,
    /// Links followed with an authentic token, by GET.
    pub clicks: AtomicU64,
    /// HEAD requests with an authentic token.
    pub heads: AtomicU64,
    pub rejected_malformed: AtomicU64,
    /// Tokens that no key of ours made.
    pub rejected_forged: AtomicU64,
    /// Browsers that were offered a visitor cookie.
    pub cookies_offered: AtomicU64,
    /// Requests with a visitor cookie of ours.
    pub cookies_returned: AtomicU64,
    /// Requests with a value that we have not issued.
    pub cookies_foreign: AtomicU64,
    /// Requests with `Sec-GPC` or `DNT`, whose cookies were not looked at.
    pub cookies_refused_by_signal: AtomicU64,
    /// Requests whose cookie says that the person wants none.
    pub cookies_refused_by_cookie: AtomicU64,
    /// Hits that were answered but could not be recorded.
    pub gap_hits: AtomicU64,
    pub clients: Arc<ClientCounters>,
    /// Now: hits that were answered and that the journal does not accept.
    open_gap: Mutex<Option<Gap>>,
}

impl Metrics {
    /// Of several threads together, at this moment.
    #[must_use]
    pub fn sum<'m>(threads: impl IntoIterator<Item = &'m Self>) -> Self {
        let sum = Self::default();
        for one in threads {
            for (to, from) in sum.counters().into_iter().zip(one.counters()) {
                to.fetch_add(from.load(Ordering::Relaxed), Ordering::Relaxed);
            }
            let gap = [sum.open_gap(), one.open_gap()].into_iter().flatten().reduce(Gap::and);
            sum.set_open_gap(gap);
        }
        sum
    }

    fn counters(&self) -> [&AtomicU64; 14] {
        let Self {
            views,
            clicks,
            heads,
            rejected_malformed,
            rejected_forged,
            cookies_offered,
            cookies_returned,
            cookies_foreign,
            cookies_refused_by_signal,
            cookies_refused_by_cookie,
            gap_hits,
            clients,
            open_gap: _,
        } = self;
        let ClientCounters { open, shed, gave_way } = &**clients;
        [
            views,
            clicks,
            heads,
            rejected_malformed,
            rejected_forged,
            cookies_offered,
            cookies_returned,
            cookies_foreign,
            cookies_refused_by_signal,
            cookies_refused_by_cookie,
            gap_hits,
            open,
            shed,
            gave_way,
        ]
    }

    /// What has been answered but not recorded since the journal stopped accepting hits; None while
    /// it accepts them.
    #[must_use]
    pub fn open_gap(&self) -> Option<Gap> {
        *self.open_gap.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_open_gap(&self, gap: Option<Gap>) {
        *self.open_gap.lock().unwrap_or_else(PoisonError::into_inner) = gap;
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    #[test]
    fn threads_are_counted_together() {
        let threads = [Metrics::default(), Metrics::default(), Metrics::default()];
        for (number, thread) in threads.iter().enumerate() {
            for counter in thread.counters() {
                counter.store(number as u64 + 1, Ordering::Relaxed);
            }
        }
        let gap = |from, to, hits| Gap { from: Timestamp(from), to: Timestamp(to), hits };
        threads[0].set_open_gap(Some(gap(20, 30, 2)));
        threads[2].set_open_gap(Some(gap(25, 40, 3)));
        let sum = Metrics::sum(&threads);
        assert!(sum.counters().iter().all(|it| it.load(Ordering::Relaxed) == 6));
        assert_eq!(sum.open_gap(), Some(gap(20, 40, 5)));
    }
}
