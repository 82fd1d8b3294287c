//! What may be recorded of whom: for everybody, for a topic, for a campaign, and by a contact's word.

use actions::{
    TrackingWish, campaign_tracking_set, contact_tracking_say, topic_tracking_set,
    tracking_policy_set,
};
use model::{ContactId, TrackingMode};
use serde::{Deserialize, Serialize};
use store::TrackingPolicyChange;
use utoipa::ToSchema;

use crate::api::asked::{Asked, Named};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What may be recorded of views and clicks, from the least to the most.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TrackingModeWord {
    /// Nothing: messages have no pixel, and links lead straight to their targets.
    Off,
    /// That there was a view or a click, of nobody.
    Anonymous,
    /// Whose it was.
    Identified,
}

impl TrackingModeWord {
    const fn mode(self) -> TrackingMode {
        match self {
            Self::Off => TrackingMode::Off,
            Self::Anonymous => TrackingMode::Anonymous,
            Self::Identified => TrackingMode::Identified,
        }
    }
}

/// What may be recorded of one contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactTracking {
    /// off, anonymous or identified; null when they have said nothing.
    #[schema(example = "off")]
    said: Option<&'static str>,
    /// What follows for them: off, anonymous or identified. A topic or a campaign may record less.
    #[schema(example = "off")]
    mode: &'static str,
}

impl From<audience::ContactTracking> for ContactTracking {
    fn from(tracking: audience::ContactTracking) -> Self {
        let audience::ContactTracking { said, mode } = tracking;
        Self { said: said.map(TrackingMode::as_str), mode: mode.as_str() }
    }
}

/// What a contact has said about tracking.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContactTracking {
    #[schema(inline)]
    mode: TrackingModeWord,
    /// They also want forgotten what they did until now: counts stay, and tell of nobody. Can’t be
    /// undone.
    #[serde(default)]
    forget: bool,
    /// In which way they said it; kept in the ledger of consents.
    #[serde(default)]
    #[schema(max_length = 200, example = "a letter of 26 November")]
    source: Option<String>,
}

/// What may be recorded of a contact now, and whether that is something else than before.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedContactTracking {
    /// False when they had said the same before.
    changed: bool,
    #[serde(flatten)]
    now: ContactTracking,
}

/// What holds for everybody.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrackingRules {
    /// Nobody is tracked beyond this, whatever they have said: off, anonymous or identified.
    #[schema(example = "identified")]
    at_most: &'static str,
    /// For contacts who have said nothing: off, anonymous or identified.
    #[schema(example = "off")]
    without_consent: &'static str,
    /// Days for which the network address of a view or click is kept in full, encrypted; 0: never. Then its
    /// prefix.
    #[schema(example = 30)]
    address_days: u16,
    /// The version of what people are told about tracking.
    #[schema(example = "2026-11")]
    notice: Option<String>,
}

/// What is to hold for everybody; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTrackingRules {
    #[serde(default)]
    #[schema(inline)]
    at_most: Option<TrackingModeWord>,
    #[serde(default)]
    #[schema(inline)]
    without_consent: Option<TrackingModeWord>,
    /// Days for which network addresses are kept in full; 0: never. Acts on what is there, too.
    #[serde(default)]
    #[schema(maximum = 365, example = 30)]
    address_days: Option<u16>,
    /// Kept with whatever people say from now on; empty for none.
    #[serde(default)]
    #[schema(max_length = 64, example = "2026-11")]
    notice: Option<String>,
}

/// What a topic or a campaign records.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTracking {
    /// Null, which has to be written, for what holds for everybody.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, inline)]
    mode: Option<TrackingModeWord>,
}

/// What a topic or a campaign records now.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetTracking {
    /// off, anonymous or identified; null for what holds for everybody.
    #[schema(example = "anonymous")]
    mode: Option<&'static str>,
}

pub(crate) async fn contact(asked: Asked) -> Result<Reply, Problem> {
    let NewContactTracking { mode, forget, source } = asked.body()?;
    // A number of nobody, so that who may not is told the same of all.
    let id = asked.path("id").parse().unwrap_or(ContactId(0));
    let wish = TrackingWish { mode: mode.mode(), forget, source };
    let changed = contact_tracking_say(&asked.parts.resources, &asked.call(), id, wish).await?;
    let now = audience::contact_tracking(asked.store(), id).await?.into();
    Reply::of(&ChangedContactTracking { changed, now })
}

pub(crate) async fn rules(asked: Asked) -> Result<Reply, Problem> {
    let audience::TrackingRules { policy, notice } =
        audience::tracking_rules(asked.store()).await?;
    Reply::tagged(&TrackingRules {
        at_most: policy.at_most.as_str(),
        without_consent: policy.without_consent.as_str(),
        address_days: policy.address_days,
        notice,
    })
}

pub(crate) async fn set_rules(asked: Asked) -> Result<Reply, Problem> {
    let NewTrackingRules { at_most, without_consent, address_days, notice } = asked.body()?;
    let change = TrackingPolicyChange {
        at_most: at_most.map(TrackingModeWord::mode),
        without_consent: without_consent.map(TrackingModeWord::mode),
        address_days,
        notice,
    };
    tracking_policy_set(&asked.parts.resources, &asked.call(), change).await?;
    rules(asked).await
}

pub(crate) async fn topic(asked: Asked) -> Result<Reply, Problem> {
    let mode = mode(&asked)?;
    let slug = match &asked.named {
        Named::Topic(topic) => topic.slug.clone(),
        _ => asked.path("slug").to_owned(),
    };
    topic_tracking_set(&asked.parts.resources, &asked.call(), &slug, mode).await?;
    Reply::of(&SetTracking { mode: mode.map(TrackingMode::as_str) })
}

pub(crate) async fn campaign(asked: Asked) -> Result<Reply, Problem> {
    let mode = mode(&asked)?;
    let number = asked.campaign()?.id.number();
    campaign_tracking_set(&asked.parts.resources, &asked.call(), number, mode).await?;
    Reply::of(&SetTracking { mode: mode.map(TrackingMode::as_str) })
}

fn mode(asked: &Asked) -> Result<Option<TrackingMode>, Problem> {
    let NewTracking { mode } = asked.body()?;
    Ok(mode.map(TrackingModeWord::mode))
}
