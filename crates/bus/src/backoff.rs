//! Waits between attempts, and says once what is wrong.

use std::fmt::Display;
use std::time::Duration;

/// First and longest wait after a failure.
const WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// One kind of trouble: how often in a row it was met.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    in_a_row: u32,
}

impl Trouble {
    /// Notes a failure and returns how long to wait. Only the first in a row is worth a warning:
    /// trouble that lasts would fill the log.
    pub(crate) fn met(&mut self, consequence: &str, problem: &dyn Display) -> Duration {
        self.in_a_row = self.in_a_row.saturating_add(1);
        let tries = self.in_a_row;
        if tries == 1 {
            tracing::warn!(%problem, "{consequence}");
        } else {
            tracing::debug!(%problem, tries, "{consequence}");
        }
        let (first, longest) = WAIT;
        first.saturating_mul(1 << (tries - 1).min(16)).min(longest)
    }

    /// Notes a success.
    pub(crate) fn over(&mut self, what: &str) {
        if self.in_a_row > 0 {
            tracing::info!(tries = self.in_a_row, "{what}");
            self.in_a_row = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_begin_anew_after_a_success() {
        let mut trouble = Trouble::default();
        let waits: Vec<u64> =
            (0..40).map(|_| trouble.met("x", &"y").as_millis().try_into().unwrap()).collect();
        assert_eq!(waits[..6], [200, 400, 800, 1_600, 3_200, 5_000]);
        assert!(waits[6..].iter().all(|wait| *wait == 5_000));
        trouble.over("x");
        assert_eq!(trouble.met("x", &"y").as_millis(), 200);
    }
}
