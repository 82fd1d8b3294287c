//! What is done with drafts, apart from writing them.

use actions::{Refusal, RefusalKind, campaign_delete, campaign_set_topic};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::campaigns;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What is to be another; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CampaignPatch {
    /// The slug of the topic whose subscribers get it.
    #[serde(default)]
    #[schema(example = "release-notices")]
    topic: Option<String>,
}

/// A draft that is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeletedDraft {
    /// The announcement whose version its text has become; null when it was one before.
    #[schema(example = "Pharos 0.2")]
    kept_as: Option<String>,
}

pub(crate) async fn edit(asked: Asked) -> Result<Reply, Problem> {
    let CampaignPatch { topic } = asked.body()?;
    asked.is_for(&Reply::tag_of(&campaigns::detail(&asked).await?)?)?;
    let number = asked.campaign()?.id.number();
    if let Some(topic) = topic {
        campaign_set_topic(&asked.parts.resources, &asked.call(), number, &topic).await?;
    }
    Reply::tagged(&campaigns::detail(&asked).await?)
}

pub(crate) async fn delete(asked: Asked) -> Result<Reply, Problem> {
    let missing =
        || Problem::not_found("campaign_not_found", "There is no campaign with this number.");
    // Not looked up before: a request that is repeated finds nothing any more.
    let number = asked.path("number").parse().map_err(|_| missing())?;
    match campaign_delete(&asked.parts.resources, &asked.call(), number).await {
        Ok(kept_as) => Reply::of(&DeletedDraft { kept_as }),
        Err(Refusal { kind: RefusalKind::NotFound, .. }) => Err(missing()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// It is gone: there is nothing to tell of it.
pub(crate) async fn deleted_again(_: Asked) -> Result<Reply, Problem> {
    Reply::of(&DeletedDraft { kept_as: None })
}
