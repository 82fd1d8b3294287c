//! Erasure: removes everything that is kept about one person.
//!
//! Invariants: what remains is the keyed hash of the address, by which an import knows not to bring
//! the person back; a delivery's row without the relay's words, so that a campaign's states still
//! add up to its audience; and counts. One transaction removes the person from every table except
//! `events`, which has no index by contact: those are removed beforehand, a bounded number of rows
//! at a time.

use model::{AddressCode, ContactId, SuppressionReason, Timestamp};

use crate::counting::quick_networks;
use crate::disclosing::members;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::account;
use crate::people::aliases::{
    self, ContactMerge, MERGE_DROP, MERGE_HASH, MERGES_BY_EMAIL, MERGES_OF,
};
use crate::people::contact_changes::CHANGES_ERASE;
use crate::people::contacts::{CONTACT_ID_BY_KEY, address};
use crate::people::job_files::exports_again;
use crate::people::kept_removals::KEPT_TAKE;
use crate::people::requests::REQUESTS_ERASE;
use crate::people::tags::CONTACT_TAGS_ERASE;
use crate::{Store, StoreError};

texts! {
    EVENTS_AHEAD = "SELECT max(at) FROM (SELECT at FROM events WHERE at > $1
        ORDER BY at LIMIT $2) ahead";
    EVENTS_ERASE = "DELETE FROM events WHERE at > $1 AND at <= $2 AND contact_id = $3";
    SUBSCRIPTIONS_ERASE = "DELETE FROM subscriptions
        WHERE topic_id IN (SELECT id FROM topics) AND contact_id = $1";
    CONSENTS_ERASE = "DELETE FROM consents WHERE contact_id = $1";
    ENGAGEMENTS_ERASE = "DELETE FROM engagements
        WHERE campaign_id IN (SELECT id FROM campaigns) AND contact_id = $1";
    CLICKERS_ERASE = "DELETE FROM link_clickers
        WHERE (campaign_id, slot) IN (SELECT campaign_id, slot FROM links) AND contact_id = $1";
    REPLIES_ERASE = "UPDATE deliveries SET reply = NULL
        WHERE campaign_id IN (SELECT id FROM campaigns) AND contact_id = $1
        AND reply IS NOT NULL";
    TEST_MESSAGES_ERASE = "DELETE FROM test_messages WHERE email_key = $1 OR contact_id = $2";
    /// One that is queued is never sent; one that is being sent just now ends as it ends.
    MESSAGES_ERASE = "UPDATE messages SET email = NULL, email_key = NULL, attributes = NULL,
            contact_id = NULL, reply = NULL,
            ended_at = CASE WHEN state = 0 THEN CAST($3 AS BIGINT) ELSE ended_at END,
            state = CASE WHEN state = 0 THEN 4 ELSE state END
        WHERE email_key = $1 OR contact_id = $2";
    JOINS_OF_ADDRESS_DROP = "DELETE FROM joins WHERE lower(email) = $1";
    RECONFIRM_LINKS_ERASE = "DELETE FROM reconfirmation_links
        WHERE reconfirmation_id IN (SELECT id FROM reconfirmations) AND contact_id = $1";
    CONTACT_VISITORS_DROP = "DELETE FROM visitor_links WHERE contact_id = $1";
    CONTACT_CUTS_DROP = "DELETE FROM cut_visitor_links WHERE contact_id = $1";
    /// In the history of whoever was kept, the former address.
    CHANGE_OF_MERGE_ERASE = "DELETE FROM contact_changes
        WHERE contact_id = $1 AND field = 'merged' AND lower(after) = $2";
    CONTACT_ERASE = "DELETE FROM contacts WHERE id = $1";
    SUPPRESSION_FORGET = "UPDATE suppressions SET email_key = NULL WHERE email_key = $1";
    ERASED_INSERT = "INSERT INTO suppressions (address_hash, email_key, reason, at)
        VALUES ($1, NULL, $2, $3) ON CONFLICT DO NOTHING";
}

/// Events that one transaction looks through.
pub(crate) const EVENTS_AT_ONCE: i64 = 20_000;

