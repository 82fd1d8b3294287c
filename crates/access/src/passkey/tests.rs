//! Answers of an authenticator, honest and forged.

use proptest::prelude::*;
use testkit::{Authenticator, AuthenticatorKeyKind, Ceremony, PRESENT_AND_VERIFIED, SignedAnswer};

use super::*;

const ORIGIN: &str = "https://pharos.example";
/// 32 bytes.
const CHALLENGE: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
const KINDS: [AuthenticatorKeyKind; 3] =
    [AuthenticatorKeyKind::Es256, AuthenticatorKeyKind::EdDsa, AuthenticatorKeyKind::Rs256];

fn site() -> RelyingParty {
    RelyingParty::at(ORIGIN).unwrap()
}

fn made(authenticator: &Authenticator, ceremony: &Ceremony) -> Result<Registered, PasskeyProblem> {
    let answer = authenticator.register(ceremony);
    registered(&ClientData::read_part(&answer.client_data)?, &answer.attestation, &site())
}

fn answer(signed: &SignedAnswer) -> PasskeyAnswer<'_> {
    PasskeyAnswer {
        credential_id: &signed.credential_id,
        client_data: &signed.client_data,
        authenticator_data: &signed.authenticator_data,
        signature: &signed.signature,
        user_handle: &signed.user_handle,
    }
}

fn checked(signed: &SignedAnswer, key: &[u8]) -> Result<u32, PasskeyProblem> {
    ReadAnswer::read(answer(signed))?.checked(&site(), key)
}

