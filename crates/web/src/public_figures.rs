//! The figures of a report for outsiders in words.

use report::{PublicCount, PublicReport, PublicStep};

use crate::funnel_rows::{FunnelRow, step_name};

pub(crate) struct PublicFigures {
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) started: Option<String>,
    pub(crate) rules_version: String,
    pub(crate) funnel: Vec<FunnelRow>,
    pub(crate) hours: Vec<PublicHourRow>,
    pub(crate) links: Vec<PublicLinkRow>,
    pub(crate) domains: Vec<PublicDomainRow>,
}

pub(crate) struct PublicHourRow {
    pub(crate) hour: usize,
    pub(crate) views: String,
    pub(crate) clicks: String,
    /// Per cent of the largest.
    pub(crate) width: i64,
}

pub(crate) struct PublicLinkRow {
    pub(crate) label: String,
    pub(crate) contacts: String,
    pub(crate) width: i64,
}

pub(crate) struct PublicDomainRow {
    pub(crate) domain: String,
    pub(crate) audience: String,
    pub(crate) sent: String,
    pub(crate) opened: String,
    pub(crate) clicked: String,
}

impl PublicFigures {
    pub(crate) fn new(report: &PublicReport) -> Self {
        let audience = report.funnel.first().map_or(0, |step| step.floor.rounded());
        let (views, clickers) = (
            report.hours.iter().map(|it| it.views.rounded()).max().unwrap_or_default(),
            report.links.iter().map(|it| it.contacts.rounded()).max().unwrap_or_default(),
        );
        // What follows the last hour with any is left out.
        let is_quiet = |it: &report::PublicHour| it.views.rounded() + it.clicks.rounded() == 0;
        let last = report.hours.iter().rposition(|it| !is_quiet(it)).map_or(0, |at| at + 1);
        let hour = |it: &report::PublicHour| PublicHourRow {
            hour: it.hour,
            views: it.views.words(),
            clicks: it.clicks.words(),
            width: share(it.views.rounded(), views),
        };
        let link = |it: &report::PublicLinkLine| PublicLinkRow {
            label: it.label.clone(),
            contacts: it.contacts.words(),
            width: share(it.contacts.rounded(), clickers),
        };
        let domain = |it: &report::PublicDomain| PublicDomainRow {
            domain: it.domain.clone().unwrap_or_else(|| "All others".to_owned()),
            audience: it.audience.words(),
            sent: it.sent.words(),
            opened: it.opened.0.share(it.opened.1, it.of),
            clicked: it.clicked.0.share(it.clicked.1, it.of),
        };
        Self {
            name: report.name.clone(),
            subject: report.subject.clone(),
            started: report.started.clone(),
            rules_version: report.rules_version.clone(),
            funnel: report.funnel.iter().map(|it| funnel_row(it, audience)).collect(),
            hours: report.hours.iter().take(last).map(hour).collect(),
            links: report.links.iter().map(link).collect(),
            domains: report.domains.iter().map(domain).collect(),
        }
    }
}

fn funnel_row(step: &PublicStep, audience: i64) -> FunnelRow {
    let (floor, ceiling) = (step.floor, step.ceiling);
    FunnelRow {
        name: step_name(step.step),
        contacts: band(floor, ceiling),
        share: floor.share(ceiling, step.of),
        floor_width: share(floor.rounded(), audience).to_string(),
        ceiling_width: share(ceiling.rounded(), audience).to_string(),
    }
}

fn band(floor: PublicCount, ceiling: PublicCount) -> String {
    if floor == ceiling {
        return floor.words();
    }
    format!("{} to {}", floor.words(), ceiling.words())
}

/// In per cent.
fn share(part: i64, whole: i64) -> i64 {
    if whole > 0 { (part * 100 / whole).clamp(0, 100) } else { 0 }
}
