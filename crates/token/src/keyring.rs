//! The keys, their file, and the two things done with them: sealing and opening.

use std::sync::Arc;

use aes::Aes128;
use aes_siv::KeyInit as _;
use aes_siv::siv::Aes128Siv;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cmac::Cmac;
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::codec::{BYTES, CLAIM_BYTES, Claims, OutOfRange, Purpose, Rejected, TAG_BYTES, Token};
use crate::segment::token_in;

const SECRET_BYTES: usize = 32;
/// Bytes of a visitor's code.
pub const VISITOR_CODE_BYTES: usize = 8;
/// Separates the key of visitors' codes from those of links. Never changes.
const VISITOR_LABEL: &[u8] = b"pharos visitor 1";

/// The keys of an installation: one that seals, older ones that still open, and one under which
/// suppressed addresses are hashed (it never rotates, or old suppressions would be forgotten).
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<[Key]>,
    address_secret: Arc<Zeroizing<[u8; SECRET_BYTES]>>,
}

struct Key {
    id: u8,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
    per_purpose: [Zeroizing<[u8; SECRET_BYTES]>; Purpose::ALL.len()],
    /// Prepared, for it is used with every pixel.
    visitors: Cmac<Aes128>,
}

/// Why a key file can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringProblem {
    /// A line that is neither a comment nor `token ID SECRET` nor `address SECRET`.
    #[error("line {line} of the key file should be `token ID SECRET` or `address SECRET`")]
    BadLine {
        /// Counted from 1.
        line: usize,
    },
    /// Two keys with one id.
    #[error("key {id} stands in the key file twice")]
    Twice {
        /// The id.
        id: u8,
    },
    /// No token key, or no address key.
    #[error("the key file has no `{what}` line")]
    Missing {
        /// `token` or `address`.
        what: &'static str,
    },
    /// 255 rotations.
    #[error("no key id is left; remove keys that no mail needs any more")]
    NoIdLeft,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
}

impl Key {
    fn new(id: u8, secret: Zeroizing<[u8; SECRET_BYTES]>) -> Self {
        let derive = Hkdf::<Sha256>::new(Some(&[id]), &*secret);
        let per_purpose = Purpose::ALL.map(|purpose| {
            let mut key = Zeroizing::new([0; SECRET_BYTES]);
            // HKDF refuses only outputs beyond 8,160 bytes.
            let _ = derive.expand(purpose.label(), &mut *key);
            key
        });
        let mut visitor_key = Zeroizing::new([0; 16]);
        let _ = derive.expand(VISITOR_LABEL, &mut *visitor_key);
        let visitors = <Cmac<Aes128> as cmac::KeyInit>::new((&*visitor_key).into());
        Self { id, secret, per_purpose, visitors }
    }

    fn cipher(&self, purpose: Purpose) -> Aes128Siv {
        let key: &[u8; SECRET_BYTES] = &self.per_purpose[purpose as usize];
        Aes128Siv::new(key.into())
    }
}

