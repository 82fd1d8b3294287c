//! Leases: beginning to send under one, and what happens to those whose node is lost.
//!
//! Invariants (promise P2): `begun` means the same on every database: as far as the store knows,
//! the final dot may have been sent, and only the holder's journal can say otherwise. On PostgreSQL
//! it is set when a node says so; on SQLite, where nobody says so, by the claim. Rows, never the
//! clocks of nodes, decide whether a delivery may be handed to another node. A node records in the
//! store that it begins before its final dot can be sent, and may begin only while the lease is its
//! own; an expired lease goes back to the queue if it was not begun, and is in doubt if it was. So
//! a node that was frozen for an hour, or killed for good, never causes a second copy. Beginning is
//! also the last check of whether the contact still wants the message (promise P5): a removal on
//! any node that came before it holds.

pub(crate) mod postgres;

use std::collections::BTreeMap;
use std::time::Duration;

use model::{CampaignId, ContactId, DeliveryState, InDoubtPolicy, Timestamp};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::sending::deliveries::{self, DeliveryCounts};
use crate::sending::messages::{self, leases::EndedMessages};
use crate::sending::reasons::ReasonNumbers;
use crate::{NODE_ALIVE, Store, StoreError};

texts! {
    DELIVERY_BEGIN = "UPDATE deliveries SET begun = 1, leased_until = $5
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1
        AND holder = $4 AND leased_until > $6
        AND EXISTS (SELECT 1 FROM campaigns k
            JOIN subscriptions s ON s.topic_id = k.topic_id AND s.contact_id = $2
            JOIN contacts c ON c.id = s.contact_id
            WHERE k.id = $1 AND k.state = 'sending' AND s.state = 'subscribed'
            AND (c.paused_until IS NULL OR c.paused_until <= $6)
            AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.email_key = lower(c.email)))";
    LEASES_EXPIRED = "SELECT d.campaign_id, d.contact_id, d.epoch, d.begun, k.policy, d.copies
        FROM deliveries d JOIN campaigns k ON k.id = d.campaign_id
        WHERE d.state = 1 AND d.leased_until <= $1
        ORDER BY d.campaign_id, d.contact_id LIMIT 1000";
    /// Checks the lease again: its holder may have begun or settled since. The holder stays
    /// recorded: until somebody claims the delivery, it may still bring the relay's answer.
    LEASE_END = "UPDATE deliveries SET state = $5, attempts = attempts + $6, copies = copies + $6,
            next_attempt_at =
            coalesce($7, next_attempt_at), leased_until = NULL, begun = 0,
            ended_at = $8, code = coalesce($9, code), reply = coalesce($10, reply),
            reason = CASE WHEN $11 = 1 THEN $12 ELSE reason END,
            first_attempt_at = CASE WHEN attempts + $6 = 0 THEN NULL ELSE first_attempt_at END
        WHERE campaign_id = $1 AND contact_id = $2 AND epoch = $3 AND state = 1
        AND leased_until <= $4 AND begun = $11";
    LEASES_OF = "SELECT d.campaign_id, d.contact_id, d.epoch, d.begun, k.policy, d.copies
        FROM deliveries d JOIN campaigns k ON k.id = d.campaign_id
        WHERE d.state = 1 AND d.holder = $1 AND d.begun = 1
        ORDER BY d.campaign_id, d.contact_id";
    LEASES_OF_LOST_NODES =
        "SELECT d.campaign_id, d.contact_id, d.epoch, d.begun, k.policy, d.copies
        FROM deliveries d JOIN campaigns k ON k.id = d.campaign_id
        LEFT JOIN nodes n ON n.number = d.holder
        WHERE d.state = 1 AND (d.holder IS NULL OR d.holder <> $1)
        AND (n.seen_at IS NULL OR n.seen_at <= $2)
        ORDER BY d.campaign_id, d.contact_id LIMIT 1000";
    LEASED_RELEASE = "UPDATE deliveries SET state = 0, leased_until = NULL, holder = NULL,
            begun = 0,
            first_attempt_at = CASE WHEN attempts = 0 THEN NULL ELSE first_attempt_at END
        WHERE state = 1 AND holder = $1 RETURNING campaign_id";
}

