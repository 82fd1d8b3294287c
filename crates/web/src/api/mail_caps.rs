//! The frequency cap over all campaigns, and pauses of contacts.

use actions::{PauseNoted, campaign_cap_set, contact_pause, mail_cap_set};
use model::{CampaignNumber, ContactId, MailCap, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// How many campaign mails a contact gets at most.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailCapRule {
    /// Null: as many as are sent.
    #[schema(example = "4 per 30 days")]
    at_most: Option<String>,
}

/// How many campaign mails a contact is to get at most.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMailCap {
    /// `N per N days`: 1 to 1,000 mails within 1 to 366 days. Null, which has to be written, for no cap.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, example = "4 per 30 days")]
    at_most: Option<String>,
}

/// Whether a campaign goes to people however many mails they have had.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignCap {
    /// For notices that the law asks for; what it sends counts for other campaigns.
    ignores_cap: bool,
}

/// Until when a contact is to get no campaign.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPause {
    /// A day (its beginning in UTC) or a time as RFC 3339 writes it, within 366 days from now. Null, which has
    /// to be written, ends a pause.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, example = "2026-12-24")]
    until: Option<String>,
}

/// Until when a contact gets no campaign.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetPause {
    /// False when it was so before.
    changed: bool,
    /// Null: they do not pause.
    #[schema(format = DateTime, example = "2026-12-24T00:00:00Z")]
    until: Option<String>,
}

pub(crate) async fn rule(asked: Asked) -> Result<Reply, Problem> {
    told(asked.store().mail_cap().await?)
}

pub(crate) async fn set_rule(asked: Asked) -> Result<Reply, Problem> {
    let NewMailCap { at_most } = asked.body()?;
    told(mail_cap_set(&asked.parts.resources, &asked.call(), at_most.as_deref()).await?)
}

fn told(cap: Option<MailCap>) -> Result<Reply, Problem> {
    Reply::tagged(&MailCapRule { at_most: cap.map(|it| it.to_string()) })
}

pub(crate) async fn campaign(asked: Asked) -> Result<Reply, Problem> {
    let CampaignCap { ignores_cap } = asked.body()?;
    // A number of none, so that who may not is told the same of all.
    let number = asked.path("number").parse().unwrap_or(CampaignNumber(0));
    campaign_cap_set(&asked.parts.resources, &asked.call(), number, ignores_cap).await?;
    Reply::of(&CampaignCap { ignores_cap })
}

pub(crate) async fn pause(asked: Asked) -> Result<Reply, Problem> {
    let NewPause { until } = asked.body()?;
    // A number of nobody, so that who may not is told the same of all.
    let id = asked.path("id").parse().unwrap_or(ContactId(0));
    let noted = contact_pause(&asked.parts.resources, &asked.call(), id, until.as_deref()).await?;
    let PauseNoted { changed, until } = noted;
    Reply::of(&SetPause { changed, until: until.map(Timestamp::rfc3339) })
}
