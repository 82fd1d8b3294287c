//! Starts workers, and accounts for the delivery that a worker was making when it died.

use std::rc::Rc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::delivery::in_hand::InHand;
use crate::delivery::worker::{Worker, WorkerShared};
use crate::metrics::count;
use bus::backoff::jittered;

/// How long to wait before replacing a dead worker, so that one that can't live costs little.
const REPLACE_AFTER: Duration = Duration::from_secs(1);

/// Runs a worker until shutdown, and a new one in its place if it dies.
pub(crate) async fn keep_working(shared: Rc<WorkerShared>) {
    let in_hand = Rc::new(InHand::default());
    let start = || Worker::new(Rc::clone(&shared), Rc::clone(&in_hand)).run();
    let died = || {
        count(&shared.metrics.workers_lost);
        account(&shared, &in_hand);
    };
    keep_running(start, died, &shared.shutdown).await;
}

/// Runs what `start` begins until it ends by itself; starts it again, after `died`, if it dies.
async fn keep_running<F: Future<Output = ()> + 'static>(
    start: impl Fn() -> F,
    died: impl Fn(),
    shutdown: &CancellationToken,
) {
    loop {
        let Err(error) = tokio::task::spawn_local(start()).await else { return };
        tracing::error!(%error, "a worker died; its delivery is accounted for, and another worker starts");
        died();
        let rest = tokio::time::sleep(jittered(REPLACE_AFTER));
        if shutdown.run_until_cancelled(rest).await.is_none() {
            return;
        }
    }
}

fn account(shared: &WorkerShared, in_hand: &InHand) {
    let first_wait = shared.deliverer.settings.retry.first;
    if let Some((attempt, outcome, intent)) = in_hand.take_ended(first_wait) {
        shared.tally(attempt, &outcome);
        shared.outcome_writer.ended(attempt, outcome, intent);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_dies_is_accounted_for_and_another_one_begins_until_one_ends_by_itself() {
        let (begun, lost) = (Rc::new(Cell::new(0)), Cell::new(0));
        let start = || {
            let begun = Rc::clone(&begun);
            async move {
                begun.set(begun.get() + 1);
                assert!(begun.get() > 2, "the first two die");
            }
        };
        let died = || lost.set(lost.get() + 1);
        let shutdown = CancellationToken::new();
        let all = tokio::task::LocalSet::new();
        all.run_until(keep_running(start, died, &shutdown)).await;
        assert_eq!((begun.get(), lost.get()), (3, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_shutdown_nobody_begins_in_the_place_of_who_died() {
        let (begun, lost) = (Cell::new(0), Cell::new(0));
        let start = || {
            begun.set(begun.get() + 1);
            assert!(begun.get() < 9, "nobody heeds the shutdown");
            async { panic!("it dies") }
        };
        let shutdown = CancellationToken::new();
        let died = || {
            lost.set(lost.get() + 1);
            shutdown.cancel();
        };
        let all = tokio::task::LocalSet::new();
        all.run_until(keep_running(start, died, &shutdown)).await;
        assert_eq!((begun.get(), lost.get()), (1, 1));
    }
}
