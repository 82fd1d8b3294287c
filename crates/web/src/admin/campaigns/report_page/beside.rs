//! A campaign's figures by two rule sets, beside each other.

use report::CampaignReport;
use report::number_text::thousands;

pub(super) struct RulesBeside {
    /// The versions of the two.
    pub(super) versions: [String; 2],
    pub(super) rows: Vec<RowBeside>,
    /// Rows in which they differ.
    pub(super) different: usize,
}

pub(super) struct RowBeside {
    pub(super) name: String,
    pub(super) values: [String; 2],
    /// `+12`, or nothing when they are equal.
    pub(super) change: String,
}

impl RulesBeside {
    pub(super) fn new(one: &CampaignReport, other: &CampaignReport) -> Self {
        let (from, to) = (lines(one), lines(other));
        let rows: Vec<RowBeside> = from.into_iter().zip(to).map(row).collect();
        Self {
            versions: [one.rules_version.clone(), other.rules_version.clone()],
            different: rows.iter().filter(|row| !row.change.is_empty()).count(),
            rows,
        }
    }
}

/// Both reports have the same lines: the classes are always all.
fn row(((name, one), (_, other)): ((String, i64), (String, i64))) -> RowBeside {
    let change = match other - one {
        0 => String::new(),
        more if more > 0 => format!("+{}", thousands(more)),
        less => format!("−{}", thousands(-less)),
    };
    RowBeside { name, values: [thousands(one), thousands(other)], change }
}

fn lines(report: &CampaignReport) -> Vec<(String, i64)> {
    let CampaignReport { evidence, clicks, .. } = report;
    let mut lines: Vec<(String, i64)> = [
        ("Opened, at least", evidence.floor),
        ("Opened, at most", evidence.ceiling),
        ("Opened through an image proxy, likely people", evidence.proxied),
        ("Reached only by machines", evidence.machine_only),
        ("Clicked, at least", clicks.floor),
        ("Clicked, at most", clicks.ceiling),
        ("Links followed only by machines", clicks.machine_only),
    ]
    .map(|(name, contacts)| (name.to_owned(), contacts))
    .into();
    for class in &report.classes {
        lines.push((format!("Views taken for {}", class.class), class.views));
        lines.push((format!("Clicks taken for {}", class.class), class.clicks));
    }
    lines
}
