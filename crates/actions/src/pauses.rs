//! Pauses of contacts, noted by whoever they have asked.
//!
//! Invariant: a pause holds for all topics, so noting it needs the right on the whole installation.

use access::Object;
use model::{ContactId, Right, Timestamp};
use serde_json::json;

use crate::contacts::of_contact;
use crate::{Call, Refusal, Resources, reach};

/// What has become of a wish to pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PauseNoted {
    /// False when the contact paused until then already, or did not pause.
    pub changed: bool,
    /// None: they do not pause.
    pub until: Option<Timestamp>,
}

/// Has a contact pause until a day (`2026-12-24`, its beginning in UTC) or a time (RFC 3339), or no longer
/// (None). Campaigns leave them out meanwhile; messages to them alone do not.
///
/// # Errors
/// When there is no such contact, or the time is none, has passed, or is too far ahead.
pub async fn contact_pause(
    resources: &Resources,
    call: &Call,
    id: ContactId,
    until: Option<&str>,
) -> Result<PauseNoted, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    if store.contact_find(id).await?.is_none() {
        return Err(reach::no_contact());
    }
    let until = until.map(|text| audience::pause_until(text, call.at)).transpose();
    let until = until.map_err(|problem| {
        let words = format!(
            "Write a day such as 2026-12-24, or a time such as 2026-12-24T08:00:00Z: {problem}."
        );
        Refusal::of_field("/until", "pause_until", words)
    })?;
    let after = json!({ "until": until.map(Timestamp::rfc3339) });
    let named = call.acting(&permit, store, "contact.pause", of_contact(Some(id)), Some(after));
    let changed = named.contact_pause(id, until, call.at).await?;
    Ok(PauseNoted { changed, until })
}
