//! Signing in with a passkey: alone, in place of password and code, or in place of the code.
//!
//! Invariants: as for passwords: attempts are counted before anything is compared, in the same allowances,
//! and nobody is told more than that it was not right. A passkey alone counts for both factors because its
//! authenticator has recognised its owner, which is checked.

use std::time::Duration;

use model::EmailAddress;
use store::{ChallengePurpose, FactorProof, KnownPasskey, Session};

use crate::client_network::ClientNetwork;
use crate::error::AccessError;
use crate::own_passkeys::{checked, counter_went_back, proved};
use crate::passkey::{PasskeyAnswer, PasskeyProblem, ReadAnswer, RelyingParty};
use crate::passkey_challenge::{PasskeyRequest, Question};
use crate::secret::{SecretText, lookup_hash};
use crate::session_token::SESSION_ENDS;
use crate::sign_in::{
    ACCOUNT_ATTEMPTS, Attempt, NETWORK_ATTEMPTS, SignIn, SignInRefusal, SignedIn, allowance,
    new_session, signing_in,
};

/// Questions for an authenticator from one network, and how fast they come back.
const QUESTIONS: (u32, Duration) = (60, Duration::from_secs(5));

impl From<PasskeyProblem> for SignInRefusal {
    fn from(problem: PasskeyProblem) -> Self {
        match problem {
            PasskeyProblem::Challenge => Self::TooLate,
            problem => Self::WrongPasskey(problem),
        }
    }
}

/// A refusal of a passkey, however it comes.
fn refused(error: AccessError) -> SignInRefusal {
    match error {
        AccessError::Passkey(problem) => problem.into(),
        error => error.into(),
    }
}

impl SignIn {
    /// Asks any passkey for this site to sign somebody in.
    ///
    /// # Errors
    /// [`SignInRefusal::TooMany`].
    pub async fn passkey_begin(
        &self,
        relying_party: &RelyingParty,
        from: Attempt<'_>,
    ) -> Result<PasskeyRequest, SignInRefusal> {
        self.take_question(from).await?;
        let question = Question::new(ChallengePurpose::SignIn, None);
        let challenge = question.asked(&self.store, from.now).await.map_err(refused)?;
        Ok(PasskeyRequest::new(challenge, relying_party, &[]))
    }

    /// Tries a passkey alone. `replaces` as for a password.
    ///
    /// # Errors
    /// Says no more than the person may know.
    pub async fn with_passkey(
        &self,
        relying_party: &RelyingParty,
        answer: PasskeyAnswer<'_>,
        replaces: Option<&str>,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let signed_in = self.try_passkey(relying_party, answer, replaces, from).await;
        self.count(&signed_in);
        signed_in
    }

