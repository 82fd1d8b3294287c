//! Links by which outsiders read a campaign's report: making, listing and revoking them.
//!
//! Invariant: a link's address is shown once, on the page that answers its form.

use actions::{MadeShareLink, share_link_make, share_link_revoke, share_links};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{CampaignNumber, Timestamp};
use store::ShareLink;

use crate::admin::page::calls::{call, looking};
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

/// Days that can be chosen, the usual first.
const DAYS: [u32; 4] = [30, 7, 90, 365];
/// Microseconds.
const DAY: i64 = 24 * Timestamp::HOUR;

#[derive(Template)]
#[template(path = "admin/share_links.html")]
struct ShareLinksPage {
    frame: AdminFrame,
    campaign: String,
    path: String,
    key: String,
    days: [u32; 4],
    lines: Vec<ShareLinkLine>,
    /// The address of the one that was just made.
    made: Option<String>,
    problem: Option<FormProblem>,
}

struct ShareLinkLine {
    id: i64,
    name: String,
    by: String,
    standing: String,
    used: String,
    is_good: bool,
}

impl ShareLinkLine {
    fn new(link: &ShareLink, now: Timestamp) -> Self {
        let standing = match link.revoked_at {
            Some(at) => format!("revoked {}", at.day()),
            None if link.is_good(now) => format!("until {}", link.ends_at.day()),
            None => format!("ended {}", link.ends_at.day()),
        };
        Self {
            id: link.id,
            name: if link.name.is_empty() { "no name" } else { &link.name }.to_owned(),
            by: format!("{}, {}", link.created_by, link.created_at.day()),
            standing,
            used: link.last_used.map_or("never".to_owned(), Timestamp::day),
            is_good: link.is_good(now),
        }
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
) -> Response {
    answer(&admitted, &parts, &number, (StatusCode::OK, None, None)).await
}

pub(crate) async fn make(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    form: Form,
) -> Response {
    let made = async {
        let days: u32 = match form.trimmed("days") {
            "" => DAYS[0],
            days => days.parse().map_err(|_| wrong("days", "it should be a number of days"))?,
        };
        let ends_at = Timestamp(now().0.saturating_add(i64::from(days).saturating_mul(DAY)));
        let call = call(&admitted, &form)?;
        let wish = (form.trimmed("name"), Some(ends_at));
        Ok(share_link_make(&parts.resources, &call, read(&number)?, wish).await?)
    };
    match made.await {
        Ok(MadeShareLink { url, .. }) => {
            let made = Some(url.reveal().to_owned());
            answer(&admitted, &parts, &number, (StatusCode::OK, made, None)).await
        }
        Err(refused) => refuse(&admitted, &parts, &number, refused).await,
    }
}

pub(crate) async fn revoke(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path((number, link)): Path<(String, String)>,
    form: Form,
) -> Response {
    let done = async {
        let id = link.parse().map_err(|_| missing())?;
        let call = call(&admitted, &form)?;
        Ok(share_link_revoke(&parts.resources, &call, read(&number)?, id).await?)
    };
    match done.await {
        Ok(()) => admitted.visitor.done(&path(&number), Message::ShareLinkRevoked),
        Err(refused) => refuse(&admitted, &parts, &number, refused).await,
    }
}

async fn refuse(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    refused: Refused,
) -> Response {
    match refused {
        Refused::DoneBefore => admitted.visitor.done(&path(number), Message::DoneBefore),
        Refused::Form(status, problem) => {
            answer(admitted, parts, number, (status, None, Some(problem))).await
        }
        Refused::Page(problem) => problem.page(&admitted.visitor),
    }
}

fn path(number: &str) -> String {
    format!("/admin/campaigns/{number}/report/share-links")
}

fn read(number: &str) -> Result<CampaignNumber, PageProblem> {
    number.parse().map_err(|_| PageProblem::no_campaign())
}

fn missing() -> PageProblem {
    PageProblem::Missing("No such link", "The campaign’s list shows those that there are.")
}

async fn answer(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    (status, made, problem): (StatusCode, Option<String>, Option<FormProblem>),
) -> Response {
    match page(admitted, parts, number).await {
        Ok(page) => respond::page(status, &ShareLinksPage { made, problem, ..page }),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
) -> Result<ShareLinksPage, PageProblem> {
    let number = read(number)?;
    let links = share_links(&parts.resources, &looking(admitted), number).await;
    let links = links.map_err(PageProblem::failed("listing links"))?;
    let record = campaign::record(&parts.store, number).await;
    let record = record.map_err(PageProblem::failed("listing links"))?;
    let campaign = record.ok_or_else(PageProblem::no_campaign)?.campaign.name;
    let now = now();
    Ok(ShareLinksPage {
        frame: admitted
            .frame("campaigns")
            .below("/admin/campaigns", "Campaigns")
            .below(format!("/admin/campaigns/{number}"), campaign.clone()),
        campaign,
        path: path(&number.to_string()),
        key: new_key()?,
        days: DAYS,
        lines: links.iter().map(|link| ShareLinkLine::new(link, now)).collect(),
        made: None,
        problem: None,
    })
}
