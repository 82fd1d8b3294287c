//! Hits: recording what the beacon answered, with everything that is counted of it.
//!
//! Invariants: events, roll-ups, visitors, gaps and the mark of a batch are one transaction; only
//! hits that are new count, so a batch may be recorded again, split or overlapping, in any order.
//! HEAD requests are counted apart and never as view or click.

use std::collections::{BTreeMap, BTreeSet};

use model::hit::Gap;
use model::{CampaignId, Hit, HitClass, HitKind, LinkSlot, VisitorId};

use crate::engagements::Engagements;
use crate::events::Events;
use crate::gaps;
use crate::links::LINK_COUNT;
use crate::marks::{self, Mark};
use crate::rollups::{Delta, Deltas};
use crate::sql::texts;
use crate::tx::Tx;
use crate::{Store, StoreError};

texts! {
    LINK_CLICKER = "INSERT INTO link_clickers (campaign_id, slot, contact_id) VALUES ($1, $2, $3)
        ON CONFLICT (campaign_id, slot, contact_id) DO NOTHING";
    VISITOR_SEEN = "INSERT INTO visitors (visitor, first_at, last_at) VALUES ($1, $2, $3)
        ON CONFLICT (visitor) DO UPDATE SET
            first_at = CASE WHEN excluded.first_at < visitors.first_at
                THEN excluded.first_at ELSE visitors.first_at END,
            last_at = CASE WHEN excluded.last_at > visitors.last_at
                THEN excluded.last_at ELSE visitors.last_at END";
    CAMPAIGN_VISITOR = "INSERT INTO campaign_visitors (campaign_id, visitor) VALUES ($1, $2)
        ON CONFLICT (campaign_id, visitor) DO NOTHING";
}

/// A hit with its place in the journal, which is its identity, and its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedHit {
    /// Whose journal.
    pub node: u16,
    /// Its segment.
    pub segment: u64,
    /// Bytes into the segment.
    pub offset: u32,
    /// What was asked for.
    pub hit: Hit,
    /// What kind of reader it looks like.
    pub class: HitClass,
    /// The rule that said so.
    pub rule: &'static str,
}

/// What recording has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recorded {
    /// Hits that were not there before.
    pub new: usize,
}

impl Store {
    /// Records a batch: thousands at a time are many times faster than one by one.
    ///
    /// # Errors
    /// When the store can't keep it; then none of it is kept and the mark stays.
    pub async fn hits_record(
        &self,
        hits: Vec<RecordedHit>,
        gaps: Vec<Gap>,
        mark: Mark,
    ) -> Result<Recorded, StoreError> {
        self.write(move |tx| {
            let mut batch = Batch::new(tx)?;
            for hit in &hits {
                batch.record(hit)?;
            }
            let new = batch.new;
            batch.write()?;
            for gap in &gaps {
                gaps::put(tx, &mark.reader, gap)?;
            }
            marks::put(tx, &mark)?;
            Ok(Recorded { new })
        })
        .await
    }
}

/// A batch under way: events go in one by one, counts are summed up and written once.
struct Batch<'t, 'c> {
    tx: &'t Tx<'c>,
    events: Events<'t>,
    new: usize,
    deltas: Deltas,
    engagements: Engagements,
    links: BTreeMap<(CampaignId, LinkSlot), (i64, i64)>,
    visitors: BTreeMap<[u8; 16], (i64, i64)>,
    visited: BTreeSet<(CampaignId, [u8; 16])>,
}

impl<'t, 'c> Batch<'t, 'c> {
    fn new(tx: &'t Tx<'c>) -> Result<Self, StoreError> {
        Ok(Self {
            tx,
            events: Events::new(tx)?,
            new: 0,
            deltas: Deltas::default(),
            engagements: Engagements::default(),
            links: BTreeMap::new(),
            visitors: BTreeMap::new(),
            visited: BTreeSet::new(),
        })
    }

    fn record(&mut self, recorded: &RecordedHit) -> Result<(), StoreError> {
        if !self.events.insert(recorded)? {
            return Ok(());
        }
        self.new += 1;
        let hit = &recorded.hit;
        if hit.signs.head || recorded.class == HitClass::Head {
            self.deltas.of(hit.campaign).heads += 1;
            return Ok(());
        }
        let class = recorded.class;
        let click = matches!(hit.kind, HitKind::Click(_));
        let key = (hit.campaign, hit.contact);
        let advance = self.engagements.note(self.tx, key, class, click)?;
        let delta = self.deltas.of(hit.campaign);
        delta.evidence(advance.left_class, class);
        delta.hour(hit.at.hour(), click);
        match hit.kind {
            HitKind::View => delta.view(class, hit.visitor.is_some(), advance.first),
            HitKind::Click(slot) => {
                delta.click(class, advance.first);
                self.link(hit, slot)?;
            }
        }
        if let Some(visitor) = hit.visitor {
            self.visitor(hit, visitor);
        }
        Ok(())
    }

    fn link(&mut self, hit: &Hit, slot: LinkSlot) -> Result<(), StoreError> {
        let first = self.tx.execute(LINK_CLICKER, (hit.campaign.0, slot.0, hit.contact.0))? > 0;
        let (clicks, contacts) = self.links.entry((hit.campaign, slot)).or_default();
        *clicks += 1;
        *contacts += i64::from(first);
        Ok(())
    }

    fn visitor(&mut self, hit: &Hit, VisitorId(visitor): VisitorId) {
        let at = hit.at.0;
        let (first, last) = self.visitors.entry(visitor).or_insert((at, at));
        *first = at.min(*first);
        *last = at.max(*last);
        self.visited.insert((hit.campaign, visitor));
    }

    fn write(mut self) -> Result<(), StoreError> {
        let mut seen = self.tx.prepare(VISITOR_SEEN)?;
        for (visitor, (first, last)) in &self.visitors {
            seen.execute((visitor, first, last))?;
        }
        let mut visit = self.tx.prepare(CAMPAIGN_VISITOR)?;
        for (campaign, visitor) in &self.visited {
            if visit.execute((campaign.0, visitor))? > 0 {
                let delta: &mut Delta = self.deltas.of(*campaign);
                delta.visitors += 1;
            }
        }
        for ((campaign, slot), (clicks, contacts)) in &self.links {
            self.tx.execute(LINK_COUNT, (campaign.0, slot.0, clicks, contacts))?;
        }
        self.engagements.write(self.tx)?;
        self.deltas.write(self.tx)
    }
}
