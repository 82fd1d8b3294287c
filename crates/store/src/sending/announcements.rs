//! Announcements: what a campaign says, by version.

use model::{AnnouncementId, Timestamp};

use crate::engine::sql::texts;
use crate::{Store, StoreError};

texts! {
    ANNOUNCEMENT_SAME = "SELECT id FROM announcements
        WHERE name = $1 AND subject = $2 AND source = $3 ORDER BY version DESC LIMIT 1";
    ANNOUNCEMENT_INSERT = "INSERT INTO announcements (name, version, subject, source, created_at)
        VALUES ($1, (SELECT coalesce(max(version), 0) + 1 FROM announcements WHERE name = $1),
                $2, $3, $4)
        RETURNING id";
    ANNOUNCEMENT_FIND =
        "SELECT id, name, version, subject, source FROM announcements WHERE id = $1";
}

/// Content that is to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnnouncement {
    /// What its versions have in common.
    pub name: String,
    pub subject: String,
    /// The whole text, front matter included.
    pub source: String,
}

/// One version of what a campaign says; never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementVersion {
    pub id: AnnouncementId,
    /// What its versions have in common.
    pub name: String,
    /// Counted from 1 within the name.
    pub version: i64,
    pub subject: String,
    /// The whole text, front matter included.
    pub source: String,
}

impl Store {
    /// Stores the content as the name's next version, or finds the version with the same content.
    pub async fn announcement_save(
        &self,
        new: NewAnnouncement,
        at: Timestamp,
    ) -> Result<AnnouncementId, StoreError> {
        self.write(move |tx| {
            let NewAnnouncement { name, subject, source } = &new;
            let same = tx.first(ANNOUNCEMENT_SAME, (name, subject, source), |r| r.get(0))?;
            if let Some(id) = same {
                return Ok(AnnouncementId(id));
            }
            let id = tx.one(ANNOUNCEMENT_INSERT, (name, subject, source, at.0), |r| r.get(0))?;
            Ok(AnnouncementId(id))
        })
        .await
    }

    /// The version with this id.
    pub async fn announcement_find(
        &self,
        id: AnnouncementId,
    ) -> Result<Option<AnnouncementVersion>, StoreError> {
        self.read(move |tx| {
            tx.first(ANNOUNCEMENT_FIND, [id.0], |row| {
                Ok(AnnouncementVersion {
                    id: AnnouncementId(row.get(0)?),
                    name: row.get(1)?,
                    version: row.get(2)?,
                    subject: row.get(3)?,
                    source: row.get(4)?,
                })
            })
        })
        .await
    }
}
