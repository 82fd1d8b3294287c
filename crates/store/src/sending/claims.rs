//! Claims: which deliveries a mailer may work on.
//!
//! Invariants: a delivery is claimed only from `queued` and by one caller; every claim increases
//! its epoch; nobody is handed out who has left the topic, whose address is suppressed, who pauses, or who
//! has had as many mails as the cap allows ([`mail_caps`]) at that moment. A lease belongs to a node; `leases` says what happens to it when that node is lost.

pub(crate) mod postgres;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{
    CampaignId, CampaignState, ContactId, DeliveryState, EmailAddress, Timestamp, TrackingChoices,
    TrackingMode, TrackingPolicy,
};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::contacts::{address, attributes_from};
use crate::sending::deliveries::{self, DeliveryCounts};
use crate::sending::mail_caps::{self, CapWindow};
use crate::sending::reasons::{CAPPED, LEFT, PAUSED, ReasonNumbers};
use crate::tracking;
use crate::{Store, StoreError, sending::campaigns};

texts! {
    /// Everything that is needed to mail, and whether mailing is allowed.
    DELIVERIES_DUE =
        "SELECT d.contact_id, d.epoch, d.attempts, d.first_attempt_at, c.email, c.attributes,
            CASE WHEN s.state = 'subscribed' AND x.reason IS NULL
                THEN CASE WHEN c.paused_until > $5 THEN 2 ELSE 1 END ELSE 0 END,
            d.code, c.tracking
        FROM deliveries d
        JOIN campaigns k ON k.id = d.campaign_id
        LEFT JOIN contacts c ON c.id = d.contact_id
        LEFT JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = d.contact_id
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE d.campaign_id = $1 AND d.state = 0
        AND d.next_attempt_at > $2 AND d.next_attempt_at <= $3
        ORDER BY d.next_attempt_at, d.contact_id LIMIT $4";
    /// Begun from the start: a commit per message would be expensive on SQLite, so the store is not
    /// told when one is begun, and only its holder's journal can say that one was not.
    DELIVERY_LEASE = "UPDATE deliveries SET state = 1, epoch = epoch + 1, leased_until = $3,
            first_attempt_at = $4, holder = $5, begun = 1, tracking = $6
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0";
    DELIVERY_TURN_AWAY = "UPDATE deliveries
        SET state = $5, ended_at = $3, code = 0, reply = $4, reason = $6
        WHERE campaign_id = $1 AND contact_id = $2 AND state = 0";
    CONTACT_MAILABLE = "SELECT c.tracking, c.paused_until FROM campaigns k
        JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = $2
        JOIN contacts c ON c.id = s.contact_id
        WHERE k.id = $1 AND s.state = 'subscribed'
        AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email))";
}

/// `next_attempt_at` of deliveries that were never tried: due whatever the clock says.
pub(crate) const FIRST_TRY: Timestamp = Timestamp(0);
/// While there are first tries, one in this many of a claim may be a retry, so that people who were
/// told to come again in a minute do not wait for hours behind the rest of a long campaign.
pub(crate) const RETRIES_SHARE: usize = 4;

/// A delivery that the caller may send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    pub contact: ContactId,
    pub email: EmailAddress,
    /// For the merge tags.
    pub attributes: BTreeMap<String, String>,
    /// To be given back with the outcome.
    pub epoch: i64,
    /// Tries before this one.
    pub attempts: i64,
    /// When it was first claimed: the date of the message, the same for every try.
    pub first_attempt_at: Timestamp,
    /// The relay's code at the last refusal, 0 when it gave none; None if it was never refused.
    pub last_code: Option<u16>,
    /// What may be recorded of what they do with the message.
    pub tracking: TrackingMode,
}

/// What has changed for deliveries that are about to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recheck {
    /// Whether the campaign is still sending.
    pub sending: bool,
    /// The contacts who must not be mailed any more.
    pub removed: Vec<ContactId>,
    /// What may be recorded of each of the others now.
    pub tracking: BTreeMap<ContactId, TrackingMode>,
    /// Until when those of them want no campaign who have said so; may have passed.
    pub paused_until: BTreeMap<ContactId, Timestamp>,
}

