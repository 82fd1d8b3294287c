//! Passkeys: what an authenticator answers (Web Authentication Level 2), and whether it is right.
//!
//! Invariants: nothing is believed before its signature was checked, except whose key to check it with; an
//! answer is good for one challenge, one host and one address; the user was recognised by the authenticator
//! (a finger, a face, a PIN), not only there. Which maker an authenticator is from is never asked, so
//! there is no attestation to check. Knows no store and no time.

mod authenticator_data;
mod client_data;
mod public_key;
mod registration;
mod relying_party;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use authenticator_data::AuthenticatorData;
pub(crate) use client_data::{CHALLENGE_BYTES, ClientData};
pub(crate) use public_key::ALGORITHMS;
use public_key::PublicKey;
pub(crate) use registration::{Registered, registered};
pub use relying_party::RelyingParty;

use crate::secret::sha256;

/// A part of an answer has at most so many bytes; those of browsers have a few hundred.
const PART_BYTES: usize = 4_096;

/// What an authenticator is asked for, when it is asked for a signature.
const GET: &str = "webauthn.get";
/// And when it is asked for a new passkey.
const CREATE: &str = "webauthn.create";

/// A signature of a passkey, each part in base64url as the browser gives it.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyAnswer<'a> {
    pub credential_id: &'a str,
    pub client_data: &'a str,
    pub authenticator_data: &'a str,
    pub signature: &'a str,
    /// Empty when the authenticator was told which passkeys there are.
    pub user_handle: &'a str,
}

/// A new passkey, each part in base64url as the browser gives it.
#[derive(Debug, Clone, Copy)]
pub struct CreatedPasskey<'a> {
    pub client_data: &'a str,
    pub attestation: &'a str,
    /// What its owner calls it.
    pub name: &'a str,
}

/// Why an answer was not accepted. For the log, and for whoever is signed in; nobody else is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyProblem {
    #[error("the browser's answer was not one of an authenticator")]
    Malformed,
    #[error("it took too long, or it was answered before; try again")]
    Challenge,
    #[error("the answer was for something else")]
    Purpose,
    #[error("the answer was given on a page of another site")]
    Origin,
    #[error("the passkey belongs to another site")]
    RelyingParty,
    #[error("the authenticator has not asked for a finger, a face or a PIN")]
    NotVerified,
    #[error("there is no such passkey here")]
    Unknown,
    #[error("the passkey is somebody else's")]
    Foreign,
    #[error("the signature is wrong")]
    Signature,
    #[error("the passkey's counter has gone back: there may be a copy of it")]
    Counter,
    #[error("the authenticator's kind of key is not supported")]
    Key,
}

/// An answer whose parts have their form; nothing of it was checked.
pub(crate) struct ReadAnswer {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) client: ClientData,
    client_bytes: Vec<u8>,
    data: Vec<u8>,
    signature: Vec<u8>,
    /// Empty when the authenticator did not say.
    pub(crate) user_handle: Vec<u8>,
}

impl ReadAnswer {
    pub(crate) fn read(answer: PasskeyAnswer<'_>) -> Result<Self, PasskeyProblem> {
        let client_bytes = bytes(answer.client_data)?;
        Ok(Self {
            credential_id: bytes(answer.credential_id)?,
            client: ClientData::read(&client_bytes)?,
            client_bytes,
            data: bytes(answer.authenticator_data)?,
            signature: bytes(answer.signature)?,
            user_handle: bytes(answer.user_handle)?,
        })
    }

    /// Checks all but the challenge and the counter, which it returns (section 7.2).
    pub(crate) fn checked(
        &self,
        relying_party: &RelyingParty,
        public_key: &[u8],
    ) -> Result<u32, PasskeyProblem> {
        self.client.is_for(GET, relying_party)?;
        let data = AuthenticatorData::read(&self.data)?;
        data.is_for(relying_party)?;
        let key = PublicKey::read(public_key)?;
        let mut signed = self.data.clone();
        signed.extend_from_slice(&sha256(&self.client_bytes));
        match key.verifies(&signed, &self.signature) {
            true => Ok(data.counter()),
            false => Err(PasskeyProblem::Signature),
        }
    }
}

/// The bytes of a part.
fn bytes(part: &str) -> Result<Vec<u8>, PasskeyProblem> {
    if part.len() > PART_BYTES * 4 / 3 {
        return Err(PasskeyProblem::Malformed);
    }
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| PasskeyProblem::Malformed)
}

/// Whether a key can be read.
pub(crate) fn public_key_is_read(key: &[u8]) -> bool {
    PublicKey::read(key).is_ok()
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
#[path = "passkey/tests.rs"]
mod tests;
