//! The folder of a journal: its lock, the names of its segments, removing old ones.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::{JournalError, Position};

const EXTENSION: &str = "seg";
const LOCK: &str = "lock";

/// Locks the folder for one writer, until the returned file is dropped or the process dies.
pub(crate) fn lock(dir: &Path) -> Result<File, JournalError> {
    fs::create_dir_all(dir).map_err(JournalError::io("create folder", dir))?;
    let path = dir.join(LOCK);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(JournalError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(JournalError::io("lock", &path)(error)),
    }
}

/// The path of the segment with this number: twenty digits, so that names sort like numbers.
pub(crate) fn segment_path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:020}.{EXTENSION}"))
}

/// A segment's number and its size on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SegmentEntry {
    pub(crate) number: u64,
    pub(crate) bytes: u64,
}

/// Every segment, oldest first.
pub(crate) fn segments(dir: &Path) -> Result<Vec<SegmentEntry>, JournalError> {
    let read = || JournalError::io("list folder", dir);
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(read())? {
        let entry = entry.map_err(read())?;
        let Some(number) = number_of(&entry.file_name()) else { continue };
        match entry.metadata() {
            Ok(metadata) => found.push(SegmentEntry { number, bytes: metadata.len() }),
            // Removed since it was listed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(read()(error)),
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Whether the segment of this number is there.
#[must_use]
pub fn has_segment(dir: &Path, number: u64) -> bool {
    segment_path(dir, number).exists()
}

/// What distinguishes this folder from any copy of it, and from one created again in its place:
/// inode and time of change of its lock file, which is written once. A change of owner or mode
/// looks like a copy.
///
/// # Errors
/// When there is no journal in the folder.
pub fn identity(dir: &Path) -> Result<String, JournalError> {
    use std::os::unix::fs::MetadataExt as _;
    let path = dir.join(LOCK);
    let about = fs::metadata(&path).map_err(JournalError::io("look at", &path))?;
    Ok(format!("{}:{}.{:09}", about.ino(), about.ctime(), about.ctime_nsec()))
}

fn number_of(name: &std::ffi::OsStr) -> Option<u64> {
    let (number, extension) = name.to_str()?.split_once('.')?;
    (extension == EXTENSION && number.len() == 20).then(|| number.parse().ok())?
}

/// Makes created, renamed and removed names last.
pub(crate) fn sync(dir: &Path) -> Result<(), JournalError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(JournalError::io("sync folder", dir))
}

/// Removes the segments that are entirely before `keep`, and returns how many. The newest segment
/// always stays, because it continues the numbering.
pub fn remove_before(dir: &Path, keep: Position) -> Result<usize, JournalError> {
    let mut segments = segments(dir)?;
    segments.pop();
    segments.retain(|entry| entry.number < keep.segment);
    for entry in &segments {
        let path = segment_path(dir, entry.number);
        fs::remove_file(&path).map_err(JournalError::io("remove", &path))?;
    }
    if !segments.is_empty() {
        sync(dir)?;
    }
    Ok(segments.len())
}
