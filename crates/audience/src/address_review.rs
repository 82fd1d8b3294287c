//! Looks at the addresses of an import: what may be wrong with them, with counts and a list.
//!
//! Invariants: changes nothing, and refuses only what whoever imports wants refused; a question that nobody
//! has answered is no reason to refuse anybody. Everything is counted; the list has the first findings, up to
//! a part of a job's file, and names lines and domains and nobody's address. Memory and questions are
//! bounded.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use model::EmailAddress;
use serde_json::{Value, json};
use store::JOB_PART_BYTES;

use crate::address_lists::AddressLists;
use crate::csv_cells;
use crate::import_summary::ImportSummary;
use crate::mail_questions::{MailDomains, MailQuestions};
use crate::rejects::Reject;

/// What a list of warnings begins with.
pub const WARNINGS_HEADER: &str = "line,warning,detail\n";
/// Bytes of the list.
const LIST_BYTES: usize = JOB_PART_BYTES;
/// People who are remembered, to tell rows that repeat somebody. 40 MB.
const REMEMBERED: usize = 1_000_000;
/// Domains of which it is remembered what was found.
const DOMAINS: usize = 100_000;

/// What happens to a row whose address is of some kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnFinding {
    /// It is imported, counted and listed.
    #[default]
    Warn,
    /// It is not imported.
    Reject,
}

/// What whoever imports wants done about addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReviewWishes {
    pub role: OnFinding,
    pub disposable: OnFinding,
    /// About domains that take no mail; None: nobody is asked.
    pub no_mail: Option<OnFinding>,
}

impl ReviewWishes {
    /// As it stands in an import's spec.
    #[must_use]
    pub fn to_json(self) -> Value {
        let rejects = |it: OnFinding| it == OnFinding::Reject;
        json!({
            "reject_role": rejects(self.role),
            "reject_disposable": rejects(self.disposable),
            "check_mx": self.no_mail.is_some(),
            "reject_no_mx": self.no_mail.is_some_and(rejects),
        })
    }

    /// What [`Self::to_json`] wrote; what is missing is as it usually is.
    #[must_use]
    pub fn from_json(value: Option<&Value>) -> Self {
        let is_said = |name: &str| {
            value.and_then(|it| it.get(name)).and_then(Value::as_bool).unwrap_or_default()
        };
        Self::said(&is_said)
    }

    /// By the names of what can be said: `reject_role`, `reject_disposable`, `check_mx`, `reject_no_mx`.
    #[must_use]
    pub fn said(is_said: &dyn Fn(&str) -> bool) -> Self {
        let wish = |name: &str| if is_said(name) { OnFinding::Reject } else { OnFinding::Warn };
        let asks = is_said("check_mx") || is_said("reject_no_mx");
        Self {
            role: wish("reject_role"),
            disposable: wish("reject_disposable"),
            no_mail: asks.then(|| wish("reject_no_mx")),
        }
    }
}

/// By what addresses are looked at.
#[derive(Clone, Default)]
pub struct AddressSources {
    pub lists: Arc<AddressLists>,
    /// Who says which domains take mail, if somebody can be asked.
    pub mail: Option<Arc<dyn MailDomains>>,
}

impl std::fmt::Debug for AddressSources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddressSources").field("asks", &self.mail.is_some()).finish_non_exhaustive()
    }
}

/// What is known of a domain without asking.
#[derive(Debug, Clone, Copy)]
struct DomainFacts {
    is_disposable: bool,
    meant: Option<&'static str>,
}

/// The addresses of one run of an import.
pub(crate) struct AddressReview {
    lists: Arc<AddressLists>,
    wishes: ReviewWishes,
    questions: Option<MailQuestions>,
    domains: HashMap<String, DomainFacts>,
    /// The line of each address, by a hash of its key.
    seen: HashMap<u64, u64>,
    /// Rows that repeat somebody, as far as this run has seen.
    repetitions: u64,
    /// The list so far, with its header.
    list: Vec<u8>,
    is_full: bool,
}

/// Where an address stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AddressPlace<'p> {
    pub(crate) line: u64,
    pub(crate) column: &'p str,
    /// Of an archive, the file.
    pub(crate) part: Option<&'p str>,
}

impl AddressReview {
    pub(crate) fn new(
        sources: &AddressSources,
        wishes: ReviewWishes,
        handle: &tokio::runtime::Handle,
    ) -> Self {
        let mail = sources.mail.clone().filter(|_| wishes.no_mail.is_some());
        let questions = mail.map(|mail| MailQuestions::new(mail, handle.clone()));
        Self { wishes, questions, ..Self::without_questions(sources) }
    }

    /// By lists alone.
    pub(crate) fn without_questions(sources: &AddressSources) -> Self {
        Self {
            lists: Arc::clone(&sources.lists),
            wishes: ReviewWishes::default(),
            questions: None,
            domains: HashMap::new(),
            seen: HashMap::new(),
            repetitions: 0,
            list: Vec::new(),
            is_full: false,
        }
    }

