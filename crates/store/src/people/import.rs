//! Import: merges a batch of contacts into the existing ones.
//!
//! Invariants: a contact is unique by its address regardless of case; a non-empty value overwrites,
//! an empty one never erases; people who have left, here or elsewhere, stay unsubscribed, even if
//! they left while the store did not know them; nothing is kept of people who were erased;
//! importing the same batch again changes nothing.

pub(crate) mod basis;
pub(crate) mod foreign;
pub(crate) mod postgres;
mod row_by_row;
pub(crate) mod tracking;

use std::borrow::Cow;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use model::{ContactId, EmailAddress, Removal, SuppressionReason, TagName, Timestamp, TopicId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::children;
use crate::people::contact_changes::NotedChange;
use crate::people::contacts::{attributes_from, attributes_text};
use crate::people::import::basis::{ImportBasis, RowEvidence};
use crate::people::import::foreign::ImportReach;
use crate::people::import::tracking::ImportTracking;
use crate::people::import_changes::{ImportChanges, ValueChange};
use crate::people::import_counts::ImportCounts;
use crate::people::leaving::{self, Act, Scope, Suppressed};
use crate::people::tags;
use crate::{Store, StoreError};

texts! {
    CONTACT_BY_KEY = "SELECT id, attributes, updated_at FROM contacts WHERE lower(email) = $1";
    /// Never behind the clock, so that ids given out after a backup are not given out again when it
    /// is restored. The clock is the faster one: it advances a million per second.
    CONTACT_IDS_TAKE = "UPDATE contact_ids
        SET last = CASE WHEN last < $2 THEN CAST($2 AS BIGINT) ELSE last END + $1
        WHERE id = 1 RETURNING last";
    CONTACT_INSERT = "INSERT INTO contacts (id, email, attributes, created_at, updated_at)
        VALUES ($1, $2, $3, $4, $4)";
    CONTACT_UPDATE = "UPDATE contacts SET attributes = $2, updated_at = $3 WHERE id = $1";
    ERASED_ANY = "SELECT 1 FROM suppressions WHERE email_key IS NULL LIMIT 1";
    ERASED_FIND = "SELECT 1 FROM suppressions WHERE address_hash = $1 AND email_key IS NULL";
    KEPT_ANY = "SELECT 1 FROM kept_removals LIMIT 1";
    KEPT_FIND = "SELECT 1 FROM kept_removals WHERE address_code = $1 LIMIT 1";
    /// With how they agreed, which no other entry knows.
    IMPORT_CONSENT_INSERT = "INSERT INTO consents (contact_id, kind, topic_id, granted, source, at,
            basis, notice, proof, given_at, given_ip, given_form)
        VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8, $9, $10, $11)";
    SUBSCRIPTION_GRANT =
        "INSERT INTO subscriptions (topic_id, contact_id, state, changed_at)
        VALUES ($1, $2, 'subscribed', $3) ON CONFLICT (topic_id, contact_id) DO NOTHING";
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    pub email: EmailAddress,
    /// Named values; empty ones are ignored.
    pub attributes: BTreeMap<String, String>,
}

/// A row of an import, with what it says of being mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    /// The contact and its attributes.
    pub contact: ContactRow,
    pub standing: ImportStanding,
    /// The keyed hash of the address's key, by which erased people are recognised.
    pub address_hash: [u8; 32],
    /// How they agreed to mail, where the row says it.
    pub evidence: Option<Box<RowEvidence>>,
    /// What this one gets beside what everybody gets.
    pub tags: Vec<TagName>,
}

/// What a row says about being mailed, from the least grave to the gravest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImportStanding {
    Subscribed,
    /// Never agreed to mail: kept, but not subscribed.
    Unconfirmed,
    /// Has left: kept as a contact who must not be mailed.
    Left(Removal),
    /// Is under 13: nothing is kept but a mark, and a contact is erased.
    Child,
}

impl From<ContactRow> for ImportRow {
    /// Somebody to be subscribed, in a store that has never erased anybody.
    fn from(contact: ContactRow) -> Self {
        let standing = ImportStanding::Subscribed;
        Self { contact, standing, address_hash: [0; 32], evidence: None, tags: Vec::new() }
    }
}

