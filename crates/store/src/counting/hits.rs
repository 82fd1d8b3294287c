//! Hits: records what the beacon answered, along with everything that is counted from it.
//!
//! Invariants: events, roll-ups, visitors, gaps and the progress of a batch are one transaction;
//! only new hits count, so a batch may be recorded again, split or overlapping, in any order, by
//! any recorder. HEAD requests are counted separately and never as a view or click.
//!
//! A batch is recorded in sets, in this order: events, quick networks, engagements, clickers, visitors,
//! their links to contacts, counts.
//! SQLite takes each set row by row over cached statements, PostgreSQL in one statement (in the
//! `postgres.rs` beside each set). The order of the sets, and of the keys within a set, is the same
//! for everybody, so that two recorders never deadlock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{CampaignId, HitKind, LinkSlot, RulesSeen, VisitorId};

use crate::counting::carried_runs::{self, Run, hits_reader};
use crate::counting::clickers::{self, Clicker};
use crate::counting::engagements::Engagements;
use crate::counting::expired_engagements;
use crate::counting::gaps::{self, RecordedGap};
use crate::counting::links::{self, LINK_COUNT};
use crate::counting::marks::{self, Mark};
use crate::counting::quick_networks::QuickNetworks;
use crate::counting::recorded_hit::RecordedHit;
use crate::counting::rollup_deltas::{Delta, Deltas};
use crate::counting::rollups::shard_of;
use crate::counting::visitor_links::VisitorLinks;
use crate::counting::visitors::{self, Visit};
use crate::counting::{cut_links, events, hit_consent, strays, visitor_records};
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

/// What a recorder brings in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitBatch {
    /// The recorder's node; its counts go to its own shard.
    pub recorder: u16,
    /// Thousands at a time are many times faster than one by one.
    pub hits: Vec<RecordedHit>,
    /// The missing hits that the journals report.
    pub gaps: Vec<RecordedGap>,
    /// How far the recorder has come with it.
    pub progress: RecorderProgress,
    /// How long after its delivery a hit is soon, and so seen to be.
    pub soon: Duration,
}

