//! Nothing that lies in a segment crashes what reads a journal or keeps it from coming to the end,
//! and what it reads was written there.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use std::path::Path;
use std::sync::OnceLock;

use journal::{JournalError, Position, Reader};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

/// Length and checksum.
const HEADER: usize = 8;
const FIRST: u64 = 7;

fuzz_target!(|bytes: &[u8]| {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().expect("a folder")).path();
    let Some((half, bytes)) = bytes.split_first() else { return };
    let (first, second) = bytes.split_at(usize::from(*half).min(bytes.len()));
    read(folder, [first, second]);
    // The checksums would keep the fuzzer from all that lies behind them.
    let (first, second) = (with_checksums(FIRST, first), with_checksums(FIRST + 1, second));
    read(folder, [&first, &second]);
});

fn with_checksums(segment: u64, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let length = *length;
        let end = at + HEADER + u32::from_le_bytes(length) as usize;
        let Some(record) = bytes.get(at + HEADER..end) else { break };
        let place = [&segment.to_le_bytes()[..], &(at as u32).to_le_bytes(), &length].concat();
        let sum = crc32c::crc32c_append(crc32c::crc32c(&place), record);
        bytes[at + 4..at + HEADER].copy_from_slice(&sum.to_le_bytes());
        at = end;
    }
    bytes
}

fn read(folder: &Path, segments: [&[u8]; 2]) {
    for (number, bytes) in (FIRST..).zip(segments) {
        std::fs::write(folder.join(format!("{number:020}.seg")), bytes).expect("a segment");
    }
    let until = Position { segment: FIRST + 1, offset: segments[1].len() as u32 };
    let mut reader = Reader::open(folder, Position::START).expect("a folder");
    let mut last = None;
    loop {
        match reader.next(until) {
            Ok(Some((at, record))) => {
                assert!(last < Some(at) && at < until, "{at} after {last:?}");
                let segment = segments[(at.segment - FIRST) as usize];
                let start = at.offset as usize + HEADER;
                assert_eq!(segment.get(start..start + record.len()), Some(record));
                last = Some(at);
            }
            Ok(None) => return,
            Err(JournalError::Damaged(at)) => {
                reader.skip_damage(until, 64).expect("the segments are there");
                assert!(reader.position() > at, "the reader stays at {at}");
            }
            Err(problem) => panic!("{problem}"),
        }
    }
}
