//! A report as JSON, CSV and a plain-text table.
//!
//! Invariants: all three show the same numbers; CSV cells can't start a spreadsheet formula.
//!
//! JSON: the fields of [`CampaignReport`] under their Rust names, and `funnel`. CSV: one row per number,
//! `section,name,detail,value`, so that a report of any campaign has the same four columns.

use std::fmt::Write as _;

use serde::Serialize;

use crate::ReportError;
use crate::campaign_report::{CampaignReport, Tracking};
use crate::file_text::{csv_text, json_text};
use crate::funnel::FunnelStep;
use crate::number_text::{percent, thousands};

/// Widest label of the table, in characters; longer ones continue on the next line.
const LABEL_WIDTH: usize = 44;

/// One number of a report with its position in it.
struct ExportLine {
    section: &'static str,
    name: String,
    detail: String,
    value: i64,
}

/// A report in JSON: its own fields, and the funnel that is made of them.
#[derive(Serialize)]
struct ReportJson<'a> {
    #[serde(flatten)]
    report: &'a CampaignReport,
    funnel: [FunnelStep; 6],
}

impl CampaignReport {
    /// The report as indented JSON.
    pub fn to_json(&self) -> Result<String, ReportError> {
        json_text(&ReportJson { report: self, funnel: self.funnel() })
    }

    /// The report as CSV with a header line.
    pub fn to_csv(&self) -> Result<String, ReportError> {
        let header = ["section", "name", "detail", "value"].map(str::to_owned);
        let facts = self.facts().into_iter().map(|(name, value)| {
            ["campaign".to_owned(), name.to_owned(), String::new(), tame(&value)]
        });
        let lines = self.lines().into_iter().map(|it| {
            [it.section.to_owned(), tame(&it.name), tame(&it.detail), it.value.to_string()]
        });
        csv_text([header].into_iter().chain(facts).chain(lines))
    }

