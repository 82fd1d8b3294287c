//! Roll-ups: counts kept up to date as hits are recorded, so that a report reads only a few rows.
//!
//! Invariants: a roll-up is what counting the events would give (a property test counts them).
//! Views with and without cookie add up to the views; the sums over the classes are views, clicks
//! and the contacts with any evidence.

use std::collections::BTreeMap;

use model::{CampaignId, HitClass};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    ROLLUP_ADD = "INSERT INTO campaign_rollups (campaign_id, shard, views, views_with_cookie,
            unique_views, visitors, clicks, unique_clicks, unsubscribes, heads)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (campaign_id, shard) DO UPDATE
        SET views = campaign_rollups.views + excluded.views,
            views_with_cookie = campaign_rollups.views_with_cookie + excluded.views_with_cookie,
            unique_views = campaign_rollups.unique_views + excluded.unique_views,
            visitors = campaign_rollups.visitors + excluded.visitors,
            clicks = campaign_rollups.clicks + excluded.clicks,
            unique_clicks = campaign_rollups.unique_clicks + excluded.unique_clicks,
            unsubscribes = campaign_rollups.unsubscribes + excluded.unsubscribes,
            heads = campaign_rollups.heads + excluded.heads";
    ROLLUPS_BETWEEN = "SELECT campaign_id, CAST(sum(views) AS BIGINT), CAST(sum(views_with_cookie) AS BIGINT),
            CAST(sum(unique_views) AS BIGINT), CAST(sum(visitors) AS BIGINT),
            CAST(sum(clicks) AS BIGINT), CAST(sum(unique_clicks) AS BIGINT),
            CAST(sum(unsubscribes) AS BIGINT), CAST(sum(heads) AS BIGINT)
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
    HOUR_ADD = "INSERT INTO campaign_hours (campaign_id, hour, shard, views, clicks)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (campaign_id, hour, shard) DO UPDATE
        SET views = campaign_hours.views + excluded.views,
            clicks = campaign_hours.clicks + excluded.clicks";
    HOURS_OF = "SELECT hour, CAST(sum(views) AS BIGINT), CAST(sum(clicks) AS BIGINT)
        FROM campaign_hours WHERE campaign_id = $1 GROUP BY hour ORDER BY hour DESC LIMIT 20000";
}

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
    /// Views and clicks of each class; every class is included.
    pub by_class: BTreeMap<HitClass, ClassCount>,
    /// Contacts by the strongest class of any of their views and clicks; every class is included.
    pub evidence: BTreeMap<HitClass, i64>,
    /// Contacts who clicked, by the strongest class of their clicks; every class is included.
    pub clickers: BTreeMap<HitClass, i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassCount {
    /// Loads of the pixel.
    pub views: i64,
    /// Requests to tracked links.
    pub clicks: i64,
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
        self.read(move |tx| Ok(between(tx, id, id)?.remove(&id).unwrap_or_else(empty))).await
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
    tx.all(CLASSES_BETWEEN, (first.0, last.0), |row| {
        let rollup = rollups.entry(CampaignId(row.get(0)?)).or_insert_with(empty);
        let class = known(HitClass::from_code(row.get(1)?), "class of hit")?;
        let count = ClassCount { views: row.get(2)?, clicks: row.get(3)? };
        rollup.by_class.insert(class, count);
        rollup.evidence.insert(class, row.get(4)?);
        rollup.clickers.insert(class, row.get(5)?);
        Ok(())
    })?;
    Ok(rollups)
}

/// Nothing counted, with every class.
pub(crate) fn empty() -> CampaignRollup {
    let mut rollup = CampaignRollup::default();
    for class in HitClass::ALL {
        rollup.by_class.insert(class, ClassCount::default());
        rollup.evidence.insert(class, 0);
        rollup.clickers.insert(class, 0);
    }
    rollup
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
        ..empty()
    };
    Ok((CampaignId(row.get(0)?), rollup))
}

