//! Copies a journal for a backup while its writer continues.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::folder::{self, segment_path};
use crate::reserved::RESERVED;
use crate::{JournalError, open_segment};

/// Copies the journal in `from` into the existing, empty folder `to`, and makes the copy durable.
/// Whatever was durable when the call began is in the copy, unless a reader was done with it; what
/// comes later may be. A missing journal gives an empty copy.
pub fn copy_journal(from: &Path, to: &Path) -> Result<(), JournalError> {
    if !from.exists() {
        return Ok(());
    }
    // First: a record that moves from there into the journal is then rather twice than nowhere.
    copy(&from.join(RESERVED), &to.join(RESERVED), u64::MAX)?;
    let segments = folder::segments(from)?;
    let newest = segments.last().map(|entry| entry.number);
    for entry in segments {
        // The newest one is full of zeros behind what was written; older ones end where they end.
        let bytes = match Some(entry.number) == newest {
            true => u64::from(open_segment::valid_end(from, entry.number)?.0),
            false => u64::MAX,
        };
        if bytes > 0 {
            copy(&segment_path(from, entry.number), &segment_path(to, entry.number), bytes)?;
        }
    }
    folder::sync(to)
}

/// Copies the first `bytes` of a file, if it is still there.
fn copy(from: &Path, to: &Path, bytes: u64) -> Result<(), JournalError> {
    let file = match File::open(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(JournalError::io("open", from))?,
    };
    let write = || {
        let mut copy = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        io::copy(&mut file.take(bytes), &mut copy)?;
        copy.sync_all()
    };
    write().map_err(JournalError::io("copy into", to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Journal, Options, Position, Reader};

    fn records(dir: &Path, end: Position) -> Vec<Vec<u8>> {
        let mut reader = Reader::open(dir, Position::START).unwrap();
        let mut all = Vec::new();
        while let Some((_, bytes)) = reader.next(end).unwrap() {
            all.push(bytes.to_vec());
        }
        all
    }

    #[test]
    fn a_copy_has_what_was_durable_and_can_be_gone_on_with() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir(&to).unwrap();
        copy_journal(&from, &to).unwrap();
        let options = Options { segment_bytes: 256, max_bytes: 4096 };
        let mut journal = Journal::open(&from, options).unwrap();
        let written: Vec<Vec<u8>> = (0..20).map(|n| vec![n; 40]).collect();
        for record in &written {
            journal.append(record).unwrap();
            journal.commit().unwrap();
        }
        let end = journal.end();
        journal.append(b"not durable").unwrap();
        copy_journal(&from, &to).unwrap();
        let copied = Journal::open(&to, options).unwrap();
        assert_eq!((copied.end(), copied.torn()), (end, None));
        assert!(copied.head().segment > end.segment, "no place is given out again");
        drop(copied);
        assert_eq!(records(&to, end), written);
    }
}
