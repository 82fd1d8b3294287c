//! Campaigns by what somebody has to do about them.

use model::{CampaignId, Timestamp, TopicScope};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::topics::{of_topics, topic_list};
use crate::sending::campaigns::{Campaign, readable, try_campaign};
use crate::{Store, StoreError};

texts! {
    CAMPAIGNS_PAGE = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns WHERE id < $1 ORDER BY id DESC LIMIT $2";
    CAMPAIGNS_RUNNING = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns
        WHERE id < $1 AND state IN ('starting', 'sending', 'paused') ORDER BY id DESC LIMIT $2";
    CAMPAIGNS_SCHEDULED = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns
        WHERE id < $1 AND state = 'scheduled' ORDER BY id DESC LIMIT $2";
    CAMPAIGNS_DRAFT = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns
        WHERE id < $1 AND state = 'draft' ORDER BY id DESC LIMIT $2";
    CAMPAIGNS_DONE = "SELECT id, name, announcement_id, topic_id, policy, state, created_at,
            started_at, finished_at FROM campaigns
        WHERE id < $1 AND state = 'finished' ORDER BY id DESC LIMIT $2";
    /// Trouble is kept under the campaign's number, which is what lies above its moment.
    CAMPAIGNS_IN_NEED = "SELECT k.id, k.name, k.announcement_id, k.topic_id, k.policy, k.state,
            k.created_at, k.started_at, k.finished_at FROM campaigns k
        WHERE k.id < $1 AND (
            (k.state IN ('paused', 'draft') AND EXISTS (SELECT 1 FROM settings s WHERE s.value <> ''
                AND s.key = 'campaign_trouble/' || CAST(CASE WHEN k.id < 16777216 THEN k.id
                    ELSE k.id / 16777216 END AS TEXT)))
            OR (k.started_at > $3 AND EXISTS (SELECT 1 FROM delivery_counts c
                WHERE c.campaign_id = k.id AND c.state IN (3, 6) AND c.deliveries > 0)))
        ORDER BY k.id DESC LIMIT $2";
    TOPICS_CAMPAIGNS_PAGE = concat!("SELECT id, name, announcement_id, topic_id, policy, state,
            created_at, started_at, finished_at FROM campaigns
        WHERE id < $1 AND ", of_topics!("topic_id", "$3"), " ORDER BY id DESC LIMIT $2");
    TOPICS_CAMPAIGNS_RUNNING = concat!("SELECT id, name, announcement_id, topic_id, policy, state,
            created_at, started_at, finished_at FROM campaigns
        WHERE id < $1 AND state IN ('starting', 'sending', 'paused') AND ",
        of_topics!("topic_id", "$3"), " ORDER BY id DESC LIMIT $2");
    TOPICS_CAMPAIGNS_SCHEDULED = concat!("SELECT id, name, announcement_id, topic_id, policy, state,
            created_at, started_at, finished_at FROM campaigns
        WHERE id < $1 AND state = 'scheduled' AND ",
        of_topics!("topic_id", "$3"), " ORDER BY id DESC LIMIT $2");
    TOPICS_CAMPAIGNS_DRAFT = concat!("SELECT id, name, announcement_id, topic_id, policy, state,
            created_at, started_at, finished_at FROM campaigns
        WHERE id < $1 AND state = 'draft' AND ",
        of_topics!("topic_id", "$3"), " ORDER BY id DESC LIMIT $2");
    TOPICS_CAMPAIGNS_DONE = concat!("SELECT id, name, announcement_id, topic_id, policy, state,
            created_at, started_at, finished_at FROM campaigns
        WHERE id < $1 AND state = 'finished' AND ",
        of_topics!("topic_id", "$3"), " ORDER BY id DESC LIMIT $2");
    TOPICS_CAMPAIGNS_IN_NEED = concat!("SELECT k.id, k.name, k.announcement_id, k.topic_id,
            k.policy, k.state, k.created_at, k.started_at, k.finished_at FROM campaigns k
        WHERE k.id < $1 AND ", of_topics!("k.topic_id", "$4"), " AND (
            (k.state IN ('paused', 'draft') AND EXISTS (SELECT 1 FROM settings s WHERE s.value <> ''
                AND s.key = 'campaign_trouble/' || CAST(CASE WHEN k.id < 16777216 THEN k.id
                    ELSE k.id / 16777216 END AS TEXT)))
            OR (k.started_at > $3 AND EXISTS (SELECT 1 FROM delivery_counts c
                WHERE c.campaign_id = k.id AND c.state IN (3, 6) AND c.deliveries > 0)))
        ORDER BY k.id DESC LIMIT $2");
}

/// Which campaigns are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CampaignTab {
    All,
    /// Paused by trouble, or not started when it was to be; or, if started since, with deliveries that failed or are in doubt.
    NeedsYou {
        since: Timestamp,
    },
    /// On its way, paused included.
    Running,
    Scheduled,
    Drafts,
    Done,
}

/// A row, or why it can't be read.
type TriedCampaign = Result<Campaign, (CampaignId, String)>;

impl Store {
    /// How many campaigns of these topics are under the tab; `limit` stands for that many or more.
    pub async fn campaigns_under(
        &self,
        tab: CampaignTab,
        topics: TopicScope,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let limit = crate::engine::error::count(limit)?;
        let all = CampaignId(i64::MAX);
        self.read(move |tx| Ok(page(tx, tab, &topics, all, limit)?.len())).await
    }
}

/// The newest `limit` campaigns of these topics under the tab that were created before the one with
/// this id.
pub(crate) fn page(
    tx: &Tx<'_>,
    tab: CampaignTab,
    topics: &TopicScope,
    before: CampaignId,
    limit: i64,
) -> Result<Vec<Campaign>, StoreError> {
    let found = match topics {
        TopicScope::All => of_all(tx, tab, before, limit)?,
        TopicScope::These(topics) => of_some(tx, tab, &topic_list(topics), before, limit)?,
    };
    Ok(readable(found))
}

fn of_all(
    tx: &Tx<'_>,
    tab: CampaignTab,
    before: CampaignId,
    limit: i64,
) -> Result<Vec<TriedCampaign>, StoreError> {
    let plain = (before.0, limit);
    match tab {
        CampaignTab::All => tx.all(CAMPAIGNS_PAGE, plain, try_campaign),
        CampaignTab::Running => tx.all(CAMPAIGNS_RUNNING, plain, try_campaign),
        CampaignTab::Scheduled => tx.all(CAMPAIGNS_SCHEDULED, plain, try_campaign),
        CampaignTab::Drafts => tx.all(CAMPAIGNS_DRAFT, plain, try_campaign),
        CampaignTab::Done => tx.all(CAMPAIGNS_DONE, plain, try_campaign),
        CampaignTab::NeedsYou { since } => {
            tx.all(CAMPAIGNS_IN_NEED, (before.0, limit, since.0), try_campaign)
        }
    }
}

fn of_some(
    tx: &Tx<'_>,
    tab: CampaignTab,
    topics: &str,
    before: CampaignId,
    limit: i64,
) -> Result<Vec<TriedCampaign>, StoreError> {
    let plain = (before.0, limit, topics);
    match tab {
        CampaignTab::All => tx.all(TOPICS_CAMPAIGNS_PAGE, plain, try_campaign),
        CampaignTab::Running => tx.all(TOPICS_CAMPAIGNS_RUNNING, plain, try_campaign),
        CampaignTab::Scheduled => tx.all(TOPICS_CAMPAIGNS_SCHEDULED, plain, try_campaign),
        CampaignTab::Drafts => tx.all(TOPICS_CAMPAIGNS_DRAFT, plain, try_campaign),
        CampaignTab::Done => tx.all(TOPICS_CAMPAIGNS_DONE, plain, try_campaign),
        CampaignTab::NeedsYou { since } => {
            let values = (before.0, limit, since.0, topics);
            tx.all(TOPICS_CAMPAIGNS_IN_NEED, values, try_campaign)
        }
    }
}
