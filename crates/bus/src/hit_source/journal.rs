//! The source on a single node: straight from its journal.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use journal::{Durable, Position};
use model::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Parcel, Receipt};
use crate::chunk::NewerRecord;
use crate::reading::{JournalSource, ReadRuns};
use crate::{BusError, Chunk};

/// Pause after a parcel that was not full, so that single hits share a transaction. Short compared
/// with the two seconds after which a live page refreshes.
const LINGER: Duration = Duration::from_millis(100);

/// Chunks in one parcel when the recorder is behind. A transaction touches the rows of its contacts
/// and visitors all over the store: with eight times the hits, half the pages were written.
const CHUNKS: usize = 8;

/// Reads this node's journal.
pub struct JournalHits {
    node: u16,
    durable: Durable,
    source: JournalSource,
    /// Everything before this was given out.
    read: Position,
    /// The oldest segment that is still needed, as far as known.
    kept: Option<u64>,
    linger: bool,
}

impl JournalHits {
    /// The journal in `dir` from `from` on (where the store's mark is); `durable` follows its
    /// durable end, and `node` is part of every hit's identity.
    #[must_use]
    pub fn new(dir: PathBuf, node: u16, from: Position, durable: Durable) -> Self {
        let source = JournalSource::new(dir, from);
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
            let (node, now) = (self.node, Timestamp::from_system(SystemTime::now()));
            let reading = self.source.read(end, CHUNKS, move |run| run.decode(node, now)).await?;
            if let Some(parcel) = self.pack(reading, end)? {
                return Ok(Some(parcel));
            }
        }
    }

    /// What was read below `end`, up to the first record that a later release wrote.
    fn pack(
        &mut self,
        reading: ReadRuns<(Chunk, Option<NewerRecord>)>,
        end: Position,
    ) -> Result<Option<Parcel>, BusError> {
        self.linger = reading.exhausted;
        // Nothing more lies below this end, even if it is no record's end.
        let mut read = if reading.exhausted { Some(end) } else { None };
        let mut newer = reading.newer;
        let mut chunks = Vec::with_capacity(reading.pieces.len());
        for (chunk, stop) in reading.pieces.into_iter().map(|piece| piece.form) {
            chunks.extend(Some(chunk).filter(|chunk| chunk.records() > 0));
            if stop.is_some() {
                newer = stop;
                break;
            }
        }
        if let Some(newer) = newer {
            self.source.rewind(newer.at);
            read = Some(newer.at);
            if chunks.is_empty() {
                return Err(newer.problem(self.node));
            }
        }
        let last = chunks.last().map(|chunk: &Chunk| chunk.to);
        self.read = read.or(last).unwrap_or(end);
        Ok(last.map(|to| Parcel { chunks, receipt: Receipt::Journal(to) }))
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
