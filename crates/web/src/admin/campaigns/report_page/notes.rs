//! The sentences below a report's figures.

use report::number_text::thousands;
use report::{CampaignReport, Tracking};

pub(super) fn evidence_note(report: &CampaignReport) -> String {
    let it = &report.evidence;
    let in_doubt = match report.deliveries.in_doubt {
        0 => String::new(),
        1 => " One of them is in doubt: after a crash, nobody knows whether the relay accepted it."
            .to_owned(),
        n => format!(
            " {} of them are in doubt: after a crash, nobody knows whether the relay accepted them.",
            thousands(n)
        ),
    };
    let earlier = match report.earlier_rules.as_slice() {
        [] => String::new(),
        earlier => {
            format!("; a part of the hits as they were classified by {}", earlier.join(", "))
        }
    };
    format!(
        "Of {} contacts who have the message, at least {} opened it: a click or a view by their \
         own browser or mail program. At most {} did, if every proxied and unknown view was a \
         person’s. Reached only by machines (scanners, prefetches, link checkers): \
         {}.{in_doubt} Judged by the rules of {}{earlier}.",
        thousands(it.denominator),
        thousands(it.floor),
        thousands(it.ceiling),
        thousands(it.machine_only),
        report.rules_version,
    )
}

/// That the figures are not by the rule set that reports are made by.
pub(super) fn rules_note(report: &CampaignReport, in_use: &str) -> Option<String> {
    let version = &report.rules_version;
    (version != in_use).then(|| {
        format!(
            "These figures are by the rule set {version}. Reports are made by {in_use}: lists, \
             files and other people show other numbers."
        )
    })
}

/// Of whom less is recorded; nothing when that is nobody.
pub(super) fn tracking_note(report: &CampaignReport) -> Option<String> {
    let Tracking { identified, anonymous, off, withheld_views, .. } = report.tracking;
    let mut parts = Vec::new();
    if anonymous > 0 || off > 0 {
        let sent = thousands(identified + anonymous + off);
        parts.push(format!("{} of {sent} tracked", thousands(identified)));
        let others = [(anonymous, "anonymous"), (off, "not tracked")];
        let others = others.into_iter().filter(|(messages, _)| *messages > 0);
        let others: Vec<_> =
            others.map(|(messages, word)| format!("{} {word}", thousands(messages))).collect();
        parts.push(others.join(", "));
    }
    if withheld_views > 0 {
        let verb = if withheld_views == 1 { "is" } else { "are" };
        let views = counted_as(withheld_views, "view");
        parts.push(format!("{views} whose contact may not be known {verb} in “at most”"));
    }
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

pub(super) fn cookie_note(report: &CampaignReport) -> String {
    let it = &report.views;
    let from = match it.with_cookie {
        0 => String::new(),
        _ => format!(", from {}", counted_as(report.visitors, "browser")),
    };
    format!(
        "{} by {}: {} with our cookie{from}, and {} without, which can’t be tied to a browser. \
         In addition {}, counted nowhere else.",
        counted_as(it.total, "view"),
        counted_as(it.unique, "contact"),
        thousands(it.with_cookie),
        thousands(it.without_cookie),
        counted_as(report.heads, "HEAD request"),
    )
}

/// That hits are missing, in short.
pub(super) fn gap_line(report: &CampaignReport) -> Option<String> {
    let hits = i64::try_from(report.unrecorded()).unwrap_or(i64::MAX);
    (!report.gaps.is_empty()).then(|| {
        format!(
            "Since it was started, {} of all campaigns could not be recorded. Views and clicks may \
             be higher by that much.",
            counted_as(hits, "hit"),
        )
    })
}

pub(super) fn gap_note(report: &CampaignReport) -> String {
    let mut notes = Vec::new();
    if let (Some(first), Some(last)) = (report.gaps.first(), report.gaps.last()) {
        let hits = i64::try_from(report.unrecorded()).unwrap_or(i64::MAX);
        notes.push(format!(
            "Between {} and {}, across all campaigns, answered but not recorded: {}. The true \
             figures may be higher by that much.",
            first.from.readable(),
            last.to.readable(),
            counted_as(hits, "hit"),
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
        "Counted separately and in no rate, across all campaigns: {}, on links of messages that \
         this store has not sent (as happens after it was restored from a copy) or of people who \
         have been erased since.",
        counted_as(report.stray_hits, "hit"),
    )
}

/// What was answered but is not counted yet is not a gap: it will be counted.
fn on_the_way_note(report: &CampaignReport) -> String {
    let hits = i64::try_from(report.on_the_way).unwrap_or(i64::MAX);
    format!(
        "{} on the way, across all campaigns: answered and saved, but not in these figures yet.",
        counted_as(hits, "hit"),
    )
}

/// `1 browser`, `2 browsers`.
pub(super) fn counted_as(count: i64, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", thousands(count))
}
