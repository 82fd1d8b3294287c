//! Writes outcomes to the store, many at a time, together with the journal's mark.
//!
//! Bounded: the feeder claims nothing while [`OutcomeWriter::backlog`] is long.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use model::{CampaignId, MessageId};
use store::{Mark, Outcome, Settled, SettledMessage, Store, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock::clock;
use crate::mail_journal::journal::{IntentKey, MailJournal};
use crate::mail_journal::record::{Attempt, SINGLE};
use crate::trouble::Troubles;
use crate::trouble_kind::TroubleKind;

/// How long an outcome waits for others to join its transaction.
const GATHER: Duration = Duration::from_millis(40);
/// Pause after the store refused.
const AGAIN: Duration = Duration::from_secs(1);

pub(crate) struct OutcomeWriter {
    store: Store,
    mail_journal: Rc<MailJournal>,
    troubles: Rc<Troubles>,
    ended: RefCell<Vec<EndedDelivery>>,
    /// Taken from `ended` and not in the store yet.
    settling: Cell<usize>,
    wake: Notify,
}

struct EndedDelivery {
    attempt: Attempt,
    outcome: Outcome,
    intent: Option<IntentKey>,
}

impl OutcomeWriter {
    pub(crate) fn new(store: Store, mail_journal: Rc<MailJournal>, troubles: Rc<Troubles>) -> Self {
        Self {
            store,
            mail_journal,
            troubles,
            ended: RefCell::default(),
            settling: Cell::new(0),
            wake: Notify::new(),
        }
    }

    /// Reports how an attempt ended. With an intent, the outcome goes to the journal first.
    pub(crate) fn ended(&self, attempt: Attempt, outcome: Outcome, intent: Option<IntentKey>) {
        if intent.is_some() {
            self.mail_journal.ended(attempt, &outcome);
        }
        self.ended.borrow_mut().push(EndedDelivery { attempt, outcome, intent });
        self.wake.notify_one();
    }

    /// Outcomes that are not in the store yet.
    pub(crate) fn backlog(&self) -> usize {
        self.ended.borrow().len() + self.settling.get()
    }

    /// Runs until `done`, then settles what is left.
    pub(crate) async fn run(&self, done: CancellationToken) {
        loop {
            tokio::select! {
                () = self.wake.notified() => {}
                () = done.cancelled() => break,
            }
            tokio::select! {
                () = tokio::time::sleep(GATHER) => {}
                () = done.cancelled() => break,
            }
            if let Err(error) = self.settle_all().await {
                let what = format!("the store does not accept outcomes: {error}");
                self.troubles.met(TroubleKind::Store, &what);
                self.wake.notify_one();
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    () = done.cancelled() => break,
                }
            }
        }
        self.mail_journal.flush().await;
        if let Err(error) = self.settle_all().await {
            tracing::error!(%error, "outcomes are waiting in the journal for the next start");
        }
    }

    /// One transaction per campaign; the last one carries the mark.
    async fn settle_all(&self) -> Result<(), StoreError> {
        let mut ended = self.ended.take();
        while !ended.is_empty() {
            self.settling.set(ended.len());
            let campaign = ended.first().map_or(CampaignId(0), |first| first.attempt.campaign);
            let (now, later) = ended.into_iter().partition(|e| e.attempt.campaign == campaign);
            ended = later;
            if let Err(error) = self.settle(campaign, &now).await {
                // Kept in front of what has come in since.
                let mut kept: Vec<EndedDelivery> = now;
                kept.append(&mut ended);
                kept.append(&mut self.ended.borrow_mut());
                self.ended.replace(kept);
                self.settling.set(0);
                return Err(error);
            }
        }
        self.settling.set(0);
        Ok(())
    }

    async fn settle(
        &self,
        campaign: CampaignId,
        ended: &[EndedDelivery],
    ) -> Result<(), StoreError> {
        let keys: Vec<IntentKey> = ended.iter().filter_map(|ended| ended.intent).collect();
        let mark = self.mail_journal.mark_without(&keys);
        let settled = ended.iter().map(EndedDelivery::settled).collect();
        settle(&self.store, campaign, settled, Some(mark.clone())).await?;
        self.mail_journal.settled(&keys, &mark);
        Ok(())
    }
}

impl EndedDelivery {
    fn settled(&self) -> Settled {
        Settled {
            contact: self.attempt.contact,
            epoch: self.attempt.epoch,
            outcome: self.outcome.clone(),
        }
    }
}

/// Stores the outcomes of a campaign's deliveries, or of single messages; returns how many applied.
pub(crate) async fn settle(
    store: &Store,
    campaign: CampaignId,
    settled: Vec<Settled>,
    mark: Option<Mark>,
) -> Result<usize, StoreError> {
    if campaign != SINGLE {
        return store.deliveries_settle(campaign, settled, clock(), mark).await;
    }
    let of_message = |Settled { contact, epoch, outcome }| {
        let id = MessageId(contact.0);
        SettledMessage { id, epoch, outcome }
    };
    let settled = settled.into_iter().map(of_message).collect();
    store.messages_settle(settled, clock(), mark).await
}

/// Outcomes by campaign, for the store's one transaction per campaign.
pub(crate) fn by_campaign(
    ended: impl IntoIterator<Item = (Attempt, Outcome)>,
) -> BTreeMap<CampaignId, Vec<Settled>> {
    let mut campaigns: BTreeMap<CampaignId, Vec<Settled>> = BTreeMap::new();
    for (attempt, outcome) in ended {
        let settled = Settled { contact: attempt.contact, epoch: attempt.epoch, outcome };
        campaigns.entry(attempt.campaign).or_default().push(settled);
    }
    campaigns
}
