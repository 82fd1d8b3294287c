//! The erasure of a list, as the steps of a job.
//!
//! Invariants: each person is one transaction, together with what the job counts and with their entry in
//! the audit log; an address is counted and erased once, however often it is listed and however often
//! the job is interrupted. Whom the job is about is known by keyed hashes, until what they did is
//! removed as well: `events` has no index by contact, so it is looked through once for all of them. A
//! job that was stopped, or that has failed, is settled in the same way by whoever finds it.

use model::{ContactId, JobId, Timestamp};

use crate::access::acting::Acting;
use crate::engine::error::narrow;
use crate::engine::sql::{Sql, texts};
use crate::engine::tx::Tx;
use crate::job_state::{JobFile, JobState};
use crate::jobs::{self, JobStep, parts};
use crate::people::aliases::{self, MERGE_HASH, MERGES_BY_EMAIL, MERGES_OF};
use crate::people::contacts::CONTACT_ID_BY_KEY;
use crate::people::erasure::{self, EVENTS_AHEAD, EVENTS_AT_ONCE};
use crate::people::erasure_counts::ErasureCounts;
use crate::{Store, StoreError};

texts! {
    JOB_ADDRESS_ADD = "INSERT INTO job_addresses (job_id, address_hash, contact_id, was_erased,
            is_done)
        VALUES ($1, $2, $3, $4, 0) ON CONFLICT (job_id, address_hash) DO NOTHING";
    JOB_ADDRESS_FIND = "SELECT was_erased, is_done, contact_id FROM job_addresses
        WHERE job_id = $1 AND address_hash = $2";
    JOB_ADDRESS_DONE = "UPDATE job_addresses SET is_done = 1,
            contact_id = coalesce(CAST($3 AS BIGINT), contact_id)
        WHERE job_id = $1 AND address_hash = $2 AND is_done = 0";
    JOB_ADDRESSES_DROP = "DELETE FROM job_addresses WHERE job_id = $1 AND address_hash IN
        (SELECT address_hash FROM job_addresses WHERE job_id = $1 LIMIT $2)";
    ERASED_WITH_HASH = "SELECT 1 FROM suppressions
        WHERE address_hash = $1 AND email_key IS NULL";
    SUBSCRIPTIONS_TO_ERASE = "SELECT count(*) FROM subscriptions
        WHERE topic_id IN (SELECT id FROM topics) AND contact_id = $1";
    CONSENTS_TO_ERASE = "SELECT count(*) FROM consents WHERE contact_id = $1";
    DELIVERIES_TO_ERASE = "SELECT count(*) FROM deliveries
        WHERE campaign_id IN (SELECT id FROM campaigns) AND contact_id = $1";
    MESSAGES_TO_ERASE = "SELECT count(*) FROM messages WHERE email_key = $1 OR contact_id = $2";
    LISTED_EVENTS_COUNT = "SELECT count(*) FROM events WHERE at > $1 AND at <= $2
        AND EXISTS (SELECT 1 FROM job_addresses listed WHERE listed.job_id = $3
            AND listed.contact_id = events.contact_id AND listed.is_done = 0)";
    LISTED_EVENTS_ERASE = "DELETE FROM events WHERE at > $1 AND at <= $2
        AND EXISTS (SELECT 1 FROM job_addresses listed WHERE listed.job_id = $3
            AND listed.contact_id = events.contact_id AND listed.is_done = 1)";
    /// Of those that have ended, one that has not been settled.
    ERASURE_UNSETTLED = "SELECT id FROM jobs WHERE ended_at IS NOT NULL AND kind = 'erase'
        AND (EXISTS (SELECT 1 FROM job_addresses listed WHERE listed.job_id = jobs.id)
            OR EXISTS (SELECT 1 FROM job_parts part WHERE part.job_id = jobs.id AND part.file = 0))
        ORDER BY id LIMIT 1";
}

/// Addresses that one transaction forgets.
const FORGOTTEN_AT_ONCE: i64 = 20_000;

/// An address that is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAddress {
    /// As contacts are found by.
    pub email_key: String,
    pub address_hash: [u8; 32],
}

/// What a job knows of an address that it is to erase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedState {
    pub contact: Option<ContactId>,
    /// It was erased before the job began.
    pub was_erased: bool,
    pub is_done: bool,
}

