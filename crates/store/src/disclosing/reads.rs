//! Reads of personal data by programs, and files whose people are not known at first.
//!
//! Invariants: the first read of a kind by somebody on a day (UTC) writes an entry without a number of
//! persons; later ones add their people to its set before they are answered, and write nothing when all are
//! in it. When the day is over a second entry closes the first one, with the number. So the chain grows by two
//! entries for each reader, kind and day, and is never changed.

use model::{ContactId, Timestamp};

use crate::disclosing::disclosed::Disclosed;
use crate::disclosing::entry::{DisclosureEntry, NewDisclosure, OWN_USE, PersonalRead, entry};
use crate::disclosing::members;
use crate::disclosing::register::{Persons, append, append_as};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{Store, StoreError};

texts! {
    READ_SET = "SELECT id FROM disclosure_sets WHERE read_key = $1";
    READ_SET_MAKE = "INSERT INTO disclosure_sets (persons, read_key, open_day, unused_since)
        VALUES (0, $1, $2, $3) ON CONFLICT (read_key) DO NOTHING RETURNING id";
    SET_OPEN = "UPDATE disclosure_sets SET open_day = $2 WHERE id = $1";
    SET_CLOSE = "UPDATE disclosure_sets SET open_day = NULL, read_key = NULL
        WHERE id = $1 AND open_day IS NOT NULL RETURNING persons";
    SETS_TO_CLOSE = "SELECT id FROM disclosure_sets WHERE open_day < $1
        ORDER BY open_day, id LIMIT 20";
    ENTRY_OF_SET = "SELECT seq, at, actor_kind, actor_id, actor_name, kind, recipient, country,
            basis, purpose, fields, about, persons, set_id, closes, previous_hash, hash
        FROM disclosures WHERE set_id = $1 ORDER BY seq LIMIT 1";
}

impl Store {
    /// Enters something whose people are not known yet: they are entered as it goes on.
    ///
    /// # Errors
    /// As [`Self::disclosure_enter`].
    pub async fn disclosure_open(&self, new: NewDisclosure) -> Result<Disclosed, StoreError> {
        self.write(move |tx| {
            let set = members::make(tx, new.at)?;
            open(tx, set, new.at)?;
            append(tx, &new, Persons { set, count: None })
        })
        .await
    }

    /// Closes what [`Self::disclosure_open`] has opened, with the number of persons.
    pub async fn disclosure_close(
        &self,
        disclosed: &Disclosed,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let set = disclosed.set();
        self.write(move |tx| close(tx, set, at).map(drop)).await
    }

    /// Enters whose data somebody is about to read; without contacts, that of people who are none.
    ///
    /// # Errors
    /// When it can't be entered: nothing may be answered then.
    pub async fn read_disclose(
        &self,
        read: PersonalRead,
        contacts: Vec<ContactId>,
    ) -> Result<(), StoreError> {
        let (key, asked) = (read.key(), contacts.clone());
        let known = self.read(move |tx| match tx.first(READ_SET, [&key], |row| row.get(0))? {
            Some(set) => members::has_all(tx, set, &asked),
            None => Ok(false),
        });
        if known.await? {
            return Ok(());
        }
        self.preparing().write(move |tx| enter(tx, &read, &contacts)).await
    }

    /// Closes some of what was opened before the day of `now`; false when there was nothing.
    pub async fn disclosures_close(&self, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let sets: Vec<i64> = tx.all(SETS_TO_CLOSE, [now.day_number()], |row| row.get(0))?;
            for set in &sets {
                close(tx, *set, now)?;
            }
            Ok(!sets.is_empty())
        })
        .await
    }
}

fn enter(tx: &Tx<'_>, read: &PersonalRead, contacts: &[ContactId]) -> Result<(), StoreError> {
    let (key, day) = (read.key(), read.at.day_number());
    let made: Option<i64> = tx.first(READ_SET_MAKE, (&key, day, read.at.0), |row| row.get(0))?;
    let set = match made {
        Some(set) => {
            let PersonalRead { actor, kind, at } = read.clone();
            let purpose = OWN_USE.to_owned();
            let about = "{}".to_owned();
            let (recipient, notice) = (None, None);
            let new = NewDisclosure { actor, kind, recipient, purpose, about, notice, at };
            append(tx, &new, Persons { set, count: None })?;
            set
        }
        None => tx.one(READ_SET, [&key], |row| row.get(0))?,
    };
    members::add(tx, set, contacts).map(drop)
}

/// The set's entry goes on until [`close`].
fn open(tx: &Tx<'_>, set: i64, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(SET_OPEN, (set, at.day_number())).map(drop)
}

/// Closes the entry of a set; false when that was done before.
fn close(tx: &Tx<'_>, set: i64, at: Timestamp) -> Result<bool, StoreError> {
    let Some(persons) = tx.first(SET_CLOSE, [set], |row| row.get::<i64>(0))? else {
        return Ok(false);
    };
    let Some(opened) = tx.first(ENTRY_OF_SET, [set], entry)? else { return Ok(false) };
    append_as(tx, |to| DisclosureEntry {
        seq: to.seq + 1,
        at,
        persons: Some(persons),
        closes: Some(opened.seq),
        previous_hash: to.hash.to_vec(),
        hash: Vec::new(),
        ..opened
    })?;
    Ok(true)
}
