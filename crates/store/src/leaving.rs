//! Leaving and coming back: consent, subscription and suppression move together.
//!
//! Invariants: one transaction holds the ledger entry, the subscription, the suppression and the
//! campaign's count; the same removal again changes and counts nothing; every removal moves the
//! removal epoch. The ledger only grows.

use model::{CampaignId, ConsentKind, ContactId, Removal, SuppressionReason, Timestamp, TopicId};

use crate::sql::texts;
use crate::tx::Tx;
use crate::{Store, StoreError, engagements};

texts! {
    /// Also written by an import.
    CONSENT_INSERT =
        "INSERT INTO consents (contact_id, kind, topic_id, granted, source, campaign_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CONSENTS_OF = "SELECT topic_id, granted, source, campaign_id, at FROM consents
        WHERE contact_id = $1 ORDER BY id DESC LIMIT 1000";
    CONTACT_KEY = "SELECT lower(email) FROM contacts WHERE id = $1";
    SUBSCRIPTION_SET = "INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (topic_id, contact_id) DO UPDATE
        SET state = excluded.state, changed_at = excluded.changed_at
        WHERE subscriptions.state <> excluded.state";
    SUBSCRIPTIONS_END = "UPDATE subscriptions SET state = 'unsubscribed', changed_at = $2
        WHERE topic_id IN (SELECT id FROM topics) AND contact_id = $1
        AND state <> 'unsubscribed'";
    SUPPRESSION_INSERT = "INSERT INTO suppressions (address_hash, email_key, reason, at)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    SUPPRESSION_LIFT = "DELETE FROM suppressions WHERE email_key = $1 AND reason = $2";
    /// Also asked by an import.
    SUPPRESSION_REASON = "SELECT reason FROM suppressions WHERE email_key = $1";
}

/// What somebody leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One topic.
    Topic(TopicId),
    /// Every topic, those to come included: the address is suppressed.
    Everything,
}

/// What a removal did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Whether anything is other than before; a repeated removal changes nothing.
    pub changed: bool,
}

/// An entry of a contact's consent ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// The topic; nothing means every topic.
    pub topic: Option<TopicId>,
    /// Given or taken back.
    pub granted: bool,
    /// How: an import's name, or a way to leave.
    pub source: String,
    /// The campaign whose message it came by.
    pub campaign: Option<CampaignId>,
    /// When.
    pub at: Timestamp,
}

/// A person's own act, with its proof.
struct Act {
    contact: ContactId,
    source: &'static str,
    campaign: Option<CampaignId>,
    at: Timestamp,
}

impl Store {
    /// Lets a contact leave. `address_hash` is the keyed hash of the address's key, kept with a
    /// suppression. With a campaign whose delivery the contact had, its unsubscribes grow by one,
    /// once per contact. An unknown contact changes nothing.
    ///
    /// # Errors
    /// When the store can't keep it.
    pub async fn contact_leave(
        &self,
        contact: ContactId,
        scope: Scope,
        removal: Removal,
        campaign: Option<CampaignId>,
        address_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Left, StoreError> {
        self.write(move |tx| {
            let Some(key) = key_of(tx, contact)? else { return Ok(Left { changed: false }) };
            let act = Act { contact, source: removal.as_str(), campaign, at };
            let changed = match scope {
                Scope::Topic(topic) => leave_topic(tx, &act, topic)?,
                Scope::Everything => leave_everything(tx, &act, &key, address_hash)?,
            };
            if changed {
                if let Some(campaign) = campaign {
                    engagements::leave(tx, campaign, contact, at)?;
                }
                tx.bump_removals()?;
            }
            Ok(Left { changed })
        })
        .await
    }

    /// Brings a contact back to a topic, on their own wish, and lifts a suppression that came from
    /// leaving; one that came from a bounce, a complaint or an operator stays. True if anything is
    /// other than before.
    ///
    /// # Errors
    /// When the store can't keep it.
    pub async fn contact_return(
        &self,
        contact: ContactId,
        topic: TopicId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let Some(key) = key_of(tx, contact)? else { return Ok(false) };
            let reason = SuppressionReason::Unsubscribed.as_str();
            let lifted = tx.execute(SUPPRESSION_LIFT, (key, reason))?;
            let set = tx.execute(SUBSCRIPTION_SET, (topic.0, contact.0, "subscribed", at.0))?;
            let changed = lifted + set > 0;
            if changed {
                let act = Act { contact, source: Removal::Page.as_str(), campaign: None, at };
                enter(tx, &act, Some(topic), true)?;
            }
            Ok(changed)
        })
        .await
    }

    /// Why the address must not be mailed, if it must not.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn suppression_reason(
        &self,
        email_key: String,
    ) -> Result<Option<String>, StoreError> {
        self.read(move |tx| tx.first(SUPPRESSION_REASON, [&email_key], |row| row.get(0))).await
    }

    /// The contact's consent ledger, newest first, at most 1,000 entries.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn contact_consents(&self, contact: ContactId) -> Result<Vec<Consent>, StoreError> {
        self.read(move |tx| {
            tx.all(CONSENTS_OF, [contact.0], |row| {
                Ok(Consent {
                    topic: row.get::<Option<i64>>(0)?.map(TopicId),
                    granted: row.get(1)?,
                    source: row.get(2)?,
                    campaign: row.get::<Option<i64>>(3)?.map(CampaignId),
                    at: Timestamp(row.get(4)?),
                })
            })
        })
        .await
    }
}

fn key_of(tx: &Tx<'_>, contact: ContactId) -> Result<Option<String>, StoreError> {
    tx.first(CONTACT_KEY, [contact.0], |row| row.get(0))
}

fn leave_topic(tx: &Tx<'_>, act: &Act, topic: TopicId) -> Result<bool, StoreError> {
    let values = (topic.0, act.contact.0, "unsubscribed", act.at.0);
    let changed = tx.execute(SUBSCRIPTION_SET, values)? > 0;
    if changed {
        enter(tx, act, Some(topic), false)?;
    }
    Ok(changed)
}

fn leave_everything(
    tx: &Tx<'_>,
    act: &Act,
    key: &str,
    address_hash: [u8; 32],
) -> Result<bool, StoreError> {
    let ended = tx.execute(SUBSCRIPTIONS_END, (act.contact.0, act.at.0))?;
    let reason = SuppressionReason::Unsubscribed.as_str();
    let suppressed = tx.execute(SUPPRESSION_INSERT, (address_hash, key, reason, act.at.0))?;
    let changed = ended + suppressed > 0;
    if changed {
        enter(tx, act, None, false)?;
    }
    Ok(changed)
}

fn enter(tx: &Tx<'_>, act: &Act, topic: Option<TopicId>, granted: bool) -> Result<(), StoreError> {
    let (topic, campaign) = (topic.map(|id| id.0), act.campaign.map(|id| id.0));
    let kind = ConsentKind::Mail.as_str();
    let values = (act.contact.0, kind, topic, i64::from(granted), act.source, campaign, act.at.0);
    tx.execute(CONSENT_INSERT, values).map(drop)
}
