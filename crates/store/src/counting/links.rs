//! Links: where a campaign's tracked links lead, and how often each was clicked.
//!
//! Invariant: links are written with the campaign and never change, so a redirect stays valid for
//! ever.

use model::{CampaignId, LinkSlot};

use crate::engine::error::narrow;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    LINKS_REMOVE = "DELETE FROM links WHERE campaign_id = $1";
    LINK_INSERT = "INSERT INTO links (campaign_id, slot, url, label) VALUES ($1, $2, $3, $4)";
    LINKS_OF = "SELECT l.slot, l.url, l.label, CAST(coalesce(sum(n.clicks), 0) AS BIGINT),
            CAST(coalesce(sum(n.contacts), 0) AS BIGINT)
        FROM links l
        LEFT JOIN link_counts n ON n.campaign_id = l.campaign_id AND n.slot = l.slot
        WHERE l.campaign_id = $1 GROUP BY l.slot, l.url, l.label ORDER BY l.slot";
    /// Of a link that messages have when the installation wants it, whatever links their text has.
    HONEYPOT_PUT = "INSERT INTO links (campaign_id, slot, url, label) VALUES ($1, $2, '', 'the link that no reader can see')
        ON CONFLICT (campaign_id, slot) DO NOTHING";
    LINK_TARGET = "SELECT url FROM links WHERE campaign_id = $1 AND slot = $2";
    LINKS_STATE = "SELECT count(*), CAST(coalesce(max(campaign_id), 0) AS BIGINT) FROM links";
    LINKS_NEWEST = "SELECT campaign_id, slot, url FROM links
        ORDER BY campaign_id DESC, slot DESC LIMIT $1";
    LINK_COUNT = "INSERT INTO link_counts (campaign_id, slot, shard, clicks, contacts)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, slot, shard) DO UPDATE
        SET clicks = link_counts.clicks + excluded.clicks,
            contacts = link_counts.contacts + excluded.contacts";
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignLink {
    /// Its number in the announcement.
    pub slot: LinkSlot,
    pub url: String,
    pub label: String,
}

/// Changes whenever links are added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinksState {
    links: i64,
    newest: i64,
}

/// Where a tracked link of some campaign leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTarget {
    pub campaign: CampaignId,
    /// Its number in the announcement.
    pub slot: LinkSlot,
    pub url: String,
}

/// How often a link was clicked; HEAD requests are not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkCount {
    /// Its number in the announcement.
    pub slot: LinkSlot,
    pub url: String,
    pub label: String,
    pub clicks: i64,
    /// Contacts who clicked at least once.
    pub contacts: i64,
}

impl Store {
    /// The campaign's links by slot.
    pub async fn campaign_links(
        &self,
        campaign: CampaignId,
    ) -> Result<Vec<CampaignLink>, StoreError> {
        let counts = self.link_counts(campaign).await?;
        Ok(counts
            .into_iter()
            .map(|LinkCount { slot, url, label, .. }| CampaignLink { slot, url, label })
            .collect())
    }

    /// Where the link leads.
    pub async fn link_target(
        &self,
        campaign: CampaignId,
        slot: LinkSlot,
    ) -> Result<Option<String>, StoreError> {
        self.read(move |tx| tx.first(LINK_TARGET, (campaign.0, slot.0), |row| row.get(0))).await
    }

    /// Compare two of these to see whether there are new links.
    pub async fn links_state(&self) -> Result<LinksState, StoreError> {
        self.read(|tx| {
            tx.one(LINKS_STATE, (), |row| {
                Ok(LinksState { links: row.get(0)?, newest: row.get(1)? })
            })
        })
        .await
    }

    /// The links of the newest campaigns, at most `most`.
    pub async fn links_newest(&self, most: u32) -> Result<Vec<LinkTarget>, StoreError> {
        self.read(move |tx| {
            tx.all(LINKS_NEWEST, [most], |row| {
                let slot = LinkSlot(narrow(row.get(1)?, "a link's slot")?);
                Ok(LinkTarget { campaign: CampaignId(row.get(0)?), slot, url: row.get(2)? })
            })
        })
        .await
    }

    /// The campaign's links by slot, with their counts.
    pub async fn link_counts(&self, campaign: CampaignId) -> Result<Vec<LinkCount>, StoreError> {
        self.read(move |tx| counts(tx, campaign)).await
    }
}

pub(crate) fn counts(tx: &Tx<'_>, campaign: CampaignId) -> Result<Vec<LinkCount>, StoreError> {
    tx.all(LINKS_OF, [campaign.0], |row| {
        Ok(LinkCount {
            slot: LinkSlot(narrow(row.get(0)?, "a link's slot")?),
            url: row.get(1)?,
            label: row.get(2)?,
            clicks: row.get(3)?,
            contacts: row.get(4)?,
        })
    })
}

/// The links of a draft whose text has changed; nobody has followed one.
pub(crate) fn replace(
    tx: &Tx<'_>,
    campaign: CampaignId,
    links: &[CampaignLink],
) -> Result<(), StoreError> {
    tx.execute(LINKS_REMOVE, [campaign.0])?;
    insert(tx, campaign, links)
}

/// Has the campaign's honeypot among its links, now that something has followed it.
pub(crate) fn ensure_honeypot(tx: &Tx<'_>, campaign: CampaignId) -> Result<(), StoreError> {
    tx.execute(HONEYPOT_PUT, (campaign.0, LinkSlot::HONEYPOT.0)).map(drop)
}

/// Stores the links of a campaign that is being created.
pub(crate) fn insert(
    tx: &Tx<'_>,
    campaign: CampaignId,
    links: &[CampaignLink],
) -> Result<(), StoreError> {
    for link in links {
        tx.execute(LINK_INSERT, (campaign.0, link.slot.0, &link.url, &link.label))?;
    }
    Ok(())
}