impl Store {
    /// Looks for those who have these addresses and counts what would be erased, as a step of a job.
    /// Returns what all steps have counted.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more.
    pub async fn erasure_look_step(
        &self,
        addresses: Vec<ListedAddress>,
        sums: bool,
        step: JobStep,
    ) -> Result<ErasureCounts, StoreError> {
        self.write(move |tx| {
            let mut counts = ErasureCounts::from_text(&jobs::hold(tx, &step)?)?;
            for address in &addresses {
                look(tx, step.job, address, sums, &mut counts)?;
            }
            jobs::put_step(tx, &step, &counts.to_text())?;
            Ok(counts)
        })
        .await
    }

    /// What a job knows of these addresses, in the same order; None for one that it has not looked for.
    pub async fn erasure_states(
        &self,
        job: JobId,
        hashes: Vec<[u8; 32]>,
    ) -> Result<Vec<Option<ListedState>>, StoreError> {
        self.read(move |tx| {
            let mut find = tx.prepare(JOB_ADDRESS_FIND)?;
            let state = |hash: &[u8; 32]| {
                find.first((job.0, hash), |row| {
                    let (was_erased, is_done) = (row.get::<i64>(0)? != 0, row.get::<i64>(1)? != 0);
                    let contact = row.get::<Option<i64>>(2)?.map(ContactId);
                    Ok(ListedState { contact, was_erased, is_done })
                })
            };
            hashes.iter().map(state).collect()
        })
        .await
    }

    /// [`Store::address_erase`] as a step of a job, in somebody's name if the log is to keep it.
    /// Returns what all steps have counted.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more, or has erased it before.
    pub async fn erasure_step(
        &self,
        address: ListedAddress,
        acting: Option<Acting>,
        at: Timestamp,
        step: JobStep,
    ) -> Result<ErasureCounts, StoreError> {
        let store = acting.map_or_else(|| self.preparing(), |acting| self.acting(acting));
        store
            .write(move |tx| {
                let mut counts = ErasureCounts::from_text(&jobs::hold(tx, &step)?)?;
                let ListedAddress { email_key, address_hash } = &address;
                let found = contact_of(tx, email_key)?;
                if tx.execute(JOB_ADDRESS_DONE, (step.job.0, address_hash, found))? == 0 {
                    return Err(StoreError::Changed("list"));
                }
                for (hash, other) in merged_hashes(tx, found)? {
                    tx.execute(JOB_ADDRESS_ADD, (step.job.0, &hash, other, false))?;
                    tx.execute(JOB_ADDRESS_DONE, (step.job.0, &hash, Some(other)))?;
                }
                if let Some(contact) = found {
                    counts.deliveries += rows(tx, DELIVERIES_TO_ERASE, contact)?;
                }
                let erased = erasure::erase(tx, email_key, *address_hash, at)?;
                counts.erased += u64::from(erased.contact);
                counts.subscriptions += erased.subscriptions;
                counts.consents += erased.consents;
                counts.messages += erased.messages;
                jobs::put_step(tx, &step, &counts.to_text())?;
                Ok(counts)
            })
            .await
    }

    /// Looks at the views and clicks between two times for those of the listed contacts, as a step of a
    /// job: a rehearsal counts those of whom it has found, otherwise those of whom it has erased are
    /// removed. Returns what all steps have counted.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more.
    pub async fn erasure_events_step(
        &self,
        (after, until): (Timestamp, Timestamp),
        rehearsal: bool,
        step: JobStep,
    ) -> Result<ErasureCounts, StoreError> {
        self.write(move |tx| {
            let mut counts = ErasureCounts::from_text(&jobs::hold(tx, &step)?)?;
            let span = (after.0, until.0, step.job.0);
            counts.hits += match rehearsal {
                true => unsigned(tx.one(LISTED_EVENTS_COUNT, span, |row| row.get(0))?)?,
                false => erasure::rows(tx.execute(LISTED_EVENTS_ERASE, span)?),
            };
            jobs::put_step(tx, &step, &counts.to_text())?;
            Ok(counts)
        })
        .await
    }

    /// The time up to which the next views and clicks after `after` are looked at; None when there are
    /// no more.
    pub async fn events_ahead(&self, after: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let ahead: Option<i64> = self
            .read(move |tx| tx.one(EVENTS_AHEAD, (after.0, EVENTS_AT_ONCE), |row| row.get(0)))
            .await?;
        Ok(ahead.map(Timestamp))
    }

