//! Exports of contacts as jobs: a CSV file in parts, on whichever node has time.
//!
//! Invariants: the file can be taken away only when its job is done, and that is in the audit log, in
//! the name of who has asked for it, in the same transaction. Whose data the file has is stored with each
//! step, for the disclosure register, which has an entry for each time that the file leaves. A job that is interrupted at any moment
//! and resumed writes a whole file. Memory holds one part and one page of people.

use std::collections::BTreeSet;

use model::{ContactId, DisclosureKind, Timestamp};
use serde_json::{Value, json};
use store::{
    ContactsFound, ExportedContacts, Job, JobFileWriter, JobState, JobStep, Store, StoreError,
};
use tokio_util::sync::CancellationToken;

use crate::contact_filter::ContactFilter;
use crate::contact_lines::{ContactLines, MAX_ATTRIBUTES};
use crate::export_spec::ExportSpec;
use crate::import_job::JOB_HELD;
use crate::people::ExportError;
use crate::sharing::{SharedFile, notice_of};

/// What such a job is called.
pub const EXPORT_JOB: &str = "export";
/// Contacts of a page.
const PAGE: usize = 500;
/// Pages of a step.
const PAGES: usize = 8;

/// What an export has written so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportProgress {
    pub contacts: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// What an export job has written so far.
#[must_use]
pub fn export_progress(job: &Job) -> ExportProgress {
    let place = ExportPlace::from_json(&job.position);
    ExportProgress { contacts: place.contacts, bytes: place.bytes }
}

/// Where the next step begins: first the names of all attributes are collected, then lines are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct ExportPlace {
    writes: bool,
    /// Contacts below this one are still to come; None: all.
    before: Option<i64>,
    /// The newest contact when it began: who comes later is not in it.
    newest: Option<i64>,
    names: BTreeSet<String>,
    looked: u64,
    contacts: u64,
    bytes: u64,
}

impl ExportPlace {
    fn from_json(text: &str) -> Self {
        let value: Value = serde_json::from_str(text).unwrap_or_default();
        let number = |name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
        let id = |name: &str| value.get(name).and_then(Value::as_i64);
        let names = value.get("names").and_then(Value::as_array).into_iter().flatten();
        Self {
            writes: value.get("writes").and_then(Value::as_bool).unwrap_or_default(),
            before: id("before"),
            newest: id("newest"),
            names: names.filter_map(Value::as_str).map(str::to_owned).collect(),
            looked: number("looked"),
            contacts: number("contacts"),
            bytes: number("bytes"),
        }
    }

    fn to_json(&self) -> String {
        json!({
            "writes": self.writes,
            "before": self.before,
            "newest": self.newest,
            "names": self.names,
            "looked": self.looked,
            "contacts": self.contacts,
            "bytes": self.bytes,
        })
        .to_string()
    }

    /// Begins to write, from the newest contact on.
    fn begin(&mut self) {
        self.writes = true;
        self.before = self.newest.map(|id| id.saturating_add(1));
        (self.contacts, self.bytes) = (0, 0);
    }
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time.
///
/// # Errors
/// As [`run_import_job`](crate::run_import_job).
pub async fn run_export_job(
    store: &Store,
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let held = (job.id, job.epoch);
    let fail = |why: String| store.job_end(held, JobState::Failed, Some(why), clock());
    let Some(spec) = ExportSpec::from_json(&job.spec) else {
        return fail("this release can't tell which contacts were meant".to_owned()).await;
    };
    let mut run = match ExportRun::resumed(store, &job, &spec, clock).await {
        Err(StoreError::Disclosure(refused)) => return fail(refused.to_string()).await,
        run => run?,
    };
    match run.write(&shutdown).await {
        Ok(true) => {
            let mut told = spec.logged();
            told["contacts"] = run.place.contacts.into();
            store.contacts_exported(&job, told.to_string(), clock()).await
        }
        Ok(false) => store.job_release(held.0, held.1, clock()).await,
        Err(ExportError::Store(error))
            if error.is_passing() || matches!(error, StoreError::Changed(_)) =>
        {
            Err(error)
        }
        Err(error) => fail(error.to_string()).await,
    }
}

/// One run of a job on one node.
struct ExportRun<'r> {
    store: &'r Store,
    job: &'r Job,
    spec: &'r ExportSpec,
    filter: ContactFilter,
    shared: Option<SharedFile>,
    clock: fn() -> Timestamp,
    place: ExportPlace,
    file: JobFileWriter,
    /// Whose lines were written since the last step.
    exported: ExportedContacts,
}

