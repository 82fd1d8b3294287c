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
