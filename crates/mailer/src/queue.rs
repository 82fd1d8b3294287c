//! Deliveries that are claimed and wait for a connection: one lane per campaign, served in turn.
//!
//! Invariant: bounded, because a lane is refilled only when less than one batch is left in it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;

use model::{CampaignId, EmailAddress, InDoubtPolicy};
use render::Compiled;
use store::Claimed;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::record::Attempt;

/// A campaign that is being sent.
pub(crate) struct Sending {
    pub(crate) campaign: CampaignId,
    pub(crate) compiled: Compiled,
    pub(crate) policy: InDoubtPolicy,
    /// The envelope sender.
    pub(crate) from: EmailAddress,
}

/// One claimed delivery.
pub(crate) struct Job {
    pub(crate) sending: Rc<Sending>,
    pub(crate) claimed: Claimed,
    /// The store's removal epoch from before the claim.
    pub(crate) removal_epoch: u64,
    /// Until then a final dot may leave under this lease.
    pub(crate) valid_until: Instant,
}

impl Job {
    pub(crate) fn attempt(&self) -> Attempt {
        Attempt {
            campaign: self.sending.campaign,
            contact: self.claimed.contact,
            epoch: self.claimed.epoch,
        }
    }
}

struct Lane {
    campaign: CampaignId,
    jobs: VecDeque<Job>,
}

/// See the module.
#[derive(Default)]
pub(crate) struct Queue {
    lanes: RefCell<VecDeque<Lane>>,
    arrived: Notify,
    low: Notify,
}

impl Queue {
    /// Adds claimed deliveries of one campaign.
    pub(crate) fn put(&self, campaign: CampaignId, jobs: impl IntoIterator<Item = Job>) {
        let mut lanes = self.lanes.borrow_mut();
        match lanes.iter_mut().find(|lane| lane.campaign == campaign) {
            Some(lane) => lane.jobs.extend(jobs),
            None => lanes.push_back(Lane { campaign, jobs: jobs.into_iter().collect() }),
        }
        drop(lanes);
        self.arrived.notify_waiters();
    }

    /// The next delivery, campaigns in turn. Tells the feeder when a lane reaches `low_at`.
    pub(crate) fn take(&self, low_at: usize) -> Option<Job> {
        let mut lanes = self.lanes.borrow_mut();
        for _ in 0..lanes.len() {
            let Some(mut lane) = lanes.pop_front() else { break };
            let job = lane.jobs.pop_front();
            if job.is_some() && (lane.jobs.len() + 1 == low_at || lane.jobs.is_empty()) {
                self.low.notify_one();
            }
            lanes.push_back(lane);
            if job.is_some() {
                return job;
            }
        }
        None
    }

    /// How many wait of this campaign.
    pub(crate) fn waiting(&self, campaign: CampaignId) -> usize {
        let lanes = self.lanes.borrow();
        lanes.iter().find(|lane| lane.campaign == campaign).map_or(0, |lane| lane.jobs.len())
    }

    /// Takes out what waits of this campaign.
    pub(crate) fn drop_lane(&self, campaign: CampaignId) -> Vec<Job> {
        let mut lanes = self.lanes.borrow_mut();
        let Some(at) = lanes.iter().position(|lane| lane.campaign == campaign) else {
            return Vec::new();
        };
        lanes.remove(at).map(|lane| lane.jobs.into()).unwrap_or_default()
    }

    /// Takes out everything.
    pub(crate) fn drain(&self) -> Vec<Job> {
        self.lanes.borrow_mut().drain(..).flat_map(|lane| lane.jobs).collect()
    }

    /// Resolves when something waits.
    pub(crate) async fn ready(&self) {
        loop {
            let mut arrived = pin!(self.arrived.notified());
            arrived.as_mut().enable();
            if self.lanes.borrow().iter().any(|lane| !lane.jobs.is_empty()) {
                return;
            }
            arrived.await;
        }
    }

    /// Resolves when a lane is running low.
    pub(crate) async fn low(&self) {
        self.low.notified().await;
    }
}
