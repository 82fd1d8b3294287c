//! A journal that nobody writes to any more, to be read to its end.

use std::fs::File;
use std::path::Path;

use crate::segment::{TornTail, recover};
use crate::{Durable, JournalError, Position, folder};

/// What a writer that will not come back has left. Takes no disk, and locks the folder for as long
/// as it lives.
#[derive(Debug)]
pub struct IdleJournal {
    end: Position,
    durable: Durable,
    _lock: File,
}

impl IdleJournal {
    /// Cuts a torn tail off as [`crate::Journal::open_past_damage`] does, and begins no segment.
    ///
    /// # Errors
    /// [`JournalError::Locked`] when a writer has it open; otherwise what the file system said.
    pub fn open_past_damage(dir: &Path) -> Result<Self, JournalError> {
        let lock = folder::lock(dir)?;
        let (end, _) = recover(dir, TornTail::WholeRecords)?;
        let (_, durable) = Durable::new(end);
        Ok(Self { end, durable, _lock: lock })
    }

    /// Everything before this is durable, and nothing is behind it.
    #[must_use]
    pub const fn end(&self) -> Position {
        self.end
    }

    /// The same as readers follow it.
    #[must_use]
    pub fn durable(&self) -> Durable {
        self.durable.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Journal, Options, Reader};

    #[test]
    fn what_was_left_is_read_to_its_end_and_can_be_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 4 << 10, max_bytes: 64 << 10 };
        let mut journal = Journal::open(dir.path(), options).unwrap();
        journal.append(b"one").unwrap();
        let end = journal.commit().unwrap();
        assert!(matches!(
            IdleJournal::open_past_damage(dir.path()),
            Err(JournalError::Locked { .. })
        ));
        drop(journal);
        let idle = IdleJournal::open_past_damage(dir.path()).unwrap();
        assert_eq!((idle.end(), idle.durable().end()), (end, end));
        let mut reader = Reader::open(dir.path(), Position::START).unwrap();
        assert_eq!(reader.next(end).unwrap().unwrap().1, b"one");
        assert!(Journal::open(dir.path(), options).is_err(), "it is locked");
        drop(idle);
        assert!(Journal::open(dir.path(), options).unwrap().head().segment > end.segment);
    }

    #[test]
    fn an_empty_folder_has_nothing_to_read() {
        let dir = tempfile::tempdir().unwrap();
        let idle = IdleJournal::open_past_damage(&dir.path().join("lane")).unwrap();
        assert_eq!(idle.end(), Position::START);
    }
}
