//! Sample data for a first look.

use serde::Serialize;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What is there afterwards.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddedSample {
    contacts: usize,
    /// The number of the draft, unless somebody has deleted it.
    #[schema(example = "1")]
    campaign: Option<String>,
}

/// How much was removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedSample {
    contacts: usize,
    topics: usize,
    campaigns: usize,
}

pub(crate) async fn add(asked: Asked) -> Result<Reply, Problem> {
    let added = actions::sample_add(&asked.parts.resources, &asked.call()).await?;
    let campaign = added.campaign.map(|number| number.to_string());
    Reply::of(&AddedSample { contacts: added.contacts, campaign })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let removed = actions::sample_remove(&asked.parts.resources, &asked.call()).await?;
    Reply::of(&RemovedSample {
        contacts: removed.contacts,
        topics: removed.topics,
        campaigns: removed.campaigns.len(),
    })
}
