//! Numbers that lead to another contact, since theirs was merged into that.
//!
//! Invariant: knows the table of merges alone, so that whoever keeps something by a contact's number can ask.

use model::ContactId;

use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    MERGED_INTO = "SELECT kept_id FROM contact_merges WHERE other_id = $1";
    MERGED_NUMBERS = "SELECT other_id FROM contact_merges WHERE kept_id = $1
        ORDER BY other_id LIMIT 1000";
}

/// The contact whom this number means now.
pub(crate) fn now(tx: &Tx<'_>, id: ContactId) -> Result<ContactId, StoreError> {
    let kept: Option<i64> = tx.first(MERGED_INTO, [id.0], |row| row.get(0))?;
    Ok(kept.map_or(id, ContactId))
}

/// A contact's number, and those that lead to it.
pub(crate) fn numbers(tx: &Tx<'_>, id: ContactId) -> Result<Vec<ContactId>, StoreError> {
    let mut all = vec![id];
    all.extend(tx.all(MERGED_NUMBERS, [id.0], |row| row.get(0).map(ContactId))?);
    Ok(all)
}
