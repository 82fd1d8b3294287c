//! What is kept about a person, by their address. Personal data.
//!
//! Invariant: a person belongs to no topic, so only a token for all topics sees this.

use std::collections::BTreeSet;

use access::Object;
use model::{ContactId, DisclosureKind, EmailAddress, Right};
use serde::Serialize;
use store::{DeliveryOf, Scope};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::contacts::{Consent, ContactDetail, consents_of, detail_of};
use crate::api::messages::Message;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::topic_slugs::TopicSlugs;
use crate::api::visitors::LinkedVisitorDetail;

/// Everything that is kept about a person. Nobody is known who has neither a contact, nor a
/// suppression, nor a removal.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddressRecord {
    /// Null when there is no such contact.
    contact: Option<ContactDetail>,
    /// The ledger of the contact’s consents, the newest first, at most 1,000.
    consents: Vec<Consent>,
    /// What the contact was sent, the latest campaign first, at most 1,000.
    deliveries: Vec<SentMessage>,
    /// Single messages to it, the latest first, at most 1,000.
    messages: Vec<Message>,
    /// Browsers that their clicks have tied to them, the one seen last first, at most 50.
    visitors: Vec<LinkedVisitorDetail>,
    suppression: Option<AddressSuppression>,
    /// What somebody said who is not a contact; an import respects it.
    removals: Vec<AddressRemoval>,
    /// What was typed into forms and is not confirmed yet.
    waiting_forms: Vec<WaitingForm>,
    /// Contacts who had the address when they were merged into others, at most 1,000.
    merged: Vec<AddressMerge>,
}

/// Where a contact with the address went.
#[derive(Serialize, ToSchema)]
struct AddressMerge {
    /// The number that they had.
    other: String,
    /// The number of the contact who remained.
    into: String,
    /// By whom.
    actor: String,
    #[schema(format = "date-time")]
    at: String,
}

impl From<store::ContactMerge> for AddressMerge {
    fn from(it: store::ContactMerge) -> Self {
        let (other, into) = (it.other.to_string(), it.kept.to_string());
        Self { other, into, actor: it.actor, at: it.merged_at.rfc3339() }
    }
}

/// What was typed into a form. It changes nothing until its person has confirmed it.
#[derive(Serialize, ToSchema)]
struct WaitingForm {
    form: String,
    /// Slugs.
    topics: Vec<String>,
    attributes: std::collections::BTreeMap<String, String>,
    #[schema(format = "date-time")]
    at: String,
    /// Then it is removed.
    #[schema(format = "date-time")]
    until: String,
    network: Option<String>,
}

/// Why an address is never mailed.
#[derive(Serialize, ToSchema)]
struct AddressSuppression {
    reason: String,
    #[schema(format = "date-time")]
    at: String,
}

/// Somebody who is not a contact has left.
#[derive(Serialize, ToSchema)]
struct AddressRemoval {
    /// The topic’s slug; null stands for every topic.
    topic: Option<String>,
    /// In which way they said so.
    source: String,
    #[schema(format = "date-time")]
    at: String,
}

/// A campaign’s message to the contact, and what they did.
#[derive(Serialize, ToSchema)]
struct SentMessage {
    /// The campaign’s number.
    campaign: String,
    name: String,
    /// queued, leased, sent, failed, suppressed, skipped or in_doubt; there may be more.
    state: &'static str,
    /// What the relay answered, or the reason.
    reply: Option<String>,
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    viewed: bool,
    clicked: bool,
    /// When they unsubscribed by it.
    #[schema(format = "date-time")]
    left_at: Option<String>,
}

impl From<DeliveryOf> for SentMessage {
    fn from(delivery: DeliveryOf) -> Self {
        Self {
            campaign: delivery.campaign.to_string(),
            name: delivery.name,
            state: delivery.state.as_str(),
            reply: delivery.reply,
            ended_at: delivery.ended_at.map(|at| at.rfc3339()),
            viewed: delivery.viewed,
            clicked: delivery.clicked,
            left_at: delivery.left_at.map(|at| at.rfc3339()),
        }
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    asked.actor.may(Right::ContactsRead, Object::Installation).map_err(actions::Refusal::from)?;
    let email = EmailAddress::parse(asked.path("email"))
        .map_err(|why| Problem::bad_request("address_syntax", format!("The address: {why}.")))?;
    let key = email.key();
    let known = audience::known_of(asked.store(), &asked.parts.resources.keys, email).await?;
    let known = known.ok_or_else(|| {
        let words = "There is no contact with this address, and it is not suppressed.";
        Problem::not_found("contact_not_found", words)
    })?;
    let (mut contact, mut consents) = (None, Vec::new());
    if let Some(found) = &known.contact {
        let (detail, _) = detail_of(&asked, found.id).await?;
        contact = Some(detail);
        consents = consents_of(&asked, known.consents).await?;
    }
    let id = known.contact.as_ref().map_or(ContactId(0), |contact| contact.id);
    // Of somebody who is no contact as well: then the entry has nobody's number.
    let kept = known.merges.iter().map(|it| it.kept);
    let told: BTreeSet<ContactId> = kept.chain(known.contact.as_ref().map(|it| it.id)).collect();
    asked.disclose(DisclosureKind::ContactsRead, told).await?;
    let messages = campaign::single_messages_of(asked.store(), id, key).await?;
    let visitors = asked.store().contact_visitors(id).await?;
    let slugs = TopicSlugs::read(asked.store()).await?;
    let removals = known.removals.into_iter().map(|it| AddressRemoval {
        topic: match it.scope {
            Scope::Everything => None,
            Scope::Topic(topic) => slugs.of(&[topic]).pop(),
        },
        source: it.source,
        at: it.at.rfc3339(),
    });
    let joins = known.joins.into_iter().map(|it| WaitingForm {
        form: it.form,
        topics: slugs.of(&it.topics),
        attributes: it.attributes,
        at: it.at.rfc3339(),
        until: it.ends_at.rfc3339(),
        network: it.network,
    });
    let suppression = known.suppression.map(|(reason, at)| (reason, at.rfc3339()));
    Reply::tagged(&AddressRecord {
        contact,
        consents,
        messages: messages.into_iter().map(|it| Message::of(it, &asked.actor)).collect(),
        visitors: visitors.into_iter().map(LinkedVisitorDetail::from).collect(),
        deliveries: known.deliveries.into_iter().map(SentMessage::from).collect(),
        suppression: suppression.map(|(reason, at)| AddressSuppression { reason, at }),
        removals: removals.collect(),
        waiting_forms: joins.collect(),
        merged: known.merges.into_iter().map(AddressMerge::from).collect(),
    })
}
