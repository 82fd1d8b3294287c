//! A comparison as JSON, CSV and a plain-text table.
//!
//! CSV: a line for each campaign, a column for each figure, so that a topic's grows downwards; gaps are
//! in JSON and in the table, which have a place for them.

use std::fmt::Write as _;

use model::Timestamp;

use crate::comparison::{Comparison, ComparisonValue};
use crate::export::tame;
use crate::file_text::{csv_text, json_text};
use crate::number_text::{percent, thousands};
use crate::{CampaignFacts, CampaignHeadline, ReportError};

/// Columns of the table that say which campaign it is.
const FACTS: [&str; 5] = ["campaign", "name", "topic", "state", "started_at"];

impl Comparison {
    /// As indented JSON.
    pub fn to_json(&self) -> Result<String, ReportError> {
        json_text(self)
    }

    /// As CSV with a header line.
    pub fn to_csv(&self) -> Result<String, ReportError> {
        let rows = self.rows();
        let names = rows.iter().map(|row| row.name.replace(", ", " ").replace(' ', "_"));
        let facts_of_all = FACTS.iter().map(|it| (*it).to_owned());
        let last = ["rules_version".to_owned(), "gap_hits".to_owned()];
        let header: Vec<String> = facts_of_all.chain(names).chain(last).collect();
        let lines = self.campaigns.iter().enumerate().map(|(index, line)| {
            let values = rows.iter().filter_map(|row| row.values.get(index));
            let values = values.map(|value| value.contacts.to_string());
            let last = [self.rules_version.clone(), self.gap_hits_of(&line.campaign).to_string()];
            facts(&line.campaign)
                .map(|it| tame(&it))
                .into_iter()
                .chain(values)
                .chain(last)
                .collect()
        });
        csv_text([header].into_iter().chain(lines))
    }

    /// As aligned text for a terminal: the campaigns with their numbers, then a line for each figure.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut out = format!("rules_version  {}\n\n", self.rules_version);
        for line in &self.campaigns {
            let it = &line.campaign;
            let started = it.started_at.map_or("not started".to_owned(), Timestamp::readable);
            let _ = writeln!(out, "{:>6}  {}  ({}, {started})", it.id, it.name, it.topic);
        }
        let _ = write!(out, "\n{:<26}", "CAMPAIGN");
        for line in &self.campaigns {
            let _ = write!(out, "{:>18}", line.campaign.id.to_string());
        }
        out.push('\n');
        for row in self.rows() {
            let _ = write!(out, "{:<26}", row.name);
            for value in &row.values {
                let _ = write!(out, "{:>18}", cell(value));
            }
            out.push('\n');
        }
        self.write_gaps(&mut out);
        out
    }

    /// As aligned text for a terminal: a line for each campaign, for a topic's.
    #[must_use]
    pub fn to_list(&self) -> String {
        let mut out = format!("rules_version  {}\n\n", self.rules_version);
        let _ = writeln!(
            out,
            "{:<12}{:>8}{:>10}{:>20}{:>20}{:>14}{:>10}  name",
            "started", "number", "sent", "opened", "clicked", "unsubscribed", "failed"
        );
        for line in &self.campaigns {
            let CampaignHeadline { campaign, deliveries, evidence, clicks, .. } = line;
            let day = campaign.started_at.map_or("-".to_owned(), Timestamp::rfc3339);
            let day = day.split('T').next().unwrap_or_default();
            let _ = writeln!(
                out,
                "{day:<12}{:>8}{:>10}{:>20}{:>20}{:>14}{:>10}  {}",
                campaign.id.to_string(),
                thousands(deliveries.sent),
                span(evidence.floor, evidence.ceiling),
                span(clicks.floor, clicks.ceiling),
                thousands(line.unsubscribes),
                thousands(deliveries.failed),
                campaign.name,
            );
        }
        self.write_gaps(&mut out);
        out
    }

    fn write_gaps(&self, out: &mut String) {
        if !self.gaps.is_empty() {
            out.push_str("\nGAPS: hits of all campaigns that were answered and not recorded\n");
        }
        for gap in &self.gaps {
            let hits = thousands(i64::try_from(gap.hits).unwrap_or(i64::MAX));
            let _ = writeln!(out, "  {} until {}  {hits}", gap.from.rfc3339(), gap.to.rfc3339());
        }
    }

    /// Hits of all campaigns that were answered and not recorded since this one was started.
    #[must_use]
    pub fn gap_hits_of(&self, campaign: &CampaignFacts) -> u64 {
        let Some(started) = campaign.started_at else { return 0 };
        let since = self.gaps.iter().filter(|gap| gap.to >= started);
        since.fold(0, |sum, gap| sum.saturating_add(gap.hits))
    }
}

fn facts(campaign: &CampaignFacts) -> [String; 5] {
    [
        campaign.id.to_string(),
        campaign.name.clone(),
        campaign.topic.clone(),
        campaign.state.to_owned(),
        campaign.started_at.map_or("-".to_owned(), Timestamp::rfc3339),
    ]
}

/// `123 to 162`, or one number when they are equal.
fn span(floor: i64, ceiling: i64) -> String {
    match floor == ceiling {
        true => thousands(floor),
        false => format!("{} to {}", thousands(floor), thousands(ceiling)),
    }
}

/// `381 (38.1 %)`, or the number alone.
fn cell(value: &ComparisonValue) -> String {
    let count = thousands(value.contacts);
    match value.of {
        Some(of) if of > 0 => format!("{count} ({})", percent(value.contacts, of)),
        _ => count,
    }
}
