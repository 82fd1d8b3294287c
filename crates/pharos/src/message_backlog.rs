//! How many single messages wait to be sent, and for how long: asked for now and then, for scrapes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use store::Store;
use tokio_util::sync::CancellationToken;

use crate::installation::now;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(5);

/// What waits, as it was seen last; of all nodes together.
#[derive(Debug, Default)]
pub(crate) struct MessageBacklog {
    /// At most 100,000 are counted.
    pub(crate) waiting: AtomicU64,
    /// Seconds since the oldest of them was accepted.
    pub(crate) oldest_seconds: AtomicU64,
}

/// Keeps it true until `shutdown`.
pub(crate) async fn follow(
    backlog: Arc<MessageBacklog>,
    store: Store,
    shutdown: CancellationToken,
) {
    loop {
        match store.messages_waiting().await {
            Ok(waiting) => {
                let age = waiting.oldest.map_or(0, |at| now().0.saturating_sub(at.0) / 1_000_000);
                backlog.waiting.store(count(waiting.queued), Ordering::Relaxed);
                backlog.oldest_seconds.store(count(age), Ordering::Relaxed);
            }
            Err(error) => tracing::debug!(%error, "can't count the waiting messages for now"),
        }
        let pause = tokio::time::sleep(LOOK);
        if shutdown.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
