//! Who is in a group of a campaign's contacts: page by page in the order of contacts.
//!
//! Invariant: a page looks at a bounded number of contacts, however few of them are meant.

use model::{CampaignId, ContactId, DeliveryState, HitClass, RuleSet, Timestamp};
use store::{ReportContact, Store};

use crate::ReportError;
use crate::contact_groups::ReportContactsQuery;
use crate::export::tame;
use crate::file_text::csv_text;

/// Contacts that are read at once.
const BATCH: usize = 1_000;
/// Contacts that are looked at for one page.
const BUDGET: usize = 10_000;

/// One of them. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportContactLine {
    pub contact: ContactId,
    pub email: String,
    pub state: DeliveryState,
    /// The relay's code; 0 for reasons of our own, None for none.
    pub code: Option<u16>,
    /// What the relay answered, or the reason.
    pub reply: String,
    /// The strongest class among their views and clicks.
    pub class: Option<HitClass>,
    /// The same among their clicks alone.
    pub click_class: Option<HitClass>,
    /// When they unsubscribed by it.
    pub left_at: Option<Timestamp>,
}

/// A page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportContactsFound {
    pub contacts: Vec<ReportContactLine>,
    /// Where the next page begins: there may be more behind this contact.
    pub next: Option<ContactId>,
    /// The page is not full, and ends because enough contacts were looked at.
    pub unfinished: bool,
}

/// The contacts of a campaign that are meant, by a rule set: those after `after`, at most `limit`.
///
/// # Errors
/// When the store can't be read.
pub async fn report_contacts(
    store: &Store,
    campaign: CampaignId,
    query: ReportContactsQuery,
    rules: &RuleSet,
    (after, limit): (Option<ContactId>, usize),
) -> Result<ReportContactsFound, ReportError> {
    let (mut contacts, mut looked) = (Vec::new(), 0);
    let mut after = after.unwrap_or(ContactId(i64::MIN));
    let mut batch = (limit + 1).min(BATCH);
    while looked < BUDGET {
        let found = store.report_contacts(campaign, query.source(), after, batch).await?;
        let is_last = found.len() < batch;
        looked += found.len();
        for contact in found {
            let id = contact.contact;
            if query.takes(&contact, rules) {
                if contacts.len() == limit {
                    return Ok(ReportContactsFound {
                        contacts,
                        next: Some(after),
                        unfinished: false,
                    });
                }
                contacts.push(ReportContactLine::new(contact, rules));
            }
            after = id;
        }
        if is_last {
            return Ok(ReportContactsFound { contacts, next: None, unfinished: false });
        }
        batch = BATCH;
    }
    Ok(ReportContactsFound { contacts, next: Some(after), unfinished: true })
}

impl ReportContactLine {
    /// The columns of [`Self::csv`].
    pub const COLUMNS: [&str; 8] = [
        "email",
        "contact",
        "delivery",
        "code",
        "reply",
        "counts as",
        "clicks count as",
        "unsubscribed at",
    ];

    fn new(found: ReportContact, rules: &RuleSet) -> Self {
        Self {
            contact: found.contact,
            email: found.email.unwrap_or_default(),
            state: found.state,
            code: found.code,
            reply: found.reply.unwrap_or_default(),
            class: rules.strongest(found.evidence.hits),
            click_class: rules.strongest(found.evidence.clicks),
            left_at: found.left_at,
        }
    }

    fn cells(&self) -> [String; 8] {
        let class = |class: Option<HitClass>| class.map_or("", HitClass::as_str).to_owned();
        [
            tame(&self.email),
            self.contact.to_string(),
            self.state.as_str().to_owned(),
            self.code.map(|code| code.to_string()).unwrap_or_default(),
            tame(&self.reply),
            class(self.class),
            class(self.click_class),
            self.left_at.map(Timestamp::rfc3339).unwrap_or_default(),
        ]
    }

    /// Lines of a CSV file, with [`Self::COLUMNS`] above them if they are the first.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn csv(lines: &[Self], are_first: bool) -> Result<String, ReportError> {
        let header = are_first.then(|| Self::COLUMNS.map(str::to_owned));
        csv_text(header.into_iter().chain(lines.iter().map(Self::cells)))
    }
}
