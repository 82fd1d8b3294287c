//! No archive, gzip file or encoding crashes the reader, and its records do not depend on how the file
//! comes.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;

const LABELS: [&str; 5] = ["auto", "utf-16le", "windows-1252", "shift_jis", "gb18030"];

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (label, most, bytes) = input;
    let label = LABELS[usize::from(label) % LABELS.len()];
    let whole = audience::fuzzing::packed_records(bytes, label, usize::MAX);
    let slowly = audience::fuzzing::packed_records(bytes, label, usize::from(most));
    assert_eq!(whole, slowly, "{label}, {most} bytes at a time");
});