    /// Whether who has given a password may show a passkey in place of a code.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn passkey_may_follow(
        &self,
        token: &str,
        relying_party: &RelyingParty,
        from: Attempt<'_>,
    ) -> Result<bool, SignInRefusal> {
        match self.waiting(token, from.now).await {
            Ok((_, waits)) => Ok(self.has_passkey(&waits, relying_party).await?),
            Err(SignInRefusal::TooLate) => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }

    /// Asks the passkeys of who has given a password.
    ///
    /// # Errors
    /// [`SignInRefusal::TooLate`], [`SignInRefusal::WrongPasskey`] when there is none;
    /// [`SignInRefusal::TooMany`].
    pub async fn passkey_factor_begin(
        &self,
        token: &str,
        relying_party: &RelyingParty,
        from: Attempt<'_>,
    ) -> Result<PasskeyRequest, SignInRefusal> {
        self.take_question(from).await?;
        let (_, waits) = self.waiting(token, from.now).await?;
        let passkeys = self.store.passkeys_of(waits.user).await?;
        let question = Question::new(ChallengePurpose::SecondFactor, Some(waits.id));
        let challenge = question.asked(&self.store, from.now).await.map_err(refused)?;
        let request = PasskeyRequest::new(challenge, relying_party, &passkeys);
        match request.allowed.is_empty() {
            true => Err(PasskeyProblem::Unknown.into()),
            false => Ok(request),
        }
    }

    /// Tries a passkey in place of a code.
    ///
    /// # Errors
    /// As for a code.
    pub async fn with_passkey_factor(
        &self,
        token: &str,
        relying_party: &RelyingParty,
        answer: PasskeyAnswer<'_>,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let signed_in = self.try_passkey_factor(token, relying_party, answer, from).await;
        self.count(&signed_in);
        signed_in
    }

    async fn has_passkey(
        &self,
        waits: &Session,
        relying_party: &RelyingParty,
    ) -> Result<bool, AccessError> {
        let passkeys = self.store.passkeys_of(waits.user).await?;
        Ok(passkeys.iter().any(|it| it.rp_id == relying_party.id()))
    }

    async fn take_question(&self, from: Attempt<'_>) -> Result<(), SignInRefusal> {
        let network = ClientNetwork::of(from.client);
        self.take(vec![allowance("passkey question", "", Some(network), QUESTIONS)], from.now).await
    }

    async fn try_passkey(
        &self,
        relying_party: &RelyingParty,
        answer: PasskeyAnswer<'_>,
        replaces: Option<&str>,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let network = ClientNetwork::of(from.client);
        let of_network = allowance("network", "", Some(network), NETWORK_ATTEMPTS);
        self.take(vec![of_network], from.now).await?;
        let answer = ReadAnswer::read(answer)?;
        let question = Question::new(ChallengePurpose::SignIn, None);
        question.answered(&self.store, &answer.client, from.now).await.map_err(refused)?;
        let found = self.store.passkey_find(answer.credential_id.clone()).await?;
        let passkey = found.ok_or(PasskeyProblem::Unknown)?;
        let account = allowance("account", &account(&passkey), Some(network), ACCOUNT_ATTEMPTS);
        self.take(vec![account], from.now).await?;
        // Nobody has said who they are, so the authenticator has to.
        if answer.user_handle.is_empty() {
            return Err(PasskeyProblem::Foreign.into());
        }
        let used = checked(&answer, &passkey, relying_party)?;
        let token = SecretText::random()?;
        let new = new_session(&token, passkey.user, network, SESSION_ENDS, from);
        let ends_at = new.ends_at;
        let who = (passkey.user, passkey.user_name.clone());
        let named = self.store.acting(signing_in(who, network, Some("passkey"), from.now));
        let replaces = replaces.and_then(lookup_hash);
        let begun = named.session_begin_by_passkey(new, used, replaces).await?;
        begun.ok_or_else(|| counter_went_back(&passkey))?;
        self.store.sign_in_succeeded(account.bucket, vec![of_network]).await?;
        Ok(SignedIn::Complete { token, user: passkey.user, ends_at })
    }

    async fn try_passkey_factor(
        &self,
        token: &str,
        relying_party: &RelyingParty,
        answer: PasskeyAnswer<'_>,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let (pending, waits) = self.waiting(token, from.now).await?;
        let network = ClientNetwork::of(from.client);
        let own = self.take_for_factor(waits.user, network, from.now).await?;
        let answer = ReadAnswer::read(answer)?;
        let question = Question::new(ChallengePurpose::SecondFactor, Some(waits.id));
        question.answered(&self.store, &answer.client, from.now).await.map_err(refused)?;
        let proved = proved(&self.store, &answer, relying_party).await;
        let (passkey, used) = proved.map_err(refused)?;
        if passkey.user != waits.user {
            return Err(PasskeyProblem::Foreign.into());
        }
        let fresh = SecretText::random()?;
        let new = new_session(&fresh, waits.user, network, SESSION_ENDS, from);
        let ends_at = new.ends_at;
        let who = (waits.user, waits.user_name);
        let by = Some("password and passkey");
        let named = self.store.acting(signing_in(who, network, by, from.now));
        let done = named.session_complete(pending, FactorProof::Passkey(used), new).await?;
        done.ok_or_else(|| counter_went_back(&passkey))?;
        self.store.sign_in_succeeded(own.bucket, Vec::new()).await?;
        Ok(SignedIn::Complete { token: fresh, user: waits.user, ends_at })
    }
}

/// What attempts at a password of the same user are counted by.
fn account(passkey: &KnownPasskey) -> String {
    EmailAddress::parsed_before(&passkey.user_email).map(|it| it.key()).unwrap_or_default()
}

#[cfg(test)]
#[path = "passkey_sign_in/tests.rs"]
mod tests;
