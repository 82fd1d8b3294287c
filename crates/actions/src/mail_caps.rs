//! How many campaign mails a contact gets at most, and campaigns that go beyond it.
//!
//! Invariant: both are decisions about everybody, so they need the right to change settings; a campaign that
//! goes beyond the cap is in the log.

use access::Object;
use model::{CampaignNumber, MailCap, Right};
use serde_json::json;
use store::AuditObject;

use crate::{Call, Refusal, Resources, reach};

/// Changes the cap, from the next message on: `4 per 30 days`; None for no cap.
///
/// # Errors
/// When it is not written so.
pub async fn mail_cap_set(
    resources: &Resources,
    call: &Call,
    text: Option<&str>,
) -> Result<Option<MailCap>, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let cap: Option<MailCap> = text.map(str::parse).transpose().map_err(|problem| {
        Refusal::of_field("/at_most", "mail_cap", format!("Not understood: {problem}."))
    })?;
    let word =
        |cap: Option<MailCap>| Some(json!({ "at_most": cap.map(|it| it.to_string()) }).to_string());
    let states = (word(store.mail_cap().await?), word(cap));
    let object = AuditObject::new("settings", "mail_cap");
    let named = permit.acting(store, "mail_cap.set", object, states, call.at);
    named.mail_cap_set(cap).await?;
    Ok(cap)
}

/// Has a campaign go to people however many mails they have had, from its next message on, or no longer: for
/// notices that the law asks for. What it sends counts for the others.
///
/// # Errors
/// When there is no such campaign.
pub async fn campaign_cap_set(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    ignores: bool,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::SettingsWrite, Object::Installation)?;
    let (campaign, _) = reach::campaign(store, number).await?;
    let object = AuditObject::new("campaign", campaign.id.0);
    let after = json!({ "ignores_cap": ignores });
    let named = call.acting(&permit, store, "campaign.cap", object, Some(after));
    Ok(named.campaign_ignores_cap_set(campaign.id, ignores).await?)
}
