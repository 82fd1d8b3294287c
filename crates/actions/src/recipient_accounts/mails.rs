//! Mails about accounts: links, and what was done.
//!
//! Invariant: whether an address may be mailed, and how often, is decided here and for every mail.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use access::share_token;
use campaign::RecipientWords;
use model::{ContactId, EmailAddress, SuppressionReason, Timestamp};
use store::{Allowance, NewAccountLink, StoreError};

use super::{AccountAsker, RecipientAccounts};
use crate::SettingsInUse;
use crate::own_words::own_words;
use crate::recipient_mail::RecipientMail;
use crate::request_mails::{RequestMailer, RequestNews};

/// A receipt is handed over before the erasure, which does not wait for longer.
const RECEIPT_WAIT: Duration = Duration::from_secs(5);
/// How long a mailed link is good.
const ACCOUNT_LINK_ENDS: Duration = Duration::from_secs(30 * 60);

impl RecipientAccounts {
    pub(super) async fn mail_link(
        &self,
        asker: AccountAsker,
        words: RecipientWords,
        at: Timestamp,
    ) {
        let found = match asker {
            AccountAsker::Address(email) => self.store.contact_by_email(email).await,
            AccountAsker::Contact(id) => self.store.contact_find(id).await,
        };
        let mailed = match found {
            Ok(Some(contact)) => {
                let words = own_words(&contact.attributes).unwrap_or(words);
                self.mail_link_to(contact.id, &contact.email, false, words, at).await
            }
            Ok(None) => return,
            Err(problem) => Err(problem),
        };
        if let Err(problem) = mailed {
            self.counts.failed.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%problem, "can't mail a link into an account");
        }
    }

    /// Mails a link that opens the account, or that proves another address of the contact.
    pub(super) async fn mail_link_to(
        &self,
        contact: ContactId,
        to: &EmailAddress,
        is_change: bool,
        words: RecipientWords,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if !self.may_mail(to, is_change).await? || !self.may_again(to, at).await? {
            return Ok(());
        }
        let (token, token_hash) = share_token()
            .map_err(|why| StoreError::Unreachable(format!("no randomness: {why}")))?;
        let ends_at = at.after(ACCOUNT_LINK_ENDS);
        let link = NewAccountLink { token_hash, contact, email: to.clone(), is_change, ends_at };
        if !self.store.account_link_add(link).await? {
            return Ok(());
        }
        let in_use = self.settings.now();
        let link = format!("{}/account/{}", in_use.sender.web_url, token.reveal());
        let organisation = in_use.sender.organisation.as_str();
        let (subject, text) = match is_change {
            true => ("mail-change-subject", "mail-change-text"),
            false => ("mail-subject", "mail-text"),
        };
        let mail = RecipientMail {
            to,
            subject: words.with(subject, "organisation", organisation),
            text: words.filled(text, &[("organisation", organisation), ("link", &link)]),
            kind: "account",
            at,
        };
        self.hand_over(&in_use, &mail).await;
        Ok(())
    }

    /// Whether there may be mail to this address for somebody who asks for it. Unsubscribing is no reason
    /// against it: it takes nobody's right to see what is kept. Mail that comes back for good is, and for
    /// an address that is no contact's yet so is every reason that is not its person's wish.
    async fn may_mail(&self, to: &EmailAddress, is_change: bool) -> Result<bool, StoreError> {
        let hash = self.keys.address_hash(&to.key());
        let Some((reason, _)) = self.store.suppression_find(to.key(), hash).await? else {
            return Ok(true);
        };
        let unsubscribed = reason == SuppressionReason::Unsubscribed.as_str();
        let bounced = reason == SuppressionReason::HardBounce.as_str();
        Ok(if is_change { unsubscribed } else { !bounced })
    }

    /// Three an hour and ten a day for each address.
    async fn may_again(&self, to: &EmailAddress, at: Timestamp) -> Result<bool, StoreError> {
        let bucket = |what: &str| self.keys.address_hash(&format!("account {what} {}", to.key()));
        let (twenty_minutes, part_of_day) =
            (Duration::from_secs(20 * 60), Duration::from_secs(144 * 60));
        let allowances = vec![
            Allowance { bucket: bucket("hour"), attempts: 3, interval: twenty_minutes },
            Allowance { bucket: bucket("day"), attempts: 10, interval: part_of_day },
        ];
        let may = self.store.sign_in_attempt(allowances, at).await?.is_ok();
        if !may {
            self.counts.limited.fetch_add(1, Ordering::Relaxed);
        }
        Ok(may)
    }

    /// Whether the mail was accepted.
    async fn hand_over(&self, in_use: &SettingsInUse, mail: &RecipientMail<'_>) -> bool {
        let is_sent = mail.hand_over(in_use).await;
        let counter = if is_sent { &self.counts.mailed } else { &self.counts.failed };
        counter.fetch_add(1, Ordering::Relaxed);
        is_sent
    }

    /// Tells the address that is no longer used, if there is room for it.
    pub(super) fn tell_old(&self, to: EmailAddress, words: RecipientWords, at: Timestamp) {
        let Ok(permit) = Arc::clone(&self.waiting).try_acquire_owned() else { return };
        let accounts = self.clone();
        tokio::spawn(async move {
            let in_use = accounts.settings.now();
            let organisation = in_use.sender.organisation.as_str();
            let mail = RecipientMail {
                to: &to,
                subject: words.with("mail-changed-subject", "organisation", organisation),
                text: words.with("mail-changed-text", "organisation", organisation),
                kind: "account-changed",
                at,
            };
            if accounts.may_mail(&to, false).await.unwrap_or(false) {
                accounts.hand_over(&in_use, &mail).await;
            }
            drop(permit);
        });
    }

    /// Tells somebody that what they ask in their account has arrived, if there is room for it.
    pub fn tell_request(&self, id: i64, at: Timestamp) {
        let Ok(permit) = Arc::clone(&self.waiting).try_acquire_owned() else { return };
        let accounts = self.clone();
        tokio::spawn(async move {
            let Self { store, keys, settings, counts, .. } = &accounts;
            let mailer = RequestMailer { store, keys, settings };
            let is_told = mailer.tell(id, RequestNews::Received, at).await;
            let counter = if is_told { &counts.mailed } else { &counts.failed };
            counter.fetch_add(1, Ordering::Relaxed);
            drop(permit);
        });
    }

    /// Afterwards there is no address to mail it to.
    pub(super) async fn mail_receipt(
        &self,
        to: &EmailAddress,
        number: &str,
        words: RecipientWords,
        at: Timestamp,
    ) -> bool {
        let in_use = self.settings.now();
        if in_use.can_send().is_err() || !self.may_mail(to, false).await.unwrap_or(false) {
            return false;
        }
        let organisation = in_use.sender.organisation.as_str();
        let date = at.rfc3339();
        let values = [("organisation", organisation), ("number", number), ("date", &date)];
        let mail = RecipientMail {
            to,
            subject: words.with("mail-erased-subject", "organisation", organisation),
            text: words.filled("mail-erased-text", &values),
            kind: "account-erased",
            at,
        };
        let sending = tokio::time::timeout(RECEIPT_WAIT, mail.send(&in_use));
        matches!(sending.await, Ok(Ok(())))
    }
}
