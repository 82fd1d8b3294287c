//! The keys, their file, and what they are used for: sealing and opening.

use std::sync::Arc;

use aes::Aes128;
use aes_siv::KeyInit as _;
use aes_siv::siv::Aes128Siv;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cmac::Cmac;
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use model::{AddressCode, LinkSlot};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::codec::{
    CLAIM_BYTES, Claims, FRAME_BYTES, OutOfRange, Purpose, Rejected, TAG_BYTES, Token,
    UNSUBSCRIBE_CLAIM_BYTES, UnsubscribeClaims,
};
use crate::segment::token_in;
use crate::siv::ShortSiv;

const SECRET_BYTES: usize = 32;
/// Bytes of a visitor's code.
pub const VISITOR_CODE_BYTES: usize = 8;
/// Separates the key of visitors' codes from those of links. Never changes.
const VISITOR_LABEL: &[u8] = b"pharos visitor 1";
/// Separates the key of links' targets from those of tokens. Never changes.
const TARGET_LABEL: &[u8] = b"pharos target 1";

/// Separates the secret of readers' network addresses from the hash of mail addresses. Never changes.
const CLIENT_ADDRESS_LABEL: &[u8] = b"pharos client address secret 1";

/// The keys of an installation: one that seals, older ones that still open, and one under which
/// suppressed addresses are hashed (it never rotates, or old suppressions would be forgotten).
#[derive(Clone)]
pub struct Keyring {
    keys: Arc<[Key]>,
    address_secret: Arc<Zeroizing<[u8; SECRET_BYTES]>>,
}

pub(crate) struct Key {
    pub(crate) id: u8,
    secret: Zeroizing<[u8; SECRET_BYTES]>,
    per_purpose: [Zeroizing<[u8; SECRET_BYTES]>; Purpose::ALL.len()],
    /// Prepared for claims, for every message has dozens of them.
    claims: [ShortSiv; Purpose::ALL.len()],
    /// The key of links' targets.
    pub(crate) targets: Zeroizing<[u8; SECRET_BYTES]>,
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
    #[error("key {id} appears in the key file twice")]
    Twice { id: u8 },
    /// No token key, or no address key.
    #[error("the key file has no `{what}` line")]
    Missing {
        /// `token` or `address`.
        what: &'static str,
    },
    /// After 255 rotations.
    #[error("no key id is left; remove keys that mail no longer needs")]
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
        let mut targets = Zeroizing::new([0; SECRET_BYTES]);
        let _ = derive.expand(TARGET_LABEL, &mut *targets);
        let claims = per_purpose.each_ref().map(|key| ShortSiv::new(key, &[id]));
        Self { id, secret, per_purpose, claims, targets, visitors }
    }

    /// A key of its own for what this label stands for; made at each use, so for what is rare.
    pub(crate) fn derived(&self, label: &[u8]) -> Zeroizing<[u8; SECRET_BYTES]> {
        let mut key = Zeroizing::new([0; SECRET_BYTES]);
        // HKDF refuses only outputs beyond 8,160 bytes.
        let _ = Hkdf::<Sha256>::new(Some(&[self.id]), &*self.secret).expand(label, &mut *key);
        key
    }

    fn cipher(&self, purpose: Purpose) -> Aes128Siv {
        let key: &[u8; SECRET_BYTES] = &self.per_purpose[purpose as usize];
        Aes128Siv::new(key.into())
    }
}

/// Key, tag and ciphertext as a token.
fn token(key_id: u8, tag: &[u8; TAG_BYTES], sealed: &[u8]) -> Token {
    let mut bytes = [0; FRAME_BYTES + UNSUBSCRIBE_CLAIM_BYTES];
    let (frame, claims) = bytes.split_at_mut(FRAME_BYTES);
    if let Some((id, rest)) = frame.split_first_mut() {
        *id = key_id;
        rest.copy_from_slice(tag);
    }
    // Copied as a whole: a message has dozens of tokens.
    if let Some(place) = claims.get_mut(..sealed.len()) {
        place.copy_from_slice(sealed);
    }
    Token::encode(bytes.get(..FRAME_BYTES + sealed.len()).unwrap_or_default())
}