/// How far a recorder has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecorderProgress {
    /// It reads journals of its own in order: everything before a journal's mark is in the store.
    Marks(Vec<Mark>),
    /// It got runs of several journals, in any order.
    Runs(Vec<Run>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordingSummary {
    /// Hits that were not there before.
    pub new: usize,
    /// Hits without a delivery, or of people who were erased: stored separately and counted in no
    /// rate.
    pub stray: usize,
    /// Hits of people of whom nothing may be recorded: stored nowhere.
    pub withheld: usize,
}

impl Store {
    /// Records a batch.
    ///
    /// # Errors
    /// When the store fails; then nothing of it is stored, not even the progress.
    pub async fn hits_record(&self, batch: HitBatch) -> Result<RecordingSummary, StoreError> {
        let secret = self.client_secret().cloned();
        self.write(move |tx| {
            let marks = marks_of(tx, &batch.progress)?;
            let hits = hit_consent::permitted(tx, &batch.hits)?;
            let withheld = batch.hits.len() - hits.len();
            let hits = visitor_records::without_removed(tx, &hits)?;
            let hits = cut_links::without_cut(tx, &hits)?;
            let hits: Vec<&RecordedHit> =
                hits.iter().filter(|hit| !is_behind(&marks, hit)).collect();
            let (new, others) = events::insert(tx, hits, batch.soon, secret.as_ref())?;
            let stray = strays::keep(tx, &others, batch.recorder)?;
            let networks = QuickNetworks::look(tx, &new)?;
            let mut counts = Counts::load(tx, &new, &networks)?;
            for (recorded, rules) in &new {
                counts.add(recorded, networks.rules_seen(recorded, *rules));
            }
            counts.write(tx, shard_of(batch.recorder))?;
            for gap in &batch.gaps {
                gaps::put(tx, gap)?;
            }
            match &batch.progress {
                RecorderProgress::Marks(moved) => {
                    moved.iter().try_for_each(|mark| marks::put(tx, mark))?;
                }
                RecorderProgress::Runs(runs) => {
                    runs.iter().try_for_each(|run| carried_runs::put(tx, run))?;
                }
            }
            Ok(RecordingSummary { new: new.len(), stray, withheld })
        })
        .await
    }
}

/// How far the store has each node whose hits come out of order.
fn marks_of(
    tx: &Tx<'_>,
    progress: &RecorderProgress,
) -> Result<BTreeMap<u16, (u64, u32)>, StoreError> {
    let RecorderProgress::Runs(runs) = progress else { return Ok(BTreeMap::new()) };
    let nodes: BTreeSet<u16> = runs.iter().map(|run| run.node).collect();
    let mut marks = BTreeMap::new();
    for node in nodes {
        if let Some(mark) = marks::find(tx, hits_reader(node))? {
            marks.insert(node, (mark.segment, mark.offset));
        }
    }
    Ok(marks)
}

/// Everything before its node's mark has been counted, even if its event has been removed since.
fn is_behind(marks: &BTreeMap<u16, (u64, u32)>, hit: &RecordedHit) -> bool {
    marks.get(&hit.node).is_some_and(|mark| (hit.segment, hit.offset) < *mark)
}

/// What the new hits of a batch add.
struct Counts {
    /// Campaigns whose hits are counted without contacts.
    expired: BTreeSet<CampaignId>,
    deltas: Deltas,
    engagements: Engagements,
    clicks: BTreeMap<(CampaignId, LinkSlot), i64>,
    clickers: BTreeSet<Clicker>,
    /// First and last time each was seen.
    visitors: BTreeMap<VisitorId, (i64, i64)>,
    visits: BTreeSet<Visit>,
    links: VisitorLinks,
}

impl Counts {
    fn load(
        tx: &Tx<'_>,
        new: &[(&RecordedHit, RulesSeen)],
        networks: &QuickNetworks,
    ) -> Result<Self, StoreError> {
        let campaigns = new.iter().map(|(recorded, _)| recorded.hit.campaign).collect();
        let expired = expired_engagements::among(tx, &campaigns)?;
        let of_contacts = new.iter().filter(|(recorded, _)| !recorded.is_head());
        let keys = of_contacts.filter_map(|(recorded, _)| {
            recorded.hit.contact.map(|contact| (recorded.hit.campaign, contact))
        });
        let keys = keys.chain(networks.earlier.keys().copied());
        let keys = keys.filter(|(campaign, _)| !expired.contains(campaign));
        let mut engagements = Engagements::load(tx, keys.collect())?;
        engagements.mark_quick(&networks.earlier);
        Ok(Self {
            expired,
            deltas: Deltas::default(),
            engagements,
            clicks: BTreeMap::new(),
            clickers: BTreeSet::new(),
            visitors: BTreeMap::new(),
            visits: BTreeSet::new(),
            links: VisitorLinks::default(),
        })
    }

    fn add(&mut self, recorded: &RecordedHit, rules: RulesSeen) {
        let hit = &recorded.hit;
        if recorded.is_head() {
            self.deltas.of(hit.campaign).heads += 1;
            return;
        }
        let click = matches!(hit.kind, HitKind::Click(_));
        let delta = self.deltas.of(hit.campaign);
        delta.hour(hit.at.hour(), click);
        delta.origins.hit(rules, &recorded.origin, click);
        let is_expired = self.expired.contains(&hit.campaign);
        let first = match hit.contact {
            Some(contact) if !is_expired => self.engagements.note(contact, recorded, rules),
            contact => {
                if contact.is_none() {
                    delta.anonymous(click, hit.signs.withheld);
                }
                *delta.seen.entry((click, rules)).or_default() += 1;
                false
            }
        };
        match hit.kind {
            HitKind::View => delta.view(hit.visitor.is_some(), first),
            HitKind::Click(slot) => {
                delta.click(first);
                *self.clicks.entry((hit.campaign, slot)).or_default() += 1;
                let clicker = hit.contact.filter(|_| !is_expired);
                self.clickers.extend(clicker.map(|contact| (hit.campaign, slot, contact)));
            }
        }
        self.links.note(recorded, rules);
        if let Some(visitor) = hit.visitor {
            let at = hit.at.0;
            let (first, last) = self.visitors.entry(visitor).or_insert((at, at));
            *first = at.min(*first);
            *last = at.max(*last);
            // Browsers are counted for views only.
            if !click {
                self.visits.insert((hit.campaign, visitor));
            }
        }
    }

    fn write(mut self, tx: &Tx<'_>, shard: u16) -> Result<(), StoreError> {
        self.engagements.write(tx, &mut self.deltas)?;
        let mut contacts: BTreeMap<(CampaignId, LinkSlot), i64> = BTreeMap::new();
        for (campaign, slot, _) in clickers::keep(tx, &self.clickers)? {
            *contacts.entry((campaign, slot)).or_default() += 1;
        }
        visitors::see(tx, &self.visitors)?;
        for (campaign, _) in visitors::keep_visits(tx, &self.visits)? {
            let delta: &mut Delta = self.deltas.of(campaign);
            delta.visitors += 1;
        }
        self.links.write(tx)?;
        for ((campaign, slot), clicks) in &self.clicks {
            if *slot == LinkSlot::HONEYPOT {
                links::ensure_honeypot(tx, *campaign)?;
            }
            let contacts = contacts.get(&(*campaign, *slot)).copied().unwrap_or_default();
            tx.execute(LINK_COUNT, (campaign.0, slot.0, shard, clicks, contacts))?;
        }
        self.deltas.write(tx, shard)
    }
}