/// Why a delivery is sent again that may have been sent.
const RESENT: &str = "in doubt after its mailer was lost; sent again, as the campaign asks";

/// What has become of leases that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExpiredLeases {
    pub queued: i64,
    /// In doubt: their node had begun to send.
    pub in_doubt: i64,
}

impl ExpiredLeases {
    /// Those of deliveries, and those of single messages.
    const fn and(self, messages: EndedMessages) -> Self {
        let EndedMessages { queued, in_doubt } = messages;
        Self { queued: self.queued + queued, in_doubt: self.in_doubt + in_doubt }
    }
}

struct Lost {
    campaign: CampaignId,
    contact: ContactId,
    epoch: i64,
    begun: bool,
    policy: InDoubtPolicy,
    copies: i64,
}

impl Store {
    /// Records that the final dot of these deliveries (contact and epoch) may be sent from now on,
    /// and extends their leases to `lease` from now. Returns the contacts for which that succeeded;
    /// the others must not be sent: their lease expired or was revoked, the contact has left, or
    /// the campaign is paused.
    ///
    /// # Errors
    /// When the store fails; then none may be sent.
    pub async fn deliveries_begin(
        &self,
        campaign: CampaignId,
        holder: u16,
        deliveries: Vec<(ContactId, i64)>,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Vec<ContactId>, StoreError> {
        self.write(move |tx| {
            if let Some(bulk) = tx.bulk() {
                return postgres::begin(bulk, campaign, holder, &deliveries, lease);
            }
            let mut begin = tx.prepare(DELIVERY_BEGIN)?;
            let (until, mut begun) = (now.after(lease), Vec::with_capacity(deliveries.len()));
            for (contact, epoch) in &deliveries {
                let values = (campaign.0, contact.0, *epoch, holder, until.0, now.0);
                if begin.execute(values)? > 0 {
                    begun.push(*contact);
                }
            }
            Ok(begun)
        })
        .await
    }

    /// Ends expired leases, at most 1,000 of deliveries at a time. For stores that several nodes share.
    pub async fn leases_expire(&self, now: Timestamp) -> Result<ExpiredLeases, StoreError> {
        self.write(move |tx| {
            let now = tx.clock(now)?;
            let mut moved = Moved::default();
            for lost in tx.all(LEASES_EXPIRED, [now.0], lost)? {
                moved.end(tx, &lost, now, now)?;
            }
            let expired = moved.count(tx, now)?;
            Ok(expired.and(messages::leases::expire(tx, now)?))
        })
        .await
    }

    /// Ends leases of lost nodes, at most 1,000 at a time: not `own`, and not seen lately. For
    /// stores of one node, where leases do not expire: a node number whose data folder was lost
    /// never comes back, and neither does its journal, so what it had begun is in doubt.
    pub async fn leases_of_lost_nodes(
        &self,
        own: u16,
        now: Timestamp,
    ) -> Result<ExpiredLeases, StoreError> {
        self.write(move |tx| {
            let now = tx.clock(now)?;
            let seen = now.before(NODE_ALIVE);
            let mut moved = Moved::default();
            for lost in tx.all(LEASES_OF_LOST_NODES, (own, seen.0), lost)? {
                moved.end(tx, &lost, Timestamp(i64::MAX), now)?;
            }
            let expired = moved.count(tx, now)?;
            Ok(expired.and(messages::leases::end_of_lost_nodes(tx, own, (seen, now))?))
        })
        .await
    }

    /// Ends every lease of the node. For the start of its mailer, after it has settled what its
    /// journal knows: anything without an intent there was not sent. With an incomplete journal
    /// nobody can say that, and what the node had begun is in doubt.
    pub async fn leases_take_back(
        &self,
        holder: u16,
        journal: JournalState,
        now: Timestamp,
    ) -> Result<ExpiredLeases, StoreError> {
        self.write(move |tx| {
            let mut moved = Moved::default();
            if journal == JournalState::Incomplete {
                for lost in tx.all(LEASES_OF, [holder], lost)? {
                    moved.end(tx, &lost, Timestamp(i64::MAX), now)?;
                }
            }
            let released = tx.all(LEASED_RELEASE, [holder], |row| Ok(CampaignId(row.get(0)?)))?;
            for campaign in released {
                moved.note(campaign, DeliveryState::Queued);
            }
            let ended = moved.count(tx, now)?;
            let is_whole = journal == JournalState::Whole;
            Ok(ended.and(messages::leases::take_back(tx, holder, is_whole, now)?))
        })
        .await
    }
}

/// What is known about a node's mail journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalState {
    /// It reaches as far as the store has seen it: every intent since then is in it.
    Whole,
    /// It is gone, damaged, or a copy.
    Incomplete,
}

