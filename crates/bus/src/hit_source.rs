//! Where a recorder gets its chunks from.
//!
//! ```text
//! loop {                                   // until next() gives None
//!     source.rewind(marks in the store of source.journals());
//!     while let Some(mut parcel) = source.next(&shutdown).await? {
//!         record(take(&mut parcel.chunks)).await?;   // one transaction, marks included
//!         source.done(parcel).await?;
//!     }
//! }
//! ```
//!
//! Invariants: parcels come one at a time, and one that was not `done` comes again after
//! [`HitSource::rewind`], to this recorder or to another. Whatever was recorded before a failure may
//! come again, too.

mod journal;
mod stream;

use std::collections::BTreeMap;

use tokio_util::sync::CancellationToken;

use ::journal::Position;

pub use self::journal::{FollowedJournal, JournalHits};
pub use self::stream::StreamHits;

use crate::{BusError, Chunk};

/// Most chunks of a parcel.
pub const PARCEL_CHUNKS: usize = 16;
/// A parcel with at least this many records gets no further chunk.
pub const PARCEL_RECORDS: usize = 4_000;

/// What is recorded in one transaction.
#[derive(Debug)]
pub struct Parcel {
    /// At least one. Take them out; [`HitSource::done`] does not need them.
    pub chunks: Vec<Chunk>,
    receipt: Receipt,
}

/// What `done` is about.
#[derive(Debug)]
enum Receipt {
    /// The end of what was read of each journal, by its number.
    Journal(BTreeMap<u16, Position>),
    /// Ids of stream entries.
    Stream(Vec<String>),
}

/// The two ways to a recorder.
pub enum HitSource {
    /// From this node's journals, one for each thread of its beacon.
    Journal(JournalHits),
    /// From the stream to which every node's journal is shipped.
    Stream(StreamHits),
}

impl HitSource {
    /// Waits for the next parcel. None when `shutdown` is cancelled and nothing is left for this
    /// recorder: in the journal everything up to its durable end, in the stream what is there now.
    ///
    /// # Errors
    /// When journal or Redis can't be read. Wait, [`Self::rewind`], try again.
    pub async fn next(&mut self, shutdown: &CancellationToken) -> Result<Option<Parcel>, BusError> {
        match self {
            Self::Journal(hit_source) => hit_source.next(shutdown).await,
            Self::Stream(hit_source) => hit_source.next(shutdown).await,
        }
    }

    /// Reports that the parcel is in the store, permanently.
    ///
    /// # Errors
    /// When Redis can't be told. Nothing is lost: the parcel comes again.
    pub async fn done(&mut self, parcel: Parcel) -> Result<(), BusError> {
        match (self, parcel.receipt) {
            (Self::Journal(hit_source), Receipt::Journal(to)) => {
                hit_source.done(&to).await;
                Ok(())
            }
            (Self::Stream(hit_source), Receipt::Stream(entries)) => hit_source.done(&entries).await,
            // A parcel of another source is not this one's to forget.
            _ => Ok(()),
        }
    }

    /// The numbers of the journals that are read; none of them for the stream.
    #[must_use]
    pub fn journals(&self) -> Vec<u16> {
        match self {
            Self::Journal(hit_source) => hit_source.journals(),
            Self::Stream(_) => Vec::new(),
        }
    }

    /// Call it after a failure, and before the first parcel: each journal is read from its mark on,
    /// which is how far the store has its hits (none: nothing); the stream delivers again what was
    /// given and is not done.
    pub fn rewind(&mut self, marks: &BTreeMap<u16, Position>) {
        match self {
            Self::Journal(hit_source) => hit_source.rewind(marks),
            Self::Stream(hit_source) => hit_source.rewind(),
        }
    }
}
