//! What was typed into forms, until its person confirms it.
//!
//! Invariants: whoever has not confirmed is no contact, and nothing about a contact changes by what
//! somebody has typed: it waits in its own row, which goes with its time, with its form and with an erasure.
//! A confirmation uses the row up, and makes the contact, the subscriptions and the entries of the ledger in
//! one transaction. It lifts what the person's own wish has set, an erasure among it; mail that came back,
//! a complaint, an operator's decision and the mark of a child stay. Of a link's secret only its hash is
//! stored.

use std::collections::BTreeMap;

use model::{
    AddressCode, ConsentBasis, ConsentKind, ContactId, EmailAddress, SuppressionReason, Timestamp,
    TopicId,
};

use crate::counting::retention::Expired;
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::contacts::{CONTACT_ID_BY_KEY, address, attributes_from, attributes_text};
use crate::people::forms::{JoinForm, topics_from, topics_text};
use crate::people::import::{
    ContactRow, IMPORT_CONSENT_INSERT, ImportRow, ImportStanding, import_one,
};
use crate::people::kept_removals::KEPT_TAKE;
use crate::people::leaving::{SUBSCRIPTION_SET, SUPPRESSION_LIFT};
use crate::people::topics::TOPIC_FIND;
use crate::{Store, StoreError};

texts! {
    JOIN_ADD = "INSERT INTO joins (token_hash, email, form, topics, attributes, notice_version,
            network, agent, at, ends_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    /// All but the newest.
    JOINS_TRIM = "DELETE FROM joins WHERE lower(email) = $1 AND token_hash NOT IN
        (SELECT token_hash FROM joins WHERE lower(email) = $1
            ORDER BY at DESC, token_hash LIMIT $2)";
    JOIN_FIND = "SELECT email, form, topics, attributes, notice_version, network, agent, at, ends_at
        FROM joins WHERE token_hash = $1 AND ends_at > $2";
    JOIN_TAKE = "DELETE FROM joins WHERE token_hash = $1 AND ends_at > $2
        RETURNING email, form, topics, attributes, notice_version, network, agent, at, ends_at";
    JOINS_OF_ADDRESS = "SELECT email, form, topics, attributes, notice_version, network, agent, at,
            ends_at
        FROM joins WHERE lower(email) = $1 ORDER BY at DESC, token_hash LIMIT 100";
    JOINS_OF_FORM = "SELECT count(*) FROM joins WHERE form = $1 AND ends_at > $2";
    JOINS_EXPIRE = "DELETE FROM joins WHERE token_hash IN
        (SELECT token_hash FROM joins WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2)";
    JOIN_SUPPRESSION = "SELECT reason FROM suppressions WHERE email_key = $1 OR address_hash = $2";
    /// Of somebody who was erased; a graver reason stays.
    ERASED_LIFT = "DELETE FROM suppressions WHERE address_hash = $1 AND email_key IS NULL
        AND reason IN ('erased', 'unsubscribed')";
    STAMP_USE = "INSERT INTO form_stamps (stamp_hash, ends_at) VALUES ($1, $2)
        ON CONFLICT DO NOTHING";
    STAMPS_EXPIRE = "DELETE FROM form_stamps WHERE stamp_hash IN
        (SELECT stamp_hash FROM form_stamps WHERE ends_at <= $1 ORDER BY ends_at LIMIT $2)";
}

/// Joins of one address that wait at the same time.
const JOINS_OF_ONE: i64 = 5;
/// Rows that one transaction removes because of their age.
const EXPIRED_AT_ONCE: usize = 5_000;

/// What somebody has typed into a form. Personal data.
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    pub email: EmailAddress,
    /// Its name.
    pub form: String,
    pub topics: Vec<TopicId>,
    pub attributes: BTreeMap<String, String>,
    pub notice_version: i64,
    /// Where it came from, as far as it is kept.
    pub network: Option<String>,
    pub agent: Option<String>,
    pub at: Timestamp,
    /// Until then it can be confirmed.
    pub ends_at: Timestamp,
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").field("form", &self.form).finish_non_exhaustive()
    }
}

/// What became of a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinConfirmed {
    /// They get these topics now.
    Joined { contact: ContactId, topics: Vec<TopicId> },
    /// Their address must not be mailed, for this reason. Nothing was kept.
    Blocked(String),
}

impl Store {
    /// Keeps what somebody has typed, to be confirmed by the link with this SHA-256.
    pub async fn join_add(&self, token_hash: [u8; 32], new: Join) -> Result<(), StoreError> {
        self.write(move |tx| {
            let Join { email, form, topics, attributes, .. } = &new;
            let values = (
                token_hash,
                email.as_str(),
                form,
                topics_text(topics),
                attributes_text(attributes)?,
                new.notice_version,
                new.network.as_deref(),
                new.agent.as_deref(),
                new.at.0,
                new.ends_at.0,
            );
            tx.execute(JOIN_ADD, values)?;
            tx.execute(JOINS_TRIM, (email.key(), JOINS_OF_ONE)).map(drop)
        })
        .await
    }

