//! Asks which domains take mail, for an import.
//!
//! Invariants: each domain is asked about once; at most 10,000 of them, 20 a second, five seconds each and
//! half an hour in all; when 20 in a row get no answer, nobody is asked any more. What was not asked or not
//! answered is unknown, and nothing follows from it.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;

/// Domains that are asked about.
const MOST_DOMAINS: usize = 10_000;
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(5);
const IN_ALL: Duration = Duration::from_secs(30 * 60);
/// Questions without an answer, one after the other.
const UNANSWERED: u32 = 20;
/// A job that stores nothing for much longer counts as lost.
const STORED_EVERY: Duration = Duration::from_secs(15);

/// An answer on its way: None when nobody says.
pub type MailAnswer<'a> = Pin<Box<dyn Future<Output = Option<bool>> + Send + 'a>>;

/// Who says which domains take mail.
pub trait MailDomains: Send + Sync {
    /// False only when DNS says so: no such domain, a null MX (RFC 7505), or neither MX nor address.
    fn takes_mail<'a>(&'a self, domain: &'a str) -> MailAnswer<'a>;
}

/// The questions of one run.
pub(crate) struct MailQuestions {
    mail: Arc<dyn MailDomains>,
    handle: Handle,
    known: HashMap<String, Option<bool>>,
    unanswered: u32,
    waited: Duration,
    /// Since something was stored.
    since_stored: Duration,
}

impl MailQuestions {
    pub(crate) fn new(mail: Arc<dyn MailDomains>, handle: Handle) -> Self {
        let known = HashMap::new();
        let (waited, since_stored) = (Duration::ZERO, Duration::ZERO);
        Self { mail, handle, known, unanswered: 0, waited, since_stored }
    }

    /// What DNS says of a domain; None when it is unknown. Waits, so its thread must be one that may.
    pub(crate) fn takes_mail(&mut self, domain: &str) -> Option<bool> {
        if let Some(known) = self.known.get(domain) {
            return *known;
        }
        if self.known.len() >= MOST_DOMAINS
            || self.unanswered >= UNANSWERED
            || self.waited >= IN_ALL
        {
            return None;
        }
        let begun = Instant::now();
        let answer = self.handle.block_on(async {
            tokio::time::sleep(PAUSE).await;
            tokio::time::timeout(PATIENCE, self.mail.takes_mail(domain)).await
        });
        let answer = answer.unwrap_or_default();
        let took = begun.elapsed();
        self.waited += took;
        self.since_stored += took;
        self.unanswered = if answer.is_some() { 0 } else { self.unanswered + 1 };
        self.known.insert(domain.to_owned(), answer);
        answer
    }

    pub(crate) fn has_waited(&self) -> bool {
        self.since_stored >= STORED_EVERY
    }

    pub(crate) fn stored(&mut self) {
        self.since_stored = Duration::ZERO;
    }
}
