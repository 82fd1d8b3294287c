//! Markdown, made into elements that a layout can style.

mod control_lines;

pub(crate) use control_lines::ControlLines;

use pulldown_cmark::{Event, LinkType, Parser, Tag, TagEnd, html};

use crate::author::blocks::{BUTTON, FencedText, MARKDOWN, fenced_events};
use crate::css;
use crate::html::edits::Edits;
use crate::html::markup::{Markup, StartTag, markup};
use crate::layout::LayoutStyle;

/// Outlook gives no room to a link; characters of its own widths do, which others never see.
const OUTLOOK_ROOM: [&str; 2] = [
    "<!--[if mso]><i style=\"mso-font-width:200%;mso-text-raise:20px\" hidden>&emsp;</i>\
     <span style=\"mso-text-raise:10px\"><![endif]-->",
    "<!--[if mso]></span><i style=\"mso-font-width:200%\" hidden>&emsp;&#8203;</i><![endif]-->",
];
/// Outlook gives no room inside of quotes; it does inside of cells.
const OUTLOOK_PANEL_END: &str = "<!--[if mso]></td></tr></table><![endif]-->";
/// The width that pictures have in Outlook, which knows no greatest width.
const PICTURE_WIDTH: &str = "536";
/// The same inside of the parts of a block, which are divisions with these classes.
const PICTURE_WIDTHS: [(&str, &str); 5] = [
    ("pharos-column pharos-column-first", "256"),
    ("pharos-column pharos-column-second", "256"),
    ("pharos-product-image", "160"),
    ("pharos-product-text", "310"),
    ("pharos-product-top", "214"),
];

/// Markdown as HTML, in the style of a layout if there is one. HTML that stands in it is the author's
/// own, and no layout styles it.
pub(crate) fn from_markdown(
    fenced: &FencedText,
    style: Option<&LayoutStyle>,
    lines: ControlLines<'_>,
) -> String {
    let placeholders = lines.placeholders;
    let text = &fenced.text;
    let mut own = Vec::new();
    let mut is_button = false;
    let events = lines.placed(Parser::new_ext(text, MARKDOWN).collect());
    let events = events.into_iter().flat_map(|event| match event {
        Event::Html(html) if placeholders.fence_number(&html).is_some() => vec![Event::Html(html)],
        Event::Html(html) | Event::InlineHtml(html) => {
            own.push(html.to_string());
            let stand_in = placeholders.raw_html(own.len() - 1);
            vec![Event::InlineHtml(stand_in.into())]
        }
        Event::Start(Tag::Link { link_type, dest_url, title, .. })
            if &*title == BUTTON && link_type != LinkType::Autolink =>
        {
            is_button = true;
            let href = crate::escape::html(&dest_url).into_owned();
            let open = format!("<a class=\"pharos-button\" href=\"{href}\">{}", OUTLOOK_ROOM[0]);
            vec![Event::InlineHtml(open.into())]
        }
        Event::End(TagEnd::Link) if is_button => {
            is_button = false;
            vec![Event::InlineHtml(format!("{}</a>", OUTLOOK_ROOM[1]).into())]
        }
        event => vec![event],
    });
    let events =
        fenced_events(events.collect(), &fenced.fences, |it| placeholders.fence_number(it));
    let events = events.into_iter().map(|event| match event {
        // Of a block of MJML, which styles itself.
        Event::Html(html) => {
            own.push(html.to_string());
            Event::InlineHtml(placeholders.raw_html(own.len() - 1).into())
        }
        event => event,
    });
    let mut output = String::with_capacity(text.len() * 2);
    html::push_html(&mut output, events);
    if let Some(style) = style {
        output = styled(&with_row_heads(&output), style);
    }
    for (number, html) in own.iter().enumerate() {
        let comment = html.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
        let html = comment.filter(|text| placeholders.only_controls(text)).unwrap_or(html);
        output = output.replacen(&placeholders.raw_html(number), html, 1);
    }
    output
}

