//! The key of a passkey (`COSE_Key`, RFC 9052 and 9053), and checking a signature with it.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use ciborium::Value;

use super::PasskeyProblem;
use super::authenticator_data::cbor;

/// The algorithms that a new passkey may have, as COSE numbers them, the one we like best first: ECDSA
/// over P-256, Ed25519, RSA of Windows Hello.
pub(crate) const ALGORITHMS: [i64; 3] = [ES256, EDDSA, RS256];
const ES256: i64 = -7;
const EDDSA: i64 = -8;
const RS256: i64 = -257;

const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
/// RSA keys of these lengths, in bytes of their modulus.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=512;

#[derive(Debug)]
pub(crate) enum PublicKey {
    Ecdsa(ParsedPublicKey),
    Ed25519(ParsedPublicKey),
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

impl PublicKey {
    /// The key, if it is of a kind that we check signatures of, and a point of its curve.
    pub(crate) fn read(cose: &[u8]) -> Result<Self, PasskeyProblem> {
        let (Value::Map(entries), []) = cbor(cose)? else { return Err(PasskeyProblem::Key) };
        let entry = |label: i64| {
            let found = entries.iter().find(|(key, _)| *key == Value::from(label));
            found.map(|(_, value)| value).ok_or(PasskeyProblem::Key)
        };
        let bytes = |label| entry(label)?.as_bytes().ok_or(PasskeyProblem::Key);
        let is = |label, number: i64| Ok(*entry(label)? == Value::from(number));
        if is(ALGORITHM, ES256)? && is(KEY_TYPE, 2)? && is(-1, 1)? {
            let (x, y) = (bytes(-2)?, bytes(-3)?);
            if x.len() != 32 || y.len() != 32 {
                return Err(PasskeyProblem::Key);
            }
            // Uncompressed: SEC 1, section 2.3.3.
            let point = [&[4], x.as_slice(), y.as_slice()].concat();
            let key = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
            return key.map(Self::Ecdsa).map_err(|_| PasskeyProblem::Key);
        }
        if is(ALGORITHM, EDDSA)? && is(KEY_TYPE, 1)? && is(-1, 6)? {
            let key = ParsedPublicKey::new(&ED25519, bytes(-2)?);
            return key.map(Self::Ed25519).map_err(|_| PasskeyProblem::Key);
        }
        if is(ALGORITHM, RS256)? && is(KEY_TYPE, 3)? {
            let (modulus, exponent) = (bytes(-1)?.clone(), bytes(-2)?.clone());
            if MODULUS_BYTES.contains(&modulus.len()) && (1..=4).contains(&exponent.len()) {
                return Ok(Self::Rsa { modulus, exponent });
            }
        }
        Err(PasskeyProblem::Key)
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Ecdsa(key) | Self::Ed25519(key) => key.verify_sig(message, signature).is_ok(),
            Self::Rsa { modulus, exponent } => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
            }
        }
    }
}
