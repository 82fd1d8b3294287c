//! Roll-ups: counts kept up to date as hits are recorded, so that a report reads only a few rows.
//!
//! Invariants: a roll-up is what counting the events would give (a property test counts them).
//! Views with and without cookie add up to the views; the sums over what was seen are views, clicks
//! and the contacts with any evidence. No verdict is in them: any rule set can be applied.

use std::collections::{BTreeMap, BTreeSet};

use model::engagement::sets_from_bytes;
use model::{CampaignId, RulesSeen};

use crate::counting::hit_columns::earlier;

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{SqlRow, SqlValue};
use crate::{Store, StoreError};

texts! {
    ROLLUP_ADD = "INSERT INTO campaign_rollups (campaign_id, shard, views, views_with_cookie,
            unique_views, visitors, clicks, unique_clicks, unsubscribes, heads, anonymous_views,
            anonymous_clicks, withheld_views, withheld_clicks)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (campaign_id, shard) DO UPDATE
        SET views = campaign_rollups.views + excluded.views,
            views_with_cookie = campaign_rollups.views_with_cookie + excluded.views_with_cookie,
            unique_views = campaign_rollups.unique_views + excluded.unique_views,
            visitors = campaign_rollups.visitors + excluded.visitors,
            clicks = campaign_rollups.clicks + excluded.clicks,
            unique_clicks = campaign_rollups.unique_clicks + excluded.unique_clicks,
            unsubscribes = campaign_rollups.unsubscribes + excluded.unsubscribes,
            heads = campaign_rollups.heads + excluded.heads,
            anonymous_views = campaign_rollups.anonymous_views + excluded.anonymous_views,
            anonymous_clicks = campaign_rollups.anonymous_clicks + excluded.anonymous_clicks,
            withheld_views = campaign_rollups.withheld_views + excluded.withheld_views,
            withheld_clicks = campaign_rollups.withheld_clicks + excluded.withheld_clicks";
    ROLLUPS_BETWEEN = "SELECT campaign_id, CAST(sum(views) AS BIGINT), CAST(sum(views_with_cookie) AS BIGINT),
            CAST(sum(unique_views) AS BIGINT), CAST(sum(visitors) AS BIGINT),
            CAST(sum(clicks) AS BIGINT), CAST(sum(unique_clicks) AS BIGINT),
            CAST(sum(unsubscribes) AS BIGINT), CAST(sum(heads) AS BIGINT),
            CAST(sum(anonymous_views) AS BIGINT), CAST(sum(anonymous_clicks) AS BIGINT),
            CAST(sum(withheld_views) AS BIGINT), CAST(sum(withheld_clicks) AS BIGINT)
        FROM campaign_rollups WHERE campaign_id >= $1 AND campaign_id <= $2
        GROUP BY campaign_id";
    CLASS_ADD = "INSERT INTO campaign_classes (campaign_id, class, shard, views, clicks, contacts,
            clickers)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (campaign_id, class, shard) DO UPDATE
        SET views = campaign_classes.views + excluded.views,
            clicks = campaign_classes.clicks + excluded.clicks,
            contacts = campaign_classes.contacts + excluded.contacts,
            clickers = campaign_classes.clickers + excluded.clickers";
    CLASSES_BETWEEN = "SELECT campaign_id, class, CAST(sum(views) AS BIGINT),
            CAST(sum(clicks) AS BIGINT), CAST(sum(contacts) AS BIGINT),
            CAST(sum(clickers) AS BIGINT)
        FROM campaign_classes WHERE campaign_id >= $1 AND campaign_id <= $2
        GROUP BY campaign_id, class";
    EVIDENCE_ADD = "INSERT INTO campaign_evidence (campaign_id, kind, evidence, shard, contacts)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, kind, evidence, shard) DO UPDATE
        SET contacts = campaign_evidence.contacts + excluded.contacts";
    EVIDENCE_BETWEEN = "SELECT campaign_id, kind, evidence, CAST(sum(contacts) AS BIGINT)
        FROM campaign_evidence WHERE campaign_id >= $1 AND campaign_id <= $2
        GROUP BY campaign_id, kind, evidence";
    SEEN_ADD = "INSERT INTO campaign_rules_seen (campaign_id, rules, shard, views, clicks)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, rules, shard) DO UPDATE
        SET views = campaign_rules_seen.views + excluded.views,
            clicks = campaign_rules_seen.clicks + excluded.clicks";
    SEEN_BETWEEN = "SELECT campaign_id, rules, CAST(sum(views) AS BIGINT),
            CAST(sum(clicks) AS BIGINT)
        FROM campaign_rules_seen WHERE campaign_id >= $1 AND campaign_id <= $2
        GROUP BY campaign_id, rules";
    HOUR_ADD = "INSERT INTO campaign_hours (campaign_id, hour, shard, views, clicks)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, hour, shard) DO UPDATE
        SET views = campaign_hours.views + excluded.views,
            clicks = campaign_hours.clicks + excluded.clicks";
    HOURS_OF = "SELECT hour, CAST(sum(views) AS BIGINT), CAST(sum(clicks) AS BIGINT)
        FROM campaign_hours WHERE campaign_id = $1 GROUP BY hour ORDER BY hour DESC LIMIT 20000";
}

