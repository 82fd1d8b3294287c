//! What contacts say about tracking, and what holds for them: the only functions by which their word
//! changes.

use std::collections::BTreeMap;

use model::{
    CampaignId, ContactId, Timestamp, TopicId, TrackingChoices, TrackingMode, TrackingPolicy,
};
use store::{ImportTracking, Store, StoreError, TRACKING_NOTICE, TrackingWord};

/// What holds for everybody, and what they are told about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingRules {
    pub policy: TrackingPolicy,
    /// The version of what they are told.
    pub notice: Option<String>,
}

/// What may be recorded of one contact, whatever they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContactTracking {
    /// Nothing when they have said nothing.
    pub said: Option<TrackingMode>,
    /// What follows for them; a topic or a campaign may record less.
    pub mode: TrackingMode,
}

/// What holds for everybody.
///
/// # Errors
/// When the store can't answer.
pub async fn tracking_rules(store: &Store) -> Result<TrackingRules, StoreError> {
    let policy = store.tracking_policy().await?;
    Ok(TrackingRules { policy, notice: notice(store).await? })
}

/// What a contact has said, and what follows.
///
/// # Errors
/// When the store can't answer.
pub async fn contact_tracking(
    store: &Store,
    contact: ContactId,
) -> Result<ContactTracking, StoreError> {
    let said = store.contact_tracking(contact).await?;
    let choices = TrackingChoices { contact: said, ..TrackingChoices::default() };
    Ok(ContactTracking { said, mode: store.tracking_policy().await?.mode(choices) })
}

/// What those who have said nothing begin with, by topic: of the topics where that was set.
///
/// # Errors
/// When the store can't answer.
pub async fn topics_tracking(store: &Store) -> Result<BTreeMap<TopicId, TrackingMode>, StoreError> {
    store.topics_tracking().await
}

/// What an import says for contacts who have said nothing, with what they are told now.
///
/// # Errors
/// When the store can't answer.
pub async fn import_tracking(
    store: &Store,
    mode: Option<TrackingMode>,
) -> Result<Option<ImportTracking>, StoreError> {
    let Some(mode) = mode else { return Ok(None) };
    Ok(Some(ImportTracking { mode, notice: notice(store).await? }))
}

async fn notice(store: &Store) -> Result<Option<String>, StoreError> {
    Ok(store.setting_find(TRACKING_NOTICE).await?.filter(|it| !it.is_empty()))
}

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
    let notice = notice(store).await?;
    let source = source.to_owned();
    let word = TrackingWord { contact, mode, source, notice, campaign, forget, at };
    store.contact_tracking_say(word).await
}
