//! What the browser says about an answer (`CollectedClientData`): signed with it, so it can be believed
//! once the signature was checked.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{PasskeyProblem, RelyingParty};
use crate::secret::sha256;

/// Bytes of a challenge.
pub(crate) const CHALLENGE_BYTES: usize = 32;

#[derive(Debug)]
pub(crate) struct ClientData {
    kind: String,
    /// SHA-256 of the challenge.
    pub(crate) challenge_hash: [u8; 32],
    origin: String,
    /// Some page of another site holds ours in a frame.
    is_framed: bool,
}

impl ClientData {
    /// The same in base64url.
    pub(crate) fn read_part(part: &str) -> Result<Self, PasskeyProblem> {
        Self::read(&super::bytes(part)?)
    }

    pub(crate) fn read(json: &[u8]) -> Result<Self, PasskeyProblem> {
        let json: Value = serde_json::from_slice(json).map_err(|_| PasskeyProblem::Malformed)?;
        let text = |name: &str| json.get(name).and_then(Value::as_str);
        let text = |name| text(name).ok_or(PasskeyProblem::Malformed);
        let challenge = BASE64_URL_SAFE_NO_PAD.decode(text("challenge")?);
        let challenge = challenge.map_err(|_| PasskeyProblem::Malformed)?;
        if challenge.len() != CHALLENGE_BYTES {
            return Err(PasskeyProblem::Malformed);
        }
        let is_same = |value: &Value| *value == Value::Bool(false);
        Ok(Self {
            kind: text("type")?.to_owned(),
            challenge_hash: sha256(&challenge),
            origin: text("origin")?.to_owned(),
            is_framed: !json.get("crossOrigin").is_none_or(is_same)
                || json.get("topOrigin").is_some(),
        })
    }

    /// Whether it is an answer to this question, given on our own page.
    pub(crate) fn is_for(
        &self,
        kind: &str,
        relying_party: &RelyingParty,
    ) -> Result<(), PasskeyProblem> {
        if self.kind != kind {
            return Err(PasskeyProblem::Purpose);
        }
        if self.origin != relying_party.origin() || self.is_framed {
            return Err(PasskeyProblem::Origin);
        }
        Ok(())
    }
}
