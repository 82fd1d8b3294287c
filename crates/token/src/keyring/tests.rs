use super::*;
use crate::Addressee;
use model::{CampaignId, ContactId, LinkSlot};
use proptest::prelude::*;

const CLAIMS: Claims = Claims {
    campaign: CampaignId(7),
    addressee: Addressee::Contact(ContactId(123_456)),
    slot: LinkSlot(3),
};
/// Of a purpose that has no slot.
const WITHOUT_SLOT: Claims = Claims { slot: LinkSlot(0), ..CLAIMS };

fn ring() -> Keyring {
    Keyring::generate().unwrap()
}

#[test]
fn a_token_is_short_opaque_and_always_the_same() {
    let ring = ring();
    let token = ring.seal(Purpose::Click, CLAIMS).unwrap();
    assert_eq!(token.as_str().len(), crate::LEN);
    assert!(token.as_str().len() <= 48);
    assert_eq!(ring.seal(Purpose::Click, CLAIMS).unwrap(), token);
    let next = Claims { addressee: Addressee::Contact(ContactId(123_457)), ..CLAIMS };
    let other = ring.seal(Purpose::Click, next).unwrap();
    let same = token.as_str().bytes().zip(other.as_str().bytes()).skip(2).filter(|(a, b)| a == b);
    assert!(same.count() < 12, "neighbouring contacts must not have look-alike tokens");
}

#[test]
fn a_token_opens_only_for_its_purpose() {
    let ring = ring();
    for made_for in Purpose::ALL {
        let token = ring.seal(made_for, WITHOUT_SLOT).unwrap();
        for used_for in Purpose::ALL {
            let expect =
                if made_for == used_for { Ok(WITHOUT_SLOT) } else { Err(Rejected::Forged) };
            assert_eq!(ring.open(used_for, token.as_str()), expect);
        }
    }
}

#[test]
fn a_visitor_is_whoever_brings_our_code_before_and_after_a_rotation() {
    let old = ring();
    let (id, other) = ([7; 16], [8; 16]);
    let code = old.visitor_code(&id);
    let new = old.rotated().unwrap();
    assert!(old.is_visitor(&id, &code) && new.is_visitor(&id, &code));
    assert_ne!(new.visitor_code(&id), code);
    assert!(!old.is_visitor(&other, &code) && !old.is_visitor(&id, &[0; 8]));
    assert!(!ring().is_visitor(&id, &code), "another installation's");
}

#[test]
fn a_token_opens_with_whatever_is_glued_to_it() {
    let ring = ring();
    let token = ring.seal(Purpose::Unsubscribe, WITHOUT_SLOT).unwrap();
    let token = token.as_str();
    for segment in [format!("{token}."), format!("%{:02x}{}", token.as_bytes()[0], &token[1..])] {
        assert_eq!(
            ring.open_segment(Purpose::Unsubscribe, &segment),
            Ok(WITHOUT_SLOT),
            "{segment}"
        );
        assert_eq!(ring.open_segment(Purpose::Click, &segment), Err(Rejected::Forged));
    }
    assert_eq!(ring.open_segment(Purpose::View, &token[1..]), Err(Rejected::Malformed));
}

#[test]
fn old_tokens_open_after_rotation_and_new_ones_use_the_new_key() {
    let old = ring();
    let token = old.seal(Purpose::View, WITHOUT_SLOT).unwrap();
    let new = old.rotated().unwrap();
    assert_eq!(new.open(Purpose::View, token.as_str()), Ok(WITHOUT_SLOT));
    let fresh = new.seal(Purpose::View, WITHOUT_SLOT).unwrap();
    assert_ne!(fresh, token);
    assert_eq!(old.open(Purpose::View, fresh.as_str()), Err(Rejected::Forged));
    let id = |ring: &Keyring| ring.seal(Purpose::Message, WITHOUT_SLOT).unwrap();
    assert_eq!(id(&old), id(&new), "a message tried again keeps its Message-ID");
    assert_eq!(old.address_hash("a@b.example"), new.address_hash("a@b.example"));
}

