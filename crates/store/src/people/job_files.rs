//! Erasing somebody from the files of jobs.
//!
//! Invariants: a file that names them (rows that an import could not use, an export) is removed as a
//! whole, because its lines can't be told apart without reading it as a table; of what an import has
//! changed, which is kept for undoing it, their values are removed. An export that is under way begins
//! anew. What an import has yet to read stays until it has ended: it brings nobody back.

use model::JobId;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::job_state::JobFile;
use crate::jobs::parts;
use crate::people::erased_people::{ADDRESS_BYTES, ErasedPeople};
use crate::people::import_changes::ImportChanges;
use crate::{Store, StoreError};

texts! {
    JOBS_WITH_FILES = "SELECT id FROM jobs WHERE id > $1 AND EXISTS
        (SELECT 1 FROM job_parts p WHERE p.job_id = jobs.id AND p.file > 0)
        ORDER BY id LIMIT 50";
    EXPORTS_RUNNING = "SELECT id FROM jobs WHERE kind = 'export' AND ended_at IS NULL
        AND (state = 'running' OR position <> '')";
    EXPORT_AGAIN = "UPDATE jobs SET state = 'queued', position = '', counts = '', done = 0,
            epoch = epoch + 1, holder = NULL, held_until = NULL
        WHERE id = $1";
}

/// Parts of a file that are looked through for somebody; a larger one is removed without that, so that
/// an erasure takes a bounded time.
const LOOKED_THROUGH: u32 = 64;

impl Store {
    /// Removes people from what jobs have written. To be asked for before they are erased, so that
    /// an erasure that is cut off is done again, and after it, because of what was written meanwhile.
    ///
    /// # Errors
    /// When the store can't do it; what was removed stays removed.
    pub async fn job_files_forget(&self, people: &ErasedPeople) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let id = |row: &SqlRow<'_>| row.get::<i64>(0);
            let jobs = self.read(move |tx| tx.all(JOBS_WITH_FILES, [after], id)).await?;
            let Some(last) = jobs.last() else { return Ok(()) };
            after = *last;
            for job in jobs.into_iter().map(JobId) {
                for file in [JobFile::Rejects, JobFile::Result] {
                    if self.job_file_names(job, file, people).await? {
                        self.write(move |tx| parts::drop_file(tx, job, file)).await?;
                    }
                }
                self.job_changes_forget(job, people).await?;
            }
        }
    }

    /// Whether a file has one of the addresses anywhere, or is too large to look.
    async fn job_file_names(
        &self,
        job: JobId,
        file: JobFile,
        people: &ErasedPeople,
    ) -> Result<bool, StoreError> {
        if self.job_parts(job, file).await? > LOOKED_THROUGH {
            return Ok(true);
        }
        let (mut number, mut text) = (0, Vec::new());
        while let Some(part) = self.job_part(job, file, number).await? {
            text.extend_from_slice(&part);
            if people.are_in(&text) {
                return Ok(true);
            }
            // What may go on in the next part, with a byte before it.
            text.drain(..text.len().saturating_sub(ADDRESS_BYTES + 1));
            number += 1;
        }
        Ok(false)
    }

    async fn job_changes_forget(
        &self,
        job: JobId,
        people: &ErasedPeople,
    ) -> Result<(), StoreError> {
        for number in 0..self.job_parts(job, JobFile::Changes).await? {
            let Some(part) = self.job_part(job, JobFile::Changes, number).await? else { continue };
            if !people.may_be_in_changes(&part) {
                continue;
            }
            let mut changes = ImportChanges::from_bytes(&part)?;
            if changes.forget_values(people.contacts()) {
                let bytes = changes.to_bytes().unwrap_or_default();
                self.job_part_put(job, JobFile::Changes, number, bytes).await?;
            }
        }
        Ok(())
    }
}

/// Lets exports that are under way begin anew: the next page that they would write may have been read
/// before somebody was erased.
pub(crate) fn exports_again(tx: &Tx<'_>) -> Result<(), StoreError> {
    for id in tx.all(EXPORTS_RUNNING, (), |row| row.get::<i64>(0))? {
        parts::drop_file(tx, JobId(id), JobFile::Result)?;
        tx.execute(EXPORT_AGAIN, [id])?;
    }
    Ok(())
}
