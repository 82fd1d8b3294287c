//! A campaign's message, for a look at it.

use std::collections::BTreeMap;

use campaign::{MessageSources, Preview, ShownValues};
use model::{CampaignNumber, Right};

use crate::test_messages::contact_object;
use crate::{Call, Refusal, Resources, reach};

/// A campaign's message with made-up values, or those of a contact.
///
/// # Errors
/// When there is no such campaign or contact, or the message can't be made.
pub async fn campaign_preview(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    shown: &ShownValues,
) -> Result<Preview, Refusal> {
    let Resources { store, keys, files, .. } = resources;
    let sender = &*resources.sender();
    let (campaign, object) = reach::campaign(store, number).await?;
    call.permit(Right::CampaignsRead, object)?;
    if let Some(contact) = &shown.contact {
        call.permit(Right::ContactsRead, contact_object(store, &call.actor, contact).await?)?;
    }
    let sources = MessageSources { store, sender, keys, files };
    Ok(campaign::preview(&sources, campaign.id, shown, call.at).await?)
}

/// The page that everybody may read when the campaign is published with these values, as HTML.
///
/// # Errors
/// When there is no such campaign, or the page can't be made.
pub async fn campaign_public_preview(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    values: &BTreeMap<String, String>,
) -> Result<String, Refusal> {
    let (campaign, object) = reach::campaign(&resources.store, number).await?;
    call.permit(Right::CampaignsRead, object)?;
    let sender = resources.sender();
    Ok(campaign::public_page(&resources.store, &sender, campaign.id, values).await?)
}
