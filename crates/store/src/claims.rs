//! Claims: which deliveries a mailer may work on.
//!
//! Invariants: a delivery is claimed from `queued` alone and by one caller; every claim grows its
//! epoch; nobody is handed out who has left the topic or whose address is suppressed at that
//! moment. A lease belongs to a node; `leases` says what becomes of it when that node is gone.

pub(crate) mod postgres;

use std::collections::BTreeMap;
use std::time::Duration;

use model::{CampaignId, CampaignState, ContactId, DeliveryState, EmailAddress, Timestamp};

use crate::contacts::{address, attributes_from};
use crate::deliveries::{self, DeliveryCounts};
use crate::reasons::ReasonNumbers;
use crate::sql::texts;
use crate::tx::Tx;
use crate::{Store, StoreError, campaigns};

texts! {
    /// Everything that is needed to mail, and whether it may be.
    DELIVERIES_DUE =
        "SELECT d.contact_id, d.epoch, d.attempts, d.first_attempt_at, c.email, c.attributes,
            CASE WHEN s.state = 'subscribed' AND x.reason IS NULL THEN 1 ELSE 0 END
        FROM deliveries d
        JOIN campaigns k ON k.id = d.campaign_id
        LEFT JOIN contacts c ON c.id = d.contact_id
        LEFT JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = d.contact_id
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE d.campaign_id = $1 AND d.state = 0 AND d.next_attempt_at <= $2
        ORDER BY d.next_attempt_at, d.contact_id LIMIT $3";
    DELIVERY_LEASE = "UPDATE deliveries SET state = 1, epoch = epoch + 1, leased_until = $3,
            first_attempt_at = $4, holder = $5, begun = 0
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0";
    DELIVERY_SUPPRESS = "UPDATE deliveries
        SET state = 4, ended_at = $3, code = 0, reply = $4, reason = $5
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0";
    CONTACT_MAILABLE = "SELECT 1 FROM campaigns k
        JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = $2
        JOIN contacts c ON c.id = s.contact_id
        WHERE k.id = $1 AND s.state = 'subscribed'
        AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email))";
}

/// The reply of a delivery that was not made because its contact had left.
pub(crate) const LEFT: &str = "left before it was sent";

/// A delivery that the caller may send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// To whom.
    pub contact: ContactId,
    /// Where.
    pub email: EmailAddress,
    /// For the merge tags.
    pub attributes: BTreeMap<String, String>,
    /// To be given back with the outcome.
    pub epoch: i64,
    /// Tries before this one.
    pub attempts: i64,
    /// When it was first claimed: the date of the message, the same for every try.
    pub first_attempt_at: Timestamp,
}

/// What has changed for deliveries that are about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recheck {
    /// Whether the campaign is still sending.
    pub sending: bool,
    /// The contacts who must not be mailed any more.
    pub removed: Vec<ContactId>,
}

impl Store {
    /// Leases up to `limit` deliveries that are due to the node `holder`, in contact order, those
    /// that wait for another try last. Nothing unless the campaign is sending. Deliveries of
    /// contacts who have left become suppressed on the way; an empty answer means that none is
    /// due, or that other nodes are just claiming them.
    ///
    /// # Errors
    /// When the store can't answer; then nothing is leased.
    pub async fn deliveries_claim(
        &self,
        campaign: CampaignId,
        holder: u16,
        limit: usize,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.write(move |tx| {
            if campaigns::state(tx, campaign)? != Some(CampaignState::Sending) {
                return Ok(Vec::new());
            }
            let leased_until = tx.clock(now)?.after(lease);
            let claim = Claim { campaign, holder, now, leased_until };
            let (mut claimed, mut left) = (Vec::new(), 0);
            // Each round takes its rows out of the queue, so the rounds end.
            while claimed.len() < limit {
                let wanted = limit - claimed.len();
                let due = claim.due(tx, wanted)?;
                let found = due.len();
                let (gone, due): (Vec<Due>, Vec<Due>) =
                    due.into_iter().partition(|due| due.claimed.is_none());
                claim.turn_away(tx, &gone)?;
                left += gone.len();
                let due: Vec<Claimed> = due.into_iter().filter_map(|due| due.claimed).collect();
                claim.lease(tx, &due)?;
                claimed.extend(due);
                if found < wanted {
                    break;
                }
            }
            claim.count(tx, claimed.len(), left)?;
            Ok(claimed)
        })
        .await
    }

