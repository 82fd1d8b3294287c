//! Keeps the lanes filled: watches which campaigns are being sent, claims ahead of need, ends
//! campaigns that have nothing left.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use model::campaign::CampaignAction;
use model::{CampaignId, Timestamp};
use render::{Compiled, Sender};
use store::{Campaign, ExpiredLeases, Outcome, Store, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::RELAY_TROUBLE;
use crate::health::{Health, clock};
use crate::queue::{Job, Queue, Sending};
use crate::settings::MailerSettings;
use crate::settler::Settler;

/// How often the store is asked what there is to do.
const LOOK: Duration = Duration::from_millis(200);

/// How long after an outage of the store nobody is taken for lost.
const AFTER_OUTAGE: Duration = Duration::from_secs(10);
/// How often leases of lost nodes are looked for.
const TAKE_OVER: Duration = Duration::from_secs(1);

/// See the module.
pub(crate) struct Feeder {
    pub(crate) store: Store,
    pub(crate) sender: Arc<Sender>,
    pub(crate) settings: Rc<MailerSettings>,
    pub(crate) queue: Rc<Queue>,
    pub(crate) settler: Rc<Settler>,
    pub(crate) health: Rc<Health>,
    pub(crate) campaigns: BTreeMap<CampaignId, Fed>,
    /// When leases of lost nodes were last looked for.
    pub(crate) expired: Option<Instant>,
}

/// A campaign that is being fed.
pub(crate) struct Fed {
    sending: Rc<Sending>,
    /// Nothing is due before this.
    next_due: Timestamp,
}

/// Why a campaign can't be sent.
#[derive(Debug, thiserror::Error)]
enum Unsendable {
    #[error("its announcement or topic is gone")]
    Gone,
    #[error("its announcement can't be used: {0}")]
    Announcement(#[from] render::Problem),
    #[error(transparent)]
    Form(#[from] render::UnreadableForm),
    #[error(
        "{0}, because this release makes another message of the announcement than the one that \
         started it; go on with that one, or create the campaign anew for those who lack it"
    )]
    Links(#[from] render::LinksDiffer),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Feeder {
    /// Feeds until shutdown, then gives back what nobody has begun to send.
    pub(crate) async fn run(mut self, shutdown: CancellationToken) {
        let mut looked: Option<Instant> = None;
        let (mut look_failed, mut was_troubled) = (false, false);
        while !shutdown.is_cancelled() {
            if looked.is_none_or(|at| at.elapsed() >= LOOK) {
                looked = Some(Instant::now());
                let seen = self.look().await;
                look_failed = seen.is_err();
                if look_failed {
                    // Whoever was cut off from the store as we were brings its outcomes first.
                    self.expired = Some(Instant::now() + AFTER_OUTAGE);
                }
                if let Err(error) = seen {
                    self.health.bad(&format!("the store can't say what is to be sent: {error}"));
                }
            }
            let filled = self.fill().await;
            let troubled = look_failed || filled.is_err();
            if let Err(error) = filled {
                self.health.bad(&format!("no deliveries can be claimed: {error}"));
            } else if was_troubled && !troubled {
                // With nothing to send, no success would ever take the trouble back.
                self.health.good();
            }
            was_troubled = troubled;
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.queue.low() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        self.release(self.queue.drain());
    }

    /// Follows starts, pauses and resumptions, and tells the store of trouble.
    async fn look(&mut self) -> Result<(), StoreError> {
        if let Some(news) = self.health.take_news() {
            let key = format!("{RELAY_TROUBLE}/{}", self.settings.node);
            let put = self.store.setting_put(key, news.clone()).await;
            put.inspect_err(|_| self.health.keep_news(news))?;
        }
        self.take_over().await?;
        let campaigns = self.store.campaigns_sending().await?;
        let stopped: Vec<CampaignId> = self
            .campaigns
            .keys()
            .filter(|id| !campaigns.iter().any(|campaign| campaign.id == **id))
            .copied()
            .collect();
        for id in stopped {
            self.campaigns.remove(&id);
            self.release(self.queue.drop_lane(id));
        }
        for campaign in campaigns {
            if !self.campaigns.contains_key(&campaign.id) {
                self.begin(campaign).await?;
            }
        }
        Ok(())
    }

    /// Takes back what nodes held that are gone, so that the queue has it again.
    async fn take_over(&mut self) -> Result<(), StoreError> {
        let due = self.expired.is_none_or(|at| at.elapsed() >= TAKE_OVER);
        // What we know ourselves goes to the store first.
        if !self.store.is_shared() || !due || self.settler.backlog() > 0 {
            return Ok(());
        }
        let expired = self.store.leases_expire(clock()).await?;
        self.expired = Some(Instant::now());
        if expired != ExpiredLeases::default() {
            let ExpiredLeases { queued, in_doubt } = expired;
            tracing::warn!(queued, in_doubt, "took over leases of a node that is gone");
        }
        Ok(())
    }

    async fn begin(&mut self, campaign: Campaign) -> Result<(), StoreError> {
        let id = campaign.id;
        match self.prepare(&campaign).await {
            Ok(sending) => {
                let fed = Fed { sending: Rc::new(sending), next_due: Timestamp(i64::MIN) };
                self.campaigns.insert(id, fed);
            }
            Err(Unsendable::Store(error)) => return Err(error),
            Err(problem) => {
                tracing::error!(campaign = %id, %problem, "paused: it can't be sent");
                self.store.campaign_act(id, CampaignAction::Pause, clock()).await?;
            }
        }
        Ok(())
    }

    async fn prepare(&self, campaign: &Campaign) -> Result<Sending, Unsendable> {
        let compiled = match self.store.compiled_message(campaign.id).await? {
            Some(form) => Compiled::from_json(&form)?,
            None => self.compile(campaign).await?,
        };
        let from = self.settings.return_path.as_ref().unwrap_or(compiled.from()).clone();
        Ok(Sending { campaign: campaign.id, compiled, policy: campaign.policy, from })
    }

    /// For a campaign that a release started which kept no form: what this release makes of it, if
    /// its links are the same, is kept from now on.
    async fn compile(&self, campaign: &Campaign) -> Result<Compiled, Unsendable> {
        let found = self.store.announcement_find(campaign.announcement).await?;
        let text = found.ok_or(Unsendable::Gone)?.source;
        let topic = self.store.topic_find(campaign.topic).await?.ok_or(Unsendable::Gone)?;
        let topic = render::Topic { slug: &topic.slug, name: &topic.name };
        let announcement = render::Announcement::parse(&text)?;
        let compiled = render::compile(&announcement, &self.sender, &topic)?;
        let links = self.store.campaign_links(campaign.id).await?;
        compiled.check_links(links.iter().map(|link| (link.slot, link.url.as_str())))?;
        self.store.compiled_message_keep(campaign.id, compiled.to_json()?).await?;
        Ok(compiled)
    }

    /// Claims for every lane that holds less than a batch.
    async fn fill(&mut self) -> Result<(), StoreError> {
        let batch = self.settings.batch;
        let ids: Vec<CampaignId> = self.campaigns.keys().copied().collect();
        for id in ids {
            if self.queue.waiting(id) >= batch || self.settler.backlog() >= batch * 8 {
                continue;
            }
            let Some(fed) = self.campaigns.get_mut(&id) else { continue };
            if fed.next_due > clock() {
                continue;
            }
            let jobs = claim(&self.store, &self.settings, &fed.sending).await?;
            if jobs.is_empty() {
                // Not before the next look at the earliest; a retry, a resumption or a release
                // may bring something sooner than the store says now.
                fed.next_due = clock().after(LOOK / 2);
                if self.queue.waiting(id) == 0 {
                    self.finish_if_done(id).await?;
                }
            } else {
                self.queue.put(id, jobs);
            }
        }
        Ok(())
    }

    async fn finish_if_done(&mut self, id: CampaignId) -> Result<(), StoreError> {
        if let Some(due) = self.store.delivery_next_due(id).await? {
            if let Some(fed) = self.campaigns.get_mut(&id) {
                // Looked at again every second: the clock may be set.
                let soon = clock().after(Duration::from_secs(1));
                fed.next_due = due.min(soon).max(fed.next_due);
            }
            return Ok(());
        }
        match self.store.campaign_act(id, CampaignAction::Finish, clock()).await {
            Ok(_) => {
                tracing::info!(campaign = %id, "finished");
                self.campaigns.remove(&id);
                self.queue.drop_lane(id);
                Ok(())
            }
            // Some are still on their way.
            Err(StoreError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn release(&self, jobs: Vec<Job>) {
        for job in jobs {
            self.settler.ended(job.attempt(), Outcome::Released, None);
        }
    }
}

async fn claim(
    store: &Store,
    settings: &MailerSettings,
    sending: &Rc<Sending>,
) -> Result<Vec<Job>, StoreError> {
    // Read before the claim: a removal in between is then seen by the last check.
    let removal_epoch = store.removal_epoch();
    let began = Instant::now();
    let margin = settings.relay.data_timeout.min(settings.lease / 2);
    let valid_until = began + settings.lease.saturating_sub(margin);
    let claimed = store
        .deliveries_claim(sending.campaign, settings.node, settings.batch, clock(), settings.lease)
        .await?;
    let job = |claimed| Job { sending: Rc::clone(sending), claimed, removal_epoch, valid_until };
    Ok(claimed.into_iter().map(job).collect())
}
