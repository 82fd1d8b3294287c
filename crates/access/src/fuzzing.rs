//! Internals for the fuzz targets. Not for anybody else.

use crate::passkey::{
    ClientData, PasskeyAnswer, ReadAnswer, RelyingParty, base64url, public_key_is_read, registered,
};

/// The bytes of an answer, and the key that it should be signed with.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyCheck<'a> {
    pub client: &'a [u8],
    pub data: &'a [u8],
    pub signature: &'a [u8],
    pub public_key: &'a [u8],
}

/// Whether an answer given at `origin` is right, but for its challenge and counter.
#[must_use]
pub fn check_answer(origin: &str, check: &PasskeyCheck<'_>) -> bool {
    let [client_data, authenticator_data, signature] =
        [check.client, check.data, check.signature].map(base64url);
    let answer = PasskeyAnswer {
        credential_id: "AAAA",
        client_data: &client_data,
        authenticator_data: &authenticator_data,
        signature: &signature,
        user_handle: "",
    };
    let (Some(site), Ok(read)) = (RelyingParty::at(origin), ReadAnswer::read(answer)) else {
        return false;
    };
    read.checked(&site, check.public_key).is_ok()
}

/// Whether a new passkey would be taken in; then its key can be read again, and its id has its bounds.
///
/// # Panics
/// When that does not hold.
pub fn check_created(origin: &str, client: &[u8], attestation: &[u8]) -> bool {
    let (Some(site), Ok(client)) = (RelyingParty::at(origin), ClientData::read(client)) else {
        return false;
    };
    let Ok(made) = registered(&client, &base64url(attestation), &site) else { return false };
    assert!(public_key_is_read(&made.public_key), "a passkey is kept that nobody can use");
    assert!((1..=1_023).contains(&made.credential_id.len()));
    true
}
