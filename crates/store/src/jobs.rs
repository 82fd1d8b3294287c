//! Jobs: long work that somebody has asked for, done by whichever node has time.
//!
//! Invariants: a job is held by one node at a time, whose every step is refused once another one holds
//! it or somebody has stopped it; what a step has done and where the next one begins are stored
//! together. So a job that is interrupted at any moment ends the same.

pub(crate) mod expiry;
pub(crate) mod file_writer;
pub(crate) mod parts;

use model::{JobId, Timestamp, TopicId};

use crate::access::actor_record::{ActorKind, ActorRecord};
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::job_state::{JobFile, JobState};
use crate::{Store, StoreError};

texts! {
    JOB_INSERT = "INSERT INTO jobs (kind, state, actor_kind, actor_id, actor_name, topic_id, title,
            spec, of_job, total, position, counts, done, epoch, created_at, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', '', 0, 0, $11, $11) RETURNING id";
    JOB_FIND = "SELECT id, kind, state, actor_kind, actor_id, actor_name, topic_id, title, spec,
            position, counts, problem, done, total, holder, held_until, epoch, created_at,
            changed_at, ended_at, of_job FROM jobs WHERE id = $1";
    JOBS_PAGE = "SELECT id, kind, state, actor_kind, actor_id, actor_name, topic_id, title, spec,
            position, counts, problem, done, total, holder, held_until, epoch, created_at,
            changed_at, ended_at, of_job FROM jobs WHERE id < $1 ORDER BY id DESC LIMIT $2";
    JOB_OF_NEWEST = "SELECT id, kind, state, actor_kind, actor_id, actor_name, topic_id, title, spec,
            position, counts, problem, done, total, holder, held_until, epoch, created_at,
            changed_at, ended_at, of_job FROM jobs WHERE of_job = $1 ORDER BY id DESC LIMIT 1";
    JOB_OF_OPEN = "SELECT 1 FROM jobs WHERE of_job = $1 AND ended_at IS NULL";
    JOB_UPLOADING = "UPDATE jobs SET total = $2, changed_at = $3
        WHERE id = $1 AND state = 'uploading'";
    JOB_UPLOADED = "UPDATE jobs SET state = 'waiting', changed_at = $2
        WHERE id = $1 AND state = 'uploading'";
    JOB_QUEUE = "UPDATE jobs SET state = 'queued', spec = $2, topic_id = $3, position = '',
            counts = '', problem = NULL, done = 0, changed_at = $4, ended_at = NULL
        WHERE id = $1 AND state = 'waiting'";
    /// Asked twice: of two nodes that look at the same moment, the second one finds it taken.
    JOB_CLAIM = "UPDATE jobs SET state = 'running', holder = $1, held_until = $3,
            epoch = epoch + 1, changed_at = $2
        WHERE id = (SELECT id FROM jobs WHERE ended_at IS NULL AND (state = 'queued'
            OR (state = 'running' AND (held_until < $2 OR holder = $1))) ORDER BY id LIMIT 1)
        AND (state = 'queued' OR (state = 'running' AND (held_until < $2 OR holder = $1)))
        RETURNING id";
    JOB_TAKE = "UPDATE jobs SET state = 'running', holder = NULL, held_until = $3,
            epoch = epoch + 1, changed_at = $2
        WHERE id = $1 AND state = 'queued' RETURNING epoch";
    JOB_STEP = "UPDATE jobs SET position = $3, counts = $4, done = $5, held_until = $6,
            changed_at = $7
        WHERE id = $1 AND epoch = $2 AND state = 'running'";
    /// Changes nothing; on PostgreSQL whoever stops the job waits for this step.
    JOB_HOLD = "UPDATE jobs SET epoch = epoch WHERE id = $1 AND epoch = $2 AND state = 'running'
        RETURNING counts";
    JOB_END = "UPDATE jobs SET state = $3, problem = $4, changed_at = $5, ended_at = $6,
            holder = NULL, held_until = NULL
        WHERE id = $1 AND epoch = $2 AND state = 'running'";
    JOB_RELEASE = "UPDATE jobs SET held_until = $3 WHERE id = $1 AND epoch = $2
        AND state = 'running'";
    JOB_STOP = "UPDATE jobs SET state = 'stopped', changed_at = $2, ended_at = $2, holder = NULL,
            held_until = NULL
        WHERE id = $1 AND ended_at IS NULL";
    JOBS_OPEN_BYTES = "SELECT CAST(coalesce(sum(total), 0) AS BIGINT) FROM jobs
        WHERE ended_at IS NULL AND kind IN ('import', 'erase')";
    /// People who were to be erased are not to lie about in the list of them.
    JOB_LIST_FILE_DROP = "DELETE FROM job_parts WHERE job_id = $1 AND file = 0
        AND EXISTS (SELECT 1 FROM jobs WHERE jobs.id = $1 AND jobs.kind = 'erase')";
}

