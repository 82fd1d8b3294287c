//! Pausing and resuming.

use model::campaign::CampaignAction;
use model::{CampaignId, CampaignState, Timestamp};
use store::notice_keys::CAMPAIGN_TROUBLE;
use store::{Campaign, Store};

use crate::CampaignError;

/// Stops before the next message; every delivery keeps its state.
///
/// # Errors
/// When it is neither starting nor being sent.
pub async fn pause(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<CampaignState, CampaignError> {
    find(store, id).await?;
    Ok(store.campaign_act(id, CampaignAction::Pause, now).await?)
}

/// Resumes after a pause: `sending`, or `starting` when its audience is incomplete; then somebody
/// has to call [`crate::expand`].
pub async fn resume(
    store: &Store,
    id: CampaignId,
    now: Timestamp,
) -> Result<CampaignState, CampaignError> {
    find(store, id).await?;
    let state = store.campaign_act(id, CampaignAction::Resume, now).await?;
    // Whatever stopped it is for the relay to say again.
    store.setting_put(format!("{CAMPAIGN_TROUBLE}/{id}"), "").await?;
    Ok(state)
}

pub(crate) async fn find(store: &Store, id: CampaignId) -> Result<Campaign, CampaignError> {
    store.campaign_find(id).await?.ok_or(CampaignError::NotFound(id))
}
