//! The arithmetic of a limit: the generic cell rate algorithm, which spreads permits evenly.
//!
//! A limit is a single point in time, the due time of the next permit. A permit may be reserved
//! ahead; a caller that is late by no more than [`SLACK`] may catch up.
//!
//! Invariant: if permits are used when they are due, or at most [`SLACK`] later, any window of
//! length t contains at most 1 + (t + SLACK) / interval of them.
//!
//! Pure: times are durations since an origin that the caller chooses.

use std::num::NonZeroU32;
use std::time::Duration;

/// How late a permit may be used.
pub(crate) const SLACK: Duration = Duration::from_millis(100);
/// Permits are reserved in blocks worth about this much time.
const BLOCK: Duration = Duration::from_millis(100);
/// Most permits of a block.
const BLOCK_PERMITS: u32 = 1_000;

/// How many permits a minute has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate(NonZeroU32);

impl Rate {
    pub(crate) const fn per_minute(permits: NonZeroU32) -> Self {
        Self(permits)
    }

    pub(crate) const fn permits(self) -> NonZeroU32 {
        self.0
    }

    /// The time that this many permits take, rounded up, so that rounding never adds a permit.
    pub(crate) fn time_of(self, permits: u32) -> Duration {
        let micros = u64::from(permits) * 60_000_000;
        Duration::from_micros(micros.div_ceil(u64::from(self.0.get())))
    }

    /// How many permits are worth reserving at once.
    pub(crate) fn block(self) -> u32 {
        let permits = u128::from(self.0.get()) * BLOCK.as_millis() / 60_000;
        u32::try_from(permits).unwrap_or(BLOCK_PERMITS).clamp(1, BLOCK_PERMITS)
    }
}

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gcra {
    next: Duration,
}

impl Gcra {
    /// Reserves permits worth `time`, and returns when they are due: between a little before `now`
    /// and any time after.
    pub(crate) fn reserve(&mut self, now: Duration, time: Duration) -> Duration {
        let due = self.next.max(now.saturating_sub(SLACK));
        self.next = due + time;
        due
    }

    /// The same limit, with no permit due before `time`.
    pub(crate) fn not_before(self, time: Duration) -> Self {
        Self { next: self.next.max(time) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(per_minute: u32) -> Rate {
        Rate::per_minute(NonZeroU32::new(per_minute).unwrap())
    }

    proptest! {
        /// However callers come, and whatever they reserve.
        #[test]
        fn no_window_holds_more_than_its_share(
            per_minute in 1_u32..2_000_000,
            steps in prop::collection::vec((0_u64..400_000, 1_u32..5), 1..120),
        ) {
            let rate = rate(per_minute);
            let (mut gcra, mut now, mut used) = (Gcra::default(), Duration::ZERO, Vec::new());
            for (pause, permits) in steps {
                now += Duration::from_micros(pause);
                let due = gcra.reserve(now, rate.time_of(permits));
                for permit in 0..permits {
                    // Used when due, by somebody who can't act before now.
                    now = now.max(due + rate.time_of(permit).saturating_sub(Duration::from_micros(1)));
                    used.push(now);
                }
            }
            let interval = 60_000_000.0 / f64::from(per_minute);
            for (first, begin) in used.iter().enumerate() {
                for (last, end) in used.iter().enumerate().skip(first) {
                    let window = (*end - *begin + SLACK).as_micros() as f64 + 2.0;
                    let most = 1.0 + window / interval;
                    prop_assert!((last - first + 1) as f64 <= most, "{first}..{last}");
                }
            }
        }

        #[test]
        fn blocks_are_bounded_and_worth_a_tenth_of_a_second(per_minute: u32) {
            prop_assume!(per_minute > 0);
            let block = rate(per_minute).block();
            prop_assert!((1..=BLOCK_PERMITS).contains(&block));
            prop_assert!(block == 1 || rate(per_minute).time_of(block) <= BLOCK);
        }
    }

    #[test]
    fn permits_are_spread_evenly_and_reserved_ahead() {
        let (rate, mut gcra) = (rate(600), Gcra::default());
        let now = Duration::from_secs(50);
        let due: Vec<u128> =
            (0..4).map(|_| gcra.reserve(now, rate.time_of(1)).as_millis()).collect();
        assert_eq!(due, [49_900, 50_000, 50_100, 50_200]);
    }

    #[test]
    fn who_was_away_for_long_finds_no_more_than_the_slack() {
        let (rate, mut gcra) = (rate(600), Gcra::default());
        gcra.reserve(Duration::from_secs(1), rate.time_of(1));
        let due = gcra.reserve(Duration::from_secs(3_600), rate.time_of(1));
        assert_eq!(due, Duration::from_millis(3_599_900));
    }
}
