//! The proof sheet: by what right a contact is mailed and tracked.
//!
//! Invariants: page, command, JSON and the account's download are made from one [`ContactProof`]; a mail
//! belongs to the last word about its topic before it was sent, and to none when that was no. It leaves by
//! the disclosure register alone, except to its own person.

use model::{AddressCode, ConsentKind, ContactId, Timestamp, TopicId, TopicScope};
use store::{
    AuditEntry, Consent, Contact, Join, KeptRemoval, PROOF_CONSENTS, ProofRecord, Store,
    StoreError, Subscription, Topic, Undisclosed,
};
use token::Keyring;

use crate::tracking::{ContactTracking, contact_tracking};

/// Campaign mail that the relay accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailsGot {
    pub count: u64,
    pub first: Timestamp,
    pub last: Timestamp,
}

impl MailsGot {
    fn add(got: &mut Option<Self>, at: Timestamp) {
        let Self { count, first, last } = got.unwrap_or(Self { count: 0, first: at, last: at });
        *got = Some(Self { count: count + 1, first: first.min(at), last: last.max(at) });
    }
}

/// An entry of the consent ledger with what shows that it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofEntry {
    pub consent: Consent,
    /// Which user, program or command line entered it, where one did.
    pub by: Option<String>,
    /// What the form told them then.
    pub notice_text: Option<String>,
    /// Campaign mail that they got because of it.
    pub mails: Option<MailsGot>,
}

/// A form that waits for the answer to its confirmation mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnansweredJoin {
    pub join: Join,
    pub notice_text: Option<String>,
}

/// By what right a contact is mailed and tracked. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactProof {
    pub contact: Contact,
    /// Why and since when the address must not be mailed.
    pub suppression: Option<(String, Timestamp)>,
    pub tracking: ContactTracking,
    pub subscriptions: Vec<Subscription>,
    /// The newest first.
    pub entries: Vec<ProofEntry>,
    /// There may be earlier entries.
    pub more_entries: bool,
    /// Campaign mail for which the ledger has no entry, or one that says no.
    pub mails_without_entry: Option<MailsGot>,
    pub waiting: Vec<UnansweredJoin>,
    /// What was said by this address while it was no contact's.
    pub kept_removals: Vec<KeptRemoval>,
    /// What was done with them and by whom, the newest first, at most 1,000.
    pub acts: Vec<AuditEntry>,
    topics: Vec<Topic>,
}

impl ContactProof {
    /// The topic with this id; nothing when it is removed.
    #[must_use]
    pub fn topic(&self, id: TopicId) -> Option<&Topic> {
        self.topics.iter().find(|it| it.id == id)
    }
}

/// By what right a contact is mailed and tracked, of these topics only. Nobody gets it who is not in the
/// disclosure register.
///
/// # Errors
/// When the store can't answer.
pub async fn contact_proof(
    store: &Store,
    keys: &Keyring,
    id: ContactId,
    topics: TopicScope,
) -> Result<Option<Undisclosed<ContactProof>>, StoreError> {
    let proof = proof_of(store, keys, id, topics).await?;
    Ok(proof.map(|it| Undisclosed::new(it, vec![id], 1)))
}

/// The same for the person themselves.
pub(crate) async fn proof_of(
    store: &Store,
    keys: &Keyring,
    id: ContactId,
    topics: TopicScope,
) -> Result<Option<ContactProof>, StoreError> {
    let is_all = topics == TopicScope::All;
    let Some(record) = store.proof_record(id, topics).await? else { return Ok(None) };
    let tracking = contact_tracking(store, id).await?;
    // Said by an address, so of no topic's contact.
    let kept_removals = match is_all {
        true => {
            let hash = keys.address_hash(&record.contact.email.key());
            store.kept_removals_of(AddressCode::of(&hash)).await?
        }
        false => Vec::new(),
    };
    Ok(Some(made_of(record, tracking, kept_removals)))
}

fn made_of(
    record: ProofRecord,
    tracking: ContactTracking,
    kept_removals: Vec<KeptRemoval>,
) -> ContactProof {
    let ProofRecord { contact, suppression, subscriptions, consents, .. } = record;
    let ProofRecord { topics, notices, mails, joins, acts, .. } = record;
    let more_entries = consents.len() >= PROOF_CONSENTS;
    let text_of = |name: &str| notices.get(name).map(|it| it.text.clone());
    let entry = |consent: Consent| ProofEntry {
        by: entered_by(&consent, &acts),
        notice_text: consent.notice.as_deref().and_then(text_of),
        mails: None,
        consent,
    };
    let mut entries: Vec<ProofEntry> = consents.into_iter().map(entry).collect();
    let mut mails_without_entry = None;
    for (topic, at) in mails {
        // The newest first: the first one that was there already is the last word.
        let word = entries.iter_mut().find(|it| {
            let Consent { topic: about, at: said, kind, .. } = &it.consent;
            *kind == ConsentKind::Mail && *said <= at && about.is_none_or(|about| about == topic)
        });
        match word {
            Some(entry) if entry.consent.granted => MailsGot::add(&mut entry.mails, at),
            _ => MailsGot::add(&mut mails_without_entry, at),
        }
    }
    let waiting = joins.into_iter().map(|join| {
        let name = store::JoinForm::notice_name(&join.form, join.notice_version);
        UnansweredJoin { notice_text: text_of(&name), join }
    });
    ContactProof {
        waiting: waiting.collect(),
        contact,
        suppression,
        tracking,
        subscriptions,
        entries,
        more_entries,
        mails_without_entry,
        kept_removals,
        acts,
        topics,
    }
}

