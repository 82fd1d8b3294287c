//! Children: nothing is kept of anybody under 13 but the mark by which they are known again.
//!
//! Invariants: the mark is the keyed hash of an address and when it was set, with no date of birth. It
//! stops whatever an erasure's mark stops, and no confirmation lifts
//! it; only whoever keeps the list does.

use std::time::Duration;

use model::{SuppressionReason, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::contacts::CONTACT_ID_BY_KEY;
use crate::people::erasure::{ERASED_INSERT, Erased, JOINS_OF_ADDRESS_DROP, erase};
use crate::people::tracking_words::EVENTS_TO_FORGET_PUT;
use crate::{Store, StoreError};

/// Hits that are under way while somebody is erased are recorded within this time.
const UNDER_WAY: Duration = Duration::from_secs(60);

texts! {
    /// Over what the person's own wish has set. A graver mark stops as much.
    CHILD_SET = "UPDATE suppressions SET reason = 'child', email_key = NULL
        WHERE address_hash = $1 AND reason IN ('erased', 'unsubscribed')";
    CHILD_LIFT = "DELETE FROM suppressions WHERE address_hash = $1 AND reason = 'child'";
}

impl Store {
    /// Sets the mark for an address of which nobody has proved whose it is. False, and nothing is done,
    /// when a contact has it.
    pub async fn child_mark(
        &self,
        email_key: String,
        address_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            if tx.first(CONTACT_ID_BY_KEY, [&email_key], |_| Ok(()))?.is_some() {
                return Ok(false);
            }
            tx.execute(JOINS_OF_ADDRESS_DROP, [&email_key])?;
            mark(tx, address_hash, at)?;
            tx.bump_removals()?;
            Ok(true)
        })
        .await
    }

    /// Lifts the mark, when it turns out that it was set for somebody else or by mistake. False when there
    /// was none.
    pub async fn child_unmark(&self, address_hash: [u8; 32]) -> Result<bool, StoreError> {
        self.write(move |tx| Ok(tx.execute(CHILD_LIFT, [address_hash])? > 0)).await
    }

    /// Removes the person with this address from every table, as [`Store::address_erase`] does, and sets
    /// the mark. Their events, which have no index by contact, become nobody's in steps
    /// ([`Store::events_forget`]).
    pub async fn child_erase(
        &self,
        email_key: String,
        address_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Erased, StoreError> {
        self.write(move |tx| erase_as_child(tx, &email_key, address_hash, at)).await
    }
}

fn erase_as_child(
    tx: &Tx<'_>,
    email_key: &str,
    address_hash: [u8; 32],
    at: Timestamp,
) -> Result<Erased, StoreError> {
    let contact: Option<i64> = tx.first(CONTACT_ID_BY_KEY, [email_key], |row| row.get(0))?;
    let erased = erase(tx, email_key, address_hash, at)?;
    if let Some(contact) = contact {
        let until = at.after(UNDER_WAY);
        tx.execute(EVENTS_TO_FORGET_PUT, (contact, until.0, i64::MIN))?;
    }
    mark(tx, address_hash, at)?;
    Ok(erased)
}

/// Sets the mark for somebody of whom whoever keeps the list says it, and erases them when they are a
/// contact.
pub(crate) fn erase_or_mark(
    tx: &Tx<'_>,
    email_key: &str,
    address_hash: [u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    if tx.first(CONTACT_ID_BY_KEY, [email_key], |_| Ok(()))?.is_some() {
        return erase_as_child(tx, email_key, address_hash, at).map(drop);
    }
    tx.execute(JOINS_OF_ADDRESS_DROP, [email_key])?;
    mark(tx, address_hash, at)
}

fn mark(tx: &Tx<'_>, address_hash: [u8; 32], at: Timestamp) -> Result<(), StoreError> {
    tx.execute(ERASED_INSERT, (address_hash, SuppressionReason::Child.as_str(), at.0))?;
    tx.execute(CHILD_SET, [address_hash]).map(drop)
}
