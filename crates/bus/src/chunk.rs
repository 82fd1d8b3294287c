//! A chunk: what is carried in one piece.

use journal::Position;
use model::Hit;
use model::hit::{Gap, Record};

/// Most records of a chunk.
pub const CHUNK_RECORDS: usize = 2_000;
/// Most bytes of records in a chunk, as they stand in the journal.
pub const CHUNK_BYTES: usize = 256 << 10;

/// A run of one node's journal of hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Whose journal. With a hit's position it is the hit's identity.
    pub node: u16,
    /// Where the chunk before it ended; the start of the shipping for the first. A node's mark may
    /// move to [`Self::to`] only when it has reached this, for several recorders don't keep the
    /// order. Chunks that were shipped again can overlap.
    pub from: Position,
    /// Behind the last record.
    pub to: Position,
    /// Hits with their places in the journal, in its order.
    pub hits: Vec<(Position, Hit)>,
    /// Hits that were answered and not recorded: those the beacon told, and one for each damaged
    /// place of the journal. They have a place as hits do, which keeps them from being counted
    /// again.
    pub gaps: Vec<(Position, Gap)>,
    /// Records that are neither a hit nor a gap, or of a version this program does not know.
    pub undecodable: u64,
    /// Where the first of them stands, if it is known.
    pub(crate) first_undecodable: Option<Position>,
}

/// Why bytes are not a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAChunk {
    /// The version is none that this program knows.
    #[error("a chunk of version {0}")]
    Version(u8),
    /// The bytes are not those that were written.
    #[error("the checksum is wrong")]
    Checksum,
    /// The checksum is right, and still it is none.
    #[error("not the form of a chunk")]
    Form,
}

impl Chunk {
    /// No records yet.
    pub(crate) const fn new(node: u16, from: Position, to: Position, undecodable: u64) -> Self {
        Self {
            node,
            from,
            to,
            hits: Vec::new(),
            gaps: Vec::new(),
            undecodable,
            first_undecodable: None,
        }
    }

    /// Takes in the record that stands `at` in the journal.
    pub(crate) fn push(&mut self, at: Position, record: &[u8]) {
        match Record::decode(record) {
            Ok(Record::Hit(hit)) => self.hits.push((at, hit)),
            Ok(Record::Gap(gap)) => self.gaps.push((at, gap)),
            Err(_) => {
                self.undecodable += 1;
                self.first_undecodable.get_or_insert(at);
            }
        }
    }

    /// How many records it holds, readable or not.
    #[must_use]
    pub fn records(&self) -> usize {
        let unreadable = usize::try_from(self.undecodable).unwrap_or(usize::MAX);
        (self.hits.len() + self.gaps.len()).saturating_add(unreadable)
    }

    /// Says in the log that records were passed over: once a chunk, for there may be thousands.
    pub(crate) fn tell_of_undecodable(&self) {
        if self.undecodable > 0 {
            tracing::error!(
                node = self.node,
                records = self.undecodable,
                first = %self.first_undecodable.unwrap_or(self.from),
                "records of the journal are no hits"
            );
        }
    }
}
