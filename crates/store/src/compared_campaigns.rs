//! Campaigns that are looked at beside each other: those that somebody names, and a topic's over time.

use model::{CampaignId, Timestamp, TopicId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::sending::campaigns::{self, Campaign, readable, try_campaign};
use crate::snapshot::{CampaignTally, tallies_of};
use crate::{Store, StoreError};

texts! {
    TOPICS_STARTED = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns
        WHERE topic_id = $1 AND started_at >= $2 ORDER BY started_at DESC, id DESC LIMIT $3";
}

impl Store {
    /// These campaigns with their counts, in this order, as they were at one moment; those that are not
    /// there are left out.
    pub async fn campaigns_tallied(
        &self,
        ids: Vec<CampaignId>,
    ) -> Result<Vec<CampaignTally>, StoreError> {
        self.read(move |tx| {
            let mut found = Vec::with_capacity(ids.len());
            for id in &ids {
                found.extend(campaigns::find(tx, *id)?);
            }
            tallies_of(tx, found)
        })
        .await
    }

    /// The `limit` campaigns of a topic that were started last, none before `since`, with their counts:
    /// in the order of their start.
    pub async fn topic_campaigns_tallied(
        &self,
        topic: TopicId,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<CampaignTally>, StoreError> {
        let limit = crate::engine::error::count(limit)?;
        self.read(move |tx| tallies_of(tx, started(tx, topic, since, limit)?)).await
    }
}

fn started(
    tx: &Tx<'_>,
    topic: TopicId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Campaign>, StoreError> {
    let mut found = readable(tx.all(TOPICS_STARTED, (topic.0, since.0, limit), try_campaign)?);
    found.reverse();
    Ok(found)
}
