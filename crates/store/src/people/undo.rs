//! Undoing an import: what is still as the import wrote it becomes as it was before.
//!
//! Invariants: nobody comes back by it and no removal is removed; whoever has left, been mailed, asked
//! for something else or been changed since stays. The consent ledger only grows: a subscription that
//! is taken back has its entry. Contacts whom nothing but the import has brought leave no trace, and
//! may be imported again: unlike erased people they have not asked for anything. Doing it twice
//! ends the same.

pub(crate) mod postgres;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use model::{ConsentKind, Timestamp, TopicId};

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlValue;
use crate::jobs::{self, JobStep};
use crate::people::address_search::AT_ONCE;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contact_list::padded;
use crate::people::contacts::{attributes_from, attributes_text};
use crate::people::import::CONTACT_UPDATE;
use crate::people::import_changes::{ImportChange, ValueChange};
use crate::people::tracking_words::TRACKING_CONSENT_INSERT;
use crate::people::undo_counts::UndoCounts;
use crate::{Store, StoreError};

/// Placeholders of as many ids as are looked up at once.
macro_rules! ids {
    () => {
        "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
            $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, \
            $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, \
            $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, \
            $63, $64"
    };
}

texts! {
    UNDO_CONTACTS = concat!(
        "SELECT c.id, c.attributes, c.created_at, c.updated_at, x.reason FROM contacts c
        LEFT JOIN suppressions x ON x.email_key = lower(c.email) WHERE c.id IN (", ids!(), ")"
    );
    UNDO_SUBSCRIPTIONS = concat!(
        "SELECT s.contact_id, s.topic_id, s.state, s.changed_at
        FROM topics t CROSS JOIN subscriptions s
        WHERE s.topic_id = t.id AND s.contact_id IN (", ids!(), ")"
    );
    /// Entries that the import has not written; what it said about tracking is taken back by itself.
    UNDO_CONSENTS = concat!(
        "SELECT DISTINCT contact_id, granted FROM consents
        WHERE (at <> $65 OR (granted = 0 AND mode IS NULL)) AND contact_id IN (", ids!(), ")"
    );
    /// Only then somebody whom the import has brought can be in an audience.
    UNDO_CAMPAIGNS = "SELECT 1 FROM campaigns WHERE started_at >= $1 LIMIT 1";
    UNDO_DELIVERIES = concat!(
        "SELECT d.contact_id FROM campaigns k CROSS JOIN deliveries d
        WHERE k.started_at >= $65 AND d.campaign_id = k.id AND d.contact_id IN (", ids!(), ")"
    );
    UNDO_CONSENTS_GROW = concat!(
        "INSERT INTO consents (contact_id, kind, topic_id, granted, source, at)
        SELECT contact_id, $67, topic_id, 0, $68, CAST($69 AS BIGINT) FROM subscriptions
        WHERE topic_id = $65 AND state = 'subscribed' AND changed_at = $66
        AND contact_id IN (", ids!(), ")"
    );
    UNDO_SUBSCRIPTIONS_END = concat!(
        "DELETE FROM subscriptions WHERE topic_id = $65 AND state = 'subscribed'
        AND changed_at = $66 AND contact_id IN (", ids!(), ")"
    );
    /// Unless they have said something themselves since.
    UNDO_TRACKING = "UPDATE contacts SET tracking = NULL WHERE id = $1 AND tracking IS NOT NULL
        AND $2 = (SELECT max(at) FROM consents WHERE contact_id = $1 AND kind = $3)";
    UNDO_SUBSCRIPTIONS_DROP = concat!(
        "DELETE FROM subscriptions WHERE topic_id IN (SELECT id FROM topics)
        AND contact_id IN (", ids!(), ")"
    );
    UNDO_CONSENTS_DROP = concat!("DELETE FROM consents WHERE contact_id IN (", ids!(), ")");
    UNDO_TAGS_DROP = concat!("DELETE FROM contact_tags WHERE contact_id IN (", ids!(), ")");
    UNDO_CHANGES_DROP =
        concat!("DELETE FROM contact_changes WHERE contact_id IN (", ids!(), ")");
    UNDO_TAG = "DELETE FROM contact_tags WHERE contact_id = $1 AND tag_id = $2";
    UNDO_TAG_NAME = "SELECT name FROM tags WHERE id = $1";
    UNDO_TESTS_DROP = concat!("DELETE FROM test_messages WHERE contact_id IN (", ids!(), ")");
    UNDO_CONTACTS_DROP = concat!("DELETE FROM contacts WHERE id IN (", ids!(), ")");
}

