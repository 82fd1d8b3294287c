//! A report as it is mailed: its headline figures as text and as HTML.
//!
//! Invariants (promise P8): every figure is one of the report's; every share has its denominator; gaps are
//! told. No contact, no pixel, and one link at most, which is not tracked.

use std::fmt::Write as _;

use crate::campaign_report::GapLine;
use crate::comparison::Comparison;
use crate::headline::CampaignHeadline;
use crate::number_text::{percent, percent_span, thousands};

/// Campaigns that a mail tells of at the most, those that were started last.
pub const MOST_MAILED: usize = 20;

/// A report as it is mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailedReport {
    title: String,
    as_of: String,
    campaigns: Vec<MailedCampaign>,
    notes: Vec<String>,
}

/// One campaign's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
struct MailedCampaign {
    name: String,
    figures: Vec<(&'static str, String)>,
}

impl MailedReport {
    /// Of these campaigns, in this order, as they were at that time; `on_the_way` hits of all campaigns are
    /// not counted yet.
    #[must_use]
    pub fn new(title: String, as_of: String, comparison: &Comparison, on_the_way: u64) -> Self {
        let Comparison { rules_version, campaigns, gaps } = comparison;
        let left_out = campaigns.len().saturating_sub(MOST_MAILED);
        let shown = campaigns.iter().skip(left_out).map(MailedCampaign::new);
        let mut notes = Vec::new();
        if left_out > 0 {
            notes.push(format!("{left_out} earlier campaigns are not shown here."));
        }
        notes.extend(gap_note(gaps));
        if on_the_way > 0 {
            let hits = thousands(i64::try_from(on_the_way).unwrap_or(i64::MAX));
            notes.push(format!("{hits} views and clicks of all campaigns are not counted yet."));
        }
        notes.push(format!(
            "“At least” counts those whose own browser or mail program was seen, “at most” also those of \
             whom that can't be told. By the rule set {rules_version}."
        ));
        Self { title, as_of, campaigns: shown.collect(), notes }
    }

    /// As text; `link` is where the whole report is.
    #[must_use]
    pub fn text(&self, link: Option<&str>) -> String {
        let mut out = format!("{}\n\nAs of {}.\n", self.title, self.as_of);
        if self.campaigns.is_empty() {
            out.push_str("\nNo campaign has been started yet.\n");
        }
        for MailedCampaign { name, figures } in &self.campaigns {
            let _ = writeln!(out, "\n{name}\n");
            for (label, figure) in figures {
                let _ = writeln!(out, "  {label}: {figure}");
            }
        }
        for note in &self.notes {
            let _ = writeln!(out, "\n{note}");
        }
        if let Some(link) = link {
            let _ = writeln!(out, "\nThe whole report, for those who are signed in:\n\n{link}");
        }
        out
    }

    /// As HTML.
    #[must_use]
    pub fn html(&self, link: Option<&str>) -> String {
        let title = escaped(&self.title);
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
             <body style=\"font-family:sans-serif;line-height:1.4\">\n<h1 style=\"font-size:1.3em\">{title}</h1>\n\
             <p>As of {}.</p>\n",
            escaped(&self.as_of)
        );
        if self.campaigns.is_empty() {
            out.push_str("<p>No campaign has been started yet.</p>\n");
        }
        for MailedCampaign { name, figures } in &self.campaigns {
            let _ = writeln!(out, "<h2 style=\"font-size:1.1em\">{}</h2>\n<table>", escaped(name));
            for (label, figure) in figures {
                let figure = escaped(figure);
                let _ = writeln!(
                    out,
                    "<tr><th scope=\"row\" style=\"text-align:left;font-weight:normal;padding-right:1em\">{label}\
                     </th><td>{figure}</td></tr>"
                );
            }
            out.push_str("</table>\n");
        }
        for note in &self.notes {
            let _ = writeln!(out, "<p>{}</p>", escaped(note));
        }
        if let Some(link) = link {
            let link = escaped(link);
            let _ = writeln!(
                out,
                "<p><a href=\"{link}\">The whole report</a>, for those who are signed in.</p>"
            );
        }
        out.push_str("</body></html>\n");
        out
    }
}

impl MailedCampaign {
    fn new(it: &CampaignHeadline) -> Self {
        let CampaignHeadline { campaign, audience, deliveries, evidence, clicks, .. } = it;
        let name = match campaign.started_at {
            Some(at) => format!("{} ({}, started on {})", campaign.name, campaign.state, at.day()),
            None => format!("{} ({})", campaign.name, campaign.state),
        };
        let reached = evidence.denominator;
        let mut figures = vec![("Sent", share(deliveries.sent, *audience, "in the audience"))];
        for (label, contacts) in [
            ("Waiting", deliveries.queued + deliveries.leased),
            ("Failed", deliveries.failed),
            ("In doubt", deliveries.in_doubt),
        ] {
            if contacts > 0 {
                figures.push((label, share(contacts, *audience, "in the audience")));
            }
        }
        let only = (evidence.machine_only, "who have the message");
        figures.extend([
            ("Opened", span(evidence.floor, evidence.ceiling, reached)),
            ("Clicked", span(clicks.floor, clicks.ceiling, reached)),
            ("Reached by machines only", share(only.0, reached, only.1)),
            ("Unsubscribed", share(it.unsubscribes, reached, only.1)),
        ]);
        Self { name, figures }
    }
}

