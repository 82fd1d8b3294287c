//! Starts workers and accounts for what one had in its hand when it died.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use model::InDoubtPolicy;
use store::Outcome;
use tokio_util::sync::CancellationToken;

use crate::backoff::jittered;
use crate::deliver::MOST_UNCLEAR;
use crate::ledger::IntentKey;
use crate::metrics::count;
use crate::queue::Job;
use crate::record::Attempt;
use crate::trouble::clock;
use crate::worker::{Shared, Worker};

/// A worker that died is replaced after this, so that one that can't live costs little.
const REPLACE_AFTER: Duration = Duration::from_secs(1);

/// What a worker holds while it delivers.
#[derive(Default)]
pub(crate) struct InHand {
    held: RefCell<Option<Held>>,
    pub(crate) intent: Cell<Option<IntentKey>>,
}

#[derive(Clone, Copy)]
struct Held {
    attempt: Attempt,
    attempts: i64,
    policy: InDoubtPolicy,
}

impl InHand {
    pub(crate) fn hold(&self, job: &Job) {
        let (attempts, policy) = (job.claimed.attempts, job.sending.policy);
        self.held.replace(Some(Held { attempt: job.attempt(), attempts, policy }));
        self.intent.set(None);
    }

    pub(crate) fn let_go(&self) {
        self.held.replace(None);
        self.intent.set(None);
    }
}

/// Runs a worker until shutdown, and another one in its place when it dies.
pub(crate) async fn keep_working(shared: Rc<Shared>) {
    let in_hand = Rc::new(InHand::default());
    let start = || Worker::new(Rc::clone(&shared), Rc::clone(&in_hand)).run();
    let died = || {
        count(&shared.metrics.workers_lost);
        account(&shared, &in_hand);
    };
    keep_running(start, died, &shared.shutdown).await;
}

/// Runs what `start` begins until it ends by itself; begins it again, after `died`, when it dies.
async fn keep_running<F: Future<Output = ()> + 'static>(
    start: impl Fn() -> F,
    died: impl Fn(),
    shutdown: &CancellationToken,
) {
    loop {
        let Err(error) = tokio::task::spawn_local(start()).await else { return };
        tracing::error!(%error, "a worker died; its delivery is accounted for, another one begins");
        died();
        let rest = tokio::time::sleep(jittered(REPLACE_AFTER));
        if shutdown.run_until_cancelled(rest).await.is_none() {
            return;
        }
    }
}

fn account(shared: &Shared, in_hand: &InHand) {
    let intent = in_hand.intent.get();
    if let Some(held) = in_hand.held.take() {
        let outcome = held.outcome(intent.is_some(), shared.desk.settings.retry.first);
        shared.tally(&outcome);
        shared.settler.ended(held.attempt, outcome, intent);
    }
    in_hand.let_go();
}

impl Held {
    fn outcome(&self, may_have_left: bool, first_wait: Duration) -> Outcome {
        let at = clock().after(first_wait);
        let reply = "the mailer failed within this delivery; its log says how".to_owned();
        match self.policy {
            InDoubtPolicy::NeverResend if may_have_left => Outcome::InDoubt,
            InDoubtPolicy::Resend if may_have_left => Outcome::Resend { at, reply },
            // The same message would kill the next worker, too.
            _ if self.attempts + 1 >= MOST_UNCLEAR => Outcome::Skipped { reason: reply },
            _ => Outcome::Retry { at, code: 0, reply },
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{CampaignId, ContactId};

    use super::*;

    fn outcome(attempts: i64, policy: InDoubtPolicy, may_have_left: bool) -> Outcome {
        let attempt = Attempt { campaign: CampaignId(1), contact: ContactId(2), epoch: 3 };
        Held { attempt, attempts, policy }.outcome(may_have_left, Duration::ZERO)
    }

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

    #[test]
    fn what_a_dead_worker_held_is_tried_again_a_bounded_number_of_times() {
        let never = InDoubtPolicy::NeverResend;
        assert!(matches!(outcome(0, never, false), Outcome::Retry { .. }));
        assert!(matches!(outcome(MOST_UNCLEAR - 1, never, false), Outcome::Skipped { .. }));
    }

    #[test]
    fn what_may_have_left_is_in_doubt() {
        assert_eq!(outcome(0, InDoubtPolicy::NeverResend, true), Outcome::InDoubt);
        let again = outcome(0, InDoubtPolicy::Resend, true);
        assert!(matches!(again, Outcome::Resend { .. }), "{again:?}");
    }
}