impl Keyring {
    /// A ring with one fresh token key and a fresh address key.
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
            "# Keys of this Pharos. Anyone who can read this file can forge links; losing it breaks\n\
             # every link already mailed. The first token key makes new links.\n",
        );
        for key in self.keys.iter() {
            text.push_str(&format!("token {} {}\n", key.id, STANDARD.encode(*key.secret)));
        }
        text.push_str(&format!("address {}\n", STANDARD.encode(**self.address_secret)));
        Zeroizing::new(text)
    }

    /// Makes the token that says `claims`, good for `purpose` alone, with the newest key. Links to
    /// leave by are made with [`Self::seal_unsubscribe`].
    ///
    /// # Errors
    /// When an id does not fit, or a slot is given for a purpose that has none: two tokens would say
    /// the same then.
    pub fn seal(&self, purpose: Purpose, claims: Claims) -> Result<Token, OutOfRange> {
        if !purpose.has_slot() && claims.slot != LinkSlot(0) {
            return Err(OutOfRange);
        }
        let key = self.sealing_key(purpose)?;
        let mut plain = claims.to_bytes()?;
        let tag = key.claims[purpose as usize].seal(&mut plain);
        Ok(token(key.id, &tag, &plain))
    }

    /// Makes the token of a link to leave by, which also says the address's code.
    pub fn seal_unsubscribe(&self, claims: UnsubscribeClaims) -> Result<Token, OutOfRange> {
        let (mut plain, length) = claims.to_bytes()?;
        let plain = plain.get_mut(..length).ok_or(OutOfRange)?;
        let key = self.sealing_key(Purpose::Unsubscribe)?;
        let header: [&[u8]; 1] = [&[key.id]];
        let tag = key
            .cipher(Purpose::Unsubscribe)
            .encrypt_inout_detached(header, (&mut *plain).into())
            .map_err(|_| OutOfRange)?;
        Ok(token(key.id, &tag.into(), plain))
    }

    fn sealing_key(&self, purpose: Purpose) -> Result<&Key, OutOfRange> {
        // A message that is tried again after a rotation keeps its Message-ID, so those are made
        // with the oldest key; they open nothing.
        let key = match purpose {
            Purpose::Message => self.keys.last(),
            _ => self.newest(),
        };
        // A ring is never empty: both constructors see to it.
        key.ok_or(OutOfRange)
    }

    pub(crate) fn newest(&self) -> Option<&Key> {
        self.keys.first()
    }

    pub(crate) fn key(&self, id: u8) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// What the token says, if a key of this ring made it for `purpose`.
    ///
    /// # Errors
    /// Malformed or forged; the caller treats both alike.
    pub fn open(&self, purpose: Purpose, token: &str) -> Result<Claims, Rejected> {
        match self.opened(purpose, token)? {
            (claims, None) => Ok(claims),
            (_, Some(_)) => Err(Rejected::Malformed),
        }
    }

    /// What the token of a link to leave by says, in the form of this release or of earlier ones.
    pub fn open_unsubscribe(&self, token: &str) -> Result<UnsubscribeClaims, Rejected> {
        let (claims, address) = self.opened(Purpose::Unsubscribe, token)?;
        Ok(UnsubscribeClaims::new(claims, address))
    }

    fn opened(
        &self,
        purpose: Purpose,
        token: &str,
    ) -> Result<(Claims, Option<AddressCode>), Rejected> {
        let (mut bytes, length) = Token::decode(token)?;
        let bytes = bytes.get_mut(..length).ok_or(Rejected::Malformed)?;
        let (&mut [id], rest) = bytes.split_first_chunk_mut::<1>().ok_or(Rejected::Malformed)?;
        let (tag, sealed) = rest.split_first_chunk_mut::<TAG_BYTES>().ok_or(Rejected::Malformed)?;
        let key = self.key(id).ok_or(Rejected::Forged)?;
        let header: [&[u8]; 1] = [&[id]];
        key.cipher(purpose)
            .decrypt_inout_detached(header, (&mut *sealed).into(), (&*tag).into())
            .map_err(|_| Rejected::Forged)?;
        let (claims, rest) =
            sealed.split_first_chunk::<CLAIM_BYTES>().ok_or(Rejected::Malformed)?;
        let address = rest.first_chunk().copied().map(AddressCode);
        let claims = Claims::from_bytes(*claims);
        // No release has sealed one.
        if !purpose.has_slot() && claims.slot != LinkSlot(0) {
            return Err(Rejected::Malformed);
        }
        Ok((claims, address))
    }

    /// As [`Self::open`] for a path segment as it arrives, with whatever was done to it on the way:
    /// letters may be percent-encoded, and what stands behind the token is left out.
    pub fn open_segment(&self, purpose: Purpose, segment: &str) -> Result<Claims, Rejected> {
        self.open(purpose, token_in(segment)?.as_str())
    }

    /// As [`Self::open_unsubscribe`] for a path segment as it arrives.
    pub fn open_unsubscribe_segment(&self, segment: &str) -> Result<UnsubscribeClaims, Rejected> {
        self.open_unsubscribe(token_in(segment)?.as_str())
    }

    /// What stands behind a visitor's random id in a cookie: AES-CMAC (RFC 4493), cut to 64 bits.
    /// Nobody else can make it, so a browser that brings it got it here.
    #[must_use]
    pub fn visitor_code(&self, id: &[u8]) -> [u8; VISITOR_CODE_BYTES] {
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
    pub fn is_visitor(&self, id: &[u8], code: &[u8; VISITOR_CODE_BYTES]) -> bool {
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

impl Keyring {
    /// The code by which an address is known again, from its comparison key.
    #[must_use]
    pub fn address_code(&self, address_key: &str) -> AddressCode {
        AddressCode::of(&self.address_hash(address_key))
    }

    /// The secret half of the keys by which readers' network addresses are encrypted. It stays when
    /// token keys are rotated: the other half, in the store, is another one each day.
    #[must_use]
    pub fn client_address_secret(&self) -> Zeroizing<[u8; SECRET_BYTES]> {
        let mut secret = Zeroizing::new([0; SECRET_BYTES]);
        // HKDF refuses only outputs beyond 8,160 bytes.
        let derive = Hkdf::<Sha256>::new(None, &**self.address_secret);
        let _ = derive.expand(CLIENT_ADDRESS_LABEL, &mut *secret);
        secret
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
mod tests;
