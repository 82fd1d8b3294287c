//! The pages about campaigns: the list, a campaign's report and its files.
//!
//! Invariants: changes nothing; page, fragment, JSON and CSV of a campaign are made from the same
//! [`report::CampaignReport`] (promise P8); a list shows one bounded page at a time. There are no
//! accounts yet, so its listener belongs on loopback.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use model::{CampaignId, CampaignNumber};
use report::{CampaignReport, campaign_headlines, campaign_report};
use serde::Deserialize;
use store::Store;

use crate::admin::parts::{AdminFrame, AdminParts, missing};
use crate::admin::progress::progress;
use crate::admin::report_page::{CampaignLine, MadeReport, ReportFragment, ReportPage};
use crate::clock::now;
use crate::listen::respond;

/// Campaigns on one page of the list.
const PAGE: usize = 20;
/// More pages than anybody turns; keeps the arithmetic within bounds.
const MAX_PAGES: usize = 1_000_000;

fn no_campaign(parts: &AdminParts) -> Response {
    missing(parts, "No such campaign", "It may have a different number: the list shows them all.")
}

#[derive(Deserialize)]
pub(crate) struct CampaignsQuery {
    page: Option<String>,
}

/// Which part of the list is shown.
struct Page {
    number: usize,
    has_more: bool,
}

impl Page {
    fn has_others(&self) -> bool {
        self.number > 1 || self.has_more
    }
}

#[derive(Template)]
#[template(path = "campaigns.html")]
struct CampaignsPage {
    frame: AdminFrame,
    page: Page,
    every: &'static str,
    lines: Vec<CampaignLine>,
    notes: Vec<String>,
}

#[derive(Template)]
#[template(path = "campaigns_live.html")]
struct CampaignsFragment {
    page: Page,
    /// How often it renews itself.
    every: &'static str,
    lines: Vec<CampaignLine>,
    notes: Vec<String>,
}

pub(crate) async fn campaigns(
    State(parts): State<AdminParts>,
    Query(asked): Query<CampaignsQuery>,
) -> Response {
    match list(&parts.store, &asked).await {
        Ok(CampaignsFragment { page, every, lines, notes }) => {
            let frame = parts.frame("campaigns");
            let page = CampaignsPage { frame, page, every, lines, notes };
            respond::page(StatusCode::OK, &page)
        }
        Err(problem) => respond::failed("listing campaigns", &problem),
    }
}

pub(crate) async fn campaigns_live(
    State(parts): State<AdminParts>,
    Query(asked): Query<CampaignsQuery>,
) -> Response {
    match list(&parts.store, &asked).await {
        Ok(fragment) => respond::page(StatusCode::OK, &fragment),
        Err(problem) => respond::failed("listing campaigns", &problem),
    }
}

/// Four statements, however many campaigns there are, and those of the open ones' progress.
async fn list(
    store: &Store,
    asked: &CampaignsQuery,
) -> Result<CampaignsFragment, report::ReportError> {
    let number = asked.page.as_deref().and_then(|it| it.parse().ok()).unwrap_or(1);
    let number: usize = number.clamp(1, MAX_PAGES);
    let mut found = campaign_headlines(store, (number - 1) * PAGE, PAGE + 1).await?;
    let has_more = found.len() > PAGE;
    found.truncate(PAGE);
    let now = now();
    let (mut lines, mut notes) = (Vec::new(), Vec::new());
    for headline in &found {
        if let Some(progress) = progress(store, headline, now).await {
            notes.push(format!("{}: {}", headline.campaign.name, progress.sentence));
            notes.extend(progress.trouble);
        }
        lines.push(CampaignLine::new(headline));
    }
    notes.dedup();
    let every = if found.iter().any(|it| is_under_way(it.campaign.state)) { "2s" } else { "10s" };
    Ok(CampaignsFragment { page: Page { number, has_more }, every, lines, notes })
}

