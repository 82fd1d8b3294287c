//! The way into people's own accounts: links that are mailed, and the sessions that they open.
//!
//! Invariants: whoever asks for a link learns nothing by it. What depends on whose address it is happens
//! behind the answer, among a bounded number of askers; the answer only says whether links can be
//! mailed at all. How often somebody may ask is counted per network and per address, in the store and
//! by keyed hashes, so that all nodes share it. The log names no address.

mod mails;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use access::{ClientNetwork, SecretText, share_token, share_token_hash};
use audience::EditContact;
use campaign::RecipientWords;
use model::{ContactId, EmailAddress, Timestamp};
use serde_json::json;
use store::{
    AccountLink, Acting, ActorKind, ActorRecord, Allowance, Contact, NewAccountSession, Store,
    StoreError,
};
use token::Keyring;
use tokio::sync::Semaphore;

use crate::contacts::of_contact;
use crate::{LiveSettings, Refusal};

/// A session that was not used for so long has ended.
pub const ACCOUNT_IDLE: Duration = Duration::from_secs(30 * 60);
/// A session ends after so long, however often it is used.
pub const ACCOUNT_ENDS: Duration = Duration::from_secs(4 * 60 * 60);
/// Askers whose mail is being made or handed over at the same time.
const MOST_WAITING: usize = 256;

/// What was done about accounts since the start.
#[derive(Debug, Default)]
pub struct AccountCounts {
    /// Links that were asked for, whether or not there is such a contact.
    pub asked: AtomicU64,
    /// Askers who were told to wait.
    pub limited: AtomicU64,
    /// Askers who were told to come back, as links could not be mailed.
    pub put_off: AtomicU64,
    /// Links that the relay has accepted.
    pub mailed: AtomicU64,
    /// Links that were not mailed: the relay or the store failed.
    pub failed: AtomicU64,
    /// Accounts that were opened.
    pub opened: AtomicU64,
    /// Downloads of everything.
    pub downloads: AtomicU64,
    /// People who have erased themselves.
    pub erased: AtomicU64,
}

/// Who asks for a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountAsker {
    /// Somebody who has typed an address.
    Address(EmailAddress),
    /// Whoever holds a link of a message to this contact.
    Contact(ContactId),
}

/// Why no link is mailed to anybody who asks just now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskRefusal {
    /// So much was asked for from this network; how long to wait.
    TooMany(Duration),
    /// Mail can't be sent, the store does not answer, or too many ask.
    Later,
}

/// What an erasure is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasureReceipt {
    /// Stands in the audit log as well.
    pub number: String,
    pub at: Timestamp,
    pub is_mailed: bool,
}

/// The accounts of the people who get mail.
#[derive(Clone)]
pub struct RecipientAccounts {
    store: Store,
    keys: Arc<Keyring>,
    settings: LiveSettings,
    counts: Arc<AccountCounts>,
    waiting: Arc<Semaphore>,
}

impl RecipientAccounts {
    #[must_use]
    pub fn new(
        store: Store,
        keys: Arc<Keyring>,
        settings: LiveSettings,
        counts: Arc<AccountCounts>,
    ) -> Self {
        let waiting = Arc::new(Semaphore::new(MOST_WAITING));
        Self { store, keys, settings, counts, waiting }
    }

    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    #[must_use]
    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    #[must_use]
    pub fn counts(&self) -> &AccountCounts {
        &self.counts
    }

    /// Askers whose mail is being made or handed over.
    #[must_use]
    pub fn waiting(&self) -> usize {
        MOST_WAITING.saturating_sub(self.waiting.available_permits())
    }

    /// Mails a link to whoever asks, if they are a contact. Answers before that is known.
    ///
    /// # Errors
    /// For reasons that have nothing to do with whose address it is.
    pub async fn ask(
        &self,
        asker: AccountAsker,
        network: ClientNetwork,
        words: RecipientWords,
        at: Timestamp,
    ) -> Result<(), AskRefusal> {
        self.counts.asked.fetch_add(1, Ordering::Relaxed);
        let refused = self.admit(network, at).await;
        let permit = match refused {
            Ok(()) => Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| AskRefusal::Later),
            Err(refusal) => Err(refusal),
        };
        let permit = permit.inspect_err(|refusal| {
            let counter = match refusal {
                AskRefusal::TooMany(_) => &self.counts.limited,
                AskRefusal::Later => &self.counts.put_off,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        })?;
        let accounts = self.clone();
        tokio::spawn(async move {
            accounts.mail_link(asker, words, at).await;
            drop(permit);
        });
        Ok(())
    }

