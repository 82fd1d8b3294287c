//! What is done with contacts.
//!
//! Invariant: what touches a person beyond the actor's topics (a suppression, an erasure, another
//! address) needs the right on the whole installation.

use std::collections::BTreeMap;

use access::{Object, Permit, TopicScope};
use audience::{AddContact, EditContact, EditError, EditProblem};
use model::{BirthDate, ContactId, ContactRefused, EmailAddress, Removal, Right, Timestamp};
use serde_json::{Value, json};
use store::{AuditObject, Contact, ContactAdded, Erased, Left, Lifted, Scope, Store, StoreError};

use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// Somebody who is to be a contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactWish {
    pub email: String,
    pub attributes: BTreeMap<String, String>,
    /// Slugs of what they want to get.
    pub topics: Vec<String>,
    /// How we know that they want it.
    pub proof: String,
    /// When they were born, which is compared and not kept.
    pub birth_month: Option<String>,
}

/// What is to be different about a contact; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactEdit {
    pub email: Option<String>,
    /// An empty value removes it.
    pub attributes: BTreeMap<String, String>,
    /// When they were born, which is compared and not kept.
    pub birth_month: Option<String>,
}

/// Adds a contact. Whoever is trusted with some topics has to name one of them.
///
/// # Errors
/// When there is one with this address, the person was erased, or a field is wrong.
pub async fn contact_add(
    resources: &Resources,
    call: &Call,
    wish: ContactWish,
) -> Result<ContactAdded, Refusal> {
    let Resources { store, keys, .. } = resources;
    let email = address("/email", &wish.email)?;
    let permit = call.permit(Right::ContactsWrite, Object::OwnTopics)?;
    let mut topics = Vec::with_capacity(wish.topics.len());
    for (index, slug) in wish.topics.iter().enumerate() {
        let found = reach::topic(store, slug).await;
        let found = found.ok().filter(|(topic, _)| permit.reaches(topic.id).is_ok());
        let (topic, _) = found.ok_or_else(|| no_topic(&format!("/topics/{index}")))?;
        topics.push(topic.id);
    }
    if topics.is_empty() && permit.topics() != TopicScope::All {
        let words =
            "Name at least one of your topics: a contact of none of them would not be yours.";
        return Err(Refusal::of_field("/topics", "topic_missing", words));
    }
    let birth = (wish.birth_month.as_deref(), &wish.attributes);
    no_child(resources, call, &permit, &email, birth).await?;
    let after = json!({ "topics": wish.topics, "attributes": wish.attributes.len() });
    let named = call.acting(&permit, store, "contact.add", of_contact(None), Some(after));
    let new = AddContact { email, attributes: wish.attributes, topics, proof: wish.proof };
    Ok(audience::add(&named, keys, new, call.at).await?)
}

/// Changes a contact that still has the revision `seen` (None: whatever it has).
///
/// # Errors
/// [`RefusalKind::Stale`] when somebody else was faster.
pub async fn contact_edit(
    resources: &Resources,
    call: &Call,
    id: ContactId,
    seen: Option<Timestamp>,
    wish: ContactEdit,
) -> Result<Contact, Refusal> {
    let Resources { store, keys, .. } = resources;
    let email = wish.email.as_deref().map(|text| address("/email", text)).transpose()?;
    let permit = if email.is_some() {
        call.permit(Right::ContactsWrite, Object::Installation)?
    } else {
        of_one(store, call, id).await?
    };
    if let Some(contact) = store.contact_find(id).await? {
        let birth = (wish.birth_month.as_deref(), &wish.attributes);
        no_child(resources, call, &permit, &contact.email, birth).await?;
    }
    let names: Vec<&String> = wish.attributes.keys().collect();
    let after = json!({ "attributes": names, "address": email.is_some() });
    let named = call.acting(&permit, store, "contact.edit", of_contact(Some(id)), Some(after));
    let edit = EditContact { email, attributes: wish.attributes };
    Ok(audience::edit(&named, keys, id, seen, edit, call.at).await?)
}

/// Subscribes a contact; false when they were. `proof` says how we know that they want it.
///
/// # Errors
/// When they have left the topic, or their address must not be mailed.
pub async fn contact_subscribe(
    resources: &Resources,
    call: &Call,
    id: ContactId,
    slug: &str,
    proof: &str,
) -> Result<bool, Refusal> {
    let store = &resources.store;
    let (topic, object) = reach::topic(store, slug).await.map_err(|_| no_topic("/topic"))?;
    let permit = call.permit(Right::ContactsWrite, object).map_err(hidden_topic)?;
    of_one(store, call, id).await?;
    let after = Some(json!({ "topic": slug }));
    let named = call.acting(&permit, store, "contact.subscribe", of_contact(Some(id)), after);
    Ok(audience::subscribe(&named, id, topic.id, proof, call.at).await?)
}

