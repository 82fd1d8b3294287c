//! The progress of a campaign under way, in one sentence.

use model::Timestamp;
use report::CampaignHeadline;
use report::number_text::{percent, thousands};
use store::Store;

pub(crate) struct ProgressCard {
    /// Per cent of the audience that is done, as the meter's width.
    pub(crate) width: String,
    pub(crate) share: String,
    pub(crate) sentence: String,
    /// What slows it down.
    pub(crate) trouble: Option<String>,
}

/// The progress of a campaign that is not at its end; a report without it is still a report.
pub(crate) async fn progress(
    store: &Store,
    report: &CampaignHeadline,
    now: Timestamp,
) -> Option<ProgressCard> {
    let has_progress = matches!(report.campaign.state, "starting" | "scheduled" | "draft");
    if !report.is_open() && !has_progress {
        return None;
    }
    let status = campaign::status(store, report.campaign.id, now).await;
    let status = status
        .inspect_err(|problem| tracing::warn!(%problem, "can't show a campaign's progress"))
        .ok()?;
    if !status.campaign.state.has_started() {
        return waiting(status);
    }
    if let Some(expected) = status.expected {
        return Some(ProgressCard { trouble: status.trouble, ..incomplete(report, expected) });
    }
    let open = report.deliveries.queued + report.deliveries.leased;
    let done = report.audience - open;
    let mut sentence = format!("{} of {} done", thousands(done), thousands(report.audience));
    if report.campaign.state == "paused" {
        sentence.push_str(", paused: nothing is sent until it is resumed");
    } else if let Some(pace) = status.pace() {
        sentence.push_str(&format!(", {pace}"));
    }
    sentence.push('.');
    Some(ProgressCard {
        width: width(done, report.audience),
        share: percent(done, report.audience),
        sentence,
        trouble: status.trouble,
    })
}

/// It has not started: when it will, or why it did not.
fn waiting(status: campaign::Status) -> Option<ProgressCard> {
    let sentence = match status.starts_at {
        Some(at) => format!("It starts by itself at {}.", at.readable()),
        None => String::new(),
    };
    let trouble = status.trouble;
    let tells = !sentence.is_empty() || trouble.is_some();
    tells.then(|| ProgressCard {
        width: "0".to_owned(),
        share: "0 %".to_owned(),
        sentence,
        trouble,
    })
}

/// The audience is still being made; nobody has been mailed.
fn incomplete(report: &CampaignHeadline, expected: i64) -> ProgressCard {
    let (made, expected) = (report.audience, expected.max(report.audience));
    let (there, all) = (thousands(made), thousands(expected));
    let sentence = match report.campaign.state {
        "paused" => format!("Paused with {there} of about {all} contacts in the audience."),
        _ => format!("Building the audience: {there} of about {all}. Then sending begins."),
    };
    ProgressCard {
        width: width(made, expected),
        share: percent(made, expected),
        sentence,
        trouble: None,
    }
}

/// A share as the per cent number of an SVG attribute, to a hundredth.
pub(crate) fn width(part: i64, whole: i64) -> String {
    if whole == 0 {
        return "0".to_owned();
    }
    let parts = i128::from(part.clamp(0, whole)) * 10_000 / i128::from(whole);
    format!("{}.{:02}", parts / 100, parts % 100)
}