    /// Goes on with a list that an earlier run has written.
    pub(crate) fn resumed(self, list: Vec<u8>) -> Self {
        Self { list, ..self }
    }

    /// The list so far; empty while nothing was found.
    pub(crate) fn list(&self) -> &[u8] {
        &self.list
    }

    /// Rows that repeat somebody.
    pub(crate) const fn repetitions(&self) -> u64 {
        self.repetitions
    }

    /// Whether questions have taken so long that what is read should be stored.
    pub(crate) fn has_waited(&self) -> bool {
        self.questions.as_ref().is_some_and(MailQuestions::has_waited)
    }

    /// What is read is being stored.
    pub(crate) fn stored(&mut self) {
        if let Some(questions) = &mut self.questions {
            questions.stored();
        }
    }

    /// Looks at an address whose row is to be imported.
    pub(crate) fn look(
        &mut self,
        email: &EmailAddress,
        place: AddressPlace<'_>,
        summary: &mut ImportSummary,
    ) -> Result<(), Reject> {
        let (domain, facts) = (email.domain(), self.facts(email.domain()));
        let refuse = |reason: String| Reject { column: place.column.to_owned(), reason };
        if self.lists.is_role(email.local()) {
            if self.wishes.role == OnFinding::Reject {
                return Err(refuse(
                    "it is an office’s address (a role), not a person’s".to_owned(),
                ));
            }
            summary.role_addresses += 1;
            let local = email.local().to_lowercase();
            self.note(place, "role address", &format!("{local}@ is an office, not a person"));
        }
        if facts.is_disposable {
            if self.wishes.disposable == OnFinding::Reject {
                return Err(refuse(format!("{domain} gives everybody a mailbox for some minutes")));
            }
            summary.disposable += 1;
            self.note(place, "disposable domain", domain);
        }
        if let Some(meant) = facts.meant {
            summary.typos += 1;
            self.note(place, "typo", &format!("{domain}: did you mean {meant}?"));
        }
        self.ask(domain, place, summary)?;
        self.repeated(email, place);
        Ok(())
    }

    fn facts(&mut self, domain: &str) -> DomainFacts {
        if let Some(known) = self.domains.get(domain) {
            return *known;
        }
        let facts = DomainFacts {
            is_disposable: self.lists.is_disposable(domain),
            meant: self.lists.meant(domain),
        };
        if self.domains.len() < DOMAINS {
            self.domains.insert(domain.to_owned(), facts);
        }
        facts
    }

    /// Asks whether a domain takes mail.
    fn ask(
        &mut self,
        domain: &str,
        place: AddressPlace<'_>,
        summary: &mut ImportSummary,
    ) -> Result<(), Reject> {
        let Some(questions) = &mut self.questions else { return Ok(()) };
        match questions.takes_mail(domain) {
            Some(true) => {}
            None => summary.mx_unanswered += 1,
            Some(false) if self.wishes.no_mail == Some(OnFinding::Reject) => {
                let reason = format!("{domain} takes no mail");
                return Err(Reject { column: place.column.to_owned(), reason });
            }
            Some(false) => {
                summary.no_mail += 1;
                self.note(place, "no mail", &format!("{domain} takes no mail"));
            }
        }
        Ok(())
    }

    /// Lists a row that repeats somebody; they are counted by the store.
    fn repeated(&mut self, email: &EmailAddress, place: AddressPlace<'_>) {
        let mut hasher = DefaultHasher::new();
        email.key().hash(&mut hasher);
        let key = hasher.finish();
        match self.seen.get(&key) {
            Some(line) => {
                self.repetitions += 1;
                let told = format!("the address of line {line} again");
                self.note(place, "repeated", &told);
            }
            None if self.seen.len() < REMEMBERED => {
                self.seen.insert(key, place.line);
            }
            None => {}
        }
    }

    fn note(&mut self, place: AddressPlace<'_>, warning: &str, detail: &str) {
        if self.is_full {
            return;
        }
        let before = self.list.len();
        if before == 0 {
            self.list.extend_from_slice(WARNINGS_HEADER.as_bytes());
        }
        let detail = match place.part {
            Some(part) => format!("in {part}: {detail}"),
            None => detail.to_owned(),
        };
        self.list.extend_from_slice(format!("{},{warning},", place.line).as_bytes());
        // Writing to memory does not fail.
        let _ = csv_cells::cell(&mut self.list, detail.as_bytes());
        self.list.push(b'\n');
        if self.list.len() > LIST_BYTES {
            self.list.truncate(before);
            self.is_full = true;
        }
    }
}

#[cfg(test)]
#[path = "address_review/tests.rs"]
mod tests;
