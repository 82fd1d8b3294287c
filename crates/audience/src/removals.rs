//! Removals that the store can't take now: kept on this node's disk until it can.
//!
//! Invariants: a removal that was answered is in the store, or durable in the journal of this node
//! and brought into the store as soon as that answers, also after a kill; from before the answer
//! until then, this process mails nobody. What was brought is noted in the journal itself, so
//! nothing else is needed to go on after a restart. Bringing one twice changes nothing.
//!
//! The journal has a thread of its own, which commits all that came in meanwhile at once.

mod record;
mod replay;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use journal::{Journal, JournalError, Options};
use model::{CampaignId, ContactId, Removal, Timestamp};
use store::{Left, Scope, Store, StoreError};
use token::Keyring;
use tokio::time::timeout;

pub use self::replay::RemovalReplay;
use self::writer::RemovalWriter;

/// 36 bytes a removal: close to a million fit.
const JOURNAL: Options = Options { segment_bytes: 1 << 20, max_bytes: 32 << 20 };
/// How long a recipient waits for the store before the journal takes their wish.
const STORE_WAIT: Duration = Duration::from_secs(3);

/// Somebody's wish to leave, as an authentic link in a message lets it be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkRemoval {
    /// Who.
    pub contact: ContactId,
    /// By whose message; its topic is what they leave.
    pub campaign: CampaignId,
    /// They leave every other topic as well.
    pub everything: bool,
    /// In which way they said so.
    pub how: Removal,
    /// When.
    pub at: Timestamp,
}

/// Where a removal is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalKept {
    /// In the store: it holds for the next message of any node.
    InStore(Left),
    /// In the journal of this node, which mails nobody until the store has it.
    InJournal,
}

/// Neither the store nor this node's disk takes the removal: nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("a removal can be kept neither in the store nor on this node: {0}")]
pub struct RemovalNotKept(#[from] JournalError);

/// Keeps removals; clones share one journal.
#[derive(Clone)]
pub struct RemovalJournal {
    store: Store,
    keys: Arc<Keyring>,
    writer: RemovalWriter,
    problem: Arc<Mutex<Option<String>>>,
}

impl RemovalJournal {
    /// Opens the journal in `dir`. What waits in it counts as postponed from now on, so open it
    /// before a mailer starts; the second value brings it into the store once it is run.
    ///
    /// # Errors
    /// When another process has the journal, or it can't be read.
    pub fn open(
        dir: &Path,
        store: Store,
        keys: Arc<Keyring>,
    ) -> Result<(Self, RemovalReplay), RemovalNotKept> {
        let journal = Journal::open(dir, JOURNAL)?;
        let durable = journal.durable();
        let backlog = replay::backlog(dir, journal.end())?;
        store.removals_postponed(backlog.waiting);
        let problem: Arc<Mutex<Option<String>>> = Arc::default();
        let writer = writer::spawn(journal, dir, store.clone())?;
        let removals = Self { store, keys, writer, problem };
        let replay = RemovalReplay::new(removals.clone(), dir, backlog.from, durable);
        Ok((removals, replay))
    }

    /// Lets somebody leave: in the store if it answers soon, else in the journal. Behind those that
    /// wait already nobody overtakes.
    ///
    /// # Errors
    /// When the journal can't take it either; then nobody must be told that it is done.
    pub async fn leave(&self, removal: LinkRemoval) -> Result<RemovalKept, RemovalNotKept> {
        if self.store.removals_waiting() == 0 {
            match timeout(STORE_WAIT, self.bring(removal)).await {
                Ok(Ok(left)) => return Ok(RemovalKept::InStore(left)),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "a removal is kept on this node until the store takes it");
                }
                Err(_) => {
                    tracing::warn!("the store is slow: a removal is kept on this node meanwhile");
                }
            }
        }
        self.writer.keep(&self.store, removal).await?;
        Ok(RemovalKept::InJournal)
    }

    /// Why removals wait, for people; nothing when none does.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let waiting = self.store.removals_waiting();
        if waiting == 0 {
            return None;
        }
        let problem = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let why = problem.as_deref().unwrap_or("they are being brought");
        Some(format!("removals that wait for the store: {waiting}; nobody is mailed ({why})"))
    }

    fn set_problem(&self, problem: Option<String>) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = problem;
    }

    /// Brings a removal into the store; one of a campaign that is no more changes nothing.
    async fn bring(&self, removal: LinkRemoval) -> Result<Left, StoreError> {
        let LinkRemoval { contact, campaign, everything, how, at } = removal;
        let scope = if everything {
            Scope::Everything
        } else {
            match self.store.campaign_find(campaign).await? {
                Some(found) => Scope::Topic(found.topic),
                None => return Ok(Left { changed: false }),
            }
        };
        crate::leave(&self.store, &self.keys, contact, scope, how, Some(campaign), at).await
    }
}
