//! Deliveries of a campaign that match what somebody looks for, a page at a time; and one of them
//! with everything that is kept about it.
//!
//! Invariant: a page costs a bounded number of rows, as in `contact_list`.

use model::{CampaignId, ContactId, DeliveryState, EngagementEvidence, Timestamp};

use crate::counting::engagements::EngagementRow;
use crate::counting::expired_engagements;

use crate::engine::error::{count, known};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{SqlRow, SqlValue};
use crate::people::address_pages::AddressPart;
use crate::people::address_search::{self, AT_ONCE};
use crate::people::contact_list::padded;
use crate::sending::deliveries::counts_between;
use crate::{Store, StoreError};

texts! {
    DELIVERIES_DOWN = "SELECT contact_id FROM deliveries WHERE campaign_id = $1 AND contact_id < $2
        ORDER BY contact_id DESC LIMIT $3";
    /// The first condition is the index's own.
    UNSENT_DOWN = "SELECT contact_id FROM deliveries WHERE state > 2
        AND campaign_id = $1 AND state = $4 AND contact_id < $2
        ORDER BY contact_id DESC LIMIT $3";
    CODE_DOWN = "SELECT contact_id FROM deliveries WHERE code IS NOT NULL
        AND campaign_id = $1 AND state = $4 AND code = $5 AND contact_id < $2
        ORDER BY contact_id DESC LIMIT $3";
    QUEUED_DOWN = "SELECT contact_id FROM
            (SELECT contact_id FROM deliveries WHERE campaign_id = $1 AND state = 0
            ORDER BY next_attempt_at, contact_id LIMIT 5000) queued
        WHERE contact_id < $2 ORDER BY contact_id DESC LIMIT $3";
    LEASED_DOWN = "SELECT contact_id FROM deliveries WHERE campaign_id = $1 AND state = 1
        AND contact_id < $2 ORDER BY contact_id DESC LIMIT $3";
    DELIVERIES_BY_CONTACT = "SELECT d.contact_id, c.email, d.state, d.attempts, d.code, d.reply,
            d.ended_at, d.next_attempt_at
        FROM deliveries d LEFT JOIN contacts c ON c.id = d.contact_id
        WHERE d.campaign_id = $1 AND d.contact_id IN (
            $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
            $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36,
            $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53,
            $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65)
        ORDER BY d.contact_id DESC";
    DELIVERY_FIND = "SELECT d.contact_id, c.email, d.state, d.attempts, d.code, d.reply,
            d.ended_at, d.next_attempt_at, d.first_attempt_at, d.copies,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at
        FROM deliveries d LEFT JOIN contacts c ON c.id = d.contact_id
        LEFT JOIN engagements e ON e.campaign_id = d.campaign_id AND e.contact_id = d.contact_id
        WHERE d.campaign_id = $1 AND d.contact_id = $2";
    CLICKED_LINKS = "SELECT l.label, l.url FROM links l CROSS JOIN link_clickers k
        WHERE l.campaign_id = $1 AND k.campaign_id = $1 AND k.slot = l.slot AND k.contact_id = $2
        ORDER BY l.slot LIMIT 1000";
}

/// Deliveries looked at for one page.
const BUDGET: usize = 4_000;
/// As in [`QUEUED_DOWN`].
const FEW: i64 = 5_000;

/// Which deliveries of a campaign are meant: those to which everything applies.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryQuery {
    /// A part of the address, regardless of case.
    pub address_part: Option<String>,
    pub state: Option<DeliveryState>,
    /// The relay's code; 0 for reasons of our own.
    pub code: Option<u16>,
}

/// A delivery on a page of many. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDelivery {
    pub contact: ContactId,
    /// Their address; nothing once it was erased.
    pub email: Option<String>,
    pub state: DeliveryState,
    pub attempts: i64,
    /// The relay's code; 0 for reasons of our own, None for none.
    pub code: Option<u16>,
    /// What the relay answered, or the reason.
    pub reply: Option<String>,
    pub ended_at: Option<Timestamp>,
    /// When it is tried next, if it waits for that.
    pub due_at: Option<Timestamp>,
}

/// A page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveriesFound {
    pub deliveries: Vec<ListedDelivery>,
    /// Where the next page begins: there may be more below this contact.
    pub next: Option<ContactId>,
    /// The page is not full, and ends because enough deliveries were looked at.
    pub unfinished: bool,
}

/// One delivery with what followed. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryFacts {
    pub listed: ListedDelivery,
    pub first_attempt_at: Option<Timestamp>,
    /// How often it may have gone out without an answer.
    pub copies: i64,
    /// What was seen in their views and clicks.
    pub evidence: EngagementEvidence,
    pub viewed: bool,
    pub clicked: bool,
    /// When they unsubscribed by it.
    pub left_at: Option<Timestamp>,
    /// Links that they followed: label and address.
    pub links: Vec<(String, String)>,
    /// Since when what they did is not kept any more, because of its age.
    pub engagement_removed_at: Option<Timestamp>,
}

impl Store {
    /// The campaign's deliveries to contacts below `before` that match, in falling order of
    /// contacts; at most `limit`.
    pub async fn deliveries_find(
        &self,
        campaign: CampaignId,
        query: DeliveryQuery,
        before: ContactId,
        limit: usize,
    ) -> Result<DeliveriesFound, StoreError> {
        self.read(move |tx| find(tx, campaign, &query, before.0, limit)).await
    }

