//! Asking a topic's subscribers whether they still want it.

use actions::{
    ReconfirmationWish, reconfirmation, reconfirmation_begin, reconfirmation_cancel,
    reconfirmation_preview,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::{Asked, Named};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Whom to ask, and how.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReconfirmation {
    /// A day or a time that has begun: who has agreed before, or of whom nothing proves that they have.
    #[schema(example = "2024-05-01")]
    before: String,
    /// Days to confirm within.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 365, example = 30)]
    within_days: Option<u16>,
    /// Mails.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 6000, example = 60)]
    per_minute: Option<u16>,
    /// Only count who would be asked.
    #[serde(default)]
    dry_run: bool,
}

/// How far it is, or who would be asked.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Reconfirmation {
    /// asking, waiting, ended or cancelled; there may be more. Null where nobody was asked, and in a dry run.
    #[schema(example = "asking")]
    state: Option<&'static str>,
    /// Who would be asked, in a dry run; else null.
    would_ask: Option<i64>,
    #[schema(format = "date-time")]
    before: Option<String>,
    within_days: Option<u16>,
    per_minute: Option<u16>,
    #[schema(format = "date-time")]
    begun_at: Option<String>,
    begun_by: Option<String>,
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    /// Found and not mailed yet.
    to_mail: i64,
    /// Mailed, and still to confirm.
    asked: i64,
    confirmed: i64,
    /// Not confirmed in time: they get the topic no more, unless they confirm late.
    stopped: i64,
    /// Their mail was refused, or they have left meanwhile.
    not_mailed: i64,
}

impl From<store::Reconfirmation> for Reconfirmation {
    fn from(it: store::Reconfirmation) -> Self {
        Self {
            state: Some(it.state.as_str()),
            would_ask: None,
            before: Some(it.before.rfc3339()),
            within_days: Some(it.within_days),
            per_minute: Some(it.per_minute),
            begun_at: Some(it.begun_at.rfc3339()),
            begun_by: Some(it.begun_by),
            ended_at: it.ended_at.map(|at| at.rfc3339()),
            to_mail: it.to_mail,
            asked: it.asked,
            confirmed: it.confirmed,
            stopped: it.stopped,
            not_mailed: it.not_mailed,
        }
    }
}

fn slug(asked: &Asked) -> String {
    match &asked.named {
        Named::Topic(topic) => topic.slug.clone(),
        _ => asked.path("slug").to_owned(),
    }
}

pub(crate) async fn begin(asked: Asked) -> Result<Reply, Problem> {
    let NewReconfirmation { before, within_days, per_minute, dry_run } = asked.body()?;
    let wish = ReconfirmationWish { before, within_days, per_minute };
    let (resources, call, slug) = (&asked.parts.resources, asked.call(), slug(&asked));
    if dry_run {
        let would_ask = reconfirmation_preview(resources, &call, &slug, &wish).await?;
        let would_ask = Some(would_ask);
        return Reply::of(&Reconfirmation { would_ask, ..Reconfirmation::default() });
    }
    let begun = reconfirmation_begin(resources, &call, &slug, &wish).await?;
    Reply::of(&Reconfirmation::from(begun))
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let found = reconfirmation(&asked.parts.resources, &asked.call(), &slug(&asked)).await?;
    Reply::of(&found.map(Reconfirmation::from).unwrap_or_default())
}

pub(crate) async fn cancel(asked: Asked) -> Result<Reply, Problem> {
    let call = asked.call();
    let ended = reconfirmation_cancel(&asked.parts.resources, &call, &slug(&asked)).await?;
    Reply::of(&ended.map(Reconfirmation::from).unwrap_or_default())
}
