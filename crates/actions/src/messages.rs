//! Single messages: one announcement to one person, asked for by a program or by hand.
//!
//! Invariants: a request is done once, for ever, by its key, which is kept with the message and not with
//! other keys; what was done before is told again, whatever has changed since. A message is accepted only
//! with every value that it needs, and for an address that may be mailed; who has only unsubscribed may
//! be. There is no entry in the audit log: the message itself keeps who has asked for it. Messages belong
//! to no topic, so only who is trusted with all of them sends and sees any. What a test token asks for
//! reaches no relay.

use std::collections::BTreeMap;
use std::sync::Arc;

use access::{Actor, Object};
use campaign::{CampaignError, MessageForm, RenderProblem};
use model::{AnnouncementId, ContactId, DeliveryState, EmailAddress, MessageId, Right, Timestamp};
use store::{
    Contact, IdempotentRequest, MessageAccepted, MessageQuery, MessageRow, MessagesFound,
    NewMessage,
};

use crate::{Call, FieldProblem, Refusal, RefusalKind, Resources};

/// Values that a request may bring.
const MOST_VALUES: usize = 200;

/// Of which announcement a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageOf {
    /// The version of this name that is in use.
    Name(String),
    /// This very version.
    Version(AnnouncementId),
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageTo {
    /// An address; a contact who has it lends their values.
    Address(String),
    Contact(ContactId),
}

/// A message that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageWish {
    pub of: MessageOf,
    pub to: MessageTo,
    /// Values by name, before those of the contact. An empty one says that there is none.
    pub attributes: BTreeMap<String, String>,
}

/// A message that could be made and sent.
#[derive(Debug, Clone)]
pub struct CheckedMessage {
    form: Arc<MessageForm>,
    contact: Option<ContactId>,
    pub email: EmailAddress,
    /// What it is filled with.
    attributes: BTreeMap<String, String>,
    /// False when it would reach no relay.
    pub is_live: bool,
}

impl CheckedMessage {
    #[must_use]
    pub fn announcement(&self) -> AnnouncementId {
        self.form.announcement
    }

    #[must_use]
    pub fn announcement_name(&self) -> &str {
        &self.form.name
    }

    #[must_use]
    pub const fn contact(&self) -> Option<ContactId> {
        self.contact
    }
}

/// A message that was accepted, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedMessage {
    pub message: MessageRow,
    /// The same request was done before.
    pub is_replayed: bool,
}

/// Accepts a message under the key of the call's request; it is durable when this returns.
///
/// # Errors
/// Names each field that is wrong; `key_used` when the key belongs to another request, `busy` when too
/// many wait.
pub async fn message_send(
    resources: &Resources,
    call: &Call,
    wish: &MessageWish,
) -> Result<AcceptedMessage, Refusal> {
    call.permit(Right::MessagesSend, Object::Installation)?;
    let request = call.request.as_ref().ok_or_else(|| {
        Refusal::new(RefusalKind::Invalid, "key_missing", "A single message needs a key.")
    })?;
    let checked = match message_check(resources, call, wish).await {
        Ok(checked) => checked,
        // What was accepted stays so, though it would be refused by now.
        Err(refusal) => match done_before(resources, call, request).await {
            Ok(Some(done)) => return Ok(done),
            Err(other) if other.code == "key_used" => return Err(other),
            Ok(None) | Err(_) => return Err(refusal),
        },
    };
    let new = new_message(resources, call, request, &checked).await?;
    let accepted = resources.messages.queue.accept(new, call.at).await?;
    match accepted {
        MessageAccepted::New(id) => {
            let message = row_of(id, checked, call.at);
            Ok(AcceptedMessage { message, is_replayed: false })
        }
        MessageAccepted::Before(id) => replayed(resources, id).await,
        MessageAccepted::KeyUsed => Err(key_used()),
        MessageAccepted::Suppressed => Err(suppressed(&wish.to)),
    }
}

