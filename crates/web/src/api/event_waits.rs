//! Requests that wait for the next event.
//!
//! Invariant: their number is bounded, and they end when the server is to stop. Whoever finds no place is
//! answered at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Requests that wait at once.
const PLACES: usize = 64;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);

/// Places for those who wait.
#[derive(Debug, Clone)]
pub struct EventWaits {
    places: Arc<Semaphore>,
    /// Cancelled when the server is to stop.
    stop: CancellationToken,
}

impl EventWaits {
    #[must_use]
    pub fn new(stop: CancellationToken) -> Self {
        Self { places: Arc::new(Semaphore::new(PLACES)), stop }
    }

    /// A place to wait in for so long; none when all are taken.
    pub(crate) fn enter(&self, wait: Duration) -> Option<EventWait> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let until = Instant::now() + wait;
        Some(EventWait { until, stop: self.stop.clone(), _place: place })
    }
}

impl Default for EventWaits {
    /// Never told to stop.
    fn default() -> Self {
        Self::new(CancellationToken::new())
    }
}

/// One request that waits.
pub(crate) struct EventWait {
    until: Instant,
    stop: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl EventWait {
    /// Waits until it is time to look again; false when the time is over.
    pub(crate) async fn again(&self) -> bool {
        let next = (Instant::now() + LOOK).min(self.until);
        let stopped = self.stop.run_until_cancelled(sleep_until(next)).await.is_none();
        !stopped && next < self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_wait_looks_again_until_its_time_is_over() {
        let wait = EventWaits::default().enter(Duration::from_secs(2)).unwrap();
        let mut looks = 0;
        while wait.again().await {
            looks += 1;
        }
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    async fn places_are_bounded_and_a_stop_ends_every_wait() {
        let stop = CancellationToken::new();
        let waits = EventWaits::new(stop.clone());
        let hour = Duration::from_secs(3_600);
        let places: Vec<EventWait> = std::iter::from_fn(|| waits.enter(hour)).collect();
        assert_eq!(places.len(), PLACES);
        stop.cancel();
        assert!(!places[0].again().await);
        drop(places);
        assert!(waits.enter(hour).is_some());
    }
}