#[test]
fn a_ring_survives_its_file_and_bad_files_are_named() {
    let ring = ring().rotated().unwrap();
    let again = Keyring::parse(&ring.to_text()).unwrap();
    let token = ring.seal(Purpose::View, WITHOUT_SLOT).unwrap();
    assert_eq!(again.seal(Purpose::View, WITHOUT_SLOT).unwrap(), token);
    assert_eq!(again.address_hash("x"), ring.address_hash("x"));
    assert_eq!(Keyring::parse("# no\nkey 1").unwrap_err(), KeyringProblem::BadLine { line: 2 });
    assert_eq!(Keyring::parse("").unwrap_err(), KeyringProblem::Missing { what: "token" });
    let line = ring.to_text().lines().find(|l| l.starts_with("token")).unwrap().to_owned();
    let twice = format!("{line}\n{line}");
    assert_eq!(Keyring::parse(&twice).unwrap_err(), KeyringProblem::Twice { id: 2 });
}

#[test]
fn ids_that_do_not_fit_are_refused() {
    for (campaign, contact) in
        [(7, -1), (7, 0), (7, (1 << 52) - 1), (7, 1 << 52), (-1, 7), (1 << 44, 7)]
    {
        let addressee = Addressee::Contact(ContactId(contact));
        let claims = Claims { campaign: CampaignId(campaign), addressee, ..WITHOUT_SLOT };
        assert_eq!(ring().seal(Purpose::View, claims).unwrap_err(), OutOfRange);
    }
}

#[test]
fn a_token_of_the_first_release_says_what_it_said() {
    const KEYS: &str = "token 1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\
        address AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    // Made by 0.1.0 with these keys.
    const TOKEN: &str = "Abf_98T8tJndbBd_5L9V85GjUzkj2qzDvoWTVdo-6A";
    assert_eq!(Keyring::parse(KEYS).unwrap().open(Purpose::Click, TOKEN), Ok(CLAIMS));
}

fn addressees() -> impl Strategy<Value = Addressee> {
    prop_oneof![
        8 => (1i64..(1 << 52) - 1).prop_map(|id| Addressee::Contact(ContactId(id))),
        1 => Just(Addressee::Anonymous),
        1 => Just(Addressee::Test),
    ]
}