/// Checks a message as [`message_send`] does, and accepts none.
///
/// # Errors
/// As that, but for keys.
pub async fn message_check(
    resources: &Resources,
    call: &Call,
    wish: &MessageWish,
) -> Result<CheckedMessage, Refusal> {
    call.permit(Right::MessagesSend, Object::Installation)?;
    if wish.attributes.len() > MOST_VALUES {
        let words = format!("A message has at most {MOST_VALUES} attributes.");
        return Err(Refusal::of_field("/attributes", "too_many_attributes", words));
    }
    let is_live = !matches!(&call.actor, Actor::Program(program) if !program.is_live());
    match is_live {
        true => resources.can_send()?,
        false => resources.settings.now().sender_is_set()?,
    }
    let form = form(resources, &wish.of, call.at).await?;
    let (email, contact) = recipient(resources, call, &wish.to, is_live).await?;
    let key = email.key();
    let hash = resources.keys.address_hash(&key);
    let found = resources.store.suppression_find(key, hash).await?;
    if found.is_some_and(|(reason, _)| reason != "unsubscribed") {
        return Err(suppressed(&wish.to));
    }
    let contact_id = contact.as_ref().map(|contact| contact.id);
    let mut attributes = contact.map(|contact| contact.attributes).unwrap_or_default();
    attributes.extend(wish.attributes.clone());
    let attributes = form.used(attributes);
    let problems = form.problems(&email, &attributes);
    if !problems.is_empty() {
        return Err(unfilled(&form, &problems));
    }
    Ok(CheckedMessage { form, contact: contact_id, email, attributes, is_live })
}

/// The message with this number.
///
/// # Errors
/// When there is none.
pub async fn message(
    resources: &Resources,
    call: &Call,
    id: MessageId,
) -> Result<MessageRow, Refusal> {
    call.permit(Right::DeliveriesRead, Object::Installation)?;
    resources.store.for_reports().message_find(id).await?.ok_or_else(no_message)
}

/// A page of at most `limit` messages, the latest first; it may be short though there are more.
///
/// # Errors
/// Without the right. Looking for a part of an address needs `contacts:read`: a search tells as much as
/// a look.
pub async fn messages(
    resources: &Resources,
    call: &Call,
    query: MessageQuery,
    limit: usize,
) -> Result<MessagesFound, Refusal> {
    call.permit(Right::DeliveriesRead, Object::Installation)?;
    if !query.address.is_empty() {
        call.permit(Right::ContactsRead, Object::Installation)?;
    }
    Ok(resources.store.for_reports().messages_page(query, limit).await?)
}

async fn form(
    resources: &Resources,
    of: &MessageOf,
    now: Timestamp,
) -> Result<Arc<MessageForm>, Refusal> {
    let (pointer, id) = match of {
        // What was deleted is still among the forms in memory.
        MessageOf::Version(id) => {
            let is_there = resources.store.announcement_is_there(*id).await?;
            ("/announcement_id", is_there.then_some(*id))
        }
        MessageOf::Name(name) => {
            ("/announcement", resources.store.announcement_in_use(name.clone()).await?)
        }
    };
    let form = match id {
        Some(id) => resources.messages.form(id, &resources.sender(), now).await.map_err(
            |error| match error {
                CampaignError::Announcement(problems) => {
                    let words =
                        format!("The announcement can't be sent as a single message: {problems}");
                    Refusal::of_field(pointer, "announcement", words)
                }
                error => error.into(),
            },
        )?,
        None => None,
    };
    let words = "There is no such announcement.";
    form.ok_or_else(|| Refusal::of_field(pointer, "announcement_not_found", words))
}

/// The address, and the contact who has it. What a test token asks for is read by who may not read
/// contacts, so it shows a contact's values only if the token may read them.
async fn recipient(
    resources: &Resources,
    call: &Call,
    to: &MessageTo,
    is_live: bool,
) -> Result<(EmailAddress, Option<Contact>), Refusal> {
    let store = &resources.store;
    match to {
        MessageTo::Address(typed) => {
            let email = EmailAddress::parse(typed.trim())
                .map_err(|why| Refusal::of_field("/to", "address_syntax", why.to_string()))?;
            let contact = match is_live || call.actor.can(Right::ContactsRead) {
                true => store.contact_by_email(email.clone()).await?,
                false => None,
            };
            Ok((email, contact))
        }
        MessageTo::Contact(id) => {
            if !is_live {
                call.permit(Right::ContactsRead, Object::Installation)?;
            }
            let contact = store.contact_find(*id).await?.ok_or_else(|| {
                let words = "There is no contact with this id.";
                Refusal::of_field("/contact", "contact_not_found", words)
            })?;
            Ok((contact.email.clone(), Some(contact)))
        }
    }
}

async fn new_message(
    resources: &Resources,
    call: &Call,
    request: &IdempotentRequest,
    checked: &CheckedMessage,
) -> Result<NewMessage, Refusal> {
    let CheckedMessage { form, contact, email, attributes, is_live } = checked;
    let copy = match is_live {
        true => None,
        false => {
            let sources = (&resources.files, &*resources.keys);
            Some(form.message(sources, email, attributes, call.at).await?)
        }
    };
    Ok(NewMessage {
        actor: call.actor.record(),
        request_key: request.key.clone(),
        body_hash: request.body_hash,
        announcement: form.announcement,
        form: form.id,
        contact: *contact,
        email: email.clone(),
        address_hash: resources.keys.address_hash(&email.key()),
        attributes: attributes.clone(),
        live: *is_live,
        copy,
    })
}