/// Which import is undone, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportUndo {
    /// What the import subscribed people to.
    pub topic: Option<TopicId>,
    /// The time that the import wrote everywhere.
    pub imported_at: Timestamp,
    /// For the consent ledger.
    pub source: String,
    pub at: Timestamp,
}

/// A contact as it is now.
struct Now {
    attributes: String,
    created_at: i64,
    updated_at: i64,
    is_suppressed: bool,
    has_left: bool,
    has_joined: bool,
    is_mailed: bool,
}

impl Store {
    /// Undoes a part of an import, which names each contact once, as a step of a job; returns what all
    /// steps have counted.
    ///
    /// # Errors
    /// [`StoreError::Changed`] when the job is not the caller's any more.
    pub async fn contacts_undo_step(
        &self,
        changes: Vec<ImportChange>,
        undo: ImportUndo,
        step: JobStep,
    ) -> Result<UndoCounts, StoreError> {
        self.write(move |tx| {
            let mut counts = UndoCounts::from_text(&jobs::hold(tx, &step)?)?;
            counts.add(&take_back(tx, &changes, &undo)?);
            jobs::put_step(tx, &step, &counts.to_text())?;
            Ok(counts)
        })
        .await
    }

    /// What undoing this would count now, as a step of a job; changes nobody.
    ///
    /// # Errors
    /// As above.
    pub async fn contacts_undo_rehearse(
        &self,
        changes: Vec<ImportChange>,
        undo: ImportUndo,
        step: JobStep,
    ) -> Result<UndoCounts, StoreError> {
        let counted = Arc::new(Mutex::new(UndoCounts::default()));
        let result = Arc::clone(&counted);
        let rehearsed = self.write(move |tx| {
            let counts = take_back(tx, &changes, &undo)?;
            *counted.lock().unwrap_or_else(PoisonError::into_inner) = counts;
            // The transaction is rolled back.
            Err::<(), _>(StoreError::Rehearsed)
        });
        if let Err(error) = rehearsed.await
            && !matches!(error, StoreError::Rehearsed)
        {
            return Err(error);
        }
        let more = *result.lock().unwrap_or_else(PoisonError::into_inner);
        self.write(move |tx| {
            let mut counts = UndoCounts::from_text(&jobs::hold(tx, &step)?)?;
            counts.add(&more);
            jobs::put_step(tx, &step, &counts.to_text())?;
            Ok(counts)
        })
        .await
    }
}

