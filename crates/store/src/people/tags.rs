//! Tags of contacts.
//!
//! Invariants: a tag is unique regardless of case; a contact has at most 100 of them, and there are at most
//! 1,000 in all; whoever gets or loses one has an entry in their history.

pub(crate) mod postgres;

use model::{ContactId, ContactRefused, TagName, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::{CONTACT_LOCK, contact};
use crate::{Store, StoreError};

texts! {
    TAG_BY_KEY = "SELECT id, name FROM tags WHERE name_key = $1";
    TAGS_COUNT = "SELECT count(*) FROM tags";
    TAG_INSERT = "INSERT INTO tags (name, name_key, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (name_key) DO NOTHING";
    TAG_RENAME = "UPDATE tags SET name = $2, name_key = $3 WHERE id = $1";
    TAG_DROP = "DELETE FROM tags WHERE id = $1";
    TAGS_LIST = "SELECT t.name, (SELECT count(*) FROM contact_tags c WHERE c.tag_id = t.id)
        FROM tags t ORDER BY t.name_key LIMIT 1000";
    TAG_NAMES = "SELECT name FROM tags ORDER BY name_key LIMIT 1000";
    TAG_CONTACTS = "SELECT contact_id FROM contact_tags WHERE tag_id = $1
        ORDER BY contact_id LIMIT $2";
    TAG_CONTACTS_DROP = "DELETE FROM contact_tags WHERE tag_id = $1 AND contact_id <= $2";
    CONTACT_TAGS = "SELECT t.name FROM contact_tags c JOIN tags t ON t.id = c.tag_id
        WHERE c.contact_id = $1 ORDER BY t.name_key LIMIT 100";
    /// Also put by an import.
    CONTACT_TAG_PUT = "INSERT INTO contact_tags (contact_id, tag_id) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT)
        WHERE (SELECT count(*) FROM contact_tags WHERE contact_id = CAST($1 AS BIGINT)) < 100
        ON CONFLICT (contact_id, tag_id) DO NOTHING";
    CONTACT_TAG_HAS = "SELECT 1 FROM contact_tags WHERE contact_id = $1 AND tag_id = $2";
    CONTACT_TAG_DROP = "DELETE FROM contact_tags WHERE contact_id = $1 AND tag_id = $2";
    CONTACT_TAGS_ERASE = "DELETE FROM contact_tags WHERE contact_id = $1";
    CONTACT_TOUCH = "UPDATE contacts SET updated_at = $2 WHERE id = $1";
}

/// Tags that there can be.
pub const MOST_TAGS: i64 = 1_000;
/// Contacts that lose a tag in one transaction.
const AT_ONCE: i64 = 10_000;

/// A tag, and how many contacts have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedTag {
    pub name: String,
    pub contacts: i64,
}

/// Tags that contacts get or lose.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagChange {
    pub add: Vec<TagName>,
    pub remove: Vec<TagName>,
}

