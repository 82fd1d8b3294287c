//! What `pharos contacts import` says of what it has done, and the files beside the one that it has read.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use audience::{ImportSummary, Preset};
use indicatif::HumanCount;

use super::super::rejects::Rejects;
use crate::telemetry::{counted, say};

/// Warnings that are shown; all are in a file.
const WARNINGS_SHOWN: usize = 5;

pub(super) fn known_product(word: &str) -> Option<&'static Preset> {
    Preset::all().iter().find(|it| it.name == word)
}

pub(super) fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    file.with_file_name(name)
}

/// Shows the first warnings, and writes all of them beside the file.
pub(super) fn warned(file: &Path, list: &[u8]) -> anyhow::Result<()> {
    let mut out = Rejects::begin_warnings(beside(file, ".warnings.csv"), file)?;
    if list.is_empty() {
        return out.remove_older();
    }
    out.write_all(list)?;
    out.keep()?;
    let text = String::from_utf8_lossy(list);
    for line in text.lines().skip(1).take(WARNINGS_SHOWN) {
        say(format_args!("Warning: line {}", line.replacen(',', ", ", 2)));
    }
    say(format_args!("All warnings: {}", beside(file, ".warnings.csv").display()));
    Ok(())
}

pub(super) fn conclude(summary: &ImportSummary, rejects: &Path) {
    if let Some(product) = summary.product.and_then(known_product) {
        let note = product.note.as_deref().map(|note| format!(" {note}")).unwrap_or_default();
        say(format_args!("Read as an export of {}.{note}", product.title));
    }
    say(format_args!(
        "{}: {} added, {} updated, {} unchanged, {} rejected.",
        counted(summary.rows, "row", "rows"),
        HumanCount(summary.added),
        HumanCount(summary.updated),
        HumanCount(summary.unchanged),
        HumanCount(summary.rejected),
    ));
    let (person, people) = ("person", "people");
    let more: [(u64, [&str; 2], &str); 15] = [
        (
            summary.merged,
            ["row", "rows"],
            "repeated a contact of another row; the later one counts.",
        ),
        (summary.subscribed, [person, people], "newly subscribed."),
        (
            summary.left,
            [person, people],
            "left elsewhere, according to the file; kept without mail.",
        ),
        (
            summary.unconfirmed,
            [person, people],
            "never agreed to mail, according to the file; kept, not subscribed.",
        ),
        (
            summary.kept_unsubscribed,
            [person, people],
            "had unsubscribed before; still unsubscribed.",
        ),
        (summary.suppressed, [person, people], "suppressed; no mail."),
        (summary.erased, [person, people], "erased at their request; nothing was kept."),
        (summary.children, [person, people], "under 13; nothing was kept but a mark."),
        (summary.of_other_topics, [person, people], "belong to other topics; left out."),
        (
            summary.tracking_begun,
            [person, people],
            "had said nothing about tracking; now it is as you said.",
        ),
        (summary.role_addresses, ["address", "addresses"], "of an office, not of a person."),
        (summary.disposable, ["address", "addresses"], "at a domain for mailboxes of minutes."),
        (summary.typos, ["address", "addresses"], "at a domain that looks mistyped."),
        (summary.no_mail, ["address", "addresses"], "at a domain that takes no mail."),
        (
            summary.mx_unanswered,
            ["address", "addresses"],
            "of which DNS did not say whether mail is taken.",
        ),
    ];
    for (count, [one, many], what) in more.into_iter().filter(|(count, ..)| *count > 0) {
        say(format_args!("{} {what}", counted(count, one, many)));
    }
    if summary.rejected > 0 {
        say(format_args!("Rejected rows, with reasons: {}", rejects.display()));
    }
}

/// What may be wrong with the file as a whole.
pub(super) fn hint(summary: &ImportSummary) -> String {
    match summary.other_separator {
        Some('\t') => {
            ": their cells seem to be separated by tabs, those of the first line are not".into()
        }
        Some(other) => {
            format!(
                ": their cells seem to be separated by {other:?}, those of the first line are not"
            )
        }
        None => String::new(),
    }
}
