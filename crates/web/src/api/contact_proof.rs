//! The proof sheet of a contact: by what right they are mailed and tracked. Personal data.

use std::collections::BTreeMap;

use audience::{MailsGot, ProofEntry, UnansweredJoin};
use model::{ConsentBasis, DisclosureKind, Timestamp, TopicId};
use serde::Serialize;
use store::{AuditEntry, DisclosedTo, Scope};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::contacts::id;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::tracking::ContactTracking;

/// By what right a contact is mailed and tracked: of the token’s topics only.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactProof {
    #[schema(example = "1795428245000001")]
    contact: String,
    email: String,
    #[schema(format = "date-time")]
    created_at: String,
    suppression: Option<ProofSuppression>,
    tracking: ContactTracking,
    topics: Vec<ProofTopic>,
    /// The consent ledger, the newest first.
    entries: Vec<LedgerProof>,
    /// There may be earlier entries than these 1,000.
    more_entries: bool,
    /// Campaign mail for which the ledger has no entry, or one that says no.
    mails_without_entry: Option<GotMails>,
    /// Forms that wait for the answer to their confirmation mail.
    waiting: Vec<WaitingProof>,
    /// What was said by this address while it was no contact’s; for tokens of all topics.
    left_before: Vec<LeftBefore>,
    /// What was done with them and by whom, the newest first, at most 1,000; for tokens of all topics.
    acts: Vec<ProofAct>,
}

/// Why the address must not be mailed.
#[derive(Serialize, ToSchema)]
struct ProofSuppression {
    reason: String,
    #[schema(format = "date-time")]
    at: String,
}

#[derive(Serialize, ToSchema)]
struct ProofTopic {
    /// Its slug.
    topic: String,
    /// pending, subscribed or unsubscribed.
    state: &'static str,
    #[schema(format = "date-time")]
    changed_at: String,
}

/// An entry of the consent ledger with what shows that it is so.
#[derive(Serialize, ToSchema)]
struct LedgerProof {
    #[schema(format = "date-time")]
    at: String,
    /// The topic’s slug; null stands for every topic, or for an entry that is not about mail.
    topic: Option<String>,
    /// What it is about: mail, tracking or sharing; there may be more.
    #[schema(example = "mail")]
    kind: &'static str,
    /// Given, or taken back.
    granted: bool,
    /// off, anonymous, identified or default, in an entry about tracking; null in others.
    tracking: Option<&'static str>,
    /// The version of what they were told, where it is known.
    notice: Option<String>,
    /// What the form told them in that version.
    notice_text: Option<String>,
    /// The import with its file’s name, the form, or the way to leave.
    source: String,
    /// not-stated, consent, contract, existing-customer or other, where it was said.
    basis: Option<&'static str>,
    /// Where the proof of it lies, or how it was confirmed.
    proof: Option<String>,
    /// When they agreed, as the imported file or the form says.
    #[schema(format = "date-time")]
    given_at: Option<String>,
    /// From which network.
    given_ip: Option<String>,
    given_form: Option<String>,
    /// The number of the campaign whose message it came from.
    campaign: Option<String>,
    /// Who entered it, where somebody did.
    by: Option<String>,
    /// Campaign mail that they got because of it.
    mails: Option<GotMails>,
}

/// Campaign mail that the relay accepted.
#[derive(Serialize, ToSchema)]
struct GotMails {
    count: u64,
    #[schema(format = "date-time")]
    first: String,
    #[schema(format = "date-time")]
    last: String,
}

