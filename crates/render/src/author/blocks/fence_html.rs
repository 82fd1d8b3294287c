//! Fences as HTML: columns, lists of changes and products.
//!
//! They are comments until Markdown has been read. Tables and conditional comments are for Outlook,
//! which knows no `inline-block`; everybody else gets blocks that stand side by side where there is room
//! and one below the other where there is none, with or without media queries.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::block::Directive;
use super::lines::{BlockLine, LineKind, MarkedBody, without_backslash};
use super::plain::without_blank_edges;
use crate::html::markup::Span;
use crate::placeholders::Hole;

const OUTLOOK_TABLE: &str = "<!--[if mso]><table role=\"presentation\" width=\"100%\" \
     cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr>";
const OUTLOOK_END: &str = "<!--[if mso]></td></tr></table><![endif]-->";

/// A line that begins or ends a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fence {
    Opens(Directive),
    Closes,
    /// A whole block of MJML, compiled.
    Mjml {
        html: String,
    },
}

/// A body in which comments stand for fences and for tags that have a line for themselves.
pub(crate) struct FencedText {
    pub(crate) text: String,
    pub(crate) fences: Vec<Fence>,
}

/// The text of a body without mistakes in its blocks. `compiled` makes HTML of MJML, which begins at a
/// byte of the body.
pub(crate) fn fenced_text(
    body: MarkedBody<'_>,
    lines: &[BlockLine],
    mut compiled: impl FnMut(usize, &str) -> String,
) -> FencedText {
    let mut fenced =
        FencedText { text: String::with_capacity(body.text.len()), fences: Vec::new() };
    let comment =
        |number: &usize| format!("<!--{}-->", body.placeholders.mark(Hole::Control(*number)));
    let mut lines = lines.iter().peekable();
    while let Some(line) = lines.next() {
        let text = body.get(&line.span);
        match &line.kind {
            LineKind::Opens(name) if Directive::parse(name) == Some(Directive::Mjml) => {
                let mut inner: Span = line.span.end..line.span.end;
                while let Some(line) = lines.next_if(|it| it.kind == LineKind::Mjml) {
                    inner.end = line.span.end;
                }
                lines.next();
                let source = body.get(&inner).split_inclusive('\n').map(without_backslash);
                let source: String = source.collect();
                let source = without_blank_edges(&source);
                let start = inner.start + body.get(&inner).find(source).unwrap_or(0);
                let html = compiled(start, source);
                fenced.push(body, Fence::Mjml { html });
            }
            LineKind::Opens(name) => {
                let directive = Directive::parse(name).map(Fence::Opens);
                directive.into_iter().for_each(|it| fenced.push(body, it));
            }
            LineKind::Closes => fenced.push(body, Fence::Closes),
            LineKind::Controls(numbers) | LineKind::HtmlControls(numbers) => {
                numbers.iter().for_each(|it| fenced.text.push_str(&format!("{}\n", comment(it))));
            }
            LineKind::TableControls(numbers) => {
                let comments: String = numbers.iter().map(comment).collect();
                fenced.text.push_str(&format!("| {comments} |\n"));
            }
            LineKind::Text => fenced.text.push_str(&without_backslash(text)),
            LineKind::Blank | LineKind::Verbatim | LineKind::Mjml => fenced.text.push_str(text),
        }
    }
    fenced
}

impl FencedText {
    fn push(&mut self, body: MarkedBody<'_>, fence: Fence) {
        let comment = body.placeholders.fence(self.fences.len());
        // Empty lines end whatever HTML stands before it.
        self.text.push_str(&format!("\n{comment}\n\n"));
        self.fences.push(fence);
    }
}

/// A part of a body: an event of Markdown's, or a block with those inside.
enum FencePart<'e> {
    Event(Event<'e>),
    Fenced(Directive, Vec<FencePart<'e>>),
}

/// The events with HTML in the places of fences. `number` tells the fence that a comment stands for.
pub(crate) fn fenced_events<'e>(
    events: Vec<Event<'e>>,
    fences: &[Fence],
    number: impl Fn(&str) -> Option<usize>,
) -> Vec<Event<'e>> {
    let mut open: Vec<(Directive, Vec<FencePart<'e>>)> = Vec::new();
    let mut parts = Vec::with_capacity(events.len());
    let mut rest = events.into_iter().peekable();
    while let Some(event) = rest.next() {
        let fence = match (&event, rest.peek()) {
            (Event::Start(Tag::HtmlBlock), Some(Event::Html(html))) => {
                number(html).and_then(|it| fences.get(it))
            }
            _ => None,
        };
        let Some(fence) = fence else {
            parts.push(FencePart::Event(event));
            continue;
        };
        // The comment, and the end of its block.
        rest.next();
        rest.next();
        match fence {
            Fence::Opens(directive) => open.push((*directive, std::mem::take(&mut parts))),
            Fence::Closes => {
                let Some((directive, around)) = open.pop() else { continue };
                let inner = std::mem::replace(&mut parts, around);
                parts.push(FencePart::Fenced(directive, inner));
            }
            Fence::Mjml { html } => parts.push(FencePart::Event(Event::Html(html.clone().into()))),
        }
    }
    let mut written = Vec::with_capacity(parts.len());
    push_parts(parts, false, &mut written);
    written
}

