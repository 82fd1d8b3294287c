//! An authenticator with one passkey, which answers as it is told: also wrongly.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// The user is there, and was recognised.
pub const PRESENT_AND_VERIFIED: u8 = 0b101;
const HAS_CREDENTIAL: u8 = 1 << 6;

/// An authenticator of software, with the page that asks it.
pub struct Authenticator {
    key: AuthenticatorKey,
    pub credential_id: Vec<u8>,
    /// What it calls its user, as it was told.
    pub user_handle: Vec<u8>,
}

enum AuthenticatorKey {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// A key that an authenticator may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticatorKeyKind {
    Es256,
    EdDsa,
    Rs256,
}

/// What it answers, each part of which may be a lie.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// `webauthn.get` or `webauthn.create`.
    pub kind: String,
    /// In base64url, as it was given.
    pub challenge: String,
    pub origin: String,
    pub relying_party: String,
    pub flags: u8,
    pub count: u32,
    /// More members of the client's data, such as `,"crossOrigin":true`.
    pub more: String,
}

/// An answer, each part in base64url.
#[derive(Debug, Clone, Default)]
pub struct SignedAnswer {
    pub credential_id: String,
    pub client_data: String,
    pub authenticator_data: String,
    pub signature: String,
    pub user_handle: String,
    /// For a new passkey; empty otherwise.
    pub attestation: String,
}

impl Ceremony {
    /// The honest answer to a request for a signature.
    #[must_use]
    pub fn get(challenge: &str, origin: &str, count: u32) -> Self {
        let host = origin.split("://").nth(1).unwrap();
        Self {
            kind: "webauthn.get".to_owned(),
            challenge: challenge.to_owned(),
            origin: origin.to_owned(),
            relying_party: host.split(':').next().unwrap().to_owned(),
            flags: PRESENT_AND_VERIFIED,
            count,
            more: r#","crossOrigin":false"#.to_owned(),
        }
    }

    /// The honest answer to a request for a new passkey.
    #[must_use]
    pub fn create(challenge: &str, origin: &str) -> Self {
        Self { kind: "webauthn.create".to_owned(), ..Self::get(challenge, origin, 0) }
    }

    fn client_data(&self) -> String {
        let Self { kind, challenge, origin, more, .. } = self;
        format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}"{more}}}"#)
    }

    fn authenticator_data(&self, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, self.relying_party.as_bytes()).as_ref().to_vec();
        data.push(flags);
        data.extend_from_slice(&self.count.to_be_bytes());
        data
    }
}

impl Authenticator {
    /// With a new key, for the user who is called that (base64url).
    #[must_use]
    pub fn new(kind: AuthenticatorKeyKind, user_handle: &str) -> Self {
        let key = match kind {
            AuthenticatorKeyKind::Es256 => AuthenticatorKey::Es256(
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            ),
            AuthenticatorKeyKind::EdDsa => {
                AuthenticatorKey::EdDsa(Ed25519KeyPair::generate().unwrap())
            }
            AuthenticatorKeyKind::Rs256 => {
                AuthenticatorKey::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
            }
        };
        let mut credential_id = vec![0; 16];
        aws_lc_rs::rand::fill(&mut credential_id).unwrap();
        Self { key, credential_id, user_handle: read(user_handle) }
    }

    /// Makes its passkey known.
    #[must_use]
    pub fn register(&self, ceremony: &Ceremony) -> SignedAnswer {
        let mut data = ceremony.authenticator_data(ceremony.flags | HAS_CREDENTIAL);
        data.extend_from_slice(&[0; 16]);
        data.extend_from_slice(&u16::try_from(self.credential_id.len()).unwrap().to_be_bytes());
        data.extend_from_slice(&self.credential_id);
        data.extend_from_slice(&self.key.cose());
        // {"fmt": "none", "attStmt": {}, "authData": data}
        let mut attestation = vec![0xa3];
        attestation.extend_from_slice(b"\x63fmt\x64none\x67attStmt\xa0\x68authData");
        attestation.extend_from_slice(&cbor_bytes(&data));
        SignedAnswer {
            client_data: write(ceremony.client_data().as_bytes()),
            attestation: write(&attestation),
            ..SignedAnswer::default()
        }
    }

    /// Signs.
    #[must_use]
    pub fn sign(&self, ceremony: &Ceremony) -> SignedAnswer {
        let (data, client) = (ceremony.authenticator_data(ceremony.flags), ceremony.client_data());
        let mut message = data.clone();
        message.extend_from_slice(digest(&SHA256, client.as_bytes()).as_ref());
        SignedAnswer {
            credential_id: write(&self.credential_id),
            client_data: write(client.as_bytes()),
            authenticator_data: write(&data),
            signature: write(&self.key.signature(&message)),
            user_handle: write(&self.user_handle),
            attestation: String::new(),
        }
    }
}

impl AuthenticatorKey {
    fn signature(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(key) => key.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        }
    }

    /// The public key as a `COSE_Key`.
    fn cose(&self) -> Vec<u8> {
        match self {
            Self::Es256(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
                let head = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
                [&head[..], &cbor_bytes(x), &[0x22], &cbor_bytes(y)].concat()
            }
            Self::EdDsa(key) => {
                // {1: 1, 3: -8, -1: 6, -2: x}
                let head = [0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21];
                [&head[..], &cbor_bytes(key.public_key().as_ref())].concat()
            }
            Self::Rs256(key) => {
                // RSAPublicKey of 2,048 bits (RFC 8017): a sequence of the modulus, behind nine bytes,
                // and of 65,537.
                let modulus = &key.public_key().as_ref()[9..265];
                // {1: 3, 3: -257, -1: n, -2: e}
                let head = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20];
                [&head[..], &cbor_bytes(modulus), &[0x21], &cbor_bytes(&[1, 0, 1])].concat()
            }
        }
    }
}

fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap();
    let head = match length {
        0..=23 => vec![0x40 | u8::try_from(length).unwrap()],
        24..=255 => vec![0x58, u8::try_from(length).unwrap()],
        _ => [&[0x59][..], &length.to_be_bytes()].concat(),
    };
    [head, bytes.to_vec()].concat()
}

fn write(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn read(text: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}
