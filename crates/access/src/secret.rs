//! Random secrets: made here, shown once, stored as SHA-256.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Bytes of a session token or an invitation.
const RANDOM_BYTES: usize = 32;
/// Characters of it in base64url.
const RANDOM_CHARS: usize = 43;

/// A secret as text. Is never printed by accident, and wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// A secret that somebody has typed.
    #[must_use]
    pub fn from_typed(text: String) -> Self {
        Self::new(text)
    }

    /// 256 random bits as 43 characters that need no escaping in a cookie or an address.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice())))
    }

    /// The secret itself, to be shown or sent once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText")
    }
}

/// The hash by which a random secret is looked up; None for what is none, whatever comes in a cookie.
pub(crate) fn lookup_hash(text: &str) -> Option<[u8; 32]> {
    let fits = text.len() == RANDOM_CHARS
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    fits.then(|| sha256(text.as_bytes()))
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 of several parts, none of which can pass for another's end.
pub(crate) fn sha256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_are_looked_up_by_their_hash_and_are_not_printed() {
        let [one, other] = [(); 2].map(|()| SecretText::random().unwrap());
        assert_ne!(one.reveal(), other.reveal());
        assert_eq!(one.reveal().len(), RANDOM_CHARS);
        assert_eq!(lookup_hash(one.reveal()), Some(one.hash()));
        assert!(!format!("{one:?}").contains(one.reveal()));
        let long = "A".repeat(44);
        for none in ["", "A", &long, &"ä".repeat(22), &format!("{} ", "A".repeat(42))] {
            assert_eq!(lookup_hash(none), None, "{none}");
        }
        assert_ne!(sha256_of(&[b"ab", b"c"]), sha256_of(&[b"a", b"bc"]));
    }
}