/// Unsubscribes a contact who has asked for it, from one topic or from everything.
///
/// # Errors
/// When there is no such contact or topic.
pub async fn contact_unsubscribe(
    resources: &Resources,
    call: &Call,
    id: ContactId,
    slug: Option<&str>,
) -> Result<Left, Refusal> {
    let Resources { store, keys, .. } = resources;
    let (scope, permit) = match slug {
        Some(slug) => {
            let (topic, object) =
                reach::topic(store, slug).await.map_err(|_| no_topic("/topic"))?;
            let permit = call.permit(Right::ContactsWrite, object).map_err(hidden_topic)?;
            (Scope::Topic(topic.id), permit)
        }
        None => (Scope::Everything, call.permit(Right::ContactsWrite, Object::Installation)?),
    };
    of_one(store, call, id).await?;
    let after = Some(json!({ "from": slug.unwrap_or("everything") }));
    let named = call.acting(&permit, store, "contact.unsubscribe", of_contact(Some(id)), after);
    Ok(audience::leave(&named, keys, id, scope, Removal::Request, None, call.at).await?)
}

/// Sees to it that an address is never mailed, whether or not it is a contact's.
///
/// # Errors
/// When the reason is none of an operator's.
pub async fn address_suppress(
    resources: &Resources,
    call: &Call,
    email: &str,
    removal: Removal,
) -> Result<Left, Refusal> {
    let Resources { store, keys, .. } = resources;
    let email = address("/email", email)?;
    if !matches!(removal, Removal::Operator | Removal::HardBounce | Removal::Complaint) {
        let words = "The reason should be manual, hard bounce or complaint.";
        return Err(Refusal::of_field("/reason", "reason", words));
    }
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let contact = contact_with(store, &email).await?;
    let after = Some(json!({ "reason": removal.as_str() }));
    let named = call.acting(&permit, store, "contact.suppress", of_contact(contact), after);
    Ok(audience::suppress(&named, keys, &email, removal, call.at).await?)
}

/// Lifts an operator's suppression, or with `not_a_child` the mark of a child; subscribes nobody.
///
/// # Errors
/// When the address is none.
pub async fn address_unsuppress(
    resources: &Resources,
    call: &Call,
    email: &str,
    not_a_child: bool,
) -> Result<Lifted, Refusal> {
    let Resources { store, keys, .. } = resources;
    let email = address("/email", email)?;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let contact = contact_with(store, &email).await?;
    let named = call.acting(&permit, store, "contact.unsuppress", of_contact(contact), None);
    if not_a_child {
        let lifted = named.child_unmark(keys.address_hash(&email.key())).await?;
        return Ok(if lifted { Lifted::Lifted } else { Lifted::NotSuppressed });
    }
    Ok(named.suppression_lift(email.key(), call.at).await?)
}

/// Erases everything that is kept about the person with this address. Returns what it erased, and
/// how many views and clicks.
///
/// # Errors
/// When the store fails; the same call then continues.
pub async fn address_erase(
    resources: &Resources,
    call: &Call,
    email: &str,
    is_child: bool,
) -> Result<(Erased, u64), Refusal> {
    let Resources { store, keys, .. } = resources;
    let email = address("/email", email)?;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let contact = contact_with(store, &email).await?;
    let why = is_child.then(|| json!({ "child": true }));
    let named = call.acting(&permit, store, "contact.erase", of_contact(contact), why);
    Ok(audience::erase(&named, keys, &email, is_child, call.at).await?)
}

/// Sees to it that nothing is kept of whoever is under 13 by what was said of their birth.
///
/// # Errors
/// `contact_child` when they are, and then all that was kept is gone.
async fn no_child(
    resources: &Resources,
    call: &Call,
    permit: &Permit,
    email: &EmailAddress,
    (birth, attributes): (Option<&str>, &BTreeMap<String, String>),
) -> Result<(), Refusal> {
    let is_child = match birth {
        Some(text) => {
            let born = BirthDate::parse(text).map_err(|problem| {
                Refusal::of_field("/birth_month", "birth_month", format!("It {problem}."))
            })?;
            born.is_of_a_child(call.at)
        }
        None => false,
    };
    if !is_child && !audience::says_child(attributes, call.at) {
        return Ok(());
    }
    let Resources { store, keys, .. } = resources;
    let contact = contact_with(store, email).await?;
    // Said again it is done again, so no key of a request belongs to it.
    let call = Call::new(call.actor.clone(), call.at);
    let why = Some(json!({ "child": true }));
    let named = call.acting(permit, store, "contact.erase", of_contact(contact), why);
    audience::erase(&named, keys, email, true, call.at).await?;
    let words = "They are under 13: nothing is kept of them but a mark, by which nothing takes them in \
        again.";
    Err(Refusal::new(RefusalKind::Conflict, "contact_child", words))
}