/// The message as it was accepted just now.
fn row_of(id: MessageId, checked: CheckedMessage, at: Timestamp) -> MessageRow {
    let CheckedMessage { form, contact, email, is_live, .. } = checked;
    MessageRow {
        id,
        announcement: form.announcement,
        announcement_name: form.name.clone(),
        contact,
        email: Some(email),
        live: is_live,
        state: if is_live { DeliveryState::Queued } else { DeliveryState::Sent },
        accepted_at: at,
        next_attempt_at: None,
        first_attempt_at: None,
        ended_at: (!is_live).then_some(at),
        attempts: 0,
        code: None,
        reply: None,
    }
}

async fn done_before(
    resources: &Resources,
    call: &Call,
    request: &IdempotentRequest,
) -> Result<Option<AcceptedMessage>, Refusal> {
    let IdempotentRequest { key, body_hash, .. } = request.clone();
    match resources.store.message_by_key(call.actor.record(), key, body_hash).await? {
        Some(MessageAccepted::Before(id)) => replayed(resources, id).await.map(Some),
        Some(MessageAccepted::KeyUsed) => Err(key_used()),
        Some(MessageAccepted::New(_) | MessageAccepted::Suppressed) | None => Ok(None),
    }
}

async fn replayed(resources: &Resources, id: MessageId) -> Result<AcceptedMessage, Refusal> {
    let message = resources.store.message_find(id).await?.ok_or_else(no_message)?;
    Ok(AcceptedMessage { message, is_replayed: true })
}

fn key_used() -> Refusal {
    let words = "This key belongs to another message that was asked for; the keys of messages are kept \
        for ever.";
    Refusal::new(RefusalKind::Invalid, "key_used", words)
}

fn suppressed(to: &MessageTo) -> Refusal {
    let pointer = match to {
        MessageTo::Address(_) => "/to",
        MessageTo::Contact(_) => "/contact",
    };
    let words = "This address must not be mailed: it is suppressed.";
    Refusal::of_field(pointer, "address_suppressed", words)
}

fn no_message() -> Refusal {
    Refusal::not_found("message_not_found", "There is no message with this number.")
}

/// What is wrong with the values.
fn unfilled(form: &MessageForm, problems: &[RenderProblem]) -> Refusal {
    let fields: Vec<FieldProblem> = problems.iter().map(|it| field(form, it)).collect();
    let all: Vec<&str> = fields.iter().map(|field| field.words.as_str()).collect();
    let (code, words) = (fields.first().map_or("value_unusable", |it| it.code), all.join(" "));
    Refusal { kind: RefusalKind::Invalid, code, words, fields }
}

fn field(form: &MessageForm, problem: &RenderProblem) -> FieldProblem {
    let at = |tag: &str| match form.asks_for(tag) {
        true => format!("/attributes/{}", tag.replace('~', "~0").replace('/', "~1")),
        false => "/attributes".to_owned(),
    };
    let unusable =
        |tag: &str, words: String| FieldProblem { pointer: at(tag), code: "value_unusable", words };
    match problem {
        RenderProblem::MissingValue { tag } => FieldProblem {
            pointer: at(tag),
            code: "value_missing",
            words: format!("{{{{ {tag} }}}} has no value, and no default."),
        },
        RenderProblem::NotComputed { tag } => {
            unusable(tag, format!("{{{{ {tag} }}}} can't be computed with these values."))
        }
        RenderProblem::TooManyItems { tag } => {
            unusable(tag, format!("The list {{{{ {tag} }}}} has too many items."))
        }
        RenderProblem::ValueTooLong { tag } => {
            unusable(tag, format!("The value of {{{{ {tag} }}}} is too long."))
        }
        RenderProblem::ControlInHeader { tag } => unusable(
            tag,
            format!("The value of {{{{ {tag} }}}} has a line break, and stands in the subject."),
        ),
        RenderProblem::NoAddress { tag } => {
            unusable(tag, format!("A link leads to {{{{ {tag} }}}}, which is no web address."))
        }
        RenderProblem::SubjectTooLong => {
            unusable("", "The subject with these values is too long.".to_owned())
        }
        RenderProblem::MessageTooLong => {
            unusable("", "The message with these values is too long.".to_owned())
        }
        RenderProblem::AddressTooLong => {
            unusable("", "A link’s address with these values is too long.".to_owned())
        }
        RenderProblem::IdOutOfRange => unusable("", "No message can be made.".to_owned()),
    }
}
