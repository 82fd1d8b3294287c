//! Whole documents in the manner of the template sets that people use (`tests/documents`).

use std::path::PathBuf;

use super::try_compiled;

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

/// Tokens are long and say nothing to a reader.
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
