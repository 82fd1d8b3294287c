//! The thread that owns the journal of removals.

use std::path::{Path, PathBuf};

use journal::{Journal, JournalError, Position};
use tokio::sync::{mpsc, oneshot};

use super::record::RemovalRecord;
use super::{LinkRemoval, WaitingRemovals};

/// How many removals may wait for a commit; further ones wait for a place.
const QUEUE: usize = 1_024;

/// Passes records to the thread, which ends when the last clone is dropped.
#[derive(Clone)]
pub(super) struct RemovalWriter(mpsc::Sender<WriterOrder>);

enum WriterOrder {
    /// Answered when it is durable.
    Keep(LinkRemoval, oneshot::Sender<Result<(), JournalError>>),
    /// Everything before this is in the store.
    Brought(Position),
}

impl RemovalWriter {
    /// Returns when the removal is on disk. It counts as postponed from before that on; a caller
    /// that stops waiting does not undo it.
    pub(super) async fn keep(
        &self,
        waiting: &WaitingRemovals,
        removal: LinkRemoval,
    ) -> Result<(), JournalError> {
        let (answer, answered) = oneshot::channel();
        let place = self.0.reserve().await.map_err(|_| JournalError::Closed)?;
        waiting.postponed(1);
        place.send(WriterOrder::Keep(removal, answer));
        answered.await.map_err(|_| JournalError::Closed)?
    }

    /// Records how far the store has the removals. If that record is lost, they are copied once
    /// more.
    pub(super) async fn brought(&self, to: Position) {
        // Without the thread there is nothing to note it in.
        let _ = self.0.send(WriterOrder::Brought(to)).await;
    }
}

pub(super) fn spawn(
    journal: Journal,
    dir: &Path,
    waiting: WaitingRemovals,
) -> Result<RemovalWriter, JournalError> {
    let (sender, orders) = mpsc::channel(QUEUE);
    let mut writing = Writing { journal, dir: dir.to_owned(), waiting };
    std::thread::Builder::new()
        .name("removals".to_owned())
        .spawn(move || writing.run(orders))
        .map_err(|source| JournalError::Io {
            what: "start a thread for",
            path: dir.to_owned(),
            source: source.into(),
        })?;
    Ok(RemovalWriter(sender))
}

struct Writing {
    journal: Journal,
    dir: PathBuf,
    waiting: WaitingRemovals,
}

impl Writing {
    fn run(&mut self, mut orders: mpsc::Receiver<WriterOrder>) {
        let mut batch = Vec::with_capacity(QUEUE);
        while orders.blocking_recv_many(&mut batch, QUEUE) > 0 {
            self.commit(batch.drain(..));
        }
    }

    /// One commit for all that has come.
    fn commit(&mut self, orders: impl Iterator<Item = WriterOrder>) {
        let (mut kept, mut brought) = (Vec::new(), None);
        for order in orders {
            match order {
                WriterOrder::Keep(removal, answer) => {
                    match self.journal.append(&RemovalRecord::Removal(removal).encode()) {
                        Ok(at) => kept.push((at, answer)),
                        Err(error) => self.refuse(answer, error),
                    }
                }
                WriterOrder::Brought(to) => brought = brought.max(Some(to)),
            }
        }
        if let Some(to) = brought
            && let Err(error) = self.journal.append(&RemovalRecord::Brought(to).encode())
        {
            tracing::warn!(%error, "unsubscribes that are stored already may be stored once more");
        }
        let committed = self.journal.commit();
        let durable = self.journal.end();
        for (at, answer) in kept {
            match &committed {
                Err(error) if at >= durable => self.refuse(answer, error.clone()),
                // The caller may be gone; the removal is valid all the same.
                _ => drop(answer.send(Ok(()))),
            }
        }
        // The note itself is in the newest segment, which stays.
        if committed.is_ok()
            && let Some(to) = brought
            && let Err(error) = journal::remove_before(&self.dir, to)
        {
            tracing::warn!(%error, "can't remove old segments of the removal journal for now");
        }
    }

    /// Nothing was promised, so nobody waits for it.
    fn refuse(&self, answer: oneshot::Sender<Result<(), JournalError>>, error: JournalError) {
        self.waiting.caught_up(1);
        drop(answer.send(Err(error)));
    }
}
