//! Which contacts a browser is tied to, and which browsers a contact: to be shown and cut.
//!
//! Invariant: bounded, by what a browser and a contact have at most.

use model::{
    CampaignId, ContactId, DistinctBits, EmailAddress, Timestamp, VisitorId, VisitorLinkReason,
    VisitorLinkStrength,
};

use crate::counting::visitors::visitor_at;
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::merged_numbers;
use crate::{Store, StoreError};

texts! {
    LINKED_CONTACTS = "SELECT l.reason, l.first_at, l.last_at, l.hits, l.campaign_id, l.days,
            l.campaigns, c.id, c.email
        FROM visitor_links l JOIN contacts c ON c.id = coalesce(
            (SELECT m.kept_id FROM contact_merges m WHERE m.other_id = l.contact_id), l.contact_id)
        WHERE l.visitor = $1 ORDER BY l.last_at DESC, l.contact_id, l.reason LIMIT 100";
    LINKED_VISITORS = "SELECT reason, first_at, last_at, hits, campaign_id, days, campaigns, visitor
        FROM visitor_links WHERE contact_id = $1
        ORDER BY last_at DESC, visitor, reason LIMIT 100";
}

/// What ties a browser to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitorLink {
    pub reason: VisitorLinkReason,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Clicks, counted up to [`MOST_LINK_HITS`](crate::MOST_LINK_HITS).
    pub hits: u64,
    /// The campaign of the first one.
    pub campaign: CampaignId,
    /// On how many different days at least.
    pub days: u32,
    /// Of how many different campaigns at least.
    pub campaigns: u32,
}

impl VisitorLink {
    /// How likely the browser is the contact's own.
    #[must_use]
    pub const fn strength(&self) -> VisitorLinkStrength {
        VisitorLinkStrength::of(self.days, self.campaigns)
    }
}

/// A contact to whom a browser is tied. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedContact {
    pub contact: ContactId,
    pub email: EmailAddress,
    pub link: VisitorLink,
}

/// A browser that is tied to a contact. Personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkedVisitor {
    pub visitor: VisitorId,
    pub link: VisitorLink,
}

impl Store {
    /// To whom the browser is tied, who clicked last first.
    pub async fn visitor_contacts(&self, id: VisitorId) -> Result<Vec<LinkedContact>, StoreError> {
        self.read(move |tx| {
            tx.all(LINKED_CONTACTS, [id.0], |row| {
                let email = EmailAddress::parsed_before(row.text(8)?).ok();
                Ok(LinkedContact {
                    contact: ContactId(row.get(7)?),
                    email: known(email, "form of a contact's address")?,
                    link: link(row)?,
                })
            })
        })
        .await
    }

    /// The browsers that are tied to the contact, the one seen last first.
    pub async fn contact_visitors(&self, id: ContactId) -> Result<Vec<LinkedVisitor>, StoreError> {
        self.read(move |tx| {
            let mut all: Vec<LinkedVisitor> = Vec::new();
            for number in merged_numbers::numbers(tx, id)? {
                all.extend(tx.all(LINKED_VISITORS, [number.0], |row| {
                    Ok(LinkedVisitor { visitor: visitor_at(row, 7)?, link: link(row)? })
                })?);
            }
            // Stable: of one moment they keep their order.
            all.sort_by_key(|it| std::cmp::Reverse(it.link.last_at));
            Ok(all)
        })
        .await
    }
}

/// From the columns `reason, first_at, last_at, hits, campaign_id, days, campaigns`.
fn link(row: &SqlRow<'_>) -> Result<VisitorLink, StoreError> {
    let reason = VisitorLinkReason::from_code(row.get(0)?);
    Ok(VisitorLink {
        reason: known(reason, "reason of a link")?,
        first_at: Timestamp(row.get(1)?),
        last_at: Timestamp(row.get(2)?),
        hits: row.get::<i64>(3)?.unsigned_abs(),
        campaign: CampaignId(row.get(4)?),
        days: DistinctBits(row.get(5)?).count(),
        campaigns: DistinctBits(row.get(6)?).count(),
    })
}
