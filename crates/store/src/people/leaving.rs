//! Leaving and coming back: consent, subscription and suppression change together.
//!
//! Invariants: one transaction covers the consent entry, the subscription, the suppression and the
//! campaign's count; the same removal again changes and counts nothing; every removal advances the
//! removal epoch. A suppression's reason follows from the removal, and a person's wish undoes only
//! what a person's wish has set: a graver reason replaces a lesser one, never the other way round.
//! The consent ledger only grows, until its person is erased.

use model::{
    CampaignId, ConsentBasis, ConsentKind, ContactId, Removal, SuppressionReason, Timestamp,
    TopicId, TrackingMode,
};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::merged_numbers;
use crate::people::contacts::CONTACT_ID_BY_KEY;
use crate::tracking;
use crate::{Store, StoreError, counting::engagements};

texts! {
    CONSENT_INSERT =
        "INSERT INTO consents (contact_id, kind, topic_id, granted, source, campaign_id, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CONSENTS_OF = "SELECT topic_id, granted, source, campaign_id, at, mode, notice, kind,
            basis, proof, given_at, given_ip, given_form
        FROM consents
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
    SUPPRESSION_STRENGTHEN = "UPDATE suppressions SET reason = $2, at = $3
        WHERE email_key = $1 AND reason = 'unsubscribed' AND reason <> $2";
    /// Removals that a person has asked for, whether or not they changed anything: no operator
    /// undoes those.
    LEFT_BY_OWN_WISH = "SELECT 1 FROM consents WHERE contact_id = $1 AND topic_id IS NULL
        AND kind = 'mail' AND granted = 0 AND source NOT IN ('operator', 'hard bounce', 'complaint')
        AND id > coalesce((SELECT max(id) FROM consents
            WHERE contact_id = $1 AND kind = 'mail' AND granted = 1), 0) LIMIT 1";
    SUPPRESSION_WEAKEN = "UPDATE suppressions SET reason = $2, at = $3 WHERE email_key = $1";
    SUPPRESSION_LIFT = "DELETE FROM suppressions WHERE email_key = $1 AND reason = $2";
    /// Also asked by an import.
    SUPPRESSION_REASON = "SELECT reason FROM suppressions WHERE email_key = $1";
}

/// What somebody unsubscribes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Topic(TopicId),
    /// Every topic, including future ones: the address is suppressed.
    Everything,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Whether anything has changed; a repeated removal changes nothing.
    pub changed: bool,
}

/// What became of an operator's suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lifted {
    /// The address may be mailed again, if its person subscribes.
    Lifted,
    /// The person has unsubscribed from everything, and stays suppressed for that reason.
    LeftByOwnWish,
    /// It stays suppressed, for another reason.
    Other(String),
    /// It is not suppressed; for an erased one only the hash is known.
    NotSuppressed,
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
    /// The campaign whose message it came from.
    pub campaign: Option<CampaignId>,
    pub at: Timestamp,
    /// What it is about.
    pub kind: ConsentKind,
    /// What may be recorded, in an entry about tracking; nothing when they say nothing any more.
    pub tracking: Option<TrackingMode>,
    /// The version of what they were told, where it is known.
    pub notice: Option<String>,
    /// By what right, in an entry of an import.
    pub basis: Option<ConsentBasis>,
    /// Where the proof of it lies.
    pub proof: Option<String>,
    /// When, from which network address and by which form they agreed, as the imported file says.
    pub given_at: Option<Timestamp>,
    pub given_ip: Option<String>,
    pub given_form: Option<String>,
}

impl Consent {
    /// By what right, in words for people; nothing in an entry that is none of an import.
    #[must_use]
    pub fn basis_told(&self) -> Option<String> {
        let mut words = format!("basis {}", self.basis?.told());
        let mut add = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                words.push_str(&format!(", {name} {value}"));
            }
        };
        add("notice", self.notice.as_deref());
        add("proof:", self.proof.as_deref());
        add("given", self.given_at.map(Timestamp::readable).as_deref());
        add("from", self.given_ip.as_deref());
        add("by", self.given_form.as_deref());
        Some(words)
    }

    /// The word for what an entry about tracking says; `default` when they say nothing any more.
    #[must_use]
    pub fn tracking_word(&self) -> Option<&'static str> {
        let is_tracking = self.kind == ConsentKind::Tracking;
        is_tracking.then(|| self.tracking.map_or("default", TrackingMode::as_str))
    }
}