fn share(contacts: i64, of: i64, whom: &str) -> String {
    let (part, whole) = (thousands(contacts), thousands(of));
    format!("{part} of {whole} {whom} ({})", percent(contacts, of))
}

fn span(floor: i64, ceiling: i64, of: i64) -> String {
    let (low, high, whole) = (thousands(floor), thousands(ceiling), thousands(of));
    let share = percent_span(floor, ceiling, of);
    format!("at least {low}, at most {high} of {whole} who have the message ({share})")
}

fn gap_note(gaps: &[GapLine]) -> Option<String> {
    let hits = gaps.iter().fold(0_u64, |sum, gap| sum.saturating_add(gap.hits));
    let hits = thousands(i64::try_from(hits).unwrap_or(i64::MAX));
    let times = if gaps.len() == 1 { "In one time" } else { "In several times" };
    (!gaps.is_empty()).then(|| {
        format!("{times} since the start, {hits} views and clicks of all campaigns could not be recorded.")
    })
}

fn escaped(text: &str) -> String {
    let escape = |out: &mut String, letter| match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        letter => out.push(letter),
    };
    text.chars().fold(String::new(), |mut out, letter| {
        escape(&mut out, letter);
        out
    })
}

#[cfg(test)]
mod tests {
    use model::{CampaignId, Timestamp, TopicId};

    use super::*;
    use crate::campaign_report::{CampaignFacts, Deliveries, Tracking};
    use crate::open_rate::{Clicks, Evidence};

    const START: Timestamp = Timestamp(1_795_428_000_000_000);

    fn headline(name: &str) -> CampaignHeadline {
        let facts = CampaignFacts {
            id: CampaignId(3),
            name: name.to_owned(),
            state: "finished",
            topic: "News".to_owned(),
            topic_id: TopicId(1),
            subject: String::new(),
            created_at: START,
            started_at: Some(START),
            finished_at: Some(START),
        };
        CampaignHeadline {
            campaign: facts,
            audience: 1_000,
            deliveries: Deliveries {
                queued: 0,
                leased: 0,
                sent: 990,
                failed: 9,
                suppressed: 0,
                skipped: 0,
                in_doubt: 1,
            },
            tracking: Tracking {
                identified: 990,
                anonymous: 0,
                off: 0,
                anonymous_views: 0,
                anonymous_clicks: 0,
                withheld_views: 0,
                withheld_clicks: 0,
            },
            evidence: Evidence {
                denominator: 991,
                person: 200,
                proxied: 100,
                unknown: 50,
                repeat: 0,
                machine_only: 30,
                not_opened: 611,
                floor: 200,
                ceiling: 350,
            },
            clicks: Clicks { total: 90, unique: 80, floor: 40, ceiling: 60, machine_only: 20 },
            unsubscribes: 5,
        }
    }

    fn comparison(campaigns: Vec<CampaignHeadline>) -> Comparison {
        let gaps = vec![GapLine { from: START, to: START, hits: 12 }];
        Comparison { rules_version: "2026-11-27".to_owned(), campaigns, gaps }
    }

    #[test]
    fn a_mail_tells_bounds_denominators_and_gaps() {
        let report = MailedReport::new(
            "R <1>".into(),
            "1 Dec".into(),
            &comparison(vec![headline("A & B")]),
            7,
        );
        let text = report.text(Some("https://x.example/admin/campaigns/3"));
        for part in [
            "As of 1 Dec.",
            "A & B (finished, started on 23 Nov 2026)",
            "Sent: 990 of 1,000 in the audience (99.0\u{a0}%)",
            "In doubt: 1 of 1,000",
            "Opened: at least 200, at most 350 of 991 who have the message (20 to 35\u{a0}%)",
            "Clicked: at least 40, at most 60 of 991",
            "Unsubscribed: 5 of 991 who have the message (0.5\u{a0}%)",
            "12 views and clicks of all campaigns could not be recorded",
            "7 views and clicks of all campaigns are not counted yet",
            "https://x.example/admin/campaigns/3",
        ] {
            assert!(text.contains(part), "no {part:?} in {text}");
        }
        let html = report.html(Some("https://x.example/?a=1&b=\"2\""));
        for part in
            ["R &lt;1&gt;", "A &amp; B", "href=\"https://x.example/?a=1&amp;b=&quot;2&quot;\""]
        {
            assert!(html.contains(part), "no {part:?} in {html}");
        }
        assert_eq!((html.matches("http").count(), html.contains("<img")), (1, false));
    }

    #[test]
    fn of_many_campaigns_the_latest_are_told() {
        let campaigns: Vec<_> = (0..25).map(|number| headline(&format!("No. {number}"))).collect();
        let text = MailedReport::new("T".into(), "1 Dec".into(), &comparison(campaigns), 0);
        let text = text.text(None);
        assert!(text.contains("5 earlier campaigns are not shown") && !text.contains("No. 4 "));
        assert!(text.contains("No. 5 ") && text.contains("No. 24 "));
        assert!(!text.contains("http") && !text.contains("not counted yet"));
    }
}
