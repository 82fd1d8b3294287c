//! Takes a merge back: what is still as the merge wrote it becomes as it was before.
//!
//! Invariant: nobody comes back by it. What the kept contact has left or forbidden since, the other one has,
//! too.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AddressCode, ContactId, ContactRefused, SubscriptionState, Timestamp, TopicId, TrackingMode,
};
use serde_json::Value;

use super::pauses;
use super::{
    MERGE_CHANGE_BACK, MERGE_CONSENT_BACK, MERGE_CONTACT_AGAIN, MERGE_KEPT_BACK, MERGE_LEFT_SINCE,
    MERGE_REPOINT, MERGE_REQUEST_BACK, MERGE_SUPPRESSION_BACK, MERGE_TOPIC_DROP, MERGE_TOPIC_PUT,
    MERGE_TRACKING, MERGE_TRACKING_SET, Topics, topics_of,
};
use crate::StoreError;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::people::aliases;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::{
    CONTACT_FIND, CONTACT_ID_BY_KEY, CONTACT_LOCK, Contact, address, attributes_text, contact,
};
use crate::people::import::{CONTACT_UPDATE, erased};
use crate::people::leaving::{Act, SUPPRESSION_INSERT, enter};
use crate::people::tags::{CONTACT_TAG_DROP, CONTACT_TAG_PUT};
use crate::tracking;

texts! {
    MERGE_BEFORE = "SELECT kept_id, other_email, merged_at, before FROM contact_merges
        WHERE other_id = $1";
    TAG_NAME = "SELECT name FROM tags WHERE id = $1";
    SUPPRESSION_HASH = "SELECT address_hash FROM suppressions WHERE email_key = $1";
}

/// How the ledger says that an entry came of taking a merge back.
const SOURCE: &str = "undoing a merge";

/// What was kept of both before.
struct Before {
    kept: ContactId,
    other: ContactId,
    email: String,
    merged_at: Timestamp,
    told: Value,
}

impl Before {
    fn numbers(&self, name: &str) -> Vec<i64> {
        let listed = self.told.get(name).and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(Value::as_i64).collect()
    }

    fn topics(&self, name: &str) -> Topics {
        let listed = self.told.get(name).and_then(Value::as_array).into_iter().flatten();
        let topic = |it: &Value| {
            let state = SubscriptionState::from_word(it.get(1)?.as_str()?)?;
            Some((it.get(0)?.as_i64()?, (state, it.get(2)?.as_i64()?)))
        };
        listed.filter_map(topic).collect()
    }

    fn texts(&self, pointer: &str) -> BTreeMap<String, String> {
        let listed = self.told.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
        let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.into()));
        listed.filter_map(text).collect()
    }

    fn number(&self, pointer: &str) -> Option<i64> {
        self.told.pointer(pointer).and_then(Value::as_i64)
    }

    fn mode(&self, pointer: &str) -> Option<TrackingMode> {
        self.number(pointer).and_then(TrackingMode::from_code)
    }
}

pub(super) fn unmerge(
    tx: &Tx<'_>,
    other: ContactId,
    hash: [u8; 32],
    at: Timestamp,
) -> Result<Contact, StoreError> {
    let before = read(tx, other, &hash)?;
    let found = tx.first(CONTACT_LOCK, [before.kept.0], contact)?;
    let kept = found.ok_or(StoreError::NotFound("contact"))?;
    let at = Timestamp(at.0.max(kept.updated_at.0 + 1));
    let left = left_since(tx, &before)?;
    let mut changes = Vec::new();
    other_again(tx, &before, at)?;
    other_topics(tx, &before, &left, at)?;
    kept_topics(tx, &before, &left, at)?;
    suppression(tx, &before, &kept, &left)?;
    tracking_back(tx, &before)?;
    let own_pauses = [before.number("/kept_pause"), before.number("/other_pause")];
    pauses::take_back(tx, (before.kept, other), own_pauses)?;
    tags(tx, &before, &mut changes)?;
    values(tx, &before, kept, &mut changes, at)?;
    for (listed, back) in [
        ("consents", MERGE_CONSENT_BACK),
        ("changes", MERGE_CHANGE_BACK),
        ("requests", MERGE_REQUEST_BACK),
        ("merges", MERGE_REPOINT),
    ] {
        for id in before.numbers(listed) {
            tx.execute(back, (id, other.0, before.kept.0))?;
        }
    }
    tx.execute(MERGE_KEPT_BACK, [&AddressCode::of(&hash).0[..]])?;
    tx.execute(aliases::MERGE_DROP, [other.0])?;
    let merged = NotedChange::of_merge(before.kept.0, &before.email);
    changes.push(NotedChange { before: merged.after.clone(), after: None, ..merged });
    note(tx, &tx.actor(), &changes, at)?;
    tx.bump_removals()?;
    tx.one(CONTACT_FIND, [other.0], contact)
}