    /// The delivery of a campaign to a contact.
    pub async fn delivery_find(
        &self,
        campaign: CampaignId,
        contact: ContactId,
    ) -> Result<Option<DeliveryFacts>, StoreError> {
        self.read(move |tx| {
            let key = (campaign.0, contact.0);
            let Some(mut facts) = tx.first(DELIVERY_FIND, key, facts)? else { return Ok(None) };
            facts.engagement_removed_at = expired_engagements::removed_at(tx, campaign)?;
            facts.links = tx.all(CLICKED_LINKS, key, |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(Some(facts))
        })
        .await
    }
}

fn find(
    tx: &Tx<'_>,
    campaign: CampaignId,
    query: &DeliveryQuery,
    mut before: i64,
    limit: usize,
) -> Result<DeliveriesFound, StoreError> {
    let source = DeliverySource::of(tx, campaign, query)?;
    let (mut deliveries, mut looked) = (Vec::new(), 0);
    let mut batch = limit + 1;
    while looked < BUDGET {
        let ids = source.below(tx, campaign, before, batch)?;
        for delivery in by_contact(tx, campaign, &ids)? {
            if deliveries.len() == limit {
                let next = deliveries.last().map(|last: &ListedDelivery| last.contact);
                return Ok(DeliveriesFound { deliveries, next, unfinished: false });
            }
            if query.takes(&delivery) {
                deliveries.push(delivery);
            }
        }
        let Some(last) = ids.last().filter(|_| ids.len() == batch) else {
            return Ok(DeliveriesFound { deliveries, next: None, unfinished: false });
        };
        before = *last;
        looked += ids.len();
        batch = 512;
    }
    Ok(DeliveriesFound { deliveries, next: Some(ContactId(before)), unfinished: true })
}

/// The contacts among whom to look, as few as can be found by an index.
enum DeliverySource {
    All,
    Address(AddressPart),
    Unsent(DeliveryState),
    Code(DeliveryState, u16),
    Queued,
    Leased,
}

impl DeliverySource {
    fn of(tx: &Tx<'_>, campaign: CampaignId, query: &DeliveryQuery) -> Result<Self, StoreError> {
        use DeliveryState as S;
        if let Some(part) = &query.address_part {
            return Ok(Self::Address(AddressPart::new(part)));
        }
        let Some(state) = query.state else { return Ok(Self::All) };
        let counts = counts_between(tx, campaign, campaign)?;
        let of_state = counts.iter().filter(|(_, each, _)| *each == state);
        let few = of_state.map(|(.., deliveries)| deliveries).sum::<i64>() <= FEW;
        Ok(match (state, query.code) {
            (state, Some(code)) => Self::Code(state, code),
            (S::Queued, None) if few => Self::Queued,
            (S::Leased, None) => Self::Leased,
            (S::Sent | S::Queued, None) => Self::All,
            (S::Failed | S::Suppressed | S::Skipped | S::InDoubt, None) => Self::Unsent(state),
        })
    }

    /// Up to `limit` contacts below `before`, highest first.
    fn below(
        &self,
        tx: &Tx<'_>,
        campaign: CampaignId,
        before: i64,
        limit: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let (campaign, rows) = (campaign.0, count(limit)?);
        let id = |row: &SqlRow<'_>| row.get(0);
        match self {
            Self::All => tx.all(DELIVERIES_DOWN, (campaign, before, rows), id),
            Self::Address(part) => address_search::search(tx, part, before, limit),
            Self::Unsent(state) => tx.all(UNSENT_DOWN, (campaign, before, rows, state.code()), id),
            Self::Code(state, code) => {
                tx.all(CODE_DOWN, (campaign, before, rows, state.code(), *code), id)
            }
            Self::Queued => tx.all(QUEUED_DOWN, (campaign, before, rows), id),
            Self::Leased => tx.all(LEASED_DOWN, (campaign, before, rows), id),
        }
    }
}

impl DeliveryQuery {
    fn takes(&self, delivery: &ListedDelivery) -> bool {
        self.state.is_none_or(|state| delivery.state == state)
            && self.code.is_none_or(|code| delivery.code == Some(code))
    }
}

/// The deliveries to these contacts, in this order; whoever is not in the audience is left out.
fn by_contact(
    tx: &Tx<'_>,
    campaign: CampaignId,
    ids: &[i64],
) -> Result<Vec<ListedDelivery>, StoreError> {
    let mut found = Vec::with_capacity(ids.len());
    for part in ids.chunks(AT_ONCE) {
        let mut values = vec![SqlValue::Integer(campaign.0)];
        values.extend(padded(part));
        found.extend(tx.all(DELIVERIES_BY_CONTACT, values.as_slice(), listed)?);
    }
    Ok(found)
}

fn listed(row: &SqlRow<'_>) -> Result<ListedDelivery, StoreError> {
    let state = known(DeliveryState::from_code(row.get(2)?), "delivery state")?;
    let due: i64 = row.get(7)?;
    Ok(ListedDelivery {
        contact: ContactId(row.get(0)?),
        email: row.get(1)?,
        state,
        attempts: row.get(3)?,
        code: row.get(4)?,
        reply: row.get(5)?,
        ended_at: row.get::<Option<i64>>(6)?.map(Timestamp),
        // What was never tried is due at no particular time.
        due_at: (state.is_open() && due > 0).then_some(Timestamp(due)),
    })
}

fn facts(row: &SqlRow<'_>) -> Result<DeliveryFacts, StoreError> {
    let mut engagement = EngagementRow::of(row, 10)?;
    Ok(DeliveryFacts {
        listed: listed(row)?,
        first_attempt_at: row.get::<Option<i64>>(8)?.map(Timestamp),
        copies: row.get(9)?,
        evidence: engagement.take_engagement().evidence(),
        viewed: engagement.viewed,
        clicked: engagement.clicked,
        left_at: row.get::<Option<i64>>(15)?.map(Timestamp),
        links: Vec::new(),
        engagement_removed_at: None,
    })
}
