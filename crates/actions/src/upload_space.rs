//! How much memory uploads may take at once, and that none keeps its place on the disk.

use std::sync::Arc;

use store::{Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Refusal, RefusalKind};

/// MiB that all uploads of a node may hold at once.
const SPACE_MIB: usize = 128;

/// The memory that uploads share on one node.
#[derive(Debug, Clone)]
pub struct UploadSpace(Arc<Semaphore>);

/// The space of one upload, until it is dropped.
#[derive(Debug)]
pub struct UploadPlace {
    _mib: OwnedSemaphorePermit,
}

impl Default for UploadSpace {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(SPACE_MIB)))
    }
}

impl UploadSpace {
    /// Takes so many MiB, rounded up, for an upload.
    ///
    /// # Errors
    /// `busy` when others take too much of it just now.
    pub fn enter(&self, bytes: usize) -> Result<UploadPlace, Refusal> {
        let mib = u32::try_from(bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX);
        let taken = Arc::clone(&self.0).try_acquire_many_owned(mib);
        let full = |_| {
            let words = "Too many files are being uploaded just now; try again in a minute.";
            Refusal::new(RefusalKind::Busy, "busy", words)
        };
        Ok(UploadPlace { _mib: taken.map_err(full)? })
    }
}

/// Removes the files of jobs that have ended, which nobody reads any more.
///
/// # Errors
/// When the store fails.
pub async fn uploads_drop(store: &Store) -> Result<(), StoreError> {
    // Each round removes some, and a job that has ended gets no more.
    while store.job_uploads_drop().await? {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_take_no_more_than_their_space() {
        let space = UploadSpace::default();
        let half = SPACE_MIB << 19;
        let first = space.enter(half).unwrap();
        let second = space.enter(half - 1).unwrap();
        assert_eq!(space.enter(1).unwrap_err().code, "busy");
        drop(second);
        assert!(space.enter(half + 1).is_err());
        let third = space.enter(half).unwrap();
        drop((first, third));
        assert!(space.enter(2 * half).is_ok());
    }
}
