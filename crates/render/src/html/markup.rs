//! The tags, texts and comments of an HTML text, each with its place: what every later step looks
//! at. Nothing is changed here, and what no step changes leaves Pharos byte for byte.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

use lol_html::html_content::{Element, TextType};
use lol_html::{RewriteStrSettings, doc_comments, doc_text, doctype, element, rewrite_str};

/// Bytes of the text that was read.
pub(crate) type Span = Range<usize>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Markup {
    Doctype {
        span: Span,
    },
    Start(StartTag),
    End(EndTag),
    Text {
        span: Span,
        kind: TextKind,
    },
    /// A comment of any form, `<![if !mso]>` too; `inner` is what stands between its delimiters.
    Comment {
        span: Span,
        inner: Span,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextKind {
    /// What readers see; character references count.
    Shown,
    /// A title or a text area; character references count.
    Title,
    /// The text of a style sheet or of another element whose content is no HTML.
    Raw,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StartTag {
    /// In lower case.
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) attributes: Vec<Attribute>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EndTag {
    /// In lower case.
    pub(crate) name: String,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// In lower case.
    pub(crate) name: String,
    pub(crate) name_span: Span,
    /// With its character references read.
    pub(crate) value: String,
    /// Between the quotes, if there are any; nothing for an attribute without a value.
    pub(crate) value_span: Option<Span>,
}

impl StartTag {
    /// The value of the first attribute of this name, which is the one that counts.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|attribute| attribute.value.as_str())
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// Where another attribute can be inserted: behind the tag's name.
    pub(crate) fn name_end(&self) -> usize {
        self.span.start + 1 + self.name.len()
    }
}

/// The HTML ends inside a tag, a comment or a style sheet, or a tag's meaning is unclear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TornMarkup;

/// Reads the markup of `html`, whose first byte is byte `base` of the text that the spans refer to.
pub(crate) fn markup(html: &str, base: usize) -> Result<Vec<Markup>, TornMarkup> {
    let found: Rc<RefCell<Vec<Markup>>> = Rc::default();
    let push = |piece| found.borrow_mut().push(piece);
    let of_end_tags = Rc::clone(&found);
    let settings = RewriteStrSettings::new()
        .append_element_content_handler(element!("*", |element| {
            push(Markup::Start(start_tag(element, html, base)));
            if let Some(handlers) = element.end_tag_handlers() {
                let found = Rc::clone(&of_end_tags);
                handlers.push(Box::new(move |end| {
                    let span = moved(end.source_location().bytes(), base);
                    found.borrow_mut().push(Markup::End(EndTag { name: end.name(), span }));
                    Ok(())
                }));
            }
            Ok(())
        }))
        .append_document_content_handler(doctype!(|doctype| {
            let span = moved(doctype.source_location().bytes(), base);
            push(Markup::Doctype { span });
            Ok(())
        }))
        .append_document_content_handler(doc_text!(|text| {
            let span = moved(text.source_location().bytes(), base);
            if !span.is_empty() {
                push(Markup::Text { span, kind: kind(text.text_type()) });
            }
            Ok(())
        }))
        .append_document_content_handler(doc_comments!(|comment| {
            let span = comment.source_location().bytes();
            let inner = inside(html, &span);
            push(Markup::Comment { span: moved(span, base), inner: moved(inner, base) });
            Ok(())
        }));
    let read = rewrite_str(html, settings);
    let mut markup = found.take();
    read.map_err(|_| TornMarkup)?;
    // An end tag is told after the text behind it when the element had none of its own.
    markup.sort_by_key(|piece| piece.span().start);
    markup.dedup_by(|next, text| text.takes(next));
    if is_torn(html, base, &markup) { Err(TornMarkup) } else { Ok(markup) }
}

/// Whether what stood behind the text would be taken into its last comment, raw text or tag.
fn is_torn(html: &str, base: usize, markup: &[Markup]) -> bool {
    let last = markup.last();
    let end = last.map_or(0, |piece| piece.span().end - base);
    if !is_stray_end(html.get(end..).unwrap_or_default()) {
        return true;
    }
    match last {
        Some(Markup::Comment { span, .. }) => {
            let comment = html.get(span.start - base..end).unwrap_or_default();
            let close = if comment.starts_with("<!--") { "->" } else { ">" };
            !(comment.ends_with(close) || comment.ends_with("--!>"))
        }
        Some(Markup::Text { kind, .. }) => *kind != TextKind::Shown,
        Some(Markup::Start(StartTag { name, .. })) => {
            ["style", "title", "textarea"].contains(&name.as_str())
        }
        _ => false,
    }
}

/// Whether a text is nothing but end tags of elements that were never opened: no piece tells these.
fn is_stray_end(text: &str) -> bool {
    text.trim_end().split_inclusive('>').all(|tag| {
        let tag = tag.trim_start();
        tag.starts_with("</") && tag.ends_with('>')
    })
}

impl Markup {
    /// Texts come in pieces where a `<` begins no tag.
    fn takes(&mut self, next: &Self) -> bool {
        match (self, next) {
            (Self::Text { span, kind }, Self::Text { span: next, kind: next_kind })
                if span.end == next.start && kind == next_kind =>
            {
                span.end = next.end;
                true
            }
            _ => false,
        }
    }

    fn span(&self) -> &Span {
        match self {
            Self::Doctype { span }
            | Self::Start(StartTag { span, .. })
            | Self::End(EndTag { span, .. })
            | Self::Text { span, .. }
            | Self::Comment { span, .. } => span,
        }
    }
}

fn moved(span: Span, base: usize) -> Span {
    span.start + base..span.end + base
}

fn kind(of: TextType) -> TextKind {
    match of {
        TextType::Data => TextKind::Shown,
        TextType::RCData => TextKind::Title,
        _ => TextKind::Raw,
    }
}

/// What stands between the delimiters of the comment at `span`.
fn inside(html: &str, span: &Span) -> Span {
    let text = html.get(span.clone()).unwrap_or_default();
    let (open, close) = match text.starts_with("<!--") {
        true => (4, if text.ends_with("--!>") { 4 } else { 3 }),
        false => (2, 1),
    };
    let start = (span.start + open).min(span.end);
    start..span.end.saturating_sub(close).max(start)
}

fn start_tag(element: &Element<'_, '_>, html: &str, base: usize) -> StartTag {
    let attributes = element.attributes().iter().filter_map(|attribute| {
        let value_span = attribute.value_source_location().map(|value| value.bytes());
        let value = value_span.clone().and_then(|span| html.get(span)).unwrap_or_default();
        Some(Attribute {
            name: attribute.name(),
            name_span: moved(attribute.name_source_location()?.bytes(), base),
            value: htmlize::unescape_attribute(value).into_owned(),
            value_span: value_span.map(|span| moved(span, base)),
        })
    });
    StartTag {
        name: element.tag_name(),
        attributes: attributes.collect(),
        span: moved(element.source_location().bytes(), base),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> String {
        let markup = markup(html, 0).unwrap();
        let part = |span: &Span| &html[span.clone()];
        let line = |piece: &Markup| match piece {
            Markup::Doctype { span } => format!("doctype {:?}", part(span)),
            Markup::End(end) => format!("end {} {:?}", end.name, part(&end.span)),
            Markup::Text { span, kind } => format!("{kind:?} {:?}", part(span)),
            Markup::Comment { span, inner } => {
                format!("comment {:?} {:?}", part(span), part(inner))
            }
            Markup::Start(tag) => {
                let attributes: Vec<String> = tag
                    .attributes
                    .iter()
                    .map(|it| {
                        let written = it.value_span.as_ref().map_or("-", part);
                        format!("{}={:?} ({} {written})", it.name, it.value, part(&it.name_span))
                    })
                    .collect();
                format!("start {} {:?} {}", tag.name, part(&tag.span), attributes.join(", "))
            }
        };
        markup.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn every_token_knows_its_place() {
        insta::assert_snapshot!(read(
            "<!DOCTYPE html><HTML lang=en><head><title>a &amp; <b></title>\
             <style media='x'>p { color: \"<p>\" }</style></head><![if !mso]><p TITLE=\"<body>\">\
             <a href='x?a&amp;b' hidden>ü</A><br/><!--[if mso]><v:rect href=\"y\"/><![endif]-->\
             <!-- <html> --></body>"
        ), @r#"
        doctype "<!DOCTYPE html>"
        start html "<HTML lang=en>" lang="en" (lang en)
        start head "<head>" 
        start title "<title>" 
        Title "a &amp; <b>"
        end title "</title>"
        start style "<style media='x'>" media="x" (media x)
        Raw "p { color: \"<p>\" }"
        end style "</style>"
        end head "</head>"
        comment "<![if !mso]>" "[if !mso]"
        start p "<p TITLE=\"<body>\">" title="<body>" (TITLE <body>)
        start a "<a href='x?a&amp;b' hidden>" href="x?a&b" (href x?a&amp;b), hidden="" (hidden -)
        Shown "ü"
        end a "</A>"
        start br "<br/>" 
        comment "<!--[if mso]><v:rect href=\"y\"/><![endif]-->" "[if mso]><v:rect href=\"y\"/><![endif]"
        comment "<!-- <html> -->" " <html> "
        "#);
    }

    #[test]
    fn what_would_swallow_the_next_text_is_torn() {
        for torn in [
            "<p>x</p><!-- never closed",
            "<!--",
            "x<!-- a --",
            "<style>p{}",
            "<style>",
            "<title>x",
            "<p",
            "x<p class='a",
            "x<p class=\"a>",
            "<![if mso",
            "x</p",
            "x</p class='",
        ] {
            assert_eq!(markup(torn, 0), Err(TornMarkup), "{torn}");
        }
        for whole in [
            "",
            "x",
            "<p>x</b></i>\n",
            "x <",
            "a < b",
            "<!-- a -->",
            "<![endif]>",
            "<!-- a --!>",
            "<style></style>",
            "<br>",
            "</p>",
            "<!-->",
        ] {
            assert!(markup(whole, 0).is_ok(), "{whole}");
        }
    }

    #[test]
    fn spans_are_counted_from_the_base() {
        let markup = markup("<b>x", 100).unwrap();
        assert!(matches!(&markup[1], Markup::Text { span, .. } if *span == (103..104)));
    }
}
