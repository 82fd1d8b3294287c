//! No text crashes what reads the values of attributes, and what is kept is read as itself.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::AttributeKind;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n').map(str::to_owned);
    let value = lines.next().unwrap_or_default();
    // The lines behind it are the choices of a list.
    let choices: Vec<String> = lines.collect();
    for word in AttributeKind::WORDS {
        let choices = if word == "list" { choices.as_slice() } else { &[] };
        let Ok(kind) = AttributeKind::parse(word, choices) else { continue };
        if let Ok(kept) = kind.canonical(&value) {
            assert_eq!(kind.canonical(&kept), Ok(kept), "{word}");
        }
    }
});
