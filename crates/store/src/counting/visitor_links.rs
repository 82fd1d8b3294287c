//! Which contacts browsers are tied to: dated, with the reason.
//!
//! Invariants: only a click ties, of which nothing seen says that it was not a person's, and only in a
//! browser that brought its cookie; a view never does. Two contacts of one browser are two rows, and both
//! stay. A pair that was cut is never tied again. The order in which hits are recorded does not matter,
//! but for a browser or a contact that has [`MOST_CONTACTS`] or [`MOST_VISITORS`]: then those stay that
//! came first.

pub(crate) mod postgres;

use std::collections::BTreeMap;

use model::{
    CampaignId, ContactId, DistinctBits, HitClass, HitKind, Rule, RulesSeen, Timestamp, VisitorId,
    VisitorLinkReason,
};

use crate::StoreError;
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;

texts! {
    VISITOR_LINK_PUT = "INSERT INTO visitor_links (visitor, contact_id, reason, first_at, last_at,
            hits, campaign_id, days, campaigns)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9
        WHERE NOT EXISTS (SELECT 1 FROM cut_visitor_links WHERE visitor = $1 AND contact_id = $2)
            AND (EXISTS (SELECT 1 FROM visitor_links WHERE visitor = $1 AND contact_id = $2)
                OR ((SELECT count(*) FROM visitor_links WHERE visitor = $1) < $10
                    AND (SELECT count(*) FROM visitor_links WHERE contact_id = $2) < $11))
        ON CONFLICT (visitor, contact_id, reason) DO UPDATE SET
            campaign_id = CASE
                WHEN (excluded.first_at, excluded.campaign_id)
                    < (visitor_links.first_at, visitor_links.campaign_id)
                THEN excluded.campaign_id ELSE visitor_links.campaign_id END,
            first_at = CASE WHEN excluded.first_at < visitor_links.first_at
                THEN excluded.first_at ELSE visitor_links.first_at END,
            last_at = CASE WHEN excluded.last_at > visitor_links.last_at
                THEN excluded.last_at ELSE visitor_links.last_at END,
            hits = CASE WHEN visitor_links.hits + excluded.hits > 1000 THEN 1000
                ELSE visitor_links.hits + excluded.hits END,
            days = visitor_links.days | excluded.days,
            campaigns = visitor_links.campaigns | excluded.campaigns";
    VISITOR_LINKS_DROP = "DELETE FROM visitor_links WHERE visitor = $1";
    VISITOR_CUTS_DROP = "DELETE FROM cut_visitor_links WHERE visitor = $1";
}

/// Contacts that a browser is tied to at most: one with more is nobody's own.
pub const MOST_CONTACTS: i64 = 10;
/// Browsers that a contact is tied to at most.
pub const MOST_VISITORS: i64 = 50;
/// Clicks of a link are counted up to this number.
pub const MOST_LINK_HITS: i64 = 1_000;

/// What the hits of a batch say about one browser and one contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LinkDelta {
    first_at: Timestamp,
    last_at: Timestamp,
    hits: i64,
    /// Of the first hit.
    campaign: CampaignId,
    days: DistinctBits,
    campaigns: DistinctBits,
}

/// The links that a batch adds to.
#[derive(Debug, Default)]
pub(crate) struct VisitorLinks {
    touched: BTreeMap<(VisitorId, ContactId, VisitorLinkReason), LinkDelta>,
}

impl VisitorLinks {
    /// Notes a new hit, if it ties its browser to its contact.
    pub(crate) fn note(&mut self, recorded: &RecordedHit, rules: RulesSeen) {
        let hit = &recorded.hit;
        let (Some(visitor), Some(contact)) = (hit.visitor, hit.contact) else { return };
        // So soon after the delivery it may be a link checker that looks like a browser.
        let is_person = recorded.class == HitClass::Person && !rules.has(Rule::SOON_AFTER_DELIVERY);
        if !matches!(hit.kind, HitKind::Click(_)) || recorded.is_head() || !is_person {
            return;
        }
        let new = LinkDelta {
            first_at: hit.at,
            last_at: hit.at,
            hits: 1,
            campaign: hit.campaign,
            days: DistinctBits::of_day(hit.at),
            campaigns: DistinctBits::of_number(hit.campaign.0),
        };
        let key = (visitor, contact, VisitorLinkReason::Click);
        self.touched.entry(key).and_modify(|link| link.join(new)).or_insert(new);
    }

    /// Adds to what is stored, in key order.
    pub(crate) fn write(self, tx: &Tx<'_>) -> Result<(), StoreError> {
        if self.touched.is_empty() {
            return Ok(());
        }
        if let Some(bulk) = tx.bulk() {
            return postgres::put(bulk, &self.touched);
        }
        let mut put = tx.prepare(VISITOR_LINK_PUT)?;
        for ((visitor, contact, reason), link) in self.touched {
            let LinkDelta { first_at, last_at, hits, campaign, days, campaigns } = link;
            put.execute((
                visitor.0,
                contact.0,
                reason.code(),
                first_at.0,
                last_at.0,
                hits,
                campaign.0,
                days.0,
                campaigns.0,
                MOST_CONTACTS,
                MOST_VISITORS,
            ))?;
        }
        Ok(())
    }
}

impl LinkDelta {
    fn join(&mut self, other: Self) {
        if (other.first_at, other.campaign) < (self.first_at, self.campaign) {
            (self.first_at, self.campaign) = (other.first_at, other.campaign);
        }
        self.last_at = self.last_at.max(other.last_at);
        self.hits = (self.hits + other.hits).min(MOST_LINK_HITS);
        self.days = self.days.join(other.days);
        self.campaigns = self.campaigns.join(other.campaigns);
    }
}

/// Forgets whom a browser was tied to, and from whom it was cut.
pub(crate) fn drop_visitor(tx: &Tx<'_>, visitor: VisitorId) -> Result<(), StoreError> {
    tx.execute(VISITOR_LINKS_DROP, [visitor.0])?;
    tx.execute(VISITOR_CUTS_DROP, [visitor.0]).map(drop)
}