impl Store {
    /// [`Self::deliveries_claim_within`], where nothing waits longer than a day for another try.
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
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        self.deliveries_claim_within(campaign, holder, limit, now, lease, DAY).await
    }

    /// Leases up to `limit` due deliveries to the node `holder`: first tries in contact order, and
    /// among them up to a quarter of those that are due for a retry; nothing unless the campaign
    /// is sending. Deliveries of contacts who have left, pause or have had as many mails as the cap
    /// allows become suppressed on the way, those whose contact can't be read are skipped; an empty answer means that none is due, or that other
    /// nodes are just claiming them.
    ///
    /// Nobody waits longer than `longest_wait` for a retry: anything further ahead was written
    /// before the clock was set back, and is due.
    ///
    /// # Errors
    /// When the store fails; then nothing is leased.
    pub async fn deliveries_claim_within(
        &self,
        campaign: CampaignId,
        holder: u16,
        limit: usize,
        now: Timestamp,
        lease: Duration,
        longest_wait: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.write(move |tx| {
            if campaigns::state(tx, campaign)? != Some(CampaignState::Sending) {
                return Ok(Vec::new());
            }
            let leased_until = tx.clock(now)?.after(lease);
            let (policy, choices) = (tracking::policy(tx)?, tracking::choices(tx, campaign)?);
            let cap = mail_caps::window(tx, campaign, now)?;
            if cap.is_some() {
                mail_caps::lock(tx)?;
            }
            let claim = Claim { campaign, holder, now, leased_until, policy, choices, cap };
            let retries = (FIRST_TRY, now);
            let mut taken = Taken::default();
            for (due, limit) in [
                (retries, limit.div_ceil(RETRIES_SHARE)),
                ((Timestamp(i64::MIN), FIRST_TRY), limit),
                (retries, limit),
                ((now.after(longest_wait), Timestamp(i64::MAX)), limit),
            ] {
                claim.take(tx, due, limit, &mut taken)?;
            }
            claim.count(tx, &taken)?;
            Ok(taken.claimed)
        })
        .await
    }

    /// Checks again, just before sending, deliveries that were claimed a while ago.
    ///
    /// # Errors
    /// When the store fails; then none of them may be sent.
    pub async fn deliveries_recheck(
        &self,
        campaign: CampaignId,
        contacts: Vec<ContactId>,
    ) -> Result<Recheck, StoreError> {
        self.read(move |tx| {
            let sending = campaigns::state(tx, campaign)? == Some(CampaignState::Sending);
            let mut mailable = tx.prepare(CONTACT_MAILABLE)?;
            let (policy, choices) = (tracking::policy(tx)?, tracking::choices(tx, campaign)?);
            let mut recheck = Recheck { sending, ..Recheck::default() };
            for id in &contacts {
                let said = |row: &SqlRow<'_>| Ok((tracking::mode(row, 0)?, row.get(1)?));
                match mailable.first((campaign.0, id.0), said)? {
                    Some((contact, paused_until)) => {
                        if let Some(until) = paused_until {
                            recheck.paused_until.insert(*id, Timestamp(until));
                        }
                        let mode = policy.mode(TrackingChoices { contact, ..choices });
                        recheck.tracking.insert(*id, mode);
                    }
                    None => recheck.removed.push(*id),
                }
            }
            Ok(recheck)
        })
        .await
    }
}

/// How a delivery's row says for what its message is made.
fn tracking_column(mode: TrackingMode) -> Option<i64> {
    (mode != TrackingMode::Identified).then(|| mode.code())
}

struct Claim {
    campaign: CampaignId,
    holder: u16,
    now: Timestamp,
    leased_until: Timestamp,
    policy: TrackingPolicy,
    choices: TrackingChoices,
    /// None: nobody is left out for it.
    cap: Option<CapWindow>,
}

