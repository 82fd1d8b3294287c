//! The HTML part: Markdown or the author's HTML, laid out, with inlined CSS and numbered links.
//!
//! Invariants: after [`rewrite`] every `http` link of the author is a tracked one with its own slot
//! (the same address twice makes two slots, so that a report can tell the button at the top from
//! the one at the bottom); values appear only in text, quoted attributes and URLs; there is no
//! script, form, frame or handler. Nothing is fetched.

use std::io::{self, Write};

use crate::announcement::{Announcement, AnnouncementFormat};
use crate::problem::{Problem, SourcePosition};

/// The largest HTML document in bytes, with its CSS inlined.
const DOCUMENT_BYTES: usize = 4 * 1024 * 1024;
/// The deepest nesting of elements. The serialiser recurses, and no mail needs as much.
const DEPTH: usize = 200;
/// The most depths of all elements added up: HTML parsers reopen unclosed formatting in every
/// paragraph, so a small file could become a huge document.
const DEPTHS: usize = 2_000_000;

/// The author's part as HTML, from its text with placeholders.
pub(crate) fn content(announcement: &Announcement, text: &str) -> Result<String, Problem> {
    let html = match announcement.format {
        AnnouncementFormat::Markdown => markdown(text),
        AnnouncementFormat::Html => {
            refuse_whole_documents(announcement)?;
            text.to_owned()
        }
    };
    check_nesting(&html, SourcePosition::line(announcement.body_line))?;
    Ok(html)
}

fn markdown(text: &str) -> String {
    use pulldown_cmark::{Options, Parser, html};
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut output = String::with_capacity(text.len() * 2);
    html::push_html(&mut output, Parser::new_ext(text, options));
    output
}

fn refuse_whole_documents(announcement: &Announcement) -> Result<(), Problem> {
    let source = announcement.source.to_ascii_lowercase();
    for tag in ["<!doctype", "<html", "<head>", "<body"] {
        if let Some(at) = source.find(tag) {
            let place =
                SourcePosition { line: 1, column: 1 }.after(source.get(..at).unwrap_or_default());
            return Err(place.problem(
                format!("the text has its own {tag}"),
                "write only what belongs inside the body; the layout adds the rest",
            ));
        }
    }
    Ok(())
}

fn check_nesting(html: &str, place: SourcePosition) -> Result<(), Problem> {
    let (mut depth, mut depths) = (0_usize, 0_usize);
    for (at, _) in html.match_indices('<') {
        let rest = html.get(at + 1..).unwrap_or_default();
        if let Some(name) = rest.strip_prefix('/') {
            depth = depth.saturating_sub(usize::from(nests(name)));
        } else if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            depth += usize::from(nests(rest));
            depths += depth;
        }
        if depth > DEPTH || depths > DEPTHS {
            return Err(place.problem(
                format!("elements are nested more than {DEPTH} deep, or many are never closed"),
                "close what you open and use fewer layers",
            ));
        }
    }
    Ok(())
}

/// Whether a tag opens a level: not when it has no content or is closed by its next sibling.
fn nests(tag: &str) -> bool {
    let end = tag.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(tag.len());
    let name = tag.get(..end).unwrap_or_default().to_ascii_lowercase();
    let flat = [
        "area", "br", "col", "dd", "dt", "hr", "img", "li", "p", "source", "tbody", "td", "tfoot",
        "th", "thead", "tr", "wbr",
    ];
    !flat.contains(&name.as_str())
}

/// The document with its style sheets moved into `style` attributes; media queries stay.
pub(crate) fn inlined(document: &str) -> Result<String, Problem> {
    let inliner = css_inline::CSSInliner::options()
        .load_remote_stylesheets(false)
        .keep_at_rules(true)
        .build();
    let mut output = Bounded(Vec::with_capacity(document.len() * 2));
    let written = inliner.inline_to(document, &mut output);
    written.ok().and_then(|()| String::from_utf8(output.0).ok()).ok_or_else(|| {
        SourcePosition::SETTINGS.problem(
            format!(
                "the style sheet can't be inlined, or the result exceeds {DOCUMENT_BYTES} bytes"
            ),
            "simplify the announcement's styles",
        )
    })
}

struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > DOCUMENT_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_or_unclosed_markup_is_refused_before_a_parser_recurses() {
        let place = SourcePosition::line(1);
        assert!(check_nesting(&"<div>".repeat(201), place).is_err());
        assert!(
            check_nesting(&format!("{}{}", "<b>".repeat(150), "<p>".repeat(20_000)), place)
                .is_err()
        );
        assert!(check_nesting(&"<p>text<br><li>x".repeat(20_000), place).is_ok());
        assert!(check_nesting(&"<div><a>x</a></div>".repeat(20_000), place).is_ok());
    }
}
