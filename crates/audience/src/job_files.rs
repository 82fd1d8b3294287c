//! The files of a job, as something to read from and to write to. For threads that may wait.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use model::JobId;
use store::{JOB_PART_BYTES, Job, JobFile, Store, StoreError};
use tokio::runtime::Handle;

/// Parts of what a job may reject: a reason stands with each line, so a gigabyte of short ones would
/// become many.
const MOST_PARTS: u32 = if cfg!(test) { 3 } else { 256 };

/// A job has rejected as much as is kept.
#[derive(Debug, thiserror::Error)]
#[error("too much is rejected")]
pub(crate) struct RejectsFull;

/// What was uploaded for a job.
pub(crate) struct JobReader {
    store: Store,
    handle: Handle,
    job: JobId,
    number: u32,
    part: Vec<u8>,
    /// Bytes of the part that are read.
    read: usize,
    /// Of the whole file; 0 where nobody goes to its end.
    length: u64,
}

impl JobReader {
    /// Reads from this byte on.
    pub(crate) fn from(store: &Store, handle: &Handle, job: JobId, at: u64) -> Self {
        let (number, read) = split(at);
        let (store, handle) = (store.clone(), handle.clone());
        Self { store, handle, job, number, part: Vec::new(), read, length: 0 }
    }

    /// Reads what was uploaded for this job.
    pub(crate) fn whole(store: &Store, handle: &Handle, job: &Job) -> Self {
        let length = u64::try_from(job.total).unwrap_or(0);
        Self { length, ..Self::from(store, handle, job.id, 0) }
    }
}

impl Read for JobReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.part.is_empty() {
            let part = self.store.job_part(self.job, JobFile::Upload, self.number);
            let part = self.handle.block_on(part).map_err(io::Error::other)?;
            let Some(part) = part else { return Ok(0) };
            self.part = part;
        }
        let rest = self.part.get(self.read..).unwrap_or_default();
        let bytes = rest.len().min(into.len());
        if let (Some(into), Some(from)) = (into.get_mut(..bytes), rest.get(..bytes)) {
            into.copy_from_slice(from);
        }
        self.read += bytes;
        if self.read >= self.part.len() {
            let was_last = self.part.len() < JOB_PART_BYTES;
            if !was_last {
                self.part.clear();
                (self.number, self.read) = (self.number + 1, 0);
            }
        }
        Ok(bytes)
    }
}

impl Seek for JobReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let here = u64::from(self.number) * JOB_PART_BYTES as u64 + self.read as u64;
        let to = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => here.checked_add_signed(by),
        };
        let to = to.ok_or(io::ErrorKind::InvalidInput)?;
        let (number, read) = split(to);
        if number != self.number {
            self.part.clear();
        }
        (self.number, self.read) = (number, read);
        Ok(to)
    }
}

/// What a job has rejected. Full parts are stored as soon as there are any; the last one belongs to a
/// step.
#[derive(Clone)]
pub(crate) struct JobWriter {
    store: Store,
    handle: Handle,
    job: JobId,
    tail: Arc<Mutex<Tail>>,
}

/// The part that is being filled.
#[derive(Debug, Clone, Default)]
struct Tail {
    number: u32,
    bytes: Vec<u8>,
}

impl JobWriter {
    /// Goes on behind so many bytes.
    pub(crate) async fn behind(
        store: &Store,
        job: JobId,
        written: u64,
    ) -> Result<Self, StoreError> {
        let (number, within) = split(written);
        let mut bytes = match within {
            0 => Vec::new(),
            _ => store.job_part(job, JobFile::Rejects, number).await?.unwrap_or_default(),
        };
        bytes.truncate(within);
        let tail = Arc::new(Mutex::new(Tail { number, bytes }));
        Ok(Self { store: store.clone(), handle: Handle::current(), job, tail })
    }

    /// The last, incomplete part, and how many bytes are written with it.
    pub(crate) fn tail(&self) -> (u32, Vec<u8>, u64) {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let before = u64::from(tail.number) * JOB_PART_BYTES as u64;
        (tail.number, tail.bytes.clone(), before + tail.bytes.len() as u64)
    }
}

impl Write for JobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        if tail.number >= MOST_PARTS {
            return Err(io::Error::other(RejectsFull));
        }
        let room = JOB_PART_BYTES - tail.bytes.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        tail.bytes.extend_from_slice(taken);
        if tail.bytes.len() == JOB_PART_BYTES {
            let full = std::mem::take(&mut tail.bytes);
            let put = self.store.job_part_put(self.job, JobFile::Rejects, tail.number, full);
            self.handle.block_on(put).map_err(io::Error::other)?;
            tail.number += 1;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The number of the part that a byte is in, and its place there.
fn split(at: u64) -> (u32, usize) {
    let part = JOB_PART_BYTES as u64;
    let (number, within) = (at / part, at % part);
    (u32::try_from(number).unwrap_or(u32::MAX), usize::try_from(within).unwrap_or(0))
}
