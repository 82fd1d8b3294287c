//! What is removed from a journal because it is unreadable: kept next to the segments for anyone
//! who wants to look, under names that no reader takes for a segment.
//!
//! Invariant: at most [`KEPT`] files per folder; the oldest is removed first, and the log says so.
//! Keeping a file never fails its caller: a full disk must not prevent a start.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::folder::{self, segment_path};
use crate::{JournalError, Position};

/// Files kept aside in one folder.
const KEPT: usize = 8;
const TORN: &str = "torn";
const DAMAGED: &str = "damaged";

/// Keeps the bytes of a segment from `at` up to `end`.
pub(crate) fn keep_tail(dir: &Path, at: Position, end: u64) {
    let offset = u64::from(at.offset);
    let name = format!("{:020}-{offset:010}", at.segment);
    let kept = copy_part(dir, at.segment, offset..end, (&name, TORN));
    report(dir, kept);
    // Before the tail is cut: only the file then tells that there was one.
    if let Err(error) = folder::sync(dir) {
        tracing::warn!(%error, "can't make the quarantine of a journal last");
    }
}

/// Whether a tail at or behind `from` was cut off, by this start or an earlier one, as far as
/// quarantine files tell.
///
/// # Errors
/// When the folder can't be listed.
pub fn is_torn_since(dir: &Path, from: Position) -> Result<bool, JournalError> {
    let paths = kept(dir).map_err(JournalError::io("list folder", dir))?;
    Ok(paths.iter().filter_map(|path| torn_at(path)).any(|at| at >= from))
}

/// The position that the name of a torn tail's file tells.
fn torn_at(path: &Path) -> Option<Position> {
    let mut numbers = path.file_name()?.to_str()?.strip_suffix(TORN)?.split('-');
    let segment = numbers.next()?.parse().ok()?;
    Some(Position { segment, offset: numbers.next()?.parse().ok()? })
}

/// Keeps copies of whole segments in which a reader found damage.
pub fn keep_segments(dir: &Path, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let name = format!("{number:020}");
        report(dir, copy_part(dir, number, 0..u64::MAX, (&name, DAMAGED)));
    }
}

fn copy_part(
    dir: &Path,
    segment: u64,
    bytes: Range<u64>,
    (name, extension): (&str, &str),
) -> io::Result<PathBuf> {
    let mut from = File::open(segment_path(dir, segment))?;
    from.seek(SeekFrom::Start(bytes.start))?;
    let (path, mut to) = fresh(dir, name, extension)?;
    io::copy(&mut from.take(bytes.end - bytes.start), &mut to)?;
    Ok(path)
}

/// A file that does not exist yet: a segment that held only torn bytes gives its number back.
fn fresh(dir: &Path, name: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    let mut number = 0;
    loop {
        let path = dir.join(format!("{name}-{number:03}.{extension}"));
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 999 => {
                number += 1;
            }
            made => return made.map(|file| (path, file)),
        }
    }
}

fn report(dir: &Path, kept_in: io::Result<PathBuf>) {
    match kept_in {
        Ok(file) => {
            tracing::warn!(file = %file.display(), "moved unreadable bytes of a journal to quarantine");
        }
        Err(error) => {
            tracing::warn!(%error, "can't move unreadable bytes of a journal to quarantine");
        }
    }
    match kept(dir) {
        Ok(mut kept) => {
            kept.sort_unstable();
            for oldest in kept.iter().take(kept.len().saturating_sub(KEPT)) {
                let removed = fs::remove_file(oldest);
                tracing::warn!(file = %oldest.display(), ?removed, "removed the oldest from quarantine");
            }
        }
        Err(error) => tracing::warn!(%error, "can't measure the quarantine"),
    }
}

fn kept(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(dir)?.map(|entry| Ok(entry?.path()));
    let is_kept = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == TORN || extension == DAMAGED)
    };
    paths.filter(|path| path.as_ref().map_or(true, is_kept)).collect()
}
