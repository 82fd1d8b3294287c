//! Links by which outsiders read one campaign's report.
//!
//! Invariants: of a link's secret only its hash is stored; it is found only while it is neither revoked
//! nor over. That it was used is kept by the day.

use model::{CampaignId, Timestamp};

use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    SHARE_LINK_INSERT = "INSERT INTO share_links
            (campaign_id, name, token_hash, created_by, created_at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    SHARE_LINKS_OF = "SELECT id, campaign_id, name, created_by, created_at, ends_at, revoked_at,
            last_used_day
        FROM share_links WHERE campaign_id = $1 ORDER BY id DESC LIMIT 1000";
    SHARE_LINK_BY_HASH = "SELECT id, campaign_id, name, created_by, created_at, ends_at, revoked_at,
            last_used_day
        FROM share_links WHERE token_hash = $1 AND revoked_at IS NULL AND ends_at > $2";
    SHARE_LINK_USED = "UPDATE share_links SET last_used_day = $2
        WHERE id = $1 AND (last_used_day IS NULL OR last_used_day < $2)";
    SHARE_LINK_REVOKE = "UPDATE share_links SET revoked_at = $3
        WHERE id = $1 AND campaign_id = $2 AND revoked_at IS NULL";
    SHARE_LINK_KNOWN = "SELECT 1 FROM share_links WHERE id = $1 AND campaign_id = $2";
}

/// A link to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewShareLink {
    pub campaign: CampaignId,
    /// Whom it is for.
    pub name: String,
    /// SHA-256.
    pub token_hash: [u8; 32],
    /// Who has made it, by name.
    pub created_by: String,
    pub ends_at: Timestamp,
}

impl std::fmt::Debug for NewShareLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewShareLink").field("campaign", &self.campaign).finish_non_exhaustive()
    }
}

/// What is known of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShareLink {
    pub id: i64,
    pub campaign: CampaignId,
    /// Whom it is for.
    pub name: String,
    pub created_by: String,
    pub created_at: Timestamp,
    pub ends_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
    /// The beginning of the day (UTC) on which it was used last.
    pub last_used: Option<Timestamp>,
}

impl ShareLink {
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.ends_at > now
    }
}

impl Store {
    pub async fn share_link_add(
        &self,
        new: NewShareLink,
        at: Timestamp,
    ) -> Result<i64, StoreError> {
        self.write(move |tx| {
            let NewShareLink { campaign, name, token_hash, created_by, ends_at } = &new;
            let values = (campaign.0, name, *token_hash, created_by, at.0, ends_at.0);
            let id = tx.one(SHARE_LINK_INSERT, values, |row| row.get::<i64>(0))?;
            tx.announce_made(id);
            Ok(id)
        })
        .await
    }

    /// The campaign's, good or not, the newest first, at most 1,000.
    pub async fn share_links_of(&self, id: CampaignId) -> Result<Vec<ShareLink>, StoreError> {
        self.read(move |tx| tx.all(SHARE_LINKS_OF, [id.0], share_link)).await
    }

    /// The link with this SHA-256, if it is good now.
    pub async fn share_link_by_hash(
        &self,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<ShareLink>, StoreError> {
        self.read(move |tx| tx.first(SHARE_LINK_BY_HASH, (hash, now.0), share_link)).await
    }

    /// Notes the day on which it was used.
    pub async fn share_link_used(&self, id: i64, at: Timestamp) -> Result<(), StoreError> {
        let day = at.0.div_euclid(DAY);
        self.write(move |tx| tx.execute(SHARE_LINK_USED, (id, day)).map(drop)).await
    }

    /// Ends a link of the campaign for good.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none, [`StoreError::Changed`] when it was revoked
    /// before.
    pub async fn share_link_revoke(
        &self,
        campaign: CampaignId,
        id: i64,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            if tx.execute(SHARE_LINK_REVOKE, (id, campaign.0, at.0))? > 0 {
                return Ok(());
            }
            match tx.first(SHARE_LINK_KNOWN, (id, campaign.0), |_| Ok(()))? {
                Some(()) => Err(StoreError::Changed("the link")),
                None => Err(StoreError::NotFound("link")),
            }
        })
        .await
    }
}

/// Microseconds.
const DAY: i64 = 24 * Timestamp::HOUR;

fn share_link(row: &SqlRow<'_>) -> Result<ShareLink, StoreError> {
    Ok(ShareLink {
        id: row.get(0)?,
        campaign: CampaignId(row.get(1)?),
        name: row.get(2)?,
        created_by: row.get(3)?,
        created_at: Timestamp(row.get(4)?),
        ends_at: Timestamp(row.get(5)?),
        revoked_at: row.get::<Option<i64>>(6)?.map(Timestamp),
        last_used: row.get::<Option<i64>>(7)?.map(|day| Timestamp(day.saturating_mul(DAY))),
    })
}
