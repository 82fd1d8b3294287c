//! Reads a node's journal chunk by chunk.
//!
//! Invariants: chunks are contiguous: each begins where the one before it ended. Records are
//! shipped as they are, undecoded; decoding is the recorder's business. A part of the journal that
//! is damaged, or holds what no release can have written, is reported as a gap; a record from a
//! later release that is too long to ship ends the reading. Bounded by [`CHUNK_RECORDS`] and
//! [`CHUNK_BYTES`].

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use journal::{JournalError, Position, Reader};
use model::Timestamp;
use model::hit::{Gap, HitRecord, MAX_BYTES, UnreadableRecord};

use crate::chunk::{ChunkBuilder, NewerRecord};
use crate::{BusError, CHUNK_BYTES, CHUNK_RECORDS, Chunk};

/// The longest record with its header: a damaged part held at least one record per this many bytes.
const RECORD_BYTES: u64 = 8 + MAX_BYTES as u64;

/// A run of the journal, as it is stored there.
#[derive(Debug)]
pub(crate) struct JournalRun {
    pub(crate) from: Position,
    pub(crate) to: Position,
    pub(crate) entries: Vec<RecordPlace>,
    /// The records, one behind the other.
    pub(crate) bytes: Vec<u8>,
    /// A record from a later release, too long to ship, that comes right after the run.
    pub(crate) newer: Option<NewerRecord>,
}

/// A record's position in the journal, and its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordPlace {
    pub(crate) at: Position,
    pub(crate) bytes: u16,
}

impl JournalRun {
    pub(crate) const fn new(from: Position) -> Self {
        Self { from, to: from, entries: Vec::new(), bytes: Vec::new(), newer: None }
    }

    pub(crate) fn records(&self) -> usize {
        self.entries.len()
    }

    /// Whether another record may not fit.
    pub(crate) fn is_full(&self) -> bool {
        self.records() >= CHUNK_RECORDS || self.bytes.len() + MAX_BYTES > CHUNK_BYTES
    }

    fn push(&mut self, at: Position, record: &[u8]) {
        // Fits: a hit's longest form does.
        self.entries.push(RecordPlace { at, bytes: record.len() as u16 });
        self.bytes.extend_from_slice(record);
    }

    /// When the last hit of the run arrived.
    fn last_hit(&self) -> Option<Timestamp> {
        let mut end = self.bytes.len();
        self.entries.iter().rev().find_map(|entry| {
            let start = end.saturating_sub(entry.bytes.into());
            let record = self.bytes.get(start..end)?;
            end = start;
            time_of(record)
        })
    }

    /// The decoded records, up to the first that a later release wrote.
    pub(crate) fn decode(&self, node: u16, now: Timestamp) -> (Chunk, Option<NewerRecord>) {
        let mut chunk = ChunkBuilder::new(node, self.from, self.to, now);
        let mut rest = self.bytes.as_slice();
        for entry in &self.entries {
            let Some((record, behind)) = rest.split_at_checked(entry.bytes.into()) else { break };
            chunk.push(entry.at, record);
            rest = behind;
        }
        let (chunk, newer) = chunk.finish();
        (chunk, newer.or(self.newer))
    }
}

/// When a hit arrived; None if the record is not a hit.
fn time_of(record: &[u8]) -> Option<Timestamp> {
    match HitRecord::decode(record) {
        Ok(HitRecord::Hit(hit)) => Some(hit.at),
        _ => None,
    }
}

/// Reads runs in order. After an error it must be opened again, at its [`Self::edge`].
#[derive(Debug)]
pub(crate) struct ChunkReader {
    reader: Reader,
    edge: Position,
    /// When the last hit of the runs so far arrived.
    last: Option<Timestamp>,
}

/// A gap for an unreadable part, waiting for the hit after it.
struct OpenGap {
    gap: Gap,
    /// Where it lies in the run's bytes.
    start: usize,
}

impl ChunkReader {
    pub(crate) fn open(dir: &Path, from: Position) -> Result<Self, JournalError> {
        Ok(Self { reader: Reader::open(dir, from)?, edge: from, last: None })
    }

    /// Where the next run will begin.
    pub(crate) const fn edge(&self) -> Position {
        self.edge
    }

    /// The next run below the durable end `until`; without records if there is none yet. If it is
    /// not full, there was nothing more to read below `until`.
    pub(crate) fn read(&mut self, until: Position) -> Result<JournalRun, JournalError> {
        let mut run = JournalRun::new(self.edge);
        let mut open_gap = None;
        while !run.is_full() {
            match self.reader.next(until) {
                Ok(Some((at, record))) if record.len() > MAX_BYTES => {
                    if let Err(UnreadableRecord::Newer { kind }) = HitRecord::decode(record) {
                        run.newer = Some(NewerRecord { at, kind });
                        self.reader.seek(at);
                        break;
                    }
                    tracing::error!(%at, bytes = record.len(), "a record is too long for a hit");
                    open_gap = Some(self.tell_gap(&mut run, at, 1));
                }
                Ok(Some((at, record))) => {
                    run.push(at, record);
                    close_gap(&mut run, &mut open_gap, record);
                }
                Ok(None) => break,
                Err(JournalError::Damaged(at)) => {
                    let lost_bytes = self.reader.skip_damage(until, MAX_BYTES)?;
                    tracing::error!(%at, lost_bytes, "the journal is damaged");
                    let hits = lost_bytes.div_ceil(RECORD_BYTES).max(1);
                    open_gap = Some(self.tell_gap(&mut run, at, hits));
                }
                Err(problem) => return Err(problem),
            }
        }
        if run.records() > 0 {
            run.to = self.reader.position();
            self.edge = run.to;
            self.last = run.last_hit().or(self.last);
        }
        Ok(run)
    }

