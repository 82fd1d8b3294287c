//! What a report is made from, read in one transaction, so that its sums agree while mail goes out
//! and hits come in.
//!
//! Invariants: a few rows of roll-ups, whatever happened; a campaign's line in a list and its
//! report are counted by the same statements (promise P8).

use std::collections::BTreeMap;

use model::{CampaignId, Timestamp, TopicId, TopicScope};

use crate::counting::links::{self, LinkCount};
use crate::counting::origins::{self, CampaignOrigins};
use crate::counting::rollups::{self, CampaignRollup, Hour};
use crate::counting::{expired_engagements, folded_hours, gaps, strays};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::sending::campaign_tabs::{self, CampaignTab};
use crate::sending::campaigns::{self, Campaign};
use crate::sending::deliveries::{self, DeliveryCounts, UntrackedCounts};
use crate::sending::reasons::{self, DeliveryReason};
use crate::{Store, StoreError, nodes};

texts! {
    TOPIC_NAMES = "SELECT id, name FROM topics ORDER BY id LIMIT 10000";
    ANNOUNCEMENT_SUBJECT = "SELECT subject FROM announcements WHERE id = $1";
    RULES_OF = "SELECT rules FROM campaign_rules WHERE campaign_id = $1 ORDER BY rules LIMIT 100";
    /// Sums of what only grows, so that any news changes the number.
    CAMPAIGN_STAMP = "SELECT k.state,
            CAST(coalesce((SELECT sum(views + clicks + heads + unsubscribes)
                FROM campaign_rollups r WHERE r.campaign_id = k.id), 0) AS BIGINT),
            CAST(coalesce((SELECT sum(deliveries * (state + 1))
                FROM delivery_counts c WHERE c.campaign_id = k.id), 0) AS BIGINT),
            CAST((SELECT count(*) FROM gaps
                WHERE to_at >= coalesce(k.started_at, k.created_at))
                + coalesce((SELECT sum(hits) FROM stray_hours
                WHERE hour >= coalesce(k.started_at, k.created_at) / 3600000000), 0) AS BIGINT)
        FROM campaigns k WHERE k.id = $1";
}

/// Campaigns whose numbers are at most so far apart have their counts read at once.
const NEAR: u64 = 8;

/// A campaign with its counts, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignTally {
    pub campaign: Campaign,
    pub topic: String,
    pub counts: DeliveryCounts,
    /// Sent messages that do not tell who reads them.
    pub untracked: UntrackedCounts,
    pub rollup: CampaignRollup,
}

/// Everything that a campaign's report says, as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignSnapshot {
    /// What a list says of it.
    pub tally: CampaignTally,
    pub subject: String,
    /// Why deliveries are where they are.
    pub reasons: Vec<DeliveryReason>,
    pub hours: Vec<Hour>,
    /// Until when they are kept by days, if some are.
    pub folded_until: Option<Timestamp>,
    /// Since when it is not kept any more what each contact did, if it is not.
    pub engagements_removed_at: Option<Timestamp>,
    pub links: Vec<LinkCount>,
    pub origins: CampaignOrigins,
    /// Gaps between its start and now.
    pub gaps: Vec<model::hit::Gap>,
    /// Versions of the rules by which an earlier release classified hits that are counted by class.
    pub earlier_rules: Vec<String>,
    /// Hits of all campaigns that were answered but are not counted yet.
    pub hits_waiting: u64,
    /// Hits of all campaigns since its start for which this store has no delivery.
    pub strays: i64,
}

impl Store {
    /// What a campaign's report is made of.
    pub async fn campaign_snapshot(
        &self,
        id: CampaignId,
        now: Timestamp,
    ) -> Result<Option<CampaignSnapshot>, StoreError> {
        let own = self.own_hits_waiting();
        self.read(move |tx| {
            let Some(campaign) = campaigns::find(tx, id)? else { return Ok(None) };
            let from = campaign.started_at.unwrap_or(campaign.created_at);
            let subject =
                tx.first(ANNOUNCEMENT_SUBJECT, [campaign.announcement.0], |row| row.get(0))?;
            let Some(tally) = tallies_of(tx, vec![campaign])?.pop() else { return Ok(None) };
            Ok(Some(CampaignSnapshot {
                tally,
                subject: subject.unwrap_or_default(),
                reasons: reasons::counted(tx, id)?,
                hours: rollups::hours(tx, id)?,
                folded_until: folded_hours::until(tx, id)?,
                engagements_removed_at: expired_engagements::removed_at(tx, id)?,
                links: links::counts(tx, id)?,
                origins: origins::of_campaign(tx, id)?,
                gaps: gaps::between(tx, from, now)?,
                earlier_rules: tx.all(RULES_OF, [id.0], |row| row.get(0))?,
                hits_waiting: nodes::hits_waiting(tx, own)?,
                strays: strays::since(tx, from)?,
            }))
        })
        .await
    }

