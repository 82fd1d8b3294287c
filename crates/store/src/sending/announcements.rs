//! Announcements: what a campaign or a single message says, by version.
//!
//! Invariants: a version never changes. One that was deleted keeps its row and its name, for the messages
//! that were made from it, under a version below 0 and without its text; no statement that looks for
//! versions finds it.

use model::{AnnouncementId, CampaignId, Timestamp};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    ANNOUNCEMENT_SAME = "SELECT id FROM announcements
        WHERE name = $1 AND version > 0 AND subject = $2 AND source = $3
        ORDER BY version DESC LIMIT 1";
    ANNOUNCEMENT_INSERT = "INSERT INTO announcements (name, version, subject, source, created_at)
        VALUES ($1, (SELECT coalesce(max(version), 0) + 1 FROM announcements
                    WHERE name = $1 AND version > 0),
                $2, $3, $4)
        RETURNING id";
    ANNOUNCEMENT_FIND =
        "SELECT id, name, version, subject, source, created_at FROM announcements
        WHERE id = $1 AND version > 0";
    ANNOUNCEMENT_IS_THERE = "SELECT 1 FROM announcements WHERE id = $1 AND version > 0";
    ANNOUNCEMENT_VERSION = "SELECT id, name, version, subject, source, created_at
        FROM announcements WHERE name = $1 AND version = $2 AND version > 0";
    /// How often each was used is counted below a bounded list.
    ANNOUNCEMENT_VERSIONS = "SELECT a.id, a.version, a.subject, a.created_at,
            (SELECT max(c.id) FROM campaigns c WHERE c.announcement_id = a.id)
        FROM announcements a WHERE a.name = $1 AND a.version > 0 AND a.version < $2
        ORDER BY a.version DESC LIMIT $3";
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
    pub created_at: Timestamp,
}

/// A version without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSummary {
    pub id: AnnouncementId,
    pub version: i64,
    pub subject: String,
    pub created_at: Timestamp,
    /// The latest campaign that was made of it.
    pub campaign: Option<CampaignId>,
}

impl Store {
    /// Stores the content as the name's next version, or finds the version with the same content.
    pub async fn announcement_save(
        &self,
        new: NewAnnouncement,
        at: Timestamp,
    ) -> Result<AnnouncementId, StoreError> {
        self.write(move |tx| save(tx, &new, at)).await
    }

    /// The version with this id.
    pub async fn announcement_find(
        &self,
        id: AnnouncementId,
    ) -> Result<Option<AnnouncementVersion>, StoreError> {
        self.read(move |tx| tx.first(ANNOUNCEMENT_FIND, [id.0], announcement)).await
    }

    /// Whether there is a version with this id.
    pub async fn announcement_is_there(&self, id: AnnouncementId) -> Result<bool, StoreError> {
        self.read(move |tx| is_there(tx, id)).await
    }

    /// The version with this number among those of a name.
    pub async fn announcement_version(
        &self,
        name: String,
        version: i64,
    ) -> Result<Option<AnnouncementVersion>, StoreError> {
        self.read(move |tx| tx.first(ANNOUNCEMENT_VERSION, (&name, version), announcement)).await
    }

    /// The versions of a name below `before`, the latest first, at most `limit`.
    pub async fn announcement_versions(
        &self,
        name: String,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Vec<VersionSummary>, StoreError> {
        let limit = count(limit)?;
        let values = (name, before.unwrap_or(i64::MAX), limit);
        self.read(move |tx| {
            let (name, before, limit) = &values;
            tx.all(ANNOUNCEMENT_VERSIONS, (name, *before, *limit), |row| {
                Ok(VersionSummary {
                    id: AnnouncementId(row.get(0)?),
                    version: row.get(1)?,
                    subject: row.get(2)?,
                    created_at: Timestamp(row.get(3)?),
                    campaign: row.get::<Option<i64>>(4)?.map(CampaignId),
                })
            })
        })
        .await
    }
}

/// The same within a transaction.
pub(crate) fn save(
    tx: &Tx<'_>,
    new: &NewAnnouncement,
    at: Timestamp,
) -> Result<AnnouncementId, StoreError> {
    let NewAnnouncement { name, subject, source } = new;
    let same = tx.first(ANNOUNCEMENT_SAME, (name, subject, source), |r| r.get(0))?;
    if let Some(id) = same {
        return Ok(AnnouncementId(id));
    }
    let id = tx.one(ANNOUNCEMENT_INSERT, (name, subject, source, at.0), |r| r.get(0))?;
    Ok(AnnouncementId(id))
}

/// Refuses what was made of a version that somebody has deleted meanwhile. To be asked after a row that
/// refers to it was written: until then nothing holds it.
pub(crate) fn must_be_there(tx: &Tx<'_>, id: AnnouncementId) -> Result<(), StoreError> {
    match is_there(tx, id)? {
        true => Ok(()),
        false => Err(StoreError::Changed("announcement")),
    }
}

fn is_there(tx: &Tx<'_>, id: AnnouncementId) -> Result<bool, StoreError> {
    Ok(tx.first(ANNOUNCEMENT_IS_THERE, [id.0], |_| Ok(()))?.is_some())
}

pub(crate) fn announcement(row: &SqlRow<'_>) -> Result<AnnouncementVersion, StoreError> {
    Ok(AnnouncementVersion {
        id: AnnouncementId(row.get(0)?),
        name: row.get(1)?,
        version: row.get(2)?,
        subject: row.get(3)?,
        source: row.get(4)?,
        created_at: Timestamp(row.get(5)?),
    })
}