fn take_back(
    tx: &Tx<'_>,
    changes: &[ImportChange],
    undo: &ImportUndo,
) -> Result<UndoCounts, StoreError> {
    let is_sent = tx.first(UNDO_CAMPAIGNS, [undo.imported_at.0], |_| Ok(()))?.is_some();
    let mut counts = UndoCounts::default();
    for changes in changes.chunks(AT_ONCE) {
        let ids: Vec<i64> = changes.iter().map(|it| it.contact.0).collect();
        if let Some(bulk) = tx.bulk() {
            postgres::lock(bulk, &ids)?;
        }
        let now = look(tx, &ids, undo, is_sent)?;
        let (mut to_remove, mut to_unsubscribe) = (Vec::new(), Vec::new());
        let mut noted = Vec::new();
        for change in changes {
            let id = change.contact.0;
            let Some(now) = now.get(&id) else {
                counts.gone += 1;
                continue;
            };
            let was_brought = now.created_at == undo.imported_at.0;
            match (was_brought, change.added) {
                (true, true) if !stays(now, undo, &mut counts) => to_remove.push(id),
                (true, true) => {
                    to_unsubscribe.push(id);
                    counts.untracked += untrack(tx, id, undo)?;
                }
                // Goes or stays with the step that has added it.
                (true, false) => {}
                (false, _) => {
                    counts.not_kept += u64::from(!change.are_values_kept);
                    noted.extend(put_back(tx, id, now, (&change.values, undo), &mut counts)?);
                    noted.extend(untag(tx, id, &change.tags)?);
                    if change.subscribed {
                        to_unsubscribe.push(id);
                    }
                    if change.tracked {
                        counts.untracked += untrack(tx, id, undo)?;
                    }
                }
            }
        }
        note(tx, &undo.source, &noted, undo.at)?;
        counts.unsubscribed += unsubscribe(tx, &to_unsubscribe, undo)?;
        counts.removed += remove(tx, &to_remove)?;
    }
    if counts.removed + counts.unsubscribed + counts.untracked > 0 {
        tx.bump_removals()?;
    }
    Ok(counts)
}

