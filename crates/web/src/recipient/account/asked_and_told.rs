//! Who got a person's data, and what they have asked about it, in words.

use audience::OwnAccount;
use campaign::RecipientWords;
use model::{DisclosedField, DisclosureBasis, RequestKind, RequestState};
use store::{DisclosureEntry, OWN_USE, PersonRequest};

use crate::recipient::account::entry::{AccountEntry, moment};
use crate::recipient::account::json::recipient;

/// The newest disclosures that hold the person.
pub(super) fn disclosures(
    account: &OwnAccount,
    words: RecipientWords,
    most: usize,
) -> Vec<AccountEntry> {
    account.disclosures.entries.iter().take(most).map(|it| disclosure(it, words)).collect()
}

/// What they have asked, the newest first.
pub(super) fn requests(account: &OwnAccount, words: RecipientWords) -> Vec<AccountEntry> {
    account.requests.iter().map(|it| request(it, words)).collect()
}

fn disclosure(it: &DisclosureEntry, words: RecipientWords) -> AccountEntry {
    let basis = words.text(match it.basis {
        DisclosureBasis::OwnUse => "shared-own-use",
        DisclosureBasis::Law => "shared-law",
        DisclosureBasis::ServiceProvider => "shared-service",
        DisclosureBasis::Sale => "shared-sale",
        DisclosureBasis::ExportBureau => "shared-bureau",
        DisclosureBasis::OwnRequest => "shared-request",
        DisclosureBasis::Sharing => "shared-sharing",
    });
    let purpose = Some(it.purpose.clone()).filter(|purpose| purpose != OWN_USE);
    let country = Some(it.country.clone()).filter(|country| !country.is_empty());
    let fields: Vec<String> = it.fields.iter().map(|field| words.text(section(*field))).collect();
    let note = [country, purpose, Some(basis), Some(fields.join(", "))];
    AccountEntry {
        when: moment(it.at),
        what: recipient(it).map_or_else(|| words.text("disclosed-us"), str::to_owned),
        note: note.into_iter().flatten().collect::<Vec<_>>().join("; "),
    }
}

/// What is handed over is called as the section of the page that shows it.
const fn section(field: DisclosedField) -> &'static str {
    match field {
        DisclosedField::Address => "address",
        DisclosedField::Attributes => "profile",
        DisclosedField::Standing => "topics",
        DisclosedField::Consents => "consents",
        DisclosedField::Deliveries => "mails",
        DisclosedField::Activity => "hits",
        DisclosedField::Browsers => "browsers",
        DisclosedField::History => "changes",
    }
}

fn request(it: &PersonRequest, words: RecipientWords) -> AccountEntry {
    let state = words.text(match it.state {
        RequestState::Open => "request-open",
        RequestState::Answered => "request-answered",
        RequestState::Refused => "request-refused",
        RequestState::Withdrawn => "request-withdrawn",
    });
    let due = (it.state == RequestState::Open)
        .then(|| words.with("request-due", "date", &moment(it.due_at)));
    let note = [Some(state), due, it.extension.clone(), it.outcome.clone(), Some(it.text.clone())];
    AccountEntry {
        when: moment(it.received_at),
        what: words.text(kind(it.kind)),
        note: note.into_iter().flatten().collect::<Vec<_>>().join("; "),
    }
}

/// What can be asked.
pub(super) fn kinds(words: RecipientWords) -> Vec<(&'static str, String)> {
    RequestKind::ALL.into_iter().map(|it| (it.as_str(), words.text(kind(it)))).collect()
}

const fn kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Access => "kind-access",
        RequestKind::Correction => "kind-correction",
        RequestKind::Erasure => "kind-erasure",
        RequestKind::Objection => "kind-objection",
        RequestKind::Question => "kind-question",
    }
}