/// An act about a contact, with its proof.
pub(crate) struct Act<'a> {
    pub(crate) contact: ContactId,
    pub(crate) source: &'a str,
    pub(crate) campaign: Option<CampaignId>,
    pub(crate) at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Suppressed<'a> {
    pub(crate) key: &'a str,
    pub(crate) hash: [u8; 32],
    pub(crate) reason: SuppressionReason,
}

impl Store {
    /// Unsubscribes a contact. `address_hash` is the keyed hash of the address's key, stored with a
    /// suppression. With a campaign whose delivery the contact had, its unsubscribes grow by one,
    /// once per contact. An unknown contact changes nothing. By the number of somebody who was merged into
    /// another contact that one leaves.
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
            let now = merged_numbers::now(tx, contact)?;
            let Some(key) = key_of(tx, now)? else { return Ok(Left { changed: false }) };
            let act = Act { contact: now, source: removal.as_str(), campaign, at };
            let address = Suppressed { key: &key, hash: address_hash, reason: removal.reason() };
            let changed = let_go(tx, &act, scope, address)?;
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

    /// Suppresses an address, whether or not there is a contact with it; a contact leaves
    /// everything by it. `address_hash` is the keyed hash of `email_key`.
    pub async fn address_suppress(
        &self,
        email_key: String,
        removal: Removal,
        address_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Left, StoreError> {
        self.write(move |tx| {
            let (hash, reason) = (address_hash, removal.reason());
            let address = Suppressed { key: &email_key, hash, reason };
            let found = tx.first(CONTACT_ID_BY_KEY, [&email_key], |row| row.get(0))?;
            let changed = match found.map(ContactId) {
                Some(contact) => {
                    let act = Act { contact, source: removal.as_str(), campaign: None, at };
                    let_go(tx, &act, Scope::Everything, address)?
                }
                None => suppress(tx, address, at)?,
            };
            if changed {
                tx.bump_removals()?;
            }
            Ok(Left { changed })
        })
        .await
    }

    /// Lifts the suppression of an address that an operator has set, and no other. This subscribes
    /// nobody: subscriptions that a contact lost stay lost until they come back by themselves.
    /// People who have unsubscribed from everything stay suppressed for that.
    pub async fn suppression_lift(
        &self,
        email_key: String,
        at: Timestamp,
    ) -> Result<Lifted, StoreError> {
        self.write(move |tx| {
            let reason: Option<String> =
                tx.first(SUPPRESSION_REASON, [&email_key], |row| row.get(0))?;
            let manual = SuppressionReason::Manual.as_str();
            match reason {
                None => return Ok(Lifted::NotSuppressed),
                Some(reason) if reason != manual => return Ok(Lifted::Other(reason)),
                Some(_) => {}
            }
            let contact: Option<i64> =
                tx.first(CONTACT_ID_BY_KEY, [&email_key], |row| row.get(0))?;
            let own = match contact {
                Some(contact) => left_by_own_wish(tx, ContactId(contact))?,
                None => false,
            };
            if own {
                let reason = SuppressionReason::Unsubscribed.as_str();
                tx.execute(SUPPRESSION_WEAKEN, (&email_key, reason, at.0))?;
                return Ok(Lifted::LeftByOwnWish);
            }
            tx.execute(SUPPRESSION_LIFT, (&email_key, manual))?;
            Ok(Lifted::Lifted)
        })
        .await
    }

    /// Subscribes a contact to a topic again, at their own request, and lifts a suppression that
    /// came from unsubscribing; one that came from a bounce, a complaint or an operator stays. True
    /// if anything has changed.
    pub async fn contact_return(
        &self,
        contact: ContactId,
        topic: TopicId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let contact = merged_numbers::now(tx, contact)?;
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

    /// Why the address must not be mailed, if it must not. Does not find an erased one.
    pub async fn suppression_reason(
        &self,
        email_key: String,
    ) -> Result<Option<String>, StoreError> {
        self.read(move |tx| tx.first(SUPPRESSION_REASON, [&email_key], |row| row.get(0))).await
    }

    /// The contact's consent ledger, newest first, at most 1,000 entries.
    pub async fn contact_consents(&self, contact: ContactId) -> Result<Vec<Consent>, StoreError> {
        self.read(move |tx| tx.all(CONSENTS_OF, [contact.0], consent)).await
    }
}

pub(crate) fn consent(row: &SqlRow<'_>) -> Result<Consent, StoreError> {
    Ok(Consent {
        topic: row.get::<Option<i64>>(0)?.map(TopicId),
        granted: row.get(1)?,
        source: row.get(2)?,
        campaign: row.get::<Option<i64>>(3)?.map(CampaignId),
        at: Timestamp(row.get(4)?),
        tracking: tracking::mode(row, 5)?,
        notice: row.get(6)?,
        basis: row.get::<Option<String>>(8)?.as_deref().and_then(ConsentBasis::from_word),
        proof: row.get(9)?,
        given_at: row.get::<Option<i64>>(10)?.map(Timestamp),
        given_ip: row.get(11)?,
        given_form: row.get(12)?,
        kind: known(ConsentKind::from_word(row.text(7)?), "kind of a consent")?,
    })
}

fn left_by_own_wish(tx: &Tx<'_>, contact: ContactId) -> Result<bool, StoreError> {
    Ok(tx.first(LEFT_BY_OWN_WISH, [contact.0], |_| Ok(()))?.is_some())
}

pub(crate) fn key_of(tx: &Tx<'_>, contact: ContactId) -> Result<Option<String>, StoreError> {
    tx.first(CONTACT_KEY, [contact.0], |row| row.get(0))
}

/// Removes a contact, in a transaction that then advances the removal epoch if anything has
/// changed.
pub(crate) fn let_go(
    tx: &Tx<'_>,
    act: &Act<'_>,
    scope: Scope,
    address: Suppressed<'_>,
) -> Result<bool, StoreError> {
    let (changed, topic) = match scope {
        Scope::Topic(topic) => {
            let values = (topic.0, act.contact.0, "unsubscribed", act.at.0);
            (tx.execute(SUBSCRIPTION_SET, values)? > 0, Some(topic))
        }
        Scope::Everything => {
            let ended = tx.execute(SUBSCRIPTIONS_END, (act.contact.0, act.at.0))?;
            let suppressed = suppress(tx, address, act.at)?;
            // Under an operator's suppression it changes nothing, and yet it is to be known when
            // that is lifted.
            let news = address.reason == SuppressionReason::Unsubscribed
                && !left_by_own_wish(tx, act.contact)?;
            (ended > 0 || suppressed || news, None)
        }
    };
    if changed {
        enter(tx, act, topic, false)?;
    }
    Ok(changed)
}

/// Whether the address was not suppressed before, or only for a reason that could be lifted.
fn suppress(tx: &Tx<'_>, address: Suppressed<'_>, at: Timestamp) -> Result<bool, StoreError> {
    let Suppressed { key, hash, reason } = address;
    let reason = reason.as_str();
    let added = tx.execute(SUPPRESSION_INSERT, (hash, key, reason, at.0))?;
    let strengthened = tx.execute(SUPPRESSION_STRENGTHEN, (key, reason, at.0))?;
    Ok(added + strengthened > 0)
}

pub(crate) fn enter(
    tx: &Tx<'_>,
    act: &Act<'_>,
    topic: Option<TopicId>,
    granted: bool,
) -> Result<(), StoreError> {
    let (topic, campaign) = (topic.map(|id| id.0), act.campaign.map(|id| id.0));
    let kind = ConsentKind::Mail.as_str();
    let values = (act.contact.0, kind, topic, i64::from(granted), act.source, campaign, act.at.0);
    tx.execute(CONSENT_INSERT, values).map(drop)
}