/// What was kept, if the merge can be taken back.
fn read(tx: &Tx<'_>, other: ContactId, hash: &[u8; 32]) -> Result<Before, StoreError> {
    let row = tx.first(MERGE_BEFORE, [other.0], |row| {
        Ok((row.get::<i64>(0)?, row.get(1)?, Timestamp(row.get(2)?), row.get::<Option<String>>(3)?))
    })?;
    let (kept, email, merged_at, told) = row.ok_or(StoreError::NotFound("merge"))?;
    let email: String = email;
    let told: Value = match told {
        Some(text) => serde_json::from_str(&text)
            .map_err(|_| StoreError::Corrupt("what was before a merge".to_owned()))?,
        None => return Err(ContactRefused::NotUndoable.into()),
    };
    let before = Before { kept: ContactId(kept), other, email, merged_at, told };
    if before.number("/kept_id") != Some(kept) {
        return Err(ContactRefused::MergedSince.into());
    }
    let key = address(&before.email)?.key();
    if let Some(taken) = tx.first(CONTACT_ID_BY_KEY, [&key], |row| row.get(0))? {
        return Err(ContactRefused::AddressTaken(ContactId(taken)).into());
    }
    if erased(tx, hash)? {
        return Err(ContactRefused::Erased.into());
    }
    Ok(before)
}

/// Topics that the kept one has left since; None is everything.
fn left_since(tx: &Tx<'_>, before: &Before) -> Result<BTreeSet<Option<i64>>, StoreError> {
    let since = (before.kept.0, before.merged_at.0);
    Ok(tx.all(MERGE_LEFT_SINCE, since, |row| row.get(0))?.into_iter().collect())
}

fn other_again(tx: &Tx<'_>, before: &Before, at: Timestamp) -> Result<(), StoreError> {
    // What the kept one allows now is the most.
    let said = tx.first(MERGE_TRACKING, [before.kept.0], |row| tracking::mode(row, 0))?.flatten();
    let merged = before.mode("/merged_tracking");
    let own = before.mode("/other/tracking");
    let mode = match said.filter(|_| said != merged) {
        Some(said) => Some(own.map_or(said, |own| own.min(said))),
        None => own,
    };
    let attributes = attributes_text(&before.texts("/other/attributes"))?;
    let created = before.number("/other/created_at").unwrap_or(at.0);
    let values =
        (before.other.0, &before.email, attributes, created, at.0, mode.map(TrackingMode::code));
    tx.execute(MERGE_CONTACT_AGAIN, values).map(drop)
}

fn has_left(left: &BTreeSet<Option<i64>>, topic: i64) -> bool {
    left.contains(&None) || left.contains(&Some(topic))
}

fn other_topics(
    tx: &Tx<'_>,
    before: &Before,
    left: &BTreeSet<Option<i64>>,
    at: Timestamp,
) -> Result<(), StoreError> {
    for (topic, (state, since)) in before.topics("other_topics") {
        let ends = has_left(left, topic) && state != SubscriptionState::Unsubscribed;
        let (state, since) =
            if ends { (SubscriptionState::Unsubscribed, at.0) } else { (state, since) };
        tx.execute(MERGE_TOPIC_PUT, (topic, before.other.0, state.as_str(), since))?;
        if ends {
            let act = Act { contact: before.other, source: SOURCE, campaign: None, at };
            enter(tx, &act, Some(TopicId(topic)), false)?;
        }
    }
    Ok(())
}