    /// Reports what an unreadable part held as a gap: at least this many hits, between the last hit
    /// before it and the first one after it.
    fn tell_gap(&self, run: &mut JournalRun, at: Position, hits: u64) -> OpenGap {
        let known = run.last_hit().or(self.last);
        let time = known.unwrap_or_else(|| Timestamp::from_system(SystemTime::now()));
        let open = OpenGap { gap: Gap { from: time, to: time, hits }, start: run.bytes.len() };
        run.push(at, &encoded(open.gap));
        open
    }
}

/// Gives an open gap its end, if the record is a hit.
fn close_gap(run: &mut JournalRun, open_gap: &mut Option<OpenGap>, record: &[u8]) {
    if open_gap.is_none() {
        return;
    }
    let Some(at) = time_of(record) else { return };
    let Some(OpenGap { mut gap, start }) = open_gap.take() else { return };
    (gap.from, gap.to) = (gap.from.min(at), gap.to.max(at));
    let bytes = encoded(gap);
    if let Some(place) = run.bytes.get_mut(start..start + bytes.len()) {
        place.copy_from_slice(&bytes);
    }
}

/// All gaps have the same length, so one can overwrite another.
fn encoded(gap: Gap) -> Vec<u8> {
    let mut bytes = Vec::new();
    gap.encode(&mut bytes);
    bytes
}

/// A position in the journal with its reader, opened on demand. Reads away from the runtime's
/// threads, because it uses disk and processor.
#[derive(Debug)]
pub(crate) struct JournalSource {
    dir: PathBuf,
    edge: Position,
    reader: Option<ChunkReader>,
}

impl JournalSource {
    pub(crate) const fn new(dir: PathBuf, from: Position) -> Self {
        Self { dir, edge: from, reader: None }
    }

    /// Reads from here next.
    pub(crate) fn rewind(&mut self, to: Position) {
        self.edge = to;
        self.reader = None;
    }

    /// Up to `most` runs below `until`, none of them empty, each converted by `form`. After an
    /// error, or when dropped half-way, the same is read again.
    pub(crate) async fn read<T: Send + 'static>(
        &mut self,
        until: Position,
        most: usize,
        form: impl Fn(&JournalRun) -> T + Send + 'static,
    ) -> Result<ReadRuns<T>, BusError> {
        let (dir, edge, reader) = (self.dir.clone(), self.edge, self.reader.take());
        let read = move || {
            let mut reader = match reader {
                Some(reader) => reader,
                None => ChunkReader::open(&dir, edge)?,
            };
            let mut reading = ReadRuns { pieces: Vec::new(), exhausted: false, newer: None };
            while reading.pieces.len() < most && !reading.exhausted {
                let run = reader.read(until)?;
                reading.exhausted = !run.is_full();
                reading.newer = run.newer;
                if run.records() > 0 {
                    let (to, records) = (run.to, run.records());
                    reading.pieces.push(RunPiece { to, records, form: form(&run) });
                }
            }
            Ok::<_, JournalError>((reader, reading))
        };
        let (reader, reading) = tokio::task::spawn_blocking(read).await??;
        self.edge = reader.edge();
        self.reader = Some(reader);
        Ok(reading)
    }

    /// Removes the segments before `keep`. Failing to is no reason to stop.
    pub(crate) async fn remove_before(&self, keep: Position) {
        let dir = self.dir.clone();
        let removed = tokio::task::spawn_blocking(move || journal::remove_before(&dir, keep)).await;
        match removed {
            Ok(Ok(segments)) => tracing::debug!(segments, "removed recorded segments"),
            Ok(Err(problem)) => tracing::warn!(%problem, "can't remove recorded segments"),
            Err(problem) => tracing::warn!(%problem, "can't remove recorded segments"),
        }
    }
}

/// What was read in one go.
pub(crate) struct ReadRuns<T> {
    pub(crate) pieces: Vec<RunPiece<T>>,
    /// There was nothing more to read below the given end.
    pub(crate) exhausted: bool,
    /// Because this stands behind the last piece.
    pub(crate) newer: Option<NewerRecord>,
}

/// A run in the requested form.
pub(crate) struct RunPiece<T> {
    pub(crate) to: Position,
    pub(crate) records: usize,
    pub(crate) form: T,
}

#[cfg(test)]
mod tests;
