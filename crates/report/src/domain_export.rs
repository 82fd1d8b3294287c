//! A campaign by receiving domains as JSON, CSV and a plain-text table.

use std::fmt::Write as _;

use crate::ReportError;
use crate::domain_report::{DomainFigures, DomainName, DomainReport};
use crate::export::tame;
use crate::file_text::{csv_text, json_text};
use crate::number_text::{percent, percent_span, thousands};

impl DomainName {
    /// As tables and CSV have it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Domain(name) => name,
            Self::Others => "(others)",
            Self::Unknown => "(unknown)",
        }
    }
}

impl DomainReport {
    /// As indented JSON.
    pub fn to_json(&self) -> Result<String, ReportError> {
        json_text(self)
    }

    /// As CSV with a header line: a line for each domain, and the total.
    pub fn to_csv(&self) -> Result<String, ReportError> {
        let names = DomainFigures::default().all().map(|(name, _)| name.to_owned());
        let header: Vec<String> = std::iter::once("domain".to_owned()).chain(names).collect();
        let line = |(name, figures): (&str, &DomainFigures)| -> Vec<String> {
            let values = figures.all().map(|(_, value)| value.to_string());
            std::iter::once(tame(name)).chain(values).collect()
        };
        csv_text(std::iter::once(header).chain(self.with_total().map(line)))
    }

    /// As aligned text for a terminal.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut out = format!("rules_version  {}\n\n", self.rules_version);
        let _ = writeln!(
            out,
            "{:<28}{:>10}{:>10}{:>9}{:>9}{:>9}{:>14}{:>14}{:>10}{:>8}",
            "DOMAIN",
            "audience",
            "sent",
            "failed",
            "refused",
            "doubt",
            "opened",
            "clicked",
            "machines",
            "unsub."
        );
        for (name, it) in self.with_total() {
            let _ = writeln!(
                out,
                "{name:<28}{:>10}{:>10}{:>9}{:>9}{:>9}{:>14}{:>14}{:>10}{:>8}",
                thousands(it.audience),
                thousands(it.sent),
                thousands(it.failed),
                percent(it.refused, it.audience),
                thousands(it.in_doubt),
                percent_span(it.opened_floor, it.opened_ceiling, it.denominator),
                percent_span(it.clicked_floor, it.clicked_ceiling, it.denominator),
                percent(it.machine_only, it.denominator),
                thousands(it.unsubscribes),
            );
        }
        out
    }

    /// Every line, and the total behind them.
    fn with_total(&self) -> impl Iterator<Item = (&str, &DomainFigures)> {
        let lines = self.domains.iter().map(|line| (line.domain.as_str(), &line.figures));
        lines.chain([("total", &self.total)])
    }
}
