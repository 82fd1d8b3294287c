//! Reads a journal from a position, even while it is being written.
//!
//! Invariant: never looks past the end it is given, so bytes that are not durable yet are neither
//! returned nor cached.

use std::path::{Path, PathBuf};

use crate::folder::{self, segment_path};
use crate::open_segment::OpenSegment;
use crate::record::{self, HEADER};
use crate::{Journal, JournalError, Position};

#[derive(Debug)]
pub struct Reader {
    dir: PathBuf,
    position: Position,
    open: Option<OpenSegment>,
}

impl Reader {
    /// Reads from `from` on: a position a reader returned, or [`Position::START`]. If that segment
    /// is gone, reads from the next one that exists.
    pub fn open(dir: &Path, from: Position) -> Result<Self, JournalError> {
        folder::segments(dir)?;
        Ok(Self { dir: dir.to_owned(), position: from, open: None })
    }

    /// Where the next record will be looked for: the mark to store, to continue from later.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Continues at `to`: a position that this reader has returned.
    pub fn seek(&mut self, to: Position) {
        self.position = to;
        self.open = None;
    }

    /// The next record before `until`, with its position; None when there is none yet. `until` is a
    /// durable end of the writer.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] when a record that was once intact no longer is; the reader stays
    /// before it, and [`Self::skip_damage`] gets past it.
    pub fn next(&mut self, until: Position) -> Result<Option<(Position, &[u8])>, JournalError> {
        loop {
            if self.position >= until || !self.enter_segment(until)? {
                return Ok(None);
            }
            let at = self.position;
            // `enter_segment` opened it.
            let Some(open) = &mut self.open else { return Ok(None) };
            let limit = if at.segment == until.segment { until.offset } else { u32::MAX };
            if let Some(bytes) = open.fill(at, limit)? {
                // Fits u32: it lies before `limit`.
                self.position.offset += (HEADER + bytes) as u32;
                return Ok(self.open.as_mut().map(|open| (at, open.take(bytes))));
            }
            let more = self.next_number(at.segment)?.is_some();
            let whole = at.segment != until.segment && self.is_at_end(at)?;
            match (whole, more) {
                (true, true) => self.position = at.next_segment(),
                (true, false) => return Ok(None),
                (false, _) => return Err(JournalError::Damaged(at)),
            }
        }
    }

    /// After [`JournalError::Damaged`]: moves to the next whole record of the segment, or to the
    /// next segment, and returns how many bytes were skipped. A record's checksum covers its
    /// position, so what is found there was written there. No record of the caller is longer than
    /// `max_bytes`.
    pub fn skip_damage(&mut self, until: Position, max_bytes: usize) -> Result<u64, JournalError> {
        let at = self.position;
        let path = segment_path(&self.dir, at.segment);
        let bytes = std::fs::read(&path).map_err(JournalError::io("read", &path))?;
        let live = at.segment == until.segment;
        let end = if live { bytes.len().min(until.offset as usize) } else { bytes.len() };
        let rest = bytes.get(at.offset as usize..end).unwrap_or_default();
        let found = record::next_whole(at, rest, max_bytes);
        self.open = None;
        self.position = match found {
            // Fits: it lies within a segment.
            Some(skip) => Position { offset: at.offset + skip as u32, ..at },
            None if live => until,
            None => at.next_segment(),
        };
        Ok(found.unwrap_or(rest.len()) as u64)
    }

    /// Opens the segment of the position, or the first one after it. False when there is none
    /// before `until`.
    fn enter_segment(&mut self, until: Position) -> Result<bool, JournalError> {
        if self.open.as_ref().is_some_and(|open| open.number == self.position.segment) {
            return Ok(true);
        }
        let numbers = folder::segments(&self.dir)?;
        let next = numbers.iter().map(|entry| entry.number).find(|n| *n >= self.position.segment);
        let Some(number) = next.filter(|number| *number <= until.segment) else {
            return Ok(false);
        };
        if number != self.position.segment {
            self.position = Position { segment: number, offset: 0 };
        }
        self.open = Some(OpenSegment::new(&self.dir, number)?);
        Ok(self.position < until)
    }

    /// Whether the open segment has no byte at or after `at`.
    fn is_at_end(&self, at: Position) -> Result<bool, JournalError> {
        let Some(open) = &self.open else { return Ok(false) };
        Ok(open.bytes()? <= u64::from(at.offset))
    }

    fn next_number(&self, after: u64) -> Result<Option<u64>, JournalError> {
        let segments = folder::segments(&self.dir)?;
        Ok(segments.iter().map(|entry| entry.number).find(|number| *number > after))
    }
}

impl Journal {
    /// Reads this journal from `from` on.
    pub fn reader(&self, from: Position) -> Result<Reader, JournalError> {
        Reader::open(self.dir(), from)
    }
}