/// The permission to change this contact's own data.
pub(crate) async fn of_one(store: &Store, call: &Call, id: ContactId) -> Result<Permit, Refusal> {
    let object = reach::contact(store, &call.actor, id).await?;
    let permit = call.permit(Right::ContactsWrite, object)?;
    if store.contact_find(id).await?.is_none() {
        return Err(reach::no_contact());
    }
    Ok(permit)
}

/// Addresses stand in no entry: the log is kept for good.
pub(crate) fn of_contact(contact: Option<ContactId>) -> AuditObject {
    match contact {
        Some(contact) => AuditObject::new("contact", contact),
        None => AuditObject::of_kind("contact"),
    }
}

async fn contact_with(
    store: &Store,
    email: &EmailAddress,
) -> Result<Option<ContactId>, StoreError> {
    Ok(store.contact_by_email(email.clone()).await?.map(|contact| contact.id))
}

fn address(pointer: &str, text: &str) -> Result<EmailAddress, Refusal> {
    EmailAddress::parse(text.trim())
        .map_err(|problem| Refusal::of_field(pointer, "address_syntax", problem.to_string()))
}

fn no_topic(pointer: &str) -> Refusal {
    Refusal::of_field(pointer, "topic_not_found", "There is no topic with this name.")
}

/// A foreign topic is told like an unknown one.
fn hidden_topic(refusal: Refusal) -> Refusal {
    match refusal.kind {
        RefusalKind::NotFound => no_topic("/topic"),
        _ => refusal,
    }
}

impl From<ContactRefused> for Refusal {
    fn from(refused: ContactRefused) -> Self {
        let words = refused.to_string();
        // A field that is right, but that the state of things does not allow.
        let of_address = |code| Self {
            kind: RefusalKind::Conflict,
            ..Self::of_field("/email", code, words.clone())
        };
        match refused {
            ContactRefused::AddressTaken(_) => of_address("contact_exists"),
            ContactRefused::AddressSuppressed(_) => of_address("address_suppressed"),
            ContactRefused::Erased => of_address("contact_erased"),
            ContactRefused::HasLeft => Self::new(RefusalKind::Conflict, "has_left", words),
            ContactRefused::TooManyTags | ContactRefused::TooManyTagsInAll => {
                Self::new(RefusalKind::Conflict, "too_many_tags", words)
            }
            ContactRefused::Same => Self::of_field("/other", "same_contact", words),
            ContactRefused::InCampaign(_) => {
                Self::new(RefusalKind::Conflict, "contact_in_campaign", words)
            }
            ContactRefused::NotUndoable | ContactRefused::MergedSince => {
                Self::new(RefusalKind::Conflict, "merge_not_undoable", words)
            }
            ContactRefused::Suppressed(_) => {
                Self::new(RefusalKind::Conflict, "address_suppressed", words)
            }
        }
    }
}

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        let words = error.to_string();
        match error {
            EditError::Store(error) => error.into(),
            EditError::Problem(EditProblem::NoProof) => Self::of_field("/proof", "proof", words),
            EditError::Problem(
                EditProblem::AttributeName { name, .. } | EditProblem::AttributeValue { name, .. },
            ) => Self::of_field(&pointer_to(&name), "attribute", words),
            EditError::Problem(EditProblem::TooManyAttributes) => {
                Self::of_field("/attributes", "too_many_attributes", words)
            }
        }
    }
}

/// RFC 6901 section 3: `~` and `/` are escaped.
fn pointer_to(attribute: &str) -> String {
    format!("/attributes/{}", attribute.replace('~', "~0").replace('/', "~1"))
}

/// What an erasure would do, for whoever has to decide.
///
/// # Errors
/// When the address is none.
pub async fn address_erase_count(
    resources: &Resources,
    call: &Call,
    email: &str,
) -> Result<Option<Value>, Refusal> {
    let store = &resources.store;
    let email = address("/email", email)?;
    call.permit(Right::ContactsWrite, Object::Installation)?;
    let Some(contact) = contact_with(store, &email).await? else { return Ok(None) };
    let subscriptions = store.subscriptions_of(contact).await?.len();
    let consents = store.contact_consents(contact).await?.len();
    let messages = store.deliveries_of(contact).await?.len();
    Ok(Some(json!({
        "contact": contact.to_string(),
        "subscriptions": subscriptions,
        "consents": consents,
        "messages": messages,
    })))
}