impl Store {
    /// The tags by their names, with how many contacts have each. Counts rows.
    pub async fn tags_counted(&self) -> Result<Vec<CountedTag>, StoreError> {
        self.read(|tx| {
            let counted = |row: &crate::engine::value::SqlRow<'_>| {
                Ok(CountedTag { name: row.get(0)?, contacts: row.get(1)? })
            };
            tx.all(TAGS_LIST, (), counted)
        })
        .await
    }

    /// The tags by their names.
    pub async fn tags_list(&self) -> Result<Vec<String>, StoreError> {
        self.read(|tx| tx.all(TAG_NAMES, (), |row| row.get(0))).await
    }

    /// The tags of a contact by their names.
    pub async fn contact_tags(&self, id: ContactId) -> Result<Vec<String>, StoreError> {
        self.read(move |tx| tx.all(CONTACT_TAGS, [id.0], |row| row.get(0))).await
    }

    /// Gives a contact tags and takes others away; false when that was so before. A tag that is new is made.
    ///
    /// # Errors
    /// [`StoreError::Contact`] when there would be too many, [`StoreError::NotFound`].
    pub async fn contact_tags_change(
        &self,
        id: ContactId,
        change: TagChange,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let found = tx.first(CONTACT_LOCK, [id.0], contact)?;
            let old = found.ok_or(StoreError::NotFound("contact"))?;
            let mut changes = Vec::new();
            for name in &change.remove {
                let Some((tag, known)) = find(tx, name)? else { continue };
                if tx.execute(CONTACT_TAG_DROP, (id.0, tag))? > 0 {
                    changes.push(NotedChange::of_tag(id.0, &known, false));
                }
            }
            for name in &change.add {
                let (tag, known) = ensure(tx, name, at)?;
                if tx.execute(CONTACT_TAG_PUT, (id.0, tag))? > 0 {
                    changes.push(NotedChange::of_tag(id.0, &known, true));
                } else if tx.first(CONTACT_TAG_HAS, (id.0, tag), |_| Ok(()))?.is_none() {
                    return Err(ContactRefused::TooManyTags.into());
                }
            }
            if changes.is_empty() {
                return Ok(false);
            }
            // Whoever undoes an import sees that somebody has changed them.
            tx.execute(CONTACT_TOUCH, (id.0, at.0.max(old.updated_at.0 + 1)))?;
            note(tx, &tx.actor(), &changes, at)?;
            Ok(true)
        })
        .await
    }

    /// Gives a tag another name.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when another one has it, [`StoreError::NotFound`].
    pub async fn tag_rename(&self, from: TagName, to: TagName) -> Result<(), StoreError> {
        self.write(move |tx| {
            let (id, _) = find(tx, &from)?.ok_or(StoreError::NotFound("tag"))?;
            if find(tx, &to)?.is_some_and(|(other, _)| other != id) {
                return Err(StoreError::Exists("tag"));
            }
            tx.execute(TAG_RENAME, (id, to.as_str(), to.key())).map(drop)
        })
        .await
    }

    /// Takes a tag from the next contacts who have it; how many that were. Nobody is left when it is 0.
    pub async fn tag_clear(
        &self,
        name: TagName,
        actor: String,
        at: Timestamp,
    ) -> Result<usize, StoreError> {
        self.write(move |tx| {
            let Some((id, known)) = find(tx, &name)? else { return Ok(0) };
            let contacts: Vec<i64> = tx.all(TAG_CONTACTS, (id, AT_ONCE), |row| row.get(0))?;
            let Some(last) = contacts.last() else { return Ok(0) };
            tx.execute(TAG_CONTACTS_DROP, (id, *last))?;
            let lost = contacts.iter().map(|it| NotedChange::of_tag(*it, &known, false));
            note(tx, &actor, &lost.collect::<Vec<_>>(), at)?;
            Ok(contacts.len())
        })
        .await
    }

    /// Removes a tag, from whoever still has it as well.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn tag_remove(&self, name: TagName, at: Timestamp) -> Result<(), StoreError> {
        self.write(move |tx| {
            let (id, known) = find(tx, &name)?.ok_or(StoreError::NotFound("tag"))?;
            let contacts: Vec<i64> = tx.all(TAG_CONTACTS, (id, AT_ONCE), |row| row.get(0))?;
            let lost = contacts.iter().map(|it| NotedChange::of_tag(*it, &known, false));
            note(tx, &tx.actor(), &lost.collect::<Vec<_>>(), at)?;
            tx.execute(TAG_CONTACTS_DROP, (id, i64::MAX))?;
            tx.execute(TAG_DROP, [id]).map(drop)
        })
        .await
    }
}

/// A tag's id and its name as it is written.
pub(crate) fn find(tx: &Tx<'_>, name: &TagName) -> Result<Option<(i64, String)>, StoreError> {
    tx.first(TAG_BY_KEY, [name.key()], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The same of a tag that is made when there is none.
pub(crate) fn ensure(
    tx: &Tx<'_>,
    name: &TagName,
    at: Timestamp,
) -> Result<(i64, String), StoreError> {
    if let Some(found) = find(tx, name)? {
        return Ok(found);
    }
    if tx.one(TAGS_COUNT, (), |row| row.get::<i64>(0))? >= MOST_TAGS {
        return Err(ContactRefused::TooManyTagsInAll.into());
    }
    tx.execute(TAG_INSERT, (name.as_str(), name.key(), at.0))?;
    find(tx, name)?.ok_or_else(|| StoreError::Corrupt("a tag that was made".to_owned()))
}
