//! A new passkey (section 7.1). What its maker attests is not asked for and not looked at.

use ciborium::Value;

use super::authenticator_data::{AttestedCredential, AuthenticatorData, cbor};
use super::client_data::ClientData;
use super::public_key::PublicKey;
use super::{CREATE, PasskeyProblem, RelyingParty, bytes};

/// A passkey that may be kept.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) credential_id: Vec<u8>,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_count: u32,
}

/// Checks all but the challenge.
pub(crate) fn registered(
    client: &ClientData,
    attestation: &str,
    relying_party: &RelyingParty,
) -> Result<Registered, PasskeyProblem> {
    client.is_for(CREATE, relying_party)?;
    let attestation = bytes(attestation)?;
    let (Value::Map(entries), []) = cbor(&attestation)? else {
        return Err(PasskeyProblem::Malformed);
    };
    let data = entries.iter().find(|(key, _)| key.as_text() == Some("authData"));
    let data = data.and_then(|(_, value)| value.as_bytes()).ok_or(PasskeyProblem::Malformed)?;
    let data = AuthenticatorData::read(data)?;
    data.is_for(relying_party)?;
    let sign_count = data.counter();
    let AttestedCredential { id, public_key } = data.credential.ok_or(PasskeyProblem::Malformed)?;
    PublicKey::read(&public_key)?;
    Ok(Registered { credential_id: id, public_key, sign_count })
}