/// What an erasure has removed, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Whether there was such a contact.
    pub contact: bool,
    /// Whether the address itself was suppressed.
    pub suppression: bool,
    /// Topics they had been subscribed to, or had left.
    pub subscriptions: u64,
    /// Entries of their consent ledger.
    pub consents: u64,
    /// Relays' replies about them.
    pub replies: u64,
    /// Campaigns for which it was recorded that they viewed, clicked or left.
    pub engagements: u64,
    /// Links that they had clicked.
    pub clicked_links: u64,
    /// Single messages, of which only times and states stay.
    pub messages: u64,
}

/// How far the events of a contact are erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErasedEvents {
    /// Events removed by this call.
    pub removed: u64,
    /// Where to continue; None when there are no more.
    pub next: Option<Timestamp>,
}

impl Erased {
    fn add(&mut self, more: &Self) {
        self.contact |= more.contact;
        self.suppression |= more.suppression;
        self.subscriptions += more.subscriptions;
        self.consents += more.consents;
        self.replies += more.replies;
        self.engagements += more.engagements;
        self.clicked_links += more.clicked_links;
        self.messages += more.messages;
    }
}

/// The numbers and the keys of addresses of whoever has an address, or had it when they were merged.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonNumbers {
    pub contacts: Vec<ContactId>,
    pub email_keys: Vec<String>,
}

impl Store {
    /// Under which numbers and addresses something is kept of whoever has this address: what an erasure of
    /// it removes.
    pub async fn person_numbers(&self, email_key: String) -> Result<PersonNumbers, StoreError> {
        self.read(move |tx| {
            let found: Option<i64> = tx.first(CONTACT_ID_BY_KEY, [&email_key], |row| row.get(0))?;
            let mut all = PersonNumbers {
                contacts: found.map(ContactId).into_iter().collect(),
                email_keys: vec![email_key.clone()],
            };
            for it in merged(tx, &email_key, found)? {
                all.contacts.push(it.other);
                all.email_keys.push(address(&it.other_email)?.key());
            }
            Ok(all)
        })
        .await
    }

    /// Removes a contact's events among the next ones after `after`.
    ///
    /// # Errors
    /// When the store can't do it; what was removed by earlier calls stays removed.
    pub async fn contact_events_erase(
        &self,
        contact: ContactId,
        after: Timestamp,
    ) -> Result<ErasedEvents, StoreError> {
        self.write(move |tx| {
            let ahead = tx.one(EVENTS_AHEAD, (after.0, EVENTS_AT_ONCE), |row| row.get(0))?;
            let Some(until) = ahead else { return Ok(ErasedEvents { removed: 0, next: None }) };
            let removed = rows(tx.execute(EVENTS_ERASE, (after.0, until, contact.0))?);
            Ok(ErasedEvents { removed, next: Some(Timestamp(until)) })
        })
        .await
    }

    /// Removes the person with this address from every table but `events`, and keeps the hash of
    /// the address, so that no import brings them back. Repeating it changes nothing.
    pub async fn address_erase(
        &self,
        email_key: String,
        address_hash: [u8; 32],
        at: Timestamp,
    ) -> Result<Erased, StoreError> {
        self.write(move |tx| erase(tx, &email_key, address_hash, at)).await
    }
}

/// [`Store::address_erase`] within a transaction.
pub(crate) fn erase(
    tx: &Tx<'_>,
    email_key: &str,
    address_hash: [u8; 32],
    at: Timestamp,
) -> Result<Erased, StoreError> {
    let found: Option<i64> = tx.first(CONTACT_ID_BY_KEY, [email_key], |row| row.get(0))?;
    let mut erased = match found {
        Some(contact) => erase_contact(tx, contact)?,
        None => Erased::default(),
    };
    for it in merged(tx, email_key, found)? {
        let more = erase_merged(tx, &it, email_key, at)?;
        erased.add(&more);
    }
    // No contact has this id.
    tx.execute(TEST_MESSAGES_ERASE, (email_key, found.unwrap_or(0)))?;
    let of_messages = (email_key, found.unwrap_or(0), at.0);
    erased.messages += rows(tx.execute(MESSAGES_ERASE, of_messages)?);
    tx.execute(JOINS_OF_ADDRESS_DROP, [email_key])?;
    erased.suppression |= tx.execute(SUPPRESSION_FORGET, [email_key])? > 0;
    let reason = SuppressionReason::Erased.as_str();
    tx.execute(ERASED_INSERT, (address_hash, reason, at.0))?;
    tx.execute(REQUESTS_ERASE, (email_key, found))?;
    tx.execute(KEPT_TAKE, [&AddressCode::of(&address_hash).0[..]])?;
    exports_again(tx)?;
    tx.bump_removals()?;
    Ok(erased)
}