impl Keyring {
    /// A ring with one fresh token key and a fresh address key.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, KeyringProblem> {
        let keys = [Key::new(1, random()?)];
        Ok(Self { keys: keys.into(), address_secret: Arc::new(random()?) })
    }

    /// This ring with a fresh key in front: new tokens use it, old ones still open.
    ///
    /// # Errors
    /// When no key id is left or no random bytes are to be had.
    pub fn rotated(&self) -> Result<Self, KeyringProblem> {
        let newest = self.keys.iter().map(|key| key.id).max().unwrap_or(0);
        let id = newest.checked_add(1).ok_or(KeyringProblem::NoIdLeft)?;
        let fresh = Key::new(id, random()?);
        let keys = std::iter::once(fresh)
            .chain(self.keys.iter().map(|key| Key::new(key.id, key.secret.clone())))
            .collect();
        Ok(Self { keys, address_secret: Arc::clone(&self.address_secret) })
    }

    /// Reads a key file; the first `token` line is the one that seals.
    ///
    /// # Errors
    /// Names the line or what is missing; never repeats a secret.
    pub fn parse(text: &str) -> Result<Self, KeyringProblem> {
        let mut keys: Vec<Key> = Vec::new();
        let mut address_secret = None;
        for (number, line) in text.lines().enumerate() {
            let bad = KeyringProblem::BadLine { line: number + 1 };
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [] => {}
                [first, ..] if first.starts_with('#') => {}
                ["token", id, secret] => {
                    let id = id.parse().map_err(|_| bad.clone())?;
                    if keys.iter().any(|key| key.id == id) {
                        return Err(KeyringProblem::Twice { id });
                    }
                    keys.push(Key::new(id, secret_from(secret).ok_or(bad)?));
                }
                ["address", secret] => address_secret = Some(secret_from(secret).ok_or(bad)?),
                _ => return Err(bad),
            }
        }
        if keys.is_empty() {
            return Err(KeyringProblem::Missing { what: "token" });
        }
        let address_secret = address_secret.ok_or(KeyringProblem::Missing { what: "address" })?;
        Ok(Self { keys: keys.into(), address_secret: Arc::new(address_secret) })
    }

    /// The key file's text, secrets included.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = String::from(
            "# Keys of this Pharos. Whoever reads this file can forge links; whoever loses it\n\
             # breaks every link already mailed. The first token key makes new links.\n",
        );
        for key in self.keys.iter() {
            text.push_str(&format!("token {} {}\n", key.id, STANDARD.encode(*key.secret)));
        }
        text.push_str(&format!("address {}\n", STANDARD.encode(**self.address_secret)));
        Zeroizing::new(text)
    }

    /// Makes the token that says `claims`, good for `purpose` alone, with the newest key.
    ///
    /// # Errors
    /// When an id does not fit.
    pub fn seal(&self, purpose: Purpose, claims: Claims) -> Result<Token, OutOfRange> {
        let mut plain = claims.to_bytes()?;
        // A message that is tried again after a rotation keeps its Message-ID, so those are made
        // with the oldest key; they open nothing.
        let key = match purpose {
            Purpose::Message => self.keys.last(),
            _ => self.keys.first(),
        };
        // A ring is never empty: both constructors see to it.
        let Some(key) = key else { return Err(OutOfRange) };
        let header: [&[u8]; 1] = [&[key.id]];
        let tag = key
            .cipher(purpose)
            .encrypt_inout_detached(header, plain.as_mut_slice().into())
            .map_err(|_| OutOfRange)?;
        let mut bytes = [0; BYTES];
        bytes[0] = key.id;
        bytes[1..=TAG_BYTES].copy_from_slice(&tag);
        bytes[1 + TAG_BYTES..].copy_from_slice(&plain);
        Ok(Token::encode(&bytes))
    }

    /// What the token says, if a key of this ring made it for `purpose`.
    ///
    /// # Errors
    /// Malformed or forged; the caller treats both alike.
    pub fn open(&self, purpose: Purpose, token: &str) -> Result<Claims, Rejected> {
        let bytes = Token::decode(token)?;
        let (&[id], rest) = bytes.split_first_chunk::<1>().ok_or(Rejected::Malformed)?;
        let (tag, sealed) = rest.split_first_chunk::<TAG_BYTES>().ok_or(Rejected::Malformed)?;
        let mut plain: [u8; CLAIM_BYTES] = sealed.try_into().map_err(|_| Rejected::Malformed)?;
        let key = self.keys.iter().find(|key| key.id == id).ok_or(Rejected::Forged)?;
        let header: [&[u8]; 1] = [&[id]];
        key.cipher(purpose)
            .decrypt_inout_detached(header, plain.as_mut_slice().into(), tag.into())
            .map_err(|_| Rejected::Forged)?;
        Ok(Claims::from_bytes(plain))
    }

    /// The same for a path segment as it arrives, with whatever was done to it on the way: letters
    /// may be percent-encoded, and what stands behind the token is left out.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_segment(&self, purpose: Purpose, segment: &str) -> Result<Claims, Rejected> {
        let token = token_in(segment)?;
        self.open(purpose, std::str::from_utf8(&token).map_err(|_| Rejected::Malformed)?)
    }

    /// What stands behind a visitor's random id in a cookie: AES-CMAC (RFC 4493), cut to 64 bits.
    /// Nobody else can make it, so whoever brings it was given it here.
    #[must_use]
    pub fn visitor_code(&self, id: &[u8; 16]) -> [u8; VISITOR_CODE_BYTES] {
        let mut code = [0; VISITOR_CODE_BYTES];
        // A ring is never empty, and the whole code is longer.
        if let Some(key) = self.keys.first() {
            let whole = key.visitors.clone().chain_update(id).finalize().into_bytes();
            code = whole.first_chunk().copied().unwrap_or(code);
        }
        code
    }

    /// Whether a key of this ring made the code for the id.
    #[must_use]
    pub fn is_visitor(&self, id: &[u8; 16], code: &[u8; VISITOR_CODE_BYTES]) -> bool {
        let made_by =
            |key: &Key| key.visitors.clone().chain_update(id).verify_truncated_left(code).is_ok();
        self.keys.iter().any(made_by)
    }

    /// The keyed hash (HMAC-SHA-256) under which an address is kept in the suppression list after
    /// the address itself is erased. Takes the address's comparison key, not its display form.
    #[must_use]
    pub fn address_hash(&self, address_key: &str) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&**self.address_secret) else {
            return [0; 32];
        };
        mac.update(address_key.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keyring({} keys)", self.keys.len())
    }
}

