//! The contacts of a campaign with what they did, for lists of them: in the order of contacts, by the
//! index that leaves out most of those who are not meant.
//!
//! Invariant: a page reads as many rows as it has lines, whatever the size of the campaign. No verdict
//! is in it: by a rule set, the caller says who counts as what.

use model::{CampaignId, ContactId, DeliveryState, EngagementEvidence, LinkSlot, Timestamp};

use crate::counting::engagements::EngagementRow;
use crate::engine::error::{count, known};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    REPORT_REACHED = "SELECT d.contact_id, c.email, d.state, d.code, d.reply, d.tracking,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at
        FROM (SELECT contact_id, state, code, reply, tracking FROM deliveries
            WHERE campaign_id = $1 AND contact_id > $2 ORDER BY contact_id LIMIT $3) d
        LEFT JOIN contacts c ON c.id = d.contact_id
        LEFT JOIN engagements e ON e.campaign_id = $1 AND e.contact_id = d.contact_id
        ORDER BY d.contact_id";
    /// The first condition is the index's own, which has all that is read of it.
    REPORT_UNSENT = "SELECT k.contact_id, c.email, d.state, d.code, d.reply, d.tracking,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at
        FROM (SELECT contact_id FROM deliveries
            WHERE state > 2 AND campaign_id = $1 AND state = $4 AND contact_id > $2
            ORDER BY contact_id LIMIT $3) k
        LEFT JOIN contacts c ON c.id = k.contact_id
        LEFT JOIN deliveries d ON d.campaign_id = $1 AND d.contact_id = k.contact_id
        LEFT JOIN engagements e ON e.campaign_id = $1 AND e.contact_id = k.contact_id
        ORDER BY k.contact_id";
    REPORT_ENGAGED = "SELECT e.contact_id, c.email, d.state, d.code, d.reply, d.tracking,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at
        FROM (SELECT contact_id, best_class, viewed, clicked, click_class, hits, left_at
            FROM engagements WHERE campaign_id = $1 AND contact_id > $2
            ORDER BY contact_id LIMIT $3) e
        LEFT JOIN contacts c ON c.id = e.contact_id
        LEFT JOIN deliveries d ON d.campaign_id = $1 AND d.contact_id = e.contact_id
        ORDER BY e.contact_id";
    /// As above.
    REPORT_LEFT = "SELECT k.contact_id, c.email, d.state, d.code, d.reply, d.tracking,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at
        FROM (SELECT contact_id FROM engagements
            WHERE left_at IS NOT NULL AND campaign_id = $1 AND contact_id > $2
            ORDER BY contact_id LIMIT $3) k
        LEFT JOIN contacts c ON c.id = k.contact_id
        LEFT JOIN deliveries d ON d.campaign_id = $1 AND d.contact_id = k.contact_id
        LEFT JOIN engagements e ON e.campaign_id = $1 AND e.contact_id = k.contact_id
        ORDER BY k.contact_id";
    REPORT_CLICKERS = "SELECT k.contact_id, c.email, d.state, d.code, d.reply, d.tracking,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at
        FROM (SELECT contact_id FROM link_clickers
            WHERE campaign_id = $1 AND slot = $4 AND contact_id > $2
            ORDER BY contact_id LIMIT $3) k
        LEFT JOIN contacts c ON c.id = k.contact_id
        LEFT JOIN deliveries d ON d.campaign_id = $1 AND d.contact_id = k.contact_id
        LEFT JOIN engagements e ON e.campaign_id = $1 AND e.contact_id = k.contact_id
        ORDER BY k.contact_id";
}

/// Among which contacts of a campaign to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportContactSource {
    /// Everybody in the audience.
    Audience,
    /// Whose delivery failed, was suppressed or skipped.
    Undelivered,
    /// Who did anything.
    Engaged,
    /// Who unsubscribed by it.
    Unsubscribed,
    /// Who followed this link.
    Link(LinkSlot),
}

/// A contact of a campaign with what they did. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportContact {
    pub contact: ContactId,
    /// Their address; nothing once it was erased.
    pub email: Option<String>,
    pub state: DeliveryState,
    /// The relay's code; 0 for reasons of our own, None for none.
    pub code: Option<u16>,
    /// What the relay answered, or the reason.
    pub reply: Option<String>,
    /// Whether the message tells whose it is.
    pub identified: bool,
    /// What was seen in their views and clicks.
    pub evidence: EngagementEvidence,
    /// They did something, and wanted it forgotten.
    pub forgotten: bool,
    /// When they unsubscribed by it.
    pub left_at: Option<Timestamp>,
}

impl ReportContact {
    /// Whether they have, or may have, a message that tells whether they opened it.
    #[must_use]
    pub fn has_message(&self) -> bool {
        match self.state {
            DeliveryState::Sent => self.identified,
            DeliveryState::InDoubt => true,
            _ => false,
        }
    }
}

/// What [`ReportContactSource::Undelivered`] is.
const UNDELIVERED: [DeliveryState; 3] =
    [DeliveryState::Failed, DeliveryState::Suppressed, DeliveryState::Skipped];

impl Store {
    /// The next contacts of a campaign after this one, at most `limit`; fewer only behind the last.
    pub async fn report_contacts(
        &self,
        campaign: CampaignId,
        source: ReportContactSource,
        after: ContactId,
        limit: usize,
    ) -> Result<Vec<ReportContact>, StoreError> {
        self.read(move |tx| page(tx, campaign, source, after, limit)).await
    }
}

pub(crate) fn page(
    tx: &Tx<'_>,
    campaign: CampaignId,
    source: ReportContactSource,
    after: ContactId,
    limit: usize,
) -> Result<Vec<ReportContact>, StoreError> {
    let rows = count(limit)?;
    let from = (campaign.0, after.0, rows);
    match source {
        ReportContactSource::Audience => tx.all(REPORT_REACHED, from, report_contact),
        ReportContactSource::Engaged => tx.all(REPORT_ENGAGED, from, report_contact),
        ReportContactSource::Unsubscribed => tx.all(REPORT_LEFT, from, report_contact),
        ReportContactSource::Link(slot) => {
            tx.all(REPORT_CLICKERS, (campaign.0, after.0, rows, slot.0), report_contact)
        }
        ReportContactSource::Undelivered => {
            let mut found = Vec::new();
            for state in UNDELIVERED {
                let values = (campaign.0, after.0, rows, state.code());
                found.extend(tx.all(REPORT_UNSENT, values, report_contact)?);
            }
            found.sort_unstable_by_key(|it| it.contact);
            found.truncate(limit);
            Ok(found)
        }
    }
}

fn report_contact(row: &SqlRow<'_>) -> Result<ReportContact, StoreError> {
    let mut engagement = EngagementRow::of(row, 6)?;
    let has_row = row.get::<Option<i64>>(6)?.is_some();
    let left_at = row.get::<Option<i64>>(11)?.map(Timestamp);
    let evidence = engagement.take_engagement().evidence();
    Ok(ReportContact {
        contact: ContactId(row.get(0)?),
        email: row.get(1)?,
        state: known(DeliveryState::from_code(row.get(2)?), "delivery state")?,
        code: row.get(3)?,
        reply: row.get(4)?,
        identified: row.get::<Option<i64>>(5)?.is_none(),
        forgotten: has_row && evidence.hits.is_empty() && left_at.is_none(),
        evidence,
        left_at,
    })
}
