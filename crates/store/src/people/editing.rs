//! One contact at a time, by hand: added, changed, subscribed.
//!
//! Invariants: none of it brings back who has left, is suppressed or was erased, also not under
//! another address; a change names the revision that it was made for, so that nobody's change is
//! overwritten unseen; a subscription has its entry in the consent ledger.

use std::collections::{BTreeMap, BTreeSet};

use model::{ContactId, ContactRefused, EmailAddress, SubscriptionState, Timestamp, TopicId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::{CONTACT_ID_BY_KEY, CONTACT_LOCK, Contact, attributes_text, contact};
use crate::people::import::{ContactRow, ImportRow, ImportStanding, erased, import_one};
use crate::people::leaving::{Act, SUPPRESSION_REASON, enter};
use crate::people::topics::SUBSCRIPTION_STATE;
use crate::{Store, StoreError};

texts! {
    CONTACT_CHANGE = "UPDATE contacts SET email = $2, attributes = $3, updated_at = $4
        WHERE id = $1";
    SUBSCRIPTION_BEGIN = "INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, 'subscribed', $3)
        ON CONFLICT (topic_id, contact_id) DO UPDATE
        SET state = excluded.state, changed_at = excluded.changed_at
        WHERE subscriptions.state = 'pending'";
}

/// Somebody who is to be a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContact {
    pub row: ContactRow,
    /// What they have asked for.
    pub topics: Vec<TopicId>,
    /// How we know that they have, for the consent ledger.
    pub proof: String,
    /// The keyed hash of the address's key, by which erased people are recognised.
    pub address_hash: [u8; 32],
}

/// A contact who was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactAdded {
    pub id: ContactId,
    /// Why they were not subscribed: their address must not be mailed.
    pub suppressed: Option<String>,
}

/// What is to be different about a contact.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactChange {
    /// The address, with the keyed hash of its key.
    pub email: Option<(EmailAddress, [u8; 32])>,
    /// Values by name; an empty one removes it.
    pub attributes: BTreeMap<String, String>,
}

impl Store {
    /// Adds a contact, who is subscribed unless the address must not be mailed.
    ///
    /// # Errors
    /// [`StoreError::Contact`] when there is one with this address, or the person was erased.
    pub async fn contact_add(
        &self,
        new: NewContact,
        at: Timestamp,
    ) -> Result<ContactAdded, StoreError> {
        self.write(move |tx| {
            let key = new.row.email.key();
            if let Some(id) = tx.first(CONTACT_ID_BY_KEY, [&key], |row| row.get(0))? {
                return Err(ContactRefused::AddressTaken(ContactId(id)).into());
            }
            if erased(tx, &new.address_hash)? {
                return Err(ContactRefused::Erased.into());
            }
            let row = |standing| ImportRow {
                contact: new.row.clone(),
                standing,
                address_hash: new.address_hash,
                evidence: None,
                tags: Vec::new(),
            };
            import_one(tx, row(ImportStanding::Unconfirmed), None, &new.proof, at)?;
            for topic in &new.topics {
                import_one(tx, row(ImportStanding::Subscribed), Some(*topic), &new.proof, at)?;
            }
            let id = tx.one(CONTACT_ID_BY_KEY, [&key], |row| row.get(0))?;
            tx.announce_made(id);
            let suppressed = tx.first(SUPPRESSION_REASON, [&key], |row| row.get(0))?;
            Ok(ContactAdded { id: ContactId(id), suppressed })
        })
        .await
    }

