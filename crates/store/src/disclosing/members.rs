//! Whose data a disclosure holds: sets of contacts in blocks.
//!
//! Invariants: a set is complete before its entry is written, or grows before what it is about leaves; it is
//! exact, and is read and written block by block, whatever its size. Its number of persons only grows: who
//! is erased vanishes from the blocks and stays counted.

use std::collections::BTreeMap;

use model::{ContactId, JobId, Timestamp};

use crate::disclosing::disclosed::Disclosed;
use crate::disclosing::member_block::MemberBlock;
use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::jobs::JobStep;
use crate::{Store, StoreError};

texts! {
    SET_INSERT = "INSERT INTO disclosure_sets (persons, unused_since) VALUES (0, $1) RETURNING id";
    SET_OF_JOB_MAKE = "INSERT INTO disclosure_sets (persons, job_id, unused_since) VALUES (0, $1, $2)
        ON CONFLICT (job_id) DO NOTHING";
    SET_OF_JOB = "SELECT id, persons FROM disclosure_sets WHERE job_id = $1";
    /// On PostgreSQL others wait here until this transaction ends.
    SET_HOLD = "UPDATE disclosure_sets SET persons = persons WHERE id = $1 RETURNING persons";
    SET_GROW = "UPDATE disclosure_sets SET persons = persons + $2 WHERE id = $1";
    SET_EMPTY = "UPDATE disclosure_sets SET persons = 0 WHERE id = $1";
    MEMBERS_EMPTY = "DELETE FROM disclosure_members WHERE set_id = $1";
    MEMBERS_GET = "SELECT members FROM disclosure_members WHERE block = $1 AND set_id = $2";
    MEMBERS_PUT = "INSERT INTO disclosure_members (block, set_id, members) VALUES ($1, $2, $3)
        ON CONFLICT (block, set_id) DO UPDATE SET members = excluded.members";
    MEMBERS_OF_BLOCK = "SELECT set_id, members FROM disclosure_members WHERE block = $1
        AND set_id > $2 ORDER BY set_id LIMIT $3";
    MEMBERS_DROP = "DELETE FROM disclosure_members WHERE block = $1 AND set_id = $2";
    SETS_UNUSED = "SELECT id FROM disclosure_sets WHERE unused_since < $1
        AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.id = disclosure_sets.job_id)
        ORDER BY unused_since, id LIMIT 20";
    SET_USED = "UPDATE disclosure_sets SET unused_since = NULL WHERE id = $1
        AND unused_since IS NOT NULL";
    SET_DROP = "DELETE FROM disclosure_sets WHERE id = $1";
}

/// Blocks that are looked at at once when somebody is erased.
const AT_ONCE: i64 = 500;

/// People whose data is to leave together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisclosureSet(pub(crate) i64);

/// Members that a step of an export adds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportedContacts {
    pub contacts: Vec<ContactId>,
    /// The file begins anew: those before are not in it.
    pub begins_anew: bool,
}

/// Reads of which contacts a set has, a block at a time.
#[derive(Debug)]
pub struct DisclosedMembers {
    set: i64,
    at: Option<(i64, MemberBlock)>,
}

impl DisclosedMembers {
    /// The members of what was disclosed.
    #[must_use]
    pub const fn of(disclosed: &Disclosed) -> Self {
        Self { set: disclosed.set(), at: None }
    }

    /// Whether this contact is one. Ask in the order of contacts: each block is read once then.
    pub async fn has(&mut self, store: &Store, contact: ContactId) -> Result<bool, StoreError> {
        let (block, set) = (MemberBlock::of(contact), self.set);
        if self.at.as_ref().is_none_or(|(at, _)| *at != block) {
            let members = store.read(move |tx| members(tx, block, set)).await?;
            self.at = Some((block, members));
        }
        Ok(self.at.as_ref().is_some_and(|(_, members)| members.has(contact)))
    }
}

impl Store {
    /// A set without members.
    pub async fn disclosure_set_make(&self, at: Timestamp) -> Result<DisclosureSet, StoreError> {
        self.write(move |tx| make(tx, at).map(DisclosureSet)).await
    }

    /// Adds members to a set of which nothing has left yet.
    pub async fn disclosure_set_add(
        &self,
        set: DisclosureSet,
        contacts: Vec<ContactId>,
    ) -> Result<(), StoreError> {
        self.write(move |tx| add(tx, set.0, &contacts).map(drop)).await
    }