/// One more contact has left by the campaign.
pub(crate) fn add_unsubscribe(tx: &Tx<'_>, campaign: CampaignId) -> Result<(), StoreError> {
    let one = Delta { unsubscribes: 1, ..Delta::default() };
    one.add_totals(tx, campaign, 0)
}

/// What a batch adds, by campaign.
#[derive(Debug, Default)]
pub(crate) struct Deltas(BTreeMap<CampaignId, Delta>);

/// What a batch adds to one campaign.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    views: i64,
    views_with_cookie: i64,
    unique_views: i64,
    pub(crate) visitors: i64,
    clicks: i64,
    unique_clicks: i64,
    unsubscribes: i64,
    pub(crate) heads: i64,
    /// By [`HitClass::code`].
    classes: BTreeMap<i64, ClassDelta>,
    /// Views and clicks by hour.
    hours: BTreeMap<i64, (i64, i64)>,
}

/// What a batch adds to one class of a campaign.
#[derive(Debug, Default)]
struct ClassDelta {
    views: i64,
    clicks: i64,
    /// Contacts whose best class it now is, minus those who moved to a better one.
    contacts: i64,
    /// The same of their clicks alone.
    clickers: i64,
}

impl Delta {
    pub(crate) fn view(&mut self, class: HitClass, with_cookie: bool, first: bool) {
        self.views += 1;
        self.views_with_cookie += i64::from(with_cookie);
        self.unique_views += i64::from(first);
        self.classes.entry(class.code()).or_default().views += 1;
    }

    pub(crate) fn click(&mut self, class: HitClass, first: bool) {
        self.clicks += 1;
        self.unique_clicks += i64::from(first);
        self.classes.entry(class.code()).or_default().clicks += 1;
    }

    fn add_totals(&self, tx: &Tx<'_>, campaign: CampaignId, shard: u16) -> Result<(), StoreError> {
        let values = (
            campaign.0,
            shard,
            self.views,
            self.views_with_cookie,
            self.unique_views,
            self.visitors,
            self.clicks,
            self.unique_clicks,
            self.unsubscribes,
            self.heads,
        );
        tx.execute(ROLLUP_ADD, values).map(drop)
    }

    pub(crate) fn hour(&mut self, hour: i64, click: bool) {
        let (views, clicks) = self.hours.entry(hour).or_default();
        *views += i64::from(!click);
        *clicks += i64::from(click);
    }

    /// Moves a contact from the class it had, if any (0 is none), to a better one.
    pub(crate) fn evidence(&mut self, left: Option<i64>, class: HitClass) {
        self.step(left, class, |delta| &mut delta.contacts);
    }

    /// The same for the class of a contact's clicks.
    pub(crate) fn click_evidence(&mut self, left: Option<i64>, class: HitClass) {
        self.step(left, class, |delta| &mut delta.clickers);
    }

    fn step(
        &mut self,
        left: Option<i64>,
        class: HitClass,
        count: impl Fn(&mut ClassDelta) -> &mut i64,
    ) {
        let Some(left) = left else { return };
        if left != 0 {
            *count(self.classes.entry(left).or_default()) -= 1;
        }
        *count(self.classes.entry(class.code()).or_default()) += 1;
    }
}

impl Deltas {
    /// Those that change, in key order.
    pub(crate) fn campaigns(&self) -> impl Iterator<Item = CampaignId> {
        self.0.keys().copied()
    }

    pub(crate) fn of(&mut self, campaign: CampaignId) -> &mut Delta {
        self.0.entry(campaign).or_default()
    }

    /// Adds to one shard, in key order.
    pub(crate) fn write(&self, tx: &Tx<'_>, shard: u16) -> Result<(), StoreError> {
        for (campaign, delta) in &self.0 {
            delta.add_totals(tx, *campaign, shard)?;
            for (class, it) in &delta.classes {
                let values =
                    (campaign.0, class, shard, it.views, it.clicks, it.contacts, it.clickers);
                tx.execute(CLASS_ADD, values)?;
            }
            for (hour, (views, clicks)) in &delta.hours {
                tx.execute(HOUR_ADD, (campaign.0, hour, shard, views, clicks))?;
            }
        }
        Ok(())
    }
}