/// What a forger changes in an honest ceremony, and what it is refused for.
fn lies(honest: &Ceremony) -> Vec<(Ceremony, PasskeyProblem)> {
    let origin = |origin: &str| Ceremony { origin: origin.into(), ..honest.clone() };
    let flags = |flags| Ceremony { flags, ..honest.clone() };
    let more = |more: &str| Ceremony { more: more.into(), ..honest.clone() };
    let other = match honest.kind.as_str() {
        "webauthn.get" => "webauthn.create",
        _ => "webauthn.get",
    };
    vec![
        (Ceremony { kind: other.into(), ..honest.clone() }, PasskeyProblem::Purpose),
        (Ceremony { kind: "payment.get".into(), ..honest.clone() }, PasskeyProblem::Purpose),
        (origin("https://evil.example"), PasskeyProblem::Origin),
        (origin("https://pharos.example.evil.example"), PasskeyProblem::Origin),
        (origin("https://www.pharos.example"), PasskeyProblem::Origin),
        (origin("https://pharos.example:8443"), PasskeyProblem::Origin),
        (origin("http://pharos.example"), PasskeyProblem::Origin),
        (origin("https://pharos.example/"), PasskeyProblem::Origin),
        (more(r#","crossOrigin":true"#), PasskeyProblem::Origin),
        (more(r#","crossOrigin":"false""#), PasskeyProblem::Origin),
        (more(r#","topOrigin":"https://evil.example""#), PasskeyProblem::Origin),
        (
            Ceremony { relying_party: "evil.example".into(), ..honest.clone() },
            PasskeyProblem::RelyingParty,
        ),
        (flags(0), PasskeyProblem::NotVerified),
        (flags(0b001), PasskeyProblem::NotVerified),
        (flags(0b100), PasskeyProblem::NotVerified),
        (flags(PRESENT_AND_VERIFIED | 0b1_0000), PasskeyProblem::Malformed),
        (flags(PRESENT_AND_VERIFIED | 0b1000_0000), PasskeyProblem::Malformed),
        (Ceremony { challenge: "AAAA".into(), ..honest.clone() }, PasskeyProblem::Malformed),
        (more(","), PasskeyProblem::Malformed),
    ]
}

#[test]
fn every_kind_of_key_is_registered_and_its_signatures_are_right() {
    for kind in KINDS {
        let authenticator = Authenticator::new(kind, "");
        let known = made(&authenticator, &Ceremony::create(CHALLENGE, ORIGIN)).unwrap();
        assert_eq!(known.credential_id, authenticator.credential_id, "{kind:?}");
        let signed = authenticator.sign(&Ceremony::get(CHALLENGE, ORIGIN, 7));
        assert_eq!(checked(&signed, &known.public_key), Ok(7), "{kind:?}");
        let backed_up = PRESENT_AND_VERIFIED | 0b1_1000;
        // On several devices each counts for itself: another one may well be behind.
        let synced = Ceremony { flags: backed_up, ..Ceremony::get(CHALLENGE, ORIGIN, 9) };
        assert_eq!(checked(&authenticator.sign(&synced), &known.public_key), Ok(0), "{kind:?}");
        let synced = Ceremony { flags: backed_up, count: 5, ..Ceremony::create(CHALLENGE, ORIGIN) };
        assert_eq!(made(&authenticator, &synced).unwrap().sign_count, 0, "{kind:?}");
        let other = Authenticator::new(kind, "");
        let foreign = other.sign(&Ceremony::get(CHALLENGE, ORIGIN, 7));
        let refused = checked(&foreign, &known.public_key);
        assert_eq!(refused, Err(PasskeyProblem::Signature), "{kind:?}");
    }
}

#[test]
fn what_is_forged_is_refused_for_what_it_is() {
    let authenticator = Authenticator::new(AuthenticatorKeyKind::Es256, "");
    let honest = Ceremony::create(CHALLENGE, ORIGIN);
    let known = made(&authenticator, &honest).unwrap();
    for (lie, problem) in lies(&honest) {
        assert_eq!(made(&authenticator, &lie).unwrap_err(), problem, "{lie:?}");
    }
    // Signed by the right key, and wrong all the same.
    for (lie, problem) in lies(&Ceremony::get(CHALLENGE, ORIGIN, 1)) {
        assert_eq!(checked(&authenticator.sign(&lie), &known.public_key), Err(problem), "{lie:?}");
    }
    let signed = authenticator.sign(&Ceremony::get(CHALLENGE, ORIGIN, 1));
    let other = authenticator.sign(&Ceremony::get(CHALLENGE, ORIGIN, 2));
    let counted_on =
        SignedAnswer { authenticator_data: other.authenticator_data, ..signed.clone() };
    assert_eq!(checked(&counted_on, &known.public_key), Err(PasskeyProblem::Signature));
    let unsigned = SignedAnswer { signature: String::new(), ..signed.clone() };
    assert_eq!(checked(&unsigned, &known.public_key), Err(PasskeyProblem::Signature));
    for part in ["A", "=", "ä", "AA==", &"A".repeat(5_500)] {
        let broken = SignedAnswer { authenticator_data: part.into(), ..signed.clone() };
        assert_eq!(checked(&broken, &known.public_key), Err(PasskeyProblem::Malformed), "{part}");
        let broken = SignedAnswer { client_data: part.into(), ..signed.clone() };
        assert_eq!(checked(&broken, &known.public_key), Err(PasskeyProblem::Malformed), "{part}");
    }
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let cose = |hex: &str, bytes: usize| {
        let head = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16));
        let mut key: Vec<u8> = head.map(Result::unwrap).collect();
        key.extend(vec![1; bytes]);
        PublicKey::read(&key).map(drop)
    };
    let ones = "01".repeat(32);
    for (hex, bytes, why) in [
        ("", 0, "nothing"),
        ("a0", 0, "an empty map"),
        ("80", 0, "no map"),
        (&format!("a5010203262001215820{ones}225820"), 32, "no point"),
        (&format!("a5010203262002215820{ones}225820"), 32, "P-384"),
        ("a4010103272007215820", 32, "Ed448"),
        ("a401010327200621581f", 31, "a byte too few"),
        ("a4010303390100204101214101", 0, "an RSA key of 8 bits"),
        ("a40103033900ff20", 0, "another digest"),
        ("a30102032620012158ffffffff", 0, "longer than what is there"),
        ("9fffffffffffffffffff", 0, "an endless array"),
    ] {
        assert!(
            matches!(cose(hex, bytes), Err(PasskeyProblem::Key | PasskeyProblem::Malformed)),
            "{why}"
        );
    }
    let deep = [0x81; 4_000];
    assert_eq!(PublicKey::read(&deep).unwrap_err(), PasskeyProblem::Malformed);
    let claims = [0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(PublicKey::read(&claims).unwrap_err(), PasskeyProblem::Malformed);
}

proptest! {
    /// Whatever byte of an answer is changed, it is refused.
    #[test]
    fn an_answer_with_one_other_byte_is_refused(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let authenticator = Authenticator::new(AuthenticatorKeyKind::EdDsa, "");
        let known = made(&authenticator, &Ceremony::create(CHALLENGE, ORIGIN)).unwrap();
        let signed = authenticator.sign(&Ceremony::get(CHALLENGE, ORIGIN, 1));
        let parts = [&signed.client_data, &signed.authenticator_data, &signed.signature];
        let mut parts = parts.map(|part| bytes(part).unwrap());
        let lengths = parts.clone().map(|part| part.len());
        let mut place = at.index(lengths.iter().sum());
        let which = usize::from(place >= lengths[0]) + usize::from(place >= lengths[0] + lengths[1]);
        place -= lengths[..which].iter().sum::<usize>();
        parts[which][place] ^= 1 << bit;
        let [client_data, authenticator_data, signature] = parts.map(|part| base64url(&part));
        let forged = SignedAnswer { client_data, authenticator_data, signature, ..signed };
        prop_assert!(checked(&forged, &known.public_key).is_err());
    }

    #[test]
    fn no_bytes_make_the_readers_stumble(data in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut with_flags = vec![7; 32];
        with_flags.extend_from_slice(&data);
        for data in [&data, &with_flags] {
            let _ = AuthenticatorData::read(data);
            let _ = PublicKey::read(data);
            let _ = ClientData::read(data);
            let client = ClientData::read_part(&base64url(
                format!(r#"{{"type":"webauthn.create","challenge":"{CHALLENGE}","origin":"{ORIGIN}"}}"#)
                    .as_bytes(),
            )).unwrap();
            prop_assert!(registered(&client, &base64url(data), &site()).is_err());
        }
    }
}
