//! Who has changed what about a contact.
//!
//! Invariants: written in the transaction of the change, by whatever way it comes, and by [`note`] alone; of
//! each contact the newest 1,000 are kept. Personal data: it goes with the contact. Who is added has no entry:
//! that they were is the ledger's and the audit log's.

pub(crate) mod postgres;

use std::collections::BTreeSet;

use model::{ContactId, Timestamp};

use crate::engine::attached::{Attached, Attachment};
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    CHANGE_INSERT = "INSERT INTO contact_changes (contact_id, at, actor, field, before, after)
        VALUES ($1, $2, $3, $4, $5, $6)";
    CHANGES_PRUNE = "DELETE FROM contact_changes WHERE contact_id = $1 AND id <= (
            SELECT id FROM contact_changes WHERE contact_id = $1
            ORDER BY id DESC LIMIT 1 OFFSET 1000)";
    CHANGES_OF = "SELECT id, at, actor, field, before, after FROM contact_changes
        WHERE contact_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
    CHANGES_ERASE = "DELETE FROM contact_changes WHERE contact_id = $1";
}

/// Entries of a contact that are kept.
pub(crate) const CHANGES_KEPT: usize = 1_000;
/// The actor of what contacts change about themselves.
pub const THEMSELVES: &str = "themselves";
/// Characters of a value that are kept.
const VALUE_CHARS: usize = 1_000;

/// A change of one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactHistoryEntry {
    /// The higher one is the later one.
    pub id: i64,
    pub at: Timestamp,
    /// As the audit log names them, `import 7`, or `themselves`.
    pub actor: String,
    /// `email`, `attribute NAME`, `tag NAME`, `merged` or `paused until` (RFC 3339).
    pub field: String,
    /// None: there was none.
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A change that is to be noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotedChange {
    pub(crate) contact: i64,
    pub(crate) field: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

impl NotedChange {
    pub(crate) fn of_email(contact: i64, before: &str, after: &str) -> Self {
        let kept = |text: &str| Some(text.to_owned());
        Self { contact, field: "email".to_owned(), before: kept(before), after: kept(after) }
    }

    pub(crate) fn of_attribute(
        contact: i64,
        name: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Self {
        let field = format!("attribute {name}");
        Self { contact, field, before: before.map(shortened), after: after.map(shortened) }
    }

    /// Until when a contact pauses; nothing for not at all.
    pub(crate) fn of_pause(
        contact: i64,
        before: Option<Timestamp>,
        after: Option<Timestamp>,
    ) -> Self {
        let told = |until: Option<Timestamp>| until.map(Timestamp::rfc3339);
        let (before, after) = (told(before), told(after));
        Self { contact, field: "paused until".to_owned(), before, after }
    }

    /// Somebody with this address was merged into the contact.
    pub(crate) fn of_merge(contact: i64, email: &str) -> Self {
        let (field, after) = ("merged".to_owned(), Some(email.to_owned()));
        Self { contact, field, before: None, after }
    }

    /// A tag that a contact has now, or has no more.
    pub(crate) fn of_tag(contact: i64, name: &str, is_added: bool) -> Self {
        let (field, kept) = (format!("tag {name}"), Some(name.to_owned()));
        let (before, after) = if is_added { (None, kept) } else { (kept, None) };
        Self { contact, field, before, after }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(VALUE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Notes what was changed in this transaction, and by whom.
pub(crate) fn note(
    tx: &Tx<'_>,
    actor: &str,
    changes: &[NotedChange],
    at: Timestamp,
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    let contacts: BTreeSet<i64> = changes.iter().map(|it| it.contact).collect();
    if let Some(bulk) = tx.bulk() {
        return postgres::note(bulk, actor, changes, &contacts, at);
    }
    let mut insert = tx.prepare(CHANGE_INSERT)?;
    for NotedChange { contact, field, before, after } in changes {
        insert.execute((*contact, at.0, actor, field, before.as_deref(), after.as_deref()))?;
    }
    let mut prune = tx.prepare(CHANGES_PRUNE)?;
    for contact in contacts {
        prune.execute([contact])?;
    }
    Ok(())
}

impl Store {
    /// What was changed about a contact before the entry `before`, the newest first.
    pub async fn contact_history(
        &self,
        contact: ContactId,
        before: i64,
        limit: usize,
    ) -> Result<Vec<ContactHistoryEntry>, StoreError> {
        self.read(move |tx| of(tx, contact, before, limit)).await
    }

    /// The same store, whose next write is what a contact changes about themselves.
    #[must_use]
    pub fn by_themselves(&self) -> Self {
        self.with_attached(Some(Attached::new(Themselves)))
    }
}

/// As [`Store::contact_history`].
pub(crate) fn of(
    tx: &Tx<'_>,
    contact: ContactId,
    before: i64,
    limit: usize,
) -> Result<Vec<ContactHistoryEntry>, StoreError> {
    tx.all(CHANGES_OF, (contact.0, before, count(limit)?), |row| {
        Ok(ContactHistoryEntry {
            id: row.get(0)?,
            at: Timestamp(row.get(1)?),
            actor: row.get(2)?,
            field: row.get(3)?,
            before: row.get(4)?,
            after: row.get(5)?,
        })
    })
}

/// A contact who changes something about themselves.
struct Themselves;

impl Attachment for Themselves {
    fn before(&self, _: &Tx<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn actor(&self) -> Option<String> {
        Some(THEMSELVES.to_owned())
    }

    fn after(&self, _: &Tx<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}
