//! What is done with visitors: browsers, of which somebody has quoted the identifier.

use access::Object;
use model::{ContactId, Right, VisitorId};
use store::{AuditObject, LinkedContact, LinkedVisitor, VisitorCut, VisitorRecord, VisitorRemoval};

use crate::contacts::of_contact;
use crate::{Call, Refusal, Resources, reach};

/// What is kept of a visitor; nothing when it is unknown. A visitor belongs to no topic, so this is for
/// whoever is trusted with all.
///
/// # Errors
/// When they are not.
pub async fn visitor(
    resources: &Resources,
    call: &Call,
    id: VisitorId,
) -> Result<Option<VisitorRecord>, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    Ok(resources.store.visitor_find(id).await?)
}

/// To whom a visitor is tied.
///
/// # Errors
/// When the caller is not trusted with all topics.
pub async fn visitor_contacts(
    resources: &Resources,
    call: &Call,
    id: VisitorId,
) -> Result<Vec<LinkedContact>, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    Ok(resources.store.visitor_contacts(id).await?)
}

/// The visitors who are tied to a contact.
///
/// # Errors
/// When the caller is not trusted with all topics, or there is no such contact.
pub async fn contact_visitors(
    resources: &Resources,
    call: &Call,
    id: ContactId,
) -> Result<Vec<LinkedVisitor>, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    if resources.store.contact_find(id).await?.is_none() {
        return Err(reach::no_contact());
    }
    Ok(resources.store.contact_visitors(id).await?)
}

/// Cuts a visitor from a contact: what was recorded of the contact in that browser is no browser's any
/// more, and nothing will be. Counts stay.
///
/// # Errors
/// When there is no such contact.
pub async fn visitor_cut(
    resources: &Resources,
    call: &Call,
    id: VisitorId,
    contact: ContactId,
) -> Result<VisitorCut, Refusal> {
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    if resources.store.contact_find(contact).await?.is_none() {
        return Err(reach::no_contact());
    }
    // The log is kept for good, so the identifier does not stand in it.
    let named =
        call.acting(&permit, &resources.store, "visitor.cut", of_contact(Some(contact)), None);
    Ok(named.visitor_cut(id, contact, call.at).await?)
}

/// Removes everything that bears the visitor's identifier. Counts stay.
///
/// # Errors
/// When the store fails; the same call then continues.
pub async fn visitor_remove(
    resources: &Resources,
    call: &Call,
    id: VisitorId,
) -> Result<VisitorRemoval, Refusal> {
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    // The log is kept for good, so the identifier does not stand in it.
    let object = AuditObject::of_kind("visitor");
    let named = call.acting(&permit, &resources.store, "visitor.remove", object, None);
    Ok(named.visitor_remove(id, call.at).await?)
}
