//! Copies what the removal journal holds into the store.

use std::path::{Path, PathBuf};
use std::time::Duration;

use journal::{Durable, JournalError, Position, Reader};
use store::StoreError;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::record::{MAX_BYTES, RemovalRecord, UnknownRecord};
use super::{RemovalJournal, search};

/// Between two attempts while the store is unreachable; the store also retries its database by
/// itself.
const AGAIN: Duration = Duration::from_millis(250);

/// What a journal holds at its opening.
pub(super) struct Backlog {
    pub(super) from: Position,
    /// Removals in the journal after `from`.
    pub(super) waiting: u64,
}

/// Finds what is in the journal and not yet in the store. Segments are removed once they are
/// stored, so there is never much to read.
pub(super) fn backlog(dir: &Path, end: Position) -> Result<Backlog, JournalError> {
    let (mut from, mut places) = (Position::START, Vec::new());
    let mut reader = Reader::open(dir, Position::START)?;
    while let Some((at, record)) = next_record(&mut reader, end)? {
        match record {
            Ok(RemovalRecord::Brought(to)) => from = from.max(to),
            // What can't be understood waits as well.
            Ok(RemovalRecord::Removal(_)) | Err(UnknownRecord) => places.push(at),
        }
    }
    places.retain(|place| *place >= from);
    Ok(Backlog { from, waiting: u64::try_from(places.len()).unwrap_or(u64::MAX) })
}

type NextRecord = (Position, Result<RemovalRecord, UnknownRecord>);

/// The next record; skips and logs damage.
fn next_record(reader: &mut Reader, until: Position) -> Result<Option<NextRecord>, JournalError> {
    loop {
        match reader.next(until) {
            Ok(found) => return Ok(found.map(|(at, bytes)| (at, RemovalRecord::decode(bytes)))),
            Err(JournalError::Damaged(at)) => {
                let bytes = reader.skip_damage(until, MAX_BYTES)?;
                tracing::error!(%at, bytes, "unsubscribes on disk are damaged; some may be lost");
            }
            Err(error) => return Err(error),
        }
    }
}

/// Copies removals into the store for as long as it runs.
pub struct RemovalReplay {
    removals: RemovalJournal,
    dir: PathBuf,
    /// Everything before this is in the store.
    from: Position,
    /// Everything before this position is done.
    seen: Position,
    durable: Durable,
}

/// Why nothing more can be copied for now.
#[derive(Debug, thiserror::Error)]
enum ReplayProblem {
    #[error("the store has not been reachable since the start")]
    NoStore,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Unknown(#[from] UnknownRecord),
}

impl RemovalReplay {
    pub(super) fn new(
        removals: RemovalJournal,
        dir: &Path,
        from: Position,
        durable: Durable,
    ) -> Self {
        Self { removals, dir: dir.to_owned(), from, seen: Position::START, durable }
    }

    /// Copies waiting and new removals, in order, until `shutdown`, and looks for people who left
    /// by older links. The next start copies what is left.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let removals = self.removals.clone();
        let bring = async {
            loop {
                self.round().await;
            }
        };
        let both = async { tokio::join!(search::run(&removals), bring) };
        shutdown.run_until_cancelled(both).await;
    }

    async fn round(&mut self) {
        let end = self.durable.changed_since(self.seen).await;
        match self.bring_until(end).await {
            Ok(()) => {
                self.seen = end;
                self.removals.set_problem(None);
            }
            Err(problem) => {
                tracing::warn!(%problem, "unsubscribes are waiting on this node, which mails nobody");
                self.removals.set_problem(Some(problem.to_string()));
                sleep(AGAIN).await;
            }
        }
    }

    async fn bring_until(&mut self, end: Position) -> Result<(), ReplayProblem> {
        let before = self.from;
        let ended = self.bring_each(end).await;
        if self.from > before {
            self.removals.writer.brought(self.from).await;
        }
        ended
    }

    /// Continues after what is in the store, one removal after the other.
    async fn bring_each(&mut self, end: Position) -> Result<(), ReplayProblem> {
        let mut reader = Reader::open(&self.dir, self.from)?;
        while let Some((_, record)) = next_record(&mut reader, end)? {
            if let RemovalRecord::Removal(removal) = record? {
                let store = self.removals.waiting.store().ok_or(ReplayProblem::NoStore)?;
                self.removals.bring(&store, removal).await?;
                self.removals.waiting.caught_up(1);
                self.from = reader.position();
            }
        }
        Ok(())
    }
}
