//! A contact's proof sheet, made to be printed.

use actions::Call;
use askama::Template;
use audience::{ContactProof, MailsGot, ProofEntry};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{ConsentKind, DisclosureKind, SubscriptionState, Timestamp, TopicId};
use store::{AuditEntry, DisclosedTo, PersonalRead, Scope};

use crate::admin::contacts::forms::{contact_of, frame_below};
use crate::admin::contacts::timeline::{source, tracking_told};
use crate::admin::contacts::tracking;
use crate::admin::page::calls::looking;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

const SHOWING: &str = "showing a proof sheet";

/// A name and what is known of it.
struct ProofFact {
    name: &'static str,
    value: String,
}

/// An entry of the ledger.
struct ProofPart {
    when: String,
    what: String,
    facts: Vec<ProofFact>,
    notice_text: Option<String>,
}

struct ProofTopicRow {
    topic: String,
    state: SubscriptionState,
    since: String,
}

struct WaitingRow {
    form: String,
    topics: String,
    at: String,
    until: String,
}

struct LeftRow {
    what: String,
    source: String,
    at: String,
}

#[derive(Template)]
#[template(path = "admin/contact_proof.html")]
struct ProofPage {
    frame: AdminFrame,
    address: String,
    id: String,
    made_at: String,
    since: String,
    suppression: Option<String>,
    tracking: String,
    topics: Vec<ProofTopicRow>,
    entries: Vec<ProofPart>,
    more_entries: bool,
    mails_without_entry: Option<String>,
    waiting: Vec<WaitingRow>,
    left_before: Vec<LeftRow>,
    acts: Vec<AuditEntry>,
}

/// `12 mails, from ... to ...`
fn mails_told(got: MailsGot) -> String {
    let MailsGot { count, first, last } = got;
    match count {
        1 => format!("1 mail, on {}", first.readable()),
        _ => format!("{count} mails, from {} to {}", first.readable(), last.readable()),
    }
}

fn topic_name(proof: &ContactProof, id: TopicId) -> String {
    proof.topic(id).map_or_else(|| format!("topic {id}"), |it| it.name.clone())
}

impl ProofPart {
    fn new(it: &ProofEntry, proof: &ContactProof) -> Self {
        let ProofEntry { consent, by, notice_text, mails } = it;
        let about = consent.topic.map_or("everything".to_owned(), |id| topic_name(proof, id));
        let verb = if consent.granted { "Agreed to" } else { "Left" };
        let what = tracking_told(consent).unwrap_or_else(|| format!("{verb} {about}"));
        let known = [
            ("How", Some(source(consent))),
            ("Basis", consent.basis.map(|it| it.told().to_owned())),
            ("Notice", consent.notice.clone().filter(|_| consent.kind == ConsentKind::Mail)),
            ("Proof", consent.proof.clone()),
            ("Agreed on", consent.given_at.map(Timestamp::readable)),
            ("From network", consent.given_ip.clone()),
            ("Form", consent.given_form.clone()),
            ("In campaign", consent.campaign.map(|id| id.to_string())),
            ("Entered by", by.clone()),
            ("Mail because of it", mails.map(mails_told)),
        ];
        let fact =
            |(name, value): (&'static str, Option<String>)| Some(ProofFact { name, value: value? });
        Self {
            when: consent.at.readable(),
            what,
            facts: known.into_iter().filter_map(fact).collect(),
            notice_text: notice_text.clone(),
        }
    }
}

impl ProofPage {
    fn new(frame: AdminFrame, proof: ContactProof, made_at: Timestamp) -> Self {
        let topics = proof.subscriptions.iter().map(|it| ProofTopicRow {
            topic: it.name.clone(),
            state: it.state,
            since: it.changed_at.readable(),
        });
        let waiting = proof.waiting.iter().map(|it| WaitingRow {
            form: it.join.form.clone(),
            topics: it
                .join
                .topics
                .iter()
                .map(|id| topic_name(&proof, *id))
                .collect::<Vec<_>>()
                .join(", "),
            at: it.join.at.readable(),
            until: it.join.ends_at.readable(),
        });
        let left = proof.kept_removals.iter().map(|it| LeftRow {
            what: match it.scope {
                Scope::Everything => "everything".to_owned(),
                Scope::Topic(id) => topic_name(&proof, id),
            },
            source: it.source.clone(),
            at: it.at.readable(),
        });
        Self {
            frame,
            address: proof.contact.email.as_str().to_owned(),
            id: proof.contact.id.to_string(),
            made_at: made_at.readable(),
            since: proof.contact.created_at.readable(),
            suppression: proof
                .suppression
                .as_ref()
                .map(|(reason, at)| format!("Never mailed, since {}: {reason}.", at.readable())),
            tracking: tracking::told(proof.tracking),
            topics: topics.collect(),
            entries: proof.entries.iter().map(|it| ProofPart::new(it, &proof)).collect(),
            more_entries: proof.more_entries,
            mails_without_entry: proof.mails_without_entry.map(mails_told),
            waiting: waiting.collect(),
            left_before: left.collect(),
            acts: proof.acts,
        }
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = async {
        let contact = contact_of(&parts, &id).await?;
        let (store, keys) = (&parts.resources.store, &parts.resources.keys);
        let found = audience::contact_proof(store, keys, contact.id, admitted.topics()).await;
        let found =
            found.map_err(PageProblem::failed(SHOWING))?.ok_or_else(PageProblem::no_contact)?;
        let Call { actor, at, .. } = looking(&admitted);
        // It is made to leave as a file or on paper.
        let kind = DisclosureKind::ContactsRead;
        let read = PersonalRead { actor: actor.record(), kind, at };
        let proof = found.disclose(store, &DisclosedTo::Reader(read)).await;
        let proof = proof.map_err(PageProblem::failed(SHOWING))?;
        Ok(ProofPage::new(frame_below(&admitted, &contact), proof, now()))
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}
