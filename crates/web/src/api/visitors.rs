//! One visitor: a browser, known by the beacon's cookie.
//!
//! Invariant: a visitor belongs to no topic, so only a token for all topics sees or removes one.

use model::VisitorId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// What is kept under a visitor’s identifier: times and numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct VisitorDetail {
    #[schema(example = "3f2a-91bc-04de-77aa-10fe-c2b9")]
    id: String,
    /// False when nothing is kept; the other fields are then null or 0.
    known: bool,
    /// The first view or click with its cookie.
    #[schema(format = "date-time")]
    first_at: Option<String>,
    #[schema(format = "date-time")]
    last_at: Option<String>,
    /// Campaigns in whose count of browsers it is.
    campaigns: u64,
    /// Views and clicks that are kept one by one, counted up to 10,000.
    hits: u64,
}

/// What a removal has taken away. Counts stay.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedVisitor {
    /// Whether anything was kept under the identifier.
    known: bool,
    campaigns: u64,
    /// Views and clicks that are now nobody’s browser’s.
    hits: u64,
}

fn id(asked: &Asked) -> Result<VisitorId, Problem> {
    let syntax = |why| Problem::bad_request("visitor_syntax", format!("The identifier {why}."));
    asked.path("visitor").parse().map_err(|why: model::NotAVisitor| syntax(why))
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let record = actions::visitor(&asked.parts.resources, &asked.call(), id).await?;
    Reply::tagged(&VisitorDetail {
        id: id.to_string(),
        known: record.is_some(),
        first_at: record.map(|it| it.first_at.rfc3339()),
        last_at: record.map(|it| it.last_at.rfc3339()),
        campaigns: record.map_or(0, |it| it.campaigns),
        hits: record.map_or(0, |it| it.hits),
    })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let removed = actions::visitor_remove(&asked.parts.resources, &asked.call(), id).await?;
    Reply::of(&RemovedVisitor {
        known: removed.known,
        campaigns: removed.campaigns,
        hits: removed.hits,
    })
}
