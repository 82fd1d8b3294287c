//! The erasure of a list of people as a job: on whichever node has time.
//!
//! Invariants: nobody is erased before the whole list is looked through and has no more contacts than
//! were confirmed; a job that is interrupted at any moment and resumed, here or on another node, erases
//! exactly the listed people, each once, with an entry in the log in the name of who has asked for it.
//! The list is removed when the job has ended. A rehearsal counts the same and changes nothing.

use std::collections::HashSet;
use std::sync::Arc;

use model::{JobId, Timestamp};
use serde_json::json;
use store::{
    Acting, AuditObject, ErasedPeople, ErasureCounts, Job, JobFile, JobState, JobStep,
    ListedAddress, ListedState, Store, StoreError,
};
use token::Keyring;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::ImportError;
use crate::address_list::{self, AddressList};
use crate::erasure_place::{ErasurePhase, ErasurePlace};
use crate::erasure_spec::ErasureSpec;
use crate::import_job::{JOB_HELD, lasting};
use crate::job_files::{JobReader, JobWriter};
use crate::place::Place;

/// What such a job is called.
pub const ERASE_JOB: &str = "erase";
/// Addresses that are held at once.
const BATCH: usize = 1_000;

/// How a run of a job has ended.
enum RunEnd {
    Whole,
    ShutDown,
    /// The list has so many contacts, more than were confirmed.
    TooMany(u64),
}

/// Does a job that this node holds, to its end, or until `shutdown`: then another node may go on at
/// once. `clock` tells the time.
///
/// # Errors
/// As [`run_import_job`](crate::run_import_job).
pub async fn run_erasure_job(
    store: &Store,
    keys: Arc<Keyring>,
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    run_by(BATCH, store, keys, job, clock, shutdown).await
}

async fn run_by(
    batch: usize,
    store: &Store,
    keys: Arc<Keyring>,
    job: Job,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let (spec, place) = (ErasureSpec::from_json(&job.spec), ErasurePlace::from_json(&job.position));
    let held = (job.id, job.epoch);
    let writer = JobWriter::behind(store, job.id, place.rejects_bytes).await?;
    let (rehearsal, at_most) = (spec.rehearsal, spec.contacts_at_most.unwrap_or(0));
    let handle = Handle::current();
    let run = ErasureRun { batch, store: store.clone(), keys, handle, job, spec, clock, shutdown };
    let why = match tokio::task::spawn_blocking(move || run.all(place, writer)).await {
        Ok(Ok(RunEnd::Whole)) => {
            forget(store, held.0).await?;
            return match rehearsal {
                true => store.job_end(held, JobState::Waiting, None, clock()).await,
                false => store.erasure_end(held, JobState::Done, None, clock()).await,
            };
        }
        Ok(Ok(RunEnd::ShutDown)) => return store.job_release(held.0, held.1, clock()).await,
        Ok(Ok(RunEnd::TooMany(contacts))) => {
            let noun = if contacts == 1 { "contact" } else { "contacts" };
            format!(
                "the list has {contacts} {noun} now, and {at_most} were confirmed: nobody was erased"
            )
        }
        Ok(Err(error)) => lasting(error)?,
        Err(_) => "the erasure broke off; the server's log says where".to_owned(),
    };
    store.erasure_end(held, JobState::Failed, Some(why), clock()).await
}

async fn forget(store: &Store, job: JobId) -> Result<(), StoreError> {
    while store.erasure_forget(job).await? {}
    Ok(())
}

/// One run of a job on one node.
struct ErasureRun {
    /// Addresses of a batch.
    batch: usize,
    store: Store,
    keys: Arc<Keyring>,
    handle: Handle,
    job: Job,
    spec: ErasureSpec,
    clock: fn() -> Timestamp,
    shutdown: CancellationToken,
}

impl ErasureRun {
    /// Goes on from a place to the end.
    fn all(&self, mut place: ErasurePlace, writer: JobWriter) -> Result<RunEnd, ImportError> {
        if place.phase == ErasurePhase::Look {
            if self.job.position.is_empty() {
                self.stored(0, forget(&self.store, self.job.id))?;
            }
            let Some(counts) = self.look(&mut place, writer)? else { return Ok(RunEnd::ShutDown) };
            let is_too_much = |most| counts.contacts > most;
            if !self.spec.rehearsal && self.spec.contacts_at_most.is_none_or(is_too_much) {
                return Ok(RunEnd::TooMany(counts.contacts));
            }
            place.list = Place::default();
            place.phase =
                if self.spec.rehearsal { ErasurePhase::Events } else { ErasurePhase::Erase };
        }
        if place.phase == ErasurePhase::Erase {
            if !self.erase(&mut place)? {
                return Ok(RunEnd::ShutDown);
            }
            place.phase = ErasurePhase::Events;
        }
        Ok(if self.events(&mut place)? { RunEnd::Whole } else { RunEnd::ShutDown })
    }

    /// Looks for everybody in the list; None when it was told to stop.
    fn look(
        &self,
        place: &mut ErasurePlace,
        mut writer: JobWriter,
    ) -> Result<Option<ErasureCounts>, ImportError> {
        let mut list = self.list(place)?;
        loop {
            if self.shutdown.is_cancelled() {
                return Ok(None);
            }
            let (mut addresses, mut lines) = (Vec::new(), 0);
            while lines < self.batch {
                let Some((line, address)) = list.next(&self.keys)? else { break };
                lines += 1;
                place.rows += 1;
                match address {
                    Ok(address) => addresses.push(address),
                    Err(reject) => {
                        let told = address_list::reject(&mut writer, place.rejected, line, &reject);
                        told.map_err(ImportError::of_rejects)?;
                        place.rejected += 1;
                    }
                }
            }
            place.list = list.place();
            let (number, tail, rejects_bytes) = writer.tail();
            place.rejects_bytes = rejects_bytes;
            let part = Some((JobFile::Rejects, number, tail));
            let step = JobStep { part, ..self.step(place) };
            let looked = self.store.erasure_look_step(addresses, self.spec.rehearsal, step);
            let counts = self.stored(place.list.line, looked)?;
            if lines < self.batch {
                return Ok(Some(counts));
            }
        }
    }

