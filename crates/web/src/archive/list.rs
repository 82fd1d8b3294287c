//! What was sent to a topic, the latest first.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use campaign::ArchiveList;
use model::{CampaignId, Timestamp};
use serde::Deserialize;
use store::ArchivePosition;

use crate::archive::freshness::Freshness;
use crate::listen::respond;
use crate::recipient::brand::PageBrand;
use crate::recipient::parts::PublicParts;

#[derive(Deserialize)]
pub(super) struct ListQuery {
    before: Option<String>,
}

#[derive(Template)]
#[template(path = "archive.html")]
struct ArchiveListPage<'a> {
    brand: PageBrand<'a>,
    organisation: &'a str,
    postal_address: &'a str,
    list: &'a ArchiveList,
    /// The address of the next page's position.
    next: Option<String>,
    is_first: bool,
}

pub(super) async fn show(
    State(parts): State<PublicParts>,
    Path(slug): Path<String>,
    Query(ListQuery { before }): Query<ListQuery>,
    request: HeaderMap,
) -> Response {
    let position = match before.as_deref().map(position) {
        Some(None) => return parts.nothing_published(),
        Some(position) => position,
        None => None,
    };
    let read = async |store| campaign::archive_list(&store, &slug, position).await;
    let list = match parts.archived(read).await {
        Ok(list) => list,
        Err(answer) => return answer,
    };
    parts.counted(|it| &it.lists);
    let latest = list.entries.iter().map(|it| it.changed_at.0).max().unwrap_or(0);
    let next = list.next.map(|it| format!("{}-{}", it.published_at.0, it.campaign.0));
    let ends = next.clone().unwrap_or_default();
    let (sender, before_typed) = (parts.sender(), before.as_deref().unwrap_or(""));
    let who = (&sender.organisation, &sender.postal_address);
    let fresh = Freshness::new(&[&latest, &list.entries.len(), &ends, &before_typed, who.0, who.1]);
    if let Some(answer) = fresh.known_to(&request) {
        return answer;
    }
    let page = ArchiveListPage {
        brand: PageBrand::new(&sender),
        organisation: &sender.organisation,
        postal_address: &sender.postal_address,
        list: &list,
        next,
        is_first: before.is_none(),
    };
    (fresh.headers(), respond::page(StatusCode::OK, &page)).into_response()
}

/// An address that always leads to what was published last.
pub(super) async fn latest(State(parts): State<PublicParts>, Path(slug): Path<String>) -> Response {
    let read = async |store| {
        let list = campaign::archive_list(&store, &slug, None).await?;
        Ok(list.and_then(|list| list.entries.into_iter().next()))
    };
    match parts.archived(read).await {
        Ok(entry) => {
            Redirect::temporary(&format!("/archive/{slug}/{}", entry.campaign)).into_response()
        }
        Err(answer) => answer,
    }
}

/// Reads `TIME-CAMPAIGN`.
fn position(text: &str) -> Option<ArchivePosition> {
    let (at, campaign) = text.split_once('-')?;
    Some(ArchivePosition {
        published_at: Timestamp(at.parse().ok()?),
        campaign: CampaignId(campaign.parse().ok()?),
    })
}
