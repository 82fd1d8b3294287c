//! No text crashes what reads segments, and what is printed is read as itself.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use model::SegmentRule;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(rule) = SegmentRule::parse(text) {
        assert_eq!(rule.check(), Ok(()));
        assert_eq!(SegmentRule::parse(&rule.to_string()), Ok(rule));
    }
});
