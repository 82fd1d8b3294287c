//! Import: a batch of contacts, merged into those there are.
//!
//! Invariants: a contact is unique by its address without case; a value that is not empty
//! overwrites, an empty one never erases; whoever has left stays away; the same batch again
//! changes nothing.

pub(crate) mod postgres;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use model::{ConsentKind, ContactId, EmailAddress, Timestamp, TopicId};

use crate::contacts::{attributes_from, attributes_text};
use crate::leaving::{CONSENT_INSERT, SUPPRESSION_REASON};
use crate::sql::texts;
use crate::topics::SUBSCRIPTION_STATE;
use crate::tx::{Statement, Tx};
use crate::{Store, StoreError, deliveries};

texts! {
    CONTACT_BY_KEY = "SELECT id, attributes FROM contacts WHERE lower(email) = $1";
    CONTACT_IDS_TAKE = "UPDATE contact_ids SET last = last + $1 WHERE id = 1 RETURNING last";
    CONTACT_INSERT = "INSERT INTO contacts (id, email, attributes, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $4)";
    CONTACT_UPDATE = "UPDATE contacts SET attributes = $2, updated_at = $3 WHERE id = $1";
    SUBSCRIPTION_GRANT =
        "INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, 'subscribed', $3) ON CONFLICT (topic_id, contact_id) DO NOTHING";
}

/// One row of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// Whom it is about.
    pub email: EmailAddress,
    /// Named values; empty ones are passed over.
    pub attributes: BTreeMap<String, String>,
}

/// What an import did. Every row is one of added, updated, unchanged and merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportCounts {
    /// New contacts.
    pub added: u64,
    /// Contacts with at least one other value than before.
    pub updated: u64,
    /// Contacts who were there just so.
    pub unchanged: u64,
    /// Rows about a contact whom a later row of the batch is about too.
    pub merged: u64,
    /// New subscriptions, each with its consent entry.
    pub subscribed: u64,
    /// Contacts who had left the topic and were not brought back.
    pub kept_unsubscribed: u64,
    /// Contacts whose address must not be mailed; they were not subscribed.
    pub suppressed: u64,
}

impl Store {
    /// Merges a batch into the contacts and, with a topic, subscribes those who never left it.
    /// `source` goes into the consent ledger as proof.
    ///
    /// # Errors
    /// When the store can't keep it; then none of the batch is kept.
    pub async fn contacts_import(
        &self,
        rows: Vec<ContactRow>,
        topic: Option<TopicId>,
        source: String,
        at: Timestamp,
    ) -> Result<ImportCounts, StoreError> {
        let (mut rows, merged) = merge(rows);
        // Each page of the index is then touched once, and not at random.
        rows.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        self.write(move |tx| {
            let counts = match tx.bulk() {
                Some(bulk) => postgres::import(bulk, &rows, topic, &source, at)?,
                None => import_each(tx, &rows, topic, &source, at)?,
            };
            Ok(ImportCounts { merged, ..counts })
        })
        .await
    }
}

/// Rows with the comparison key of their addresses, in its order, each address once.
type KeyedRows = Vec<(String, ContactRow)>;

fn import_each(
    tx: &Tx<'_>,
    rows: &KeyedRows,
    topic: Option<TopicId>,
    source: &str,
    at: Timestamp,
) -> Result<ImportCounts, StoreError> {
    let mut import = Import::new(tx, topic, source, at)?;
    for (done, (key, row)) in rows.iter().enumerate() {
        import.row(key, row, rows.len() - done)?;
    }
    Ok(import.counts)
}

/// One row per address, and how many were merged away.
fn merge(rows: Vec<ContactRow>) -> (KeyedRows, u64) {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(rows.len());
    let mut kept = KeyedRows::with_capacity(rows.len());
    let mut merged = 0;
    for mut row in rows {
        row.attributes.retain(|_, value| !value.is_empty());
        let place = match places.entry(row.email.key()) {
            Entry::Occupied(place) => kept.get_mut(*place.get()),
            Entry::Vacant(place) => {
                let key = place.key().clone();
                place.insert(kept.len());
                kept.push((key, row));
                continue;
            }
        };
        if let Some((_, earlier)) = place {
            earlier.attributes.append(&mut row.attributes);
            merged += 1;
        }
    }
    (kept, merged)
}

