//! Numbers that lead to another contact, since theirs was merged into that.

use model::{ContactId, Timestamp};

use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::merged_numbers;
use crate::people::contacts::{CONTACT_FIND, Contact, contact};
use crate::{Store, StoreError};

texts! {
    MERGES_OF = "SELECT other_id, kept_id, other_email, actor, merged_at, before IS NOT NULL
        FROM contact_merges WHERE kept_id = $1 ORDER BY merged_at DESC, other_id LIMIT 1000";
    MERGES_BY_EMAIL = "SELECT other_id, kept_id, other_email, actor, merged_at, before IS NOT NULL
        FROM contact_merges WHERE lower(other_email) = $1 ORDER BY other_id LIMIT 1000";
    MERGE_HASH = "SELECT address_hash FROM contact_merges WHERE other_id = $1";
    MERGE_DROP = "DELETE FROM contact_merges WHERE other_id = $1";
}

/// A merge that was done. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactMerge {
    pub other: ContactId,
    pub kept: ContactId,
    pub other_email: String,
    pub actor: String,
    pub merged_at: Timestamp,
    /// Whether it can still be taken back.
    pub is_undoable: bool,
}

impl Store {
    /// The contact with this id, or the one into whom theirs was merged.
    pub async fn contact_now(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        self.read(move |tx| tx.first(CONTACT_FIND, [merged_numbers::now(tx, id)?.0], contact)).await
    }

    /// Who was merged into a contact, the newest merge first.
    pub async fn contact_merges(&self, kept: ContactId) -> Result<Vec<ContactMerge>, StoreError> {
        self.read(move |tx| tx.all(MERGES_OF, [kept.0], merge)).await
    }

    /// The contacts who had this address when they were merged into others.
    pub async fn contact_merges_by_email(
        &self,
        email_key: String,
    ) -> Result<Vec<ContactMerge>, StoreError> {
        self.read(move |tx| tx.all(MERGES_BY_EMAIL, [&email_key], merge)).await
    }
}

pub(crate) fn merge(row: &SqlRow<'_>) -> Result<ContactMerge, StoreError> {
    Ok(ContactMerge {
        other: ContactId(row.get(0)?),
        kept: ContactId(row.get(1)?),
        other_email: row.get(2)?,
        actor: row.get(3)?,
        merged_at: Timestamp(row.get(4)?),
        is_undoable: row.get(5)?,
    })
}
