//! A list of a campaign's contacts as a file to take away, written as a job by whichever node has time.
//!
//! Invariants: as of other exports (`audience/export_job.rs`): the file can be taken only when it is
//! whole, which is in the audit log in the same transaction; interrupted at any moment and resumed it is
//! whole; memory holds one part and one page; whose
//! data it has is stored with each step, for the disclosure register. The job is of their kind, so that whoever erases a
//! contact removes the file as well, and a place in it has their figures, `contacts` and `bytes`.

use std::time::Duration;

use model::{CampaignId, CampaignNumber, ContactId, LinkSlot, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{ExportedContacts, Job, JobFileWriter, JobState, JobStep, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::contact_groups::{ContactGroup, CountBound, ReportContactsQuery};
use crate::report_contacts::{ReportContactLine, report_contacts};
use crate::{ReportError, rule_set};

/// Contacts of a page.
const PAGE: usize = 500;
/// Pages of a step.
const PAGES: usize = 8;

/// What such a job is to write, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactsExport {
    pub campaign: CampaignId,
    pub query: ReportContactsQuery,
    /// The version of the rule set.
    pub rules: String,
}

/// Where the next step begins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
struct ContactsPlace {
    /// Behind this contact; None: at the first.
    after: Option<i64>,
    contacts: u64,
    bytes: u64,
}

impl ContactsExport {
    /// For the audit log as well: it names nobody.
    #[must_use]
    pub fn logged(&self) -> Value {
        json!({
            "campaign": self.campaign.number().0,
            "did": self.query.group().as_str(),
            "bound": self.query.bound().map(CountBound::as_str),
            "link": self.query.link().map(|slot| slot.0),
            "rules": self.rules,
        })
    }

    #[must_use]
    pub fn to_json(&self) -> String {
        let mut of = self.logged();
        of["campaign_id"] = self.campaign.0.into();
        json!({ "report": of }).to_string()
    }

    /// What [`Self::to_json`] wrote; None for other exports.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let of = value.get("report")?;
        let word = |name: &str| of.get(name).and_then(Value::as_str);
        let group = ContactGroup::from_word(word("did")?)?;
        let bound = match word("bound") {
            Some(word) => Some(CountBound::from_word(word)?),
            None => None,
        };
        let link = match of.get("link").and_then(Value::as_u64) {
            Some(slot) => Some(LinkSlot(u16::try_from(slot).ok()?)),
            None => None,
        };
        Some(Self {
            campaign: CampaignId(of.get("campaign_id")?.as_i64()?),
            query: ReportContactsQuery::new(group, bound, link).ok()?,
            rules: word("rules")?.to_owned(),
        })
    }

    #[must_use]
    pub fn number(&self) -> CampaignNumber {
        self.campaign.number()
    }
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time; every step holds the job for `held`.
///
/// # Errors
/// When the store is away, or somebody else has the job; it goes on later.
pub async fn run_contacts_export(
    store: &Store,
    (job, spec): (Job, ContactsExport),
    (clock, held): (fn() -> Timestamp, Duration),
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let id = (job.id, job.epoch);
    let mut run = ContactsExportRun::resumed(store, &job, &spec, (clock, held)).await?;
    match run.write(&shutdown).await {
        Ok(true) => {
            let mut told = spec.logged();
            told["contacts"] = run.place.contacts.into();
            store.contacts_exported(&job, told.to_string(), clock()).await
        }
        Ok(false) => store.job_release(id.0, id.1, clock()).await,
        Err(ReportError::Store(error))
            if error.is_passing() || matches!(error, StoreError::Changed(_)) =>
        {
            Err(error)
        }
        Err(error) => store.job_end(id, JobState::Failed, Some(error.to_string()), clock()).await,
    }
}

/// One run of such a job on one node.
struct ContactsExportRun<'r> {
    store: &'r Store,
    job: &'r Job,
    spec: &'r ContactsExport,
    timing: (fn() -> Timestamp, Duration),
    place: ContactsPlace,
    file: JobFileWriter,
}

impl<'r> ContactsExportRun<'r> {
    async fn resumed(
        store: &'r Store,
        job: &'r Job,
        spec: &'r ContactsExport,
        timing: (fn() -> Timestamp, Duration),
    ) -> Result<Self, StoreError> {
        let place: ContactsPlace = serde_json::from_str(&job.position).unwrap_or_default();
        let file = JobFileWriter::resumed(store, job, place.bytes).await?;
        Ok(Self { store, job, spec, timing, place, file })
    }

    /// Goes on to the end; false when it was told to stop.
    async fn write(&mut self, shutdown: &CancellationToken) -> Result<bool, ReportError> {
        while !shutdown.is_cancelled() {
            if self.some().await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does the next step; true when it was the last one.
    async fn some(&mut self) -> Result<bool, ReportError> {
        let rules = rule_set(&self.spec.rules).ok_or(ReportError::NoRules)?;
        let (mut is_last, begins_anew) = (false, self.place.after.is_none());
        let mut exported = ExportedContacts { contacts: Vec::new(), begins_anew };
        for _ in 0..PAGES {
            let from = (self.place.after.map(ContactId), PAGE);
            let ContactsExport { campaign, query, .. } = *self.spec;
            let found = report_contacts(self.store, campaign, query, rules, from).await?;
            let text = ReportContactLine::csv(&found.contacts, self.file.bytes() == 0)?;
            self.file.put(self.store, text.as_bytes()).await?;
            self.place.contacts += found.contacts.len() as u64;
            exported.contacts.extend(found.contacts.iter().map(|it| it.contact));
            self.place.bytes = self.file.bytes();
            match found.next {
                Some(next) => self.place.after = Some(next.0),
                None => is_last = true,
            }
            if is_last {
                break;
            }
        }
        self.step(exported).await?;
        Ok(is_last)
    }

    async fn step(&self, exported: ExportedContacts) -> Result<(), ReportError> {
        let (clock, held) = self.timing;
        let now = clock();
        let position = serde_json::to_string(&self.place)
            .map_err(|source| ReportError::Write { form: "JSON", source: source.into() })?;
        let step = JobStep {
            job: self.job.id,
            epoch: self.job.epoch,
            position,
            done: i64::try_from(self.place.contacts).unwrap_or(i64::MAX),
            part: self.file.last_part(),
            held_until: now.after(held),
            at: now,
        };
        let counts = json!({ "contacts": self.place.contacts }).to_string();
        Ok(self.store.job_export_step(step, counts, exported).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_is_read_as_it_was_written_and_nothing_else_is() {
        for (group, bound, link) in [
            (ContactGroup::Opened, Some(CountBound::AtMost), None),
            (ContactGroup::Clicked, None, Some(LinkSlot(3))),
            (ContactGroup::NotOpened, None, None),
        ] {
            let query = ReportContactsQuery::new(group, bound, link).unwrap();
            let rules = "2026-11-27".to_owned();
            let spec = ContactsExport { campaign: CampaignId(1_795_428_245_000_001), query, rules };
            assert_eq!(ContactsExport::from_json(&spec.to_json()), Some(spec));
        }
        for text in ["", "{}", "{\"topics\":null}", "{\"report\":{\"did\":\"x\"}}"] {
            assert_eq!(ContactsExport::from_json(text), None, "{text}");
        }
    }
}
