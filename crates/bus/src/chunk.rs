//! A chunk: the unit in which hits are shipped.

use journal::Position;
use model::hit::{Gap, HitRecord, UnreadableRecord};
use model::{Hit, Timestamp};

use crate::BusError;

/// Most records of a chunk.
pub const CHUNK_RECORDS: usize = 2_000;
/// Most bytes of records in a chunk, as they stand in the journal.
pub const CHUNK_BYTES: usize = 256 << 10;

/// A run of one journal of hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// The number of the journal: its node's, or one of its own if it is a further journal of a
    /// node. Together with a hit's position it is the hit's identity.
    pub node: u16,
    /// Where the previous chunk ended; for the first one, where shipping started. A node's mark may
    /// move to [`Self::to`] only when it has reached this, because several recorders don't keep the
    /// order. Chunks that were shipped again can overlap.
    pub from: Position,
    /// Behind the last record.
    pub to: Position,
    /// Hits with their positions in the journal, in its order.
    pub hits: Vec<(Position, Hit)>,
    /// Hits that were answered but not recorded: those the beacon reported, one for each damaged
    /// part of the journal, and one for each invalid record. They have positions as hits do, which
    /// keeps them from being counted twice.
    pub gaps: Vec<(Position, Gap)>,
    /// Records that no release can have written. Each is one of the gaps.
    pub undecodable: u64,
}

/// Why bytes are not a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAChunk {
    /// Written by a later release, or containing such a record. It is kept for a recorder that can
    /// read it.
    #[error("a later release wrote this chunk of hits, or a record in it (kind {0})")]
    Newer(u8),
    /// The bytes are not those that were written.
    #[error("the checksum is wrong")]
    Checksum,
    /// The checksum is right, but it is not a chunk.
    #[error("malformed chunk")]
    Form,
}

/// A record written by a later release, at which reading has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewerRecord {
    pub(crate) at: Position,
    pub(crate) kind: u8,
}

impl NewerRecord {
    pub(crate) fn problem(self, node: u16) -> BusError {
        BusError::Newer {
            place: format!("the journal of node {node} at {}", self.at),
            kind: self.kind,
        }
    }
}

/// Adds records, up to the first one that a later release wrote.
pub(crate) struct ChunkBuilder {
    chunk: Chunk,
    newer: Option<NewerRecord>,
    first_rubbish: Option<Position>,
    /// When the last hit so far arrived.
    last: Option<Timestamp>,
    /// Gaps, by index, that are waiting for the hit after them.
    open: Vec<usize>,
    now: Timestamp,
}

impl ChunkBuilder {
    /// Without records. `now` dates a gap that has no hit next to it.
    pub(crate) fn new(node: u16, from: Position, to: Position, now: Timestamp) -> Self {
        let (hits, gaps) = (Vec::new(), Vec::new());
        Self {
            chunk: Chunk { node, from, to, hits, gaps, undecodable: 0 },
            newer: None,
            first_rubbish: None,
            last: None,
            open: Vec::new(),
            now,
        }
    }

    /// Adds the record that is `at` this position in the journal.
    pub(crate) fn push(&mut self, at: Position, record: &[u8]) {
        if self.newer.is_some() {
            return;
        }
        match HitRecord::decode(record) {
            Ok(HitRecord::Hit(hit)) => {
                self.date_gaps(hit.at);
                self.chunk.hits.push((at, hit));
            }
            Ok(HitRecord::Gap(gap)) => self.chunk.gaps.push((at, gap)),
            Err(UnreadableRecord::Newer { kind }) => self.newer = Some(NewerRecord { at, kind }),
            Err(UnreadableRecord::Rubbish) => self.push_rubbish(at, 1),
        }
    }

    /// Reports invalid records as a gap: somebody was answered, but what for is lost.
    pub(crate) fn push_rubbish(&mut self, at: Position, records: u64) {
        self.chunk.undecodable += records;
        self.first_rubbish.get_or_insert(at);
        let time = self.last.unwrap_or(self.now);
        self.open.push(self.chunk.gaps.len());
        self.chunk.gaps.push((at, Gap { from: time, to: time, hits: records }));
    }

    /// A gap lies between the hit before it and the one after it.
    fn date_gaps(&mut self, hit: Timestamp) {
        for index in self.open.drain(..) {
            if let Some((_, gap)) = self.chunk.gaps.get_mut(index) {
                let from = self.last.unwrap_or(hit);
                (gap.from, gap.to) = (from.min(hit), from.max(hit));
            }
        }
        self.last = Some(hit);
    }

    pub(crate) fn records(&self) -> usize {
        self.chunk.records()
    }

    /// The chunk built so far, which ends before a newer record, if there is one.
    pub(crate) fn finish(mut self) -> (Chunk, Option<NewerRecord>) {
        if let Some(newer) = self.newer {
            self.chunk.to = newer.at;
        }
        // Once a chunk, for there may be thousands.
        if let Some(first) = self.first_rubbish {
            tracing::error!(
                node = self.chunk.node,
                records = self.chunk.undecodable,
                %first,
                "records in the journal are not valid hits; reports show a gap"
            );
        }
        (self.chunk, self.newer)
    }
}

impl Chunk {
    #[must_use]
    pub fn records(&self) -> usize {
        self.hits.len() + self.gaps.len()
    }
}
