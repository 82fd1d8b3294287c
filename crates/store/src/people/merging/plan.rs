//! What comes of two contacts who are one person.
//!
//! Invariant: it is the same before a merge, for whoever decides about it, and in its transaction.

use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, ContactId, SubscriptionState, SuppressionReason, TopicId, TrackingMode};

use super::{MERGE_CAMPAIGNS, MERGE_TRACKING, MergePlan, MergedTopic, MergedValue, topics_of};
use crate::StoreError;
use crate::engine::tx::Tx;
use crate::people::contacts::{CONTACT_FIND, contact};
use crate::people::leaving::SUPPRESSION_REASON;
use crate::people::tags::CONTACT_TAGS;
use crate::tracking;

pub(super) fn plan(
    tx: &Tx<'_>,
    (keep, other): (ContactId, ContactId),
    take: &BTreeSet<String>,
) -> Result<Option<MergePlan>, StoreError> {
    let Some(kept) = tx.first(CONTACT_FIND, [keep.0], contact)? else { return Ok(None) };
    let Some(merged) = tx.first(CONTACT_FIND, [other.0], contact)? else { return Ok(None) };
    let reason = |key: String| -> Result<Option<String>, StoreError> {
        tx.first(SUPPRESSION_REASON, [&key], |row| row.get(0))
    };
    let (own, theirs) = (reason(kept.email.key())?, reason(merged.email.key())?);
    let suppression = suppressed(own.as_deref(), theirs.as_deref());
    let said = |id: ContactId| -> Result<Option<TrackingMode>, StoreError> {
        Ok(tx.first(MERGE_TRACKING, [id.0], |row| tracking::mode(row, 0))?.flatten())
    };
    let (before, theirs_said) = (said(keep)?, said(other)?);
    let mut tags: Vec<String> = tx.all(CONTACT_TAGS, [keep.0], |row| row.get(0))?;
    for tag in tx.all(CONTACT_TAGS, [other.0], |row| row.get::<String>(0))? {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let campaigns = tx.all(MERGE_CAMPAIGNS, (keep.0, other.0), |row| {
        Ok((CampaignId(row.get(0)?), row.get(1)?))
    })?;
    Ok(Some(MergePlan {
        attributes: values(&kept.attributes, &merged.attributes, take),
        topics: topics(tx, (keep, other), suppression.is_some())?,
        tracking: [before, theirs_said, least(before, theirs_said)],
        suppressions: [own, theirs, suppression],
        keep: kept,
        other: merged,
        tags,
        campaigns,
    }))
}

/// The least of what both have said; what one of them has said when the other has said nothing.
fn least(own: Option<TrackingMode>, theirs: Option<TrackingMode>) -> Option<TrackingMode> {
    match (own, theirs) {
        (Some(own), Some(theirs)) => Some(own.min(theirs)),
        (own, theirs) => own.or(theirs),
    }
}

/// Why the kept one must not be mailed then. Mail that comes back is about an address; everything else is
/// about the person.
fn suppressed(own: Option<&str>, theirs: Option<&str>) -> Option<String> {
    let lesser = SuppressionReason::Unsubscribed.as_str();
    let theirs = theirs.filter(|it| *it != SuppressionReason::HardBounce.as_str());
    match (own, theirs) {
        (Some(own), Some(theirs)) if own == lesser => Some(theirs.to_owned()),
        (own, theirs) => own.or(theirs).map(str::to_owned),
    }
}

/// The kept one's value counts, unless the other's is to be taken or it has none.
fn values(
    own: &BTreeMap<String, String>,
    theirs: &BTreeMap<String, String>,
    take: &BTreeSet<String>,
) -> Vec<MergedValue> {
    let names: BTreeSet<&String> = own.keys().chain(theirs.keys()).collect();
    let merged = |name: &String| {
        let (keep, other) = (own.get(name).cloned(), theirs.get(name).cloned());
        let taken = other.clone().filter(|_| take.contains(name) || keep.is_none());
        let result = taken.or_else(|| keep.clone()).unwrap_or_default();
        MergedValue { name: name.clone(), keep, other, result }
    };
    names.into_iter().map(merged).collect()
}

/// The least where both have an entry; who must not be mailed gets nothing.
fn topics(
    tx: &Tx<'_>,
    (keep, other): (ContactId, ContactId),
    is_suppressed: bool,
) -> Result<Vec<MergedTopic>, StoreError> {
    let (own, theirs) = (topics_of(tx, keep)?, topics_of(tx, other)?);
    let all: BTreeSet<i64> = own.keys().chain(theirs.keys()).copied().collect();
    let merged = |topic: i64| {
        let state = |of: &super::Topics| of.get(&topic).map(|(state, _)| *state);
        let (keep, other) = (state(&own), state(&theirs));
        let least = [keep, other].into_iter().flatten().min_by_key(|it| rank(*it));
        let left = SubscriptionState::Unsubscribed;
        let result = if is_suppressed { left } else { least.unwrap_or(left) };
        MergedTopic { topic: TopicId(topic), keep, other, result }
    };
    Ok(all.into_iter().map(merged).collect())
}

/// From no mail to mail.
const fn rank(state: SubscriptionState) -> u8 {
    match state {
        SubscriptionState::Unsubscribed => 0,
        SubscriptionState::Pending => 1,
        SubscriptionState::Subscribed => 2,
    }
}
