//! Golden messages, each read back by mail-parser.

use mail_parser::MessageParser;

use super::{Reader, check_wire, compiled, html, markdown};
use crate::{Compiled, RenderProblem};

pub(crate) const NOTICE: &str = "---
subject: \"Hallo {{ first_name | default('du') }}, Größe 2.0 ist da 🎉\"
from: Änne Müller <news@nordlicht.example>
reply_to: \"Support, Team\" <support@nordlicht.example>
preheader: Neu für {{ first_name | default('dich') }}: schneller & schöner
topic: release-notices
---

# Version 2.0

Hallo {{ first_name | default(\"du\") }}, deine Stadt: **{{ city }}**.

![Ein Schiff](https://nordlicht.example/ship.png)

- schneller: [alle Messwerte](https://nordlicht.example/speed?a=1&b=2)
- `code` mit <b title=\"für {{ city }}\">Titel</b>

.Ein Absatz, der mit einem Punkt beginnt.

| Was | Wie viel |
|-----|---------:|
| neu | 12 |

---

[Jetzt holen](https://nordlicht.example/get \"button\")

Nicht mehr? [Hier austragen]({{ unsubscribe_url }}) oder schreib an <help@nordlicht.example>.
";

const PLAIN: &str = "---
subject: A short word
from: ann@nordlicht.example
layout: plain
format: html
---
<style>p.loud { color: #a32a2a } @media (max-width: 400px) { p { color: #000 } }</style>
<!-- a remark for colleagues -->
<p class=loud>Dear {{ email }},</p>
<p>two words &amp; <a href='https://nordlicht.example/a'>one link</a>.
<!--[if mso]><p>for Outlook</p><![endif]-->
";

pub(crate) fn ann() -> Reader {
    Reader::new("ann@kunde.example", &[("first_name", "Zoë"), ("city", "Köln <Süd> & \"Nord\"")])
}

/// Renders, reads back with mail-parser, compares with what was meant, returns the message.
fn round_trip(reader: &Reader, compiled: &Compiled, subject: &str) -> String {
    let message = reader.message(compiled).unwrap();
    check_wire(&message);
    let parsed = MessageParser::default().parse(&message).unwrap();
    assert_eq!(parsed.subject(), Some(subject));
    assert_eq!(parsed.from().unwrap().first().unwrap().address(), Some(compiled.from().as_str()));
    let to = parsed.to().unwrap().first().unwrap().address();
    assert_eq!(to, Some(reader.recipient().email.as_str()));
    assert_eq!((parsed.text_body.len(), parsed.html_body.len(), parsed.parts.len()), (1, 1, 3));
    let unix = |text: std::borrow::Cow<'_, str>| text.replace("\r\n", "\n");
    assert_eq!(unix(parsed.body_text(0).unwrap()), reader.text(compiled));
    assert_eq!(unix(parsed.body_html(0).unwrap()), reader.page(compiled));
    assert_eq!(parsed.date().unwrap().to_rfc3339(), "2026-11-23T10:04:05Z");
    message
}

#[test]
fn a_release_notice_in_markdown_arrives_as_it_was_meant() {
    let message = round_trip(&ann(), &compiled(NOTICE), "Hallo Zoë, Größe 2.0 ist da 🎉");
    insta::assert_snapshot!("release_notice_message", message.replace("\r\n", "\n"));
    insta::assert_snapshot!("release_notice_page", ann().page(&compiled(NOTICE)));
    insta::assert_snapshot!("release_notice_text", ann().text(&compiled(NOTICE)));
}

#[test]
fn a_plain_announcement_in_html_arrives_as_it_was_meant() {
    let message = round_trip(&ann(), &compiled(PLAIN), "A short word");
    insta::assert_snapshot!("plain_message", message.replace("\r\n", "\n"));
}

#[test]
fn both_layouts_take_both_formats() {
    for layout in ["plain", "release-notice"] {
        for text in [markdown("*a* {{ city }}"), html("<em>a</em> {{ city }}")] {
            let text = text.replacen("---\n", &format!("---\nlayout: {layout}\n"), 1);
            round_trip(&ann(), &compiled(&text), "News");
        }
    }
}

#[test]
fn the_same_contact_gets_the_same_bytes_again() {
    let (one, two) = (compiled(NOTICE), compiled(NOTICE));
    assert_eq!(ann().message(&one), ann().message(&two));
}

#[test]
fn a_missing_or_empty_value_without_a_default_makes_no_message() {
    let compiled = compiled(NOTICE);
    let missing = Err(RenderProblem::MissingValue { tag: "city".to_owned() });
    assert_eq!(Reader::new("a@b.example", &[("first_name", "A")]).message(&compiled), missing);
    assert_eq!(Reader::new("a@b.example", &[("city", " ")]).message(&compiled), missing);
    let with_default = Reader::new("a@b.example", &[("city", "x"), ("first_name", "")]);
    assert!(with_default.text(&compiled).contains("Hallo du, deine Stadt: x."));
}

#[test]
fn a_tag_in_a_comment_asks_for_nothing() {
    let in_html = compiled(&html("<p>x<!-- {{ secret }} -->"));
    assert!(in_html.tags().is_empty());
    let page = Reader::new("a@b.example", &[]).page(&in_html);
    assert!(page.contains("<p>x<!-- {{ secret }} -->"), "{page}");
    let in_markdown = compiled(&markdown("x <!-- {{ secret }} -->"));
    assert!(in_markdown.tags().is_empty());
    assert!(!Reader::new("a@b.example", &[]).page(&in_markdown).contains("secret"));
}

#[test]
fn two_braces_can_be_written_and_defaults_may_be_empty() {
    let compiled = compiled(&markdown("`{{ \"{{\" }} name }}` [{{ x | default(\"\") }}]"));
    assert!(Reader::new("a@b.example", &[]).text(&compiled).starts_with("`{{ name }}` []\n"));
}
