//! What signing in is done with.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use access::{AccessError, PasswordHasher, RelyingParty, SecretText, SignIn};
use store::Store;

use crate::listen::peer::TrustedProxies;

/// What signing in is done with, the same for all pages of a listener.
#[derive(Clone)]
pub struct Accounts {
    pub sign_in: SignIn,
    pub hasher: PasswordHasher,
    /// Not the one for reports: whoever asks for a page does not wait for a report.
    pub store: Store,
    pub trusted_proxies: TrustedProxies,
    /// The site that passkeys are for, as the operator says it.
    pub site: Option<RelyingParty>,
    /// The demo's owner, who is signed in by a link.
    pub demo: Option<Arc<DemoOwner>>,
    /// Whether pages stay closed until there is an owner: on a listener that others can reach.
    pub closed_without_owner: bool,
    has_owner: Arc<AtomicBool>,
}

impl Accounts {
    /// Without proxies and without a demo.
    #[must_use]
    pub fn new(store: Store, sign_in: SignIn, hasher: PasswordHasher) -> Self {
        Self {
            sign_in,
            hasher,
            store,
            trusted_proxies: Arc::new([]),
            site: None,
            demo: None,
            closed_without_owner: false,
            has_owner: Arc::default(),
        }
    }

    /// The site that passkeys are for, for a browser that finds us at `origin`. On a listener for this
    /// machine alone the `Host` was checked and may be believed; otherwise only the operator is.
    pub(crate) fn relying_party(
        &self,
        origin: &str,
        this_machine_only: bool,
    ) -> Option<RelyingParty> {
        let here = || this_machine_only.then(|| RelyingParty::at(origin)).flatten();
        self.site.clone().or_else(here)
    }

    /// Whether the pages are there. Once there is an owner one is always left, so it is not asked
    /// again.
    pub(crate) async fn are_open(&self) -> Result<bool, AccessError> {
        if !self.closed_without_owner || self.has_owner.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let has_owner = access::has_owner(&self.store).await?;
        self.has_owner.store(has_owner, Ordering::Relaxed);
        Ok(has_owner)
    }
}

/// The owner of a demo, and the end of the link that signs them in, once.
pub struct DemoOwner {
    pub email: String,
    pub password: SecretText,
    token: Mutex<Option<SecretText>>,
}

impl DemoOwner {
    #[must_use]
    pub const fn new(email: String, password: SecretText, token: SecretText) -> Self {
        Self { email, password, token: Mutex::new(Some(token)) }
    }

    /// Whether this is the end of the link. It does not work again.
    pub(crate) fn use_up(&self, typed: &str) -> bool {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = token.as_ref().is_some_and(|token| token.reveal() == typed);
        if fits {
            *token = None;
        }
        fits
    }
}

impl fmt::Debug for DemoOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoOwner").field("email", &self.email).finish_non_exhaustive()
    }
}
