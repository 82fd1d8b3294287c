//! Texts whose tags are placeholders while they are read or written as Markdown.

use super::lines::{ControlRole, MarkedBody};
use crate::html::markup::Span;
use crate::placeholders::{Hole, Piece, Placeholders};
use crate::template::tag_spans;

/// The tags of some texts, by number.
#[derive(Debug)]
pub(super) struct TagMarks {
    pub(super) placeholders: Placeholders,
    values: Vec<String>,
    controls: Vec<String>,
    pub(super) roles: Vec<ControlRole>,
    /// Where tags stand in the last text and its original, for places in it.
    moved: Vec<(usize, usize)>,
}

impl TagMarks {
    pub(super) fn new(texts: &[&str]) -> Self {
        Self {
            placeholders: Placeholders::absent_from(texts),
            values: Vec::new(),
            controls: Vec::new(),
            roles: Vec::new(),
            moved: Vec::new(),
        }
    }

    pub(super) fn body<'a>(&'a self, text: &'a str) -> MarkedBody<'a> {
        MarkedBody { text, placeholders: &self.placeholders, roles: &self.roles }
    }

    /// The text with placeholders instead of tags.
    pub(super) fn marked(&mut self, text: &str) -> String {
        let mut marked = String::with_capacity(text.len());
        let mut end = 0;
        self.moved.clear();
        for Span { start, end: next } in tag_spans(text) {
            marked.push_str(text.get(end..start).unwrap_or_default());
            let tag = text.get(start..next).unwrap_or_default();
            let hole = match role(tag) {
                Some(role) => {
                    self.controls.push(tag.to_owned());
                    self.roles.push(role);
                    Hole::Control(self.controls.len() - 1)
                }
                None => {
                    self.values.push(tag.to_owned());
                    Hole::Html(self.values.len() - 1)
                }
            };
            marked.push_str(&self.placeholders.mark(hole));
            end = next;
            self.moved.push((marked.len(), end));
        }
        marked.push_str(text.get(end..).unwrap_or_default());
        marked
    }

    /// Where the byte `at` of the text that was marked last stands in the original.
    pub(super) fn original(&self, at: usize) -> usize {
        let last = self.moved.partition_point(|(marked, _)| *marked <= at).checked_sub(1);
        match last.and_then(|last| self.moved.get(last)) {
            Some((marked, original)) => original + (at - marked),
            None => at,
        }
    }

    /// The text with its tags again.
    pub(super) fn unmarked(&self, text: &str) -> String {
        let Ok(pieces) = self.placeholders.split(text) else { return text.to_owned() };
        let tag = |piece: Piece<'_>| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Hole(Hole::Control(number)) => {
                self.controls.get(number).cloned().unwrap_or_default()
            }
            Piece::Hole(Hole::Html(number)) => self.values.get(number).cloned().unwrap_or_default(),
            Piece::Hole(_) => String::new(),
        };
        pieces.into_iter().map(tag).collect()
    }

    /// The word of a tag that decides, and what stands behind it.
    pub(super) fn control(&self, number: usize) -> (&str, &str) {
        self.controls.get(number).map_or(("", ""), |tag| words(tag))
    }
}

fn words(tag: &str) -> (&str, &str) {
    let inside = tag.strip_prefix("{%").and_then(|it| it.strip_suffix("%}")).unwrap_or(tag).trim();
    let (word, rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    (word, rest.trim())
}

fn role(tag: &str) -> Option<ControlRole> {
    if !tag.starts_with("{%") {
        return None;
    }
    match words(tag).0 {
        "if" => Some(ControlRole::Opens { is_loop: false }),
        "for" => Some(ControlRole::Opens { is_loop: true }),
        "elif" | "elseif" | "else" => Some(ControlRole::Continues),
        "endif" | "endfor" => Some(ControlRole::Closes),
        _ => None,
    }
}
