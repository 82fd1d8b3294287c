//! The way of one node: straight from its journal.

use std::path::PathBuf;
use std::time::Duration;

use journal::{Durable, Position};
use tokio_util::sync::CancellationToken;

use super::{Parcel, Receipt};
use crate::BusError;
use crate::reading::Source;

/// Pause after a parcel that was not full, so that single hits share a transaction. Short against
/// the two seconds after which a live page looks again.
const LINGER: Duration = Duration::from_millis(100);

/// Chunks in one parcel when the recorder is behind. A transaction touches the rows of its contacts
/// and visitors all over the store: with eight times the hits, half the pages were written.
const CHUNKS: usize = 8;

/// Reads this node's journal.
pub struct JournalInlet {
    node: u16,
    durable: Durable,
    source: Source,
    /// Everything before this was given out.
    read: Position,
    /// The oldest segment that is still needed, as far as it is known.
    kept: Option<u64>,
    linger: bool,
}

impl JournalInlet {
    /// The journal in `dir` from `from` on (where the store's mark is); `durable` follows its
    /// durable end, and `node` is part of every hit's identity.
    #[must_use]
    pub fn new(dir: PathBuf, node: u16, from: Position, durable: Durable) -> Self {
        let source = Source::new(dir, from);
        Self { node, durable, source, read: from, kept: None, linger: false }
    }

    pub(super) async fn next(
        &mut self,
        shutdown: &CancellationToken,
    ) -> Result<Option<Parcel>, BusError> {
        loop {
            if std::mem::take(&mut self.linger) {
                tokio::select! {
                    () = tokio::time::sleep(LINGER) => {}
                    () = shutdown.cancelled() => {}
                }
            }
            let end = self.durable.end();
            if self.read >= end {
                tokio::select! {
                    () = shutdown.cancelled() => if self.read >= self.durable.end() {
                        return Ok(None);
                    },
                    _ = self.durable.changed_since(end) => {}
                }
                continue;
            }
            let node = self.node;
            let reading = self.source.read(end, CHUNKS, move |run| run.decode(node)).await?;
            self.linger = reading.exhausted;
            let last = reading.pieces.last().map(|piece| piece.to);
            self.read = match last {
                Some(to) if !reading.exhausted => to,
                // Nothing more lies below this end, even if it is no record's end.
                _ => end,
            };
            if let Some(to) = last {
                let chunks: Vec<_> = reading.pieces.into_iter().map(|piece| piece.form).collect();
                chunks.iter().for_each(crate::Chunk::tell_of_undecodable);
                return Ok(Some(Parcel { chunks, receipt: Receipt::Journal(to) }));
            }
        }
    }

    pub(super) async fn done(&mut self, to: Position) {
        if self.kept.is_none_or(|kept| to.segment > kept) {
            self.kept = Some(to.segment);
            self.source.remove_before(to).await;
        }
    }

    pub(super) fn rewind(&mut self, mark: Position) {
        self.source.rewind(mark);
        self.read = mark;
        self.linger = false;
    }
}
