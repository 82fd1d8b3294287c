//! One segment's file, and the intact records in it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::folder::segment_path;
use crate::record::{self, Found, HEADER};
use crate::{JournalError, Position};

const BUFFER: usize = 64 << 10;
/// After damage, a record that claims to be longer is not accepted: its checksum would be
/// calculated at every byte.
const LONGEST_FOUND: usize = 64 << 10;

#[derive(Debug)]
pub(crate) struct OpenSegment {
    pub(crate) number: u64,
    path: PathBuf,
    file: File,
    /// The content of the file from the position on, as far as it has been read.
    buffer: Vec<u8>,
    taken: usize,
}

impl OpenSegment {
    pub(crate) fn new(dir: &Path, number: u64) -> Result<Self, JournalError> {
        let path = segment_path(dir, number);
        let file = File::open(&path).map_err(JournalError::io("open", &path))?;
        Ok(Self { number, path, file, buffer: Vec::new(), taken: 0 })
    }

    /// Reads the whole record `at` this position into the buffer and returns its length; None when
    /// no whole record is there before `limit`.
    pub(crate) fn fill(&mut self, at: Position, limit: u32) -> Result<Option<usize>, JournalError> {
        let room = limit.saturating_sub(at.offset) as usize;
        loop {
            let left = self.buffer.get(self.taken..).unwrap_or_default();
            let wanted = match record::read(at, left) {
                Found::Record(record) => return Ok(Some(record.len())),
                Found::Damaged => return Ok(None),
                Found::Nothing if !left.is_empty() => return Ok(None),
                Found::Nothing => HEADER,
                Found::Short(bytes) => bytes,
            };
            if wanted > room || !self.read_more(at.offset, wanted, room)? {
                return Ok(None);
            }
        }
    }

    /// Reads more, until at least `wanted` and at most `room` bytes from `offset` on are in the
    /// buffer. False when the file has no more.
    fn read_more(&mut self, offset: u32, wanted: usize, room: usize) -> Result<bool, JournalError> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let have = self.buffer.len();
        let from = u64::from(offset) + have as u64;
        let size = self.bytes()?;
        let in_file = usize::try_from(size.saturating_sub(from)).unwrap_or(usize::MAX);
        if wanted > have.saturating_add(in_file) {
            return Ok(false);
        }
        let target = wanted.max(BUFFER).min(room).min(have + in_file);
        self.buffer.resize(target, 0);
        let fresh = self.buffer.get_mut(have..).unwrap_or_default();
        match self.file.read_exact_at(fresh, from) {
            Ok(()) => Ok(target > have),
            Err(error) => {
                self.buffer.truncate(have);
                match error.kind() {
                    // Cut since its size was looked at.
                    io::ErrorKind::UnexpectedEof => Ok(false),
                    _ => Err(JournalError::io("read", &self.path)(error)),
                }
            }
        }
    }

    /// The record of `bytes` bytes that [`Self::fill`] found.
    pub(crate) fn take(&mut self, bytes: usize) -> &[u8] {
        let start = self.taken + HEADER;
        self.taken = start + bytes;
        self.buffer.get(start..self.taken).unwrap_or_default()
    }

    /// Its size in the file system.
    pub(crate) fn bytes(&self) -> Result<u64, JournalError> {
        Ok(self.file.metadata().map_err(JournalError::io("look at", &self.path))?.len())
    }
}

/// Where the last whole record of a segment ends, and where the last byte ever written is.
pub(crate) fn valid_end(dir: &Path, number: u64) -> Result<(u32, u64), JournalError> {
    let mut open = OpenSegment::new(dir, number)?;
    let mut at = Position { segment: number, offset: 0 };
    while let Some(bytes) = open.fill(at, u32::MAX)? {
        open.take(bytes);
        at.offset = at.offset.saturating_add((HEADER + bytes) as u32);
    }
    Ok((at.offset, written_end(&open, at)?))
}

/// Where the last whole record after the damage at `from` ends; `from` if there is none.
pub(crate) fn end_behind_damage(
    dir: &Path,
    from: Position,
    written: u64,
) -> Result<u32, JournalError> {
    let path = segment_path(dir, from.segment);
    let mut bytes = std::fs::read(&path).map_err(JournalError::io("read", &path))?;
    bytes.truncate(usize::try_from(written).unwrap_or(usize::MAX));
    let mut at = from;
    loop {
        let rest = bytes.get(at.offset as usize..).unwrap_or_default();
        let Some(skip) = record::next_whole(at, rest, LONGEST_FOUND) else {
            return Ok(at.offset);
        };
        // Both fit: they lie within a segment.
        at.offset += skip as u32;
        while let Some(rest) = bytes.get(at.offset as usize..)
            && let Found::Record(record) = record::read(at, rest)
        {
            at.offset += (HEADER + record.len()) as u32;
        }
    }
}

/// Where the last byte after `from` ends that is not one of the zeros a segment is filled with.
fn written_end(open: &OpenSegment, from: Position) -> Result<u64, JournalError> {
    let mut piece = vec![0; BUFFER];
    let (mut at, mut end) = (u64::from(from.offset), u64::from(from.offset));
    loop {
        let read =
            open.file.read_at(&mut piece, at).map_err(JournalError::io("read", &open.path))?;
        if read == 0 {
            return Ok(end);
        }
        let last = piece.get(..read).and_then(|read| read.iter().rposition(|byte| *byte != 0));
        if let Some(last) = last {
            end = at + last as u64 + 1;
        }
        at += read as u64;
    }
}
