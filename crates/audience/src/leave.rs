//! Unsubscribing and suppressing: the only functions that stop mail to a contact.

use model::{CampaignId, ContactId, Removal, Timestamp};
use store::{Left, Scope, Store, StoreError};
use token::Keyring;

/// Unsubscribes a contact from a topic or everything, with the proof in the consent ledger;
/// repeating it changes nothing. An unknown contact (a test message's, or an erased one) changes
/// nothing.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn leave(
    store: &Store,
    keys: &Keyring,
    contact: ContactId,
    scope: Scope,
    removal: Removal,
    campaign: Option<CampaignId>,
    at: Timestamp,
) -> Result<Left, StoreError> {
    let Some(found) = store.contact_now(contact).await? else {
        return Ok(Left { changed: false });
    };
    let hash = keys.address_hash(&found.email.key());
    store.contact_leave(contact, scope, removal, campaign, hash, at).await
}
