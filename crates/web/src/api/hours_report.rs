//! When a campaign was viewed and clicked, on the wire.

use model::Zone;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// In which zone a day begins.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoursParams {
    /// A time zone; UTC when left out. Contacts have none of their own.
    #[param(example = "Europe/Madrid")]
    zone: Option<String>,
}

/// When a campaign was viewed and clicked.
#[derive(Serialize, ToSchema)]
pub(crate) struct HoursReport {
    /// The campaign’s number.
    #[schema(example = "17")]
    campaign: String,
    name: String,
    /// The zone of the hours of the day.
    zone: String,
    /// From the hour in which it was started on; the one numbered 72 is all that came later.
    since_sending: Vec<HourCount>,
    /// All 24.
    hours_of_day: Vec<HourCount>,
    /// What is in neither, because no hours are kept of it any more; null when all hours are known.
    by_day: Option<DaysCount>,
}

/// Views and clicks of old days, of which no hours are kept any more.
#[derive(Serialize, ToSchema)]
struct DaysCount {
    /// The end of the last of these days.
    #[schema(format = "date-time")]
    until: String,
    views: i64,
    clicks: i64,
}

impl From<report::DaysCount> for DaysCount {
    fn from(from: report::DaysCount) -> Self {
        let report::DaysCount { until, views, clicks } = from;
        Self { until: until.rfc3339(), views, clicks }
    }
}

/// Views and clicks of one hour.
#[derive(Serialize, ToSchema)]
struct HourCount {
    /// Hours since sending, or the hour of the day.
    hour: i64,
    views: i64,
    clicks: i64,
}

impl From<report::HourCount> for HourCount {
    fn from(from: report::HourCount) -> Self {
        let report::HourCount { hour, views, clicks } = from;
        Self { hour, views, clicks }
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let HoursParams { zone } = asked.query()?;
    let zone = Zone::named(zone.as_deref().unwrap_or("UTC"));
    let zone = zone.map_err(|why| Problem::bad_request("query", format!("“zone”: {why}.")))?;
    let id = asked.campaign()?.id;
    let report = report::campaign_report(asked.store(), id, asked.at).await?;
    let report = report.ok_or_else(|| {
        Problem::not_found("campaign_not_found", "There is no campaign with this number.")
    })?;
    let found = report::HoursReport::new(&report, &zone);
    Reply::tagged(&HoursReport {
        campaign: found.campaign.to_string(),
        name: found.name,
        zone: found.zone,
        since_sending: found.since_sending.into_iter().map(HourCount::from).collect(),
        hours_of_day: found.hours_of_day.into_iter().map(HourCount::from).collect(),
        by_day: found.by_day.map(DaysCount::from),
    })
}
