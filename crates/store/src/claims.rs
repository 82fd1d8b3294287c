//! Claims: which deliveries a mailer may work on.
//!
//! Invariants: a delivery is claimed from `queued` alone and by one caller; every claim grows its
//! epoch; nobody is handed out who has left the topic or whose address is suppressed at that
//! moment. Leases do not run out by themselves: whoever starts the mailer releases them.

use std::collections::BTreeMap;

use model::{CampaignId, CampaignState, ContactId, DeliveryState, EmailAddress, Timestamp};
use rusqlite::CachedStatement;

use crate::contacts::{address, attributes_from};
use crate::deliveries::{self, DeliveryCounts};
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
            first_attempt_at = $4
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0";
    DELIVERY_SUPPRESS = "UPDATE deliveries SET state = 4, ended_at = $3, code = 0, reply = $4
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0";
    CONTACT_MAILABLE = "SELECT 1 FROM campaigns k
        JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = $2
        JOIN contacts c ON c.id = s.contact_id
        WHERE k.id = $1 AND s.state = 'subscribed'
        AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email))";
    LEASED_COUNT =
        "SELECT campaign_id, count(*) FROM deliveries WHERE state = 1 GROUP BY campaign_id";
    LEASED_RELEASE = "UPDATE deliveries SET state = 0, leased_until = NULL,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE state = 1";
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
    /// Leases up to `limit` deliveries that are due, in contact order, those that wait for another
    /// try last. Nothing unless the campaign is sending. Deliveries of contacts who have left
    /// become suppressed on the way; an empty answer means that none is due.
    ///
    /// # Errors
    /// When the store can't answer; then nothing is leased.
    pub async fn deliveries_claim(
        &self,
        campaign: CampaignId,
        limit: usize,
        now: Timestamp,
        leased_until: Timestamp,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.write(move |tx| {
            if campaigns::state(tx, campaign)? != Some(CampaignState::Sending) {
                return Ok(Vec::new());
            }
            let mut claim = Claim::new(tx, campaign, now, leased_until)?;
            // Each round takes its rows out of the queue, so the rounds end.
            while claim.claimed.len() < limit {
                let wanted = limit - claim.claimed.len();
                if claim.round(tx, wanted)? < wanted {
                    break;
                }
            }
            claim.count(tx)?;
            Ok(claim.claimed)
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
            for contact in contacts {
                if !mailable.exists((campaign.0, contact.0))? {
                    removed.push(contact);
                }
            }
            Ok(Recheck { sending, removed })
        })
        .await
    }

    /// Puts every leased delivery of every campaign back into the queue and returns how many
    /// there were. For the start of the one mailer, after it has settled what its journal knows.
    ///
    /// # Errors
    /// When the store can't do it.
    pub async fn deliveries_release_leased(&self) -> Result<usize, StoreError> {
        self.write(|tx| {
            let leased = tx.all(LEASED_COUNT, [], |row| {
                Ok((CampaignId(row.get(0)?), row.get::<_, i64>(1)?))
            })?;
            for (campaign, deliveries) in leased {
                let mut counts = DeliveryCounts::default();
                counts.add(DeliveryState::Leased, -deliveries);
                counts.add(DeliveryState::Queued, deliveries);
                deliveries::move_counts(tx, campaign, &counts)?;
            }
            tx.execute(LEASED_RELEASE, [])
        })
        .await
    }
}

/// A claim under way.
struct Claim<'t> {
    lease: CachedStatement<'t>,
    suppress: CachedStatement<'t>,
    campaign: CampaignId,
    now: Timestamp,
    leased_until: Timestamp,
    claimed: Vec<Claimed>,
    suppressed: i64,
}

impl<'t> Claim<'t> {
    fn new(
        tx: &'t Tx<'_>,
        campaign: CampaignId,
        now: Timestamp,
        leased_until: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            lease: tx.prepare(DELIVERY_LEASE)?,
            suppress: tx.prepare(DELIVERY_SUPPRESS)?,
            campaign,
            now,
            leased_until,
            claimed: Vec::new(),
            suppressed: 0,
        })
    }

    /// Takes up to `wanted` rows out of the queue and returns how many there were.
    fn round(&mut self, tx: &Tx<'_>, wanted: usize) -> Result<usize, StoreError> {
        let now = self.now;
        let params = (self.campaign.0, now.0, deliveries::count(wanted)?);
        let due = tx.all(DELIVERIES_DUE, params, |row| {
            let contact = ContactId(row.get(0)?);
            if !row.get::<_, bool>(6)? {
                return Ok((contact, None));
            }
            let claimed = Claimed {
                contact,
                epoch: row.get::<_, i64>(1)? + 1,
                attempts: row.get(2)?,
                first_attempt_at: row.get::<_, Option<i64>>(3)?.map_or(now, Timestamp),
                email: address(row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?)?,
                attributes: attributes_from(
                    row.get_ref(5)?.as_str().map_err(rusqlite::Error::from)?,
                )?,
            };
            Ok((contact, Some(claimed)))
        })?;
        let rows = due.len();
        for (contact, claimed) in due {
            match claimed {
                Some(claimed) => self.take(claimed)?,
                None => self.turn_away(contact)?,
            }
        }
        Ok(rows)
    }

    fn take(&mut self, claimed: Claimed) -> Result<(), StoreError> {
        let (contact, first) = (claimed.contact.0, claimed.first_attempt_at.0);
        self.lease.execute((self.campaign.0, contact, self.leased_until.0, first))?;
        self.claimed.push(claimed);
        Ok(())
    }

    fn turn_away(&mut self, contact: ContactId) -> Result<(), StoreError> {
        self.suppress.execute((self.campaign.0, contact.0, self.now.0, LEFT))?;
        self.suppressed += 1;
        Ok(())
    }

    fn count(&self, tx: &Tx<'_>) -> Result<(), StoreError> {
        let claimed = deliveries::count(self.claimed.len())?;
        let mut counts = DeliveryCounts::default();
        counts.add(DeliveryState::Queued, -claimed - self.suppressed);
        counts.add(DeliveryState::Leased, claimed);
        counts.add(DeliveryState::Suppressed, self.suppressed);
        deliveries::move_counts(tx, self.campaign, &counts)?;
        deliveries::add_ended(tx, self.campaign, self.now, self.suppressed)
    }
}
