//! How the network address of an event is encrypted: XChaCha20 with the key of the event's day, and the
//! event's identity as its nonce.
//!
//! Invariants: a day's key is made of a random salt, which the store keeps, and of a secret, which the
//! store does not keep: neither a copy of the database nor the key file alone tells an address, and
//! without its salt nobody reads a day again. The nonce is the event's primary key, so none is used twice,
//! the same address gives other bytes each time, and an event takes no byte more than the address has.
//! There is no tag: nothing is decided by an address, and whoever could change one can change the event.

use chacha20::XChaCha20;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::engine::client_secret::{ClientSecret, KEY_BYTES};

/// Bytes that show whether a salt was made with this secret.
const PROOF_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;
/// Never changes: the addresses that were stored would be lost.
const LABEL: &[u8] = b"pharos client address 1";

/// The primary key of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EventKey {
    pub(crate) at: i64,
    pub(crate) node: u16,
    pub(crate) segment: i64,
    pub(crate) offset: i64,
}

impl EventKey {
    fn nonce(self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        let fields = self.at.to_be_bytes().into_iter().chain(self.node.to_be_bytes());
        let fields = fields.chain(self.segment.to_be_bytes());
        // An offset has 32 bits; all of these are 22 bytes.
        let fields = fields.chain(self.offset.to_be_bytes().into_iter().skip(4));
        for (place, byte) in nonce.iter_mut().zip(fields) {
            *place = byte;
        }
        nonce
    }
}

/// The key of the addresses of one day.
pub(crate) struct ClientKey {
    key: Zeroizing<[u8; KEY_BYTES]>,
    proof: [u8; PROOF_BYTES],
}

impl ClientKey {
    pub(crate) fn new(secret: &ClientSecret, salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; KEY_BYTES + PROOF_BYTES]);
        // HKDF refuses only outputs beyond 8,160 bytes.
        let _ = Hkdf::<Sha256>::new(Some(salt), secret.bytes()).expand(LABEL, &mut *bytes);
        let (mut key, mut proof) = (Zeroizing::new([0; KEY_BYTES]), [0; PROOF_BYTES]);
        // The two parts are all of it.
        key.copy_from_slice(&bytes[..KEY_BYTES]);
        proof.copy_from_slice(&bytes[KEY_BYTES..]);
        Self { key, proof }
    }

    /// The key, if the salt was made with this secret: with another one it reads nonsense.
    pub(crate) fn proven(secret: &ClientSecret, salt: &[u8], proof: &[u8]) -> Option<Self> {
        let key = Self::new(secret, salt);
        (key.proof == proof).then_some(key)
    }

    pub(crate) const fn proof(&self) -> [u8; PROOF_BYTES] {
        self.proof
    }

    /// Encrypts an address in place, or decrypts it.
    pub(crate) fn apply(&self, event: EventKey, address: &mut [u8]) {
        let mut cipher = XChaCha20::new((&*self.key).into(), (&event.nonce()).into());
        // Its key stream is longer than any address.
        let _ = cipher.try_apply_keystream(address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(byte: u8) -> ClientSecret {
        ClientSecret::new(Zeroizing::new([byte; KEY_BYTES]))
    }

    fn events() -> impl Strategy<Value = EventKey> {
        (0..i64::MAX, any::<u16>(), 0..i64::MAX, any::<u32>()).prop_map(
            |(at, node, segment, offset)| EventKey { at, node, segment, offset: offset.into() },
        )
    }

    proptest! {
        #[test]
        fn what_is_encrypted_is_decrypted(
            event in events(),
            salt in any::<[u8; KEY_BYTES]>(),
            address in prop_oneof![
                any::<[u8; 4]>().prop_map(|it| it.to_vec()),
                any::<[u8; 16]>().prop_map(|it| it.to_vec()),
            ],
        ) {
            let key = ClientKey::new(&secret(1), &salt);
            let mut bytes = address.clone();
            key.apply(event, &mut bytes);
            prop_assert_eq!(bytes.len(), address.len());
            ClientKey::proven(&secret(1), &salt, &key.proof()).unwrap().apply(event, &mut bytes);
            prop_assert_eq!(bytes, address);
        }

        #[test]
        fn an_address_looks_otherwise_in_each_event_and_under_each_key(
            one in events(),
            other in events(),
            salts in any::<[[u8; KEY_BYTES]; 2]>(),
            address in any::<[u8; 16]>(),
        ) {
            prop_assume!(one != other && salts[0] != salts[1]);
            let key = ClientKey::new(&secret(1), &salts[0]);
            let with = |key: &ClientKey, event| {
                let mut bytes = address;
                key.apply(event, &mut bytes);
                bytes
            };
            prop_assert_ne!(with(&key, one), with(&key, other));
            let another_day = ClientKey::new(&secret(1), &salts[1]);
            prop_assert_ne!(with(&key, one), with(&another_day, one));
            prop_assert_ne!(with(&key, one), with(&ClientKey::new(&secret(2), &salts[0]), one));
        }
    }

    #[test]
    fn every_part_of_an_events_key_is_in_its_nonce() {
        let event = EventKey { at: 1, node: 2, segment: 3, offset: 4 };
        let others = [
            EventKey { at: 9, ..event },
            EventKey { node: 9, ..event },
            EventKey { segment: 9, ..event },
            EventKey { offset: 9, ..event },
            EventKey { offset: u32::MAX.into(), ..event },
        ];
        for other in others {
            assert_ne!(event.nonce(), other.nonce(), "{other:?}");
        }
    }

    #[test]
    fn a_salt_of_another_secret_is_recognised() {
        let key = ClientKey::new(&secret(1), b"salt");
        assert!(ClientKey::proven(&secret(1), b"salt", &key.proof()).is_some());
        assert!(ClientKey::proven(&secret(2), b"salt", &key.proof()).is_none());
        assert!(!format!("{:?}", secret(7)).contains('7'));
    }
}
