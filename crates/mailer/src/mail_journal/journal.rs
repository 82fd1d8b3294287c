//! The mailer's journal while it runs: intents before the dot, outcomes after the reply, and the
//! mark up to which the store knows everything.
//!
//! Invariant: the mark never passes an intent whose outcome is not in the store.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use journal::{GroupCommit, JournalError, Position};
use store::{Mark, Outcome};

use crate::mail_journal::record::Attempt;

/// The name of the mark of a node's journal in the store.
#[must_use]
pub fn reader(node: u16) -> String {
    format!("mail/{node}")
}

/// Represents one intent until its outcome is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IntentKey {
    /// Nothing before this is needed for the intent.
    from: Position,
    number: u64,
}

pub(crate) struct MailJournal {
    journal: GroupCommit,
    dir: PathBuf,
    node: u16,
    open: RefCell<BTreeSet<IntentKey>>,
    next_number: Cell<u64>,
    kept_from: Cell<u64>,
}

impl MailJournal {
    pub(crate) fn new(journal: GroupCommit, dir: &Path, node: u16) -> Self {
        Self {
            journal,
            dir: dir.to_owned(),
            node,
            open: RefCell::default(),
            next_number: Cell::new(0),
            kept_from: Cell::new(0),
        }
    }

    /// Makes the intent durable. Only then may the final dot be sent.
    pub(crate) async fn intend(&self, attempt: Attempt) -> Result<IntentKey, JournalError> {
        let number = self.next_number.get();
        self.next_number.set(number + 1);
        let key = IntentKey { from: self.journal.durable().end(), number };
        self.open.borrow_mut().insert(key);
        match self.journal.append(&attempt.intent()).await {
            Ok(_) => Ok(key),
            Err(error) => {
                self.open.borrow_mut().remove(&key);
                Err(error)
            }
        }
    }

    /// Records how the attempt ended; durable with the next commit. If the journal can't take it,
    /// the store will still get it, and a crash before that leaves the delivery in doubt.
    pub(crate) fn ended(&self, attempt: Attempt, outcome: &Outcome) {
        if let Err(error) = self.journal.append_unawaited(&attempt.outcome(outcome)) {
            tracing::warn!(%error, campaign = %attempt.campaign, "can't write an outcome to the journal");
        }
    }

    /// The mark once the outcomes of `settled` are in the store.
    pub(crate) fn mark_without(&self, settled: &[IntentKey]) -> Mark {
        let settled: BTreeSet<&IntentKey> = settled.iter().collect();
        let open = self.open.borrow();
        let oldest = open.iter().find(|key| !settled.contains(key)).map(|key| key.from);
        let position = oldest.unwrap_or_else(|| self.journal.durable().end());
        mark_at(self.node, position)
    }

    /// Forgets intents whose outcomes are in the store, and removes segments before the mark.
    pub(crate) fn settled(&self, keys: &[IntentKey], mark: &Mark) {
        let mut open = self.open.borrow_mut();
        for key in keys {
            open.remove(key);
        }
        if mark.segment > self.kept_from.get() {
            self.kept_from.set(mark.segment);
            let keep = Position { segment: mark.segment, offset: mark.offset };
            if let Err(error) = journal::remove_before(&self.dir, keep) {
                tracing::warn!(%error, "can't remove old segments of the mailer's journal for now");
            }
        }
    }

    pub(crate) async fn flush(&self) {
        if let Err(error) = self.journal.flush().await {
            tracing::warn!(%error, "can't write the last outcomes to the journal");
        }
    }
}

pub(crate) fn mark_at(node: u16, position: Position) -> Mark {
    Mark { reader: reader(node), segment: position.segment, offset: position.offset }
}
