//! Start, pause, resume.

use model::campaign::CampaignAction;
use model::{CampaignId, CampaignState, Timestamp};
use store::{Campaign, Started, Store, StoreError};

use crate::CampaignError;

/// Materialises the audience and hands the campaign to the mailer.
///
/// # Errors
/// When it is no draft, or nobody is subscribed to its topic.
pub async fn start(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<Started, CampaignError> {
    let campaign = find(store, id).await?;
    match store.campaign_start(id, now).await {
        Ok(started) => Ok(started),
        Err(StoreError::NobodySubscribed) => {
            let topic = store.topic_find(campaign.topic).await?;
            let topic = topic.map(|topic| topic.slug).unwrap_or_default();
            Err(CampaignError::Nobody { topic })
        }
        Err(error) => Err(error.into()),
    }
}

/// Stops before the next message; every delivery keeps its state.
///
/// # Errors
/// When it is not being sent.
pub async fn pause(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<CampaignState, CampaignError> {
    find(store, id).await?;
    Ok(store.campaign_act(id, CampaignAction::Pause, now).await?)
}

/// Goes on after a pause.
///
/// # Errors
/// When it is not paused.
pub async fn resume(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<CampaignState, CampaignError> {
    find(store, id).await?;
    Ok(store.campaign_act(id, CampaignAction::Resume, now).await?)
}

/// The campaign with this number.
pub(crate) async fn find(store: &Store, id: CampaignId) -> Result<Campaign, CampaignError> {
    store.campaign_find(id).await?.ok_or(CampaignError::NotFound(id))
}
