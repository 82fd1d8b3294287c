//! Whole documents: where their body begins and ends, and how to take it out.

use super::edits::Edits;
use super::markup::{EndTag, Markup, Span, StartTag, TextKind, TornMarkup, markup};

/// The places of a document at which something can be inserted so that it comes first and last in
/// its body.
pub(crate) fn document_body(text: &str, markup: &[Markup]) -> (usize, usize) {
    let opened = markup.iter().find_map(|piece| match piece {
        Markup::Start(tag) if tag.name == "body" => Some(tag.span.end),
        _ => None,
    });
    let start = opened.unwrap_or_else(|| implied_start(text, markup));
    let closed = |name: &str| {
        markup.iter().rev().find_map(|piece| match piece {
            Markup::End(EndTag { name: ended, span }) if ended == name => Some(span.start),
            _ => None,
        })
    };
    let end = closed("body").or_else(|| closed("html")).unwrap_or(text.len());
    (start, end.max(start))
}

/// Where the body begins when it has no tag: with the first thing that belongs into no head.
fn implied_start(text: &str, markup: &[Markup]) -> usize {
    let mut in_head = 0;
    for piece in markup {
        match piece {
            Markup::Start(tag) if is_of_head(tag) => in_head = tag.span.end,
            Markup::Start(tag) => return tag.span.start,
            Markup::Text { span, kind: TextKind::Shown } => {
                let shown = text.get(span.clone()).unwrap_or_default();
                if !shown.trim().is_empty() {
                    return span.start;
                }
            }
            Markup::Text { span, .. }
            | Markup::End(EndTag { span, .. })
            | Markup::Comment { span, .. }
            | Markup::Doctype { span } => in_head = span.end,
        }
    }
    in_head
}

fn is_of_head(tag: &StartTag) -> bool {
    ["html", "head", "title", "meta", "style", "link", "base"].contains(&tag.name.as_str())
}

/// The style elements of `html` and the rest of it; of a document, the rest of its body. `in_place` leaves
/// the sheets of the body where they are.
///
/// # Errors
/// When the markup is torn.
pub(crate) fn content_and_sheets(
    html: &str,
    is_document: bool,
    in_place: bool,
) -> Result<(String, String), TornMarkup> {
    let markup = markup(html, 0)?;
    let (start, end) = match is_document {
        true => document_body(html, &markup),
        false => (0, html.len()),
    };
    let mut edits = Edits::default();
    edits.replace(0..start, "");
    edits.replace(end..html.len(), "");
    let mut sheets = String::new();
    for span in sheet_elements(&markup) {
        let is_in_body = span.start >= start && span.end <= end;
        if is_in_body && in_place {
            continue;
        }
        sheets.push_str(html.get(span.clone()).unwrap_or_default());
        sheets.push('\n');
        if is_in_body {
            edits.replace(span, "");
        }
    }
    Ok((sheets, edits.apply(html)))
}

fn sheet_elements(markup: &[Markup]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut opened = None;
    for piece in markup {
        match piece {
            Markup::Start(tag) if tag.name == "style" => opened = Some(tag.span.start),
            Markup::End(tag) if tag.name == "style" => {
                spans.extend(opened.take().map(|start| start..tag.span.end));
            }
            _ => {}
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(html: &str, expect: &str) {
        let markup = markup(html, 0).unwrap();
        let (start, end) = document_body(html, &markup);
        let mut edits = Edits::default();
        edits.insert(start, "[");
        edits.insert(end, "]");
        assert_eq!(edits.apply(html), expect);
    }

    #[test]
    fn the_body_is_found_however_its_tags_are_left_out() {
        check("<html><body class=x>a</body></html>", "<html><body class=x>[a]</body></html>");
        check("<!doctype html><title>x</title> <p>a", "<!doctype html><title>x</title> [<p>a]");
        check(
            "<html><head><style>x</style></head>a</html>",
            "<html><head><style>x</style></head>[a]</html>",
        );
        check("<!-- <body> --><html>\n", "<!-- <body> --><html>[\n]");
        check("<body>a</body>b</html>c", "<body>[a]</body>b</html>c");
    }

    #[test]
    fn a_body_is_taken_out_with_its_sheets() {
        let html = "<!doctype html><head><title>t</title><style>a</style></head>\
            <body>x<style media=y>b</style>z</body>";
        let sheets = "<style>a</style>\n<style media=y>b</style>\n";
        let taken = content_and_sheets(html, true, false).unwrap();
        assert_eq!(taken, (sheets.to_owned(), "xz".to_owned()));
        let part = content_and_sheets("x<style>a</style>", false, false).unwrap();
        assert_eq!(part, ("<style>a</style>\n".to_owned(), "x".to_owned()));
        let left = content_and_sheets(html, true, true).unwrap();
        let body = "x<style media=y>b</style>z".to_owned();
        assert_eq!(left, ("<style>a</style>\n".to_owned(), body));
    }
}
