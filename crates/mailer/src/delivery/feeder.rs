//! Keeps the lanes filled: watches which campaigns are being sent, claims ahead of need, and
//! finishes campaigns that have nothing left.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use model::campaign::CampaignAction;
use model::{CampaignId, DeliveryState};
use render::Sender;
use store::notice_keys::{CAMPAIGN_TROUBLE, MAILER_LIMIT};
use store::{Campaign, ExpiredLeases, SendingCampaigns, Store, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::clock;
use crate::delivery::message_feeder::MessageFeeder;
use crate::delivery::preparation::{Preparation, Unsendable};
use crate::delivery::queue::{
    BATCHES, ClaimedDelivery, PART_OF_LEASE, QueueLimits, SendingCampaign,
};
use crate::delivery::worker::{CampaignRefusal, WorkerShared};
use crate::metrics::count;
use crate::settings::MailerSettings;
use crate::trouble_kind::TroubleKind;

/// How often to ask the store what there is to do.
const LOOK: Duration = Duration::from_millis(200);

/// How long after a store outage no node counts as lost.
const AFTER_OUTAGE: Duration = Duration::from_secs(10);
/// How often to look for leases of lost nodes.
const TAKE_OVER: Duration = Duration::from_secs(1);

pub(crate) struct Feeder {
    pub(crate) store: Store,
    pub(crate) settings: Rc<MailerSettings>,
    pub(crate) shared: Rc<WorkerShared>,
    campaigns: BTreeMap<CampaignId, FedCampaign>,
    preparation: Preparation,
    messages: MessageFeeder,
    /// Campaigns that can't be read and have been logged.
    unreadable: BTreeSet<CampaignId>,
    /// When leases of lost nodes were last looked for.
    expired: Option<Instant>,
    /// The last campaign that was claimed for; the next one gets its turn.
    fed_last: Option<CampaignId>,
    announced: bool,
}

/// A campaign that is being fed.
struct FedCampaign {
    sending: Rc<SendingCampaign>,
    /// Nothing is due before this.
    next_look: Instant,
}

impl Feeder {
    pub(crate) fn new(
        store: Store,
        sender: Arc<Sender>,
        settings: Rc<MailerSettings>,
        shared: Rc<WorkerShared>,
    ) -> Self {
        let preparation = Preparation::new(store.clone(), sender, Rc::clone(&settings));
        let messages = MessageFeeder::new(Rc::clone(&settings));
        Self {
            store,
            preparation,
            messages,
            settings,
            shared,
            campaigns: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            expired: None,
            fed_last: None,
            announced: false,
        }
    }

    /// Feeds until shutdown, then releases what nobody has begun to send.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let shared = Rc::clone(&self.shared);
        let mut looked: Option<Instant> = None;
        let mut look_failed = false;
        while !shutdown.is_cancelled() {
            if looked.is_none_or(|at| at.elapsed() >= LOOK) {
                looked = Some(Instant::now());
                let seen = self.look().await;
                look_failed = seen.is_err();
                if look_failed {
                    // Other nodes that were cut off from the store, as we were, bring their outcomes first.
                    self.expired = Some(Instant::now() + AFTER_OUTAGE);
                }
                if let Err(error) = seen {
                    let what = format!("the store can't say what to send: {error}");
                    shared.troubles.met(TroubleKind::Store, &what);
                }
            }
            let messages = self.messages.fill(&self.store, &self.shared).await;
            match messages.and(self.fill().await) {
                Ok(()) if !look_failed => shared.troubles.over(TroubleKind::Store),
                Ok(()) => {}
                Err(error) => {
                    let what = format!("can't claim deliveries: {error}");
                    shared.troubles.met(TroubleKind::Store, &what);
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = shared.queue.low() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        self.release(&shared.queue.drain());
    }

    /// Tells the store what people should know.
    async fn tell(&mut self) -> Result<(), StoreError> {
        let node = self.settings.node;
        if !self.announced {
            let limit = self.settings.throttle.as_ref().map(|it| it.per_minute().to_string());
            let key = format!("{MAILER_LIMIT}/{node}");
            self.store.setting_put(key, limit.unwrap_or_default()).await?;
            self.announced = true;
        }
        let troubles = Rc::clone(&self.shared.troubles);
        while let Some((kind, news)) = troubles.take_news() {
            let put = self.store.setting_put(format!("{}/{node}", kind.key()), news.clone()).await;
            put.inspect_err(|_| troubles.keep_news(kind, news))?;
        }
        loop {
            let refusal = self.shared.refusals.borrow().first().cloned();
            let Some(refusal) = refusal else { return Ok(()) };
            // Of one that was just paused, the reason is kept.
            if self.campaigns.contains_key(&refusal.campaign) {
                self.heed(&refusal).await?;
            }
            self.shared.refusals.borrow_mut().retain(|it| *it != refusal);
        }
    }

    /// Keeps the reason first: a campaign that was stopped always has one.
    async fn heed(&mut self, refusal: &CampaignRefusal) -> Result<(), StoreError> {
        let CampaignRefusal { campaign, what, pause } = refusal;
        let (id, now) = (*campaign, clock());
        let text = match what.as_str() {
            "" => String::new(),
            what if *pause => format!("paused by Pharos on {}: {what}", now.readable()),
            what => format!("{what} (at {})", now.readable()),
        };
        self.store.setting_put(format!("{CAMPAIGN_TROUBLE}/{id}"), text).await?;
        if *pause {
            tracing::error!(campaign = %id, what, "paused: the relay refuses it");
            count(&self.shared.metrics.campaigns_paused);
            self.pause(id).await?;
        }
        Ok(())
    }

    async fn pause(&mut self, id: CampaignId) -> Result<(), StoreError> {
        match self.store.campaign_act(id, CampaignAction::Pause, clock()).await {
            // Somebody was quicker.
            Ok(_) | Err(StoreError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
        self.campaigns.remove(&id);
        self.release(&self.shared.queue.drop_lane(id));
        Ok(())
    }

    /// Follows starts, pauses and resumptions, and reports trouble to the store.
    async fn look(&mut self) -> Result<(), StoreError> {
        self.tell().await?;
        self.take_over().await?;
        let SendingCampaigns { campaigns, unreadable } = self.store.campaigns_sending().await?;
        for (campaign, problem) in unreadable {
            // Its status says the same.
            if self.unreadable.insert(campaign) {
                tracing::error!(%campaign, problem, "not sending: its row can't be read");
            }
        }
        let stopped: Vec<CampaignId> = self
            .campaigns
            .keys()
            .filter(|id| !campaigns.iter().any(|campaign| campaign.id == **id))
            .copied()
            .collect();
        for id in stopped {
            self.campaigns.remove(&id);
            self.release(&self.shared.queue.drop_lane(id));
        }
        self.preparation.keep_only(&campaigns.iter().map(|campaign| campaign.id).collect());
        for campaign in campaigns {
            if !self.campaigns.contains_key(&campaign.id) {
                self.begin(campaign).await?;
            }
        }
        Ok(())
    }

    /// Requeues leases held by dead nodes.
    async fn take_over(&mut self) -> Result<(), StoreError> {
        let due = self.expired.is_none_or(|at| at.elapsed() >= TAKE_OVER);
        // What we know ourselves goes to the store first.
        if !due || self.shared.outcome_writer.backlog() > 0 {
            return Ok(());
        }
        let expired = if self.store.is_shared() {
            self.store.leases_expire(clock()).await?
        } else {
            self.store.leases_of_lost_nodes(self.settings.node, clock()).await?
        };
        self.expired = Some(Instant::now());
        if expired != ExpiredLeases::default() {
            let ExpiredLeases { queued, in_doubt } = expired;
            tracing::warn!(
                queued,
                in_doubt,
                "requeued leases held by a dead node; what it had begun is in doubt"
            );
        }
        Ok(())
    }

    async fn begin(&mut self, campaign: Campaign) -> Result<(), StoreError> {
        let id = campaign.id;
        match self.preparation.prepare(&campaign).await {
            // Its files are being read.
            Ok(None) => {}
            Ok(Some(sending)) => {
                let sent = self.store.deliveries_count(id).await?.get(DeliveryState::Sent);
                if sent > 0 {
                    sending.evidence.has_worked();
                    self.shared.deliverer.evidence.has_worked();
                }
                let fed = FedCampaign { sending: Rc::new(sending), next_look: Instant::now() };
                self.campaigns.insert(id, fed);
                if self.preparation.takes_back(id) {
                    let what = String::new();
                    self.heed(&CampaignRefusal { campaign: id, what, pause: false }).await?;
                }
            }
            Err(Unsendable::Store(error)) => return Err(error),
            Err(problem) => {
                let pause = !problem.is_temporary();
                let refusal = CampaignRefusal { campaign: id, what: problem.to_string(), pause };
                self.heed(&refusal).await?;
            }
        }
        Ok(())
    }

    /// How much may be claimed ahead of sending.
    fn limits(&self) -> QueueLimits {
        let (batch, lanes) = (self.settings.batch.max(1), self.campaigns.len().max(1));
        let most = batch * BATCHES;
        let all = self.settings.throttle.as_ref().map_or(most, |throttle| {
            throttle.share_within(self.settings.lease / PART_OF_LEASE).clamp(1, most)
        });
        // A lane is refilled when it is half empty.
        QueueLimits {
            lane: (all / lanes / 2).clamp(1, batch),
            all,
            messages: (all / 2).clamp(1, batch),
        }
    }

    /// Claims for every lane that runs low, in turn, so that under a limit each gets its share. A
    /// campaign that can't be claimed for does not hold up the others.
    async fn fill(&mut self) -> Result<(), StoreError> {
        let limits = self.limits();
        self.shared.queue.set_limits(limits);
        let behind: Vec<CampaignId> = self.campaigns.keys().copied().collect();
        let begin = behind.partition_point(|id| Some(*id) <= self.fed_last);
        let (first, then) = behind.split_at(begin);
        let mut filled = Ok(());
        for id in then.iter().chain(first) {
            let waiting = self.shared.queue.waiting_in_all();
            let backlog = self.shared.outcome_writer.backlog();
            if waiting >= limits.all || backlog >= self.settings.batch * BATCHES {
                break;
            }
            let due = self.campaigns.get(id).is_some_and(|fed| fed.next_look <= Instant::now());
            if due && self.shared.queue.waiting(*id) < limits.lane {
                let limit = limits.lane.min(limits.all - waiting);
                let claimed = self.fill_lane(*id, limit).await;
                filled = filled.and(claimed);
            }
        }
        filled
    }

    async fn fill_lane(&mut self, id: CampaignId, limit: usize) -> Result<(), StoreError> {
        let Some(fed) = self.campaigns.get_mut(&id) else { return Ok(()) };
        let deliveries = claim(&self.store, &self.settings, &fed.sending, limit).await?;
        if deliveries.is_empty() {
            // Not before the next look at the earliest; a retry, a resumption or a release may
            // bring something sooner than the store says now.
            fed.next_look = Instant::now() + LOOK / 2;
            if self.shared.queue.waiting(id) == 0 {
                return self.finish_if_done(id).await;
            }
        } else {
            self.fed_last = Some(id);
            self.shared.queue.put(id, deliveries);
        }
        Ok(())
    }

    async fn finish_if_done(&mut self, id: CampaignId) -> Result<(), StoreError> {
        if let Some(due) = self.store.delivery_next_due(id).await? {
            if let Some(fed) = self.campaigns.get_mut(&id) {
                let wait = u64::try_from(due.0 - clock().0).unwrap_or(0);
                // Looked at again every second: the clock may be set.
                let wait = Duration::from_micros(wait).min(Duration::from_secs(1));
                fed.next_look = fed.next_look.max(Instant::now() + wait);
            }
            return Ok(());
        }
        match self.store.campaign_act(id, CampaignAction::Finish, clock()).await {
            Ok(_) => {
                tracing::info!(campaign = %id, "finished");
                self.campaigns.remove(&id);
                self.shared.queue.drop_lane(id);
                Ok(())
            }
            // Some are still on their way.
            Err(StoreError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn release(&self, deliveries: &[ClaimedDelivery]) {
        for delivery in deliveries {
            self.shared.release(delivery);
        }
    }
}

async fn claim(
    store: &Store,
    settings: &MailerSettings,
    sending: &Rc<SendingCampaign>,
    limit: usize,
) -> Result<Vec<ClaimedDelivery>, StoreError> {
    // Read before the claim: a removal in between is then seen by the last check.
    let removal_epoch = store.removal_epoch();
    let began = Instant::now();
    let margin = settings.relay.data_timeout.min(settings.lease / 2);
    let valid_until = began + settings.lease.saturating_sub(margin);
    let claimed = store
        .deliveries_claim_within(
            sending.campaign,
            settings.node,
            limit,
            clock(),
            settings.lease,
            settings.retry.max,
        )
        .await?;
    let delivery = |claimed| ClaimedDelivery {
        sending: Rc::clone(sending),
        claimed,
        removal_epoch,
        valid_until,
    };
    Ok(claimed.into_iter().map(delivery).collect())
}
