//! What shows by what right one contact is mailed and tracked, as it was at one moment.
//!
//! Invariant: bounded, whatever happened to the contact; of an actor's topics only.

use std::collections::BTreeMap;

use model::{ContactId, DeliveryState, Timestamp, TopicId, TopicScope};

use crate::access::audit::contact_entries;
use crate::contact_profile::{consents_of, subscriptions_of};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::merged_numbers;
use crate::people::contacts::{CONTACT_FIND, Contact, contact};
use crate::people::forms::{FormNotice, JoinForm};
use crate::people::joins::{JOINS_OF_ADDRESS, Join, join};
use crate::people::leaving::Consent;
use crate::people::profiles::{SUPPRESSION_BY_KEY, Subscription};
use crate::people::topics::{TOPICS_LIST, Topic, topic_row};
use crate::{AuditEntry, Store, StoreError};

texts! {
    PROOF_NOTICE = "SELECT version, text, at FROM form_notices WHERE form = $1 AND version = $2";
    /// Of the newest campaigns; each one's delivery is found by its key.
    PROOF_MAILS = "SELECT k.topic_id, d.ended_at FROM campaigns k CROSS JOIN deliveries d
        WHERE d.campaign_id = k.id AND d.contact_id = $1 AND d.state = $2
            AND d.ended_at IS NOT NULL
        ORDER BY k.id DESC LIMIT 10000";
}

/// Entries of the consent ledger that are read; [`ProofRecord::consents`] has no more.
pub const PROOF_CONSENTS: usize = 1_000;

/// What shows by what right a contact is mailed and tracked. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofRecord {
    pub contact: Contact,
    /// Why and since when the address must not be mailed.
    pub suppression: Option<(String, Timestamp)>,
    pub subscriptions: Vec<Subscription>,
    /// The newest first.
    pub consents: Vec<Consent>,
    /// Every topic, for its names.
    pub topics: Vec<Topic>,
    /// What forms told them, by the name that the ledger has for it.
    pub notices: BTreeMap<String, FormNotice>,
    /// Campaign mail that the relay accepted, of the newest 10,000 campaigns: its topic and when.
    pub mails: Vec<(TopicId, Timestamp)>,
    /// Forms that wait for the answer to their confirmation mail.
    pub joins: Vec<Join>,
    /// What users, programs and the command line did with them, the newest first, at most 1,000.
    pub acts: Vec<AuditEntry>,
}

impl Store {
    /// What shows by what right a contact is mailed and tracked, of these topics only; none when the
    /// contact has nothing to do with them.
    pub async fn proof_record(
        &self,
        id: ContactId,
        topics: TopicScope,
    ) -> Result<Option<ProofRecord>, StoreError> {
        self.read(move |tx| record(tx, id, &topics)).await
    }
}

fn record(
    tx: &Tx<'_>,
    id: ContactId,
    topics: &TopicScope,
) -> Result<Option<ProofRecord>, StoreError> {
    let Some(contact) = tx.first(CONTACT_FIND, [id.0], contact)? else { return Ok(None) };
    let subscriptions = subscriptions_of(tx, id, topics)?;
    if *topics != TopicScope::All && subscriptions.is_empty() {
        return Ok(None);
    }
    let key = contact.email.key();
    let suppression =
        tx.first(SUPPRESSION_BY_KEY, [&key], |row| Ok((row.get(0)?, Timestamp(row.get(1)?))))?;
    let consents = consents_of(tx, id, topics)?;
    let mut joins = tx.all(JOINS_OF_ADDRESS, [&key], join)?;
    joins.retain(|it| it.topics.iter().any(|topic| topics.contains(*topic)));
    let mut mails = Vec::new();
    for number in merged_numbers::numbers(tx, id)? {
        mails.extend(tx.all(PROOF_MAILS, (number.0, DeliveryState::Sent.code()), |row| {
            Ok((TopicId(row.get(0)?), Timestamp(row.get(1)?)))
        })?);
    }
    mails.retain(|(topic, _)| topics.contains(*topic));
    Ok(Some(ProofRecord {
        notices: notices_of(tx, &consents, &joins)?,
        // What was done may name a foreign topic.
        acts: match topics {
            TopicScope::All => contact_entries(tx, id)?,
            TopicScope::These(_) => Vec::new(),
        },
        topics: tx.all(TOPICS_LIST, (), topic_row)?,
        contact,
        suppression,
        subscriptions,
        consents,
        mails,
        joins,
    }))
}

/// What the forms that these name told people.
fn notices_of(
    tx: &Tx<'_>,
    consents: &[Consent],
    joins: &[Join],
) -> Result<BTreeMap<String, FormNotice>, StoreError> {
    let of_consent = |it: &Consent| {
        let (form, notice) = (it.given_form.clone()?, it.notice.as_deref()?);
        let version = notice.strip_prefix(&form)?.strip_prefix(" v")?.parse().ok()?;
        Some((form, version))
    };
    let named = consents.iter().filter_map(of_consent);
    let named = named.chain(joins.iter().map(|it| (it.form.clone(), it.notice_version)));
    let mut notices = BTreeMap::new();
    for (form, version) in named {
        let name = JoinForm::notice_name(&form, version);
        if notices.contains_key(&name) {
            continue;
        }
        let found = tx.first(PROOF_NOTICE, (&form, version), |row| {
            Ok(FormNotice { version: row.get(0)?, text: row.get(1)?, at: Timestamp(row.get(2)?) })
        })?;
        if let Some(notice) = found {
            notices.insert(name, notice);
        }
    }
    Ok(notices)
}
