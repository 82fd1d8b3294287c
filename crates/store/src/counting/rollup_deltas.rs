//! What a batch adds to the roll-ups.

use std::collections::BTreeMap;

use model::engagement::{SeenCounts, sets_to_bytes};
use model::{CampaignId, EngagementEvidence, RulesSeen};

use crate::StoreError;
use crate::counting::origins::OriginDeltas;
use crate::counting::rollups::{
    CLASS_ADD, EVIDENCE_ADD, HOUR_ADD, HitCount, OF_CLICKS, OF_HITS, ROLLUP_ADD, SEEN_ADD,
};
use crate::engine::tx::Tx;

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
    anonymous: HitCount,
    withheld: HitCount,
    /// Hits, those that were seen otherwise before taken away.
    pub(crate) seen: SeenCounts,
    /// Contacts by kind and evidence, in the form of the store.
    evidence: BTreeMap<(i64, Vec<u8>), i64>,
    /// Contacts and clickers that were counted by a class ([`model::HitClass::code`]), as an earlier
    /// release does, and are now by their evidence.
    taken: BTreeMap<i64, (i64, i64)>,
    /// Views and clicks by hour.
    hours: BTreeMap<i64, (i64, i64)>,
    pub(crate) origins: OriginDeltas,
}

impl Delta {
    pub(crate) fn view(&mut self, with_cookie: bool, first: bool) {
        self.views += 1;
        self.views_with_cookie += i64::from(with_cookie);
        self.unique_views += i64::from(first);
    }

    /// A hit of nobody; `withheld` when its link tells whose it is.
    pub(crate) fn anonymous(&mut self, click: bool, withheld: bool) {
        self.anonymous.add(click);
        if withheld {
            self.withheld.add(click);
        }
    }

    pub(crate) fn click(&mut self, first: bool) {
        self.clicks += 1;
        self.unique_clicks += i64::from(first);
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
            self.anonymous.views,
            self.anonymous.clicks,
            self.withheld.views,
            self.withheld.clicks,
        );
        tx.execute(ROLLUP_ADD, values).map(drop)
    }

    pub(crate) fn hour(&mut self, hour: i64, click: bool) {
        let (views, clicks) = self.hours.entry(hour).or_default();
        *views += i64::from(!click);
        *clicks += i64::from(click);
    }

    /// Counts `by` contacts with this evidence.
    pub(crate) fn add_evidence(&mut self, evidence: &EngagementEvidence, by: i64) {
        for (kind, sets) in [(OF_HITS, &evidence.hits), (OF_CLICKS, &evidence.clicks)] {
            if !sets.is_empty() {
                *self.evidence.entry((kind, sets_to_bytes(sets))).or_default() += by;
            }
        }
    }

    /// Takes back that a contact was counted by these classes; 0 is none.
    pub(crate) fn take_classes(&mut self, best: i64, of_clicks: i64) {
        if best != 0 {
            self.taken.entry(best).or_default().0 -= 1;
        }
        if of_clicks != 0 {
            self.taken.entry(of_clicks).or_default().1 -= 1;
        }
    }

    fn add_seen(&self, tx: &Tx<'_>, campaign: CampaignId, shard: u16) -> Result<(), StoreError> {
        let mut seen: BTreeMap<RulesSeen, HitCount> = BTreeMap::new();
        for ((click, rules), by) in &self.seen {
            let count = seen.entry(*rules).or_default();
            *(if *click { &mut count.clicks } else { &mut count.views }) += by;
        }
        for (rules, HitCount { views, clicks }) in seen {
            tx.execute(SEEN_ADD, (campaign.0, rules.bits(), shard, views, clicks))?;
        }
        for ((kind, evidence), contacts) in self.evidence.iter().filter(|(_, by)| **by != 0) {
            tx.execute(EVIDENCE_ADD, (campaign.0, kind, evidence, shard, contacts))?;
        }
        for (class, (contacts, clickers)) in &self.taken {
            tx.execute(CLASS_ADD, (campaign.0, class, shard, 0, 0, contacts, clickers))?;
        }
        Ok(())
    }
}

impl Deltas {
    pub(crate) fn of(&mut self, campaign: CampaignId) -> &mut Delta {
        self.0.entry(campaign).or_default()
    }

    /// Adds to one shard, in key order.
    pub(crate) fn write(&self, tx: &Tx<'_>, shard: u16) -> Result<(), StoreError> {
        for (campaign, delta) in &self.0 {
            delta.add_totals(tx, *campaign, shard)?;
            delta.add_seen(tx, *campaign, shard)?;
            delta.origins.write(tx, *campaign, shard)?;
            for (hour, (views, clicks)) in &delta.hours {
                tx.execute(HOUR_ADD, (campaign.0, hour, shard, views, clicks))?;
            }
        }
        Ok(())
    }
}
