//! What an announcement says that is written on its own: the text while it is being written, the version
//! that is in use, and its end.
//!
//! Invariants: a text is saved only over the revision that its writer has seen. What is being written is
//! one row, however often it is saved; single messages are made from the version in use, which changes
//! only when somebody says so: neither by typing nor by a campaign of the same name. Nothing is deleted
//! that a campaign says, or a message that waits.

use model::{AnnouncementId, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::sending::announcement_list::{AnnouncementUse, used_by};
use crate::sending::announcements::{self, NewAnnouncement};
use crate::sending::drafts::{self, CampaignText, NewDraftText};
use crate::{Store, StoreError};

texts! {
    /// A name without a text of its own says what its newest version says.
    TEXT_FIND = "SELECT coalesce(t.source, a.source), coalesce(t.revision, 0),
            coalesce(t.settled, 0), t.saved_at, t.actor_kind, t.actor_id, t.actor_name, a.id,
            a.version, a.name
        FROM announcements a LEFT JOIN announcement_texts t ON t.name = a.name
        WHERE a.name = $1 AND a.version > 0
        ORDER BY CASE WHEN a.id = t.announcement_id THEN 0 ELSE 1 END, a.version DESC LIMIT 1";
    TEXT_VERSION = "SELECT coalesce(
            (SELECT announcement_id FROM announcement_texts WHERE name = $1),
            (SELECT id FROM announcements WHERE name = $1 AND version > 0
                ORDER BY version DESC LIMIT 1))";
    TEXT_FIRST = "INSERT INTO announcement_texts (name, announcement_id, revision, settled, source,
            saved_at, actor_kind, actor_id, actor_name) VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (name) DO NOTHING";
    TEXT_NEXT = "UPDATE announcement_texts SET revision = revision + 1, source = $3, saved_at = $4,
            actor_kind = $5, actor_id = $6, actor_name = $7
        WHERE name = $1 AND revision = $2";
    TEXT_USE = "UPDATE announcement_texts SET settled = revision, announcement_id = $3
        WHERE name = $1 AND revision = $2";
    TEXT_REMOVE = "DELETE FROM announcement_texts WHERE name = $1";
    /// Another number: on PostgreSQL what is about to refer to a version holds only a change of its key
    /// up. The number is free again, and no other version ever has the negative of an id.
    VERSIONS_REMOVE = "UPDATE announcements SET version = -id, subject = '', source = ''
        WHERE name = $1 AND version > 0";
    NAME_CAMPAIGNS = "SELECT k.id, k.name, k.state, a.version
        FROM announcements a JOIN campaigns k ON k.announcement_id = a.id
        WHERE a.name = $1 ORDER BY k.id DESC LIMIT 20";
    /// The second condition is that of an index: messages that have ended are not gone through.
    NAME_MESSAGES = "SELECT m.id FROM messages m JOIN announcements a ON a.id = m.announcement_id
        WHERE m.state = 0 AND m.next_attempt_at >= 0 AND a.name = $1 LIMIT 20";
    NAME_MESSAGES_LEASED = "SELECT m.id FROM messages m
        JOIN announcements a ON a.id = m.announcement_id
        WHERE m.state = 1 AND m.leased_until >= 0 AND a.name = $1 LIMIT 20";
}

/// Messages that are told of.
const MOST_NEEDS: usize = 20;

/// What an announcement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementText {
    pub name: String,
    /// The version in use: what single messages of this name are made from.
    pub version_id: AnnouncementId,
    /// Its number.
    pub version: i64,
    /// As it was saved last; settled when the version in use says the same.
    pub text: CampaignText,
}

/// What holds up the deletion of an announcement; of each at most 20.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AnnouncementNeeds {
    /// Campaigns that say one of its versions, the newest first.
    pub campaigns: Vec<AnnouncementUse>,
    /// Numbers of single messages that wait to be sent.
    pub messages: Vec<i64>,
}

impl AnnouncementNeeds {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.campaigns.is_empty() && self.messages.is_empty()
    }
}

impl Store {
    /// What the announcement with this name says.
    pub async fn announcement_text(
        &self,
        name: String,
    ) -> Result<Option<AnnouncementText>, StoreError> {
        self.read(move |tx| tx.first(TEXT_FIND, [&name], text)).await
    }

    /// The version of a name that single messages are made from.
    pub async fn announcement_in_use(
        &self,
        name: String,
    ) -> Result<Option<AnnouncementId>, StoreError> {
        self.read(move |tx| in_use(tx, &name)).await
    }

    /// Adds an announcement with its first version. `is_finished`: that one is what its author meant.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one with this name.
    pub async fn announcement_add(
        &self,
        new: NewAnnouncement,
        is_finished: bool,
        by: crate::ActorRecord,
        at: Timestamp,
    ) -> Result<AnnouncementId, StoreError> {
        self.write(move |tx| {
            let NewAnnouncement { name, source, .. } = &new;
            if in_use(tx, name)?.is_some() {
                return Err(StoreError::Exists("announcement"));
            }
            let id = announcements::save(tx, &new, at)?;
            let (kind, settled) = (by.kind.as_str(), i64::from(is_finished));
            let row = (name, id.0, settled, source, at.0, kind, by.id, &by.name);
            if tx.execute(TEXT_FIRST, row)? == 0 {
                // Somebody else has added it at the same time.
                return Err(StoreError::Exists("announcement"));
            }
            tx.announce_made(id.0);
            Ok(id)
        })
        .await
    }