/// Which hits a row of evidence is about.
pub(crate) const OF_HITS: i64 = 0;
pub(crate) const OF_CLICKS: i64 = 1;

/// Most rows that one set of counts is spread over. A recorder always writes to the same shard, so
/// two recorders seldom wait for one another.
const SHARDS: u16 = 16;

/// The shard that the recorder of this node writes to.
pub(crate) const fn shard_of(node: u16) -> u16 {
    node % SHARDS
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CampaignRollup {
    /// Loads of the pixel.
    pub views: i64,
    /// Those that brought our cookie.
    pub views_with_cookie: i64,
    pub views_without_cookie: i64,
    /// Contacts with at least one view.
    pub unique_views: i64,
    /// Distinct cookies that views brought.
    pub visitors: i64,
    /// Requests to tracked links.
    pub clicks: i64,
    /// Contacts with at least one click.
    pub unique_clicks: i64,
    /// Contacts who unsubscribed through a message of the campaign.
    pub unsubscribes: i64,
    /// HEAD requests, in none of the other numbers.
    pub heads: i64,
    /// Views and clicks of nobody, which are among the others.
    pub anonymous: HitCount,
    /// Of those, the ones whose links tell whose they are: it is not recorded, because they or their
    /// browser do not want it.
    pub withheld: HitCount,
    /// Views and clicks by what was seen in them, beside the others of their message.
    pub seen: BTreeMap<RulesSeen, HitCount>,
    /// Contacts with views or clicks, by what was seen in any of them.
    pub evidence: BTreeMap<BTreeSet<RulesSeen>, i64>,
    /// Contacts with clicks, by what was seen in those.
    pub click_evidence: BTreeMap<BTreeSet<RulesSeen>, i64>,
}

/// How many hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HitCount {
    /// Loads of the pixel.
    pub views: i64,
    /// Requests to tracked links.
    pub clicks: i64,
}

