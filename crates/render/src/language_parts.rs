//! The languages of an announcement's file: what stands below a line `=== lang: de ===` is the same in
//! German.

use crate::footer::Language;
use crate::problem::{Problem, SourcePosition};

/// Most languages besides the first.
const MOST_VARIANTS: usize = 40;

/// One language of a file, with its front matter.
pub(crate) struct LanguagePart<'t> {
    /// Nothing for the first, whose front matter may say it.
    pub(crate) language: Option<Language>,
    pub(crate) text: &'t str,
    /// The line of the file on which it begins.
    pub(crate) line: usize,
}

/// The first language, and the others.
///
/// # Errors
/// When a line names no language.
pub(crate) fn language_parts(
    text: &str,
) -> Result<(LanguagePart<'_>, Vec<LanguagePart<'_>>), Problem> {
    let mut starts = Vec::new();
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(tag) = tag_of(line) {
            let place = SourcePosition { line: number + 1, column: 1 };
            let language = Language::parse(tag).ok_or_else(|| {
                let what = format!("`{tag}` is not a language");
                place.problem(what, "use its code, such as en, de or pt-BR")
            })?;
            starts.push((at, at + line.len(), language, number + 2));
        }
        at += line.len();
        if starts.len() > MOST_VARIANTS {
            let place = SourcePosition::line(number + 1);
            return Err(place.problem(
                format!("there are more than {MOST_VARIANTS} languages"),
                "make a campaign of its own for some",
            ));
        }
    }
    let end_of = |next: usize| starts.get(next).map_or(text.len(), |(start, ..)| *start);
    let piece = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let first = LanguagePart { language: None, text: piece(0, end_of(0)), line: 1 };
    let others = starts.iter().enumerate().map(|(at, (_, start, language, line))| LanguagePart {
        language: Some(language.clone()),
        text: piece(*start, end_of(at + 1)),
        line: *line,
    });
    Ok((first, others.collect()))
}

/// What a line `=== lang: TAG ===` names.
fn tag_of(line: &str) -> Option<&str> {
    let inner = line.trim_end().strip_prefix("===")?.strip_suffix("===")?;
    Some(inner.trim().strip_prefix("lang:")?.trim())
}