/// Who was merged into the contact, or had the address when they were merged into another one.
fn merged(
    tx: &Tx<'_>,
    email_key: &str,
    contact: Option<i64>,
) -> Result<Vec<ContactMerge>, StoreError> {
    let mut all = tx.all(MERGES_BY_EMAIL, [email_key], aliases::merge)?;
    if let Some(contact) = contact {
        all.extend(tx.all(MERGES_OF, [contact], aliases::merge)?);
    }
    Ok(all)
}

/// Removes what was recorded under a number that leads to another contact, and the address that it had unless
/// that is somebody else's now.
fn erase_merged(
    tx: &Tx<'_>,
    it: &ContactMerge,
    email_key: &str,
    at: Timestamp,
) -> Result<Erased, StoreError> {
    let hash: Option<Vec<u8>> = tx.first(MERGE_HASH, [it.other.0], |row| row.get(0))?;
    let Some(hash) = hash else { return Ok(Erased::default()) };
    let mut erased = erase_contact(tx, it.other.0)?;
    erased.contact = true;
    tx.execute(MERGE_DROP, [it.other.0])?;
    let key = address(&it.other_email)?.key();
    tx.execute(CHANGE_OF_MERGE_ERASE, (it.kept.0, &key))?;
    let is_taken = tx.first(CONTACT_ID_BY_KEY, [&key], |_| Ok(()))?.is_some();
    if is_taken || key == email_key {
        return Ok(erased);
    }
    tx.execute(TEST_MESSAGES_ERASE, (&key, it.other.0))?;
    erased.messages = rows(tx.execute(MESSAGES_ERASE, (&key, it.other.0, at.0))?);
    tx.execute(JOINS_OF_ADDRESS_DROP, [&key])?;
    erased.suppression = tx.execute(SUPPRESSION_FORGET, [&key])? > 0;
    let known = <[u8; 32]>::try_from(hash.as_slice());
    if let Ok(known) = known {
        tx.execute(KEPT_TAKE, [&AddressCode::of(&known).0[..]])?;
    }
    tx.execute(ERASED_INSERT, (hash, SuppressionReason::Erased.as_str(), at.0))?;
    tx.execute(REQUESTS_ERASE, (&key, Some(it.other.0)))?;
    Ok(erased)
}

fn erase_contact(tx: &Tx<'_>, contact: i64) -> Result<Erased, StoreError> {
    let erase = |text| tx.execute(text, [contact]).map(rows);
    let erased = Erased {
        suppression: false,
        messages: 0,
        subscriptions: erase(SUBSCRIPTIONS_ERASE)?,
        consents: erase(CONSENTS_ERASE)?,
        replies: erase(REPLIES_ERASE)?,
        engagements: erase(ENGAGEMENTS_ERASE)?,
        clicked_links: erase(CLICKERS_ERASE)?,
        contact: erase(CONTACT_ERASE)? > 0,
    };
    forget_additions(tx, contact)?;
    forget_browsers(tx, ContactId(contact))?;
    account::close(tx, contact)?;
    Ok(erased)
}

/// Forgets a contact's tags, what was changed about them, and which disclosures hold them.
pub(crate) fn forget_additions(tx: &Tx<'_>, contact: i64) -> Result<(), StoreError> {
    members::forget(tx, ContactId(contact))?;
    tx.execute(CONTACT_TAGS_ERASE, [contact])?;
    tx.execute(RECONFIRM_LINKS_ERASE, [contact])?;
    tx.execute(CHANGES_ERASE, [contact]).map(drop)
}

/// Forgets which browsers a contact was tied to, and from which they were cut; and which networks asked for
/// their messages.
pub(crate) fn forget_browsers(tx: &Tx<'_>, contact: ContactId) -> Result<(), StoreError> {
    quick_networks::forget_contact(tx, contact)?;
    tx.execute(CONTACT_VISITORS_DROP, [contact.0])?;
    tx.execute(CONTACT_CUTS_DROP, [contact.0]).map(drop)
}

pub(crate) fn rows(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
