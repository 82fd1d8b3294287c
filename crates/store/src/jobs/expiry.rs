//! How long jobs are kept, with what they have read and written.

use std::time::Duration;

use model::{JobId, Timestamp};

use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::jobs::parts;
use crate::{Store, StoreError};

texts! {
    JOBS_OLD = "SELECT id FROM jobs WHERE ended_at < $1 LIMIT 20";
    JOBS_TAKEN_OUT = "SELECT id FROM jobs WHERE ended_at < $1 AND kind = 'export' LIMIT 20";
    JOBS_ABANDONED = "UPDATE jobs SET state = 'stopped', changed_at = $4, ended_at = $4
        WHERE ended_at IS NULL AND ((state = 'waiting' AND changed_at < $1)
            OR (state = 'waiting' AND kind = 'erase' AND changed_at < $2)
            OR (state = 'uploading' AND changed_at < $3))";
    JOB_DROP = "DELETE FROM jobs WHERE id = $1";
}

/// An ended job is kept so long, with what it has rejected and changed.
pub const JOBS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// An export is, with its file: people are not to lie about in it.
pub const EXPORTS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// One that nobody has decided about.
const UNDECIDED_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// An erasure, with the addresses of those who were to be erased.
const UNDECIDED_ERASURES_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// A file of which no more has come: the server that took it in was killed.
const UPLOADING_KEPT: Duration = Duration::from_secs(60 * 60);

impl Store {
    /// Removes what is older than it is kept; false when there was nothing.
    pub async fn jobs_expire(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let (waiting, erasures) =
                (now.before(UNDECIDED_KEPT), now.before(UNDECIDED_ERASURES_KEPT));
            let uploading = now.before(UPLOADING_KEPT);
            tx.execute(JOBS_ABANDONED, (waiting.0, erasures.0, uploading.0, now.0))?;
            let id = |row: &SqlRow<'_>| row.get::<i64>(0);
            let mut old = tx.all(JOBS_OLD, [now.before(JOBS_KEPT).0], id)?;
            old.extend(tx.all(JOBS_TAKEN_OUT, [now.before(EXPORTS_KEPT).0], id)?);
            for id in &old {
                parts::drop_all(tx, JobId(*id))?;
                tx.execute(JOB_DROP, [*id])?;
            }
            Ok(!old.is_empty())
        })
        .await
    }
}
