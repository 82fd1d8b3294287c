//! Consecutive failures of one kind: logs the first one, and says how long to wait.

use std::fmt::Display;
use std::time::Duration;

use crate::backoff::{doubled, jittered};

const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(crate) struct FailureStreak {
    failures: i64,
}

impl FailureStreak {
    /// Records a failure and returns how long to wait. Only the first in a row is worth a warning:
    /// a lasting failure would fill the log.
    pub(crate) fn failed(&mut self, consequence: &str, problem: &dyn Display) -> Duration {
        if self.failures == 0 {
            tracing::warn!(%problem, "{consequence}");
        } else {
            tracing::debug!(%problem, failures = self.failures, "{consequence}");
        }
        let wait = jittered(doubled(FIRST_WAIT, LONGEST_WAIT, self.failures));
        self.failures = self.failures.saturating_add(1);
        wait
    }

    /// Records a success; `what` is logged if it ends a streak.
    pub(crate) fn over(&mut self, what: &str) {
        if self.failures > 0 {
            tracing::info!(failures = self.failures, "{what}");
            self.failures = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_start_over_after_a_success() {
        let mut streak = FailureStreak::default();
        let mut wait = || streak.failed("x", &"y");
        let first = wait();
        assert!(first <= FIRST_WAIT);
        let last = (0..40).map(|_| wait()).last().unwrap();
        assert!(last > LONGEST_WAIT / 2 && last <= LONGEST_WAIT);
        streak.over("x");
        assert!(streak.failed("x", &"y") <= FIRST_WAIT);
    }
}
