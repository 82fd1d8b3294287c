//! Whole documents in the manner of the template sets that people use (`tests/documents`).

use std::path::PathBuf;

use mail_parser::MessageParser;

use super::try_compiled;
use crate::html::markup::{Markup, TextKind, markup};

/// Every document with its name.
pub(crate) fn documents() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/documents");
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "html"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    assert!(found.len() >= 40, "only {} documents", found.len());
    found
}

#[test]
fn every_document_is_taken() {
    let refused: Vec<String> = documents()
        .iter()
        .filter_map(|(name, text)| Some(format!("{name}: {}", try_compiled(text).err()?)))
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn every_document_arrives_as_it_was_meant() {
    for (name, text) in documents() {
        let compiled = super::compiled(&text);
        assert!(!compiled.hints().iter().any(|it| it.what.contains("too many")), "{name}");
        let values: Vec<(&str, &str)> =
            compiled.tags().iter().map(|tag| (tag.as_str(), "Zoë & \"Co\" <x>")).collect();
        let reader = super::Reader::new("a@b.example", &values);
        let message =
            reader.message(&compiled).unwrap_or_else(|problem| panic!("{name}: {problem}"));
        super::check_wire(&message);
        let parsed = MessageParser::default().parse(&message).unwrap();
        let unix = |text: std::borrow::Cow<'_, str>| text.replace("\r\n", "\n");
        assert_eq!(unix(parsed.body_html(0).unwrap()), reader.page(&compiled), "{name}");
        assert_eq!(unix(parsed.body_text(0).unwrap()), reader.text(&compiled), "{name}");
    }
}

/// Comments, sheets and the first tags arrive byte for byte, but for links and `!important`.
#[test]
fn every_document_stays_its_authors() {
    let plain = |text: &str| text.replace(" !important", "").replace("!important", "");
    for (name, text) in documents() {
        let page = super::Reader::new("a@b.example", &[]).page(&super::compiled(&untagged(&text)));
        let page = plain(&page);
        let body = untagged(&text).trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let body = body.splitn(3, "---\n").nth(2).unwrap().to_owned();
        let mut parts = 0;
        for piece in markup(&body, 0).unwrap() {
            let span = match piece {
                Markup::Doctype { span } | Markup::Comment { span, .. } => span,
                Markup::Text { span, kind: TextKind::Raw } => span,
                Markup::Start(tag) if tag.name == "meta" => tag.span,
                _ => continue,
            };
            let part = &body[span];
            if part.contains("href=") {
                continue;
            }
            parts += 1;
            assert!(page.contains(&plain(part)), "{name}: {part}");
        }
        assert!(parts > 0, "{name}");
    }
}

/// A document with words in the place of its tags.
fn untagged(text: &str) -> String {
    let mut parts = text.split("{{");
    let mut output = parts.next().unwrap().to_owned();
    for part in parts {
        let (tag, rest) = part.split_once("}}").unwrap();
        let is_address = tag.contains("_url");
        output.push_str(if is_address { "https://a.example/x" } else { "word" });
        output.push_str(rest);
    }
    output
}

#[test]
fn their_text_parts_read_well() {
    for name in [
        "receipt-invoice",
        "release-hybrid-hero",
        "offer-vml-buttons",
        "newsletter-tables-spacer-gifs",
        "article-lists-quotes-code",
        "digest-compiled-cards",
    ] {
        let documents = documents();
        let (_, text) = documents.iter().find(|(known, _)| known == name).unwrap();
        let compiled = super::compiled(text);
        let values: Vec<(&str, &str)> =
            compiled.tags().iter().map(|tag| (tag.as_str(), "VALUE")).collect();
        let shown = super::Reader::new("a@b.example", &values).text(&compiled);
        let (content, _) = shown.split_once("\n-----\n").unwrap();
        insta::assert_snapshot!(format!("text_of_{name}"), without_tokens(content));
    }
}

/// Markup are long and say nothing to a reader.
fn without_tokens(text: &str) -> String {
    let mut parts = text.split(".example/");
    let mut output = parts.next().unwrap().to_owned();
    for part in parts {
        let end = part.find(['>', '\n', ' ']).unwrap_or(part.len());
        output.push_str(".example/...");
        output.push_str(&part[end..]);
    }
    output
}