/// Contacts by id as they are now, and what has happened with them.
fn look(
    tx: &Tx<'_>,
    ids: &[i64],
    undo: &ImportUndo,
    is_sent: bool,
) -> Result<BTreeMap<i64, Now>, StoreError> {
    let mut found = BTreeMap::new();
    let ids = padded(ids);
    tx.all(UNDO_CONTACTS, ids.as_slice(), |row| {
        let now = Now {
            attributes: row.get(1)?,
            created_at: row.get(2)?,
            updated_at: row.get(3)?,
            is_suppressed: row.get::<Option<String>>(4)?.is_some(),
            has_left: false,
            has_joined: false,
            is_mailed: false,
        };
        found.insert(row.get(0)?, now);
        Ok(())
    })?;
    let imported_at = SqlValue::Integer(undo.imported_at.0);
    tx.all(UNDO_SUBSCRIPTIONS, ids.as_slice(), |row| {
        if let Some(now) = found.get_mut(&row.get(0)?) {
            let of_import = undo.topic == Some(TopicId(row.get(1)?))
                && row.get::<i64>(3)? == undo.imported_at.0;
            now.has_left |= row.text(2)? == "unsubscribed";
            now.has_joined |= !of_import;
        }
        Ok(())
    })?;
    let with_time = [ids.as_slice(), &[imported_at]].concat();
    tx.all(UNDO_CONSENTS, with_time.as_slice(), |row| {
        if let Some(now) = found.get_mut(&row.get(0)?) {
            match row.get(1)? {
                true => now.has_joined = true,
                false => now.has_left = true,
            }
        }
        Ok(())
    })?;
    if is_sent {
        tx.all(UNDO_DELIVERIES, with_time.as_slice(), |row| {
            if let Some(now) = found.get_mut(&row.get(0)?) {
                now.is_mailed = true;
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// Whether something has happened since with somebody whom the import has brought; counts why.
fn stays(now: &Now, undo: &ImportUndo, counts: &mut UndoCounts) -> bool {
    let why = [
        (now.has_left || now.is_suppressed, &mut counts.stay_left),
        (now.is_mailed, &mut counts.stay_mailed),
        (now.has_joined, &mut counts.stay_joined),
        (now.updated_at != undo.imported_at.0, &mut counts.stay_edited),
    ];
    let why = why.into_iter().find(|(holds, _)| *holds);
    let stays = why.is_some();
    if let Some((_, count)) = why {
        *count += 1;
    }
    stays
}

/// Puts the values back that are still as the import wrote them.
fn put_back(
    tx: &Tx<'_>,
    id: i64,
    now: &Now,
    (values, undo): (&[ValueChange], &ImportUndo),
    counts: &mut UndoCounts,
) -> Result<Vec<NotedChange>, StoreError> {
    let mut noted = Vec::new();
    if values.is_empty() {
        return Ok(noted);
    }
    let mut attributes = attributes_from(&now.attributes)?;
    for value in values {
        // What was removed has no value.
        if attributes.get(&value.name).map_or("", String::as_str) != value.after {
            continue;
        }
        let ValueChange { name, before, after } = value;
        let after = Some(after.as_str()).filter(|it| !it.is_empty());
        noted.push(NotedChange::of_attribute(id, name, after, before.as_deref()));
        match &value.before {
            Some(before) => attributes.insert(value.name.clone(), before.clone()),
            None => attributes.remove(&value.name),
        };
    }
    let is_back = |it: &ValueChange| attributes.get(&it.name) == it.before.as_ref();
    counts.values_stay += u64::from(!values.iter().all(is_back));
    if !noted.is_empty() {
        // A step before, of a row that repeats this contact, has counted it.
        counts.restored += u64::from(now.updated_at != undo.at.0);
        let at = undo.at.0.max(now.updated_at + i64::from(now.updated_at != undo.at.0));
        tx.execute(CONTACT_UPDATE, (id, attributes_text(&attributes)?, at))?;
    }
    Ok(noted)
}

/// Takes tags that the import gave to a contact who was there.
fn untag(tx: &Tx<'_>, id: i64, tags: &[i64]) -> Result<Vec<NotedChange>, StoreError> {
    let mut noted = Vec::new();
    for tag in tags {
        if tx.execute(UNDO_TAG, (id, *tag))? > 0 {
            let name: Option<String> = tx.first(UNDO_TAG_NAME, [*tag], |row| row.get(0))?;
            noted.push(NotedChange::of_tag(id, &name.unwrap_or_default(), false));
        }
    }
    Ok(noted)
}

/// Takes subscriptions back that are still as the import made them; returns how many.
fn unsubscribe(tx: &Tx<'_>, ids: &[i64], undo: &ImportUndo) -> Result<u64, StoreError> {
    let Some(topic) = undo.topic.filter(|_| !ids.is_empty()) else { return Ok(0) };
    let (ids, of) = (padded(ids), [topic.0, undo.imported_at.0].map(SqlValue::Integer));
    let made = [ids.as_slice(), &of].concat();
    let kind = ConsentKind::Mail.as_str();
    let more = [SqlValue::Text(kind), SqlValue::Text(&undo.source), SqlValue::Integer(undo.at.0)];
    tx.execute(UNDO_CONSENTS_GROW, [made.as_slice(), &more].concat().as_slice())?;
    Ok(number(tx.execute(UNDO_SUBSCRIPTIONS_END, made.as_slice())?))
}

/// Takes back what the import has said for a contact about tracking; returns whether that was anything.
fn untrack(tx: &Tx<'_>, id: i64, undo: &ImportUndo) -> Result<u64, StoreError> {
    let kind = ConsentKind::Tracking.as_str();
    let taken = tx.execute(UNDO_TRACKING, (id, undo.imported_at.0, kind))?;
    if taken > 0 {
        let nothing = (None::<i64>, None::<i64>, None::<&str>);
        let (campaign, mode, notice) = nothing;
        let entry = (id, kind, false, &undo.source, campaign, undo.at.0, mode, notice);
        tx.execute(TRACKING_CONSENT_INSERT, entry)?;
    }
    Ok(number(taken))
}

/// Removes contacts altogether; nobody has mailed them, so there are neither deliveries nor hits.
fn remove(tx: &Tx<'_>, ids: &[i64]) -> Result<u64, StoreError> {
    if ids.is_empty() {
        return Ok(0);
    }
    let ids = padded(ids);
    let texts = [
        UNDO_SUBSCRIPTIONS_DROP,
        UNDO_CONSENTS_DROP,
        UNDO_TESTS_DROP,
        UNDO_TAGS_DROP,
        UNDO_CHANGES_DROP,
    ];
    for text in texts {
        tx.execute(text, ids.as_slice())?;
    }
    Ok(number(tx.execute(UNDO_CONTACTS_DROP, ids.as_slice())?))
}

fn number(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}