    /// Saves what is being written for a name as its next revision, which is returned. The version in use
    /// stays.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the text has another revision than the writer has seen.
    pub async fn announcement_text_save(
        &self,
        name: String,
        new: NewDraftText,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        self.write(move |tx| put(tx, &name, &new, at)).await
    }

    /// Makes a text with this revision the version in use.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when it has another one by now.
    pub async fn announcement_text_use(
        &self,
        revision: i64,
        version: NewAnnouncement,
        at: Timestamp,
    ) -> Result<AnnouncementId, StoreError> {
        self.write(move |tx| put_in_use(tx, revision, &version, at)).await
    }

    /// Saves a text and makes it the version in use, as one.
    ///
    /// # Errors
    /// As [`Store::announcement_text_save`].
    pub async fn announcement_write(
        &self,
        version: NewAnnouncement,
        new: NewDraftText,
        at: Timestamp,
    ) -> Result<AnnouncementId, StoreError> {
        self.write(move |tx| {
            let revision = put(tx, &version.name, &new, at)?;
            put_in_use(tx, revision, &version, at)
        })
        .await
    }

    /// What needs the announcement with this name.
    pub async fn announcement_needs(&self, name: String) -> Result<AnnouncementNeeds, StoreError> {
        self.read(move |tx| needs(tx, &name)).await
    }

    /// Deletes an announcement: every version and what is being written. Returns how many versions there
    /// were. Messages that were made from one keep its name.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Changed`] when something needs it.
    pub async fn announcement_delete(&self, name: String) -> Result<usize, StoreError> {
        self.write(move |tx| {
            tx.execute(TEXT_REMOVE, [&name])?;
            // What is about to refer to a version has committed when this returns, or waits; a first text
            // may have come meanwhile.
            let versions = tx.execute(VERSIONS_REMOVE, [&name])?;
            tx.execute(TEXT_REMOVE, [&name])?;
            if versions == 0 {
                return Err(StoreError::NotFound("announcement"));
            }
            match needs(tx, &name)?.is_empty() {
                true => Ok(versions),
                false => Err(StoreError::Changed("announcement")),
            }
        })
        .await
    }
}

fn in_use(tx: &Tx<'_>, name: &String) -> Result<Option<AnnouncementId>, StoreError> {
    let id: Option<i64> = tx.one(TEXT_VERSION, [name], |row| row.get(0))?;
    Ok(id.map(AnnouncementId))
}

fn put(tx: &Tx<'_>, name: &String, new: &NewDraftText, at: Timestamp) -> Result<i64, StoreError> {
    let NewDraftText { over, source, by, keep, .. } = new;
    let version = in_use(tx, name)?.ok_or(StoreError::NotFound("announcement"))?;
    let kind = by.kind.as_str();
    let done = match over {
        0 => {
            let row = (name, version.0, 0_i64, source, at.0, kind, by.id, &by.name);
            tx.execute(TEXT_FIRST, row)?
        }
        over => tx.execute(TEXT_NEXT, (name, *over, source, at.0, kind, by.id, &by.name))?,
    };
    if done == 0 {
        return Err(StoreError::Changed("announcement"));
    }
    announcements::must_be_there(tx, version)?;
    if let Some(keep) = keep {
        announcements::save(tx, keep, at)?;
    }
    Ok(over + 1)
}

fn put_in_use(
    tx: &Tx<'_>,
    revision: i64,
    version: &NewAnnouncement,
    at: Timestamp,
) -> Result<AnnouncementId, StoreError> {
    let id = announcements::save(tx, version, at)?;
    if tx.execute(TEXT_USE, (&version.name, revision, id.0))? == 0 {
        return Err(StoreError::Changed("announcement"));
    }
    announcements::must_be_there(tx, id)?;
    tx.announce_made(id.0);
    Ok(id)
}

fn needs(tx: &Tx<'_>, name: &String) -> Result<AnnouncementNeeds, StoreError> {
    let mut messages = Vec::new();
    for waiting in [NAME_MESSAGES, NAME_MESSAGES_LEASED] {
        messages.extend(tx.all(waiting, [name], |row| row.get::<i64>(0))?);
    }
    messages.truncate(MOST_NEEDS);
    Ok(AnnouncementNeeds { campaigns: tx.all(NAME_CAMPAIGNS, [name], used_by)?, messages })
}

fn text(row: &SqlRow<'_>) -> Result<AnnouncementText, StoreError> {
    Ok(AnnouncementText {
        text: drafts::read(row)?,
        version_id: AnnouncementId(row.get(7)?),
        version: row.get(8)?,
        name: row.get(9)?,
    })
}
