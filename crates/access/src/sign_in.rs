//! Signing in: an address and a password, then a code if the user has a second factor.
//!
//! Invariants: whether somebody exists, is disabled or has typed a wrong password can't be told
//! apart, also not by the time it takes. Attempts are counted before anything is compared, per
//! account and network and per network: whoever guesses from elsewhere locks nobody out. Only codes
//! are also counted for the account as a whole, for which one needs the password; networks that the
//! user has signed in from before are exempt from that.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use model::{EmailAddress, Timestamp, UserId};
use store::{
    Acting, ActorKind, ActorRecord, Allowance, AuditObject, FactorProof, NewSession, Session,
    Store, User,
};
use token::Keyring;
use zeroize::Zeroizing;

use crate::client_network::ClientNetwork;
use crate::error::AccessError;
use crate::hashing::{Compared, PasswordHasher};
use crate::passkey::PasskeyProblem;
use crate::second_factor::{proof_of_code, recovery_hash};
use crate::secret::{SecretText, lookup_hash, sha256_of};
use crate::session_token::{SESSION_ENDS, find};

/// How long somebody has for the second factor.
const FACTOR_ENDS: Duration = Duration::from_secs(10 * 60);
/// A browser's name of itself is kept up to here.
const AGENT_CHARS: usize = 200;

/// Attempts of one network at one account, and how fast they come back.
pub(crate) const ACCOUNT_ATTEMPTS: (u32, Duration) = (6, Duration::from_secs(60));
/// Of one network at all accounts: an office signs in on Monday morning.
pub(crate) const NETWORK_ATTEMPTS: (u32, Duration) = (60, Duration::from_secs(5));
/// Codes of one network for one account.
const CODE_ATTEMPTS: (u32, Duration) = (6, Duration::from_secs(60));
/// Codes for one account from all networks that it does not know.
const STRANGE_CODE_ATTEMPTS: (u32, Duration) = (100, Duration::from_secs(5 * 60));

/// Signs people in.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub(crate) store: Store,
    hasher: PasswordHasher,
    /// Of the installation: second factors are sealed with them.
    keys: Arc<Keyring>,
    counts: Arc<SignInCounts>,
}

/// Where an attempt comes from.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// The client's address, as found behind trusted proxies.
    pub client: IpAddr,
    /// The browser's name of itself.
    pub agent: &'a str,
    pub now: Timestamp,
}

