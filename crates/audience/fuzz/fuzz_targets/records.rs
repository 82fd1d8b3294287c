//! No file crashes the reader, and every byte of it is in exactly one record.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fn without_line_ends(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect()
}

fuzz_target!(|bytes: &[u8]| {
    let mut taken = Vec::new();
    let mut last_line = 0;
    audience::fuzzing::records(bytes, |line, raw, fields| {
        assert!(line > last_line, "records out of order");
        last_line = line;
        taken.extend_from_slice(raw);
        if let Some(fields) = fields {
            assert!(fields <= raw.len() + 1, "more cells than bytes");
        } else {
            assert_eq!(raw, without_line_ends(raw), "more than a line was rejected");
        }
    });
    assert_eq!(without_line_ends(&taken), without_line_ends(bytes));
});