#[derive(Serialize, ToSchema)]
struct WaitingProof {
    form: String,
    /// Slugs.
    topics: Vec<String>,
    #[schema(format = "date-time")]
    at: String,
    /// Then it is removed.
    #[schema(format = "date-time")]
    until: String,
    notice_text: Option<String>,
    network: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct LeftBefore {
    /// The topic’s slug; null stands for every topic.
    topic: Option<String>,
    source: String,
    #[schema(format = "date-time")]
    at: String,
}

/// An entry of the audit log about the contact.
#[derive(Serialize, ToSchema)]
struct ProofAct {
    #[schema(format = "date-time")]
    at: String,
    #[schema(example = "contact.subscribe")]
    action: String,
    by: String,
}

impl From<MailsGot> for GotMails {
    fn from(it: MailsGot) -> Self {
        Self { count: it.count, first: it.first.rfc3339(), last: it.last.rfc3339() }
    }
}

impl From<AuditEntry> for ProofAct {
    fn from(it: AuditEntry) -> Self {
        Self { at: it.at.rfc3339(), action: it.action, by: it.actor_name }
    }
}

/// The slugs of topics by their ids.
type Slugs = BTreeMap<TopicId, String>;

impl LedgerProof {
    fn new(it: ProofEntry, slugs: &Slugs, is_of_all: bool) -> Self {
        let ProofEntry { consent, by, notice_text, mails } = it;
        // The campaign of a word about everything may be of a foreign topic.
        let is_own = consent.topic.is_some() || is_of_all;
        Self {
            at: consent.at.rfc3339(),
            topic: consent.topic.and_then(|id| slugs.get(&id).cloned()),
            granted: consent.granted,
            kind: consent.kind.as_str(),
            tracking: consent.tracking_word(),
            notice: consent.notice,
            notice_text,
            source: consent.source,
            basis: consent.basis.map(ConsentBasis::as_str),
            proof: consent.proof,
            given_at: consent.given_at.map(Timestamp::rfc3339),
            given_ip: consent.given_ip,
            given_form: consent.given_form,
            campaign: consent.campaign.filter(|_| is_own).map(|id| id.to_string()),
            by,
            mails: mails.map(GotMails::from),
        }
    }
}

impl WaitingProof {
    fn new(it: UnansweredJoin, slugs: &Slugs) -> Self {
        let UnansweredJoin { join, notice_text } = it;
        Self {
            topics: join.topics.iter().filter_map(|id| slugs.get(id).cloned()).collect(),
            form: join.form,
            at: join.at.rfc3339(),
            until: join.ends_at.rfc3339(),
            notice_text,
            network: join.network,
        }
    }
}

impl ContactProof {
    fn new(it: audience::ContactProof, slugs: &Slugs, is_of_all: bool) -> Self {
        let reason =
            |(reason, at): (String, Timestamp)| ProofSuppression { reason, at: at.rfc3339() };
        let topics = it.subscriptions.into_iter().map(|it| ProofTopic {
            topic: it.topic,
            state: it.state.as_str(),
            changed_at: it.changed_at.rfc3339(),
        });
        let left_before = it.kept_removals.into_iter().map(|it| LeftBefore {
            topic: match it.scope {
                Scope::Everything => None,
                Scope::Topic(id) => slugs.get(&id).cloned(),
            },
            source: it.source,
            at: it.at.rfc3339(),
        });
        let entry = |it| LedgerProof::new(it, slugs, is_of_all);
        Self {
            contact: it.contact.id.to_string(),
            email: it.contact.email.as_str().to_owned(),
            created_at: it.contact.created_at.rfc3339(),
            suppression: it.suppression.map(reason),
            tracking: it.tracking.into(),
            topics: topics.collect(),
            entries: it.entries.into_iter().map(entry).collect(),
            more_entries: it.more_entries,
            mails_without_entry: it.mails_without_entry.map(GotMails::from),
            waiting: it.waiting.into_iter().map(|it| WaitingProof::new(it, slugs)).collect(),
            left_before: left_before.collect(),
            acts: it.acts.into_iter().map(ProofAct::from).collect(),
        }
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let (id, keys) = (id(&asked)?, &asked.parts.resources.keys);
    let found = audience::contact_proof(asked.store(), keys, id, asked.topics()).await?;
    let found = found.ok_or_else(|| {
        Problem::not_found("contact_not_found", "There is no contact with this number.")
    })?;
    let reader = DisclosedTo::Reader(asked.reading(DisclosureKind::ContactsRead));
    let proof = found.disclose(asked.store(), &reader).await?;
    let topics = audience::topics_by_slug(asked.store()).await?;
    let slugs = topics.into_iter().map(|it| (it.id, it.slug)).collect();
    Reply::of(&ContactProof::new(proof, &slugs, asked.is_of_all_topics()))
}
