//! What is done with visitors: browsers, of which somebody has quoted the identifier.

use access::Object;
use model::{Right, VisitorId};
use store::{AuditObject, VisitorRecord, VisitorRemoval};

use crate::{Call, Refusal, Resources};

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
