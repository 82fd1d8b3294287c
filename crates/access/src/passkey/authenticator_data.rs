//! What the authenticator says about an answer (section 6.1).

use ciborium::Value;

use super::{PasskeyProblem, RelyingParty};

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;
/// Section 6.5.1.
const CREDENTIAL_ID_BYTES: usize = 1_023;
/// How deep CBOR may be nested.
const DEPTH: usize = 8;

#[derive(Debug)]
pub(crate) struct AuthenticatorData {
    relying_party_hash: [u8; 32],
    flags: u8,
    sign_count: u32,
    /// In the answer that makes a passkey.
    pub(crate) credential: Option<AttestedCredential>,
}

/// The passkey itself.
#[derive(Debug)]
pub(crate) struct AttestedCredential {
    pub(crate) id: Vec<u8>,
    /// A `COSE_Key`.
    pub(crate) public_key: Vec<u8>,
}

impl AuthenticatorData {
    pub(crate) fn read(data: &[u8]) -> Result<Self, PasskeyProblem> {
        let (hash, rest) = data.split_first_chunk().ok_or(PasskeyProblem::Malformed)?;
        let (&[flags], rest) = rest.split_first_chunk().ok_or(PasskeyProblem::Malformed)?;
        let (count, mut rest) = rest.split_first_chunk().ok_or(PasskeyProblem::Malformed)?;
        let mut credential = None;
        if flags & HAS_CREDENTIAL != 0 {
            let (read, after) = AttestedCredential::read(rest)?;
            (credential, rest) = (Some(read), after);
        }
        if flags & HAS_EXTENSIONS != 0 {
            (_, rest) = cbor(rest)?;
        }
        if !rest.is_empty() {
            return Err(PasskeyProblem::Malformed);
        }
        let sign_count = u32::from_be_bytes(*count);
        Ok(Self { relying_party_hash: *hash, flags, sign_count, credential })
    }

    /// Whether it is about this site, and the authenticator has recognised its owner.
    pub(crate) fn is_for(&self, relying_party: &RelyingParty) -> Result<(), PasskeyProblem> {
        let has = |flag| self.flags & flag != 0;
        if !relying_party.has_hash(&self.relying_party_hash) {
            return Err(PasskeyProblem::RelyingParty);
        }
        if !has(USER_PRESENT) || !has(USER_VERIFIED) {
            return Err(PasskeyProblem::NotVerified);
        }
        if has(BACKED_UP) && !has(BACKUP_ELIGIBLE) {
            return Err(PasskeyProblem::Malformed);
        }
        Ok(())
    }
}

impl AuthenticatorData {
    /// How often the key has signed. 0, which says nothing, for a passkey that is kept on several devices:
    /// each counts for itself, and none knows of the others.
    pub(crate) const fn counter(&self) -> u32 {
        match self.flags & BACKUP_ELIGIBLE {
            0 => self.sign_count,
            _ => 0,
        }
    }
}

impl AttestedCredential {
    /// The credential, and what follows it. The authenticator's model (AAGUID) is nobody's business.
    fn read(data: &[u8]) -> Result<(Self, &[u8]), PasskeyProblem> {
        let (_aaguid, rest) = data.split_first_chunk::<16>().ok_or(PasskeyProblem::Malformed)?;
        let (length, rest) = rest.split_first_chunk().ok_or(PasskeyProblem::Malformed)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > CREDENTIAL_ID_BYTES {
            return Err(PasskeyProblem::Malformed);
        }
        let (id, rest) = rest.split_at_checked(length).ok_or(PasskeyProblem::Malformed)?;
        let (_, after) = cbor(rest)?;
        let key = rest.len().saturating_sub(after.len());
        let public_key = rest.get(..key).unwrap_or_default().to_vec();
        Ok((Self { id: id.to_vec(), public_key }, after))
    }
}

/// One value of CBOR, and what follows it.
pub(crate) fn cbor(data: &[u8]) -> Result<(Value, &[u8]), PasskeyProblem> {
    let mut rest = data;
    let value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH);
    Ok((value.map_err(|_| PasskeyProblem::Malformed)?, rest))
}
