//! Erasing somebody from what jobs have written, and from answers that are kept for requests that are repeated.
//!
//! Invariants: a file that names them (rows that an import could not use, an export) is removed as a
//! whole, because its lines can't be told apart without reading it as a table; of what an import has
//! changed, which is kept for undoing it, their values are removed. An export that is under way begins
//! anew. What an import has yet to read stays until it has ended: it brings nobody back. Of what a job is to do
//! their addresses are taken out. A request whose answer named them is still known as done, without the answer.

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
    JOB_TEXTS = "SELECT id, title, spec, coalesce(problem, '') FROM jobs
        WHERE id > $1 ORDER BY id LIMIT 200";
    /// Unless somebody has changed it since it was read; then the look after the erasure finds it.
    JOB_TEXTS_SET = "UPDATE jobs SET title = $2, spec = $3, problem = nullif(CAST($4 AS TEXT), '')
        WHERE id = $1 AND title = $5 AND spec = $6";
    KEPT_ANSWERS = "SELECT actor, name, answer FROM idempotency_keys
        WHERE (actor, name) > ($1, $2) AND answer IS NOT NULL ORDER BY actor, name LIMIT 100";
    KEPT_ANSWER_DROP = "UPDATE idempotency_keys SET status = NULL, answer = NULL
        WHERE actor = $1 AND name = $2";
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
            let Some(last) = jobs.last() else { break };
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
        self.job_texts_forget(people).await?;
        self.answers_forget(people).await
    }

    async fn job_texts_forget(&self, people: &ErasedPeople) -> Result<(), StoreError> {
        let mut after = 0;
        loop {
            let texts = |row: &SqlRow<'_>| {
                let [title, spec, problem] = [row.get(1)?, row.get(2)?, row.get(3)?];
                Ok((row.get::<i64>(0)?, [title, spec, problem]))
            };
            let jobs: Vec<(i64, [String; 3])> =
                self.read(move |tx| tx.all(JOB_TEXTS, [after], texts)).await?;
            let Some((last, _)) = jobs.last() else { return Ok(()) };
            after = *last;
            for (id, before) in jobs {
                let without = before.each_ref().map(|text| people.taken_out_of(text));
                if without.iter().all(Option::is_none) {
                    continue;
                }
                let [title, spec, problem] = before.clone();
                let [new_title, new_spec, new_problem] = without;
                let values = (
                    id,
                    new_title.unwrap_or_else(|| title.clone()),
                    new_spec.unwrap_or_else(|| spec.clone()),
                    new_problem.unwrap_or(problem),
                    title,
                    spec,
                );
                self.write(move |tx| tx.execute(JOB_TEXTS_SET, values.clone()).map(drop)).await?;
            }
        }
    }

    async fn answers_forget(&self, people: &ErasedPeople) -> Result<(), StoreError> {
        let mut after = (String::new(), String::new());
        loop {
            let kept = |row: &SqlRow<'_>| {
                Ok((row.get::<String>(0)?, row.get::<String>(1)?, row.get::<Vec<u8>>(2)?))
            };
            let from = after.clone();
            let answers =
                self.read(move |tx| tx.all(KEPT_ANSWERS, (&from.0, &from.1), kept)).await?;
            let Some((actor, name, _)) = answers.last() else { return Ok(()) };
            after = (actor.clone(), name.clone());
            for (actor, name, answer) in answers {
                if people.are_in(&answer) {
                    let drop_it = move |tx: &Tx<'_>| tx.execute(KEPT_ANSWER_DROP, (&actor, &name));
                    self.write(drop_it).await?;
                }
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