impl<'r> ExportRun<'r> {
    async fn resumed(
        store: &'r Store,
        job: &'r Job,
        spec: &'r ExportSpec,
        clock: fn() -> Timestamp,
    ) -> Result<Self, StoreError> {
        let place = ExportPlace::from_json(&job.position);
        let file = JobFileWriter::resumed(store, job, place.bytes).await?;
        let filter = ContactFilter { topic: spec.query.topic.clone(), mailed: None, tag: None };
        let exported = ExportedContacts::default();
        let shared = SharedFile::read(store, notice_of(&job.spec)).await?;
        Ok(Self { store, job, spec, filter, shared, clock, place, file, exported })
    }

    /// Goes on to the end; false when it was told to stop.
    async fn write(&mut self, shutdown: &CancellationToken) -> Result<bool, ExportError> {
        while !shutdown.is_cancelled() {
            if self.some().await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Does the next step; true when it was the last one.
    async fn some(&mut self) -> Result<bool, ExportError> {
        let mut is_last = false;
        for _ in 0..PAGES {
            let mut found = self.page().await?;
            is_last = found.next.is_none();
            self.place.looked += found.contacts.len() as u64;
            if let Some(shared) = &self.shared {
                found.contacts = shared.keep(self.store, found.contacts, (self.clock)()).await?;
            }
            self.place.before = Some(found.next.map_or(i64::MIN, |id| id.0));
            match self.place.writes {
                true => is_last &= self.lines(found).await?,
                false => self.names(found)?,
            }
            if is_last {
                break;
            }
        }
        let ends = is_last && self.place.writes;
        if is_last && !self.place.writes {
            self.begin();
        }
        if self.place.writes && self.place.bytes == 0 {
            self.header().await?;
        }
        self.step().await?;
        Ok(ends)
    }

    async fn page(&self) -> Result<ContactsFound, StoreError> {
        // Nobody matched when it began.
        if self.place.writes && self.place.newest.is_none() {
            return Ok(ContactsFound { contacts: Vec::new(), next: None, unfinished: false });
        }
        let ExportSpec { query, topics } = self.spec.clone();
        let before = ContactId(self.place.before.unwrap_or(i64::MAX));
        self.store.contacts_find(query, topics, before, PAGE).await
    }

    fn names(&mut self, found: ContactsFound) -> Result<(), ExportError> {
        for contact in found.contacts {
            self.place.newest.get_or_insert(contact.id.0);
            self.place.names.extend(contact.attributes.into_keys());
        }
        match self.place.names.len() {
            0..=MAX_ATTRIBUTES => Ok(()),
            _ => Err(ExportError::TooManyAttributes),
        }
    }

    /// Writes contacts down; false when it has to begin again, because somebody has an attribute by
    /// now that has no column.
    async fn lines(&mut self, found: ContactsFound) -> Result<bool, ExportError> {
        for contact in &found.contacts {
            if let Some(name) = contact.attributes.keys().find(|it| !self.place.names.contains(*it))
            {
                self.place.names.insert(name.clone());
                if self.place.names.len() > MAX_ATTRIBUTES {
                    return Err(ExportError::TooManyAttributes);
                }
                self.file.begin_anew();
                self.begin();
                self.header().await?;
                return Ok(false);
            }
            let mut line = Vec::new();
            self.written().line(&mut line, contact)?;
            self.place.contacts += 1;
            self.exported.contacts.push(contact.id);
            self.put(&line).await?;
        }
        Ok(true)
    }

    /// Begins to write, with nobody in the file.
    fn begin(&mut self) {
        self.place.begin();
        self.exported = ExportedContacts { contacts: Vec::new(), begins_anew: true };
    }

    async fn header(&mut self) -> Result<(), ExportError> {
        let mut line = Vec::new();
        self.written().header(&mut line)?;
        self.put(&line).await
    }

    /// What the file holds.
    fn written(&self) -> ContactLines<'_> {
        let all = DisclosureKind::ContactsFile.fields();
        let fields = self.shared.as_ref().map_or(all, |it| &it.fields);
        ContactLines { names: &self.place.names, filter: &self.filter, fields }
    }

    async fn put(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.file.put(self.store, bytes).await?;
        self.place.bytes = self.file.bytes();
        Ok(())
    }

    async fn step(&mut self) -> Result<(), StoreError> {
        let now = (self.clock)();
        let step = JobStep {
            job: self.job.id,
            epoch: self.job.epoch,
            position: self.place.to_json(),
            done: i64::try_from(self.place.looked).unwrap_or(i64::MAX),
            part: self.file.last_part(),
            held_until: now.after(JOB_HELD),
            at: now,
        };
        let counts = json!({ "contacts": self.place.contacts }).to_string();
        let exported = std::mem::take(&mut self.exported);
        self.store.job_export_step(step, counts, exported).await
    }
}

#[cfg(test)]
#[path = "export_job/tests.rs"]
mod tests;
