//! Nothing that lies in the stream crashes what reads chunks, and what is read keeps its bounds.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use bus::{CHUNK_RECORDS, Chunk};
use libfuzzer_sys::fuzz_target;

/// Version and checksum.
const PREFIX: usize = 5;

fuzz_target!(|bytes: &[u8]| {
    check(bytes);
    // The checksum would keep the fuzzer from all that lies behind it.
    if let Some(covered) = bytes.get(PREFIX..) {
        let mut whole = bytes.to_vec();
        whole[1..PREFIX].copy_from_slice(&crc32c::crc32c(covered).to_le_bytes());
        check(&whole);
    }
});

fn check(bytes: &[u8]) {
    let Ok(chunk) = Chunk::decode(bytes) else { return };
    assert!(chunk.hits.len() + chunk.gaps.len() <= CHUNK_RECORDS);
    for places in chunk.hits.windows(2) {
        assert!(places[0].0 < places[1].0, "hits out of order");
    }
    let inside = |at| chunk.from <= at && at < chunk.to;
    assert!(chunk.hits.iter().all(|(at, _)| inside(*at)), "a hit outside of its chunk");
    assert!(chunk.gaps.iter().all(|(at, _)| inside(*at)), "a gap outside of its chunk");
}