    /// The report as aligned text for a terminal.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut out = String::new();
        for (name, value) in self.facts() {
            let _ = writeln!(out, "{name:<14} {value}");
        }
        let mut section = "";
        for line in self.lines() {
            if line.section != section {
                section = line.section;
                let _ = writeln!(out, "\n{}", section.to_uppercase());
            }
            let label = if line.detail.is_empty() {
                line.name
            } else {
                format!("{}: {}", line.name, line.detail)
            };
            let share = self.share(section, line.value);
            write_row(&mut out, &label, &thousands(line.value), &share);
        }
        out
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let time = |time: Option<model::Timestamp>| time.map_or("-".to_owned(), |it| it.rfc3339());
        let (campaign, earlier) = (&self.campaign, self.earlier_rules.join(" "));
        vec![
            ("id", campaign.id.to_string()),
            ("name", campaign.name.clone()),
            ("state", campaign.state.to_owned()),
            ("topic", campaign.topic.clone()),
            ("subject", campaign.subject.clone()),
            ("started_at", time(campaign.started_at)),
            ("finished_at", time(campaign.finished_at)),
            ("made_at", self.made_at.rfc3339()),
            ("rules_version", self.rules_version.clone()),
            ("earlier_rules", if earlier.is_empty() { "-".to_owned() } else { earlier }),
        ]
    }

    /// What was seen of messages, by anybody and by nobody.
    fn hit_lines(&self, add: &mut impl FnMut(&'static str, &str, &str, i64)) {
        add("hits", "views", "total", self.views.total);
        add("hits", "views", "unique contacts", self.views.unique);
        add("hits", "views", "with cookie", self.views.with_cookie);
        add("hits", "views", "without cookie", self.views.without_cookie);
        add("hits", "views", "of nobody", self.tracking.anonymous_views);
        add("hits", "views", "whose contact may not be known", self.tracking.withheld_views);
        add("hits", "visitors", "", self.visitors);
        add("hits", "clicks", "total", self.clicks.total);
        add("hits", "clicks", "unique contacts", self.clicks.unique);
        add("hits", "clicks", "of nobody", self.tracking.anonymous_clicks);
        add("hits", "clicks", "whose contact may not be known", self.tracking.withheld_clicks);
        add("hits", "unsubscribes", "", self.unsubscribes);
        add("hits", "heads", "", self.heads);
    }

    /// The funnel, classes, links and hours.
    fn course_lines(&self, add: &mut impl FnMut(&'static str, &str, &str, i64)) {
        for step in self.funnel() {
            add("funnel", step.step, "at least", step.floor);
            add("funnel", step.step, "at most", step.ceiling);
        }
        for class in &self.classes {
            add("classes", class.class, "views", class.views);
            add("classes", class.class, "clicks", class.clicks);
        }
        for link in &self.links {
            add("links", &link.label, &format!("clicks {}", link.url), link.clicks);
            add("links", &link.label, &format!("contacts {}", link.url), link.contacts);
        }
        for hour in &self.hours {
            let section = if self.is_whole_day(hour) { "days" } else { "hours" };
            add(section, &hour.from.rfc3339(), "views", hour.views);
            add(section, &hour.from.rfc3339(), "clicks", hour.clicks);
        }
    }

    /// Every number of the report in reading order.
    fn lines(&self) -> Vec<ExportLine> {
        let mut lines = Vec::new();
        let mut add = |section, name: &str, detail: &str, value| {
            let (name, detail) = (name.to_owned(), detail.to_owned());
            lines.push(ExportLine { section, name, detail, value });
        };
        add("deliveries", "audience", "", self.audience);
        for (state, contacts) in self.deliveries.by_state() {
            add("deliveries", state.as_str(), "", contacts);
        }
        for reason in self.reasons.iter().filter(|reason| !reason.sentence().is_empty()) {
            add("reasons", reason.state, &reason.sentence(), reason.contacts);
        }
        let evidence = &self.evidence;
        let Tracking { identified, anonymous, off, .. } = self.tracking;
        add("sent", "tracked", "", identified);
        add("sent", "anonymous", "views and clicks of nobody", anonymous);
        add("sent", "not tracked", "", off);
        add("opened by", "denominator", "sent, tracked, and in doubt", evidence.denominator);
        add("opened by", "people, at least", "", evidence.floor);
        add("opened by", "people, at most", "", evidence.ceiling);
        add("opened by", "person", "", evidence.person);
        add("opened by", "proxied", "", evidence.proxied);
        add("opened by", "unknown", "", evidence.unknown);
        add("opened by", "repeat", "", evidence.repeat);
        add("opened by", "machine only", "", evidence.machine_only);
        add("opened by", "not opened", "", evidence.not_opened);
        add("clicked by", "people, at least", "", self.clicks.floor);
        add("clicked by", "people, at most", "", self.clicks.ceiling);
        add("clicked by", "machine only", "", self.clicks.machine_only);
        self.hit_lines(&mut add);
        self.course_lines(&mut add);
        self.origins.lines(&mut add);
        let on_the_way = i64::try_from(self.on_the_way).unwrap_or(i64::MAX);
        if on_the_way > 0 {
            add("on their way", "hits answered, not counted yet", "all campaigns", on_the_way);
        }
        if self.stray_hits > 0 {
            let name = "hits of messages that this store has not sent, or of people it has erased";
            add("kept aside", name, "all campaigns, counted in no rate", self.stray_hits);
        }
        for gap in &self.gaps {
            let until = format!("until {}", gap.to.rfc3339());
            let hits = i64::try_from(gap.hits).unwrap_or(i64::MAX);
            add("gaps", &gap.from.rfc3339(), &until, hits);
        }
        lines
    }

    /// A count's share of its section's whole, where there is one.
    fn share(&self, section: &str, value: i64) -> String {
        let whole = match section {
            "deliveries" => self.audience,
            "sent" => self.deliveries.sent,
            "opened by" | "clicked by" => self.evidence.denominator,
            _ => 0,
        };
        if whole == 0 { String::new() } else { format!("  {:>7}", percent(value, whole)) }
    }
}

/// A cell that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV
/// injection); other people write the labels of links and the replies of relays.
pub fn tame(cell: &str) -> String {
    match cell.chars().next() {
        Some('-') if cell == "-" => cell.to_owned(),
        // The wide forms start one in East Asian settings.
        Some(
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}'
            | '\u{ff20}',
        ) => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

/// One row of the table. A long label is broken between words and nothing of it is left out; the
/// number is on its first line.
fn write_row(out: &mut String, label: &str, value: &str, share: &str) {
    let mut lines = broken(label, LABEL_WIDTH).into_iter();
    let first = lines.next().unwrap_or_default();
    let _ = writeln!(out, "  {first:<LABEL_WIDTH$} {value:>12}{share}");
    for line in lines {
        let _ = writeln!(out, "    {line}");
    }
}

/// The text in lines of at most `width` characters, the later ones two less for their indent.
fn broken(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let word: Vec<char> = word.chars().collect();
        // A word that is longer than a line, such as a link's address, is cut into pieces.
        for piece in word.chunks(width.saturating_sub(2).max(1)) {
            let piece: String = piece.iter().collect();
            let room = if lines.len() == 1 { width } else { width.saturating_sub(2) };
            match lines.last_mut() {
                Some(line) if line.chars().count() + piece.trim_end().chars().count() <= room => {
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_label_goes_on_in_the_next_line() {
        let mut out = String::new();
        let reason = "failed: 550 5.7.1 Message rejected as spam by content filtering; see (link)";
        write_row(&mut out, reason, "5", "");
        assert_eq!(
            out,
            "  failed: 550 5.7.1 Message rejected as spam              5\n    \
             by content filtering; see (link)\n"
        );
        for text in ["", "x", reason, &"y".repeat(200)] {
            let lines = broken(text, LABEL_WIDTH);
            assert!(lines.iter().all(|line| line.chars().count() <= LABEL_WIDTH));
            assert_eq!(lines.join("").replace(' ', ""), text.replace(' ', ""), "nothing is lost");
        }
    }
}
