//! What jobs read and write, in parts.
//!
//! Invariants: a file that is uploaded or handed out lies in parts of [`JOB_PART_BYTES`], of which only
//! the last is shorter; what an import has changed lies in one part for each of its steps.

use model::JobId;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::job_state::JobFile;
use crate::{Store, StoreError};

texts! {
    JOB_PART_PUT = "INSERT INTO job_parts (job_id, file, number, bytes) VALUES ($1, $2, $3, $4)
        ON CONFLICT (job_id, file, number) DO UPDATE SET bytes = excluded.bytes";
    JOB_PART_FIND = "SELECT bytes FROM job_parts WHERE job_id = $1 AND file = $2 AND number = $3";
    JOB_PARTS_COUNT = "SELECT coalesce(max(number) + 1, 0) FROM job_parts
        WHERE job_id = $1 AND file = $2";
    JOB_FILE_DROP = "DELETE FROM job_parts WHERE job_id = $1 AND file = $2";
    JOB_LIST_DROP = "DELETE FROM job_addresses WHERE job_id = $1";
    /// A job that has ended reads nothing any more.
    UPLOAD_OF_ENDED = "SELECT id FROM jobs WHERE ended_at IS NOT NULL AND EXISTS
        (SELECT 1 FROM job_parts p WHERE p.job_id = jobs.id AND p.file = 0) LIMIT 1";
    UPLOAD_DROP = "DELETE FROM job_parts WHERE job_id = $1 AND file = 0 AND number IN
        (SELECT number FROM job_parts WHERE job_id = $1 AND file = 0 ORDER BY number LIMIT $2)";
    JOB_PARTS_DROP = "DELETE FROM job_parts WHERE job_id = $1";
}

/// Bytes of a part; its last one may have fewer.
pub const JOB_PART_BYTES: usize = 1 << 20;
/// Parts that one transaction removes.
const DROPPED_AT_ONCE: i64 = 64;

impl Store {
    /// Stores a part of a file that a job writes. Writing it again is harmless.
    pub async fn job_part_put(
        &self,
        id: JobId,
        file: JobFile,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| put(tx, id, file, number, &bytes)).await
    }

    /// The same by whoever holds the job.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else holds it, or it was stopped.
    pub async fn job_part_put_held(
        &self,
        (id, epoch): (JobId, i64),
        file: JobFile,
        number: u32,
        bytes: Vec<u8>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            super::held(tx, id, epoch)?;
            put(tx, id, file, number, &bytes)
        })
        .await
    }

    /// Removes some of what was uploaded for jobs that have ended; false when nothing of it is left.
    pub async fn job_uploads_drop(&self) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let ended: Option<i64> = tx.first(UPLOAD_OF_ENDED, (), |row| row.get(0))?;
            let Some(id) = ended else { return Ok(false) };
            tx.execute(UPLOAD_DROP, (id, DROPPED_AT_ONCE))?;
            Ok(true)
        })
        .await
    }

    /// A part of a job's file; None behind the last one.
    pub async fn job_part(
        &self,
        id: JobId,
        file: JobFile,
        number: u32,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let key = (id.0, file.number(), number);
        self.read(move |tx| tx.first(JOB_PART_FIND, key, |row| row.get(0))).await
    }

    /// How many parts a job's file has.
    pub async fn job_parts(&self, id: JobId, file: JobFile) -> Result<u32, StoreError> {
        self.read(move |tx| count(tx, id, file)).await
    }
}

pub(crate) fn put(
    tx: &Tx<'_>,
    id: JobId,
    file: JobFile,
    number: u32,
    bytes: &[u8],
) -> Result<(), StoreError> {
    tx.execute(JOB_PART_PUT, (id.0, file.number(), number, bytes)).map(drop)
}

pub(crate) fn count(tx: &Tx<'_>, id: JobId, file: JobFile) -> Result<u32, StoreError> {
    let parts: i64 = tx.one(JOB_PARTS_COUNT, (id.0, file.number()), |row| row.get(0))?;
    crate::engine::error::narrow(parts, "the number of parts")
}

pub(crate) fn drop_file(tx: &Tx<'_>, id: JobId, file: JobFile) -> Result<(), StoreError> {
    tx.execute(JOB_FILE_DROP, (id.0, file.number())).map(drop)
}

pub(super) fn drop_all(tx: &Tx<'_>, id: JobId) -> Result<(), StoreError> {
    tx.execute(JOB_LIST_DROP, [id.0])?;
    tx.execute(JOB_PARTS_DROP, [id.0]).map(drop)
}