/// Those that are as the merge wrote them.
fn kept_topics(
    tx: &Tx<'_>,
    before: &Before,
    left: &BTreeSet<Option<i64>>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let own = before.topics("kept_topics");
    for (topic, (state, since)) in topics_of(tx, before.kept)? {
        if since != before.merged_at.0 || has_left(left, topic) {
            continue;
        }
        match own.get(&topic) {
            Some((was, since)) => {
                let values = (topic, before.kept.0, was.as_str(), *since);
                tx.execute(MERGE_TOPIC_PUT, values)?;
                if *was == SubscriptionState::Subscribed && state != *was {
                    let act = Act { contact: before.kept, source: SOURCE, campaign: None, at };
                    enter(tx, &act, Some(TopicId(topic)), true)?;
                }
            }
            None => {
                tx.execute(MERGE_TOPIC_DROP, (topic, before.kept.0))?;
            }
        }
    }
    Ok(())
}

fn suppression(
    tx: &Tx<'_>,
    before: &Before,
    kept: &Contact,
    left: &BTreeSet<Option<i64>>,
) -> Result<(), StoreError> {
    let text = |name: &str| before.told.get(name).and_then(Value::as_str);
    let Some(reason) = text("suppressed") else { return Ok(()) };
    if left.contains(&None) {
        return Ok(());
    }
    let key = kept.email.key();
    let hash: Option<Vec<u8>> = tx.first(SUPPRESSION_HASH, [&key], |row| row.get(0))?;
    let lifted = tx.execute(MERGE_SUPPRESSION_BACK, (&key, reason, before.merged_at.0))?;
    if let (true, Some(own), Some(hash)) = (lifted > 0, text("suppressed_before"), hash) {
        tx.execute(SUPPRESSION_INSERT, (hash, &key, own, before.merged_at.0))?;
    }
    Ok(())
}

fn tracking_back(tx: &Tx<'_>, before: &Before) -> Result<(), StoreError> {
    let said = tx.first(MERGE_TRACKING, [before.kept.0], |row| tracking::mode(row, 0))?.flatten();
    let (merged, own) = (before.mode("/merged_tracking"), before.mode("/kept/tracking"));
    if said == merged && own != merged {
        let code = own.map(TrackingMode::code);
        tx.execute(MERGE_TRACKING_SET, (before.kept.0, code))?;
    }
    Ok(())
}

fn tags(tx: &Tx<'_>, before: &Before, changes: &mut Vec<NotedChange>) -> Result<(), StoreError> {
    let own = before.numbers("kept_tags");
    for tag in before.numbers("other_tags") {
        let Some(name) = tx.first(TAG_NAME, [tag], |row| row.get::<String>(0))? else { continue };
        tx.execute(CONTACT_TAG_PUT, (before.other.0, tag))?;
        if !own.contains(&tag) && tx.execute(CONTACT_TAG_DROP, (before.kept.0, tag))? > 0 {
            changes.push(NotedChange::of_tag(before.kept.0, &name, false));
        }
    }
    Ok(())
}

/// Values that are as the merge wrote them.
fn values(
    tx: &Tx<'_>,
    before: &Before,
    mut kept: Contact,
    changes: &mut Vec<NotedChange>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let own = before.texts("/kept/attributes");
    for (name, merged) in before.texts("/merged") {
        let now = kept.attributes.get(&name).cloned();
        if now.as_ref() != Some(&merged) || own.get(&name) == Some(&merged) {
            continue;
        }
        match own.get(&name) {
            Some(value) => kept.attributes.insert(name.clone(), value.clone()),
            None => kept.attributes.remove(&name),
        };
        let (was, is) = (now.as_deref(), own.get(&name).map(String::as_str));
        changes.push(NotedChange::of_attribute(kept.id.0, &name, was, is));
    }
    let text = attributes_text(&kept.attributes)?;
    tx.execute(CONTACT_UPDATE, (kept.id.0, text, at.0)).map(drop)
}
