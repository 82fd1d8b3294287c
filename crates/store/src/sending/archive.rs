//! The archive: what everybody may read of the campaigns of a topic.
//!
//! Invariant: a campaign's pages are replaced together. They are finished: no later setting or release
//! changes what the public reads.

use model::{CampaignId, Timestamp, TopicId};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    TOPIC_ARCHIVE = "UPDATE topics SET archive_open = $2 WHERE id = $1";
    /// Whether it is a campaign that somebody may have got.
    ARCHIVED_PUT = "INSERT INTO archived_campaigns
            (campaign_id, topic_id, listed, published_at, changed_at)
        SELECT id, topic_id, $2, $3, $3 FROM campaigns WHERE id = $1 AND state NOT IN ('draft', 'scheduled')
        ON CONFLICT (campaign_id) DO UPDATE
        SET listed = excluded.listed, changed_at = excluded.changed_at";
    ARCHIVED_REMOVE = "DELETE FROM archived_campaigns WHERE campaign_id = $1";
    ARCHIVED_FIND = "SELECT topic_id, listed, published_at, changed_at
        FROM archived_campaigns WHERE campaign_id = $1";
    ARCHIVE_PAGE_INSERT = "INSERT INTO archive_pages
            (campaign_id, number, language, subject, summary, html)
        VALUES ($1, $2, $3, $4, $5, $6)";
    ARCHIVE_PAGES_REMOVE = "DELETE FROM archive_pages WHERE campaign_id = $1";
    ARCHIVE_LANGUAGES =
        "SELECT language FROM archive_pages WHERE campaign_id = $1 ORDER BY number LIMIT 100";
    ARCHIVE_PAGE = "SELECT language, subject, summary, html FROM archive_pages
        WHERE campaign_id = $1 AND number = $2";
    ARCHIVE_LIST = "SELECT a.campaign_id, a.published_at, a.changed_at,
            p.language, p.subject, p.summary
        FROM archived_campaigns a
        JOIN archive_pages p ON p.campaign_id = a.campaign_id AND p.number = 0
        WHERE a.topic_id = $1 AND a.listed = 1
        AND (a.published_at < $2 OR (a.published_at = $2 AND a.campaign_id < $3))
        ORDER BY a.published_at DESC, a.campaign_id DESC LIMIT $4";
}

/// A campaign's pages that are to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArchived {
    /// Whether the topic's list and feed name it.
    pub listed: bool,
    /// One for each language, at least one.
    pub pages: Vec<ArchivedPage>,
}

/// One language of a campaign, for everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedPage {
    /// A BCP 47 tag; nothing when the announcement does not say.
    pub language: Option<String>,
    pub subject: String,
    /// In one line.
    pub summary: String,
    /// A whole document.
    pub html: String,
}

/// What is known about a campaign that everybody may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    pub topic: TopicId,
    /// Whether the topic's list and feed name it.
    pub listed: bool,
    pub published_at: Timestamp,
    pub changed_at: Timestamp,
    /// Of its pages, in their order.
    pub languages: Vec<Option<String>>,
}

/// A line of a topic's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveEntry {
    pub campaign: CampaignId,
    pub published_at: Timestamp,
    pub changed_at: Timestamp,
    pub language: Option<String>,
    pub subject: String,
    pub summary: String,
}

/// Where a page of a topic's list ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivePosition {
    pub published_at: Timestamp,
    pub campaign: CampaignId,
}

impl Store {
    /// Opens or closes the list and the feed of a topic.
    ///
    /// # Errors
    /// When there is no such topic.
    pub async fn topic_archive_set(&self, topic: TopicId, open: bool) -> Result<(), StoreError> {
        self.write(move |tx| match tx.execute(TOPIC_ARCHIVE, (topic.0, i64::from(open)))? {
            0 => Err(StoreError::NotFound("topic")),
            _ => Ok(()),
        })
        .await
    }

    /// Publishes a campaign that has started, or replaces what was published of it.
    ///
    /// # Errors
    /// When there is no such campaign, or it is a draft.
    pub async fn archive_publish(
        &self,
        id: CampaignId,
        new: NewArchived,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| publish(tx, id, &new, at)).await
    }

    /// Takes a campaign out of the archive; whether it was there.
    pub async fn archive_withdraw(&self, id: CampaignId) -> Result<bool, StoreError> {
        self.write(move |tx| {
            tx.execute(ARCHIVE_PAGES_REMOVE, [id.0])?;
            Ok(tx.execute(ARCHIVED_REMOVE, [id.0])? > 0)
        })
        .await
    }

    /// What everybody may read of a campaign; nothing when they may not.
    pub async fn archive_find(&self, id: CampaignId) -> Result<Option<Archived>, StoreError> {
        self.read(move |tx| {
            let languages = tx.all(ARCHIVE_LANGUAGES, [id.0], |row| row.get(0))?;
            tx.first(ARCHIVED_FIND, [id.0], |row| {
                Ok(Archived {
                    topic: TopicId(row.get(0)?),
                    listed: row.get::<i64>(1)? != 0,
                    published_at: Timestamp(row.get(2)?),
                    changed_at: Timestamp(row.get(3)?),
                    languages,
                })
            })
        })
        .await
    }

    /// One of a campaign's pages, by its number among [`Archived::languages`].
    pub async fn archive_page(
        &self,
        id: CampaignId,
        number: usize,
    ) -> Result<Option<ArchivedPage>, StoreError> {
        let number = count(number)?;
        self.read(move |tx| {
            tx.first(ARCHIVE_PAGE, (id.0, number), |row| {
                Ok(ArchivedPage {
                    language: row.get(0)?,
                    subject: row.get(1)?,
                    summary: row.get(2)?,
                    html: row.get(3)?,
                })
            })
        })
        .await
    }

    /// The campaigns in a topic's list in their first language, the latest first, at most `limit` of
    /// those before `before`.
    pub async fn archive_list(
        &self,
        topic: TopicId,
        before: Option<ArchivePosition>,
        limit: usize,
    ) -> Result<Vec<ArchiveEntry>, StoreError> {
        let limit = count(limit)?;
        let (at, id) = before.map_or((i64::MAX, i64::MAX), |it| (it.published_at.0, it.campaign.0));
        self.read(move |tx| tx.all(ARCHIVE_LIST, (topic.0, at, id, limit), entry)).await
    }
}

pub(super) fn publish(
    tx: &Tx<'_>,
    id: CampaignId,
    new: &NewArchived,
    at: Timestamp,
) -> Result<(), StoreError> {
    if tx.execute(ARCHIVED_PUT, (id.0, i64::from(new.listed), at.0))? == 0 {
        return Err(StoreError::NotFound("started campaign"));
    }
    tx.execute(ARCHIVE_PAGES_REMOVE, [id.0])?;
    for (number, page) in (0_i64..).zip(&new.pages) {
        let ArchivedPage { language, subject, summary, html } = page;
        tx.execute(
            ARCHIVE_PAGE_INSERT,
            (id.0, number, language.as_deref(), subject, summary, html),
        )?;
    }
    Ok(())
}

fn entry(row: &SqlRow<'_>) -> Result<ArchiveEntry, StoreError> {
    Ok(ArchiveEntry {
        campaign: CampaignId(row.get(0)?),
        published_at: Timestamp(row.get(1)?),
        changed_at: Timestamp(row.get(2)?),
        language: row.get(3)?,
        subject: row.get(4)?,
        summary: row.get(5)?,
    })
}
