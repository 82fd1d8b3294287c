//! Mails about requests: that one has arrived, takes longer, was answered or refused.
//!
//! Invariants: they go to the address that the request names, in the language of its contact, and to none
//! from which mail came back for good; an address gets at most ten a day. Whoever changes a request does not
//! wait for the relay longer than [`MAIL_WAIT`], and the change holds whether or not the mail was sent. The
//! log names no address.

use std::time::Duration;

use campaign::RecipientWords;
use model::{EmailAddress, RequestKind, RequestState, SuppressionReason, Timestamp};
use store::{Allowance, PersonRequest, Store, StoreError};
use token::Keyring;

use crate::own_words::own_words;
use crate::recipient_mail::RecipientMail;
use crate::{LiveSettings, Resources};

const MAIL_WAIT: Duration = Duration::from_secs(5);
const MAILS_A_DAY: u32 = 10;

/// What has become of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestNews {
    Received,
    Extended,
    Closed,
}

/// What the mails are made with.
pub(crate) struct RequestMailer<'a> {
    pub(crate) store: &'a Store,
    pub(crate) keys: &'a Keyring,
    pub(crate) settings: &'a LiveSettings,
}

impl<'a> RequestMailer<'a> {
    pub(crate) fn of(resources: &'a Resources) -> Self {
        let Resources { store, keys, settings, .. } = resources;
        Self { store, keys, settings }
    }

    /// Tells whoever has asked, if they can be told. Whether the relay took it.
    pub(crate) async fn tell(&self, id: i64, news: RequestNews, at: Timestamp) -> bool {
        let telling = tokio::time::timeout(MAIL_WAIT, self.try_tell(id, news, at));
        match telling.await {
            Ok(Ok(is_told)) => is_told,
            Ok(Err(problem)) => {
                tracing::warn!(%problem, "can't mail what has become of a request");
                false
            }
            Err(_) => {
                tracing::warn!("the relay did not take a mail about a request in time");
                false
            }
        }
    }

    async fn try_tell(
        &self,
        id: i64,
        news: RequestNews,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(request) = self.store.request_find(id).await? else { return Ok(false) };
        // Without an address: they were erased.
        let address = request.email.as_deref().and_then(|it| EmailAddress::parse(it).ok());
        let Some(to) = address else { return Ok(false) };
        let in_use = self.settings.now();
        if in_use.can_send().is_err() || !self.may_mail(&to, at).await? {
            return Ok(false);
        }
        let contact = self.store.contact_by_email(to.clone()).await?;
        let own = contact.and_then(|contact| own_words(&contact.attributes));
        let words = own.unwrap_or_default();
        let organisation = in_use.sender.organisation.as_str();
        let Some(text) = text(&request, news, words, organisation) else { return Ok(false) };
        let subject = words.with("mail-request-subject", "organisation", organisation);
        let mail = RecipientMail { to: &to, subject, text, kind: "request", at };
        let sent = mail.send(&in_use).await;
        if sent.is_err() {
            tracing::warn!(kind = mail.kind, "a mail to a recipient was not sent");
        }
        Ok(sent.is_ok())
    }

    async fn may_mail(&self, to: &EmailAddress, at: Timestamp) -> Result<bool, StoreError> {
        let hash = self.keys.address_hash(&to.key());
        let found = self.store.suppression_find(to.key(), hash).await?;
        if found.is_some_and(|(reason, _)| reason == SuppressionReason::HardBounce.as_str()) {
            return Ok(false);
        }
        let bucket = self.keys.address_hash(&format!("request day {}", to.key()));
        let interval = Duration::from_secs(24 * 60 * 60) / MAILS_A_DAY;
        let allowance = Allowance { bucket, attempts: MAILS_A_DAY, interval };
        Ok(self.store.sign_in_attempt(vec![allowance], at).await?.is_ok())
    }
}

/// Nothing to tell of a request that its person has withdrawn.
fn text(
    request: &PersonRequest,
    news: RequestNews,
    words: RecipientWords,
    organisation: &str,
) -> Option<String> {
    let kind = words.text(kind(request.kind));
    let due: String = request.due_at.rfc3339().chars().take(10).collect();
    let common = [("organisation", organisation), ("kind", kind.as_str())];
    let with = |key: &str, more: (&'static str, &str)| {
        let values: Vec<_> = common.into_iter().chain([more]).collect();
        words.filled(key, &values)
    };
    let outcome = request.outcome.as_deref().unwrap_or_default();
    match (news, request.state) {
        (RequestNews::Received, _) => Some(with("mail-request-received", ("date", &due))),
        (RequestNews::Extended, _) => {
            let reason = request.extension.as_deref().unwrap_or_default();
            let [organisation, kind] = common;
            let values = [organisation, kind, ("date", due.as_str()), ("reason", reason)];
            Some(words.filled("mail-request-extended", &values))
        }
        (RequestNews::Closed, RequestState::Answered) => {
            Some(with("mail-request-answered", ("outcome", outcome)))
        }
        (RequestNews::Closed, RequestState::Refused) => {
            Some(with("mail-request-refused", ("outcome", outcome)))
        }
        (RequestNews::Closed, RequestState::Withdrawn | RequestState::Open) => None,
    }
}

/// As the account calls it.
const fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Access => "kind-access",
        RequestKind::Correction => "kind-correction",
        RequestKind::Erasure => "kind-erasure",
        RequestKind::Objection => "kind-objection",
        RequestKind::Question => "kind-question",
    }
}
