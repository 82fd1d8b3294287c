//! Nothing a stranger writes into a URL opens as a token, crashes what opens it, or, put into the
//! key file, crashes what reads that.
//!
//! Run it with `scripts/test --fuzz`.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use model::{AddressCode, CampaignId, ContactId, LinkSlot};
use token::{Addressee, Claims, Keyring, Purpose, UnsubscribeClaims};

const PURPOSES: [Purpose; 5] =
    [Purpose::View, Purpose::Click, Purpose::Unsubscribe, Purpose::Browse, Purpose::Message];

/// Keys that never change, so that a finding can be run again.
static RING: LazyLock<Keyring> = LazyLock::new(|| {
    let secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    Keyring::parse(&format!("token 1 {secret}\ntoken 2 {secret}\naddress {secret}\n"))
        .expect("the key file above is well formed")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for purpose in PURPOSES {
        // Guessing a 128-bit tag is out of the fuzzer's reach: what opens was sealed by the ring.
        if let Ok(claims) = RING.open(purpose, text) {
            let sealed = RING.seal(purpose, claims).expect("claims that opened fit a token");
            assert_eq!(sealed.as_str(), text, "one token has one spelling");
        }
    }
    if let Ok(claims) = RING.open_unsubscribe(text) {
        let sealed = RING.seal_unsubscribe(claims).expect("claims that opened fit a token");
        assert_eq!(sealed.as_str(), text, "one token has one spelling");
    }
    if let Ok(ring) = Keyring::parse(text) {
        let again = Keyring::parse(&ring.to_text()).expect("a ring reads what it wrote");
        assert_eq!(*again.to_text(), *ring.to_text());
    }
    assert_eq!(RING.open_target(text), None, "nobody else can seal a target");
    one_changed_character(bytes);
});

/// An authentic token with one character changed does not open.
fn one_changed_character(bytes: &[u8]) {
    let [at, character, purpose, campaign, contact, ..] = *bytes else { return };
    let purpose = PURPOSES[usize::from(purpose) % PURPOSES.len()];
    let claims = Claims {
        campaign: CampaignId(campaign.into()),
        addressee: match contact {
            0 => Addressee::Test,
            255 => Addressee::Anonymous,
            id => Addressee::Contact(ContactId(id.into())),
        },
        slot: LinkSlot(if matches!(purpose, Purpose::Click | Purpose::Message) {
            contact.into()
        } else {
            0
        }),
    };
    let token = RING.seal(purpose, claims).expect("small ids fit a token");
    assert_eq!(RING.open(purpose, token.as_str()), Ok(claims));
    if let Some(text) = changed(token.as_str(), at, character) {
        assert!(RING.open(purpose, &text).is_err(), "{text} opened");
    }
    let address = Some(AddressCode([contact; AddressCode::BYTES]));
    let claims =
        UnsubscribeClaims { campaign: claims.campaign, addressee: claims.addressee, address };
    let token = RING.seal_unsubscribe(claims).expect("small ids fit a token");
    assert_eq!(RING.open_unsubscribe(token.as_str()), Ok(claims));
    if let Some(text) = changed(token.as_str(), at, character) {
        assert!(RING.open_unsubscribe(&text).is_err(), "{text} opened");
    }
}

/// The token with another character in one place.
fn changed(token: &str, at: u8, character: u8) -> Option<String> {
    let mut changed = token.as_bytes().to_vec();
    let at = usize::from(at) % changed.len();
    changed[at] = character;
    String::from_utf8(changed).ok().filter(|text| text != token)
}