    /// [`Store::job_step`] of an export, with those whose data the file has from now on.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else holds the job, or it was stopped.
    pub async fn job_export_step(
        &self,
        step: JobStep,
        counts: String,
        exported: ExportedContacts,
    ) -> Result<(), StoreError> {
        self.write(move |tx| {
            crate::jobs::hold(tx, &step)?;
            let (set, _) = of_job(tx, step.job, step.at)?;
            if exported.begins_anew {
                tx.execute(SET_EMPTY, [set])?;
                tx.execute(MEMBERS_EMPTY, [set])?;
            }
            add(tx, set, &exported.contacts)?;
            crate::jobs::put_step(tx, &step, &counts)
        })
        .await
    }

    /// Removes sets that were made for exports which were never written; false when there are none.
    pub async fn disclosure_sets_tidy(&self, before: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let sets: Vec<i64> = tx.all(SETS_UNUSED, [before.0], |row| row.get(0))?;
            for set in &sets {
                tx.execute(MEMBERS_EMPTY, [*set])?;
                tx.execute(SET_DROP, [*set])?;
            }
            Ok(!sets.is_empty())
        })
        .await
    }
}

pub(crate) fn make(tx: &Tx<'_>, at: Timestamp) -> Result<i64, StoreError> {
    tx.one(SET_INSERT, [at.0], |row| row.get(0))
}

/// The set of a job's file, and how many persons it has.
pub(crate) fn of_job(tx: &Tx<'_>, job: JobId, at: Timestamp) -> Result<(i64, i64), StoreError> {
    tx.execute(SET_OF_JOB_MAKE, (job.0, at.0))?;
    tx.one(SET_OF_JOB, [job.0], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How many persons a set has had; whoever else adds to it waits.
pub(crate) fn hold(tx: &Tx<'_>, set: i64) -> Result<i64, StoreError> {
    tx.one(SET_HOLD, [set], |row| row.get(0))
}

/// From now on the set is one of which something leaves: it stays for good.
pub(crate) fn mark_used(tx: &Tx<'_>, set: i64) -> Result<(), StoreError> {
    tx.execute(SET_USED, [set]).map(drop)
}

/// Adds members; how many of them are new.
pub(crate) fn add(tx: &Tx<'_>, set: i64, contacts: &[ContactId]) -> Result<i64, StoreError> {
    if contacts.is_empty() {
        return Ok(0);
    }
    hold(tx, set)?;
    let mut new = 0;
    for (block, contacts) in by_block(contacts) {
        let mut members = members(tx, block, set)?;
        let before = members.count();
        contacts.into_iter().for_each(|it| {
            members.add(it);
        });
        if members.count() > before {
            new += members.count() - before;
            tx.execute(MEMBERS_PUT, (block, set, members.to_bytes()))?;
        }
    }
    let new = count(new)?;
    tx.execute(SET_GROW, (set, new))?;
    Ok(new)
}

/// Whether all of these are members.
pub(crate) fn has_all(tx: &Tx<'_>, set: i64, contacts: &[ContactId]) -> Result<bool, StoreError> {
    for (block, contacts) in by_block(contacts) {
        let members = members(tx, block, set)?;
        if !contacts.into_iter().all(|it| members.has(it)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Removes a contact from every set.
pub(crate) fn forget(tx: &Tx<'_>, contact: ContactId) -> Result<(), StoreError> {
    let (block, mut after) = (MemberBlock::of(contact), i64::MIN);
    loop {
        let rows = tx.all(MEMBERS_OF_BLOCK, (block, after, AT_ONCE), |row| {
            Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
        })?;
        let Some((last, _)) = rows.last() else { return Ok(()) };
        after = *last;
        for (set, bytes) in rows {
            if !MemberBlock::from_bytes(&bytes)?.has(contact) {
                continue;
            }
            // Whoever adds to the set just now must not write back what they have read before.
            hold(tx, set)?;
            let mut members = members(tx, block, set)?;
            members.remove(contact);
            match members.count() {
                0 => tx.execute(MEMBERS_DROP, (block, set))?,
                _ => tx.execute(MEMBERS_PUT, (block, set, members.to_bytes()))?,
            };
        }
    }
}

fn members(tx: &Tx<'_>, block: i64, set: i64) -> Result<MemberBlock, StoreError> {
    let found: Option<Vec<u8>> = tx.first(MEMBERS_GET, (block, set), |row| row.get(0))?;
    found.map_or_else(|| Ok(MemberBlock::empty()), |bytes| MemberBlock::from_bytes(&bytes))
}

fn by_block(contacts: &[ContactId]) -> BTreeMap<i64, Vec<ContactId>> {
    let mut blocks: BTreeMap<i64, Vec<ContactId>> = BTreeMap::new();
    for contact in contacts {
        blocks.entry(MemberBlock::of(*contact)).or_default().push(*contact);
    }
    blocks
}
