//! One small record that can be replaced even when the disk is full.
//!
//! Its file has two slots of one disk sector each, which were written in full when it was created.
//! Replacing overwrites the older one, which needs no space on a file system that writes in place
//! (ext4, XFS; not btrfs or ZFS). If a power cut tears it, the other slot still holds the previous
//! record.
//!
//! Invariant: the next start reads what [`Reserved::replace`] was last given, or something newer.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::{Journal, JournalError, folder};

/// Its file, beside the segments.
pub(crate) const RESERVED: &str = "reserved";
/// What disks write as a whole.
const SECTOR: usize = 512;
/// Sequence number and length before the record.
const HEAD: usize = 10;
/// Bytes of the checksum at the end.
const TAIL: usize = 4;

/// The place of a record that needs no free space.
#[derive(Debug)]
pub struct Reserved {
    path: PathBuf,
    file: File,
    /// The newest record's; the next one goes into the other slot.
    sequence: u64,
}

impl Reserved {
    pub const MAX_BYTES: usize = SECTOR - HEAD - TAIL;

    /// Opens or creates the file, and returns the record; empty when there is none.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Vec<u8>), JournalError> {
        let path = dir.join(RESERVED);
        let file = match open_whole(&path) {
            Ok(Some(file)) => file,
            Ok(None) => make(dir, &path)?,
            Err(error) => return Err(JournalError::io("open", &path)(error)),
        };
        let (sequence, record) = newest(&file).map_err(JournalError::io("read", &path))?;
        Ok((Self { path, file, sequence }, record))
    }

    /// Stores `record` in place of the previous one; returns when it is on disk.
    ///
    /// # Errors
    /// [`JournalError::RecordSize`], or what the file system said. The previous record is kept
    /// then.
    pub fn replace(&mut self, record: &[u8]) -> Result<(), JournalError> {
        let size = JournalError::RecordSize { bytes: record.len(), max: Self::MAX_BYTES };
        let length = u16::try_from(record.len()).ok().filter(|_| record.len() <= Self::MAX_BYTES);
        let length = length.ok_or(size)?;
        let sequence = self.sequence.saturating_add(1);
        let mut sector = Vec::with_capacity(SECTOR);
        sector.extend_from_slice(&sequence.to_le_bytes());
        sector.extend_from_slice(&length.to_le_bytes());
        sector.extend_from_slice(record);
        sector.resize(SECTOR - TAIL, 0);
        let sum = crc32c::crc32c(&sector);
        sector.extend_from_slice(&sum.to_le_bytes());
        self.file
            .write_all_at(&sector, offset(sequence % 2))
            .and_then(|()| self.file.sync_data())
            .map_err(JournalError::io("write", &self.path))?;
        self.sequence = sequence;
        Ok(())
    }
}

impl Journal {
    /// The journal's one record that can be replaced even when the disk is full, and its content;
    /// empty when it was never written.
    ///
    /// # Errors
    /// When it can't be read, or does not exist yet and the disk has no room for it.
    pub fn reserved(&self) -> Result<(Reserved, Vec<u8>), JournalError> {
        Reserved::open(self.dir())
    }
}

/// The reserved record of the journal in `dir`, which need not be open; empty when there is none.
///
/// # Errors
/// When it can't be read.
pub fn reserved_record(dir: &Path) -> Result<Vec<u8>, JournalError> {
    let path = dir.join(RESERVED);
    let read = || match open_whole(&path)? {
        Some(file) => newest(&file).map(|(_, record)| record),
        None => Ok(Vec::new()),
    };
    read().map_err(JournalError::io("read", &path))
}

/// Number and record of the slot that was written last.
fn newest(file: &File) -> io::Result<(u64, Vec<u8>)> {
    let mut newest = (0, Vec::new());
    for place in 0..2 {
        let mut sector = [0; SECTOR];
        file.read_exact_at(&mut sector, offset(place))?;
        if let Some(found) = read(&sector).filter(|found| found.0 > newest.0) {
            newest = found;
        }
    }
    Ok(newest)
}

const fn offset(place: u64) -> u64 {
    place * SECTOR as u64
}

/// The file, if it is there and has all of its bytes.
fn open_whole(path: &Path) -> io::Result<Option<File>> {
    match File::options().read(true).write(true).open(path) {
        Ok(file) if file.metadata()?.len() >= offset(2) => Ok(Some(file)),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn make(dir: &Path, path: &Path) -> Result<File, JournalError> {
    let fresh = path.with_extension("new");
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&fresh)
        .map_err(JournalError::io("create", &fresh))?;
    file.write_all_at(&[0; 2 * SECTOR], 0)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&fresh, path))
        .map_err(JournalError::io("reserve", path))?;
    folder::sync(dir)?;
    Ok(file)
}

/// Number and record of a slot; None when it was never written, or is torn.
fn read(sector: &[u8; SECTOR]) -> Option<(u64, Vec<u8>)> {
    let (body, sum) = sector.split_last_chunk::<TAIL>()?;
    if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
        return None;
    }
    let (sequence, rest) = body.split_first_chunk::<8>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let record = rest.get(..u16::from_le_bytes(*length).into())?;
    Some((u64::from_le_bytes(*sequence), record.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_record_is_kept_and_a_torn_one_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let (mut reserved, record) = Reserved::open(dir.path()).unwrap();
        assert_eq!(record, b"");
        for record in [b"one".as_slice(), b"two", b"three"] {
            reserved.replace(record).unwrap();
            assert_eq!(Reserved::open(dir.path()).unwrap().1, record);
        }
        assert!(reserved.replace(&[1; Reserved::MAX_BYTES + 1]).is_err());
        reserved.replace(&[1; Reserved::MAX_BYTES]).unwrap();
        for byte in 0..SECTOR as u64 {
            let torn = offset(reserved.sequence % 2) + byte;
            let mut was = [0];
            reserved.file.read_exact_at(&mut was, torn).unwrap();
            reserved.file.write_all_at(&[!was[0]], torn).unwrap();
            assert_eq!(Reserved::open(dir.path()).unwrap().1, b"three");
            reserved.file.write_all_at(&was, torn).unwrap();
        }
        assert_eq!(Reserved::open(dir.path()).unwrap().1, [1; Reserved::MAX_BYTES]);
    }

    #[test]
    fn a_file_that_was_cut_is_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        Reserved::open(dir.path()).unwrap().0.replace(b"one").unwrap();
        fs::write(dir.path().join("reserved"), b"short").unwrap();
        let (mut reserved, record) = Reserved::open(dir.path()).unwrap();
        assert_eq!(record, b"");
        reserved.replace(b"two").unwrap();
        assert_eq!(Reserved::open(dir.path()).unwrap().1, b"two");
    }
}