    /// The newest `limit` campaigns of these topics under the tab that were created before the one
    /// with this id, with their counts.
    pub async fn campaign_tallies(
        &self,
        tab: CampaignTab,
        topics: TopicScope,
        before: CampaignId,
        limit: usize,
    ) -> Result<Vec<CampaignTally>, StoreError> {
        let limit = crate::engine::error::count(limit)?;
        self.read(move |tx| tallies_of(tx, campaign_tabs::page(tx, tab, &topics, before, limit)?))
            .await
    }

    /// A text that changes whenever the campaign's report does, except for what time alone changes:
    /// one statement instead of the whole report.
    pub async fn campaign_stamp(&self, id: CampaignId) -> Result<Option<String>, StoreError> {
        let own = self.own_hits_waiting();
        self.read(move |tx| {
            let found = tx.first(CAMPAIGN_STAMP, [id.0], |row| {
                let state: String = row.get(0)?;
                let sums: [i64; 3] = [row.get(1)?, row.get(2)?, row.get(3)?];
                Ok(format!("{state}-{}-{}-{}", sums[0], sums[1], sums[2]))
            })?;
            let waiting = nodes::hits_waiting(tx, own)?;
            Ok(found.map(|stamp| format!("{stamp}-{waiting}")))
        })
        .await
    }
}

fn topic_names(tx: &Tx<'_>) -> Result<BTreeMap<TopicId, String>, StoreError> {
    let names = tx.all(TOPIC_NAMES, (), |row| Ok((TopicId(row.get(0)?), row.get(1)?)))?;
    Ok(names.into_iter().collect())
}

/// Campaigns with their counts, in the order given.
pub(crate) fn tallies_of(
    tx: &Tx<'_>,
    campaigns: Vec<Campaign>,
) -> Result<Vec<CampaignTally>, StoreError> {
    let names = topic_names(tx)?;
    let mut campaigns = campaigns.into_iter().peekable();
    let mut all = Vec::new();
    // Counts are read between two ids: neighbours together, without those between others.
    while let Some(first) = campaigns.next() {
        let mut neighbours = vec![first];
        while let Some(last) = neighbours.last().map(|it| it.id.number().0)
            && let Some(next) = campaigns.next_if(|next| last.abs_diff(next.id.number().0) <= NEAR)
        {
            neighbours.push(next);
        }
        all.extend(tallies(tx, &names, neighbours)?);
    }
    Ok(all)
}

/// The counts of campaigns that are near one another.
fn tallies(
    tx: &Tx<'_>,
    names: &BTreeMap<TopicId, String>,
    campaigns: Vec<Campaign>,
) -> Result<Vec<CampaignTally>, StoreError> {
    let mut counts: BTreeMap<CampaignId, DeliveryCounts> = BTreeMap::new();
    let (mut rollups, mut untracked) = (BTreeMap::new(), BTreeMap::new());
    // There is nothing to count of what has not started.
    let ids = || campaigns.iter().filter(|it| it.state.has_started()).map(|it| it.id);
    if let (Some(first), Some(last)) = (ids().min(), ids().max()) {
        for (campaign, state, deliveries) in deliveries::counts_between(tx, first, last)? {
            counts.entry(campaign).or_default().add(state, deliveries);
        }
        rollups = rollups::between(tx, first, last)?;
        untracked = deliveries::untracked_between(tx, first, last)?;
    }
    let tally = |campaign: Campaign| CampaignTally {
        topic: names.get(&campaign.topic).cloned().unwrap_or_default(),
        counts: counts.get(&campaign.id).copied().unwrap_or_default(),
        untracked: untracked.get(&campaign.id).copied().unwrap_or_default(),
        rollup: rollups.remove(&campaign.id).unwrap_or_default(),
        campaign,
    };
    Ok(campaigns.into_iter().map(tally).collect())
}
