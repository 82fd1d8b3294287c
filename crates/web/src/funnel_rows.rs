//! The funnel of a campaign in words, with the widths of its bars.

use report::number_text::{percent, percent_span, thousands};
use report::{CampaignReport, FunnelStep};

/// A step with its bar: certain up to the floor, possible up to the ceiling.
pub(crate) struct FunnelRow {
    pub(crate) name: &'static str,
    pub(crate) contacts: String,
    pub(crate) share: String,
    /// Per cent of the audience.
    pub(crate) floor_width: String,
    pub(crate) ceiling_width: String,
}

impl FunnelRow {
    pub(crate) fn all(report: &CampaignReport) -> Vec<Self> {
        report.funnel().iter().map(|step| Self::new(step, report.audience)).collect()
    }

    fn new(step: &FunnelStep, audience: i64) -> Self {
        let FunnelStep { step, floor, ceiling, of } = *step;
        let is_exact = floor == ceiling;
        let contacts = match is_exact {
            true => thousands(floor),
            false => format!("{} to {}", thousands(floor), thousands(ceiling)),
        };
        let share = match is_exact {
            true => percent(floor, of),
            false => percent_span(floor, ceiling, of),
        };
        Self {
            name: step_name(step),
            contacts,
            share,
            floor_width: width(floor, audience),
            ceiling_width: width(ceiling, audience),
        }
    }
}

pub(crate) fn step_name(step: &str) -> &'static str {
    match step {
        "audience" => "In the audience",
        "tried" => "Handed to the relay",
        "accepted" => "Accepted by it",
        "opened" => "Opened by people",
        "clicked" => "Clicked by people",
        _ => "Unsubscribed",
    }
}

fn width(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "0".to_owned();
    }
    let parts = i128::from(part.clamp(0, whole)) * 10_000 / i128::from(whole);
    format!("{}.{:02}", parts / 100, parts % 100)
}
