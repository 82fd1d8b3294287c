//! Where a campaign's hits and contacts came from: counts by mail client and device, by country, and by
//! network, kept up to date as hits are recorded.
//!
//! Invariants: of each kind, views and clicks add up to the campaign's own, and contacts to those with a
//! view and those with a click, but for what was recorded by an earlier release or while there was no
//! file to look the place up in; no verdict is in them: any rule set can be applied.

pub(crate) mod postgres;

use std::collections::BTreeMap;

use model::{CampaignId, HitOrigin, OriginHit, OriginKind, RulesSeen};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    ORIGIN_ADD = "INSERT INTO campaign_origins (campaign_id, kind, origin, rules, shard, views, clicks,
            viewers, clickers)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (campaign_id, kind, origin, rules, shard) DO UPDATE
        SET views = campaign_origins.views + excluded.views,
            clicks = campaign_origins.clicks + excluded.clicks,
            viewers = campaign_origins.viewers + excluded.viewers,
            clickers = campaign_origins.clickers + excluded.clickers";
    /// Of mail clients, devices and countries there are few.
    ORIGINS_OF = "SELECT kind, origin, rules, CAST(sum(views) AS BIGINT), CAST(sum(clicks) AS BIGINT),
            CAST(sum(viewers) AS BIGINT), CAST(sum(clickers) AS BIGINT)
        FROM campaign_origins WHERE campaign_id = $1 AND kind < 3
        GROUP BY kind, origin, rules ORDER BY kind, origin, rules LIMIT 50000";
    /// The networks with most contacts.
    NETWORKS_OF = "SELECT o.origin, o.rules, CAST(sum(o.views) AS BIGINT),
            CAST(sum(o.clicks) AS BIGINT), CAST(sum(o.viewers) AS BIGINT),
            CAST(sum(o.clickers) AS BIGINT)
        FROM campaign_origins o WHERE o.campaign_id = $1 AND o.kind = 3 AND o.origin IN (
            SELECT origin FROM campaign_origins WHERE campaign_id = $1 AND kind = 3
            GROUP BY origin ORDER BY sum(viewers) DESC, sum(views) DESC, origin LIMIT $2)
        GROUP BY o.origin, o.rules ORDER BY o.origin, o.rules";
    NETWORK_NAME = "SELECT name FROM network_names WHERE network = $1";
    NETWORK_NAME_PUT = "INSERT INTO network_names (network, name) VALUES ($1, $2)
        ON CONFLICT (network) DO UPDATE SET name = excluded.name
        WHERE network_names.name <> excluded.name";
}

/// Networks that a report names.
pub const MOST_NETWORKS: i64 = 25;

/// What has one origin and the same rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OriginCount {
    pub views: i64,
    pub clicks: i64,
    /// Contacts whose most telling view it is.
    pub viewers: i64,
    /// Contacts whose most telling click it is.
    pub clickers: i64,
}

/// What is counted of one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedOrigin {
    /// What the origin is of: only that is set in it.
    pub kind: OriginKind,
    pub origin: HitOrigin,
    pub rules: RulesSeen,
    pub count: OriginCount,
}

/// The origins of a campaign's hits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CampaignOrigins {
    /// Of networks, the ones with most contacts.
    pub counted: Vec<CountedOrigin>,
    /// What the networks among them are called.
    pub network_names: BTreeMap<u32, String>,
}

impl Store {
    /// Where the campaign's hits came from.
    pub async fn campaign_origins(&self, id: CampaignId) -> Result<CampaignOrigins, StoreError> {
        self.read(move |tx| of_campaign(tx, id)).await
    }

    /// Notes what networks are called.
    pub async fn network_names_put(&self, names: Vec<(u32, String)>) -> Result<(), StoreError> {
        self.write(move |tx| {
            let mut put = tx.prepare(NETWORK_NAME_PUT)?;
            names.iter().try_for_each(|(network, name)| put.execute((*network, name)).map(drop))
        })
        .await
    }
}

