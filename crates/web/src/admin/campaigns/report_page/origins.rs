//! With which mail clients and devices, and in which countries and networks, a campaign was opened.

use report::number_text::{percent, thousands};
use report::{CampaignReport, OriginBreakdown, OriginLine, OriginNumbers};

use super::notes::counted_as;
use crate::admin::campaigns::progress::width;

/// Lines that a page shows of one list; the others stand in one more.
const MOST_LINES: usize = 20;

/// A list of the section, or why there is none.
pub(super) struct OriginTable {
    /// Its title; also the first column's.
    pub(super) title: &'static str,
    pub(super) column: &'static str,
    pub(super) rows: Vec<OriginRow>,
    /// What its numbers leave out, if anything.
    pub(super) note: Option<String>,
}

pub(super) struct OriginRow {
    pub(super) name: String,
    pub(super) width: String,
    pub(super) share: String,
    pub(super) contacts: String,
    pub(super) clickers: String,
    pub(super) views: String,
}

/// The lists that there are.
pub(super) fn origin_tables(report: &CampaignReport) -> Vec<OriginTable> {
    let origins = &report.origins;
    let lists = [
        ("Mail clients", "Client", &origins.clients),
        ("Devices", "Device", &origins.devices),
        ("Countries", "Country", &origins.countries),
        ("Networks", "Network", &origins.networks),
    ];
    lists
        .into_iter()
        .filter(|(_, _, breakdown)| !breakdown.lines.is_empty())
        .map(|(title, column, breakdown)| table(title, column, breakdown))
        .collect()
}

/// That there are no countries, and how to get them.
pub(super) fn countries_missing(report: &CampaignReport) -> bool {
    report.views.total > 0 && !report.origins.has_countries()
}

fn table(title: &'static str, column: &'static str, breakdown: &OriginBreakdown) -> OriginTable {
    let whole = breakdown.contacts();
    let row = |name: &str, numbers: &OriginNumbers| OriginRow {
        name: name.to_owned(),
        width: width(numbers.contacts, whole),
        share: percent(numbers.contacts, whole),
        contacts: thousands(numbers.contacts),
        clickers: thousands(numbers.clickers),
        views: thousands(numbers.views),
    };
    let (shown, others) = breakdown.lines.split_at(breakdown.lines.len().min(MOST_LINES));
    let mut rows: Vec<OriginRow> = shown.iter().map(|it| row(&it.name, &it.numbers)).collect();
    if !others.is_empty() {
        rows.push(row(&format!("{} others", others.len()), &sum(others)));
    }
    OriginTable { title, column, rows, note: note(breakdown) }
}

fn sum(lines: &[OriginLine]) -> OriginNumbers {
    let mut all = OriginNumbers::default();
    for OriginLine { numbers, .. } in lines {
        all.contacts += numbers.contacts;
        all.clickers += numbers.clickers;
        all.views += numbers.views;
    }
    all
}

fn note(breakdown: &OriginBreakdown) -> Option<String> {
    let machines: i64 = breakdown.lines.iter().map(|it| it.numbers.machines).sum();
    let uncounted = &breakdown.uncounted;
    let mut parts = Vec::new();
    if machines > 0 {
        parts.push(format!("{} reached by machines alone", counted_as(machines, "contact")));
    }
    if uncounted.contacts > 0 || uncounted.views > 0 {
        let (contacts, views) =
            (counted_as(uncounted.contacts, "contact"), counted_as(uncounted.views, "view"));
        parts.push(format!("{contacts} and {views} of which this is not known"));
    }
    (!parts.is_empty()).then(|| format!("Not in the table: {}.", parts.join("; ")))
}
