//! What is done with campaigns.

use model::{CampaignNumber, CampaignState, Right};
use store::AuditObject;

use crate::{Call, Refusal, Resources, reach};

/// Stops before the next message.
///
/// # Errors
/// When it is neither starting nor being sent.
pub async fn campaign_pause(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<CampaignState, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsSend, object)?;
    let named = AuditObject::new("campaign", campaign.id.0);
    let store = call.acting(&permit, store, "campaign.pause", named, None);
    Ok(campaign::pause(&store, campaign.id, call.at).await?)
}

/// Goes on after a pause: `sending`, or `starting` when the audience is incomplete; then somebody has
/// to call [`campaign::expand`].
///
/// # Errors
/// When it is not paused.
pub async fn campaign_resume(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
) -> Result<CampaignState, Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsSend, object)?;
    let named = AuditObject::new("campaign", campaign.id.0);
    let store = call.acting(&permit, store, "campaign.resume", named, None);
    Ok(campaign::resume(&store, campaign.id, call.at).await?)
}