/// A job that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Such as `import`.
    pub kind: &'static str,
    pub actor: ActorRecord,
    /// Whose it is; None: the installation's.
    pub topic: Option<TopicId>,
    /// What it is about, for people: a file's name.
    pub title: String,
    /// JSON.
    pub spec: String,
    /// The job that it is about, such as the import that it takes back.
    pub of: Option<JobId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    pub kind: String,
    pub state: JobState,
    pub actor: ActorRecord,
    pub topic: Option<TopicId>,
    pub title: String,
    /// What is to be done, as JSON of its kind.
    pub spec: String,
    /// Where the next step begins, as JSON of its kind; empty: at the beginning.
    pub position: String,
    /// What has been done, as JSON of its kind; empty: nothing.
    pub counts: String,
    pub problem: Option<String>,
    /// Bytes that are done, and of all; contacts where there is no file to read.
    pub done: i64,
    pub total: i64,
    /// The node that does it.
    pub holder: Option<u16>,
    pub held_until: Option<Timestamp>,
    /// Grows with each holder.
    pub epoch: i64,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// The job that it is about.
    pub of: Option<JobId>,
}

/// What one step of a job stores beside what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStep {
    pub job: JobId,
    /// Of whoever holds it.
    pub epoch: i64,
    pub position: String,
    pub done: i64,
    /// The last, incomplete part of a file that it writes.
    pub part: Option<(JobFile, u32, Vec<u8>)>,
    pub held_until: Timestamp,
    pub at: Timestamp,
}

impl Store {
    /// A job whose file is going to be uploaded.
    pub async fn job_create(&self, new: NewJob, at: Timestamp) -> Result<JobId, StoreError> {
        self.write(move |tx| insert(tx, &new, (JobState::Uploading, 0), at)).await
    }

    /// A job that needs no file: the next node does it. `total` as in [`Job`].
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one about the same job that has not ended.
    pub async fn job_ask(
        &self,
        new: NewJob,
        total: i64,
        at: Timestamp,
    ) -> Result<JobId, StoreError> {
        self.write(move |tx| {
            let of = new.of.map(|id| id.0);
            if tx.first(JOB_OF_OPEN, [of], |_| Ok(()))?.is_some() {
                return Err(StoreError::Exists("job"));
            }
            insert(tx, &new, (JobState::Queued, total), at)
        })
        .await
    }

    /// Stores the next part of what is uploaded; `total` are the bytes with it.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when nothing is uploaded for the job any more.
    pub async fn job_upload(
        &self,
        id: JobId,
        number: u32,
        bytes: Vec<u8>,
        total: i64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            if tx.execute(JOB_UPLOADING, (id.0, total, at.0))? == 0 {
                return Err(StoreError::Changed("job"));
            }
            parts::put(tx, id, JobFile::Upload, number, &bytes)
        })
        .await
    }

    /// Everything is uploaded.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it was so before, or the job is stopped.
    pub async fn job_uploaded(&self, id: JobId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| moved(tx.execute(JOB_UPLOADED, (id.0, at.0))?)).await
    }

    /// Lets the next node do the job as `spec` says, from its beginning.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it does not wait for that.
    pub async fn job_queue(
        &self,
        id: JobId,
        spec: String,
        topic: Option<TopicId>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            moved(tx.execute(JOB_QUEUE, (id.0, &spec, topic.map(|id| id.0), at.0))?)?;
            tx.announce_made(id.0);
            // Of a rehearsal that was told otherwise.
            parts::drop_file(tx, id, JobFile::Rejects)?;
            parts::drop_file(tx, id, JobFile::Warnings)
        })
        .await
    }

    /// Takes the next job for a node that does none: one that nobody does, whose holder is lost, or
    /// that the node itself held before it was restarted.
    pub async fn job_claim(
        &self,
        node: u16,
        now: Timestamp,
        held_until: Timestamp,
    ) -> Result<Option<Job>, StoreError> {
        self.write(move |tx| {
            let id: Option<i64> =
                tx.first(JOB_CLAIM, (node, now.0, held_until.0), |row| row.get(0))?;
            id.map_or(Ok(None), |id| tx.first(JOB_FIND, [id], job))
        })
        .await
    }

    /// Takes this job for a process that is no node; None when a node was faster.
    pub async fn job_take(
        &self,
        id: JobId,
        now: Timestamp,
        held_until: Timestamp,
    ) -> Result<Option<Job>, StoreError> {
        self.write(move |tx| {
            let taken: Option<i64> =
                tx.first(JOB_TAKE, (id.0, now.0, held_until.0), |row| row.get(0))?;
            taken.map_or(Ok(None), |_| tx.first(JOB_FIND, [id.0], job))
        })
        .await
    }

    /// Ends a job, or lets it wait for a decision (`Waiting`).
    ///
    /// # Errors
    /// As above.
    pub async fn job_end(
        &self,
        (id, epoch): (JobId, i64),
        state: JobState,
        problem: Option<String>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| end(tx, (id, epoch), state, problem.as_deref(), at)).await
    }

    /// Lets another node go on at once.
    pub async fn job_release(
        &self,
        id: JobId,
        epoch: i64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = now.0 - 1;
        self.write(move |tx| tx.execute(JOB_RELEASE, (id.0, epoch, until)).map(drop)).await
    }

    /// Stops a job before its next step. The list of an erasure is removed at once.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it has ended.
    pub async fn job_stop(&self, id: JobId, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| {
            moved(tx.execute(JOB_STOP, (id.0, at.0))?)?;
            tx.execute(JOB_LIST_FILE_DROP, [id.0]).map(drop)
        })
        .await
    }

    /// The newest job that is about this one.
    pub async fn job_about(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        self.read(move |tx| tx.first(JOB_OF_NEWEST, [id.0], job)).await
    }

    /// Stores where a job is, and what it has done so far.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else holds it, or it was stopped.
    pub async fn job_step(&self, step: JobStep, counts: String) -> Result<(), StoreError> {
        self.write(move |tx| {
            hold(tx, &step)?;
            put_step(tx, &step, &counts)
        })
        .await
    }

    pub async fn job_find(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        self.read(move |tx| tx.first(JOB_FIND, [id.0], job)).await
    }

    /// The newest `limit` jobs that were asked for before this one.
    pub async fn jobs_page(&self, before: JobId, limit: usize) -> Result<Vec<Job>, StoreError> {
        let limit = crate::engine::error::count(limit)?;
        self.read(move |tx| tx.all(JOBS_PAGE, (before.0, limit), job)).await
    }

    /// Bytes of all files that jobs which have not ended are to read.
    pub async fn jobs_open_bytes(&self) -> Result<i64, StoreError> {
        self.read(move |tx| tx.one(JOBS_OPEN_BYTES, (), |row| row.get(0))).await
    }
}