fn own_html<'e>(html: impl Into<String>) -> Event<'e> {
    Event::InlineHtml(html.into().into())
}

/// `is_narrow`: there is no room for anything beside anything.
fn push_parts<'e>(parts: Vec<FencePart<'e>>, is_narrow: bool, events: &mut Vec<Event<'e>>) {
    for part in parts {
        match part {
            FencePart::Event(event) => events.push(event),
            FencePart::Fenced(Directive::Columns, inner) => push_columns(inner, events),
            FencePart::Fenced(Directive::Product, inner) => push_product(inner, is_narrow, events),
            FencePart::Fenced(Directive::Changes, inner) => push_changes(inner, events),
            FencePart::Fenced(_, inner) => push_parts(inner, is_narrow, events),
        }
    }
}

fn push_columns<'e>(parts: Vec<FencePart<'e>>, events: &mut Vec<Event<'e>>) {
    let columns = parts.into_iter().filter_map(|part| match part {
        FencePart::Fenced(_, inner) => Some(inner),
        FencePart::Event(_) => None,
    });
    let cell = "<td width=\"50%\" valign=\"top\"><![endif]-->";
    events.push(own_html(format!("<div class=\"pharos-columns\">{OUTLOOK_TABLE}{cell}")));
    for (number, inner) in columns.enumerate() {
        let place = if number == 0 { "first" } else { "second" };
        if number > 0 {
            events.push(own_html(format!("{}{cell}", outlook_gap(24))));
        }
        events.push(own_html(format!("<div class=\"pharos-column pharos-column-{place}\">")));
        push_parts(inner, true, events);
        // No white space may stand between the columns: it would take room.
        events.push(own_html("</div>"));
    }
    events.push(own_html(format!("{OUTLOOK_END}</div>\n")));
}

/// Between two cells; the second begins behind it.
fn outlook_gap(width: usize) -> String {
    format!("<!--[if mso]></td><td width=\"{width}\">&nbsp;</td>")
}

/// A picture at the beginning stands beside the rest.
fn push_product<'e>(mut parts: Vec<FencePart<'e>>, is_narrow: bool, events: &mut Vec<Event<'e>>) {
    events.push(own_html(
        "<table role=\"presentation\" class=\"pharos-product\" width=\"100%\" \
         cellpadding=\"0\" cellspacing=\"0\" border=\"0\"><tr><td class=\"pharos-card\">",
    ));
    match picture_end(&parts) {
        Some(end) => {
            let rest = parts.split_off(end);
            let cell = "<td width=\"160\" valign=\"top\"><![endif]-->";
            let [start, between, last] = match is_narrow {
                true => [
                    "<div class=\"pharos-product-top\">".to_owned(),
                    "</div><div class=\"pharos-product-below\">".to_owned(),
                    "</div>".to_owned(),
                ],
                false => [
                    format!("{OUTLOOK_TABLE}{cell}<div class=\"pharos-product-image\">"),
                    format!(
                        "</div>{}<td valign=\"top\"><![endif]--><div class=\"pharos-product-text\">",
                        outlook_gap(20)
                    ),
                    format!("</div>{OUTLOOK_END}"),
                ],
            };
            events.push(own_html(start));
            push_parts(parts, is_narrow, events);
            events.push(own_html(between));
            push_parts(rest, is_narrow, events);
            events.push(own_html(last));
        }
        None => push_parts(parts, is_narrow, events),
    }
    events.push(own_html("</td></tr></table>\n"));
}