impl Store {
    /// Merges a batch into the contacts and, with a topic, subscribes those who never left it.
    /// People who have left elsewhere by their own wish leave the topic, or everything if there is
    /// none; for any other reason their address is suppressed. `source` goes into the consent
    /// ledger as proof, and `at` distinguishes the batches of one import from those of others.
    ///
    /// # Errors
    /// When the store fails; then nothing of the batch is stored.
    pub async fn contacts_import(
        &self,
        rows: Vec<impl Into<ImportRow>>,
        topic: Option<TopicId>,
        source: String,
        at: Timestamp,
    ) -> Result<ImportCounts, StoreError> {
        let reach = ImportReach { topic, ..ImportReach::default() };
        self.contacts_import_by(rows, reach, source, at).await
    }

    /// [`Store::contacts_import`] with all that it may be told.
    ///
    /// # Errors
    /// As above.
    pub async fn contacts_import_by(
        &self,
        rows: Vec<impl Into<ImportRow>>,
        reach: ImportReach,
        source: String,
        at: Timestamp,
    ) -> Result<ImportCounts, StoreError> {
        let (rows, merged) = sorted(rows);
        self.write(move |tx| {
            let run = ImportRun::within(&reach, &source, at);
            Ok(import_rows(tx, &rows, merged, run)?.0)
        })
        .await
    }
}

/// A row with the comparison key of its address.
pub(crate) type Keyed = (String, ImportRow);

/// What all rows of an import have in common.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImportRun<'i> {
    pub(crate) topic: Option<TopicId>,
    pub(crate) source: &'i str,
    /// In whose name what it changes stands in contacts' histories.
    pub(crate) actor: &'i str,
    pub(crate) at: Timestamp,
    /// What everybody in it gets.
    pub(crate) tags: &'i [TagName],
    /// Whether to note what is needed to undo it.
    pub(crate) keeps_changes: bool,
    /// Only contacts of these topics are touched; empty: all.
    pub(crate) within: &'i [TopicId],
    /// What they begin with who have said nothing about tracking.
    pub(crate) tracking: Option<&'i ImportTracking>,
    /// By what right they are subscribed.
    pub(crate) basis: Option<&'i ImportBasis>,
}

impl<'i> ImportRun<'i> {
    pub(crate) const fn new(topic: Option<TopicId>, source: &'i str, at: Timestamp) -> Self {
        Self {
            topic,
            source,
            actor: source,
            at,
            tags: &[],
            keeps_changes: false,
            within: &[],
            tracking: None,
            basis: None,
        }
    }

    pub(crate) fn within(reach: &'i ImportReach, source: &'i str, at: Timestamp) -> Self {
        let (within, tracking) = (&*reach.within, reach.tracking.as_ref());
        let basis = reach.basis.as_ref();
        let new = Self::new(reach.topic, source, at);
        Self { within, tracking, basis, tags: &reach.tags, ..new }
    }

    /// Removes a contact as its row says; returns whether that has changed anything.
    fn let_go(
        self,
        tx: &Tx<'_>,
        contact: ContactId,
        (key, row): &Keyed,
        removal: Removal,
    ) -> Result<bool, StoreError> {
        let reason = removal.reason();
        let scope = match self.topic {
            Some(topic) if reason == SuppressionReason::Unsubscribed => Scope::Topic(topic),
            _ => Scope::Everything,
        };
        let act = Act { contact, source: self.source, campaign: None, at: self.at };
        leaving::let_go(tx, &act, scope, Suppressed { key, hash: row.address_hash, reason })
    }
}

/// Each page of the index is then touched once, and not at random.
pub(crate) fn sorted(rows: Vec<impl Into<ImportRow>>) -> (Vec<Keyed>, u64) {
    let (mut rows, merged) = merge(rows.into_iter().map(Into::into));
    rows.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    (rows, merged)
}

pub(crate) fn import_rows(
    tx: &Tx<'_>,
    rows: &[Keyed],
    merged: u64,
    run: ImportRun<'_>,
) -> Result<(ImportCounts, ImportChanges), StoreError> {
    let own = foreign::own_rows(tx, rows, run.within)?;
    let of_other_topics = u64::try_from(rows.len() - own.len()).unwrap_or(u64::MAX);
    let (own, children) = without_children(tx, own, run.at)?;
    let (mut counts, changes) = match tx.bulk() {
        Some(bulk) => postgres::import(tx, bulk, &own, run)?,
        None => row_by_row::import(tx, &own, run)?,
    };
    (counts.of_other_topics, counts.children) = (of_other_topics, children);
    counts.merged += merged;
    Ok((counts, changes))
}

