//! Nothing that calls itself an authenticator's answer crashes what checks it, and none is right that
//! the one key we know has not signed. A new passkey that is taken in has a key that can be read again.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use access::fuzzing::{PasskeyCheck, check_answer, check_created};
use libfuzzer_sys::fuzz_target;

const ORIGIN: &str = "https://pharos.example";
/// SHA-256 of `pharos.example`.
const SITE: [u8; 32] = [
    0xb1, 0xa7, 0xc5, 0x9b, 0x10, 0x6a, 0x48, 0xa2, 0xd1, 0x29, 0xba, 0x46, 0xe5, 0x00, 0xee, 0x3b,
    0x0c, 0x4c, 0x01, 0xc9, 0x39, 0xd4, 0xea, 0x81, 0x2a, 0xe3, 0xc6, 0xe6, 0xc6, 0xb7, 0x9c, 0x7e,
];
/// An Ed25519 key of which nobody has the secret half, as a `COSE_Key`.
const NOBODYS_KEY: [u8; 42] = [
    0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20, 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1,
    0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
    0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

fuzz_target!(|bytes: &[u8]| {
    let [at, flags, rest @ ..] = bytes else { return };
    let (client, data) = rest.split_at(usize::from(*at).min(rest.len()));
    // As they come, and with the beginnings that are hard to guess.
    let honest = |kind: &str| {
        format!(
            r#"{{"type":"{kind}","challenge":"{}","origin":"{ORIGIN}"}}"#,
            "A".repeat(43)
        )
    };
    let with_site = [&SITE[..], &[*flags], data].concat();
    for data in [data, &with_site] {
        for client in [client, honest("webauthn.get").as_bytes()] {
            let (signed, signature) = data.split_at(data.len().saturating_sub(64));
            for signed in [signed, data] {
                let check = PasskeyCheck { client, data: signed, signature, public_key: &NOBODYS_KEY };
                assert!(!check_answer(ORIGIN, &check), "nobody has signed it");
                // A key of the answer's own may be right; it must not crash.
                let _ = check_answer(ORIGIN, &PasskeyCheck { public_key: client, ..check });
            }
        }
        for client in [client, honest("webauthn.create").as_bytes()] {
            check_created(ORIGIN, client, data);
            // {"authData": h'...'}
            let length = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes();
            let head = [&[0xa1, 0x68][..], b"authData", &[0x59], &length].concat();
            check_created(ORIGIN, client, &[&head[..], data].concat());
        }
    }
});
