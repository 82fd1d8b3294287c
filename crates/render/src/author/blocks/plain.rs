//! Blocks that Markdown has a form for: found in its text, and written as it.

use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd, html};

use super::block::Block;
use super::lines::{MARKDOWN, WHITE_SPACE, trimmed};
use crate::html::markup::Span;

/// A link with this title is a button: `[Download](https://example.com "button")`.
pub(crate) const BUTTON: &str = "button";

/// The blocks of a text in Markdown. `masked` is the same in bytes, with comments instead of tags that
/// stand on lines of their own.
pub(super) fn plain_blocks(text: &str, masked: &str) -> Vec<Block> {
    let events: Vec<(Event<'_>, Span)> =
        Parser::new_ext(masked, MARKDOWN).into_offset_iter().collect();
    let (mut blocks, mut depth, mut end) = (Vec::new(), 0_usize, 0);
    for (at, (event, span)) in events.iter().enumerate() {
        let is_top = depth == 0;
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !is_top || matches!(event, Event::End(_)) {
            continue;
        }
        let source = masked.get(span.clone()).unwrap_or_default();
        let inner = events.get(at + 1..).unwrap_or_default();
        let Some(block) = plain_block(masked, event, inner, source) else { continue };
        if html_of(&markdown_of(&block)) != html_of(source) {
            continue;
        }
        blocks.extend(text_block(text.get(end..span.start).unwrap_or_default()));
        blocks.push(block);
        end = span.end;
    }
    blocks.extend(text_block(text.get(end..).unwrap_or_default()));
    blocks
}

fn html_of(markdown: &str) -> String {
    let mut output = String::new();
    html::push_html(&mut output, Parser::new_ext(markdown, MARKDOWN));
    output.trim_end_matches(WHITE_SPACE).to_owned()
}

/// The text without the empty lines around it.
fn text_block(text: &str) -> Option<Block> {
    let markdown = without_blank_edges(text);
    (!markdown.is_empty()).then(|| Block::Text { markdown: markdown.to_owned() })
}

pub(super) fn without_blank_edges(text: &str) -> &str {
    let first = text.split_inclusive('\n').take_while(|line| trimmed(line).is_empty());
    let rest = text.get(first.map(str::len).sum::<usize>()..).unwrap_or_default();
    let last = rest.trim_end_matches(WHITE_SPACE);
    let end =
        rest.get(last.len()..).and_then(|it| it.find('\n')).unwrap_or(rest.len() - last.len());
    rest.get(..last.len() + end).unwrap_or_default()
}

fn plain_block(
    masked: &str,
    event: &Event<'_>,
    inner: &[(Event<'_>, Span)],
    source: &str,
) -> Option<Block> {
    match event {
        Event::Rule => Some(Block::Divider),
        Event::Start(Tag::Heading { level, .. }) => {
            let text = inside(masked, inner, |end| matches!(end, TagEnd::Heading(_)));
            let is_line = !text.contains('\n');
            is_line.then(|| Block::Heading { level: *level as u8, text: trimmed(text).to_owned() })
        }
        Event::Start(Tag::BlockQuote(_)) => {
            let lines = source.split_inclusive('\n').map(|line| {
                let quoted = line.trim_start_matches(' ').strip_prefix('>');
                quoted.map_or(line, |it| it.strip_prefix(' ').unwrap_or(it))
            });
            let markdown = without_blank_edges(&lines.collect::<String>()).to_owned();
            Some(Block::Quote { markdown })
        }
        Event::Start(Tag::Paragraph) => alone_in_paragraph(masked, inner),
        _ => None,
    }
}

/// A picture or a button that is all of its paragraph.
fn alone_in_paragraph(masked: &str, inner: &[(Event<'_>, Span)]) -> Option<Block> {
    let end = inner.iter().position(|(event, _)| *event == Event::End(TagEnd::Paragraph))?;
    let inner = inner.get(..end)?;
    let is_link_end = |event: &Event<'_>| *event == Event::End(TagEnd::Link);
    match &inner.first()?.0 {
        Event::Start(Tag::Link { link_type: LinkType::Inline, dest_url, title, .. }) => {
            let (last, rest) = inner.split_last()?;
            let rest = rest.get(1..)?;
            if !is_link_end(&last.0) || rest.iter().any(|(event, _)| is_link_end(event)) {
                return None;
            }
            if **title == *BUTTON {
                let label =
                    rest.first().map_or(0, |it| it.1.start)..rest.last().map_or(0, |it| it.1.end);
                let label = masked.get(from_backslash(masked, label))?.to_owned();
                let is_line = !label.contains('\n');
                return is_line.then(|| Block::Button { label, address: dest_url.to_string() });
            }
            let image = image(rest)?;
            Some(Block::Image { link: Some(dest_url.to_string()), alt: image.0, address: image.1 })
        }
        _ => {
            let (alt, address) = image(inner)?;
            Some(Block::Image { alt, address, link: None })
        }
    }
}

/// The alternative text and the address of a picture that these events are all of.
fn image(events: &[(Event<'_>, Span)]) -> Option<(String, String)> {
    let ((first, _), rest) = events.split_first()?;
    let ((last, _), inner) = rest.split_last()?;
    let Event::Start(Tag::Image { link_type: LinkType::Inline, dest_url, .. }) = first else {
        return None;
    };
    if *last != Event::End(TagEnd::Image) {
        return None;
    }
    let alt = inner.iter().map(|(event, _)| match event {
        Event::Text(text) | Event::Code(text) => Some(text.to_string()),
        Event::SoftBreak => Some(" ".to_owned()),
        _ => None,
    });
    Some((alt.collect::<Option<String>>()?, dest_url.to_string()))
}

/// The source between the events of an element's inside.
fn inside<'t>(
    masked: &'t str,
    events: &[(Event<'_>, Span)],
    ends: impl Fn(&TagEnd) -> bool,
) -> &'t str {
    let inner = events.iter().take_while(|(it, _)| !matches!(it, Event::End(end) if ends(end)));
    let spans = inner.map(|(_, span)| span.clone());
    let span = spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)).unwrap_or(0..0);
    masked.get(from_backslash(masked, span)).unwrap_or_default()
}

/// An escaped character's place is told without its backslash.
pub(super) fn from_backslash(text: &str, span: Span) -> Span {
    let is_escaped = text.get(..span.start).is_some_and(|before| before.ends_with('\\'));
    if is_escaped && !span.is_empty() { span.start - 1..span.end } else { span }
}

/// A block as Markdown writes it; nothing for those that Markdown has no form for.
pub(super) fn markdown_of(block: &Block) -> String {
    match block {
        Block::Heading { level, text } => {
            let marks = "#".repeat(usize::from((*level).clamp(1, 6)));
            format!("{marks} {}", one_line(text)).trim_end_matches(WHITE_SPACE).to_owned()
        }
        Block::Button { label, address } => {
            format!("[{}]({} \"{BUTTON}\")", one_line(label), destination(address))
        }
        Block::Image { alt, address, link } => picture(alt, address, link.as_deref()),
        Block::Quote { markdown } => {
            let quoted =
                |line: &str| if line.is_empty() { ">".into() } else { format!("> {line}") };
            let lines: Vec<String> = markdown.split('\n').map(quoted).collect();
            lines.join("\n")
        }
        Block::Divider => "---".to_owned(),
        _ => String::new(),
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ")
}

fn picture(alt: &str, address: &str, link: Option<&str>) -> String {
    let alt = one_line(alt);
    let written = |alt: &str| {
        let image = format!("![{alt}]({})", destination(address));
        match link {
            Some(link) => format!("[{image}]({})", destination(link)),
            None => image,
        }
    };
    // Most texts need no backslash, and are easier to read without. What a text means may be decided by what
    // stands behind it: `<!a` is a text until a link ends with `>`.
    let plain = written(&alt);
    let events: Vec<_> = Parser::new_ext(&plain, MARKDOWN).into_offset_iter().collect();
    let read = alone_in_paragraph(&plain, events.get(1..).unwrap_or_default());
    let is_as_meant = |read: &Block| match read {
        Block::Image { alt: text, link: to, .. } => *text == alt && to.is_some() == link.is_some(),
        _ => false,
    };
    if read.is_some_and(|read| is_as_meant(&read)) {
        return plain;
    }
    let mut escaped = String::with_capacity(alt.len());
    for c in alt.chars() {
        if c.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    written(&escaped)
}

/// An address as it stands in the parentheses of a link.
fn destination(address: &str) -> String {
    let address = address.replace(['\n', '\r'], "");
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && !"()<>\\".contains(c);
    let plain = !address.is_empty() && address.chars().all(is_plain);
    let mut written = String::with_capacity(address.len());
    for (at, c) in address.char_indices() {
        let is_reference = || {
            let rest = address.get(at + 1..).unwrap_or_default();
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#');
            end.is_some_and(|end| rest.get(end..).is_some_and(|it| it.starts_with(';')))
        };
        // A backtick would begin a code, which binds before links do.
        if "<>\\`".contains(c) || (c == '&' && is_reference()) {
            written.push('\\');
        }
        written.push(c);
    }
    if plain { written } else { format!("<{written}>") }
}
