//! Pauses: contacts who want no campaign until a time.
//!
//! Invariants: a pause, its entry in the contact's history and the removal epoch are one transaction, so that
//! messages under way see it; it changes neither subscriptions nor consents. A time that has passed is
//! no pause: nobody has to end one.

use model::{ContactId, Timestamp};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::contact_changes::{NotedChange, note};
use crate::{Store, StoreError};

texts! {
    PAUSED_UNTIL = "SELECT paused_until FROM contacts WHERE id = $1";
    PAUSE_SET = "UPDATE contacts SET paused_until = $2 WHERE id = $1";
    PAUSED_COUNT = "SELECT count(*) FROM contacts WHERE paused_until > $1";
}

impl Store {
    /// Until when a contact pauses; None when they do not, or are unknown.
    pub async fn contact_paused_until(
        &self,
        contact: ContactId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let found: Option<Option<i64>> =
            self.read(move |tx| tx.first(PAUSED_UNTIL, [contact.0], |row| row.get(0))).await?;
        Ok(running(found.flatten(), now))
    }

    /// How many contacts pause.
    pub async fn contacts_paused(&self, now: Timestamp) -> Result<i64, StoreError> {
        self.read(move |tx| tx.one(PAUSED_COUNT, [now.0], |row| row.get(0))).await
    }

    /// Has a contact pause until a time, or no longer (None). Whether it is something else than before; an
    /// unknown contact changes nothing.
    pub async fn contact_pause(
        &self,
        contact: ContactId,
        until: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let changed = set(tx, contact, until, at)?;
            if changed {
                tx.bump_removals()?;
            }
            Ok(changed)
        })
        .await
    }
}

/// As [`Store::contact_pause`], in a transaction that then advances the removal epoch if anything has
/// changed.
pub(crate) fn set(
    tx: &Tx<'_>,
    contact: ContactId,
    until: Option<Timestamp>,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let found: Option<Option<i64>> = tx.first(PAUSED_UNTIL, [contact.0], |row| row.get(0))?;
    let Some(found) = found else { return Ok(false) };
    let (before, after) = (running(found, at), until.filter(|until| *until > at));
    if before == after {
        return Ok(false);
    }
    tx.execute(PAUSE_SET, (contact.0, after.map(|it| it.0)))?;
    note(tx, &tx.actor(), &[NotedChange::of_pause(contact.0, before, after)], at)?;
    Ok(true)
}

/// What stands in the row, unless it has passed.
fn running(until: Option<i64>, now: Timestamp) -> Option<Timestamp> {
    until.map(Timestamp).filter(|until| *until > now)
}
