//! How long to wait: doubling with jitter, so that many waits do not end together.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use model::Timestamp;

use crate::settings::Backoff;

impl Backoff {
    /// When to try again after `attempts` earlier refusals, or nothing when it is time to give up.
    pub(crate) fn next(
        &self,
        attempts: i64,
        first_attempt_at: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let at = now.after(jittered(doubled(self.first, self.max, attempts)));
        (at <= first_attempt_at.after(self.give_up_after)).then_some(at)
    }
}

/// `first`, doubled `times` times, at most `longest`.
pub(crate) fn doubled(first: Duration, longest: Duration, times: i64) -> Duration {
    let times = u32::try_from(times.clamp(0, 31)).unwrap_or(31);
    first.saturating_mul(1_u32 << times.min(31)).min(longest)
}

/// Between three quarters and all of `wait`.
pub(crate) fn jittered(wait: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) % 1_000;
    let share = u32::try_from(random).unwrap_or(0);
    wait.saturating_sub(wait / 4 * share / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: Backoff = Backoff {
        first: Duration::from_secs(60),
        max: Duration::from_secs(3600),
        give_up_after: Duration::from_secs(86_400),
    };
    const START: Timestamp = Timestamp(1_000_000_000);

    fn wait_after(attempts: i64) -> Duration {
        let at = RETRY.next(attempts, START, START).unwrap();
        Duration::from_micros(u64::try_from(at.0 - START.0).unwrap())
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        for (attempts, full) in [(0, 60), (1, 120), (3, 480), (6, 3600), (1_000, 3600)] {
            let full = Duration::from_secs(full);
            let wait = wait_after(attempts);
            assert!(wait <= full && wait >= full / 4 * 3, "{attempts}: {wait:?}");
        }
    }

    #[test]
    fn a_wait_beyond_the_limit_means_giving_up() {
        let almost_over = START.after(RETRY.give_up_after - Duration::from_secs(10));
        assert_eq!(RETRY.next(0, START, almost_over), None);
    }
}
