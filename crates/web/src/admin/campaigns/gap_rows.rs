//! Gaps as rows of a table.

use model::Timestamp;
use report::GapLine;
use report::number_text::thousands;

/// More are in the files.
const SHOWN: usize = 50;

pub(crate) struct GapRows {
    /// The latest first.
    pub(crate) rows: Vec<GapRow>,
    /// How many there are.
    pub(crate) all: usize,
    pub(crate) hits: String,
}

pub(crate) struct GapRow {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) hits: String,
}

impl GapRows {
    pub(crate) fn new(gaps: &[GapLine]) -> Self {
        let counted = |hits: u64| thousands(i64::try_from(hits).unwrap_or(i64::MAX));
        let row = |gap: &GapLine| GapRow {
            from: exact(gap.from),
            to: exact(gap.to),
            hits: counted(gap.hits),
        };
        let hits = gaps.iter().fold(0, |sum: u64, gap| sum.saturating_add(gap.hits));
        Self {
            rows: gaps.iter().rev().take(SHOWN).map(row).collect(),
            all: gaps.len(),
            hits: counted(hits),
        }
    }
}

/// `2026-11-23 10:04:05`: gaps may be of seconds.
fn exact(time: Timestamp) -> String {
    time.rfc3339().replace('T', " ").replace('Z', "")
}