    /// Erases everybody in the list, each by one step; false when it was told to stop.
    fn erase(&self, place: &mut ErasurePlace) -> Result<bool, ImportError> {
        let mut list = self.list(place)?;
        loop {
            let (mut addresses, mut lines) = (Vec::new(), 0);
            let mut seen = HashSet::new();
            while lines < self.batch {
                let Some((_, address)) = list.next(&self.keys)? else { break };
                lines += 1;
                addresses.extend(address.ok().filter(|it| seen.insert(it.address_hash)));
            }
            let hashes = addresses.iter().map(|it| it.address_hash).collect();
            let states = self.store.erasure_states(self.job.id, hashes);
            let states = self.stored(place.list.line, states)?;
            let people = self.stored(place.list.line, everybody(&self.store, &addresses))?;
            // Before they are erased and behind it, as for one person.
            self.stored(place.list.line, self.store.job_files_forget(&people))?;
            let erased = self.people(addresses, states, place);
            self.stored(place.list.line, self.store.job_files_forget(&people))?;
            if !erased? {
                return Ok(false);
            }
            place.list = list.place();
            let step = self.store.erasure_look_step(Vec::new(), false, self.step(place));
            self.stored(place.list.line, step)?;
            if lines < self.batch {
                return Ok(true);
            }
        }
    }

    /// False when it was told to stop.
    fn people(
        &self,
        addresses: Vec<ListedAddress>,
        states: Vec<Option<ListedState>>,
        place: &ErasurePlace,
    ) -> Result<bool, ImportError> {
        for (address, state) in addresses.into_iter().zip(states) {
            if self.shutdown.is_cancelled() {
                return Ok(false);
            }
            let missing = || StoreError::Corrupt("an address was not looked for".to_owned());
            let state = self.stored(place.list.line, async { state.ok_or_else(missing) })?;
            if !state.is_done {
                self.person(address, state, place)?;
            }
        }
        Ok(true)
    }

    fn person(
        &self,
        address: ListedAddress,
        state: ListedState,
        place: &ErasurePlace,
    ) -> Result<(), ImportError> {
        let at = (self.clock)();
        let object = match state.contact {
            Some(contact) => AuditObject::new("contact", contact),
            None => AuditObject::of_kind("contact"),
        };
        let acting = Acting {
            actor: self.job.actor.clone(),
            action: "contact.erase",
            object,
            before: None,
            after: Some(json!({ "job": self.job.id.to_string() }).to_string()),
            at,
            request: None,
        };
        // Of whom nothing was kept, nothing is told.
        let acting = Some(acting).filter(|_| !state.was_erased);
        let erased = self.store.erasure_step(address, acting, at, self.step(place));
        self.stored(place.list.line, erased).map(drop)
    }

    /// Counts or removes what they did; false when it was told to stop.
    fn events(&self, place: &mut ErasurePlace) -> Result<bool, ImportError> {
        loop {
            if self.shutdown.is_cancelled() {
                return Ok(false);
            }
            let after = Timestamp(place.events);
            let ahead = self.stored(0, self.store.events_ahead(after))?;
            let Some(until) = ahead else {
                let step = JobStep { done: self.job.total, ..self.step(place) };
                self.stored(0, self.store.erasure_look_step(Vec::new(), false, step))?;
                return Ok(true);
            };
            place.events = until.0;
            let (rehearsal, step) = (self.spec.rehearsal, self.step(place));
            let looked = self.store.erasure_events_step((after, until), rehearsal, step);
            self.stored(0, looked)?;
        }
    }

    /// The list from this place on.
    fn list(&self, place: &ErasurePlace) -> Result<AddressList<JobReader>, ImportError> {
        let from = |at| JobReader::from(&self.store, &self.handle, self.job.id, at);
        let list = AddressList::open(from(0), self.spec.column.as_deref())?;
        match place.list {
            start if start == Place::default() => Ok(list),
            place => Ok(list.resumed(from(place.bytes), place)),
        }
    }

    fn step(&self, place: &ErasurePlace) -> JobStep {
        let now = (self.clock)();
        JobStep {
            job: self.job.id,
            epoch: self.job.epoch,
            position: place.to_json(),
            done: place.done(self.job.total, self.spec.rehearsal),
            part: None,
            held_until: now.after(JOB_HELD),
            at: now,
        }
    }

    /// What the store answers; a failure with the line that it was about.
    fn stored<T>(
        &self,
        line: u64,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, ImportError> {
        self.handle.block_on(answer).map_err(|source| ImportError::Store { line, source })
    }
}

/// Under which addresses and numbers something is kept of those who are listed.
async fn everybody(store: &Store, addresses: &[ListedAddress]) -> Result<ErasedPeople, StoreError> {
    let (mut keys, mut contacts) = (Vec::new(), Vec::new());
    for address in addresses {
        let of = store.person_numbers(address.email_key.clone()).await?;
        keys.extend(of.email_keys);
        contacts.extend(of.contacts);
    }
    Ok(ErasedPeople::new(keys, contacts))
}

#[cfg(test)]
#[path = "erasure_job/tests.rs"]
mod tests;
