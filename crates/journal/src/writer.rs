//! The single writer of a journal: opens it, buffers records in memory, commits them.
//!
//! Invariants: a record's position is final once it is appended; a commit writes segments in order,
//! and begins none before the previous one is durable and trimmed to its end; after a failed commit
//! none of its records can reappear before anything new is written. `fdatasync` is never retried on
//! the same bytes: after one failure Linux may report success for pages that it has discarded, so
//! the segment is abandoned instead.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::folder::{self, segment_path};
use crate::quota::{Options, QuotaShare};
use crate::record::{self, HEADER};
use crate::segment::{Segment, Torn, TornTail, recover};
use crate::spare::Spares;
use crate::{Durable, JournalCounters, JournalError, Position, Quota};

/// Most bytes waiting in memory for a commit.
const PENDING_BYTES: usize = 4 << 20;
/// How long a refusal is repeated before the disk is checked again. Without it, every hit on a full
/// disk would list the folder.
const REFUSAL: Duration = if cfg!(test) { Duration::ZERO } else { Duration::from_millis(50) };

/// The writer of a journal. Dropping it drops what was appended but not committed.
#[derive(Debug)]
pub struct Journal {
    dir: PathBuf,
    options: Options,
    quota: QuotaShare,
    head: Position,
    pending: Vec<RecordRun>,
    pending_bytes: usize,
    pending_records: u64,
    buffer: Vec<u8>,
    current: Option<Segment>,
    abandoned: Option<Segment>,
    refused: Option<(Instant, JournalError)>,
    torn: Option<Torn>,
    follow: Durable,
    counters: Arc<JournalCounters>,
    durable: watch::Sender<Position>,
    // Dropped in this order: the thread that uses the folder ends before the folder is free.
    spares: Spares,
    _lock: File,
}

/// Records that will be consecutive in one segment.
#[derive(Debug)]
struct RecordRun {
    start: Position,
    bytes: Vec<u8>,
}

impl Journal {
    /// Opens or creates the journal in `dir`, cuts a torn tail, and continues in a new segment.
    /// Blocks while that segment is filled with zeros.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when another writer has it open; otherwise what the file system
    /// said. A full disk or quota is not an error here: the first append or commit reports it.
    pub fn open(dir: &Path, options: Options) -> Result<Self, JournalError> {
        Self::open_after(dir, options, 0)
    }

    /// The same, with new segments numbered beyond `seen`: the last one that a reader knows. It
    /// matters when the folder was lost or is an older copy, whose positions would otherwise be
    /// given out again and be taken for those the reader already has.
    pub fn open_after(dir: &Path, options: Options, seen: u64) -> Result<Self, JournalError> {
        Self::opened(dir, &Self::own_quota(dir, options), seen, TornTail::Prefix)
    }

    /// Like [`Self::open_after`], but whole records after damage stay, as they do in older
    /// segments, and readers encounter the damage. For records that are independent of each other:
    /// after a power cut, some that stay may belong to a commit that had not ended.
    pub fn open_past_damage(dir: &Path, options: Options, seen: u64) -> Result<Self, JournalError> {
        Self::opened(dir, &Self::own_quota(dir, options), seen, TornTail::WholeRecords)
    }

    /// Like [`Self::open_past_damage`], within a quota that other journals share. The folder is one
    /// of the quota's.
    pub fn open_sharing(dir: &Path, quota: &Arc<Quota>, seen: u64) -> Result<Self, JournalError> {
        Self::opened(dir, quota, seen, TornTail::WholeRecords)
    }

    fn own_quota(dir: &Path, options: Options) -> Arc<Quota> {
        Quota::new(options, [dir.to_owned()])
    }

    fn opened(
        dir: &Path,
        quota: &Arc<Quota>,
        seen: u64,
        stays: TornTail,
    ) -> Result<Self, JournalError> {
        let quota = QuotaShare::of(quota, dir);
        let options = quota.options();
        if (options.segment_bytes as usize) < HEADER + 1 {
            return Err(JournalError::Options("segment_bytes is too small for any record"));
        }
        if options.max_bytes < u64::from(options.segment_bytes) {
            return Err(JournalError::Options("max_bytes is smaller than one segment"));
        }
        let lock = folder::lock(dir)?;
        let (end, torn) = recover(dir, stays)?;
        let next = match end {
            Position::START => seconds_since_1970().max(1),
            end => end.segment.saturating_add(1),
        }
        .max(seen.saturating_add(1));
        let spares = Spares::start(dir, options.segment_bytes)
            .map_err(JournalError::io("prepare segments in", dir))?;
        let (durable, follow) = Durable::new(end);
        let mut journal = Self {
            dir: dir.to_owned(),
            options,
            quota,
            head: Position { segment: next, offset: 0 },
            pending: Vec::new(),
            pending_bytes: 0,
            pending_records: 0,
            counters: Arc::default(),
            buffer: Vec::new(),
            current: None,
            abandoned: None,
            refused: None,
            torn,
            follow,
            durable,
            spares,
            _lock: lock,
        };
        journal.begin_first_segment()?;
        Ok(journal)
    }