/// The rows about people who are no children, and how many are: nothing of those is kept.
fn without_children<'r>(
    tx: &Tx<'_>,
    rows: Cow<'r, [Keyed]>,
    at: Timestamp,
) -> Result<(Cow<'r, [Keyed]>, u64), StoreError> {
    let is_child = |row: &&Keyed| row.1.standing == ImportStanding::Child;
    let mut children = 0;
    for (key, row) in rows.iter().filter(is_child) {
        children::erase_or_mark(tx, key, row.address_hash, at)?;
        children += 1;
    }
    if children == 0 {
        return Ok((rows, 0));
    }
    let others = rows.iter().filter(|row| !is_child(row));
    Ok((others.cloned().collect(), children))
}

/// Imports one row, in a transaction that does more.
pub(crate) fn import_one(
    tx: &Tx<'_>,
    row: ImportRow,
    topic: Option<TopicId>,
    source: &str,
    at: Timestamp,
) -> Result<ImportCounts, StoreError> {
    let (rows, _) = merge(std::iter::once(row));
    Ok(row_by_row::import(tx, &rows, ImportRun::new(topic, source, at))?.0)
}

/// The ids of the tags that everybody gets, and their names.
fn tags_of(tx: &Tx<'_>, run: ImportRun<'_>) -> Result<Vec<(i64, String)>, StoreError> {
    run.tags.iter().map(|name| tags::ensure(tx, name, run.at)).collect()
}

/// What an import has changed about a contact who was there, for their history.
fn noted(contact: i64, values: &[ValueChange]) -> impl Iterator<Item = NotedChange> {
    values.iter().map(move |it| {
        NotedChange::of_attribute(contact, &it.name, it.before.as_deref(), Some(&it.after))
    })
}

/// Whether the person with this address was erased.
pub(crate) fn erased(tx: &Tx<'_>, address_hash: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(tx.first(ERASED_FIND, [*address_hash], |_| Ok(()))?.is_some())
}

/// One row per address, as grave as the gravest about it, and how many were merged.
fn merge(rows: impl ExactSizeIterator<Item = ImportRow>) -> (Vec<Keyed>, u64) {
    let mut places: HashMap<String, usize> = HashMap::with_capacity(rows.len());
    let mut kept: Vec<Keyed> = Vec::with_capacity(rows.len());
    let mut merged = 0;
    for mut row in rows {
        row.contact.attributes.retain(|_, value| !value.is_empty());
        let place = match places.entry(row.contact.email.key()) {
            Entry::Occupied(place) => kept.get_mut(*place.get()),
            Entry::Vacant(place) => {
                let key = place.key().clone();
                place.insert(kept.len());
                kept.push((key, row));
                continue;
            }
        };
        if let Some((_, earlier)) = place {
            earlier.contact.attributes.append(&mut row.contact.attributes);
            earlier.standing = earlier.standing.max(row.standing);
            earlier.evidence = row.evidence.or(earlier.evidence.take());
            merged += 1;
        }
    }
    (kept, merged)
}

/// Beyond this time (2100) ids would soon be too large for a link. A clock that is so wrong must
/// not affect everyone who is imported after it.
const LATEST_ID: i64 = 4_102_444_800_000_000;

/// What ids must not fall behind.
fn clock_of_ids(at: Timestamp) -> Result<i64, StoreError> {
    if at.0 > LATEST_ID { Err(StoreError::OutOfRange("the time on this clock")) } else { Ok(at.0) }
}

/// The old attributes overlaid with the new ones, as text, and the values that are different; None if
/// that changes nothing.
fn overwritten(
    old: &str,
    new: &BTreeMap<String, String>,
) -> Result<Option<(String, Vec<ValueChange>)>, StoreError> {
    let mut attributes = attributes_from(old)?;
    let mut values = Vec::new();
    for (name, after) in new {
        let before = attributes.insert(name.clone(), after.clone());
        if before.as_ref() != Some(after) {
            values.push(ValueChange { name: name.clone(), before, after: after.clone() });
        }
    }
    let text = attributes_text(&attributes)?;
    Ok((text != old).then_some((text, values)))
}
