//! The source on a single node: straight from its journals, one for each thread of its beacon.
//!
//! Invariant: a parcel holds what all journals have, each its share, so that a busy one holds up no
//! other; one that holds what a later release wrote does not either.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Poll;
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

/// A journal of hits, as its readers know it.
#[derive(Debug, Clone)]
pub struct FollowedJournal {
    /// Part of the identity of every hit in it.
    pub number: u16,
    /// Its folder.
    pub dir: PathBuf,
    /// Follows its durable end.
    pub durable: Durable,
}

/// Reads this node's journals.
pub struct JournalHits {
    lanes: Vec<JournalLane>,
    /// The lane that is asked first the next time.
    first: usize,
    /// What a lane stopped at while others went on.
    owed: Option<BusError>,
    /// The marks are new.
    rewound: bool,
    linger: bool,
}

/// One of the journals.
struct JournalLane {
    number: u16,
    durable: Durable,
    source: JournalSource,
    /// Everything before this was given out.
    read: Position,
    /// The oldest segment that is still needed, as far as known.
    kept: Option<u64>,
}

/// What was read of a lane in one go.
struct LaneChunks {
    chunks: Vec<Chunk>,
    /// There was nothing more.
    exhausted: bool,
    /// A record that a later release wrote comes right behind.
    problem: Option<BusError>,
}

impl JournalHits {
    /// The journals from where the store's marks are: [`super::HitSource::rewind`] says.
    #[must_use]
    pub fn new(journals: impl IntoIterator<Item = FollowedJournal>) -> Self {
        let lanes = journals.into_iter().map(JournalLane::new).collect();
        Self { lanes, first: 0, owed: None, rewound: false, linger: false }
    }

    pub(super) async fn next(
        &mut self,
        shutdown: &CancellationToken,
    ) -> Result<Option<Parcel>, BusError> {
        if let Some(problem) = self.owed.take() {
            return Err(problem);
        }
        if std::mem::take(&mut self.rewound) {
            // What a recorder that was killed has not removed; a journal that nobody writes to would
            // keep it.
            for lane in &mut self.lanes {
                lane.done(lane.read).await;
            }
        }
        loop {
            if std::mem::take(&mut self.linger) {
                tokio::select! {
                    () = tokio::time::sleep(LINGER) => {}
                    () = shutdown.cancelled() => {}
                }
            }
            if self.waiting().is_empty() {
                tokio::select! {
                    () = shutdown.cancelled() => if self.waiting().is_empty() {
                        return Ok(None);
                    },
                    () = self.grown() => {}
                }
                continue;
            }
            if let Some(parcel) = self.read().await? {
                return Ok(Some(parcel));
            }
        }
    }

    /// The lanes with something to read, beginning with the one whose turn it is.
    fn waiting(&self) -> Vec<usize> {
        let lanes = (0..self.lanes.len()).map(|it| (self.first + it) % self.lanes.len());
        let has_more = |lane: &JournalLane| lane.read < lane.durable.end();
        lanes.filter(|it| self.lanes.get(*it).is_some_and(has_more)).collect()
    }

    /// Returns when a journal has grown beyond what was read.
    async fn grown(&self) {
        type Growth<'d> = Pin<Box<dyn Future<Output = Position> + Send + 'd>>;
        let wait = |lane: &JournalLane| -> Growth<'_> {
            let (durable, read) = (lane.durable.clone(), lane.read);
            Box::pin(async move { durable.changed_since(read).await })
        };
        let mut any: Vec<Growth<'_>> = self.lanes.iter().map(wait).collect();
        poll_fn(|context| {
            let grown = any.iter_mut().any(|it| it.as_mut().poll(context).is_ready());
            if grown { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    /// A parcel of what the lanes have.
    async fn read(&mut self) -> Result<Option<Parcel>, BusError> {
        let waiting = self.waiting();
        self.first = (self.first + 1) % self.lanes.len().max(1);
        self.linger = true;
        let (mut chunks, mut ends) = (Vec::new(), BTreeMap::new());
        let (mut room, mut lanes) = (CHUNKS, waiting.len());
        for lane in waiting {
            // Each its share; what one leaves is the others'.
            let share = room.div_ceil(lanes);
            lanes -= 1;
            if share == 0 {
                self.linger = false;
                break;
            }
            let Some(lane) = self.lanes.get_mut(lane) else { continue };
            let found = lane.read(share).await?;
            self.linger &= found.exhausted;
            room = room.saturating_sub(found.chunks.len());
            ends.extend(found.chunks.last().map(|last| (lane.number, last.to)));
            chunks.extend(found.chunks);
            self.owed = self.owed.take().or(found.problem);
        }
        match self.owed.take() {
            Some(problem) if chunks.is_empty() => return Err(problem),
            owed => self.owed = owed,
        }
        let receipt = Receipt::Journal(ends);
        Ok((!chunks.is_empty()).then_some(Parcel { chunks, receipt }))
    }

    pub(super) async fn done(&mut self, ends: &BTreeMap<u16, Position>) {
        for lane in &mut self.lanes {
            if let Some(to) = ends.get(&lane.number) {
                lane.done(*to).await;
            }
        }
    }

    pub(super) fn journals(&self) -> Vec<u16> {
        self.lanes.iter().map(|lane| lane.number).collect()
    }

    pub(super) fn rewind(&mut self, marks: &BTreeMap<u16, Position>) {
        for lane in &mut self.lanes {
            let mark = marks.get(&lane.number).copied().unwrap_or(Position::START);
            lane.source.rewind(mark);
            lane.read = mark;
        }
        self.owed = None;
        self.rewound = true;
        self.linger = false;
    }
}

impl JournalLane {
    fn new(journal: FollowedJournal) -> Self {
        let FollowedJournal { number, dir, durable } = journal;
        let source = JournalSource::new(dir, Position::START);
        Self { number, durable, source, read: Position::START, kept: None }
    }

    /// At most `most` chunks, up to the first record that a later release wrote.
    async fn read(&mut self, most: usize) -> Result<LaneChunks, BusError> {
        let (number, end) = (self.number, self.durable.end());
        let now = Timestamp::from_system(SystemTime::now());
        let reading = self.source.read(end, most, move |run| run.decode(number, now)).await?;
        Ok(self.unpack(reading, end))
    }

    /// What was read below `end`.
    fn unpack(
        &mut self,
        reading: ReadRuns<(Chunk, Option<NewerRecord>)>,
        end: Position,
    ) -> LaneChunks {
        let exhausted = reading.exhausted;
        // Nothing more lies below this end, even if it is no record's end.
        let mut read = if exhausted { Some(end) } else { None };
        let mut newer = reading.newer;
        let mut chunks = Vec::with_capacity(reading.pieces.len());
        for (chunk, stop) in reading.pieces.into_iter().map(|piece| piece.form) {
            chunks.extend(Some(chunk).filter(|chunk| chunk.records() > 0));
            if stop.is_some() {
                newer = stop;
                break;
            }
        }
        let mut problem = None;
        if let Some(newer) = newer {
            self.source.rewind(newer.at);
            read = Some(newer.at);
            if chunks.is_empty() {
                problem = Some(newer.problem(self.number));
            }
        }
        let last = chunks.last().map(|chunk: &Chunk| chunk.to);
        self.read = read.or(last).unwrap_or(end);
        LaneChunks { chunks, exhausted, problem }
    }

    async fn done(&mut self, to: Position) {
        if self.kept.is_none_or(|kept| to.segment > kept) {
            self.kept = Some(to.segment);
            self.source.remove_before(to).await;
        }
    }
}
