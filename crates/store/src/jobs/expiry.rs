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
    JOBS_ABANDONED = "UPDATE jobs SET state = 'stopped', changed_at = $2, ended_at = $2
        WHERE ended_at IS NULL AND state IN ('uploading', 'waiting') AND changed_at < $1";
    ERASURES_ABANDONED = "UPDATE jobs SET state = 'stopped', changed_at = $2, ended_at = $2
        WHERE ended_at IS NULL AND kind = 'erase' AND state IN ('uploading', 'waiting')
        AND changed_at < $1";
    JOB_DROP = "DELETE FROM jobs WHERE id = $1";
}

/// An ended job is kept so long, with what it has read and rejected.
pub const JOBS_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// An export is, with its file: people are not to lie about in it.
pub const EXPORTS_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// One that nobody has decided about.
const UNDECIDED_KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// An erasure, with the addresses of those who were to be erased.
const UNDECIDED_ERASURES_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

impl Store {
    /// Removes what is older than it is kept; false when there was nothing.
    pub async fn jobs_expire(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| {
            tx.execute(JOBS_ABANDONED, (now.before(UNDECIDED_KEPT).0, now.0))?;
            tx.execute(ERASURES_ABANDONED, (now.before(UNDECIDED_ERASURES_KEPT).0, now.0))?;
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
