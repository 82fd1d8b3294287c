//! Something that is kept, as a line with its moment.

use model::Timestamp;

/// `2026-11-28 10:04 UTC`, the same in every language: set apart, so that its parts keep their order in what is
/// written from right to left.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.rfc3339();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    let time = time.get(..5).unwrap_or_default();
    format!("\u{2066}{day} {time} UTC\u{2069}")
}

/// Something that is kept, with its moment.
pub(super) struct AccountEntry {
    pub(super) when: String,
    pub(super) what: String,
    /// More about it; may be empty.
    pub(super) note: String,
}
