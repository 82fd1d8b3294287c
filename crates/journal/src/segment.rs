//! One segment, as it is written and as a crash left it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::folder::{self, segment_path};
use crate::{JournalError, Position, open_segment, quarantine};

/// What a crash or damage left after the last whole record of the newest segment. After a power cut
/// it is a commit that had not ended; on a disk that loses bytes it may be records that were
/// durable once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torn {
    /// The end of the last whole record, where the journal was cut.
    pub at: Position,
    /// Bytes behind it that had been written.
    pub bytes: u64,
}

/// A segment that is open for writing.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    /// Where its durable records end.
    pub(crate) end: u32,
    /// Whether the next segment has been asked for.
    pub(crate) next_prepared: bool,
}

impl Segment {
    /// Trims the segment to exactly where its durable records end; an empty one disappears.
    pub(crate) fn cut(&self, dir: &Path) -> Result<(), JournalError> {
        if self.end == 0 {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    Err(JournalError::io("remove", &self.path)(error))
                }
                _ => folder::sync(dir),
            };
        }
        self.file
            .set_len(u64::from(self.end))
            .and_then(|()| self.file.sync_all())
            .map_err(JournalError::io("cut", &self.path))
    }
}

/// What remains of a newest segment that can't be read completely.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TornTail {
    /// Everything before the first unreadable byte.
    Prefix,
    /// Every whole record; readers find the damage between them.
    WholeRecords,
}

/// Cuts the newest segment after its last whole record and makes the rest durable: a killed process
/// may have left it only in memory. What is cut off goes into quarantine. Returns the end of the
/// journal.
pub(crate) fn recover(
    dir: &Path,
    stays: TornTail,
) -> Result<(Position, Option<Torn>), JournalError> {
    let mut torn = None;
    while let Some(newest) = folder::segments(dir)?.pop() {
        let path = segment_path(dir, newest.number);
        let (mut end, written) = open_segment::valid_end(dir, newest.number)?;
        let mut at = Position { segment: newest.number, offset: end };
        if stays == TornTail::WholeRecords && written > u64::from(end) {
            end = open_segment::end_behind_damage(dir, at, written)?;
            at.offset = end;
        }
        if written > u64::from(end) {
            torn = Some(Torn { at, bytes: written - u64::from(end) });
            quarantine::keep_tail(dir, at, written);
        }
        let file =
            File::options().write(true).open(&path).map_err(JournalError::io("open", &path))?;
        let segment = Segment { number: newest.number, path, file, end, next_prepared: true };
        segment.cut(dir)?;
        if end > 0 {
            return Ok((at, torn));
        }
    }
    Ok((Position::START, torn))
}