impl HitCount {
    pub(crate) fn add(&mut self, click: bool) {
        *(if click { &mut self.clicks } else { &mut self.views }) += 1;
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hour {
    /// Whole hours since 1970.
    pub hour: i64,
    /// Loads of the pixel.
    pub views: i64,
    /// Requests to tracked links.
    pub clicks: i64,
}

impl Store {
    /// The campaign's counts; all zero for a campaign that does not exist.
    pub async fn campaign_rollup(&self, id: CampaignId) -> Result<CampaignRollup, StoreError> {
        self.read(move |tx| Ok(between(tx, id, id)?.remove(&id).unwrap_or_default())).await
    }

    /// The campaign's hits by hour, in order of time; hours without any are left out. At most the
    /// last 20,000 hours that had some.
    pub async fn campaign_hours(&self, id: CampaignId) -> Result<Vec<Hour>, StoreError> {
        self.read(move |tx| hours(tx, id)).await
    }
}

pub(crate) fn hours(tx: &Tx<'_>, id: CampaignId) -> Result<Vec<Hour>, StoreError> {
    let mut hours = tx.all(HOURS_OF, [id.0], |row| {
        Ok(Hour { hour: row.get(0)?, views: row.get(1)?, clicks: row.get(2)? })
    })?;
    hours.reverse();
    Ok(hours)
}

/// The counts of campaigns; those without any are left out.
pub(crate) fn between(
    tx: &Tx<'_>,
    first: CampaignId,
    last: CampaignId,
) -> Result<BTreeMap<CampaignId, CampaignRollup>, StoreError> {
    let found = tx.all(ROLLUPS_BETWEEN, (first.0, last.0), rollup)?;
    let mut rollups: BTreeMap<CampaignId, CampaignRollup> = found.into_iter().collect();
    let mut of = |id: i64, into: &mut dyn FnMut(&mut CampaignRollup)| {
        into(rollups.entry(CampaignId(id)).or_default());
    };
    for count in tx.all(CLASSES_BETWEEN, (first.0, last.0), class_count)? {
        of(count.campaign, &mut |rollup| count.add_to(rollup));
    }
    tx.all(SEEN_BETWEEN, (first.0, last.0), |row| {
        let (rules, views, clicks) = (RulesSeen::from_bits(row.get(1)?), row.get(2)?, row.get(3)?);
        of(row.get(0)?, &mut |rollup| rollup.add_seen(rules, HitCount { views, clicks }));
        Ok(())
    })?;
    tx.all(EVIDENCE_BETWEEN, (first.0, last.0), |row| {
        let SqlValue::Bytes(evidence) = row.value(2)? else { return Err(unreadable()) };
        let sets = sets_from_bytes(evidence).ok_or_else(unreadable)?;
        let (kind, contacts): (i64, i64) = (row.get(1)?, row.get(3)?);
        of(row.get(0)?, &mut |rollup| rollup.add_contacts(kind, sets.clone(), contacts));
        Ok(())
    })?;
    for rollup in rollups.values_mut() {
        rollup.seen.retain(|_, count| *count != HitCount::default());
        rollup.evidence.retain(|_, contacts| *contacts != 0);
        rollup.click_evidence.retain(|_, contacts| *contacts != 0);
    }
    Ok(rollups)
}

fn unreadable() -> StoreError {
    StoreError::Corrupt("the evidence of a campaign can't be read".to_owned())
}

/// What releases before rule sets have counted for one class of hits.
struct EarlierClassCount {
    campaign: i64,
    rules: RulesSeen,
    hits: HitCount,
    contacts: i64,
    clickers: i64,
}

fn class_count(row: &SqlRow<'_>) -> Result<EarlierClassCount, StoreError> {
    let rule = known(earlier(row.get(1)?), "class of hit")?;
    Ok(EarlierClassCount {
        campaign: row.get(0)?,
        rules: RulesSeen::NONE.with(rule),
        hits: HitCount { views: row.get(2)?, clicks: row.get(3)? },
        contacts: row.get(4)?,
        clickers: row.get(5)?,
    })
}

impl EarlierClassCount {
    fn add_to(&self, rollup: &mut CampaignRollup) {
        rollup.add_seen(self.rules, self.hits);
        rollup.add_contacts(OF_HITS, BTreeSet::from([self.rules]), self.contacts);
        rollup.add_contacts(OF_CLICKS, BTreeSet::from([self.rules]), self.clickers);
    }
}

impl CampaignRollup {
    fn add_seen(&mut self, rules: RulesSeen, hits: HitCount) {
        let count = self.seen.entry(rules).or_default();
        count.views += hits.views;
        count.clicks += hits.clicks;
    }

    fn add_contacts(&mut self, kind: i64, evidence: BTreeSet<RulesSeen>, contacts: i64) {
        let counts = if kind == OF_CLICKS { &mut self.click_evidence } else { &mut self.evidence };
        *counts.entry(evidence).or_default() += contacts;
    }
}

fn rollup(row: &SqlRow<'_>) -> Result<(CampaignId, CampaignRollup), StoreError> {
    let (views, views_with_cookie): (i64, i64) = (row.get(1)?, row.get(2)?);
    let rollup = CampaignRollup {
        views,
        views_with_cookie,
        views_without_cookie: views - views_with_cookie,
        unique_views: row.get(3)?,
        visitors: row.get(4)?,
        clicks: row.get(5)?,
        unique_clicks: row.get(6)?,
        unsubscribes: row.get(7)?,
        heads: row.get(8)?,
        anonymous: HitCount { views: row.get(9)?, clicks: row.get(10)? },
        withheld: HitCount { views: row.get(11)?, clicks: row.get(12)? },
        ..CampaignRollup::default()
    };
    Ok((CampaignId(row.get(0)?), rollup))
}
