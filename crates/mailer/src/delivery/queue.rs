//! Claimed deliveries that are waiting for a connection: one lane per campaign, served in turn, and one
//! for single messages, which goes first.
//!
//! Invariants: no campaign, however large, paused or resting, holds up a message; after
//! [`MESSAGES_IN_A_ROW`] messages a campaign has its turn, so that messages hold up none for good.
//!
//! Bounded: the feeder refills a lane only when it runs low, and none while [`QueueLimits::all`]
//! are waiting.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;

use model::{CampaignId, EmailAddress, InDoubtPolicy};
use render::Compiled;
use store::{Campaign, Claimed};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::mail_journal::record::{Attempt, SINGLE};
use crate::refusal::evidence::RefusalEvidence;

/// Most batches waiting in all lanes together.
pub(crate) const BATCHES: usize = 8;
/// Under a rate limit, claim only what the limit lets through in this part of a lease, so that a
/// claimed delivery is still ours when its turn comes.
pub(crate) const PART_OF_LEASE: u32 = 4;
/// Messages that are taken while deliveries of campaigns are waiting.
const MESSAGES_IN_A_ROW: u32 = 7;

/// A campaign that is being sent, or what single messages are made from.
pub(crate) struct SendingCampaign {
    pub(crate) campaign: CampaignId,
    pub(crate) compiled: Compiled,
    /// Behind every message, for each language: what it carries, encoded once, and the final dot.
    pub(crate) endings: Vec<Box<[u8]>>,
    pub(crate) policy: InDoubtPolicy,
    pub(crate) from: EmailAddress,
    /// Whether its recipients get through.
    pub(crate) evidence: RefusalEvidence,
    /// How many times in a row it was refused as a whole.
    pub(crate) rests: Cell<i64>,
}

impl SendingCampaign {
    /// `carried` is the end of every message before its final dot, for each language.
    pub(crate) fn new(
        campaign: &Campaign,
        compiled: Compiled,
        carried: Vec<Vec<u8>>,
        from: EmailAddress,
    ) -> Self {
        Self {
            campaign: campaign.id,
            compiled,
            endings: endings(carried),
            policy: campaign.policy,
            from,
            evidence: RefusalEvidence::default(),
            rests: Cell::new(0),
        }
    }

    /// What single messages are made from.
    pub(crate) fn of_messages(
        compiled: Compiled,
        carried: Vec<Vec<u8>>,
        from: EmailAddress,
    ) -> Self {
        Self {
            campaign: SINGLE,
            compiled,
            endings: endings(carried),
            // Nobody gets a second copy of a message that may have been sent.
            policy: InDoubtPolicy::NeverResend,
            from,
            evidence: RefusalEvidence::default(),
            rests: Cell::new(0),
        }
    }
}

/// Each with the final dot.
fn endings(carried: Vec<Vec<u8>>) -> Vec<Box<[u8]>> {
    carried.into_iter().map(|it| [&it[..], b".\r\n"].concat().into()).collect()
}

/// A claimed delivery on its way to a worker.
pub(crate) struct ClaimedDelivery {
    pub(crate) sending: Rc<SendingCampaign>,
    pub(crate) claimed: Claimed,
    /// The store's removal epoch from before the claim.
    pub(crate) removal_epoch: u64,
    /// Until then a final dot may be sent under this lease.
    pub(crate) valid_until: Instant,
}

impl ClaimedDelivery {
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt {
            campaign: self.sending.campaign,
            contact: self.claimed.contact,
            epoch: self.claimed.epoch,
        }
    }
}

/// How much may be waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct QueueLimits {
    /// In one lane; it is refilled when less than this is left.
    pub(crate) lane: usize,
    /// In the lanes of all campaigns together.
    pub(crate) all: usize,
    /// Of single messages; more are claimed when less than this is left.
    pub(crate) messages: usize,
}

/// How many deliveries of campaigns are waiting.
fn of_campaigns(lanes: &VecDeque<Lane>) -> usize {
    let of_campaigns = lanes.iter().filter(|lane| lane.campaign != SINGLE);
    of_campaigns.map(|lane| lane.deliveries.len()).sum()
}

struct Lane {
    campaign: CampaignId,
    deliveries: VecDeque<ClaimedDelivery>,
    /// Not served before then: the relay refuses the sender or message of this campaign.
    rests_until: Option<Instant>,
}

/// Which delivery of a lane to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pick {
    /// In the order of the claims.
    Next,
    /// The one that has least in common with those before, and was never refused: it tells most
    /// after trouble.
    Probe,
}

#[derive(Default)]
pub(crate) struct Queue {
    lanes: RefCell<VecDeque<Lane>>,
    limits: Cell<QueueLimits>,
    /// Messages that were taken since a campaign had its turn.
    in_a_row: Cell<u32>,
    arrived: Notify,
    low: Notify,
}

impl Lane {
    fn new(campaign: CampaignId) -> Self {
        Self { campaign, deliveries: VecDeque::new(), rests_until: None }
    }

    fn is_ready(&self, now: Instant) -> bool {
        !self.deliveries.is_empty() && self.rests_until.is_none_or(|until| now >= until)
    }

    fn pop(&mut self, pick: Pick) -> Option<ClaimedDelivery> {
        match pick {
            Pick::Next => self.deliveries.pop_front(),
            Pick::Probe => self.pop_probe(),
        }
    }

    fn pop_probe(&mut self) -> Option<ClaimedDelivery> {
        let unrefused =
            self.deliveries.iter().rposition(|delivery| delivery.claimed.last_code.is_none());
        match unrefused {
            Some(at) => self.deliveries.remove(at),
            None => self.deliveries.pop_back(),
        }
    }
}

