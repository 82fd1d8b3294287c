//! Takes deliveries one after the other through a connection: a slot at the relay, a delivery that
//! is still ours, a permit, a working connection, and only then the message.
//!
//! Invariants: a permit is spent on a message and nothing else, so a limit is reached however many
//! deliveries turn out to be stale, withdrawn or impossible; the delivery of a worker that dies is
//! accounted for by whatever started the worker.

use std::cell::{Cell, RefCell};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use model::CampaignId;
use store::Outcome;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::delivery::deliverer::{Delivered, Deliverer, RelayNews};
use crate::delivery::in_hand::InHand;
use crate::delivery::queue::{ClaimedDelivery, Pick, Queue, SendingCampaign};
use crate::mail_journal::outcome_writer::OutcomeWriter;
use crate::mail_journal::record::Attempt;
use crate::metrics::{Metrics, count};
use crate::refusal::evidence::is_handful;
use crate::relay::concurrency::{RelayConcurrency, RelaySlot};
use crate::relay::pool::{ConnectionPool, PooledConnection};
use crate::trouble::{FIRST_WAIT, Troubles};
use crate::trouble_kind::TroubleKind;
use bus::backoff::{doubled, jittered};

/// Outcomes per connection that may wait for a store that nodes share.
const UNSETTLED: usize = 20;
/// Wait while there are too many of them.
const LOOK_AGAIN: Duration = Duration::from_millis(10);
/// How long an unspent permit may be used for the next delivery.
const PERMIT_HOLDS: Duration = Duration::from_secs(1);
/// The longest pause of a campaign whose sender or message is temporarily refused.
const LONGEST_REST: Duration = Duration::from_secs(60);

pub(crate) struct WorkerShared {
    pub(crate) deliverer: Deliverer,
    pub(crate) pool: Rc<ConnectionPool>,
    pub(crate) queue: Rc<Queue>,
    pub(crate) concurrency: Rc<RelayConcurrency>,
    pub(crate) troubles: Rc<Troubles>,
    pub(crate) outcome_writer: Rc<OutcomeWriter>,
    pub(crate) metrics: Arc<Metrics>,
    /// Held while waiting for a permit, so that at most one delivery grows stale meanwhile.
    pub(crate) turn: Mutex<()>,
    /// Campaigns that the relay refuses, for the feeder.
    pub(crate) refusals: RefCell<Vec<CampaignRefusal>>,
    pub(crate) shutdown: CancellationToken,
}

/// The relay refuses what all recipients of a campaign share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CampaignRefusal {
    pub(crate) campaign: CampaignId,
    /// The reason, for people.
    pub(crate) what: String,
    /// Whether the campaign is to be paused.
    pub(crate) pause: bool,
}

/// One of several workers that run concurrently.
pub(crate) struct Worker {
    shared: Rc<WorkerShared>,
    buffer: Vec<u8>,
    /// Since when there has been an unspent permit.
    permit: Cell<Option<Instant>>,
    /// Outlives the worker, so that its delivery can be accounted for.
    in_hand: Rc<InHand>,
}

impl Worker {
    pub(crate) fn new(shared: Rc<WorkerShared>, in_hand: Rc<InHand>) -> Self {
        Self { shared, buffer: Vec::new(), permit: Cell::new(None), in_hand }
    }

    /// Delivers until shutdown; finishes what is under way.
    pub(crate) async fn run(mut self) {
        let shared = Rc::clone(&self.shared);
        // Nothing is in hand as long as this waits, so it may be dropped.
        while let Some(slot) = shared.shutdown.run_until_cancelled(self.slot()).await {
            self.work(slot).await;
        }
    }

