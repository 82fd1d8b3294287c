//! How long to wait after failures: doubling, with jitter so that many waits don't end together.

use std::time::Duration;

/// `first`, doubled `times` times, at most `longest`. Negative counts as none.
#[must_use]
pub fn doubled(first: Duration, longest: Duration, times: i64) -> Duration {
    let times = u32::try_from(times.clamp(0, 31)).unwrap_or(31);
    first.saturating_mul(1_u32 << times.min(31)).min(longest)
}

/// A random time between three quarters of `wait` and all of it.
#[must_use]
pub fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(1.0 - 0.25 * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(5);

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits = [-1, 0, 1, 2, 4, 5, 40, i64::MAX].map(|times| doubled(FIRST, LONGEST, times));
        let millis = waits.map(|wait| wait.as_millis());
        assert_eq!(millis, [200, 200, 400, 800, 3_200, 5_000, 5_000, 5_000]);
    }

    #[test]
    fn jitter_takes_at_most_a_quarter_and_differs() {
        let waits: Vec<Duration> = (0..100).map(|_| jittered(LONGEST)).collect();
        assert!(waits.iter().all(|wait| *wait <= LONGEST && *wait >= LONGEST * 3 / 4));
        assert!(waits.iter().any(|wait| *wait != waits[0]));
    }
}