fn random() -> Result<Zeroizing<[u8; SECRET_BYTES]>, KeyringProblem> {
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    getrandom::fill(&mut *secret).map_err(|_| KeyringProblem::NoRandomness)?;
    Ok(secret)
}

fn secret_from(text: &str) -> Option<Zeroizing<[u8; SECRET_BYTES]>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{CampaignId, ContactId, LinkSlot};
    use proptest::prelude::*;

    const CLAIMS: Claims =
        Claims { campaign: CampaignId(7), contact: ContactId(123_456), slot: LinkSlot(3) };

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
        let next = Claims { contact: ContactId(123_457), ..CLAIMS };
        let other = ring.seal(Purpose::Click, next).unwrap();
        let same =
            token.as_str().bytes().zip(other.as_str().bytes()).skip(2).filter(|(a, b)| a == b);
        assert!(same.count() < 12, "neighbouring contacts must not have look-alike tokens");
    }

    #[test]
    fn a_token_opens_only_for_its_purpose() {
        let ring = ring();
        for made_for in Purpose::ALL {
            let token = ring.seal(made_for, CLAIMS).unwrap();
            for used_for in Purpose::ALL {
                let expect = if made_for == used_for { Ok(CLAIMS) } else { Err(Rejected::Forged) };
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
        let token = ring.seal(Purpose::Unsubscribe, CLAIMS).unwrap();
        let token = token.as_str();
        for segment in [format!("{token}."), format!("%{:02x}{}", token.as_bytes()[0], &token[1..])]
        {
            assert_eq!(ring.open_segment(Purpose::Unsubscribe, &segment), Ok(CLAIMS), "{segment}");
            assert_eq!(ring.open_segment(Purpose::Click, &segment), Err(Rejected::Forged));
        }
        assert_eq!(ring.open_segment(Purpose::View, &token[1..]), Err(Rejected::Malformed));
    }

    #[test]
    fn old_tokens_open_after_rotation_and_new_ones_use_the_new_key() {
        let old = ring();
        let token = old.seal(Purpose::View, CLAIMS).unwrap();
        let new = old.rotated().unwrap();
        assert_eq!(new.open(Purpose::View, token.as_str()), Ok(CLAIMS));
        let fresh = new.seal(Purpose::View, CLAIMS).unwrap();
        assert_ne!(fresh, token);
        assert_eq!(old.open(Purpose::View, fresh.as_str()), Err(Rejected::Forged));
        let id = |ring: &Keyring| ring.seal(Purpose::Message, CLAIMS).unwrap();
        assert_eq!(id(&old), id(&new), "a message tried again keeps its Message-ID");
        assert_eq!(old.address_hash("a@b.example"), new.address_hash("a@b.example"));
    }

    #[test]
    fn a_ring_survives_its_file_and_bad_files_are_named() {
        let ring = ring().rotated().unwrap();
        let again = Keyring::parse(&ring.to_text()).unwrap();
        let token = ring.seal(Purpose::View, CLAIMS).unwrap();
        assert_eq!(again.seal(Purpose::View, CLAIMS).unwrap(), token);
        assert_eq!(again.address_hash("x"), ring.address_hash("x"));
        assert_eq!(Keyring::parse("# no\nkey 1").unwrap_err(), KeyringProblem::BadLine { line: 2 });
        assert_eq!(Keyring::parse("").unwrap_err(), KeyringProblem::Missing { what: "token" });
        let line = ring.to_text().lines().find(|l| l.starts_with("token")).unwrap().to_owned();
        let twice = format!("{line}\n{line}");
        assert_eq!(Keyring::parse(&twice).unwrap_err(), KeyringProblem::Twice { id: 2 });
    }

    #[test]
    fn ids_that_do_not_fit_are_refused() {
        for (campaign, contact) in [(7, -1), (7, 1 << 52), (-1, 7), (1 << 44, 7)] {
            let (campaign, contact) = (CampaignId(campaign), ContactId(contact));
            let claims = Claims { campaign, contact, ..CLAIMS };
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

    proptest! {
        #[test]
        fn what_is_sealed_opens(campaign in 0i64..1 << 44, contact in 0i64..1 << 52, slot: u16) {
            let ring = ring();
            let claims = Claims { campaign: CampaignId(campaign), contact: ContactId(contact), slot: LinkSlot(slot) };
            let token = ring.seal(Purpose::Click, claims).unwrap();
            prop_assert_eq!(ring.open(Purpose::Click, token.as_str()), Ok(claims));
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
}