/// Elements that look the same in every layout.
const UNSTYLED: [&str; 8] = ["strong", "em", "del", "br", "thead", "tbody", "tr", "span"];

/// Gives every element the class of its name, and the style of that class.
fn styled(html: &str, style: &LayoutStyle) -> String {
    let Ok(elements) = markup(html, 0) else { return html.to_owned() };
    let mut edits = Edits::default();
    let mut widths = Vec::new();
    for (at, piece) in elements.iter().enumerate() {
        match piece {
            Markup::Start(tag) if tag.name == "div" => widths.push(picture_width(tag, &widths)),
            Markup::End(tag) if tag.name == "div" => drop(widths.pop()),
            _ => {}
        }
        if let (Markup::End(tag), Some(_)) = (piece, &style.panel)
            && tag.name == "blockquote"
        {
            edits.insert(tag.span.start, OUTLOOK_PANEL_END);
        }
        let Markup::Start(tag) = piece else { continue };
        if tag.attribute("class").is_some_and(|class| class.value.starts_with("pharos-")) {
            continue;
        }
        let mut name = tag.name.as_str();
        if UNSTYLED.contains(&name) {
            continue;
        }
        if name == "img" && stands_alone(&elements, at) {
            name = "picture";
            let width = widths.last().unwrap_or(&PICTURE_WIDTH);
            edits.insert(tag.name_end(), format!(" width=\"{width}\""));
        }
        let is_action = name == "p" && is_button_alone(elements.get(at + 1..).unwrap_or_default());
        let more = if is_action { " pharos-action" } else { "" };
        edits.insert(tag.name_end(), format!(" class=\"pharos-{name}{more}\""));
        if let ("blockquote", Some(color)) = (name, &style.panel) {
            edits.insert(tag.span.end, outlook_panel(color));
        }
    }
    let html = edits.apply(html);
    let Ok(elements) = markup(&html, 0) else { return html };
    css::inline_rules(&html, &elements, &style.markdown).apply(&html)
}

