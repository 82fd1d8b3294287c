//! When a campaign was viewed and clicked: by hours since sending, and by the hour of the day.
//!
//! Invariant: every figure comes from the given [`HoursReport`].

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use model::Zone;
use report::number_text::thousands;
use report::{DaysCount, HOURS_SINCE, HourCount, HoursReport, campaign_report};
use serde::Deserialize;

use crate::admin::campaigns::live_page::numbered;
use crate::admin::campaigns::progress::width;
use crate::admin::page::listing::typed;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::reader_zone::zone_of;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

#[derive(Deserialize)]
pub(crate) struct HoursQuery {
    zone: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/hours.html")]
struct HoursPage {
    frame: AdminFrame,
    name: String,
    path: String,
    zone: String,
    since: Vec<HourRow>,
    of_day: Vec<HourRow>,
    /// What is in neither.
    by_day: Option<String>,
}

struct HourRow {
    hour: String,
    views: String,
    clicks: String,
    /// Per cent of the largest.
    width: String,
}

fn rows(counts: &[HourCount], words: impl Fn(i64) -> String) -> Vec<HourRow> {
    let most = counts.iter().map(|it| it.views + it.clicks).max().unwrap_or_default();
    let row = |it: &HourCount| HourRow {
        hour: words(it.hour),
        views: thousands(it.views),
        clicks: thousands(it.clicks),
        width: width(it.views + it.clicks, most),
    };
    counts.iter().map(row).collect()
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<HoursQuery>,
    headers: HeaderMap,
) -> Response {
    let made = async {
        let zone = match typed(asked.zone.as_deref()) {
            None => zone_of(&headers),
            Some(name) => Zone::named(name)
                .map_err(|why| PageProblem::Refused(format!("Its zone: {why}.")))?,
        };
        made(&admitted, &parts, &number, &zone).await
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    number: &str,
    zone: &Zone,
) -> Result<HoursPage, PageProblem> {
    let failed = || PageProblem::failed("counting hours");
    let missing = PageProblem::no_campaign;
    let id = numbered(&parts.store, number).await.map_err(failed())?.ok_or_else(missing)?;
    let report = campaign_report(&parts.store, id, now()).await.map_err(failed())?;
    let found = HoursReport::new(&report.ok_or_else(missing)?, zone);
    let path = format!("/admin/campaigns/{id}");
    let by_day = |it: DaysCount| {
        let (views, clicks) = (thousands(it.views), thousands(it.clicks));
        let until = it.until.day();
        format!(
            "Until {until} counts are kept by day: {views} views and {clicks} clicks are not in these tables."
        )
    };
    let later = |hour: i64| match hour {
        HOURS_SINCE => format!("{HOURS_SINCE} h and later"),
        hour => format!("{hour} h"),
    };
    Ok(HoursPage {
        frame: admitted
            .frame("campaigns")
            .below("/admin/campaigns", "Campaigns")
            .below(&path, found.name.clone()),
        since: rows(&found.since_sending, later),
        of_day: rows(&found.hours_of_day, |hour| format!("{hour:02}:00")),
        by_day: found.by_day.map(by_day),
        name: found.name,
        zone: found.zone,
        path,
    })
}