pub(crate) async fn campaign(State(parts): State<AdminParts>, Path(id): Path<String>) -> Response {
    match make(&parts.store, &id).await {
        Ok(Some(made)) => {
            let page = ReportPage::new(parts.frame("campaigns"), made);
            respond::page(StatusCode::OK, &page)
        }
        Ok(None) => no_campaign(&parts),
        Err(problem) => respond::failed("reporting on a campaign", &problem),
    }
}

#[derive(Deserialize)]
pub(crate) struct SeenStamp {
    seen: Option<String>,
}

/// The part that refreshes itself, or nothing when the reader already has it.
pub(crate) async fn campaign_live(
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(seen): Query<SeenStamp>,
) -> Response {
    match has_news(&parts.store, &id, seen.seen.as_deref()).await {
        Ok(true) => {}
        Ok(false) => return StatusCode::NO_CONTENT.into_response(),
        Err(problem) => return respond::failed("looking at a campaign", &problem),
    }
    match make(&parts.store, &id).await {
        Ok(Some(made)) => respond::page(StatusCode::OK, &ReportFragment::new(made)),
        Ok(None) => no_campaign(&parts),
        Err(problem) => respond::failed("reporting on a campaign", &problem),
    }
}

/// Whether the figures differ from those that were seen. While a campaign is being sent there is
/// always something new, if only the expected end.
async fn has_news(
    store: &Store,
    id: &str,
    seen: Option<&str>,
) -> Result<bool, report::ReportError> {
    let (Some(seen), Some(id)) = (seen, numbered(store, id).await?) else { return Ok(true) };
    let stamp = store.campaign_stamp(id).await?;
    let state = |stamp: &str| stamp.split('-').next().is_some_and(is_under_way);
    Ok(stamp.is_none_or(|stamp| stamp != seen || state(&stamp)))
}

fn is_under_way(state: &str) -> bool {
    matches!(state, "starting" | "sending")
}

/// The campaign with this number. Anything that is not a number is the number of no campaign.
async fn numbered(store: &Store, id: &str) -> Result<Option<CampaignId>, report::ReportError> {
    let Ok(number) = id.parse::<CampaignNumber>() else { return Ok(None) };
    Ok(store.campaign_by_number(number).await?)
}

async fn make(store: &Store, id: &str) -> Result<Option<MadeReport>, report::ReportError> {
    let Some(id) = numbered(store, id).await? else { return Ok(None) };
    // Before the report: what comes between the two is shown once more, never left out.
    let stamp = store.campaign_stamp(id).await?.unwrap_or_default();
    let Some(report) = campaign_report(store, id, now()).await? else { return Ok(None) };
    let progress = progress(store, &report.headline(), report.made_at).await;
    Ok(Some(MadeReport { report, progress, stamp }))
}

pub(crate) async fn campaign_json(
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = find(&parts.store, &id)
        .await
        .and_then(|report| report.map(|report| report.to_json()).transpose());
    match made {
        Ok(Some(json)) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Ok(None) => no_campaign(&parts),
        Err(problem) => respond::failed("writing a report as JSON", &problem),
    }
}

pub(crate) async fn campaign_csv(
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = find(&parts.store, &id).await.and_then(|report| {
        report.map(|report| Ok((report.campaign.id, report.to_csv()?))).transpose()
    });
    match made {
        Ok(Some((id, csv))) => {
            let name = format!("attachment; filename=\"campaign-{id}.csv\"");
            let kind = "text/csv; charset=utf-8".to_owned();
            ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], csv).into_response()
        }
        Ok(None) => no_campaign(&parts),
        Err(problem) => respond::failed("writing a report as CSV", &problem),
    }
}

/// Anything that is not a number is the number of no campaign.
async fn find(store: &Store, id: &str) -> Result<Option<CampaignReport>, report::ReportError> {
    let Ok(number) = id.parse::<CampaignNumber>() else { return Ok(None) };
    let Some(id) = store.campaign_by_number(number).await? else { return Ok(None) };
    campaign_report(store, id, now()).await
}