proptest! {
    #[test]
    fn what_is_sealed_opens(campaign in 0i64..1 << 44, addressee in addressees(), slot: u16) {
        let ring = ring();
        let claims = Claims { campaign: CampaignId(campaign), addressee, slot: LinkSlot(slot) };
        let token = ring.seal(Purpose::Click, claims).unwrap();
        prop_assert_eq!(ring.open(Purpose::Click, token.as_str()), Ok(claims));
    }

    #[test]
    fn what_is_sealed_to_leave_by_opens(campaign in 0i64..1 << 44, addressee in addressees(), code: Option<[u8; 5]>) {
        let ring = ring();
        let address = code.map(AddressCode);
        let claims = UnsubscribeClaims { campaign: CampaignId(campaign), addressee, address };
        let token = ring.seal_unsubscribe(claims).unwrap();
        prop_assert_eq!(ring.open_unsubscribe(token.as_str()), Ok(claims));
    }

    #[test]
    fn a_changed_link_to_leave_by_never_opens(at in 0usize..crate::UNSUBSCRIBE_LEN, to in "[A-Za-z0-9_-]") {
        let ring = ring();
        let token = ring.seal_unsubscribe(to_leave_by(&ring)).unwrap();
        let mut forged = token.as_str().to_owned();
        forged.replace_range(at..=at, &to);
        if forged != token.as_str() {
            prop_assert!(ring.open_unsubscribe(&forged).is_err());
        }
    }

    #[test]
    fn a_changed_token_never_opens(at in 0usize..crate::LEN, to in "[A-Za-z0-9_-]") {
        let ring = ring();
        let token = ring.seal(Purpose::Click, CLAIMS).unwrap();
        let mut forged = token.as_str().to_owned();
        forged.replace_range(at..=at, &to);
        if forged != token.as_str() {
            prop_assert!(ring.open(Purpose::Click, &forged).is_err());
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        prop_assert!(ring().open(Purpose::View, &text).is_err());
    }
}

fn to_leave_by(ring: &Keyring) -> UnsubscribeClaims {
    let address = Some(ring.address_code("ann@b.example"));
    UnsubscribeClaims { campaign: CLAIMS.campaign, addressee: CLAIMS.addressee, address }
}

#[test]
fn a_link_to_leave_by_says_the_address_too_and_is_always_the_same() {
    let ring = ring();
    let claims = to_leave_by(&ring);
    let token = ring.seal_unsubscribe(claims).unwrap();
    assert_eq!(token.as_str().len(), crate::UNSUBSCRIBE_LEN);
    assert_eq!(ring.seal_unsubscribe(claims).unwrap(), token);
    assert_eq!(ring.open_unsubscribe(token.as_str()), Ok(claims));
    let glued = format!("{}&amp;x=1", token.as_str());
    assert_eq!(ring.open_unsubscribe_segment(&glued), Ok(claims));
    for purpose in Purpose::ALL {
        assert!(ring.open(purpose, token.as_str()).is_err(), "it is for leaving alone");
    }
    let cut = &token.as_str()[..crate::LEN];
    assert!(ring.open_unsubscribe(cut).is_err());
    assert_eq!(ring.rotated().unwrap().open_unsubscribe(token.as_str()), Ok(claims));
    let hash = ring.address_hash("ann@b.example");
    assert_eq!(claims.address, Some(AddressCode::of(&hash)));
}

#[test]
fn a_link_to_leave_by_of_an_earlier_release_says_what_it_said() {
    const KEYS: &str = "token 1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\
        address AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    // Made with these keys when links to leave by did not say the address.
    const TOKEN: &str = "ASEOQwn-a_phTlZNuFVEN_tODo0SZQQt07KW5u9BOA";
    let claims = Keyring::parse(KEYS).unwrap().open_unsubscribe(TOKEN).unwrap();
    assert_eq!((claims.campaign, claims.addressee), (CLAIMS.campaign, CLAIMS.addressee));
    assert_eq!(claims.address, None);
}

#[test]
fn two_tokens_never_say_the_same() {
    let ring = ring();
    let slot = LinkSlot(1);
    for purpose in [Purpose::View, Purpose::Browse, Purpose::Unsubscribe] {
        assert!(ring.seal(purpose, Claims { slot, ..CLAIMS }).is_err(), "{purpose:?} has no slot");
    }
    let mut plain = Claims { slot, ..CLAIMS }.to_bytes().unwrap();
    let key = ring.newest().unwrap();
    let tag = key.claims[Purpose::View as usize].seal(&mut plain);
    let foreign = token(key.id, &tag, &plain);
    assert_eq!(ring.open(Purpose::View, foreign.as_str()), Err(Rejected::Malformed));
    let one = ring.seal(Purpose::Click, Claims { slot, ..CLAIMS }).unwrap();
    assert_ne!(one, ring.seal(Purpose::Click, Claims { slot: LinkSlot(2), ..CLAIMS }).unwrap());
}

#[test]
fn the_secret_of_network_addresses_stays_when_keys_rotate_and_is_no_other_installations() {
    let keys = Keyring::generate().unwrap();
    let secret = keys.client_address_secret();
    assert_eq!(keys.rotated().unwrap().client_address_secret(), secret);
    assert_eq!(Keyring::parse(&keys.to_text()).unwrap().client_address_secret(), secret);
    assert_ne!(Keyring::generate().unwrap().client_address_secret(), secret);
    assert_ne!(*secret, keys.address_hash(""));
}
