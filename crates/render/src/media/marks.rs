//! What stands for a reference to the library while text runs through Markdown, MJML and CSS inlining:
//! letters and digits, as a relative address could have, so none of those steps changes it.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::reference::Reference;
use crate::html::markup::Span;

const DIGITS: usize = 5;

/// The references of one announcement and their marks.
#[derive(Debug, Clone)]
pub(crate) struct MediaMarks {
    prefix: String,
    references: Vec<Reference>,
}

impl MediaMarks {
    /// Marks that are in none of `texts`; the same texts give the same.
    pub(crate) fn absent_from(texts: &[&str]) -> Self {
        let mut hasher = DefaultHasher::new();
        ("media", texts).hash(&mut hasher);
        let mut number = hasher.finish();
        loop {
            let prefix = format!("phm{number:016x}n");
            if !texts.iter().any(|text| text.to_ascii_lowercase().contains(&prefix)) {
                return Self { prefix, references: Vec::new() };
            }
            number = number.wrapping_add(1);
        }
    }

    /// A mark for one more reference.
    pub(crate) fn mark(&mut self, reference: Reference) -> String {
        self.references.push(reference);
        format!("{}{:0DIGITS$}", self.prefix, self.references.len() - 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.references.is_empty()
    }

    pub(crate) fn begins_in(&self, text: &str) -> bool {
        !self.is_empty() && text.contains(&self.prefix)
    }

    pub(crate) fn get(&self, number: usize) -> Option<&Reference> {
        self.references.get(number)
    }

    /// The number of the mark that the text is, white space and a fragment aside.
    pub(crate) fn number(&self, text: &str) -> Option<usize> {
        let rest = text.trim().strip_prefix(&self.prefix)?;
        let (digits, behind) = rest.split_at_checked(DIGITS)?;
        let number = digits.parse().ok().filter(|number| *number < self.references.len());
        number.filter(|_| behind.is_empty() || behind.starts_with('#'))
    }

    /// The marks in a text: where they are, and their numbers.
    pub(crate) fn places(&self, text: &str) -> Vec<(Span, usize)> {
        if self.is_empty() {
            return Vec::new();
        }
        let length = self.prefix.len() + DIGITS;
        let places = text.match_indices(&self.prefix).filter_map(|(at, _)| {
            let number = text.get(at + self.prefix.len()..at + length)?.parse().ok()?;
            Some((at..at + length, number))
        });
        places.collect()
    }

    /// The text with each mark replaced.
    pub(crate) fn replaced(&self, text: &str, with: impl Fn(usize) -> String) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut at = 0;
        for (span, number) in self.places(text) {
            replaced.push_str(text.get(at..span.start).unwrap_or_default());
            replaced.push_str(&with(number));
            at = span.end;
        }
        replaced.push_str(text.get(at..).unwrap_or_default());
        replaced
    }

    /// The text as its author wrote it.
    pub(crate) fn written(&self, text: &str) -> String {
        self.replaced(text, |number| self.get(number).map(Reference::written).unwrap_or_default())
    }
}