impl Queue {
    /// Adds claimed deliveries of one campaign.
    pub(crate) fn put(
        &self,
        campaign: CampaignId,
        deliveries: impl IntoIterator<Item = ClaimedDelivery>,
    ) {
        self.with_lane(campaign, |lane| lane.deliveries.extend(deliveries));
        self.arrived.notify_waiters();
    }

    /// Puts back a delivery that was just taken, to be the next one.
    pub(crate) fn put_back(&self, delivery: ClaimedDelivery) {
        self.with_lane(delivery.sending.campaign, |lane| lane.deliveries.push_front(delivery));
        self.arrived.notify_waiters();
    }

    /// Serves nothing of the campaign before `until`.
    pub(crate) fn rest(&self, campaign: CampaignId, until: Instant) {
        self.with_lane(campaign, |lane| lane.rests_until = Some(until));
    }

    fn with_lane(&self, campaign: CampaignId, change: impl FnOnce(&mut Lane)) {
        let mut lanes = self.lanes.borrow_mut();
        if let Some(lane) = lanes.iter_mut().find(|lane| lane.campaign == campaign) {
            return change(lane);
        }
        let mut lane = Lane::new(campaign);
        change(&mut lane);
        lanes.push_back(lane);
    }

    /// Sets how much may be waiting, which [`Self::low`] uses.
    pub(crate) fn set_limits(&self, limits: QueueLimits) {
        self.limits.set(limits);
    }

    /// The next delivery: messages first, as long as it is their turn, then campaigns in turn.
    pub(crate) fn take(&self, pick: Pick) -> Option<ClaimedDelivery> {
        let first = self.in_a_row.get() < MESSAGES_IN_A_ROW;
        if first && let Some(message) = self.take_message(pick) {
            return Some(message);
        }
        let taken = self.take_of_campaigns(pick);
        if taken.is_some() || first {
            self.in_a_row.set(0);
            return taken;
        }
        self.take_message(pick)
    }

    fn take_message(&self, pick: Pick) -> Option<ClaimedDelivery> {
        let (mut lanes, now) = (self.lanes.borrow_mut(), Instant::now());
        let lane = lanes.iter_mut().find(|lane| lane.campaign == SINGLE && lane.is_ready(now))?;
        let taken = lane.pop(pick);
        if lane.deliveries.is_empty() || lane.deliveries.len() + 1 == self.limits.get().messages {
            self.low.notify_one();
        }
        self.in_a_row.set(self.in_a_row.get().saturating_add(1));
        taken
    }

    fn take_of_campaigns(&self, pick: Pick) -> Option<ClaimedDelivery> {
        let (mut lanes, now) = (self.lanes.borrow_mut(), Instant::now());
        let limits = self.limits.get();
        let mut taken = None;
        for _ in 0..lanes.len() {
            let Some(mut lane) = lanes.pop_front() else { break };
            if lane.campaign != SINGLE && lane.is_ready(now) {
                taken = lane.pop(pick);
            }
            let left = lane.deliveries.len();
            lanes.push_back(lane);
            if taken.is_some() {
                let all = of_campaigns(&lanes);
                if left == 0 || left + 1 == limits.lane || all + 1 == limits.all {
                    self.low.notify_one();
                }
                break;
            }
        }
        taken
    }

    /// How many of this campaign are waiting.
    pub(crate) fn waiting(&self, campaign: CampaignId) -> usize {
        let lanes = self.lanes.borrow();
        lanes.iter().find(|lane| lane.campaign == campaign).map_or(0, |lane| lane.deliveries.len())
    }

    /// How many of all campaigns are waiting.
    pub(crate) fn waiting_in_all(&self) -> usize {
        of_campaigns(&self.lanes.borrow())
    }

    /// Removes what is waiting of this campaign.
    pub(crate) fn drop_lane(&self, campaign: CampaignId) -> Vec<ClaimedDelivery> {
        let mut lanes = self.lanes.borrow_mut();
        let Some(at) = lanes.iter().position(|lane| lane.campaign == campaign) else {
            return Vec::new();
        };
        lanes.remove(at).map(|lane| lane.deliveries.into()).unwrap_or_default()
    }

    pub(crate) fn drain(&self) -> Vec<ClaimedDelivery> {
        self.lanes.borrow_mut().drain(..).flat_map(|lane| lane.deliveries).collect()
    }

    /// Resolves when there is something to take.
    pub(crate) async fn ready(&self) {
        loop {
            let mut arrived = pin!(self.arrived.notified());
            arrived.as_mut().enable();
            let Some(rested) = self.next_rested() else {
                arrived.await;
                continue;
            };
            if rested <= Instant::now() {
                return;
            }
            tokio::select! {
                () = arrived => {}
                () = tokio::time::sleep_until(rested) => {}
            }
        }
    }

    /// When the first non-empty lane may be served; in the past if one may be served now.
    fn next_rested(&self) -> Option<Instant> {
        let (lanes, now) = (self.lanes.borrow(), Instant::now());
        let filled = lanes.iter().filter(|lane| !lane.deliveries.is_empty());
        filled.map(|lane| lane.rests_until.unwrap_or(now)).min()
    }

    /// Resolves when a lane is running low.
    pub(crate) async fn low(&self) {
        self.low.notified().await;
    }

    /// Wakes the feeder at once.
    pub(crate) fn call_feeder(&self) {
        self.low.notify_one();
    }
}

#[cfg(test)]
mod tests;
