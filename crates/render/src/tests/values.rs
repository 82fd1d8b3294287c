//! Whatever a contact's attributes hold, the message keeps its structure.

use mail_parser::MessageParser;
use proptest::prelude::*;

use super::messages::NOTICE;
use super::{Reader, check_wire, compiled, markdown};
use crate::{RenderProblem, SUBJECT_BYTES, VALUE_BYTES};

const BODY: &str = "Dear {{ name }}, <b title='{{ name }}' lang={{ name }}>x</b>

{{ name }}
[go](https://a.example/{{ name }}) [tracked](https://a.example) .{{ name }}.{{ name }}";

/// What HTML text and attributes must hold for a value: spelled out here once more on purpose.
fn in_html(value: &str) -> String {
    let unified = value.replace("\r\n", "\n").replace('\r', "\n");
    let mut text = String::new();
    for c in unified.chars() {
        match c {
            '\n' | '\t' => text.push(c),
            '<' => text += "&lt;",
            '>' => text += "&gt;",
            '&' => text += "&amp;",
            '"' => text += "&quot;",
            '\'' => text += "&#39;",
            c if c.is_control() => text.push('\u{fffd}'),
            c => text.push(c),
        }
    }
    text
}

fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("\r\nBcc: x@y.example\r\n\r\n".to_owned()),
        Just("\r\n--=_pharos-0000000000000000--\r\n".to_owned()),
        Just("\"><script>alert(1)</script>".to_owned()),
        Just("' onload='x()".to_owned()),
        Just("\r\n.\r\nMAIL FROM:<>\r\n".to_owned()),
        Just("\nFrom me".to_owned()),
        Just("=?utf-8?q?=0D=0ABcc:?=".to_owned()),
        Just("=\r\n==3D=".to_owned()),
        Just("{{ email }} phx0 ".to_owned()),
        "\\PC{1,40}",
        "[\\x00-\\x1f\\x7f]{1,3}",
        "[a-z ]{1,200}",
        "[äß€😀]{1,80}",
    ];
    proptest::collection::vec(pieces, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_value_breaks_the_message(value in hostile()) {
        prop_assume!(!value.trim().is_empty());
        let compiled = compiled(&markdown(BODY));
        let reader = Reader::new("a@b.example", &[("name", &value)]);
        let message = match reader.message(&compiled) {
            // Its link would be longer than mail programs take.
            Err(RenderProblem::AddressTooLong) if value.len() > 500 => return Ok(()),
            message => message.unwrap(),
        };
        check_wire(&message);
        let parsed = MessageParser::default().parse(&message).unwrap();
        prop_assert_eq!(parsed.parts.len(), 3);
        let html = parsed.body_html(0).unwrap().replace("\r\n", "\n");
        prop_assert_eq!(&html, &reader.page(&compiled));
        let text = parsed.body_text(0).unwrap().replace("\r\n", "\n");
        prop_assert_eq!(&text, &reader.text(&compiled));
        let safe = in_html(&value);
        let attributes = format!("<b title='{safe}' lang=\"{safe}\">x</b>");
        prop_assert!(html.contains(&attributes), "{}", html);
        let expect = format!("Dear {safe}, ");
        prop_assert!(html.contains(&expect), "{}", html);
    }

    #[test]
    fn no_value_in_a_subject_makes_a_header(value in hostile()) {
        prop_assume!(!value.trim().is_empty());
        let compiled = compiled(&NOTICE.replace("{{ city }}", "x"));
        let reader = Reader::new("a@b.example", &[("first_name", &value)]);
        match reader.message(&compiled) {
            Ok(message) => {
                check_wire(&message);
                let parsed = MessageParser::default().parse(&message).unwrap();
                let meant = format!("Hallo {value}, Größe 2.0 ist da 🎉");
                let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                prop_assert_eq!(parsed.subject().unwrap(), words(&meant));
            }
            Err(RenderProblem::ControlInHeader { tag }) => {
                prop_assert_eq!(tag, "first_name");
                prop_assert!(value.contains(|c: char| c.is_control() && c != '\t'));
            }
            Err(problem) => {
                prop_assert_eq!(problem, RenderProblem::SubjectTooLong);
                prop_assert!(value.len() > SUBJECT_BYTES - 60);
            }
        }
    }

    #[test]
    fn no_file_panics_the_compiler(text in hostile(), other in hostile()) {
        let _ = super::try_compiled(&text);
        let _ = super::try_compiled(&markdown(&text));
        let _ = super::try_compiled(&super::html(&text));
        let head = format!("---\nsubject: {other}\nfrom: a@b.example\n{text}\n---\n{other}");
        let _ = super::try_compiled(&head);
    }
}

#[test]
fn too_long_values_are_refused_by_name() {
    let compiled = compiled(&markdown("{{ name }}"));
    let long = "x".repeat(VALUE_BYTES + 1);
    let reader = Reader::new("a@b.example", &[("name", &long)]);
    let refused = Err(RenderProblem::ValueTooLong { tag: "name".to_owned() });
    assert_eq!(reader.message(&compiled), refused);
    let fits = Reader::new("a@b.example", &[("name", &long[1..])]);
    assert!(fits.message(&compiled).is_ok());
}

#[test]
fn a_message_is_bounded_however_often_a_value_stands_in_it() {
    let compiled = compiled(&markdown(&"{{ name }} ".repeat(3_000)));
    let long = "ü".repeat(VALUE_BYTES / 2);
    let reader = Reader::new("a@b.example", &[("name", &long)]);
    assert_eq!(reader.message(&compiled), Err(RenderProblem::MessageTooLong));
}