/// Where the paragraph ends that is first and has nothing in it but a picture, perhaps with a link.
fn picture_end(parts: &[FencePart<'_>]) -> Option<usize> {
    let events: Vec<Event<'_>> = parts
        .iter()
        .map_while(|part| match part {
            FencePart::Event(event) => Some(event.clone()),
            FencePart::Fenced(..) => None,
        })
        .collect();
    let end = events.iter().position(|it| *it == Event::End(TagEnd::Paragraph))?;
    let Some((Event::Start(Tag::Paragraph), mut inner)) = events.get(..end)?.split_first() else {
        return None;
    };
    if let [Event::Start(Tag::Link { .. }), linked @ .., Event::End(TagEnd::Link)] = inner {
        inner = linked;
    }
    let images = inner.iter().filter(|it| matches!(it, Event::Start(Tag::Image { .. }))).count();
    match inner {
        [Event::Start(Tag::Image { .. }), .., Event::End(TagEnd::Image)] if images == 1 => {
            Some(end + 1)
        }
        _ => None,
    }
}

/// `pharos-li` is what Outlook is told the font of.
/// The lists as tables, whose roles say that they are lists: a row for each change, with its label in a
/// cell of its own.
fn push_changes<'e>(parts: Vec<FencePart<'e>>, events: &mut Vec<Event<'e>>) {
    let mut depth = 0_usize;
    let mut rest = parts
        .into_iter()
        .filter_map(|part| match part {
            FencePart::Event(event) => Some(event),
            FencePart::Fenced(..) => None,
        })
        .peekable();
    while let Some(event) = rest.next() {
        let before = depth;
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        match (event, before) {
            (Event::Start(Tag::List(_)), 0) => events.push(own_html(
                "<table role=\"list\" class=\"pharos-changes\" width=\"100%\" cellpadding=\"0\" \
                 cellspacing=\"0\" border=\"0\"><tbody role=\"presentation\">\n",
            )),
            (Event::End(TagEnd::List(_)), 1) => events.push(own_html("</tbody></table>\n")),
            (Event::Start(Tag::Item), 1) => {
                push_change(&mut rest, events);
                depth = 1;
            }
            (event, _) => events.push(event),
        }
    }
}

/// One item up to its end.
fn push_change<'e>(
    rest: &mut std::iter::Peekable<impl Iterator<Item = Event<'e>>>,
    events: &mut Vec<Event<'e>>,
) {
    // The first paragraph of an item is none: a list with empty lines between items looks the same.
    let mut is_paragraph = rest.next_if(|it| *it == Event::Start(Tag::Paragraph)).is_some();
    let mut label = Vec::new();
    if rest.next_if(|it| *it == Event::Start(Tag::Strong)).is_some() {
        let is_inside = |it: &Event<'e>| *it != Event::End(TagEnd::Strong);
        while let Some(event) = rest.next_if(is_inside) {
            label.push(event);
        }
        rest.next();
    }
    if let Some(Event::Text(text)) = label.last_mut() {
        *text = text.trim_end_matches(':').to_owned().into();
    }
    let words = label.iter().map(|event| match event {
        Event::Text(text) => text.to_lowercase(),
        _ => String::new(),
    });
    let kind = kind_of(&words.collect::<String>());
    events.push(own_html(format!(
        "<tr role=\"listitem\"><td role=\"presentation\" class=\"pharos-change-label pharos-li\">\
         <span class=\"pharos-badge pharos-badge-{kind}\">"
    )));
    events.append(&mut label);
    events.push(own_html(
        "</span></td><td role=\"presentation\" class=\"pharos-change-text pharos-li\">",
    ));
    if let Some(Event::Text(text)) = rest.peek_mut() {
        let shown = text.trim_start().trim_start_matches(':').trim_start();
        *text = shown.to_owned().into();
    }
    let mut depth = 0_usize;
    for event in rest.by_ref() {
        match event {
            Event::End(TagEnd::Item) if depth == 0 => break,
            Event::End(TagEnd::Paragraph) if depth == 0 && is_paragraph => {
                is_paragraph = false;
                continue;
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        events.push(event);
    }
    events.push(own_html("</td></tr>\n"));
}

/// The words of labels that have a colour of their own, by the name of their class.
const KINDS: [(&str, &[&str]); 4] = [
    ("new", &["new", "added", "neu", "nouveau", "nuevo", "nuovo", "novo", "nieuw", "nowe", "nytt"]),
    (
        "improved",
        &[
            "improved",
            "better",
            "faster",
            "changed",
            "verbessert",
            "geändert",
            "amélioré",
            "mejorado",
            "migliorato",
            "melhorado",
            "verbeterd",
            "ulepszone",
            "förbättrat",
        ],
    ),
    (
        "fixed",
        &[
            "fixed",
            "security",
            "behoben",
            "sicherheit",
            "corrigé",
            "corregido",
            "corretto",
            "corrigido",
            "opgelost",
            "naprawione",
            "rättat",
        ],
    ),
    (
        "removed",
        &[
            "removed",
            "deprecated",
            "entfernt",
            "supprimé",
            "eliminado",
            "rimosso",
            "removido",
            "verwijderd",
            "usunięte",
            "borttaget",
        ],
    ),
];

fn kind_of(label: &str) -> &'static str {
    let label = label.trim();
    KINDS.iter().find(|(_, words)| words.contains(&label)).map_or("other", |(kind, _)| kind)
}
