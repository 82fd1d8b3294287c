//! Contacts who are one person: finding them, merging them, taking that back.
//!
//! Invariant: a merge touches what belongs to every topic, so it needs the right on the whole installation.

use std::collections::BTreeSet;

use access::Object;
use audience::Duplicates;
use model::{ContactId, EmailAddress, Right};
use serde_json::json;
use store::{Contact, ContactMerge, MergePlan, MergeWish};

use crate::contacts::of_contact;
use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// Contacts who may be one person, among some of those after `after`.
///
/// # Errors
/// When the caller is not trusted with all topics.
pub async fn contact_duplicates(
    resources: &Resources,
    call: &Call,
    after: Option<ContactId>,
) -> Result<Duplicates, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    let after = after.unwrap_or(ContactId(i64::MIN));
    Ok(audience::duplicates(&resources.store, after).await?)
}

/// What merging `other` into `keep` would do, with the other's value of the attributes to `take`.
///
/// # Errors
/// When one of them is not there, or they are the same.
pub async fn contact_merge_plan(
    resources: &Resources,
    call: &Call,
    (keep, other): (ContactId, ContactId),
    take: &[String],
) -> Result<MergePlan, Refusal> {
    call.permit(Right::ContactsWrite, Object::Installation)?;
    if keep == other {
        return Err(model::ContactRefused::Same.into());
    }
    let take: BTreeSet<String> = take.iter().cloned().collect();
    let found = resources.store.contact_merge_plan(keep, other, take.clone()).await?;
    let plan = found.ok_or_else(reach::no_contact)?;
    check_taken(&plan, &take)?;
    Ok(plan)
}

/// Merges `other` into `keep`.
///
/// # Errors
/// As [`contact_merge_plan`]; while a campaign has one of them.
pub async fn contact_merge(
    resources: &Resources,
    call: &Call,
    (keep, other): (ContactId, ContactId),
    take: &[String],
) -> Result<MergePlan, Refusal> {
    let plan = contact_merge_plan(resources, call, (keep, other), take).await?;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let keys = &resources.keys;
    let hash = |of: &Contact| keys.address_hash(&of.email.key());
    let hashes = (hash(&plan.keep), hash(&plan.other));
    let wish = MergeWish { keep, other, take: take.iter().cloned().collect(), hashes };
    let after = Some(json!({ "other": other.to_string(), "take": take }));
    let store = &resources.store;
    let named = call.acting(&permit, store, "contact.merge", of_contact(Some(keep)), after);
    Ok(named.contact_merge(wish, call.at).await?)
}

/// Who was merged into a contact.
///
/// # Errors
/// When the caller is not trusted with all topics.
pub async fn contact_merges(
    resources: &Resources,
    call: &Call,
    kept: ContactId,
) -> Result<Vec<ContactMerge>, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    Ok(resources.store.contact_merges(kept).await?)
}

/// Takes a merge back: the contact who was merged is there again.
///
/// # Errors
/// When there was no such merge, or it is too late.
pub async fn contact_unmerge(
    resources: &Resources,
    call: &Call,
    kept: ContactId,
    other: ContactId,
) -> Result<Contact, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let merges = store.contact_merges(kept).await?;
    let merge = merges.into_iter().find(|it| it.other == other).ok_or_else(|| {
        let words = "This contact was not merged into that one.";
        Refusal::new(RefusalKind::Conflict, "merge_not_found", words)
    })?;
    let email = EmailAddress::parsed_before(&merge.other_email);
    let key = email.map_or_else(|_| merge.other_email.to_lowercase(), |it| it.key());
    let hash = resources.keys.address_hash(&key);
    let after = Some(json!({ "other": other.to_string() }));
    let named = call.acting(&permit, store, "contact.unmerge", of_contact(Some(kept)), after);
    Ok(named.contact_unmerge(other, hash, call.at).await?)
}

/// Names that none of both has an attribute by are a slip.
fn check_taken(plan: &MergePlan, take: &BTreeSet<String>) -> Result<(), Refusal> {
    let is_known =
        |name: &&String| !plan.attributes.iter().any(|it| it.name == **name && it.other.is_some());
    match take.iter().find(is_known) {
        Some(name) => {
            let words =
                format!("{:?} has no attribute {name:?} to take.", plan.other.id.to_string());
            Err(Refusal::of_field("/take", "attribute", words))
        }
        None => Ok(()),
    }
}
