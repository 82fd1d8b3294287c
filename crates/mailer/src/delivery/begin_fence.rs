//! Records in the store that a final dot may be sent, where several nodes share the store.
//!
//! Without it, a node that is lost for good would leave leases of which nobody knows whether they
//! were sent: its journal is lost with it. One transaction serves every waiting connection, and the
//! next one those that have arrived in the meantime, like the journal's group commit.
//!
//! Invariant: a caller that is told yes holds a lease that no other node gets before it is settled
//! or in doubt.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use model::{CampaignId, ContactId, MessageId};
use store::Store;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::clock::clock;
use crate::mail_journal::record::{Attempt, SINGLE};
use crate::settings::MailerSettings;

/// The store's answer: yes, no (the lease is no longer ours, or the contact has just left on
/// another node), or why it can't say.
type BeginAnswer = Result<bool, String>;

pub(crate) struct BeginFence {
    store: Store,
    node: u16,
    lease: Duration,
    waiting: RefCell<Vec<(Attempt, oneshot::Sender<BeginAnswer>)>>,
    wake: Notify,
}

impl BeginFence {
    pub(crate) fn new(store: Store, settings: &MailerSettings) -> Self {
        let (node, lease) = (settings.node, settings.begun_lease());
        Self { store, node, lease, waiting: RefCell::default(), wake: Notify::new() }
    }

    /// Whether the attempt may be made. Answered at once on a store with a single node, whose
    /// journal knows everything after a crash.
    pub(crate) async fn begin(&self, attempt: Attempt) -> BeginAnswer {
        if !self.store.is_shared() {
            return Ok(true);
        }
        let (answer, answered) = oneshot::channel();
        self.waiting.borrow_mut().push((attempt, answer));
        self.wake.notify_one();
        answered.await.unwrap_or_else(|_| Err("the mailer is stopping".to_owned()))
    }

    /// Serves waiting connections, until `done`.
    pub(crate) async fn run(&self, done: CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = self.wake.notified() => {}
                () = done.cancelled() => return,
            }
            let mut campaigns: BTreeMap<CampaignId, Vec<_>> = BTreeMap::new();
            for waiting in self.waiting.take() {
                campaigns.entry(waiting.0.campaign).or_default().push(waiting);
            }
            for (campaign, waiting) in campaigns {
                self.serve(campaign, waiting).await;
            }
        }
    }

    /// Those of a campaign's contacts, or of single messages, for which the store says yes.
    async fn begun(
        &self,
        campaign: CampaignId,
        which: Vec<(ContactId, i64)>,
    ) -> Result<HashSet<ContactId>, String> {
        let (store, node, now) = (&self.store, self.node, clock());
        let said = if campaign == SINGLE {
            let which = which.into_iter().map(|(id, epoch)| (MessageId(id.0), epoch)).collect();
            let begun = store.messages_begin(node, which, now, self.lease).await;
            begun.map(|begun| begun.into_iter().map(|id| ContactId(id.0)).collect())
        } else {
            let begun = store.deliveries_begin(campaign, node, which, now, self.lease).await;
            begun.map(|begun| begun.into_iter().collect())
        };
        said.map_err(|error| error.to_string())
    }

    async fn serve(
        &self,
        campaign: CampaignId,
        waiting: Vec<(Attempt, oneshot::Sender<BeginAnswer>)>,
    ) {
        let which = waiting.iter().map(|(attempt, _)| (attempt.contact, attempt.epoch)).collect();
        let begun = self.begun(campaign, which).await;
        for (attempt, answer) in waiting {
            let said = begun.as_ref().map(|begun| begun.contains(&attempt.contact));
            // A caller that gave up did not send.
            let _ = answer.send(said.map_err(Clone::clone));
        }
    }
}