enum Due {
    Claimed(Claimed),
    /// Of a contact who is not to be mailed, and why.
    LeftOut(ContactId, &'static str),
    /// Of a contact whose row makes no sense, and why.
    Unreadable(ContactId, String),
}

/// What a claim has taken out of the queue.
#[derive(Default)]
struct Taken {
    claimed: Vec<Claimed>,
    left_out: usize,
    unreadable: usize,
    numbers: ReasonNumbers,
}

impl Claim {
    /// Takes what is due after the first and until the second time, until `limit` are claimed.
    fn take(
        &self,
        tx: &Tx<'_>,
        due: (Timestamp, Timestamp),
        limit: usize,
        taken: &mut Taken,
    ) -> Result<(), StoreError> {
        // Each round takes its rows out of the queue, so the rounds end.
        while taken.claimed.len() < limit {
            let wanted = limit - taken.claimed.len();
            let found = self.due(tx, due, wanted)?;
            let is_last = found.len() < wanted;
            let mut claimed = Vec::with_capacity(found.len());
            for due in found {
                match due {
                    Due::Claimed(each) => claimed.push(each),
                    Due::LeftOut(contact, why) => {
                        taken.left_out += 1;
                        let end = (DeliveryState::Suppressed, why);
                        self.turn_away(tx, contact, end, &mut taken.numbers)?;
                    }
                    Due::Unreadable(contact, why) => {
                        taken.unreadable += 1;
                        let end = (DeliveryState::Skipped, why.as_str());
                        self.turn_away(tx, contact, end, &mut taken.numbers)?;
                    }
                }
            }
            self.lease(tx, &claimed)?;
            taken.claimed.append(&mut claimed);
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Up to `wanted` rows of the queue.
    fn due(
        &self,
        tx: &Tx<'_>,
        (after, until): (Timestamp, Timestamp),
        wanted: usize,
    ) -> Result<Vec<Due>, StoreError> {
        let params = (self.campaign.0, after.0, until.0, count(wanted)?, self.now.0);
        // The same columns; PostgreSQL passes over what another node is just claiming.
        let text = if tx.bulk().is_some() { postgres::DELIVERIES_DUE } else { DELIVERIES_DUE };
        let mut found = tx.all(text, params, |row| {
            let contact = ContactId(row.get(0)?);
            match row.get::<i64>(6)? {
                0 => return Ok(Due::LeftOut(contact, LEFT)),
                2 => return Ok(Due::LeftOut(contact, PAUSED)),
                _ => {}
            }
            // One row that makes no sense must not stop the others.
            let read =
                address(row.text(4)?).and_then(|it| Ok((it, attributes_from(row.text(5)?)?)));
            let (email, attributes) = match read {
                Ok(read) => read,
                Err(StoreError::Corrupt(why)) => return Ok(Due::Unreadable(contact, why)),
                Err(error) => return Err(error),
            };
            let said = tracking::mode(row, 8)?;
            let tracking = self.policy.mode(TrackingChoices { contact: said, ..self.choices });
            Ok(Due::Claimed(Claimed {
                contact,
                tracking,
                epoch: row.get::<i64>(1)? + 1,
                attempts: row.get(2)?,
                first_attempt_at: row.get::<Option<i64>>(3)?.map_or(self.now, Timestamp),
                email,
                attributes,
                last_code: row.get(7)?,
            }))
        })?;
        if let Some(window) = self.cap {
            let capped = self.capped(tx, window, &found, ((after, until), wanted))?;
            for due in &mut found {
                if let Due::Claimed(Claimed { contact, .. }) = due
                    && capped.contains(contact)
                {
                    *due = Due::LeftOut(*contact, CAPPED);
                }
            }
        }
        Ok(found)
    }

    /// Who of them has had as many mails as the cap allows.
    fn capped(
        &self,
        tx: &Tx<'_>,
        window: CapWindow,
        found: &[Due],
        (due, wanted): ((Timestamp, Timestamp), usize),
    ) -> Result<BTreeSet<ContactId>, StoreError> {
        let Some(bulk) = tx.bulk() else {
            return mail_caps::capped_due(tx, self.campaign, window, due, wanted);
        };
        postgres::capped(bulk, self.campaign, window, found)
    }

    fn lease(&self, tx: &Tx<'_>, due: &[Claimed]) -> Result<(), StoreError> {
        if let Some(bulk) = tx.bulk() {
            return postgres::lease(bulk, self, due);
        }
        let mut lease = tx.prepare(DELIVERY_LEASE)?;
        for claimed in due {
            let (contact, first) = (claimed.contact.0, claimed.first_attempt_at.0);
            let tracking = tracking_column(claimed.tracking);
            let values =
                (self.campaign.0, contact, self.leased_until.0, first, self.holder, tracking);
            lease.execute(values)?;
        }
        Ok(())
    }

    fn turn_away(
        &self,
        tx: &Tx<'_>,
        contact: ContactId,
        (state, why): (DeliveryState, &str),
        numbers: &mut ReasonNumbers,
    ) -> Result<(), StoreError> {
        let reason = numbers.of(tx, self.campaign, 0, why)?;
        let values = (self.campaign.0, contact.0, self.now.0, why, state.code(), reason);
        tx.execute(DELIVERY_TURN_AWAY, values).map(drop)
    }

    fn count(&self, tx: &Tx<'_>, taken: &Taken) -> Result<(), StoreError> {
        let claimed = count(taken.claimed.len())?;
        let (left_out, unreadable) = (count(taken.left_out)?, count(taken.unreadable)?);
        let mut counts = DeliveryCounts::default();
        counts.add(DeliveryState::Queued, -claimed - left_out - unreadable);
        counts.add(DeliveryState::Leased, claimed);
        counts.add(DeliveryState::Suppressed, left_out);
        counts.add(DeliveryState::Skipped, unreadable);
        deliveries::move_counts(tx, self.campaign, &counts)?;
        deliveries::add_ended(tx, self.campaign, self.now, left_out + unreadable)
    }
}
