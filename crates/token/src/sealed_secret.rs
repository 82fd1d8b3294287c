//! Secrets that the store keeps and that must be had again, such as those of second factors: sealed, so
//! that whoever reads the database or a dump of it does not have them.
//!
//! `"sealed1:" || key id (1) || AES-SIV tag (16) || ciphertext`. Each purpose has its own key, and a
//! secret opens only for the owner it was sealed for.

use aes_siv::KeyInit as _;
use aes_siv::siv::Aes128Siv;
use zeroize::Zeroizing;

use crate::codec::{OutOfRange, TAG_BYTES};
use crate::keyring::{Key, Keyring};

/// How a sealed secret begins. A random secret of 20 bytes begins so once in 2^64.
const MARK: &[u8] = b"sealed1:";
/// The longest secret that is sealed, in bytes.
const MOST_BYTES: usize = 1_024;

/// What a kept secret is for: one that was sealed for something else does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPurpose {
    /// Of a user's app for codes (TOTP); its owner is the user's id.
    SecondFactor,
    /// With which the installation signs in at its relay; its owner is always the same.
    RelayPassword,
}

impl SecretPurpose {
    /// Separates its key from all others. Never changes.
    const fn label(self) -> &'static [u8] {
        match self {
            Self::SecondFactor => b"pharos second factor 1",
            Self::RelayPassword => b"pharos relay password 1",
        }
    }
}

/// A secret as it was found in the store.
#[derive(Clone, PartialEq, Eq)]
pub enum KeptSecret {
    /// It stands there as it is: an earlier release has written it.
    Clear(Zeroizing<Vec<u8>>),
    /// Sealed with a key that is not the newest.
    Older(Zeroizing<Vec<u8>>),
    /// Sealed with the newest key.
    Newest(Zeroizing<Vec<u8>>),
}

impl KeptSecret {
    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        match self {
            Self::Clear(secret) | Self::Older(secret) | Self::Newest(secret) => secret,
        }
    }

    /// Whether it should be sealed anew when it is used.
    #[must_use]
    pub const fn is_outdated(&self) -> bool {
        !matches!(self, Self::Newest(_))
    }
}

impl std::fmt::Debug for KeptSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clear(_) => "Clear",
            Self::Older(_) => "Older",
            Self::Newest(_) => "Newest",
        })
    }
}

impl Keyring {
    /// Seals a secret of `owner` with the newest key.
    ///
    /// # Errors
    /// When the secret has more than 1,024 bytes.
    pub fn seal_secret(
        &self,
        purpose: SecretPurpose,
        owner: i64,
        secret: &[u8],
    ) -> Result<Vec<u8>, OutOfRange> {
        // A ring is never empty.
        let key = self.newest().filter(|_| secret.len() <= MOST_BYTES).ok_or(OutOfRange)?;
        let mut plain = Zeroizing::new(secret.to_vec());
        let owner = owner.to_be_bytes();
        let headers: [&[u8]; 2] = [&[key.id], &owner];
        let tag = cipher(key, purpose)
            .encrypt_inout_detached(headers, plain.as_mut_slice().into())
            .map_err(|_| OutOfRange)?;
        Ok([MARK, &[key.id], tag.as_slice(), plain.as_slice()].concat())
    }

    /// A secret of `owner` as it was found in the store. None when it was sealed for something or
    /// somebody else, with a key that this ring has not, or was changed.
    #[must_use]
    pub fn open_secret(
        &self,
        purpose: SecretPurpose,
        owner: i64,
        kept: &[u8],
    ) -> Option<KeptSecret> {
        let Some(sealed) = kept.strip_prefix(MARK) else {
            return Some(KeptSecret::Clear(Zeroizing::new(kept.to_vec())));
        };
        let (id, rest) = sealed.split_first()?;
        let (tag, sealed) = rest.split_first_chunk::<TAG_BYTES>()?;
        let key = self.key(*id)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let owner = owner.to_be_bytes();
        let headers: [&[u8]; 2] = [&[key.id], &owner];
        cipher(key, purpose)
            .decrypt_inout_detached(headers, plain.as_mut_slice().into(), tag.into())
            .ok()?;
        let is_newest = self.newest().is_some_and(|newest| newest.id == key.id);
        Some(if is_newest { KeptSecret::Newest(plain) } else { KeptSecret::Older(plain) })
    }
}

fn cipher(key: &Key, purpose: SecretPurpose) -> Aes128Siv {
    let derived = key.derived(purpose.label());
    let key: &[u8; 32] = &derived;
    Aes128Siv::new(key.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FACTOR: SecretPurpose = SecretPurpose::SecondFactor;

    proptest! {
        #[test]
        fn a_sealed_secret_opens_for_its_owner_alone(
            secret in prop::collection::vec(any::<u8>(), 0..64),
            owner: i64,
            at in 0_usize..200,
        ) {
            let keys = Keyring::generate().unwrap();
            let sealed = keys.seal_secret(FACTOR, owner, &secret).unwrap();
            let opened = keys.open_secret(FACTOR, owner, &sealed).unwrap();
            prop_assert_eq!(opened.reveal(), secret.as_slice());
            prop_assert!(!opened.is_outdated());
            prop_assert_eq!(keys.open_secret(FACTOR, owner.wrapping_add(1), &sealed), None);
            let mut changed = sealed.clone();
            let at = MARK.len() + at % (sealed.len() - MARK.len());
            changed[at] ^= 1;
            prop_assert_eq!(keys.open_secret(FACTOR, owner, &changed), None);
            prop_assert_eq!(keys.open_secret(FACTOR, owner, &sealed[..sealed.len() - 1]), None);
            prop_assert_eq!(Keyring::generate().unwrap().open_secret(FACTOR, owner, &sealed), None);
        }
    }

    #[test]
    fn keys_rotate_with_overlap_and_old_clear_secrets_are_read() {
        let old = Keyring::generate().unwrap();
        let sealed = old.seal_secret(FACTOR, 7, b"a secret of twenty b").unwrap();
        assert!(!sealed.windows(8).any(|it| it == b"a secret"), "{sealed:?}");
        let keys = old.rotated().unwrap();
        let opened = keys.open_secret(FACTOR, 7, &sealed).unwrap();
        assert!(opened.is_outdated() && opened.reveal() == b"a secret of twenty b");
        let again = keys.seal_secret(FACTOR, 7, opened.reveal()).unwrap();
        assert_eq!(old.open_secret(FACTOR, 7, &again), None, "sealed with the new key");
        assert!(!keys.open_secret(FACTOR, 7, &again).unwrap().is_outdated());
        let clear = keys.open_secret(FACTOR, 7, b"a secret of twenty b").unwrap();
        assert!(matches!(&clear, KeptSecret::Clear(_)) && clear.is_outdated());
        assert_eq!(format!("{clear:?}"), "Clear");
        assert_eq!(keys.seal_secret(FACTOR, 7, &[0; MOST_BYTES + 1]), Err(OutOfRange));
    }
}
