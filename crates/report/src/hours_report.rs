//! When people view and click: by hours since sending, and by the hour of the day in some time zone.
//!
//! Invariants: both, with what is kept by days, add up to the hours of the campaign's report. Counts are kept by whole hours UTC, so
//! in a zone that is off by half an hour a view may stand an hour early.

use model::{Timestamp, Zone};
use serde::{Serialize, Serializer};

use crate::ReportError;
use crate::campaign_report::CampaignReport;
use crate::file_text::{csv_text, json_text};
use crate::number_text::thousands;

/// Hours since sending with a line of their own; what came later is in one.
pub const HOURS_SINCE: i64 = 72;

/// Views and clicks of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct HourCount {
    /// Hours since sending, or the hour of the day.
    pub hour: i64,
    pub views: i64,
    pub clicks: i64,
}

/// Views and clicks of old days, of which no hours are kept any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct DaysCount {
    /// The end of the last of these days.
    #[serde(serialize_with = "rfc3339")]
    pub until: Timestamp,
    pub views: i64,
    pub clicks: i64,
}

/// When people view and click.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HoursReport {
    pub campaign: i64,
    pub name: String,
    /// Of the hours of the day.
    pub zone: String,
    /// From the hour in which it was started on, up to the last of [`HOURS_SINCE`] with any; one more
    /// for what came later.
    pub since_sending: Vec<HourCount>,
    /// All 24.
    pub hours_of_day: Vec<HourCount>,
    /// What is in neither, because it is kept by days alone; nothing when all hours are known.
    pub by_day: Option<DaysCount>,
}

impl HoursReport {
    #[must_use]
    pub fn new(report: &CampaignReport, zone: &Zone) -> Self {
        let start = report.campaign.started_at.map_or(0, Timestamp::hour);
        let mut since: Vec<HourCount> = Vec::new();
        let mut of_day: Vec<HourCount> =
            (0..24).map(|hour| HourCount { hour, ..HourCount::default() }).collect();
        let mut by_day: Option<DaysCount> = None;
        for line in &report.hours {
            if let Some(until) = report.hours_by_day_until.filter(|until| line.from < *until) {
                let days = by_day.get_or_insert(DaysCount { until, views: 0, clicks: 0 });
                days.views += line.views;
                days.clicks += line.clicks;
                continue;
            }
            let hour = (line.from.hour() - start).clamp(0, HOURS_SINCE);
            while i64::try_from(since.len()).is_ok_and(|known| known <= hour) {
                let next = i64::try_from(since.len()).unwrap_or(HOURS_SINCE);
                since.push(HourCount { hour: next, ..HourCount::default() });
            }
            let places = [(&mut since, hour), (&mut of_day, zone.hour_of_day(line.from))];
            for (counts, hour) in places {
                let at = usize::try_from(hour).ok();
                if let Some(count) = at.and_then(|at| counts.get_mut(at)) {
                    count.views += line.views;
                    count.clicks += line.clicks;
                }
            }
        }
        Self {
            campaign: report.campaign.id.number().0,
            name: report.campaign.name.clone(),
            zone: zone.name().to_owned(),
            since_sending: since,
            hours_of_day: of_day,
            by_day,
        }
    }

    /// As indented JSON.
    pub fn to_json(&self) -> Result<String, ReportError> {
        json_text(self)
    }

    /// As CSV with a header line.
    pub fn to_csv(&self) -> Result<String, ReportError> {
        let header = ["section", "hour", "views", "clicks"].map(str::to_owned);
        let lines = self.sections().flat_map(|(name, hours)| {
            hours.iter().map(move |it| {
                let cells = [it.hour, it.views, it.clicks].map(|value| value.to_string());
                let [hour, views, clicks] = cells;
                [name.to_owned(), hour, views, clicks]
            })
        });
        let days = self.by_day.map(|it| {
            let [views, clicks] = [it.views, it.clicks].map(|value| value.to_string());
            ["kept by day until".to_owned(), it.until.rfc3339(), views, clicks]
        });
        csv_text(std::iter::once(header).chain(lines).chain(days))
    }

    /// As aligned text for a terminal.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut out = format!("zone  {}\n", self.zone);
        for (name, hours) in self.sections() {
            out.push_str(&format!(
                "\n{:<16}{:>12}{:>12}\n",
                name.to_uppercase(),
                "views",
                "clicks"
            ));
            for it in hours {
                let later =
                    if name == "since sending" && it.hour == HOURS_SINCE { "+" } else { "" };
                let hour = format!("{}{later}", it.hour);
                let (views, clicks) = (thousands(it.views), thousands(it.clicks));
                out.push_str(&format!("{hour:<16}{views:>12}{clicks:>12}\n"));
            }
        }
        if let Some(DaysCount { until, views, clicks }) = self.by_day {
            let (until, views, clicks) = (until.day(), thousands(views), thousands(clicks));
            out.push_str(&format!(
                "\nKept by day until {until}: {views} views, {clicks} clicks.\n"
            ));
        }
        out
    }

    fn sections(&self) -> impl Iterator<Item = (&'static str, &[HourCount])> {
        [("since sending", self.since_sending.as_slice()), ("hour of day", &self.hours_of_day)]
            .into_iter()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn rfc3339<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&time.rfc3339())
}
