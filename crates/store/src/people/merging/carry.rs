//! Carries what is kept of one contact to another.

use model::{
    AddressCode, ConsentKind, ContactId, ContactRefused, Removal, SubscriptionState, Timestamp,
};
use serde_json::{Value, json};

use super::pauses;
use super::plan::plan;
use super::{
    MERGE_CHANGES, MERGE_CHANGES_MOVE, MERGE_CONSENTS, MERGE_CONSENTS_MOVE, MERGE_PUT,
    MERGE_REQUESTS, MERGE_REQUESTS_MOVE, MERGE_TAGS, MERGE_TOPIC_PUT, MERGE_TRACKING_SET,
    MERGES_REPOINT, MergePlan, MergeWish, SOURCE, Topics, ids, topics_of,
};
use crate::StoreError;
use crate::engine::tx::Tx;
use crate::merged_numbers;
use crate::people::account;
use crate::people::contact_changes::{NotedChange, note};
use crate::people::contacts::{CONTACT_LOCK, attributes_text, contact};
use crate::people::erasure::{CONTACT_ERASE, SUBSCRIPTIONS_ERASE};
use crate::people::import::CONTACT_UPDATE;
use crate::people::kept_removals::KEPT_INSERT;
use crate::people::leaving::{Act, SUPPRESSION_INSERT, SUPPRESSION_STRENGTHEN, enter};
use crate::people::sharing_words::{self, SharingWord};
use crate::people::tags::{CONTACT_TAG_HAS, CONTACT_TAG_PUT, CONTACT_TAGS_ERASE};
use crate::people::tracking_words::TRACKING_CONSENT_INSERT;

pub(super) fn merge(tx: &Tx<'_>, wish: &MergeWish, at: Timestamp) -> Result<MergePlan, StoreError> {
    let MergeWish { keep, other, take, hashes } = wish;
    if keep == other {
        return Err(ContactRefused::Same.into());
    }
    // In the order of their numbers, so that two merges of the same ones don't wait for each other.
    for id in [keep.min(other), keep.max(other)] {
        let found = tx.first(CONTACT_LOCK, [id.0], contact)?;
        found.ok_or(StoreError::NotFound("contact"))?;
    }
    let found = plan(tx, (*keep, *other), take)?;
    let mut plan = found.ok_or(StoreError::NotFound("contact"))?;
    if let Some((_, name)) = plan.campaigns.first() {
        return Err(ContactRefused::InCampaign(name.clone()).into());
    }
    let (own, theirs) = (topics_of(tx, *keep)?, topics_of(tx, *other)?);
    let merges = merged_numbers::numbers(tx, *other)?.into_iter().skip(1).map(|it| it.0);
    let [own_pause, other_pause] = pauses::carry(tx, *keep, *other)?;
    let before = json!({
        "kept_id": keep.0,
        "kept_pause": own_pause,
        "other_pause": other_pause,
        "other": told(&plan.other, plan.tracking[1].map(model::TrackingMode::code)),
        "other_topics": told_topics(&theirs),
        "other_tags": ids(tx, MERGE_TAGS, *other)?,
        "kept": told(&plan.keep, plan.tracking[0].map(model::TrackingMode::code)),
        "kept_topics": told_topics(&own),
        "kept_tags": ids(tx, MERGE_TAGS, *keep)?,
        "merged": plan.attributes.iter().map(|it| (it.name.clone(), it.result.clone().into()))
            .collect::<serde_json::Map<String, Value>>(),
        "merged_tracking": plan.tracking[2].map(model::TrackingMode::code),
        "suppressed": plan.suppressions[2].clone().filter(|_| plan.suppressions[0] != plan.suppressions[2]),
        "suppressed_before": plan.suppressions[0],
        "consents": ids(tx, MERGE_CONSENTS, *other)?,
        "changes": ids(tx, MERGE_CHANGES, *other)?,
        "requests": ids(tx, MERGE_REQUESTS, *other)?,
        "merges": merges.collect::<Vec<_>>(),
    });
    let at = Timestamp(at.0.max(plan.keep.updated_at.0 + 1));
    let mut changes = Vec::new();
    let said_no = [*keep, *other].map(|it| sharing_words::last(tx, it));
    move_rows(tx, wish, &mut changes)?;
    keep_objection(tx, *keep, said_no, at)?;
    write_values(tx, &mut plan, &mut changes, at)?;
    write_topics(tx, &plan, &own, at)?;
    suppress(tx, &plan, hashes.0, at)?;
    keep_removals(tx, &plan, hashes.1, at)?;
    close(tx, wish, &plan, &before, at)?;
    let (keep, email) = (keep.0, plan.other.email.as_str());
    changes.push(NotedChange::of_merge(keep, email));
    note(tx, &tx.actor(), &changes, at)?;
    tx.bump_removals()?;
    Ok(plan)
}

fn told(it: &crate::Contact, tracking: Option<i64>) -> Value {
    json!({
        "email": it.email.as_str(),
        "attributes": it.attributes,
        "created_at": it.created_at.0,
        "updated_at": it.updated_at.0,
        "tracking": tracking,
    })
}

fn told_topics(topics: &Topics) -> Vec<Value> {
    topics.iter().map(|(topic, (state, at))| json!([topic, state.as_str(), at])).collect()
}

