//! Pauses of contacts who are merged: the later end counts.

use model::ContactId;

use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    MERGE_PAUSE = "SELECT paused_until FROM contacts WHERE id = $1";
    MERGE_PAUSE_SET = "UPDATE contacts SET paused_until = $2 WHERE id = $1";
}

/// Until when each pauses: the one who stays, the other one.
pub(super) fn carry(
    tx: &Tx<'_>,
    keep: ContactId,
    other: ContactId,
) -> Result<[Option<i64>; 2], StoreError> {
    let (own, theirs) = (until(tx, keep)?, until(tx, other)?);
    if theirs > own {
        tx.execute(MERGE_PAUSE_SET, (keep.0, theirs))?;
    }
    Ok([own, theirs])
}

/// Each has its own again, as [`carry`] has returned them; what was said since the merge holds for both.
pub(super) fn take_back(
    tx: &Tx<'_>,
    (kept, other): (ContactId, ContactId),
    [own, theirs]: [Option<i64>; 2],
) -> Result<(), StoreError> {
    let now = until(tx, kept)?;
    let is_as_merged = now == own.max(theirs);
    if is_as_merged && now != own {
        tx.execute(MERGE_PAUSE_SET, (kept.0, own))?;
    }
    let of_other = if is_as_merged { theirs } else { now };
    tx.execute(MERGE_PAUSE_SET, (other.0, of_other)).map(drop)
}

fn until(tx: &Tx<'_>, contact: ContactId) -> Result<Option<i64>, StoreError> {
    Ok(tx.first(MERGE_PAUSE, [contact.0], |row| row.get::<Option<i64>>(0))?.flatten())
}
