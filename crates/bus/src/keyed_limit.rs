//! A limit with a share of its own for each key: how often each client may ask.
//!
//! Invariants: in any window of [`WINDOW`] a key gets at most twice its share, and on the average its
//! rate; memory is bounded: when too many keys are known, those are forgotten whose share is closest to
//! being whole. For this process only.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::gcra::Rate;

/// Unused permits are kept for this long, so that a client may ask in bursts.
pub const WINDOW: Duration = Duration::from_secs(10);
/// Keys that are known at once.
const MOST_KEYS: usize = 10_000;

/// Shares of a rate, one for each key.
#[derive(Debug)]
pub struct KeyedLimit {
    rate: Rate,
    /// Permits of a whole share.
    quota: u32,
    /// The time in which a share that is used up becomes whole.
    window: Duration,
    origin: Instant,
    /// When each key's share is whole again, since `origin`.
    whole_at: Mutex<HashMap<u64, Duration>>,
}

/// What is left of a share after a permit was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Whether there was a permit.
    pub allowed: bool,
    pub quota: u32,
    pub window: Duration,
    /// Permits that are left.
    pub left: u32,
    /// Until there is one more permit; until the share is whole if some are left.
    pub wait: Duration,
}

impl KeyedLimit {
    /// So many permits a minute for each key, of which those of [`WINDOW`] can be used at once, or one.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        let rate = Rate::per_minute(per_minute);
        let of_window = u128::from(per_minute.get()) * WINDOW.as_millis() / 60_000;
        let quota = u32::try_from(of_window).unwrap_or(u32::MAX).max(1);
        let (origin, whole_at) = (Instant::now(), Mutex::default());
        Self { rate, quota, window: rate.time_of(quota), origin, whole_at }
    }

    /// Takes one permit of the key's share, if there is one.
    pub fn take(&self, key: u64) -> Share {
        let now = self.origin.elapsed();
        let mut known = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KEYS && !known.contains_key(&key) {
            make_room(&mut known, now);
        }
        let whole_at = known.entry(key).or_default();
        let used = whole_at.saturating_sub(now);
        let step = self.rate.time_of(1);
        let allowed = used + step <= self.window;
        if allowed {
            *whole_at = now + used + step;
        }
        let used = whole_at.saturating_sub(now);
        let free = self.window.saturating_sub(used);
        let left = free.as_micros() / step.as_micros().max(1);
        let left = u32::try_from(left).unwrap_or(u32::MAX).min(self.quota);
        let wait = if left == 0 { step.saturating_sub(free) } else { used };
        Share { allowed, quota: self.quota, window: self.window, left, wait }
    }
}

/// Forgets whose share is whole, or else the half that is closest to it.
fn make_room(known: &mut HashMap<u64, Duration>, now: Duration) {
    known.retain(|_, whole_at| *whole_at > now);
    if known.len() < MOST_KEYS {
        return;
    }
    let mut times: Vec<Duration> = known.values().copied().collect();
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied().unwrap_or_default();
    known.retain(|_, whole_at| *whole_at > middle);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(per_minute: u32) -> KeyedLimit {
        KeyedLimit::new(NonZeroU32::new(per_minute).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_share_is_used_up_and_comes_back() {
        let limit = limit(600);
        for left in (0..100).rev() {
            let share = limit.take(1);
            assert!(share.allowed && share.left == left, "{share:?}");
        }
        let refused = limit.take(1);
        assert!(!refused.allowed && refused.left == 0, "{refused:?}");
        assert_eq!(refused.wait, Duration::from_millis(100));
        assert!(limit.take(2).allowed, "another key has its own");
        tokio::time::advance(refused.wait).await;
        assert!(limit.take(1).allowed);
        assert!(!limit.take(1).allowed);
        tokio::time::advance(WINDOW).await;
        assert_eq!(limit.take(1).left, 99);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_who_is_limited_is_not_forgotten_first() {
        let limit = limit(600);
        for _ in 0..100 {
            limit.take(0);
        }
        for key in 1..30_000 {
            limit.take(key);
            assert!(limit.whole_at.lock().unwrap().len() <= MOST_KEYS);
        }
        assert!(!limit.take(0).allowed);
    }

    proptest! {
        /// Whoever waits as long as they are told gets a permit, and no window has more than it should.
        #[test]
        fn whoever_waits_is_let_through(
            per_minute in 1_u32..100_000,
            pauses in prop::collection::vec(0_u64..3_000, 1..80),
        ) {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                let limit = limit(per_minute);
                let (begun, mut allowed) = (Instant::now(), 0_u32);
                for pause in pauses {
                    tokio::time::advance(Duration::from_millis(pause)).await;
                    let share = limit.take(7);
                    if share.allowed {
                        allowed += 1;
                        continue;
                    }
                    tokio::time::advance(share.wait + Duration::from_millis(1)).await;
                    assert!(limit.take(7).allowed, "{share:?}");
                    allowed += 1;
                }
                let minutes = begun.elapsed().as_secs_f64() / 60.0;
                let most = f64::from(limit.quota) + minutes * f64::from(per_minute) + 1.0;
                assert!(f64::from(allowed) <= most, "{allowed} of {most}");
            });
        }
    }
}
