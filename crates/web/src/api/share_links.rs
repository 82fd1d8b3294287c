//! Links by which outsiders read a campaign's report, on the wire.

use actions::{share_link_make, share_link_revoke, share_links};
use model::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

list_params! { ShareLinksParams {} }

/// A link to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShareLink {
    /// Whom it is for.
    #[serde(default)]
    #[schema(max_length = 120, example = "The printer")]
    name: String,
    /// Until when it is good, within a year; 30 days from now when left out.
    #[serde(default)]
    #[schema(format = "date-time")]
    ends_at: Option<String>,
}

/// A link that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeShareLink {
    #[schema(example = "3")]
    id: String,
    /// Its address, told this once; null when it is told again.
    url: Option<String>,
    #[schema(format = "date-time")]
    ends_at: Option<String>,
}

/// A link by which outsiders read the report.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShareLink {
    #[schema(example = "3")]
    id: String,
    /// Whom it is for.
    name: String,
    created_by: String,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    ends_at: String,
    #[schema(format = "date-time")]
    revoked_at: Option<String>,
    /// The day (UTC) on which it was used last.
    #[schema(example = "2026-11-27")]
    last_used_on: Option<String>,
}

/// A link that was revoked.
#[derive(Serialize, ToSchema)]
pub(crate) struct RevokedShareLink {
    id: String,
}

impl From<store::ShareLink> for ShareLink {
    fn from(it: store::ShareLink) -> Self {
        let day = |at: Timestamp| at.rfc3339().chars().take(10).collect();
        Self {
            id: it.id.to_string(),
            name: it.name,
            created_by: it.created_by,
            created_at: it.created_at.rfc3339(),
            ends_at: it.ends_at.rfc3339(),
            revoked_at: it.revoked_at.map(Timestamp::rfc3339),
            last_used_on: it.last_used.map(day),
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let ShareLinksParams { limit, after } = asked.query()?;
    let number = asked.campaign()?.id.number();
    let path = format!("/api/v1/campaigns/{number}/report/share_links");
    let page = ListAsked::new(&path, &[], limit, after.as_deref())?;
    let links = share_links(&asked.parts.resources, &asked.call(), number).await?;
    let begin = page.after_id()?;
    let mut links: Vec<store::ShareLink> = links;
    links.retain(|link| begin.is_none_or(|after| link.id < after));
    let more = links.len() > page.limit;
    links.truncate(page.limit);
    let next = links.last().filter(|_| more).map(|link| link.id);
    let links: Vec<ShareLink> = links.into_iter().map(ShareLink::from).collect();
    page.page(&links, next)
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let NewShareLink { name, ends_at } = asked.body()?;
    let ends_at = match ends_at.as_deref() {
        None => None,
        Some(text) => Some(Timestamp::parse_rfc3339(text).ok_or_else(|| {
            let words = "It should be a time, such as 2026-12-24T00:00:00Z.";
            Problem::of_field("/ends_at".to_owned(), "time", words)
        })?),
    };
    let number = asked.campaign()?.id.number();
    let (resources, call) = (&asked.parts.resources, asked.call());
    let made = share_link_make(resources, &call, number, (&name, ends_at)).await?;
    let id = made.id.to_string();
    let kept = MadeShareLink { id: id.clone(), url: None, ends_at: Some(made.ends_at.rfc3339()) };
    created(&asked, &id, Some(made.url.reveal()), Some(made.ends_at))?.keeping(&kept)
}

pub(crate) async fn created_again(asked: Asked, made: Option<String>) -> Result<Reply, Problem> {
    created(&asked, &made.unwrap_or_default(), None, None)
}

fn created(
    asked: &Asked,
    id: &str,
    url: Option<&str>,
    ends_at: Option<Timestamp>,
) -> Result<Reply, Problem> {
    let number = asked.campaign()?.id.number();
    let made = MadeShareLink {
        id: id.to_owned(),
        url: url.map(str::to_owned),
        ends_at: ends_at.map(Timestamp::rfc3339),
    };
    Reply::created(&format!("/api/v1/campaigns/{number}/report/share_links"), &made)
}

pub(crate) async fn revoke(asked: Asked) -> Result<Reply, Problem> {
    let missing = || {
        let words = "There is no such link of this campaign.";
        Problem::not_found("share_link_not_found", words)
    };
    let id: i64 = asked.path("link").parse().map_err(|_| missing())?;
    let number = asked.campaign()?.id.number();
    share_link_revoke(&asked.parts.resources, &asked.call(), number, id).await?;
    Reply::of(&RevokedShareLink { id: id.to_string() })
}

pub(crate) async fn revoked_again(asked: Asked) -> Result<Reply, Problem> {
    Reply::of(&RevokedShareLink { id: asked.path("link").to_owned() })
}