/// Leases that were ended, by campaign and the state they led to.
#[derive(Default)]
struct Moved(BTreeMap<CampaignId, DeliveryCounts>);

impl Moved {
    /// Ends a lease that expires before `until`, unless its holder was quicker.
    fn end(
        &mut self,
        tx: &Tx<'_>,
        lost: &Lost,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let state = lost.state();
        if end(tx, lost, state, until, now)? {
            self.note(lost.campaign, state);
        }
        Ok(())
    }

    fn note(&mut self, campaign: CampaignId, state: DeliveryState) {
        let counts = self.0.entry(campaign).or_default();
        counts.add(DeliveryState::Leased, -1);
        counts.add(state, 1);
    }

    fn count(self, tx: &Tx<'_>, now: Timestamp) -> Result<ExpiredLeases, StoreError> {
        let mut expired = ExpiredLeases::default();
        for (campaign, counts) in self.0 {
            let in_doubt = counts.get(DeliveryState::InDoubt);
            expired.queued += counts.get(DeliveryState::Queued);
            expired.in_doubt += in_doubt;
            deliveries::move_counts(tx, campaign, &counts)?;
            deliveries::add_ended(tx, campaign, now, in_doubt)?;
        }
        Ok(expired)
    }
}

impl Lost {
    fn state(&self) -> DeliveryState {
        match (self.begun, self.policy) {
            (false, _) => DeliveryState::Queued,
            (true, InDoubtPolicy::Resend) if self.copies + 1 < InDoubtPolicy::MOST_COPIES => {
                DeliveryState::Queued
            }
            (true, _) => DeliveryState::InDoubt,
        }
    }
}

fn lost(row: &SqlRow<'_>) -> Result<Lost, StoreError> {
    Ok(Lost {
        campaign: CampaignId(row.get(0)?),
        contact: ContactId(row.get(1)?),
        epoch: row.get(2)?,
        begun: row.get(3)?,
        policy: known(InDoubtPolicy::from_word(row.text(4)?), "policy")?,
        copies: row.get(5)?,
    })
}

/// False when its holder was quicker.
fn end(
    tx: &Tx<'_>,
    lost: &Lost,
    state: DeliveryState,
    until: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let in_doubt = state == DeliveryState::InDoubt;
    let again = lost.begun && !in_doubt;
    let reason = match again {
        true => Some(ReasonNumbers::default().of(tx, lost.campaign, 0, RESENT)?),
        false => None,
    };
    let values = (
        lost.campaign.0,
        lost.contact.0,
        lost.epoch,
        until.0,
        state.code(),
        i64::from(lost.begun),
        again.then_some(now.0),
        in_doubt.then_some(now.0),
        lost.begun.then_some(0_i64),
        again.then_some(RESENT),
        lost.begun,
        reason,
    );
    Ok(tx.execute(LEASE_END, values)? > 0)
}
