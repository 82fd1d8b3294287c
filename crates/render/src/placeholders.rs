//! Placeholders for the holes while text runs through Markdown, layout and CSS inlining.
//!
//! Invariant: a placeholder consists of letters and digits only, so none of those steps changes it,
//! and its prefix does not occur in anything from an author or a setting.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::problem::{Problem, SourcePosition};

const DIGITS: usize = 5;

/// What is filled in per contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hole {
    /// A value in HTML text or a quoted attribute.
    Html(usize),
    /// A value in a URL.
    UrlComponent(usize),
    /// A value in the plain-text part.
    Plain(usize),
    /// The token of a tracked link.
    Link(u16),
    /// The sealed target of a tracked link that leads everyone elsewhere, by its number.
    Target(usize),
    /// The same where nothing is sealed, in the plain-text part.
    PlainTarget(usize),
    /// A tag that chooses, by its number.
    Control(usize),
    /// The token of the pixel.
    View,
    /// The token of the link that no reader can see.
    Honeypot,
    /// The token of the unsubscribe link.
    Unsubscribe,
    /// The token of the page in the browser.
    Browse,
    /// The campaign's number.
    Campaign,
}

/// A text taken apart at its marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Hole(Hole),
}

/// Makes and finds the marks of one compilation.
#[derive(Debug, Clone)]
pub(crate) struct Placeholders {
    prefix: String,
}

impl Placeholders {
    /// Placeholders whose prefix is in none of `texts`. The same texts give the same prefix, so
    /// that an announcement compiles to the same bytes again.
    pub(crate) fn absent_from(texts: &[&str]) -> Self {
        let mut hasher = DefaultHasher::new();
        texts.hash(&mut hasher);
        let mut number = hasher.finish();
        loop {
            let prefix = format!("phx{number:016x}h");
            if !texts.iter().any(|text| text.to_ascii_lowercase().contains(&prefix)) {
                return Self { prefix };
            }
            number = number.wrapping_add(1);
        }
    }

    pub(crate) fn mark(&self, hole: Hole) -> String {
        let (letter, number) = match hole {
            Hole::Html(number) => ('m', number),
            Hole::UrlComponent(number) => ('u', number),
            Hole::Plain(number) => ('p', number),
            Hole::Link(slot) => ('l', usize::from(slot)),
            Hole::Target(number) => ('t', number),
            Hole::PlainTarget(number) => ('a', number),
            Hole::Control(number) => ('c', number),
            Hole::View => ('v', 0),
            Hole::Honeypot => ('h', 0),
            Hole::Unsubscribe => ('x', 0),
            Hole::Browse => ('b', 0),
            Hole::Campaign => ('n', 0),
        };
        format!("{}{letter}{number:0DIGITS$}", self.prefix)
    }

    pub(crate) fn begins_in(&self, text: &str) -> bool {
        // Tag and attribute names come back in lower case, as the prefix is.
        text.contains(&self.prefix)
    }

    /// Whether a line has tags that choose, and nothing else.
    pub(crate) fn only_controls(&self, line: &str) -> bool {
        let line = line.trim();
        self.begins_in(line)
            && self.split(line).is_ok_and(|pieces| {
                pieces.iter().all(|piece| match piece {
                    Piece::Text(text) => text.trim().is_empty(),
                    Piece::Hole(hole) => matches!(hole, Hole::Control(_)),
                })
            })
    }

    /// What stands for a piece of HTML that a step must not look into.
    pub(crate) fn raw_html(&self, number: usize) -> String {
        format!("<!--{}raw{number:0DIGITS$}-->", self.prefix)
    }

    /// The comment that stands for the fence of this number.
    pub(crate) fn fence(&self, number: usize) -> String {
        format!("<!--{}fence{number}-->", self.prefix)
    }

    /// The number of the fence that a comment stands for.
    pub(crate) fn fence_number(&self, comment: &str) -> Option<usize> {
        let inner = comment.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
        inner.strip_prefix(&self.prefix)?.strip_prefix("fence")?.parse().ok()
    }

    /// The text in pieces.
    pub(crate) fn split<'a>(&self, text: &'a str) -> Result<Vec<Piece<'a>>, Problem> {
        let mut pieces = Vec::new();
        let mut parts = text.split(self.prefix.as_str());
        pieces.extend(parts.next().filter(|text| !text.is_empty()).map(Piece::Text));
        for part in parts {
            let (mark, rest) = part.split_at_checked(1 + DIGITS).ok_or_else(broken)?;
            pieces.push(Piece::Hole(hole(mark).ok_or_else(broken)?));
            if !rest.is_empty() {
                pieces.push(Piece::Text(rest));
            }
        }
        Ok(pieces)
    }

    /// The text with its holes changed by `change`.
    pub(crate) fn changed(
        &self,
        text: &str,
        change: impl Fn(Hole) -> String,
    ) -> Result<String, Problem> {
        let mut changed = String::with_capacity(text.len());
        for piece in self.split(text)? {
            match piece {
                Piece::Text(text) => changed.push_str(text),
                Piece::Hole(hole) => changed.push_str(&change(hole)),
            }
        }
        Ok(changed)
    }
}

fn hole(mark: &str) -> Option<Hole> {
    let (letter, digits) = mark.split_at_checked(1)?;
    let number: usize = digits.parse().ok()?;
    Some(match letter {
        "m" => Hole::Html(number),
        "u" => Hole::UrlComponent(number),
        "p" => Hole::Plain(number),
        "l" => Hole::Link(u16::try_from(number).ok()?),
        "t" => Hole::Target(number),
        "a" => Hole::PlainTarget(number),
        "c" => Hole::Control(number),
        "v" => Hole::View,
        "h" => Hole::Honeypot,
        "x" => Hole::Unsubscribe,
        "b" => Hole::Browse,
        "n" => Hole::Campaign,
        _ => return None,
    })
}

fn broken() -> Problem {
    SourcePosition::SETTINGS.problem(
        "a merge tag or link is in a place where it gets split",
        "move it out of unusual markup",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_as_the_holes_they_stand_for() {
        let placeholders = Placeholders::absent_from(&["x"]);
        let holes = [
            Hole::Html(7),
            Hole::UrlComponent(0),
            Hole::Plain(499),
            Hole::Link(3),
            Hole::Target(2),
            Hole::PlainTarget(1),
            Hole::Honeypot,
            Hole::Control(4),
            Hole::View,
            Hole::Unsubscribe,
            Hole::Browse,
            Hole::Campaign,
        ];
        let text: String =
            holes.iter().map(|hole| format!("a{}", placeholders.mark(*hole))).collect();
        let pieces = placeholders.split(&text).unwrap();
        let expect: Vec<_> =
            holes.iter().flat_map(|hole| [Piece::Text("a"), Piece::Hole(*hole)]).collect();
        assert_eq!(pieces, expect);
    }

    #[test]
    fn a_prefix_is_never_one_that_the_text_has() {
        let first = Placeholders::absent_from(&["x"]);
        let torn = format!("{}m1", first.prefix);
        assert!(first.split(&torn).is_err());
        assert!(!Placeholders::absent_from(&[&torn]).begins_in(&torn));
    }
}
