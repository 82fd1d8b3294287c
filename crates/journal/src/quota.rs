//! How much disk the segments of one journal, or of several together, may take.
//!
//! Invariant: what is on disk, what has been granted and what the segments that are being written
//! may still grow by is never more than the quota, however many writers ask at the same time. The
//! lock is taken when a segment begins, never for a record.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{JournalError, folder};

/// How large a journal may grow.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Size of one segment in bytes. There are always two, even when little is written.
    pub segment_bytes: u32,
    /// Quota over all segments in bytes, of all journals that share it; at least one segment.
    pub max_bytes: u64,
}

impl Default for Options {
    /// Segments of 64 MiB, 8 GiB in all.
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, max_bytes: 8 << 30 }
    }
}

/// A limit on the segments in some folders together. Journals that share it are opened with
/// [`crate::Journal::open_sharing`].
#[derive(Debug)]
pub struct Quota {
    options: Options,
    folders: Mutex<Vec<FolderUse>>,
}

/// What is known of a folder besides the size of its segments.
#[derive(Debug)]
struct FolderUse {
    dir: PathBuf,
    /// The segment that its writer is at.
    current: Option<u64>,
    /// Segments that its writer may begin and has not begun.
    granted: u64,
}

impl Quota {
    /// For the journals in `dirs`, with or without a writer; folders that do not exist count
    /// nothing. `options` are those of each journal, except that its `max_bytes` are for all.
    #[must_use]
    pub fn new(options: Options, dirs: impl IntoIterator<Item = PathBuf>) -> Arc<Self> {
        let unwritten = |dir| FolderUse { dir, current: None, granted: 0 };
        let folders = Mutex::new(dirs.into_iter().map(unwritten).collect());
        Arc::new(Self { options, folders })
    }
}

/// One writer's part in a quota.
#[derive(Debug)]
pub(crate) struct QuotaShare {
    quota: Arc<Quota>,
    dir: PathBuf,
}

impl QuotaShare {
    pub(crate) fn of(quota: &Arc<Quota>, dir: &Path) -> Self {
        Self { quota: Arc::clone(quota), dir: dir.to_owned() }
    }

    pub(crate) fn options(&self) -> Options {
        self.quota.options
    }

    /// Whether this writer may begin that many segments beyond its current one; if so, they are
    /// its own until it has.
    pub(crate) fn grant(&self, segments: u64) -> Result<bool, JournalError> {
        let Options { segment_bytes, max_bytes } = self.quota.options;
        let segment_bytes = u64::from(segment_bytes);
        let mut folders = self.quota.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut used = 0_u64;
        for folder in folders.iter().filter(|it| it.dir.exists()) {
            let finished = folder::segments(&folder.dir)?;
            let finished = finished.iter().filter(|it| Some(it.number) != folder.current);
            let bytes: u64 = finished.map(|it| it.bytes).sum();
            // One that was not made ready before grows while it is written.
            let mut open = u64::from(folder.current.is_some());
            if folder.dir != self.dir {
                open = open.saturating_add(folder.granted);
            }
            used = used.saturating_add(bytes).saturating_add(open.saturating_mul(segment_bytes));
        }
        let wanted = segments.saturating_mul(segment_bytes);
        let has_room = used.saturating_add(wanted) <= max_bytes;
        if let Some(own) = folders.iter_mut().find(|it| it.dir == self.dir)
            && has_room
        {
            own.granted = own.granted.max(segments);
        }
        Ok(has_room)
    }

    /// The writer has begun a segment that was granted.
    pub(crate) fn begun(&self, number: u64) {
        self.change(|own| {
            own.current = Some(number);
            own.granted = own.granted.saturating_sub(1);
        });
    }

    /// The writer has given up its segment and what it was granted, up to this many.
    pub(crate) fn abandoned(&self, still_granted: u64) {
        self.change(|own| {
            own.current = None;
            own.granted = own.granted.min(still_granted);
        });
    }

    fn change(&self, change: impl FnOnce(&mut FolderUse)) {
        let mut folders = self.quota.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = folders.iter_mut().find(|it| it.dir == self.dir) {
            change(own);
        }
    }
}

impl Drop for QuotaShare {
    fn drop(&mut self) {
        self.abandoned(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two folders of which the first has finished segments of 100 and 40 bytes.
    fn two_folders() -> (tempfile::TempDir, [PathBuf; 2]) {
        let dir = tempfile::tempdir().unwrap();
        let dirs = ["one", "two"].map(|name| dir.path().join(name));
        for dir in &dirs {
            std::fs::create_dir(dir).unwrap();
        }
        for (number, bytes) in [(1, 100), (2, 40)] {
            std::fs::write(folder::segment_path(&dirs[0], number), vec![1; bytes]).unwrap();
        }
        (dir, dirs)
    }

    #[test]
    fn what_one_writer_was_granted_is_missing_to_the_other() {
        let (_dir, dirs) = two_folders();
        let options = Options { segment_bytes: 100, max_bytes: 440 };
        let quota = Quota::new(options, dirs.clone());
        let [one, two] = [0, 1].map(|which| QuotaShare::of(&quota, &dirs[which]));
        assert!(one.grant(2).unwrap(), "140 bytes and two segments");
        assert!(one.grant(1).unwrap(), "it asks again for what it has");
        assert!(two.grant(1).unwrap(), "440 bytes are 440 bytes");
        assert!(!two.grant(2).unwrap());
        one.abandoned(1);
        assert!(two.grant(2).unwrap());
        drop(one);
        assert!(two.grant(3).unwrap());
    }

    #[test]
    fn a_segment_that_may_still_grow_counts_as_a_whole_one_for_the_others() {
        let (_dir, dirs) = two_folders();
        let options = Options { segment_bytes: 100, max_bytes: 300 };
        let quota = Quota::new(options, dirs.clone());
        let [one, two] = [0, 1].map(|which| QuotaShare::of(&quota, &dirs[which]));
        assert!(two.grant(1).unwrap());
        one.begun(2);
        assert!(two.grant(1).unwrap(), "100 finished, 100 under way, 100 wanted");
        assert!(!two.grant(2).unwrap());
        one.begun(3);
        assert!(!two.grant(1).unwrap(), "140 finished, 100 under way");
    }
}
