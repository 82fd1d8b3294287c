//! The full network address of an event.
//!
//! Invariant: it is told only when who asked for it, and of which event, is in the audit log, and
//! in the disclosure register. The log itself never has the address.

use std::net::IpAddr;

use access::Object;
use model::{DisclosureKind, Right, TopicScope};
use store::{AuditObject, EventAddress, EventPosition, PersonalRead};

use crate::{Call, Refusal, Resources};

/// The full address of an event; nothing when it was never kept so, or is not any more.
///
/// # Errors
/// When the caller may not read the audit log, or there is no such event.
pub async fn event_address(
    resources: &Resources,
    call: &Call,
    id: EventPosition,
) -> Result<Option<IpAddr>, Refusal> {
    let store = &resources.store;
    // Whoever may look into what people of the house did may look into this, too, and is seen to.
    let permit = call.permit(Right::AuditRead, Object::Installation)?;
    let Some(event) = store.feed_event(id, TopicScope::All).await? else {
        let words = "There is no event with this id, or it is not kept any more.";
        return Err(Refusal::not_found("event_not_found", words));
    };
    let kind = DisclosureKind::EventFeed;
    let read = PersonalRead { actor: call.actor.record(), kind, at: call.at };
    store.read_disclose(read, event.contact.into_iter().collect()).await?;
    let object = AuditObject::new("event", id.to_string());
    let named = call.acting(&permit, store, "event.address", object, None);
    Ok(match named.event_address(id).await? {
        EventAddress::Kept(address) => Some(address),
        EventAddress::NotKept => None,
    })
}
