//! Which disclosures hold somebody, for the person themselves.
//!
//! Invariant: one range of the members' key is read, at most 512 bytes for each set that has anybody of the
//! same block, the newest first and a bounded number of them.

use model::ContactId;

use crate::disclosing::entry::{DisclosureEntry, entry};
use crate::disclosing::member_block::MemberBlock;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::merged_numbers;
use crate::{Store, StoreError};

texts! {
    SETS_OF_BLOCK = "SELECT set_id, members FROM disclosure_members WHERE block = $1
        ORDER BY set_id DESC LIMIT 5000";
    ENTRIES_OF_SET = "SELECT seq, at, actor_kind, actor_id, actor_name, kind, recipient, country,
            basis, purpose, fields, about, persons, set_id, closes, previous_hash, hash
        FROM disclosures WHERE set_id = $1 AND closes IS NULL ORDER BY seq DESC LIMIT 1000";
}

/// Entries that are told to a person.
const MOST: usize = 1_000;

/// Entries that hold somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeldDisclosures {
    /// The newest first, at most 1,000.
    pub entries: Vec<DisclosureEntry>,
    /// There are, or may be, older ones.
    pub more: bool,
}

impl Store {
    /// The newest entries that hold a contact; each file once for every time that it was taken.
    pub async fn disclosures_of(&self, contact: ContactId) -> Result<HeldDisclosures, StoreError> {
        self.read(move |tx| of(tx, contact)).await
    }
}

fn of(tx: &Tx<'_>, contact: ContactId) -> Result<HeldDisclosures, StoreError> {
    let mut held = HeldDisclosures::default();
    for number in merged_numbers::numbers(tx, contact)? {
        let more = of_number(tx, number)?;
        held.more |= more.more;
        held.entries.extend(more.entries);
    }
    held.entries.sort_by_key(|it| std::cmp::Reverse(it.seq));
    // Both may have been in one file.
    held.entries.dedup_by_key(|it| it.seq);
    held.more |= held.entries.len() > MOST;
    held.entries.truncate(MOST);
    Ok(held)
}

fn of_number(tx: &Tx<'_>, contact: ContactId) -> Result<HeldDisclosures, StoreError> {
    let sets = tx.all(SETS_OF_BLOCK, [MemberBlock::of(contact)], |row| {
        Ok((row.get::<i64>(0)?, row.get::<Vec<u8>>(1)?))
    })?;
    let mut held = HeldDisclosures { entries: Vec::new(), more: sets.len() == 5_000 };
    for (set, members) in sets {
        if !MemberBlock::from_bytes(&members)?.has(contact) {
            continue;
        }
        held.entries.extend(tx.all(ENTRIES_OF_SET, [set], entry)?);
        if held.entries.len() > MOST {
            held.more = true;
            break;
        }
    }
    held.entries.sort_by_key(|it| std::cmp::Reverse(it.seq));
    held.entries.truncate(MOST);
    Ok(held)
}