/// What the job has counted so far, if this step may be done.
pub(crate) fn hold(tx: &Tx<'_>, step: &JobStep) -> Result<String, StoreError> {
    held(tx, step.job, step.epoch)
}

fn held(tx: &Tx<'_>, id: JobId, epoch: i64) -> Result<String, StoreError> {
    let counts = tx.first(JOB_HOLD, (id.0, epoch), |row| row.get(0))?;
    counts.ok_or(StoreError::Changed("job"))
}

pub(crate) fn put_step(tx: &Tx<'_>, step: &JobStep, counts: &str) -> Result<(), StoreError> {
    let JobStep { job, epoch, position, done, held_until, at, .. } = step;
    if let Some((file, number, bytes)) = &step.part {
        parts::put(tx, *job, *file, *number, bytes)?;
    }
    moved(tx.execute(JOB_STEP, (job.0, *epoch, position, counts, *done, held_until.0, at.0))?)
}

pub(crate) fn end(
    tx: &Tx<'_>,
    (id, epoch): (JobId, i64),
    state: JobState,
    problem: Option<&str>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let ended = (!state.is_open()).then_some(at.0);
    moved(tx.execute(JOB_END, (id.0, epoch, state.as_str(), problem, at.0, ended))?)
}

pub(crate) fn insert(
    tx: &Tx<'_>,
    new: &NewJob,
    (state, total): (JobState, i64),
    at: Timestamp,
) -> Result<JobId, StoreError> {
    let NewJob { kind, actor, topic, title, spec, of } = new;
    let values = (
        *kind,
        state.as_str(),
        actor.kind.as_str(),
        actor.id,
        &actor.name,
        topic.map(|id| id.0),
        title,
        spec,
        of.map(|id| id.0),
        total,
        at.0,
    );
    let id = tx.one(JOB_INSERT, values, |row| row.get(0))?;
    tx.announce_made(id);
    Ok(JobId(id))
}

fn moved(rows: usize) -> Result<(), StoreError> {
    if rows == 0 { Err(StoreError::Changed("job")) } else { Ok(()) }
}

fn job(row: &SqlRow<'_>) -> Result<Job, StoreError> {
    let state = row.text(2)?;
    let state = JobState::ALL.into_iter().find(|it| it.as_str() == state);
    let kind = known(ActorKind::from_word(row.text(3)?), "kind of an actor")?;
    let time = |at: Option<i64>| at.map(Timestamp);
    Ok(Job {
        id: JobId(row.get(0)?),
        kind: row.get(1)?,
        state: known(state, "state of a job")?,
        actor: ActorRecord { kind, id: row.get(4)?, name: row.get(5)? },
        topic: row.get::<Option<i64>>(6)?.map(TopicId),
        title: row.get(7)?,
        spec: row.get(8)?,
        position: row.get(9)?,
        counts: row.get(10)?,
        problem: row.get(11)?,
        done: row.get(12)?,
        total: row.get(13)?,
        holder: row.get(14)?,
        held_until: time(row.get(15)?),
        epoch: row.get(16)?,
        created_at: Timestamp(row.get(17)?),
        changed_at: Timestamp(row.get(18)?),
        ended_at: time(row.get(19)?),
        of: row.get::<Option<i64>>(20)?.map(JobId),
    })
}