    /// Waits for the first prepared segment, so that no request has to. Without disk space there is
    /// none; then the first append reports it.
    fn begin_first_segment(&mut self) -> Result<(), JournalError> {
        if !self.order_spare()? {
            return Ok(());
        }
        let (number, path) = (self.head.segment, segment_path(&self.dir, self.head.segment));
        if let Some(file) = self.spares.wait(&path) {
            self.current = Some(Segment { number, path, file, end: 0, next_prepared: false });
            self.quota.begun(number);
            folder::sync(&self.dir)?;
        }
        Ok(())
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Buffers a record in memory; [`Self::commit`] makes it durable. Returns where it will be.
    ///
    /// # Errors
    /// [`JournalError::Full`] when the next segment would exceed the quota, [`JournalError::Busy`]
    /// when too much is waiting for a commit, [`JournalError::RecordSize`], or what the file system
    /// said when a failed segment can't be cut. The record is not accepted then.
    pub fn append(&mut self, record: &[u8]) -> Result<Position, JournalError> {
        let segment_bytes = self.options.segment_bytes as usize;
        let max = (segment_bytes - HEADER).min(PENDING_BYTES - HEADER);
        if record.is_empty() || record.len() > max {
            return Err(JournalError::RecordSize { bytes: record.len(), max });
        }
        let framed = HEADER + record.len();
        if self.pending_bytes + framed > PENDING_BYTES {
            return Err(JournalError::Busy { bytes: self.pending_bytes });
        }
        let fits = self.head.offset as usize + framed <= segment_bytes;
        let at = if fits { self.head } else { self.head.next_segment() };
        if at.offset == 0 {
            self.check_room(at)?;
        }
        let chunk = match self.pending.pop_if(|chunk| chunk.start.segment == at.segment) {
            Some(chunk) => self.pending.push_mut(chunk),
            None => {
                let bytes = std::mem::take(&mut self.buffer);
                self.pending.push_mut(RecordRun { start: at, bytes })
            }
        };
        record::frame(at, record, &mut chunk.bytes);
        self.pending_bytes += framed;
        self.pending_records += 1;
        // Both fit u32: `framed` is at most a segment.
        self.head = Position { offset: at.offset + framed as u32, ..at };
        Ok(at)
    }

    /// Whether anything waits for a commit.
    pub(crate) fn has_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Writes what was appended since the last commit and waits until it is on disk. Returns the
    /// durable end. Does nothing when nothing was appended.
    ///
    /// # Errors
    /// What the file system said, including a full disk. Records at or after [`Self::end`] are lost
    /// then; the journal continues in another segment as soon as the disk allows.
    pub fn commit(&mut self) -> Result<Position, JournalError> {
        let mut chunks = std::mem::take(&mut self.pending);
        let records = std::mem::take(&mut self.pending_records);
        self.pending_bytes = 0;
        let begun = Instant::now();
        let written = chunks.iter().try_for_each(|chunk| self.write(chunk));
        self.reuse(&mut chunks);
        match written {
            Ok(()) => {
                self.counters.count(records, begun.elapsed());
                Ok(self.end())
            }
            Err(error) => {
                self.abandon();
                Err(error)
            }
        }
    }

    /// What was cut off when the journal was opened; it is kept in a file next to the segments.
    #[must_use]
    pub const fn torn(&self) -> Option<Torn> {
        self.torn
    }

    /// Everything before this is durable.
    #[must_use]
    pub fn end(&self) -> Position {
        *self.durable.borrow()
    }

    /// Where the next record will be, if it fits into the segment.
    #[must_use]
    pub const fn head(&self) -> Position {
        self.head
    }

    /// The counters of commits, to be read from other threads.
    #[must_use]
    pub fn counters(&self) -> Arc<JournalCounters> {
        Arc::clone(&self.counters)
    }

    /// A handle that follows the durable end from other threads.
    #[must_use]
    pub fn durable(&self) -> Durable {
        self.follow.clone()
    }

    /// Keeps the now empty buffer of the last chunk for the next commit.
    fn reuse(&mut self, chunks: &mut Vec<RecordRun>) {
        if let Some(mut chunk) = chunks.pop().filter(|chunk| chunk.bytes.capacity() <= 1 << 20) {
            chunk.bytes.clear();
            self.buffer = chunk.bytes;
        }
    }

    fn write(&mut self, chunk: &RecordRun) -> Result<(), JournalError> {
        let half = self.options.segment_bytes / 2;
        let segment = match &mut self.current {
            Some(segment) if segment.number == chunk.start.segment => segment,
            _ => self.begin_segment(chunk.start.segment)?,
        };
        segment
            .file
            .write_all_at(&chunk.bytes, u64::from(chunk.start.offset))
            .map_err(JournalError::io("write", &segment.path))?;
        segment.file.sync_data().map_err(JournalError::io("sync", &segment.path))?;
        // Fits: `append` begins a new segment before this one exceeds u32.
        segment.end = chunk.start.offset + chunk.bytes.len() as u32;
        let half_full = segment.end > half;
        let prepare = half_full && !std::mem::replace(&mut segment.next_prepared, half_full);
        let end = Position { offset: segment.end, ..chunk.start };
        self.durable.send_replace(end);
        if prepare && let Err(error) = self.order_spare() {
            tracing::warn!(%error, "no segment is ready; the next one will grow");
        }
        Ok(())
    }

    fn begin_segment(&mut self, number: u64) -> Result<&mut Segment, JournalError> {
        if let Some(full) = &self.current {
            full.cut(&self.dir)?;
        }
        let path = segment_path(&self.dir, number);
        let mut ready = self.spares.take(&path);
        // Where there is no room for a segment that grows and for the one under way as well.
        if ready.is_none() && self.spares.is_ordered() && !self.quota.grant(2)? {
            ready = self.spares.wait(&path);
        }
        let file = match ready {
            Some(file) => file,
            None => File::options()
                .create_new(true)
                .write(true)
                .open(&path)
                .map_err(JournalError::io("create", &path))?,
        };
        // Known before the folder is synced: if that fails, this file must go, too.
        let segment =
            self.current.insert(Segment { number, path, file, end: 0, next_prepared: false });
        self.quota.begun(number);
        folder::sync(&self.dir)?;
        Ok(segment)
    }

    /// After a failure: whatever of it reached the segment is cut off before anything else.
    fn abandon(&mut self) {
        let begun = self.current.as_ref().map_or(0, |segment| segment.number);
        let number = self.head.segment.max(begun).saturating_add(1);
        self.head = Position { segment: number, offset: 0 };
        self.abandoned = self.current.take();
        self.quota.abandoned(self.spares.is_ordered().into());
        if let Err(error) = self.cut_abandoned() {
            tracing::error!(%error, "can't cut off what a failed commit left behind yet");
        }
    }

    fn cut_abandoned(&mut self) -> Result<(), JournalError> {
        if let Some(segment) = &self.abandoned {
            segment.cut(&self.dir)?;
            self.abandoned = None;
        }
        Ok(())
    }

    /// Whether a segment may begin at `at`.
    fn check_room(&mut self, at: Position) -> Result<(), JournalError> {
        if self.current.as_ref().is_some_and(|segment| segment.number == at.segment) {
            return Ok(());
        }
        if let Some((since, error)) = &self.refused
            && since.elapsed() < REFUSAL
        {
            return Err(error.clone());
        }
        self.refused = None;
        let room = self.cut_abandoned().and_then(|()| {
            let begun = self.current.as_ref().map_or(0, |segment| segment.number);
            let waiting = self.pending.iter().filter(|chunk| chunk.start.segment > begun).count();
            match self.quota.grant(waiting as u64 + 1)? {
                true => Ok(()),
                false => Err(JournalError::Full { max_bytes: self.options.max_bytes }),
            }
        });
        room.inspect_err(|error| self.refused = Some((Instant::now(), error.clone())))
    }

    /// Has the next segment prepared if the quota allows one.
    fn order_spare(&mut self) -> Result<bool, JournalError> {
        if self.spares.is_ordered() {
            return Ok(true);
        }
        let room = self.quota.grant(1)?;
        if room {
            self.spares.order();
        }
        Ok(room)
    }
}

fn seconds_since_1970() -> u64 {
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).map_or(1, |since| since.as_secs())
}