    /// Changes a contact that still has the revision `seen` (None: whatever it has).
    ///
    /// # Errors
    /// [`StoreError::Changed`] when somebody else was faster, [`StoreError::Contact`] when it can't
    /// have the address, [`StoreError::NotFound`].
    pub async fn contact_change(
        &self,
        id: ContactId,
        seen: Option<Timestamp>,
        change: ContactChange,
        at: Timestamp,
    ) -> Result<Contact, StoreError> {
        self.write(move |tx| {
            let found = tx.first(CONTACT_LOCK, [id.0], contact)?;
            let old = found.ok_or(StoreError::NotFound("contact"))?;
            if seen.is_some_and(|seen| seen != old.updated_at) {
                return Err(StoreError::Changed("contact"));
            }
            let mut new = old.clone();
            new.attributes.extend(change.attributes.clone());
            new.attributes.retain(|_, value| !value.is_empty());
            if let Some((email, hash)) = &change.email {
                check_address(tx, &old, email, hash)?;
                new.email = email.clone();
            }
            if new != old {
                // Two changes in one microsecond are two revisions all the same.
                new.updated_at = Timestamp(at.0.max(old.updated_at.0 + 1));
                let attributes = attributes_text(&new.attributes)?;
                let values = (id.0, new.email.as_str(), attributes, new.updated_at.0);
                tx.execute(CONTACT_CHANGE, values)?;
                note(tx, &tx.actor(), &differences(&old, &new), new.updated_at)?;
            }
            Ok(new)
        })
        .await
    }

    /// Subscribes a contact to a topic; false when they were. `proof` goes into the consent ledger.
    ///
    /// # Errors
    /// [`StoreError::Contact`] when they have left it or must not be mailed,
    /// [`StoreError::NotFound`] when there is no such contact.
    pub async fn contact_subscribe(
        &self,
        id: ContactId,
        topic: TopicId,
        proof: String,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx| {
            let found = tx.first(CONTACT_LOCK, [id.0], contact)?;
            let found = found.ok_or(StoreError::NotFound("contact"))?;
            let reason = tx.first(SUPPRESSION_REASON, [&found.email.key()], |row| row.get(0))?;
            if let Some(reason) = reason {
                return Err(ContactRefused::Suppressed(reason).into());
            }
            if tx.execute(SUBSCRIPTION_BEGIN, (topic.0, id.0, at.0))? == 0 {
                let state: Option<String> =
                    tx.first(SUBSCRIPTION_STATE, (topic.0, id.0), |row| row.get(0))?;
                let subscribed = state.as_deref() == Some(SubscriptionState::Subscribed.as_str());
                return if subscribed { Ok(false) } else { Err(ContactRefused::HasLeft.into()) };
            }
            let act = Act { contact: id, source: &proof, campaign: None, at };
            enter(tx, &act, Some(topic), true)?;
            Ok(true)
        })
        .await
    }
}

/// What is different about a contact.
fn differences(old: &Contact, new: &Contact) -> Vec<NotedChange> {
    let id = old.id.0;
    let mut changes = Vec::new();
    if old.email != new.email {
        changes.push(NotedChange::of_email(id, old.email.as_str(), new.email.as_str()));
    }
    let names: BTreeSet<&String> = old.attributes.keys().chain(new.attributes.keys()).collect();
    for name in names {
        let of = |contact: &Contact| contact.attributes.get(name).cloned();
        let (before, after) = (of(old), of(new));
        if before != after {
            let (before, after) = (before.as_deref(), after.as_deref());
            changes.push(NotedChange::of_attribute(id, name, before, after));
        }
    }
    changes
}

/// Refuses an address that the contact can't have.
fn check_address(
    tx: &Tx<'_>,
    old: &Contact,
    email: &EmailAddress,
    hash: &[u8; 32],
) -> Result<(), StoreError> {
    let (old_key, key) = (old.email.key(), email.key());
    if key == old_key {
        return Ok(());
    }
    if let Some(other) = tx.first(CONTACT_ID_BY_KEY, [&key], |row| row.get(0))? {
        return Err(ContactRefused::AddressTaken(ContactId(other)).into());
    }
    for key in [&old_key, &key] {
        if let Some(reason) = tx.first(SUPPRESSION_REASON, [key], |row| row.get(0))? {
            return Err(ContactRefused::AddressSuppressed(reason).into());
        }
    }
    if erased(tx, hash)? { Err(ContactRefused::Erased.into()) } else { Ok(()) }
}