    /// Asks again, just before sending, about deliveries that were claimed a while ago.
    ///
    /// # Errors
    /// When the store can't answer; then none of them may be sent.
    pub async fn deliveries_recheck(
        &self,
        campaign: CampaignId,
        contacts: Vec<ContactId>,
    ) -> Result<Recheck, StoreError> {
        self.read(move |tx| {
            let sending = campaigns::state(tx, campaign)? == Some(CampaignState::Sending);
            let mut mailable = tx.prepare(CONTACT_MAILABLE)?;
            let mut removed = Vec::new();
            for contact in &contacts {
                if !mailable.exists((campaign.0, contact.0))? {
                    removed.push(*contact);
                }
            }
            Ok(Recheck { sending, removed })
        })
        .await
    }
}

/// A claim under way.
struct Claim {
    campaign: CampaignId,
    holder: u16,
    now: Timestamp,
    leased_until: Timestamp,
}

/// A delivery that is due: to be mailed, or of somebody who has left.
struct Due {
    contact: ContactId,
    claimed: Option<Claimed>,
}

impl Claim {
    /// Up to `wanted` rows of the queue.
    fn due(&self, tx: &Tx<'_>, wanted: usize) -> Result<Vec<Due>, StoreError> {
        let params = (self.campaign.0, self.now.0, deliveries::count(wanted)?);
        // The same columns; PostgreSQL passes over what another node is just claiming.
        let text = if tx.bulk().is_some() { postgres::DELIVERIES_DUE } else { DELIVERIES_DUE };
        tx.all(text, params, |row| {
            let contact = ContactId(row.get(0)?);
            if !row.get::<bool>(6)? {
                return Ok(Due { contact, claimed: None });
            }
            let claimed = Claimed {
                contact,
                epoch: row.get::<i64>(1)? + 1,
                attempts: row.get(2)?,
                first_attempt_at: row.get::<Option<i64>>(3)?.map_or(self.now, Timestamp),
                email: address(row.text(4)?)?,
                attributes: attributes_from(row.text(5)?)?,
            };
            Ok(Due { contact, claimed: Some(claimed) })
        })
    }

    fn lease(&self, tx: &Tx<'_>, due: &[Claimed]) -> Result<(), StoreError> {
        if let Some(bulk) = tx.bulk() {
            return postgres::lease(bulk, self, due);
        }
        let mut lease = tx.prepare(DELIVERY_LEASE)?;
        for claimed in due {
            let (contact, first) = (claimed.contact.0, claimed.first_attempt_at.0);
            let values = (self.campaign.0, contact, self.leased_until.0, first, self.holder);
            lease.execute(values)?;
        }
        Ok(())
    }

    fn turn_away(&self, tx: &Tx<'_>, gone: &[Due]) -> Result<(), StoreError> {
        if gone.is_empty() {
            return Ok(());
        }
        let mut suppress = tx.prepare(DELIVERY_SUPPRESS)?;
        let reason = ReasonNumbers::default().of(tx, self.campaign, 0, LEFT)?;
        for due in gone {
            suppress.execute((self.campaign.0, due.contact.0, self.now.0, LEFT, reason))?;
        }
        Ok(())
    }

    fn count(&self, tx: &Tx<'_>, claimed: usize, left: usize) -> Result<(), StoreError> {
        let (claimed, left) = (deliveries::count(claimed)?, deliveries::count(left)?);
        let mut counts = DeliveryCounts::default();
        counts.add(DeliveryState::Queued, -claimed - left);
        counts.add(DeliveryState::Leased, claimed);
        counts.add(DeliveryState::Suppressed, left);
        deliveries::move_counts(tx, self.campaign, &counts)?;
        deliveries::add_ended(tx, self.campaign, self.now, left)
    }
}