/// What belongs to the person and has one of the two numbers.
fn move_rows(
    tx: &Tx<'_>,
    wish: &MergeWish,
    changes: &mut Vec<NotedChange>,
) -> Result<(), StoreError> {
    let (from, to) = (wish.other.0, wish.keep.0);
    for moved in [MERGE_CONSENTS_MOVE, MERGE_CHANGES_MOVE, MERGE_REQUESTS_MOVE, MERGES_REPOINT] {
        tx.execute(moved, (from, to))?;
    }
    for tag in ids(tx, MERGE_TAGS, wish.other)? {
        if tx.execute(CONTACT_TAG_PUT, (to, tag))? > 0 {
            let name = tx.one(super::taken_back::TAG_NAME, [tag], |row| row.get::<String>(0))?;
            changes.push(NotedChange::of_tag(to, &name, true));
        } else if tx.first(CONTACT_TAG_HAS, (to, tag), |_| Ok(()))?.is_none() {
            return Err(ContactRefused::TooManyTags.into());
        }
    }
    tx.execute(CONTACT_TAGS_ERASE, [from]).map(drop)
}

/// A no of either to being shared is the person's.
fn keep_objection(
    tx: &Tx<'_>,
    contact: ContactId,
    words: [Result<Option<bool>, StoreError>; 2],
    at: Timestamp,
) -> Result<(), StoreError> {
    let [own, theirs] = words;
    if own? == Some(false) || theirs? == Some(false) {
        let source = SOURCE.to_owned();
        let word = SharingWord { contact, granted: false, source, campaign: None, at };
        sharing_words::say(tx, &word)?;
    }
    Ok(())
}

fn write_values(
    tx: &Tx<'_>,
    plan: &mut MergePlan,
    changes: &mut Vec<NotedChange>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let id = plan.keep.id.0;
    for it in &plan.attributes {
        if it.keep.as_deref() != Some(it.result.as_str()) {
            let (before, after) = (it.keep.as_deref(), Some(it.result.as_str()));
            changes.push(NotedChange::of_attribute(id, &it.name, before, after));
        }
        plan.keep.attributes.insert(it.name.clone(), it.result.clone());
    }
    plan.keep.updated_at = at;
    tx.execute(CONTACT_UPDATE, (id, attributes_text(&plan.keep.attributes)?, at.0))?;
    let [own, _, result] = plan.tracking;
    if let Some(mode) = result.filter(|_| own != result) {
        tx.execute(MERGE_TRACKING_SET, (id, mode.code()))?;
        let granted = mode == model::TrackingMode::Identified;
        let (kind, nothing) = (ConsentKind::Tracking.as_str(), None::<i64>);
        let values = (id, kind, granted, SOURCE, nothing, at.0, mode.code(), None::<&str>);
        tx.execute(TRACKING_CONSENT_INSERT, values)?;
    }
    Ok(())
}

/// The kept one's topics; what ends by it has its entry in the ledger.
fn write_topics(
    tx: &Tx<'_>,
    plan: &MergePlan,
    own: &Topics,
    at: Timestamp,
) -> Result<(), StoreError> {
    let contact = plan.keep.id;
    for it in &plan.topics {
        if it.keep == Some(it.result) {
            continue;
        }
        tx.execute(MERGE_TOPIC_PUT, (it.topic.0, contact.0, it.result.as_str(), at.0))?;
        if it.result == SubscriptionState::Unsubscribed && own.contains_key(&it.topic.0) {
            let act = Act { contact, source: SOURCE, campaign: None, at };
            enter(tx, &act, Some(it.topic), false)?;
        }
    }
    Ok(())
}

fn suppress(
    tx: &Tx<'_>,
    plan: &MergePlan,
    hash: [u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let [own, _, result] = &plan.suppressions;
    let Some(reason) = result.as_ref().filter(|_| own != result) else { return Ok(()) };
    let key = plan.keep.email.key();
    tx.execute(SUPPRESSION_INSERT, (hash, &key, reason, at.0))?;
    tx.execute(SUPPRESSION_STRENGTHEN, (&key, reason, at.0))?;
    // By their source an operator's decision and a complaint are told from a person's wish.
    let source = match reason.as_str() {
        "manual" => Removal::Operator.as_str(),
        "complaint" => Removal::Complaint.as_str(),
        _ => SOURCE,
    };
    let act = Act { contact: plan.keep.id, source, campaign: None, at };
    enter(tx, &act, None, false)
}

/// What the other one has left is kept for their address, should somebody import it again; what suppresses
/// the address stays as it is.
fn keep_removals(
    tx: &Tx<'_>,
    plan: &MergePlan,
    hash: [u8; 32],
    at: Timestamp,
) -> Result<(), StoreError> {
    let code = AddressCode::of(&hash);
    for it in &plan.topics {
        if it.other == Some(SubscriptionState::Unsubscribed) {
            let values = (&code.0[..], it.topic.0, SOURCE, None::<i64>, at.0);
            tx.execute(KEPT_INSERT, values)?;
        }
    }
    Ok(())
}

/// The other one is no contact any more.
fn close(
    tx: &Tx<'_>,
    wish: &MergeWish,
    plan: &MergePlan,
    before: &Value,
    at: Timestamp,
) -> Result<(), StoreError> {
    let other: ContactId = wish.other;
    tx.execute(SUBSCRIPTIONS_ERASE, [other.0])?;
    account::close(tx, other.0)?;
    tx.execute(CONTACT_ERASE, [other.0])?;
    let values = (
        other.0,
        wish.keep.0,
        plan.other.email.as_str(),
        wish.hashes.1,
        tx.actor(),
        at.0,
        before.to_string(),
    );
    tx.execute(MERGE_PUT, values).map(drop)
}
