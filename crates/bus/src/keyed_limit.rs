//! A limit with a share of its own for each key: how often each client may ask.
//!
//! Invariants: in any window of [`WINDOW`] a key gets at most twice its share, and on the average its
//! rate; memory is bounded: when too many keys are known, those are forgotten whose share is closest to
//! being whole. Nodes share what they reach in Redis; while it is away each limits by itself, so all
//! together let through at most as many shares as there are nodes. Nothing waits for Redis for long.

mod shared;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use self::shared::SharedShares;
use crate::gcra::Rate;
use crate::{BusError, InstallationId, RedisServer, installation_id};

/// Unused permits are kept for this long, so that a client may ask in bursts.
pub const WINDOW: Duration = Duration::from_secs(10);
/// Keys that are known at once.
const MOST_KEYS: usize = 10_000;

/// Shares of a rate, one for each key.
pub struct KeyedLimit {
    rate: Rate,
    /// Permits of a whole share.
    quota: u32,
    /// The time in which a share that is used up becomes whole.
    window: Duration,
    origin: Instant,
    /// When each key's share is whole again, since `origin`.
    whole_at: Mutex<HashMap<u64, Duration>>,
    shared: Option<SharedShares>,
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
    /// For this process only.
    #[must_use]
    pub fn new(per_minute: NonZeroU32) -> Self {
        let rate = Rate::per_minute(per_minute);
        let of_window = u128::from(per_minute.get()) * WINDOW.as_millis() / 60_000;
        let quota = u32::try_from(of_window).unwrap_or(u32::MAX).max(1);
        let (origin, whole_at) = (Instant::now(), Mutex::default());
        Self { rate, quota, window: rate.time_of(quota), origin, whole_at, shared: None }
    }

    /// The same, named `limit`, for all nodes of `installation` together; they should agree on
    /// `per_minute`. Connects with the first permit.
    ///
    /// # Errors
    /// When `limit` can't be a part of a key.
    pub fn shared(
        server: &RedisServer,
        installation: &InstallationId,
        limit: &str,
        per_minute: NonZeroU32,
    ) -> Result<Self, BusError> {
        installation_id::check(limit)?;
        let shared = SharedShares::new(server.clone(), installation.limit_key(limit));
        Ok(Self { shared: Some(shared), ..Self::new(per_minute) })
    }

    /// Takes one permit of the key's share, if there is one.
    pub async fn take(&self, key: u64) -> Share {
        let Some(shared) = &self.shared else { return self.take_own(key) };
        match shared.take(key, self.rate.time_of(1), self.window).await {
            Some(taken) => {
                // If Redis goes away now, this node goes on from here.
                let mut known = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
                let now = self.origin.elapsed();
                *Self::entry(&mut known, key, now) = now + taken.used;
                self.share(taken.allowed, taken.used)
            }
            None => self.take_own(key),
        }
    }

    fn take_own(&self, key: u64) -> Share {
        let now = self.origin.elapsed();
        let mut known = self.whole_at.lock().unwrap_or_else(PoisonError::into_inner);
        let whole_at = Self::entry(&mut known, key, now);
        let used = whole_at.saturating_sub(now);
        let step = self.rate.time_of(1);
        let allowed = used + step <= self.window;
        if allowed {
            *whole_at = now + used + step;
        }
        let used = whole_at.saturating_sub(now);
        self.share(allowed, used)
    }

    fn entry(known: &mut HashMap<u64, Duration>, key: u64, now: Duration) -> &mut Duration {
        if known.len() >= MOST_KEYS && !known.contains_key(&key) {
            make_room(known, now);
        }
        known.entry(key).or_default()
    }

    /// What is left of a share that is whole after `used`.
    fn share(&self, allowed: bool, used: Duration) -> Share {
        let step = self.rate.time_of(1);
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
            let share = limit.take(1).await;
            assert!(share.allowed && share.left == left, "{share:?}");
        }
        let refused = limit.take(1).await;
        assert!(!refused.allowed && refused.left == 0, "{refused:?}");
        assert_eq!(refused.wait, Duration::from_millis(100));
        assert!(limit.take(2).await.allowed, "another key has its own");
        tokio::time::advance(refused.wait).await;
        assert!(limit.take(1).await.allowed);
        assert!(!limit.take(1).await.allowed);
        tokio::time::advance(WINDOW).await;
        assert_eq!(limit.take(1).await.left, 99);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_who_is_limited_is_not_forgotten_first() {
        let limit = limit(600);
        for _ in 0..100 {
            limit.take(0).await;
        }
        for key in 1..30_000 {
            limit.take(key).await;
            assert!(limit.whole_at.lock().unwrap().len() <= MOST_KEYS);
        }
        assert!(!limit.take(0).await.allowed);
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
                    let share = limit.take(7).await;
                    if share.allowed {
                        allowed += 1;
                        continue;
                    }
                    tokio::time::advance(share.wait + Duration::from_millis(1)).await;
                    assert!(limit.take(7).await.allowed, "{share:?}");
                    allowed += 1;
                }
                let minutes = begun.elapsed().as_secs_f64() / 60.0;
                let most = f64::from(limit.quota) + minutes * f64::from(per_minute) + 1.0;
                assert!(f64::from(allowed) <= most, "{allowed} of {most}");
            });
        }
    }
}