/// What has come of an attempt that was right so far.
#[derive(Debug)]
pub enum SignedIn {
    /// The browser's token from now on, in place of any other.
    Complete { token: SecretText, user: UserId, ends_at: Timestamp },
    /// The token to come back with, and a code, until then.
    CodeNeeded { token: SecretText, ends_at: Timestamp },
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInRefusal {
    #[error("the address or the password is wrong")]
    Wrong,
    #[error("the code is wrong or was used before")]
    WrongCode,
    #[error("this passkey is not known here, or its answer was not right")]
    WrongPasskey(PasskeyProblem),
    #[error("it took too long; sign in again")]
    TooLate,
    #[error("too many attempts; try again in {} s", .0.as_secs() + 1)]
    TooMany(Duration),
    #[error("too many people are signing in; try again in a moment")]
    Busy,
    #[error(transparent)]
    Access(#[from] AccessError),
}

/// Counts since the start, for scrapes.
#[derive(Debug, Default)]
pub struct SignInCounts {
    pub complete: AtomicU64,
    pub wrong: AtomicU64,
    /// Refused without a look, because there were too many.
    pub throttled: AtomicU64,
}

impl From<store::StoreError> for SignInRefusal {
    fn from(error: store::StoreError) -> Self {
        Self::Access(error.into())
    }
}

impl From<getrandom::Error> for SignInRefusal {
    fn from(error: getrandom::Error) -> Self {
        Self::Access(error.into())
    }
}

impl SignIn {
    #[must_use]
    pub fn new(store: Store, hasher: PasswordHasher, keys: Arc<Keyring>) -> Self {
        Self { store, hasher, keys, counts: Arc::default() }
    }

    /// Counts into these.
    #[must_use]
    pub fn counting(self, counts: Arc<SignInCounts>) -> Self {
        Self { counts, ..self }
    }

    #[must_use]
    pub fn counts(&self) -> &SignInCounts {
        &self.counts
    }

    /// Tries address and password. `replaces` is the session token that the browser sent, if any: it
    /// does not work any more afterwards, whoever may have planted it.
    ///
    /// # Errors
    /// Says no more than the person may know.
    pub async fn with_password(
        &self,
        email: &str,
        password: &str,
        replaces: Option<&str>,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let password = Zeroizing::new(password.to_owned());
        let signed_in = self.try_password(email, password, replaces, from).await;
        self.count(&signed_in);
        signed_in
    }

    /// Tries the code of an app, or a recovery code, after [`SignedIn::CodeNeeded`].
    ///
    /// # Errors
    /// As above; the token stays good for another try, except after [`SignInRefusal::TooLate`].
    pub async fn with_code(
        &self,
        token: &str,
        code: &str,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let signed_in = self.try_code(token, code, from).await;
        self.count(&signed_in);
        signed_in
    }

    pub(crate) fn count(&self, signed_in: &Result<SignedIn, SignInRefusal>) {
        let counter = match signed_in {
            Ok(SignedIn::Complete { .. }) => &self.counts.complete,
            Err(
                SignInRefusal::Wrong | SignInRefusal::WrongCode | SignInRefusal::WrongPasskey(_),
            ) => &self.counts.wrong,
            Err(SignInRefusal::TooMany(_) | SignInRefusal::Busy) => &self.counts.throttled,
            _ => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    async fn try_password(
        &self,
        email: &str,
        password: Zeroizing<String>,
        replaces: Option<&str>,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let network = ClientNetwork::of(from.client);
        let _place = self.hasher.place(network).ok_or(SignInRefusal::Busy)?;
        let email = EmailAddress::parse(email.trim()).ok();
        let account = email.as_ref().map(EmailAddress::key).unwrap_or_default();
        let account = allowance("account", &account, Some(network), ACCOUNT_ATTEMPTS);
        let of_network = allowance("network", "", Some(network), NETWORK_ATTEMPTS);
        self.take(vec![account, of_network], from.now).await?;
        let user = match email {
            Some(email) => self.store.user_by_email(email).await?,
            None => None,
        };
        let user = user.filter(|user| user.disabled_at.is_none());
        // Nobody has this id; the store is asked all the same.
        let id = user.as_ref().map_or(UserId(0), |user| user.id);
        let secrets = self.store.user_secrets(id).await?;
        let hash = secrets.and_then(|secrets| secrets.password_hash);
        let compared = self.hasher.compare(password.clone(), hash.clone()).await?;
        let (Some(user), Some(hash)) = (user, hash) else { return Err(SignInRefusal::Wrong) };
        match compared {
            Compared::Wrong => return Err(SignInRefusal::Wrong),
            Compared::Right => {}
            Compared::RightButOld => {
                let fresh = self.hasher.hash_again(password).await?;
                self.store.user_password_rehash(user.id, hash, fresh).await?;
            }
        }
        self.store.sign_in_succeeded(account.bucket, vec![of_network]).await?;
        self.begin(user, network, replaces, from).await
    }

    /// The password was right.
    async fn begin(
        &self,
        user: User,
        network: ClientNetwork,
        replaces: Option<&str>,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let (token, signed_in) = (SecretText::random()?, !user.has_second_factor);
        let lasts = if signed_in { SESSION_ENDS } else { FACTOR_ENDS };
        let new = new_session(&token, user.id, network, lasts, from);
        let (ends_at, new) = (new.ends_at, NewSession { signed_in, ..new });
        let replaces = replaces.and_then(lookup_hash);
        if !signed_in {
            self.store.session_begin(new, replaces).await?;
            return Ok(SignedIn::CodeNeeded { token, ends_at });
        }
        let named = self.store.acting(signing_in((user.id, user.name), network, None, from.now));
        named.session_begin(new, replaces).await?;
        Ok(SignedIn::Complete { token, user: user.id, ends_at })
    }

    async fn try_code(
        &self,
        token: &str,
        code: &str,
        from: Attempt<'_>,
    ) -> Result<SignedIn, SignInRefusal> {
        let (pending, waits) = self.waiting(token, from.now).await?;
        let (user, network) = (waits.user, ClientNetwork::of(from.client));
        let own = self.take_for_factor(user, network, from.now).await?;
        let proof = self.proof(user, code, from.now).await?.ok_or(SignInRefusal::WrongCode)?;
        let fresh = SecretText::random()?;
        let new = new_session(&fresh, user, network, SESSION_ENDS, from);
        let ends_at = new.ends_at;
        let named = self.store.acting(signing_in((user, waits.user_name), network, None, from.now));
        let done = named.session_complete(pending, proof, new).await?;
        done.ok_or(SignInRefusal::WrongCode)?;
        self.store.sign_in_succeeded(own.bucket, Vec::new()).await?;
        Ok(SignedIn::Complete { token: fresh, user, ends_at })
    }

    /// The session that waits for a second factor, and the hash of its token.
    pub(crate) async fn waiting(
        &self,
        token: &str,
        now: Timestamp,
    ) -> Result<([u8; 32], Session), SignInRefusal> {
        let pending = lookup_hash(token).ok_or(SignInRefusal::TooLate)?;
        let waits = find(&self.store, pending, now).await?;
        let waits = waits.filter(|session| !session.signed_in).ok_or(SignInRefusal::TooLate)?;
        Ok((pending, waits))
    }

    /// Takes an attempt at the second factor; returns the allowance that is full again once it was
    /// right.
    pub(crate) async fn take_for_factor(
        &self,
        user: UserId,
        network: ClientNetwork,
        now: Timestamp,
    ) -> Result<Allowance, SignInRefusal> {
        let id = user.to_string();
        let own = allowance("code", &id, Some(network), CODE_ATTEMPTS);
        let mut allowances = vec![own];
        if !self.store.user_knows_network(user, network.to_string()).await? {
            allowances.push(allowance("code", &id, None, STRANGE_CODE_ATTEMPTS));
        }
        self.take(allowances, now).await?;
        Ok(own)
    }

    /// What a code proves, if it is right; whether it was used before, the store knows.
    async fn proof(
        &self,
        user: UserId,
        code: &str,
        now: Timestamp,
    ) -> Result<Option<FactorProof>, SignInRefusal> {
        if let Some(hash) = recovery_hash(code) {
            return Ok(Some(FactorProof::RecoveryCode(hash)));
        }
        let secrets = self.store.user_secrets(user).await?;
        let secret = secrets.and_then(|secrets| secrets.totp_secret);
        Ok(secret.and_then(|kept| proof_of_code(&self.keys, user, kept, code, now)))
    }

    pub(crate) async fn take(
        &self,
        of: Vec<Allowance>,
        now: Timestamp,
    ) -> Result<(), SignInRefusal> {
        self.store.sign_in_attempt(of, now).await?.map_err(SignInRefusal::TooMany)
    }
}

pub(crate) fn new_session(
    token: &SecretText,
    user: UserId,
    network: ClientNetwork,
    lasts: Duration,
    from: Attempt<'_>,
) -> NewSession {
    let agent = from.agent.chars().filter(|c| !c.is_control()).take(AGENT_CHARS).collect();
    NewSession {
        token_hash: token.hash(),
        user,
        signed_in: true,
        at: from.now,
        ends_at: from.now.after(lasts),
        agent,
        network: network.to_string(),
    }
}

/// `by` says what was shown in place of a password or a code.
pub(crate) fn signing_in(
    (user, name): (UserId, String),
    network: ClientNetwork,
    by: Option<&str>,
    at: Timestamp,
) -> Acting {
    let mut after = serde_json::json!({ "network": network.to_string() });
    if let Some(by) = by {
        after["by"] = by.into();
    }
    let after = after.to_string();
    Acting {
        actor: ActorRecord { kind: ActorKind::User, id: Some(user.0), name },
        action: "session.begin",
        object: AuditObject::new("user", user),
        before: None,
        after: Some(after),
        at,
        request: None,
    }
}

pub(crate) fn allowance(
    kind: &str,
    whose: &str,
    network: Option<ClientNetwork>,
    (attempts, interval): (u32, Duration),
) -> Allowance {
    let network = network.map(|network| network.to_string()).unwrap_or_default();
    let bucket = sha256_of(&[kind.as_bytes(), whose.as_bytes(), network.as_bytes()]);
    Allowance { bucket, attempts, interval }
}

#[cfg(test)]
#[path = "sign_in/tests.rs"]
mod tests;
