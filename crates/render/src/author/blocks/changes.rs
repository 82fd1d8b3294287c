//! The items of a list of changes: each begins with its label in bold.

use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::lines::{MARKDOWN, trimmed};
use super::plain::from_backslash;
use super::sections::BlockProblem;
use crate::html::markup::Span;

const HINT: &str = "write `- **New** What is new`";

/// One change, in the text that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChangeItem {
    pub(super) label: Span,
    pub(super) rest: Span,
    /// How far the lines of its text are indented.
    pub(super) indent: usize,
}

/// The changes in the text of a list, which begins at the byte `base` of its body.
///
/// # Errors
/// When there is something else than items with a label.
pub(super) fn change_items(text: &str, base: usize) -> Result<Vec<ChangeItem>, BlockProblem> {
    let events: Vec<(Event<'_>, Span)> =
        Parser::new_ext(text, MARKDOWN).into_offset_iter().collect();
    let (mut items, mut depth, mut end) = (Vec::new(), 0_usize, 0);
    for (at, (event, span)) in events.iter().enumerate() {
        let gap = text.get(end..span.start).unwrap_or_default();
        let is_list = matches!(event, Event::Start(Tag::List(None)));
        if depth == 0 && (!is_list || !trimmed(gap).is_empty()) {
            let what = "a list of changes contains something else";
            let at = if trimmed(gap).is_empty() { span.start } else { end };
            return Err(BlockProblem::new(base + at, what, HINT));
        }
        match event {
            Event::Start(Tag::Item) if depth == 1 => {
                let rest = events.get(at + 1..).unwrap_or_default();
                let item = change_item(text, span, rest);
                let none =
                    || BlockProblem::new(base + span.start, "this change has no label", HINT);
                items.push(item.ok_or_else(none)?);
                depth += 1;
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    end = span.end;
                }
            }
            _ => {}
        }
    }
    let rest = text.get(end..).unwrap_or_default();
    match trimmed(rest).is_empty() {
        true => Ok(items),
        false => {
            let what = "a list of changes contains something else";
            Err(BlockProblem::new(base + end, what, HINT))
        }
    }
}

fn change_item(text: &str, span: &Span, events: &[(Event<'_>, Span)]) -> Option<ChangeItem> {
    let mut events = events.iter();
    let (mut first, mut start) = events.next()?.clone();
    if first == Event::Start(Tag::Paragraph) {
        (first, start) = events.next()?.clone();
    }
    if first != Event::Start(Tag::Strong) {
        return None;
    }
    let inside: Vec<_> =
        events.take_while(|(event, _)| *event != Event::End(TagEnd::Strong)).collect();
    let label = inside.first()?.1.start..inside.last()?.1.end;
    let label = from_backslash(text, label);
    // A label is short and has one line.
    if text.get(label.clone())?.contains('\n') {
        return None;
    }
    let line = text.get(..start.start)?.rfind('\n').map_or(0, |at| at + 1);
    Some(ChangeItem { label, rest: start.end..span.end, indent: start.start - line })
}