/// The statements of an import, at hand for every row.
struct Import<'t> {
    find: Statement<'t>,
    insert: Statement<'t>,
    update: Statement<'t>,
    suppression: Statement<'t>,
    grant: Statement<'t>,
    consent: Statement<'t>,
    state: Statement<'t>,
    take_ids: Statement<'t>,
    /// Ids that this transaction has taken and not given out.
    ids: Range<i64>,
    topic: Option<TopicId>,
    source: &'t str,
    at: Timestamp,
    counts: ImportCounts,
}

impl<'t> Import<'t> {
    fn new(
        tx: &'t Tx<'_>,
        topic: Option<TopicId>,
        source: &'t str,
        at: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            find: tx.prepare(CONTACT_BY_KEY)?,
            insert: tx.prepare(CONTACT_INSERT)?,
            update: tx.prepare(CONTACT_UPDATE)?,
            suppression: tx.prepare(SUPPRESSION_REASON)?,
            grant: tx.prepare(SUBSCRIPTION_GRANT)?,
            consent: tx.prepare(CONSENT_INSERT)?,
            state: tx.prepare(SUBSCRIPTION_STATE)?,
            take_ids: tx.prepare(CONTACT_IDS_TAKE)?,
            ids: 0..0,
            topic,
            source,
            at,
            counts: ImportCounts::default(),
        })
    }

    /// Merges a row; `left` are still to come, this one included.
    fn row(&mut self, key: &str, row: &ContactRow, left: usize) -> Result<(), StoreError> {
        let contact = self.keep(key, row, left)?;
        if self.suppression.exists([key])? {
            self.counts.suppressed += 1;
        } else if let Some(topic) = self.topic {
            self.subscribe(contact, topic)?;
        }
        Ok(())
    }

    fn keep(&mut self, key: &str, row: &ContactRow, left: usize) -> Result<ContactId, StoreError> {
        let new = attributes_text(&row.attributes)?;
        let found = self.find.first([key], |row| Ok((row.get(0)?, row.get::<String>(1)?)))?;
        let Some((id, old)) = found else {
            let id = self.next_id(left)?;
            self.insert.execute((id, row.email.as_str(), new, self.at.0))?;
            self.counts.added += 1;
            return Ok(ContactId(id));
        };
        // The same attributes have the same text: a repeated import parses nothing.
        if new != old && self.overwrite(id, &old, &row.attributes)? {
            self.counts.updated += 1;
        } else {
            self.counts.unchanged += 1;
        }
        Ok(ContactId(id))
    }

    /// A fresh id; takes `wanted` at once when none is at hand.
    fn next_id(&mut self, wanted: usize) -> Result<i64, StoreError> {
        if self.ids.is_empty() {
            let wanted = deliveries::count(wanted)?;
            let last: i64 = self.take_ids.one([wanted], |row| row.get(0))?;
            self.ids = last - wanted + 1..last + 1;
        }
        self.ids.next().ok_or(StoreError::OutOfRange("the number of contacts"))
    }

    fn overwrite(
        &mut self,
        id: i64,
        old: &str,
        new: &BTreeMap<String, String>,
    ) -> Result<bool, StoreError> {
        let Some(text) = overwritten(old, new)? else { return Ok(false) };
        self.update.execute((id, text, self.at.0))?;
        Ok(true)
    }

    fn subscribe(&mut self, contact: ContactId, topic: TopicId) -> Result<(), StoreError> {
        if self.grant.execute((topic.0, contact.0, self.at.0))? == 1 {
            let kind = ConsentKind::Mail.as_str();
            let campaign = None::<i64>;
            self.consent.execute((
                contact.0,
                kind,
                topic.0,
                1,
                self.source,
                campaign,
                self.at.0,
            ))?;
            self.counts.subscribed += 1;
            return Ok(());
        }
        let state: Option<String> = self.state.first((topic.0, contact.0), |row| row.get(0))?;
        if state.as_deref() == Some("unsubscribed") {
            self.counts.kept_unsubscribed += 1;
        }
        Ok(())
    }
}

/// The old attributes with the new ones over them, as text; nothing when that is what they were.
fn overwritten(old: &str, new: &BTreeMap<String, String>) -> Result<Option<String>, StoreError> {
    let mut attributes = attributes_from(old)?;
    attributes.extend(new.iter().map(|(name, value)| (name.clone(), value.clone())));
    let text = attributes_text(&attributes)?;
    Ok((text != old).then_some(text))
}
