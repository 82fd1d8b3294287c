//! The delivery that a worker is making.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use model::InDoubtPolicy;
use store::Outcome;

use crate::clock::clock;
use crate::delivery::deliverer::MOST_UNCLEAR;
use crate::delivery::queue::ClaimedDelivery;
use crate::mail_journal::journal::IntentKey;
use crate::mail_journal::record::Attempt;

/// The delivery that a worker is making.
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
    pub(crate) fn hold(&self, delivery: &ClaimedDelivery) {
        let (attempts, policy) = (delivery.claimed.attempts, delivery.sending.policy);
        self.held.replace(Some(Held { attempt: delivery.attempt(), attempts, policy }));
        self.intent.set(None);
    }

    pub(crate) fn let_go(&self) {
        self.held.replace(None);
        self.intent.set(None);
    }

    /// Returns how the delivery of a dead worker ends, if it was making one: the attempt, its
    /// outcome, and the intent if the dot may have been sent.
    pub(crate) fn take_ended(
        &self,
        first_wait: Duration,
    ) -> Option<(Attempt, Outcome, Option<IntentKey>)> {
        let intent = self.intent.take();
        let held = self.held.take()?;
        Some((held.attempt, held.outcome(intent.is_some(), first_wait), intent))
    }
}

impl Held {
    fn outcome(&self, may_have_left: bool, first_wait: Duration) -> Outcome {
        let at = clock().after(first_wait);
        let reply = "the mailer failed during this delivery; see its log".to_owned();
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
