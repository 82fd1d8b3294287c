//! When a temporarily refused delivery is tried again.

use std::time::Duration;

use bus::backoff::{doubled, jittered};
use model::Timestamp;

/// When temporary refusals are tried again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule {
    /// Wait after the first refusal; it doubles with each further one.
    pub first: Duration,
    pub max: Duration,
    /// Time since the first attempt after which a temporary refusal counts as final.
    pub give_up_after: Duration,
}

impl RetrySchedule {
    /// When to try again after `attempts` earlier refusals, or None when it is time to give up.
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

#[cfg(test)]
mod tests {
    use super::*;

    const RETRY: RetrySchedule = RetrySchedule {
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