    /// Forgets whom a job is about, which has to look for them anew; to be called until it is false.
    ///
    /// # Errors
    /// When the store can't do it.
    pub async fn erasure_forget(&self, job: JobId) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(JOB_ADDRESSES_DROP, (job.0, FORGOTTEN_AT_ONCE))? > 0))
            .await
    }

    /// Ends a job, and removes its list of addresses.
    ///
    /// # Errors
    /// As [`Store::job_end`].
    pub async fn erasure_end(
        &self,
        held: (JobId, i64),
        state: JobState,
        problem: Option<String>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            jobs::end(tx, held, state, problem.as_deref(), at)?;
            parts::drop_file(tx, held.0, JobFile::Upload)
        })
        .await
    }

    /// Removes what a job that has ended has left: its list of addresses, and views and clicks of whom
    /// it had erased. True when there was such a job.
    ///
    /// # Errors
    /// When the store can't do it; the same call then continues.
    pub async fn erasure_settle(&self) -> Result<bool, StoreError> {
        let unsettled = self.read(|tx| tx.first(ERASURE_UNSETTLED, (), |row| row.get(0)));
        let Some(job) = unsettled.await?.map(JobId) else { return Ok(false) };
        self.write(move |tx| parts::drop_file(tx, job, JobFile::Upload)).await?;
        let mut after = Timestamp(0);
        while let Some(until) = self.events_ahead(after).await? {
            let span = (after.0, until.0, job.0);
            self.write(move |tx| tx.execute(LISTED_EVENTS_ERASE, span).map(drop)).await?;
            after = until;
        }
        while self.erasure_forget(job).await? {}
        Ok(true)
    }
}

/// Takes an address down, and counts it.
fn look(
    tx: &Tx<'_>,
    job: JobId,
    address: &ListedAddress,
    sums: bool,
    counts: &mut ErasureCounts,
) -> Result<(), StoreError> {
    let ListedAddress { email_key, address_hash } = address;
    let contact = contact_of(tx, email_key)?;
    let was_erased =
        contact.is_none() && tx.first(ERASED_WITH_HASH, [&address_hash[..]], |_| Ok(()))?.is_some();
    let values = (job.0, address_hash, contact, was_erased);
    if tx.execute(JOB_ADDRESS_ADD, values)? == 0 {
        counts.repeated += 1;
        return Ok(());
    }
    for (hash, other) in merged_hashes(tx, contact)? {
        tx.execute(JOB_ADDRESS_ADD, (job.0, hash, other, false))?;
    }
    match contact {
        Some(_) => counts.contacts += 1,
        None if was_erased => counts.erased_before += 1,
        None => counts.unknown += 1,
    }
    if !sums {
        return Ok(());
    }
    // No contact has this id.
    let of_messages = (email_key, contact.unwrap_or(0));
    counts.messages += unsigned(tx.one(MESSAGES_TO_ERASE, of_messages, |row| row.get(0))?)?;
    let Some(contact) = contact else { return Ok(()) };
    counts.subscriptions += rows(tx, SUBSCRIPTIONS_TO_ERASE, contact)?;
    counts.consents += rows(tx, CONSENTS_TO_ERASE, contact)?;
    counts.deliveries += rows(tx, DELIVERIES_TO_ERASE, contact)?;
    Ok(())
}

/// Who has the address, or had it when they were merged into somebody.
fn contact_of(tx: &Tx<'_>, email_key: &str) -> Result<Option<i64>, StoreError> {
    match tx.first(CONTACT_ID_BY_KEY, [email_key], |row| row.get(0))? {
        Some(contact) => Ok(Some(contact)),
        None => tx.first(MERGES_BY_EMAIL, [email_key], |row| row.get(0)),
    }
}

/// The numbers that lead to a contact, whose views and clicks go as well. Under a hash that is no address's:
/// the address itself may be in the list.
fn merged_hashes(tx: &Tx<'_>, contact: Option<i64>) -> Result<Vec<(Vec<u8>, i64)>, StoreError> {
    let Some(contact) = contact else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for it in tx.all(MERGES_OF, [contact], aliases::merge)? {
        let hash: Vec<u8> = tx.one(MERGE_HASH, [it.other.0], |row| row.get(0))?;
        all.push((hash.into_iter().map(|byte| !byte).collect(), it.other.0));
    }
    Ok(all)
}

/// How many rows of a contact a statement counts.
fn rows(tx: &Tx<'_>, counted: Sql, contact: i64) -> Result<u64, StoreError> {
    unsigned(tx.one(counted, [contact], |row| row.get(0))?)
}

fn unsigned(count: i64) -> Result<u64, StoreError> {
    narrow(count, "a count")
}