    /// Waits for something to do and for permission to do it.
    async fn slot(&self) -> RelaySlot {
        let shared = &*self.shared;
        shared.queue.ready().await;
        shared.troubles.clear().await;
        let most = UNSETTLED * shared.deliverer.settings.relay.connections.max(1);
        // A node that is lost for good takes its journal along: what it sent and could not settle
        // is in doubt then.
        while shared.deliverer.store.is_shared() && shared.outcome_writer.backlog() >= most {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        shared.concurrency.slot().await
    }

    async fn work(&mut self, slot: RelaySlot) {
        let pick = if slot.is_probe { Pick::Probe } else { Pick::Next };
        let Some(mut delivery) = self.permitted(pick).await else { return };
        let shared = Rc::clone(&self.shared);
        self.in_hand.hold(&delivery);
        let Some(mut pooled) = self.connection().await else {
            self.in_hand.let_go();
            shared.queue.put_back(delivery);
            return;
        };
        let connection = &mut pooled.connection;
        let delivered = shared
            .deliverer
            .deliver(&mut delivery, connection, &mut self.buffer, &self.in_hand.intent)
            .await;
        self.in_hand.let_go();
        if delivered.news != RelayNews::NotAsked {
            self.permit.set(None);
        }
        let Delivered { outcome, intent, news, keep } = delivered;
        shared.tally(delivery.attempt(), &outcome);
        shared.outcome_writer.ended(delivery.attempt(), outcome, intent);
        shared.heed(news, &delivery.sending);
        drop(slot);
        if keep {
            shared.pool.put_back(pooled, shared.concurrency.allowed()).await;
        }
        // Otherwise dropped without goodbye: the relay may be waiting for the rest of a message.
    }

    /// A delivery that may be sent now under the limit, if there is one.
    async fn permitted(&self, pick: Pick) -> Option<ClaimedDelivery> {
        let shared = &*self.shared;
        let Some(throttle) = &shared.deliverer.settings.throttle else {
            return shared.take_live(pick);
        };
        if self.permit.get().is_some_and(|since| since.elapsed() < PERMIT_HOLDS) {
            return shared.take_live(pick);
        }
        let turn = shared.shutdown.run_until_cancelled(shared.turn.lock()).await?;
        let mut permit = pin!(throttle.permit());
        let mut delivery = shared.take_live(pick);
        loop {
            let Some(held) = delivery.take() else {
                tokio::select! {
                    () = shared.shutdown.cancelled() => return None,
                    () = shared.queue.ready() => {}
                    () = &mut permit => {
                        self.permit.set(Some(Instant::now()));
                        return None;
                    }
                }
                delivery = shared.take_live(pick);
                continue;
            };
            tokio::select! {
                biased;
                () = shared.shutdown.cancelled() => {
                    shared.release(&held);
                    return None;
                }
                () = sleep_until(held.valid_until) => shared.release(&held),
                () = &mut permit => {
                    self.permit.set(Some(Instant::now()));
                    drop(turn);
                    return Some(held);
                }
            }
            delivery = shared.take_live(pick);
        }
    }

    /// A working connection, or a new one.
    async fn connection(&self) -> Option<PooledConnection> {
        let shared = &*self.shared;
        if let Some(pooled) = shared.pool.reuse().await {
            return Some(pooled);
        }
        let slow = |what: &str| shared.concurrency.slow(what, shared.pool.standing());
        match shared.pool.open(slow).await {
            Ok(pooled) => Some(pooled),
            Err(broken) => {
                shared.concurrency.refused(&broken.to_string(), shared.pool.standing());
                None
            }
        }
    }
}

impl WorkerShared {
    /// The next delivery that is still ours; stale ones go back.
    fn take_live(&self, pick: Pick) -> Option<ClaimedDelivery> {
        loop {
            let delivery = self.queue.take(pick)?;
            if Instant::now() < delivery.valid_until {
                return Some(delivery);
            }
            self.release(&delivery);
        }
    }

    /// Releases a delivery untried.
    pub(crate) fn release(&self, delivery: &ClaimedDelivery) {
        self.tally(delivery.attempt(), &Outcome::Released);
        self.outcome_writer.ended(delivery.attempt(), Outcome::Released, None);
    }

    /// Acts on what a delivery says about the relay.
    fn heed(&self, news: RelayNews, sending: &SendingCampaign) {
        match news {
            RelayNews::Through => {
                self.concurrency.good();
                if sending.rests.replace(0) > 0 {
                    self.refused(sending, String::new(), false);
                }
            }
            RelayNews::NotAsked | RelayNews::Nothing => {}
            RelayNews::Trouble(TroubleKind::Relay, what) => self.concurrency.bad(&what),
            RelayNews::Trouble(kind, what) => self.troubles.met(kind, &what),
            RelayNews::Campaign { what, permanent } => {
                let refusals = sending.evidence.refused_together();
                let rests = sending.rests.get();
                sending.rests.set(rests + 1);
                let pause = permanent && is_handful(refusals);
                if pause || !permanent {
                    let rest = jittered(doubled(FIRST_WAIT, LONGEST_REST, rests));
                    // Nothing more of it until the feeder has paused it.
                    let rest = if pause { LONGEST_REST } else { rest };
                    self.queue.rest(sending.campaign, Instant::now() + rest);
                }
                self.refused(sending, what, pause);
            }
        }
    }

    fn refused(&self, sending: &SendingCampaign, what: String, pause: bool) {
        let mut refusals = self.refusals.borrow_mut();
        refusals.retain(|refusal| refusal.campaign != sending.campaign || refusal.pause);
        if !refusals.iter().any(|refusal| refusal.campaign == sending.campaign) {
            refusals.push(CampaignRefusal { campaign: sending.campaign, what, pause });
            self.queue.call_feeder();
        }
    }

    pub(crate) fn tally(&self, attempt: Attempt, outcome: &Outcome) {
        let metrics = &self.metrics;
        match outcome {
            Outcome::Sent { .. } if attempt.message().is_some() => count(&metrics.messages_sent),
            Outcome::Failed { .. } | Outcome::Skipped { .. } if attempt.message().is_some() => {
                count(&metrics.messages_failed);
            }
            _ => {}
        }
        count(match outcome {
            Outcome::Sent { .. } => &metrics.sent,
            Outcome::Failed { .. } => &metrics.failed,
            Outcome::Retry { .. } | Outcome::Resend { .. } => &metrics.retried,
            Outcome::Suppressed => &metrics.suppressed,
            Outcome::Skipped { .. } => &metrics.skipped,
            Outcome::InDoubt => &metrics.in_doubt,
            Outcome::Released => &metrics.released,
            Outcome::Postponed { .. } => &metrics.postponed,
        });
    }
}
