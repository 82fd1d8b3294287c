//! The sentences below a report's figures.

use report::CampaignReport;
use report::number_text::thousands;

pub(super) fn evidence_note(report: &CampaignReport) -> String {
    let it = &report.evidence;
    let in_doubt = match report.deliveries.in_doubt {
        0 => String::new(),
        1 => " One of them is in doubt: a crash hid whether the relay took it.".to_owned(),
        n => format!(
            " {} of them are in doubt: a crash hid whether the relay took them.",
            thousands(n)
        ),
    };
    format!(
        "Of {} contacts who have the message, at least {} opened it: a click or a view by their \
         own browser or mail program. At most {}, if every proxied and unknown view was a person. \
         {} were only touched by machines: scanners, prefetches, link checkers.{in_doubt} \
         Classified by the rules of {}.",
        thousands(it.denominator),
        thousands(it.floor),
        thousands(it.ceiling),
        thousands(it.machine_only),
        report.rules_version.replace(", ", " and "),
    )
}

pub(super) fn cookie_note(report: &CampaignReport) -> String {
    let it = &report.views;
    let from = match it.with_cookie {
        0 => String::new(),
        _ => format!(", from {}", counted_as(report.visitors, "browser")),
    };
    format!(
        "{} by {}: {} with our cookie{from}, and {} without, which belong to nobody’s browser. \
         Beside them {}, counted nowhere else.",
        counted_as(it.total, "view"),
        counted_as(it.unique, "contact"),
        thousands(it.with_cookie),
        thousands(it.without_cookie),
        counted_as(report.heads, "HEAD request"),
    )
}

pub(super) fn gap_note(report: &CampaignReport) -> String {
    let mut notes = Vec::new();
    if let (Some(first), Some(last)) = (report.gaps.first(), report.gaps.last()) {
        let hits = i64::try_from(report.unrecorded()).unwrap_or(i64::MAX);
        notes.push(format!(
            "{}, of all campaigns together, were answered and could not be recorded between {} \
             and {}: the true figures may be higher by that much.",
            counted_as(hits, "hit"),
            first.from.readable(),
            last.to.readable(),
        ));
    } else if report.on_the_way == 0 {
        notes.push(
            "No gaps: every view and click that was answered while this campaign ran is recorded."
                .to_owned(),
        );
    }
    if report.on_the_way > 0 {
        notes.push(on_the_way_note(report));
    }
    if report.stray_hits > 0 {
        notes.push(stray_note(report));
    }
    notes.join(" ")
}

fn stray_note(report: &CampaignReport) -> String {
    format!(
        "{}, of all campaigns together, came by links of messages that this store has not sent, as \
         happens when it was restored from a copy, or of people who were erased since. They are \
         kept aside and counted in no rate.",
        counted_as(report.stray_hits, "hit"),
    )
}

/// What was answered and is not counted yet is no gap: it will be.
fn on_the_way_note(report: &CampaignReport) -> String {
    let hits = i64::try_from(report.on_the_way).unwrap_or(i64::MAX);
    format!(
        "{} on the way, of all campaigns together: answered and kept, and not in these figures \
         yet.",
        counted_as(hits, "hit"),
    )
}

/// `1 browser`, `2 browsers`.
pub(super) fn counted_as(count: i64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", thousands(count))
}
