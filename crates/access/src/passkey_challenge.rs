//! Asking an authenticator for something, and finding the question again when it is answered.
//!
//! Invariants: a challenge is random, kept as a hash, good for one answer within five minutes, on any
//! node, and only in the session that it was made for.

use std::time::Duration;

use model::{SessionId, Timestamp};
use store::{ChallengePurpose, ListedPasskey, NewChallenge, Store, TakenChallenge};

use crate::error::AccessError;
use crate::passkey::{
    ALGORITHMS, CHALLENGE_BYTES, ClientData, PasskeyProblem, RelyingParty, base64url,
};
use crate::secret::sha256;

/// How long somebody has to answer.
pub const CHALLENGE_ENDS: Duration = Duration::from_secs(5 * 60);
/// Challenges that wait for an answer at one time, of everybody together.
const OPEN_CHALLENGES: i64 = 10_000;
/// Section 14.6.1: random, nothing about the user.
const USER_HANDLE_BYTES: usize = 32;

/// Asks for a signature (`PublicKeyCredentialRequestOptions`). What is bytes is in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRequest {
    pub challenge: String,
    pub relying_party: RelyingParty,
    /// The credentials that may sign; empty for any that the authenticator has for us.
    pub allowed: Vec<String>,
}

/// Asks for a new passkey (`PublicKeyCredentialCreationOptions`). What is bytes is in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyCreation {
    pub challenge: String,
    pub relying_party: RelyingParty,
    pub user_handle: String,
    /// What authenticators show.
    pub user_email: String,
    pub user_name: String,
    /// The credentials that there are, so that an authenticator makes no second one.
    pub known: Vec<String>,
    /// COSE algorithms, the best first.
    pub algorithms: Vec<i64>,
}

/// Who is asked for what.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) purpose: ChallengePurpose,
    pub(crate) session: Option<SessionId>,
    pub(crate) user_handle: Vec<u8>,
}

impl Question {
    pub(crate) const fn new(purpose: ChallengePurpose, session: Option<SessionId>) -> Self {
        Self { purpose, session, user_handle: Vec::new() }
    }

    /// A challenge for it, as the browser gets it.
    pub(crate) async fn asked(self, store: &Store, now: Timestamp) -> Result<String, AccessError> {
        let mut challenge = [0; CHALLENGE_BYTES];
        getrandom::fill(&mut challenge)?;
        let Self { purpose, session, user_handle } = self;
        let hash = sha256(&challenge);
        let ends_at = now.after(CHALLENGE_ENDS);
        let new = NewChallenge { hash, purpose, session, user_handle, ends_at };
        store.passkey_challenge_put(new, now, OPEN_CHALLENGES).await?;
        Ok(base64url(&challenge))
    }

    /// Takes the challenge that was answered, and returns what a new passkey calls its user.
    pub(crate) async fn answered(
        &self,
        store: &Store,
        client: &ClientData,
        now: Timestamp,
    ) -> Result<Vec<u8>, AccessError> {
        let taken = store.passkey_challenge_take(client.challenge_hash, now).await?;
        let fits = |it: &TakenChallenge| it.purpose == self.purpose && it.session == self.session;
        match taken.filter(fits) {
            Some(challenge) => Ok(challenge.user_handle),
            None => Err(PasskeyProblem::Challenge.into()),
        }
    }
}

impl PasskeyRequest {
    pub(crate) fn new(
        challenge: String,
        relying_party: &RelyingParty,
        passkeys: &[ListedPasskey],
    ) -> Self {
        let allowed = credentials(passkeys, relying_party);
        Self { challenge, relying_party: relying_party.clone(), allowed }
    }
}

impl PasskeyCreation {
    pub(crate) fn new(
        challenge: String,
        relying_party: &RelyingParty,
        user: store::User,
        handle: &[u8],
        passkeys: &[ListedPasskey],
    ) -> Self {
        Self {
            challenge,
            relying_party: relying_party.clone(),
            user_handle: base64url(handle),
            user_email: user.email,
            user_name: user.name,
            known: credentials(passkeys, relying_party),
            algorithms: ALGORITHMS.to_vec(),
        }
    }
}

/// Those for this site.
fn credentials(passkeys: &[ListedPasskey], relying_party: &RelyingParty) -> Vec<String> {
    let here = passkeys.iter().filter(|it| it.rp_id == relying_party.id());
    here.map(|it| base64url(&it.credential_id)).collect()
}

/// What authenticators call the user of these passkeys: always the same.
pub(crate) fn user_handle(passkeys: &[ListedPasskey]) -> Result<Vec<u8>, AccessError> {
    if let Some(passkey) = passkeys.first() {
        return Ok(passkey.user_handle.clone());
    }
    let mut handle = vec![0; USER_HANDLE_BYTES];
    getrandom::fill(&mut handle)?;
    Ok(handle)
}
