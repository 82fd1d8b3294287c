//! What contacts say about tracking: the only functions by which their word changes.

use model::{CampaignId, ContactId, Timestamp, TrackingMode};
use store::{Store, StoreError, TRACKING_NOTICE, TrackingWord};

/// Notes what a contact says about tracking, with the proof in the consent ledger: from the next message
/// and the next hit on it holds, for mail that was sent long ago as well. Repeating it changes
/// nothing, nor does an unknown contact. With `forget`, what they did until now becomes nobody's, too.
/// Whether it is something else than before.
///
/// # Errors
/// When the store can't save it; the caller must not say that it was done.
pub async fn say_tracking(
    store: &Store,
    (contact, mode): (ContactId, TrackingMode),
    source: &str,
    campaign: Option<CampaignId>,
    forget: bool,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let notice = store.setting_find(TRACKING_NOTICE).await?.filter(|it| !it.is_empty());
    let source = source.to_owned();
    let word = TrackingWord { contact, mode, source, notice, campaign, forget, at };
    store.contact_tracking_say(word).await
}