pub(crate) fn of_campaign(tx: &Tx<'_>, id: CampaignId) -> Result<CampaignOrigins, StoreError> {
    let counted = |kind: Option<OriginKind>, number, rules, numbers: [i64; 4]| {
        let kind = known(kind, "kind of origin")?;
        let origin = known(HitOrigin::default().with_number(kind, number), "origin of hits")?;
        let [views, clicks, viewers, clickers] = numbers;
        let count = OriginCount { views, clicks, viewers, clickers };
        Ok(CountedOrigin { kind, origin, rules: RulesSeen::from_bits(rules), count })
    };
    let mut all = tx.all(ORIGINS_OF, [id.0], |row| {
        let code: i64 = row.get(0)?;
        let kind = OriginKind::ALL.into_iter().find(|kind| kind.code() == code);
        let numbers = [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?];
        counted(kind, row.get(1)?, row.get(2)?, numbers)
    })?;
    all.extend(tx.all(NETWORKS_OF, (id.0, MOST_NETWORKS), |row| {
        let numbers = [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
        counted(Some(OriginKind::Network), row.get(0)?, row.get(1)?, numbers)
    })?);
    all.retain(|it| it.count != OriginCount::default());
    let mut network_names = BTreeMap::new();
    let mut name = tx.prepare(NETWORK_NAME)?;
    for network in all.iter().filter_map(|it| it.origin.network.and_then(|it| it.known())) {
        if !network_names.contains_key(&network) {
            let found: Option<String> = name.first([network], |row| row.get(0))?;
            network_names.extend(found.map(|found| (network, found)));
        }
    }
    Ok(CampaignOrigins { counted: all, network_names })
}

/// What a batch adds: by kind, origin and rules.
#[derive(Debug, Default)]
pub(crate) struct OriginDeltas(BTreeMap<(OriginKind, i64, RulesSeen), OriginCount>);

impl OriginDeltas {
    fn each(&mut self, rules: RulesSeen, origin: &HitOrigin, add: impl Fn(&mut OriginCount)) {
        for kind in OriginKind::ALL {
            if let Some(number) = origin.number(kind) {
                add(self.0.entry((kind, number, rules)).or_default());
            }
        }
    }

    /// A view or click in which this was seen.
    pub(crate) fn hit(&mut self, rules: RulesSeen, origin: &HitOrigin, click: bool) {
        self.each(rules, origin, |count| match click {
            true => count.clicks += 1,
            false => count.views += 1,
        });
    }

    /// A contact is counted by `now` in place of `before`.
    pub(crate) fn contact(
        &mut self,
        before: Option<&OriginHit>,
        now: Option<&OriginHit>,
        click: bool,
    ) {
        if before == now {
            return;
        }
        for (hit, by) in [(before, -1), (now, 1)] {
            let Some(hit) = hit else { continue };
            self.each(hit.rules, &hit.origin, |count| match click {
                true => count.clickers += by,
                false => count.viewers += by,
            });
        }
    }

    pub(crate) fn write(
        &self,
        tx: &Tx<'_>,
        campaign: CampaignId,
        shard: u16,
    ) -> Result<(), StoreError> {
        let changed = self.0.iter().filter(|(_, count)| **count != OriginCount::default());
        if let Some(bulk) = tx.bulk() {
            return postgres::add(bulk, campaign, shard, changed);
        }
        for ((kind, origin, rules), count) in changed {
            let OriginCount { views, clicks, viewers, clickers } = count;
            let key = (campaign.0, kind.code(), *origin, rules.bits(), shard);
            let (campaign, kind, origin, rules, shard) = key;
            let values =
                (campaign, kind, origin, rules, shard, *views, *clicks, *viewers, *clickers);
            tx.execute(ORIGIN_ADD, values)?;
        }
        Ok(())
    }
}
