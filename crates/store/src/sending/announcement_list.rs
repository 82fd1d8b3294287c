//! Announcements by name, each with its versions and the campaigns that use them.

use model::{AnnouncementId, CampaignId, CampaignState, Timestamp, TopicScope};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::people::topics::{of_topics, topic_list};
use crate::sending::announcements::{ANNOUNCEMENT_FIND, AnnouncementVersion, announcement};
use crate::sending::campaigns::state_of;
use crate::{Store, StoreError};

texts! {
    /// The newest version of each name.
    ANNOUNCEMENTS_DOWN = "SELECT a.id, a.name, a.version, a.subject, a.created_at,
            CAST((SELECT count(*) FROM campaigns k JOIN announcements v ON v.id = k.announcement_id
                WHERE v.name = a.name) AS BIGINT)
        FROM announcements a WHERE a.id < $1 AND a.version > 0 AND NOT EXISTS (SELECT 1 FROM announcements n
            WHERE n.name = a.name AND n.version > a.version)
        ORDER BY a.id DESC LIMIT $2";
    NAME_VERSIONS = "SELECT id, name, version, subject, created_at, CAST(0 AS BIGINT)
        FROM announcements WHERE name = $1 AND version > 0 ORDER BY version DESC LIMIT 500";
    ANNOUNCEMENT_CAMPAIGNS = "SELECT k.id, k.name, k.state, a.version
        FROM announcements a JOIN campaigns k ON k.announcement_id = a.id
        WHERE a.name = $1 ORDER BY k.id DESC LIMIT 200";
    CAMPAIGNS_MENTIONING = "SELECT k.id, k.name, k.state, a.version,
            coalesce(d.source, a.source)
        FROM campaigns k JOIN announcements a ON a.id = k.announcement_id
        LEFT JOIN campaign_drafts d ON d.campaign_id = k.id
        WHERE coalesce(d.source, a.source) LIKE $1 ORDER BY k.id DESC LIMIT $2";
    TOPICS_ANNOUNCEMENTS_DOWN = concat!("SELECT a.id, a.name, a.version, a.subject, a.created_at,
            CAST((SELECT count(*) FROM campaigns k JOIN announcements v ON v.id = k.announcement_id
                WHERE v.name = a.name AND ", of_topics!("k.topic_id", "$3"), ") AS BIGINT)
        FROM announcements a WHERE a.id < $1 AND a.version > 0 AND NOT EXISTS (SELECT 1 FROM announcements n
            WHERE n.name = a.name AND n.version > a.version)
        ORDER BY a.id DESC LIMIT $2");
    TOPICS_ANNOUNCEMENT_CAMPAIGNS = concat!("SELECT k.id, k.name, k.state, a.version
        FROM announcements a JOIN campaigns k ON k.announcement_id = a.id
        WHERE a.name = $1 AND ", of_topics!("k.topic_id", "$2"), "
        ORDER BY k.id DESC LIMIT 200");
    TOPICS_CAMPAIGNS_MENTIONING = concat!("SELECT k.id, k.name, k.state, a.version,
            coalesce(d.source, a.source)
        FROM campaigns k JOIN announcements a ON a.id = k.announcement_id
        LEFT JOIN campaign_drafts d ON d.campaign_id = k.id
        WHERE coalesce(d.source, a.source) LIKE $1 AND ", of_topics!("k.topic_id", "$3"), "
        ORDER BY k.id DESC LIMIT $2");
}

/// A version on a page of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAnnouncement {
    pub id: AnnouncementId,
    pub name: String,
    pub version: i64,
    pub subject: String,
    pub created_at: Timestamp,
    /// Campaigns that use any version of the name; 0 in a list of versions.
    pub campaigns: i64,
}

/// A campaign and the version that it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementUse {
    pub campaign: CampaignId,
    pub name: String,
    pub state: CampaignState,
    pub version: i64,
}

/// One version with its siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncementHistory {
    pub shown: AnnouncementVersion,
    /// Every version of the name, the newest first, at most 500.
    pub versions: Vec<ListedAnnouncement>,
    /// The campaigns that use one of them, the newest first, at most 200.
    pub uses: Vec<AnnouncementUse>,
}

impl Store {
    /// Names of announcements by their newest version, those saved last first: `limit` below this
    /// id. Campaigns are counted that belong to these topics.
    pub async fn announcements_page(
        &self,
        before: AnnouncementId,
        topics: TopicScope,
        limit: usize,
    ) -> Result<Vec<ListedAnnouncement>, StoreError> {
        let limit = count(limit)?;
        self.read(move |tx| match &topics {
            TopicScope::All => tx.all(ANNOUNCEMENTS_DOWN, (before.0, limit), listed),
            TopicScope::These(topics) => {
                let values = (before.0, limit, topic_list(topics));
                tx.all(TOPICS_ANNOUNCEMENTS_DOWN, values, listed)
            }
        })
        .await
    }

    /// The version with this id and what surrounds it, with the campaigns of these topics.
    pub async fn announcement_history(
        &self,
        id: AnnouncementId,
        topics: TopicScope,
    ) -> Result<Option<AnnouncementHistory>, StoreError> {
        self.read(move |tx| {
            let found = tx.first(ANNOUNCEMENT_FIND, [id.0], announcement)?;
            let Some(shown) = found else { return Ok(None) };
            let versions = tx.all(NAME_VERSIONS, [&shown.name], listed)?;
            let uses = match &topics {
                TopicScope::All => tx.all(ANNOUNCEMENT_CAMPAIGNS, [&shown.name], used_by)?,
                TopicScope::These(topics) => {
                    let values = (&shown.name, topic_list(topics));
                    tx.all(TOPICS_ANNOUNCEMENT_CAMPAIGNS, values, used_by)?
                }
            };
            Ok(Some(AnnouncementHistory { shown, versions, uses }))
        })
        .await
    }

    /// The newest campaigns of these topics whose announcement has this text (letters, digits, `-`
    /// and `.`) in its source, each with the source: at most `limit`.
    pub async fn campaigns_mentioning(
        &self,
        text: String,
        topics: TopicScope,
        limit: usize,
    ) -> Result<Vec<(AnnouncementUse, String)>, StoreError> {
        let (like, limit) = (format!("%{text}%"), count(limit)?);
        self.read(move |tx| match &topics {
            TopicScope::All => tx.all(CAMPAIGNS_MENTIONING, (&like, limit), mention),
            TopicScope::These(topics) => {
                let values = (&like, limit, topic_list(topics));
                tx.all(TOPICS_CAMPAIGNS_MENTIONING, values, mention)
            }
        })
        .await
    }
}

fn mention(row: &SqlRow<'_>) -> Result<(AnnouncementUse, String), StoreError> {
    Ok((used_by(row)?, row.get(4)?))
}

fn listed(row: &SqlRow<'_>) -> Result<ListedAnnouncement, StoreError> {
    Ok(ListedAnnouncement {
        id: AnnouncementId(row.get(0)?),
        name: row.get(1)?,
        version: row.get(2)?,
        subject: row.get(3)?,
        created_at: Timestamp(row.get(4)?),
        campaigns: row.get(5)?,
    })
}

pub(crate) fn used_by(row: &SqlRow<'_>) -> Result<AnnouncementUse, StoreError> {
    Ok(AnnouncementUse {
        campaign: CampaignId(row.get(0)?),
        name: row.get(1)?,
        state: state_of(row.text(2)?)?,
        version: row.get(3)?,
    })
}