    /// What the link with this SHA-256 confirms, if it is good now. Uses nothing up.
    pub async fn join_find(
        &self,
        token_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Join>, StoreError> {
        self.read(move |tx| tx.first(JOIN_FIND, (token_hash, now.0), join)).await
    }

    /// Uses a link up: what was typed holds from now on. `address_hash` is the keyed hash of the key of
    /// the address that the join has. None when the link is not good.
    pub async fn join_confirm(
        &self,
        token_hash: [u8; 32],
        address_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Option<JoinConfirmed>, StoreError> {
        self.write(move |tx| {
            let Some(found) = tx.first(JOIN_TAKE, (token_hash, at.0), join)? else {
                return Ok(None);
            };
            confirm(tx, &found, address_hash, at).map(Some)
        })
        .await
    }

    /// What waits to be confirmed by whoever has this address, the newest first.
    pub async fn joins_of(&self, email_key: String) -> Result<Vec<Join>, StoreError> {
        self.read(move |tx| tx.all(JOINS_OF_ADDRESS, [&email_key], join)).await
    }

    /// How many wait to be confirmed of what was typed into a form.
    pub async fn joins_waiting(&self, form: String, now: Timestamp) -> Result<i64, StoreError> {
        self.read(move |tx| tx.one(JOINS_OF_FORM, (&form, now.0), |row| row.get(0))).await
    }

    /// Uses a form's stamp up; false when it was used before. It is known until `ends_at`.
    pub async fn form_stamp_use(
        &self,
        stamp_hash: [u8; 32],
        ends_at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(STAMP_USE, (stamp_hash, ends_at.0))? > 0)).await
    }

    /// Removes some of what nobody has confirmed in time, and of the stamps that are good no more.
    pub async fn joins_expire(&self, now: Timestamp) -> Result<Expired, StoreError> {
        self.write(move |tx| {
            let values = (now.0, count(EXPIRED_AT_ONCE)?);
            let joins = tx.execute(JOINS_EXPIRE, values)?;
            let stamps = tx.execute(STAMPS_EXPIRE, values)?;
            let more = joins.max(stamps) >= EXPIRED_AT_ONCE;
            Ok(Expired { removed: u64::try_from(joins).unwrap_or(u64::MAX), more })
        })
        .await
    }
}

fn confirm(
    tx: &Tx<'_>,
    found: &Join,
    address_hash: [u8; 32],
    at: Timestamp,
) -> Result<JoinConfirmed, StoreError> {
    let key = found.email.key();
    let own = SuppressionReason::Unsubscribed.as_str();
    let reasons: Vec<String> = tx.all(JOIN_SUPPRESSION, (&key, address_hash), |row| row.get(0))?;
    let is_own = |reason: &String| [own, SuppressionReason::Erased.as_str()].contains(&&**reason);
    if let Some(reason) = reasons.into_iter().find(|reason| !is_own(reason)) {
        return Ok(JoinConfirmed::Blocked(reason));
    }
    tx.execute(SUPPRESSION_LIFT, (&key, own))?;
    tx.execute(ERASED_LIFT, [address_hash])?;
    // What they said while they were not a contact was said before.
    tx.execute(KEPT_TAKE, [&AddressCode::of(&address_hash).0[..]])?;
    let source = format!("form {}", found.form);
    let contact = ContactRow { email: found.email.clone(), attributes: found.attributes.clone() };
    let standing = ImportStanding::Unconfirmed;
    let tags = Vec::new();
    let row = ImportRow { contact, standing, address_hash, evidence: None, tags };
    import_one(tx, row, None, &source, at)?;
    let contact: i64 = tx.one(CONTACT_ID_BY_KEY, [&key], |row| row.get(0))?;
    let mut topics = Vec::new();
    for topic in &found.topics {
        if tx.first(TOPIC_FIND, [topic.0], |_| Ok(()))?.is_some() {
            tx.execute(SUBSCRIPTION_SET, (topic.0, contact, "subscribed", at.0))?;
            enter(tx, contact, *topic, (found, &source), at)?;
            topics.push(*topic);
        }
    }
    Ok(JoinConfirmed::Joined { contact: ContactId(contact), topics })
}

/// The entry of the ledger: what they were told, when and where they typed it, and when they confirmed.
fn enter(
    tx: &Tx<'_>,
    contact: i64,
    topic: TopicId,
    (found, source): (&Join, &str),
    at: Timestamp,
) -> Result<(), StoreError> {
    let proof = match &found.agent {
        Some(agent) => format!("confirmed by a mailed link; {agent}"),
        None => "confirmed by a mailed link".to_owned(),
    };
    let values = (
        contact,
        ConsentKind::Mail.as_str(),
        topic.0,
        source,
        at.0,
        ConsentBasis::Consent.as_str(),
        JoinForm::notice_name(&found.form, found.notice_version),
        proof,
        found.at.0,
        found.network.as_deref(),
        &found.form,
    );
    tx.execute(IMPORT_CONSENT_INSERT, values).map(drop)
}

pub(crate) fn join(row: &SqlRow<'_>) -> Result<Join, StoreError> {
    Ok(Join {
        email: address(row.text(0)?)?,
        form: row.get(1)?,
        topics: topics_from(row.text(2)?)?,
        attributes: attributes_from(row.text(3)?)?,
        notice_version: row.get(4)?,
        network: row.get(5)?,
        agent: row.get(6)?,
        at: Timestamp(row.get(7)?),
        ends_at: Timestamp(row.get(8)?),
    })
}
