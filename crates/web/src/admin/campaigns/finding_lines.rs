//! What a check has found, told where the form shows it.

use campaign::CheckFinding;
use report::number_text::thousands;

use crate::admin::page::form::sentence;
use crate::admin::text_editor::text_form::{called, place};

/// Findings of a kind that are shown.
const SHOWN: usize = 50;

pub(crate) struct FindingLine {
    /// The field of the text that is to blame; may be empty.
    pub(crate) field: &'static str,
    pub(crate) line: usize,
    /// As the form calls it.
    pub(crate) place: String,
    pub(crate) words: String,
    /// How many people it is about; empty when it is about nobody.
    pub(crate) people: String,
}

pub(crate) fn finding_lines<'f>(
    source: &str,
    found: impl Iterator<Item = &'f CheckFinding>,
) -> Vec<FindingLine> {
    found.take(SHOWN).map(|finding| FindingLine::new(source, finding)).collect()
}

impl FindingLine {
    fn new(source: &str, finding: &CheckFinding) -> Self {
        let (field, line) = finding.line.map_or(("", 0), |line| place(source, line));
        let place = called(field, line);
        let words = match place.is_empty() {
            true => finding.text.as_str(),
            false => without_place(&finding.text, finding.line),
        };
        let people = match finding.contacts {
            0 => String::new(),
            1 => "1 person".to_owned(),
            some => format!("{} people", thousands(some)),
        };
        Self { field, line, place, words: sentence(words), people }
    }
}

/// The words behind `line 6, column 3: `, which counts the lines of the whole file.
fn without_place(text: &str, line: Option<usize>) -> &str {
    let begins = line.map(|line| format!("line {line}"));
    let rest = begins.and_then(|begins| text.strip_prefix(&begins)).unwrap_or(text);
    let place = rest.split_once(": ").filter(|(place, _)| {
        place.is_empty()
            || place.strip_prefix(", column ").is_some_and(|it| it.parse::<u32>().is_ok())
    });
    place.map_or(text, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_file_are_not_told_twice() {
        let told = |text| without_place(text, Some(6));
        assert_eq!(told("line 6, column 3: a tag: wrong"), "a tag: wrong");
        assert_eq!(told("line 6: no contact has `x`"), "no contact has `x`");
        assert_eq!(told("line 61: other"), "line 61: other");
        assert_eq!(told("2 would be skipped: why"), "2 would be skipped: why");
    }
}
