//! Writes the file of a job part by part.
//!
//! Invariant: memory holds one part; what the last step has stored and a later run goes on with is the
//! same file, byte for byte.

use model::{JobId, Timestamp};

use crate::jobs::Job;
use crate::jobs::parts::JOB_PART_BYTES;
use crate::{Acting, AuditObject, JobFile, JobState, Store, StoreError};

/// The file of a job that this node holds.
#[derive(Debug)]
pub struct JobFileWriter {
    /// The job and its epoch.
    held: (JobId, i64),
    bytes: u64,
    /// The last part so far, which is not full.
    tail: Vec<u8>,
}

impl JobFileWriter {
    /// Goes on behind so many bytes, which the last step has stored.
    pub async fn resumed(store: &Store, job: &Job, bytes: u64) -> Result<Self, StoreError> {
        let (number, within) = part_of(bytes);
        let mut tail = match within {
            0 => Vec::new(),
            _ => store.job_part(job.id, JobFile::Result, number).await?.unwrap_or_default(),
        };
        tail.truncate(within);
        Ok(Self { held: (job.id, job.epoch), bytes, tail })
    }

    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Begins with an empty file.
    pub fn begin_anew(&mut self) {
        self.tail.clear();
        self.bytes = 0;
    }

    /// Appends these bytes; whatever fills a part is stored.
    ///
    /// # Errors
    /// As [`Store::job_part_put_held`].
    pub async fn put(&mut self, store: &Store, mut bytes: &[u8]) -> Result<(), StoreError> {
        while !bytes.is_empty() {
            let room = (JOB_PART_BYTES - self.tail.len()).min(bytes.len());
            let (now, later) = bytes.split_at(room);
            self.tail.extend_from_slice(now);
            bytes = later;
            let (number, _) = part_of(self.bytes);
            self.bytes += room as u64;
            if self.tail.len() == JOB_PART_BYTES {
                let full = std::mem::take(&mut self.tail);
                store.job_part_put_held(self.held, JobFile::Result, number, full).await?;
            }
        }
        Ok(())
    }

    /// The part that is not full, for the step that stores it.
    #[must_use]
    pub fn last_part(&self) -> Option<(JobFile, u32, Vec<u8>)> {
        let (number, within) = part_of(self.bytes);
        (within > 0).then(|| (JobFile::Result, number, self.tail.clone()))
    }
}

impl Store {
    /// Ends a job whose file of contacts is whole, which is in the audit log in the same transaction, with
    /// what is `told` of it (JSON that names nobody).
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else holds the job.
    pub async fn contacts_exported(
        &self,
        job: &Job,
        told: String,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let acting = Acting {
            actor: job.actor.clone(),
            action: "contacts.exported",
            object: AuditObject::new("job", job.id),
            before: None,
            after: Some(told),
            at,
            request: None,
        };
        self.acting(acting).job_end((job.id, job.epoch), JobState::Done, None, at).await
    }
}

/// The number of the part that a byte is in, and its place there.
fn part_of(at: u64) -> (u32, usize) {
    let part = JOB_PART_BYTES as u64;
    (u32::try_from(at / part).unwrap_or(u32::MAX), usize::try_from(at % part).unwrap_or(0))
}