    /// Whether links can be mailed, and the network has asked for few.
    async fn admit(&self, network: ClientNetwork, at: Timestamp) -> Result<(), AskRefusal> {
        self.settings.now().can_send().map_err(|_| AskRefusal::Later)?;
        let bucket = self.keys.address_hash(&format!("account asked from {network}"));
        let interval = Duration::from_secs(3 * 60);
        let allowance = Allowance { bucket, attempts: 20, interval };
        match self.store.sign_in_attempt(vec![allowance], at).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(wait)) => Err(AskRefusal::TooMany(wait)),
            Err(problem) => {
                tracing::warn!(%problem, "can't count who asks for a link into an account");
                Err(AskRefusal::Later)
            }
        }
    }

    /// The link with this secret, if it is good. Uses nothing up.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn link(
        &self,
        token: &str,
        at: Timestamp,
    ) -> Result<Option<AccountLink>, StoreError> {
        let Some(hash) = share_token_hash(token) else { return Ok(None) };
        self.store.account_link_find(hash, at).await
    }

    /// Uses a link up: the secret of the session that it begins.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn open(&self, token: &str, at: Timestamp) -> Result<Option<SecretText>, StoreError> {
        let Some(link) = share_token_hash(token) else { return Ok(None) };
        let (secret, token_hash) = share_token()
            .map_err(|why| StoreError::Unreachable(format!("no randomness: {why}")))?;
        let new = NewAccountSession { token_hash, at, ends_at: at.after(ACCOUNT_ENDS) };
        let opened = self.store.account_open(link, new).await?;
        if opened.is_some() {
            self.counts.opened.fetch_add(1, Ordering::Relaxed);
        }
        Ok(opened.map(|_| secret))
    }

    /// Whose session this is, if it is good.
    ///
    /// # Errors
    /// When the store can't answer.
    pub async fn session(&self, token: &str, at: Timestamp) -> Result<Option<Contact>, StoreError> {
        let Some(hash) = share_token_hash(token) else { return Ok(None) };
        self.store.account_session(hash, at, ACCOUNT_IDLE).await
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the store can't do it.
    pub async fn leave(&self, token: &str) -> Result<(), StoreError> {
        match share_token_hash(token) {
            Some(hash) => self.store.account_session_end(hash).await,
            None => Ok(()),
        }
    }

    /// Mails a link to another address of a contact, which becomes theirs when it is used. Answers before
    /// it is known whether it can.
    ///
    /// # Errors
    /// For reasons that have nothing to do with whose address it is.
    pub fn ask_change(
        &self,
        contact: ContactId,
        to: EmailAddress,
        words: RecipientWords,
        at: Timestamp,
    ) -> Result<(), AskRefusal> {
        self.settings.now().can_send().map_err(|_| AskRefusal::Later)?;
        let permit = Arc::clone(&self.waiting).try_acquire_owned();
        let permit = permit.map_err(|_| AskRefusal::Later)?;
        let accounts = self.clone();
        tokio::spawn(async move {
            if let Err(problem) = accounts.mail_link_to(contact, &to, true, words, at).await {
                accounts.counts.failed.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%problem, "can't mail a link that proves an address");
            }
            drop(permit);
        });
        Ok(())
    }

    /// Uses up a link that proves another address, which becomes the contact's. None when the link is not
    /// good; otherwise whether the contact can have the address. The old one is told.
    ///
    /// # Errors
    /// When the store can't do it.
    pub async fn confirm_change(
        &self,
        token: &str,
        words: RecipientWords,
        at: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let Some(hash) = share_token_hash(token) else { return Ok(None) };
        let Some((id, email)) = self.store.account_change_take(hash, at).await? else {
            return Ok(None);
        };
        let Some(old) = self.store.contact_find(id).await? else { return Ok(None) };
        let edit = EditContact { email: Some(email), ..EditContact::default() };
        match audience::edit(&self.store.by_themselves(), &self.keys, id, None, edit, at).await {
            Ok(_) => {
                self.tell_old(old.email, words, at);
                Ok(Some(true))
            }
            Err(audience::EditError::Store(StoreError::Contact(_))) => Ok(Some(false)),
            Err(audience::EditError::Store(problem)) => Err(problem),
            Err(audience::EditError::Problem(_)) => Ok(Some(false)),
        }
    }

    /// Erases a person who asks for it in their account, or says there that they are under 13, with a receipt. Goes on when nobody waits for it
    /// any more.
    ///
    /// # Errors
    /// When the store fails; the same call then continues.
    pub async fn erase(
        &self,
        contact: Contact,
        is_child: bool,
        words: RecipientWords,
        at: Timestamp,
    ) -> Result<ErasureReceipt, Refusal> {
        let accounts = self.clone();
        let erasing =
            tokio::spawn(async move { accounts.erase_now(&contact, is_child, words, at).await });
        match erasing.await {
            Ok(receipt) => receipt,
            Err(why) => {
                Err(StoreError::Unreachable(format!("the erasure broke off: {why}")).into())
            }
        }
    }

    async fn erase_now(
        &self,
        contact: &Contact,
        is_child: bool,
        words: RecipientWords,
        at: Timestamp,
    ) -> Result<ErasureReceipt, Refusal> {
        let number = receipt_number(at)?;
        let is_mailed = self.mail_receipt(&contact.email, &number, words, at).await;
        let acting = Acting {
            actor: ActorRecord { kind: ActorKind::System, id: None, name: "account".to_owned() },
            action: "contact.erase",
            object: of_contact(Some(contact.id)),
            before: None,
            after: Some(json!({ "by": "the person", "receipt": number }).to_string()),
            at,
            request: None,
        };
        let named = self.store.acting(acting);
        let whose = (contact.id, &contact.email);
        audience::erase_own(&named, &self.keys, whose, at).await?;
        if is_child {
            let hash = self.keys.address_hash(&contact.email.key());
            self.store.child_mark(contact.email.key(), hash, at).await?;
        }
        self.counts.erased.fetch_add(1, Ordering::Relaxed);
        Ok(ErasureReceipt { number, at, is_mailed })
    }
}

/// The day and some characters that nobody guesses: `2026-11-28-q7fTz0`.
fn receipt_number(at: Timestamp) -> Result<String, StoreError> {
    let random =
        share_token().map_err(|why| StoreError::Unreachable(format!("no randomness: {why}")))?;
    let code: String =
        random.0.reveal().chars().filter(char::is_ascii_alphanumeric).take(8).collect();
    let day: String = at.rfc3339().chars().take(10).collect();
    Ok(format!("{day}-{code}"))
}
