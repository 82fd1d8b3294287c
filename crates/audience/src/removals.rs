//! Removals that the store can't accept now, kept on this node's disk until it can.
//!
//! Invariants: a removal that was confirmed is in the store, or durable in this node's journal and
//! copied into the store as soon as the store answers, even after a kill, and even if the store was
//! unreachable from the start; until then this process mails nobody. What has been copied is
//! recorded in the journal itself, so a restart needs nothing else. Applying a removal twice
//! changes nothing.
//!
//! People whom the store does not know (because it is an older copy, say) are removed all the same,
//! by the code of their address: at once if they are a contact under another id, otherwise when
//! they are imported.
//!
//! The journal has its own thread, which commits everything that has arrived in the meantime at
//! once.

mod record;
mod replay;
mod search;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journal::{Journal, JournalError, Options};
use model::{AddressCode, CampaignId, ContactId, Removal, Timestamp};
use store::{Left, Scope, Store, StoreError};
use token::Keyring;
use tokio::sync::Notify;
use tokio::time::timeout;

pub use self::replay::RemovalReplay;
use self::writer::RemovalWriter;

/// 41 bytes a removal: close to a million fit.
const JOURNAL: Options = Options { segment_bytes: 1 << 20, max_bytes: 32 << 20 };
/// How long a recipient waits for the store before the journal takes their request.
const STORE_WAIT: Duration = Duration::from_secs(3);

/// A request to unsubscribe, made through an authentic link in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkRemoval {
    pub contact: ContactId,
    /// Identifies them when the contact is unknown; None in links of earlier releases.
    pub address: Option<AddressCode>,
    /// The campaign of the message; they leave its topic, or everything if the store does not know
    /// it.
    pub campaign: CampaignId,
    /// They leave every other topic as well.
    pub everything: bool,
    /// In which way they said so.
    pub how: Removal,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalKept {
    /// In the store: it applies to the next message from any node.
    InStore(Left),
    /// In the journal of this node, which mails nobody until the store has it.
    InJournal,
}

/// Neither the store nor this node's disk accepts the removal: nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("an unsubscribe can be saved neither in the store nor on this node: {0}")]
pub struct RemovalNotKept(#[from] JournalError);

/// Keeps removals; clones share one journal.
#[derive(Clone)]
pub struct RemovalJournal {
    waiting: WaitingRemovals,
    keys: Arc<Keyring>,
    writer: RemovalWriter,
    problem: Arc<Mutex<Option<String>>>,
    /// Notified when a removal of somebody whom the store does not know was kept.
    kept: Arc<Notify>,
}

/// How many removals are waiting; the store is told as soon as there is one, so that nobody is
/// mailed.
#[derive(Clone, Default)]
struct WaitingRemovals(Arc<Mutex<StoreOrCount>>);

enum StoreOrCount {
    Store(Store),
    /// As long as it was not reached.
    Count(u64),
}

impl Default for StoreOrCount {
    fn default() -> Self {
        Self::Count(0)
    }
}

impl WaitingRemovals {
    fn lock(&self) -> MutexGuard<'_, StoreOrCount> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn store(&self) -> Option<Store> {
        match &*self.lock() {
            StoreOrCount::Store(store) => Some(store.clone()),
            StoreOrCount::Count(_) => None,
        }
    }

    fn use_store(&self, store: Store) {
        let mut now = self.lock();
        if let StoreOrCount::Count(count) = &*now {
            store.removals_postponed(*count);
            *now = StoreOrCount::Store(store);
        }
    }

    fn postponed(&self, more: u64) {
        match &mut *self.lock() {
            StoreOrCount::Store(store) => store.removals_postponed(more),
            StoreOrCount::Count(count) => *count = count.saturating_add(more),
        }
    }

    fn caught_up(&self, less: u64) {
        match &mut *self.lock() {
            StoreOrCount::Store(store) => store.removals_caught_up(less),
            StoreOrCount::Count(count) => *count = count.saturating_sub(less),
        }
    }

    fn count(&self) -> u64 {
        match &*self.lock() {
            StoreOrCount::Store(store) => store.removals_waiting(),
            StoreOrCount::Count(count) => *count,
        }
    }
}

impl RemovalJournal {
    /// Opens the journal in `dir`. Until [`Self::use_store`] it keeps whatever comes; the second
    /// value copies it into the store while it runs.
    ///
    /// # Errors
    /// When another process has the journal open, or it can't be read.
    pub fn open(dir: &Path, keys: Arc<Keyring>) -> Result<(Self, RemovalReplay), RemovalNotKept> {
        let journal = Journal::open(dir, JOURNAL)?;
        let durable = journal.durable();
        let backlog = replay::backlog(dir, journal.end())?;
        let waiting = WaitingRemovals::default();
        waiting.postponed(backlog.waiting);
        let writer = writer::spawn(journal, dir, waiting.clone())?;
        let removals =
            Self { waiting, keys, writer, problem: Arc::default(), kept: Arc::default() };
        let replay = RemovalReplay::new(removals.clone(), dir, backlog.from, durable);
        Ok((removals, replay))
    }

    /// From now on, removals go into this store. Those that are waiting count as postponed there
    /// from now on, so call it before a mailer starts.
    pub fn use_store(&self, store: Store) {
        self.waiting.use_store(store);
    }

    /// Unsubscribes somebody: in the store if it answers soon, otherwise in the journal. Nothing
    /// overtakes removals that are already waiting.
    ///
    /// # Errors
    /// When the journal can't take it either; then nobody must be told that it is done.
    pub async fn leave(&self, removal: LinkRemoval) -> Result<RemovalKept, RemovalNotKept> {
        let store = self.waiting.store().filter(|store| store.removals_waiting() == 0);
        if let Some(store) = store {
            match timeout(STORE_WAIT, self.bring(&store, removal)).await {
                Ok(Ok(left)) => return Ok(RemovalKept::InStore(left)),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "an unsubscribe is kept on this node until the store accepts it");
                }
                Err(_) => {
                    tracing::warn!(
                        "the store is slow: an unsubscribe is kept on this node meanwhile"
                    );
                }
            }
        }
        self.writer.keep(&self.waiting, removal).await?;
        Ok(RemovalKept::InJournal)
    }

    /// Why removals are waiting, for people; None when none is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let waiting = self.waiting.count();
        if waiting == 0 {
            return None;
        }
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let why = problem.as_deref().unwrap_or("they are being stored");
        Some(format!("unsubscribes waiting for the store: {waiting}; nobody is mailed ({why})"))
    }

    fn set_problem(&self, problem: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    /// Applies a removal in the store. If the person is not a contact and the link does not
    /// identify their address, nothing can be kept.
    async fn bring(&self, store: &Store, removal: LinkRemoval) -> Result<Left, StoreError> {
        let LinkRemoval { contact, address, campaign, everything, how, at } = removal;
        // The link is authentic: a campaign that the store does not know was made after the copy
        // that was put back, and what its topic was, nobody can tell.
        let known = store.campaign_find(campaign).await?;
        let scope = match &known {
            Some(known) if !everything => Scope::Topic(known.topic),
            _ => Scope::Everything,
        };
        let campaign = known.map(|_| campaign);
        if store.contact_now(contact).await?.is_some() {
            return crate::leave(store, &self.keys, contact, scope, how, campaign, at).await;
        }
        let Some(address) = address else { return Ok(Left { changed: false }) };
        let kept = store.removal_keep(address, scope, how, campaign, at).await?;
        if kept.changed {
            self.kept.notify_one();
        }
        Ok(kept)
    }
}
