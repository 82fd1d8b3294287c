//! Prepares the next segment ahead of time: a file already full of zeros.
//!
//! Writing over zeros that are on disk leaves size and extents unchanged, so a commit costs one
//! data write instead of a data write and a file system transaction: measured 0.49 against 0.37 of
//! nginx's rate at 64 connections. One thread, one file at a time, never more than one ahead.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;

const PIECE: usize = 1 << 20;

/// The thread that fills files with zeros, and the one file it keeps ready.
#[derive(Debug)]
pub(crate) struct Spares {
    path: PathBuf,
    orders: Option<SyncSender<()>>,
    filled: Receiver<io::Result<File>>,
    ordered: bool,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Spares {
    /// Starts the thread. A file left over from before is removed, because it is unknown how far it
    /// was filled.
    pub(crate) fn start(dir: &Path, bytes: u32) -> io::Result<Self> {
        let path = dir.join("spare");
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let (orders, work) = sync_channel::<()>(1);
        let (done, filled) = sync_channel(1);
        let stop = Arc::new(AtomicBool::new(false));
        let thread = {
            let (path, stop) = (path.clone(), Arc::clone(&stop));
            std::thread::Builder::new().name("journal-spare".to_owned()).spawn(move || {
                while work.recv().is_ok() {
                    if done.send(fill(&path, bytes, &stop)).is_err() {
                        break;
                    }
                }
            })?
        };
        let (orders, thread) = (Some(orders), Some(thread));
        Ok(Self { path, orders, filled, ordered: false, stop, thread })
    }

    /// Requests a file, unless one is ready or under way.
    pub(crate) fn order(&mut self) {
        if !self.ordered {
            let sent = self.orders.as_ref().map(|orders| orders.try_send(()));
            self.ordered = matches!(sent, Some(Ok(())));
        }
    }

    /// Whether a file is ready or under way.
    pub(crate) const fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// The file, renamed to `to`, if one is ready. None is no error: a segment may also grow.
    pub(crate) fn take(&mut self, to: &Path) -> Option<File> {
        let filled = match self.filled.try_recv() {
            Ok(filled) => filled,
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => return None,
        };
        self.rename(filled, to)
    }

    /// Like [`Self::take`], but waits for a file that is under way. For opening a journal, and for
    /// one that nears its quota.
    pub(crate) fn wait(&mut self, to: &Path) -> Option<File> {
        if !self.ordered {
            return None;
        }
        let filled = self.filled.recv().ok()?;
        self.rename(filled, to)
    }

    fn rename(&mut self, filled: io::Result<File>, to: &Path) -> Option<File> {
        self.ordered = false;
        let renamed = filled.and_then(|file| fs::rename(&self.path, to).map(|()| file));
        renamed
            .inspect_err(|error| {
                tracing::warn!(%error, "can't prepare a segment; the next one will grow");
            })
            .ok()
    }
}

/// The thread must have ended before the folder's lock is released: a later opener uses the same
/// file name.
impl Drop for Spares {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

fn fill(path: &Path, bytes: u32, stop: &AtomicBool) -> io::Result<File> {
    let filled = write_zeros(path, bytes, stop);
    if filled.is_err() {
        // A half-filled file would hold the room that somebody else needs.
        let _ = fs::remove_file(path);
    }
    filled
}

fn write_zeros(path: &Path, bytes: u32, stop: &AtomicBool) -> io::Result<File> {
    let mut file = File::options().create(true).truncate(true).write(true).open(path)?;
    let mut left = bytes as usize;
    let zeros = vec![0; PIECE.min(left)];
    while left > 0 {
        if stop.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let piece = zeros.get(..left).unwrap_or(&zeros);
        file.write_all(piece)?;
        // One piece at a time: a burst of dirty pages would make a commit next door wait.
        file.sync_data()?;
        left -= piece.len();
    }
    file.sync_all()?;
    Ok(file)
}