/// An act and its entry in the ledger are of one moment.
fn entered_by(consent: &Consent, acts: &[AuditEntry]) -> Option<String> {
    const ENTER: [&str; 5] = [
        "contact.add",
        "contact.subscribe",
        "contact.unsubscribe",
        "contact.suppress",
        "contact.tracking",
    ];
    let act = acts.iter().find(|it| it.at == consent.at && ENTER.contains(&it.action.as_str()));
    act.map(|it| it.actor_name.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::{EmailAddress, TrackingMode};
    use proptest::prelude::*;

    use super::*;

    fn consent(topic: Option<i64>, granted: bool, at: i64) -> Consent {
        Consent {
            topic: topic.map(TopicId),
            granted,
            source: "page".to_owned(),
            campaign: None,
            at: Timestamp(at),
            kind: ConsentKind::Mail,
            tracking: None,
            notice: None,
            basis: None,
            proof: None,
            given_at: None,
            given_ip: None,
            given_form: None,
        }
    }

    /// The sheet of these entries, the newest first, and mails.
    fn sheet(consents: Vec<Consent>, mails: Vec<(i64, i64)>) -> ContactProof {
        let contact = Contact {
            id: ContactId(1),
            email: EmailAddress::parse("ann@reader.example").unwrap(),
            attributes: BTreeMap::new(),
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        };
        let record = ProofRecord {
            contact,
            suppression: None,
            subscriptions: Vec::new(),
            consents,
            topics: Vec::new(),
            notices: BTreeMap::new(),
            mails: mails.into_iter().map(|(id, at)| (TopicId(id), Timestamp(at))).collect(),
            joins: Vec::new(),
            acts: Vec::new(),
        };
        made_of(record, ContactTracking { said: None, mode: TrackingMode::Off }, Vec::new())
    }

    #[test]
    fn a_mail_belongs_to_the_last_word_before_it() {
        let words =
            vec![consent(Some(1), true, 30), consent(None, false, 20), consent(Some(1), true, 10)];
        let made = sheet(words, vec![(1, 12), (1, 15), (1, 25), (1, 31), (2, 40), (1, 5)]);
        let got = |count, first, last| {
            Some(MailsGot { count, first: Timestamp(first), last: Timestamp(last) })
        };
        assert_eq!(made.entries[0].mails, got(1, 31, 31));
        assert_eq!(made.entries[1].mails, None, "it says no");
        assert_eq!(made.entries[2].mails, got(2, 12, 15));
        // Before any word, after a no, and of a topic that was never agreed to.
        assert_eq!(made.mails_without_entry, got(3, 5, 40));
    }

    #[test]
    fn a_word_about_tracking_or_sharing_is_no_right_to_mail() {
        for kind in [ConsentKind::Tracking, ConsentKind::Sharing] {
            let word = Consent { kind, ..consent(None, true, 10) };
            let made = sheet(vec![word], vec![(1, 20)]);
            assert_eq!(made.entries[0].mails, None);
            assert_eq!(made.mails_without_entry.unwrap().count, 1);
        }
    }

    proptest! {
        #[test]
        fn every_mail_is_counted_once(
            words in prop::collection::vec((prop::option::of(1_i64..4), any::<bool>(), 0_i64..50), 0..12),
            mails in prop::collection::vec((1_i64..4, 0_i64..60), 0..20),
        ) {
            let all = mails.len() as u64;
            let words = words.into_iter().map(|(topic, yes, at)| consent(topic, yes, at));
            let made = sheet(words.collect(), mails);
            let of = |got: &Option<MailsGot>| got.map_or(0, |it| it.count);
            let counted: u64 = made.entries.iter().map(|it| of(&it.mails)).sum();
            prop_assert_eq!(counted + of(&made.mails_without_entry), all);
            for it in &made.entries {
                prop_assert!(it.consent.granted || it.mails.is_none());
                prop_assert!(it.mails.is_none_or(|got| got.first >= it.consent.at));
            }
        }
    }
}