/// How wide pictures are inside of a division, inside of others.
fn picture_width(tag: &StartTag, around: &[&'static str]) -> &'static str {
    let class = tag.value("class").unwrap_or_default();
    let known = PICTURE_WIDTHS.iter().find(|(name, _)| *name == class);
    known.map_or(around.last().copied().unwrap_or(PICTURE_WIDTH), |(_, width)| *width)
}

/// A table without words in its first line is a list of facts: the first cell of each row says what the
/// row is about, and there is no line above.
fn with_row_heads(html: &str) -> String {
    let Ok(elements) = markup(html, 0) else { return html.to_owned() };
    let mut edits = Edits::default();
    let mut is_list = false;
    let mut row_head_is_open = false;
    for (at, piece) in elements.iter().enumerate() {
        match piece {
            Markup::Start(tag) if tag.name == "thead" => {
                let rest = elements.get(at + 1..).unwrap_or_default();
                let end = rest.iter().find_map(|it| match it {
                    Markup::End(end) if end.name == "thead" => Some(end.span.end),
                    _ => None,
                });
                let words = rest
                    .iter()
                    .take_while(|it| !matches!(it, Markup::End(end) if end.name == "thead"));
                let cells = |it: &Markup| match it {
                    Markup::Start(tag) => ["th", "tr"].contains(&tag.name.as_str()),
                    Markup::Text { span, .. } => {
                        html.get(span.clone()).unwrap_or_default().trim().is_empty()
                    }
                    _ => true,
                };
                is_list = words.into_iter().all(cells);
                if let (true, Some(end)) = (is_list, end) {
                    edits.replace(tag.span.start..end, "");
                }
            }
            Markup::Start(tag) if is_list && tag.name == "td" => {
                let begins_row = elements
                    .get(..at)
                    .unwrap_or_default()
                    .iter()
                    .rev()
                    .find(|it| !matches!(it, Markup::Text { .. }));
                if matches!(begins_row, Some(Markup::Start(row)) if row.name == "tr") {
                    edits.replace(tag.span.start + 1..tag.span.start + 3, "th scope=\"row\"");
                    row_head_is_open = true;
                }
            }
            Markup::End(tag) if tag.name == "td" && row_head_is_open => {
                edits.replace(tag.span.clone(), "</th>");
                row_head_is_open = false;
            }
            Markup::End(tag) if tag.name == "table" => is_list = false,
            _ => {}
        }
    }
    edits.apply(html)
}

/// Whether a paragraph that begins here has nothing in it but a button.
fn is_button_alone(rest: &[Markup]) -> bool {
    let Some(Markup::Start(first)) = rest.first() else { return false };
    let is_button = first.value("class") == Some("pharos-button");
    let end = rest.iter().position(|it| matches!(it, Markup::End(tag) if tag.name == "a"));
    let after = end.and_then(|end| rest.get(end + 1));
    is_button && matches!(after, Some(Markup::End(tag)) if tag.name == "p")
}

fn outlook_panel(color: &str) -> String {
    format!(
        "<!--[if mso]><table role=\"presentation\" width=\"100%\" cellpadding=\"16\" \
         cellspacing=\"0\" border=\"0\"><tr><td bgcolor=\"{color}\"><![endif]-->"
    )
}

/// Whether the element at `at` is all that its paragraph, or its link's, contains.
fn stands_alone(elements: &[Markup], at: usize) -> bool {
    let opens = |piece: &Markup| matches!(piece, Markup::Start(tag) if tag.name == "p");
    let closes = |piece: &Markup| matches!(piece, Markup::End(tag) if tag.name == "p");
    let is_link = |piece: &Markup| match piece {
        Markup::Start(tag) => tag.name == "a",
        Markup::End(tag) => tag.name == "a",
        _ => false,
    };
    let before = elements.get(..at).unwrap_or_default();
    let after = elements.get(at + 1..).unwrap_or_default();
    before.iter().rev().find(|piece| !is_link(piece)).is_some_and(opens)
        && after.iter().find(|piece| !is_link(piece)).is_some_and(closes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brand::Brand;
    use crate::placeholders::Placeholders;
    use crate::settings::Layout;

    #[test]
    fn markdown_is_styled_and_html_in_it_is_not() {
        let placeholders = &Placeholders::absent_from(&[""]);
        let lines = ControlLines { placeholders, controls: &[] };
        let text = "a <b class=pharos-a>b</b> [c](https://x.example \"button\")\n\n\
            ![d](https://x.example/d.png)\n\n<p>own</p>\n";
        let brand = Brand::default();
        let style = LayoutStyle::new(Layout::Plain, &brand, &brand.colors, false).unwrap();
        let fenced = |text: &str| FencedText { text: text.to_owned(), fences: Vec::new() };
        insta::assert_snapshot!(from_markdown(&fenced(text), Some(&style), lines), @r#"
        <p style="margin:0 0 16px" class="pharos-p">a <b class=pharos-a>b</b> <a style="display:inline-block;padding:12px 24px;border:1px solid #0b6075;border-radius:8px;background-color:#0b6075;color:#ffffff;font-size:16px;line-height:22px;font-weight:600;text-align:center;text-decoration:none;mso-padding-alt:0" class="pharos-button" href="https://x.example"><!--[if mso]><i style="mso-font-width:200%;mso-text-raise:20px" hidden>&emsp;</i><span style="mso-text-raise:10px"><![endif]-->c<!--[if mso]></span><i style="mso-font-width:200%" hidden>&emsp;&#8203;</i><![endif]--></a></p>
        <p style="margin:0 0 16px" class="pharos-p"><img style="display:block;width:auto;max-width:100%;height:auto;border:0;border-radius:8px" width="536" class="pharos-picture" src="https://x.example/d.png" alt="d" /></p>
        <p>own</p>
        "#);
        let bare = from_markdown(&fenced("*a*\n\n<p>b"), None, lines);
        assert_eq!(bare, "<p><em>a</em></p>\n<p>b");
    }
}
