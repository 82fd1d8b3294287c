//! What is done with tags.
//!
//! Invariant: whoever may change a contact may tag them, as they may change other values; a tag as such
//! belongs to the contacts of all topics, so listing, renaming and removing tags needs the right on the
//! whole installation.

use access::Object;
use audience::{ExportSpec, TAG_JOB, TagSpec};
use model::{ContactId, JobId, Right, TagName, TagProblem};
use serde_json::json;
use store::{AuditObject, ContactQuery, CountedTag, NewJob, StoreError, TagChange};

use crate::contacts::{of_contact, of_one};
use crate::{Call, Refusal, RefusalKind, Resources, exports};

/// Tags of one request.
const AT_ONCE: usize = 100;

/// Gives a contact tags and takes others away; false when that was so before.
///
/// # Errors
/// When a tag can't be used, there is no such contact, or there would be too many.
pub async fn contact_tag(
    resources: &Resources,
    call: &Call,
    id: ContactId,
    add: &[String],
    remove: &[String],
) -> Result<bool, Refusal> {
    let store = &resources.store;
    let change = TagChange { add: names("/add", add)?, remove: names("/remove", remove)? };
    let permit = of_one(store, call, id).await?;
    let after = json!({ "add": add.len(), "remove": remove.len() });
    let named = call.acting(&permit, store, "contact.tag", of_contact(Some(id)), Some(after));
    Ok(named.contact_tags_change(id, change, call.at).await?)
}

/// Lets a node give tags to the contacts that match, and take others away. Whoever is trusted with several
/// topics has to name one of them.
///
/// # Errors
/// When a tag can't be used, there is none, or the topic is none of the actor's.
pub async fn contacts_tag(
    resources: &Resources,
    call: &Call,
    query: ContactQuery,
    add: &[String],
    remove: &[String],
) -> Result<JobId, Refusal> {
    let store = &resources.store;
    let change = TagChange { add: names("/add", add)?, remove: names("/remove", remove)? };
    if change == TagChange::default() {
        let words = "Name a tag to give or to take.";
        return Err(Refusal::of_field("/add", "tag", words));
    }
    let permit = call.permit(Right::ContactsWrite, Object::OwnTopics)?;
    let (topic, topics) = exports::scope_of(store, &permit, query.topic.as_deref()).await?;
    let whom = ExportSpec { query, topics };
    let mut told = whom.logged();
    told["add"] = change.add.len().into();
    told["remove"] = change.remove.len().into();
    let new = NewJob {
        kind: TAG_JOB,
        actor: call.actor.record(),
        topic,
        title: "contacts".to_owned(),
        spec: TagSpec { whom, change }.to_json(),
        of: None,
    };
    let object = AuditObject::of_kind("job");
    let named = call.acting(&permit, store, "contacts.tag", object, Some(told));
    let total = store.contacts_count().await?;
    Ok(named.job_ask(new, total, call.at).await?)
}

/// The tags with how many contacts have each.
///
/// # Errors
/// Without the right on the whole installation.
pub async fn tags(resources: &Resources, call: &Call) -> Result<Vec<CountedTag>, Refusal> {
    call.permit(Right::ContactsRead, Object::Installation)?;
    Ok(resources.store.tags_counted().await?)
}

/// Gives a tag another name.
///
/// # Errors
/// When there is none, or another one has the name.
pub async fn tag_rename(
    resources: &Resources,
    call: &Call,
    from: &str,
    to: &str,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let to = name("/name", to)?;
    let from = TagName::parse(from).map_err(|_| no_tag())?;
    let object = AuditObject::new("tag", &from);
    let after = json!({ "name": to.as_str() });
    let named = call.acting(&permit, store, "tag.rename", object, Some(after));
    match named.tag_rename(from, to).await {
        Err(StoreError::Exists(_)) => {
            let words = "There is another tag with this name.";
            Err(Refusal::new(RefusalKind::Conflict, "exists", words))
        }
        Err(StoreError::NotFound(_)) => Err(no_tag()),
        done => Ok(done?),
    }
}

/// Removes a tag; how many contacts had it. It is taken from them part by part: when it is interrupted,
/// the same call goes on. With `rehearsal` they are only counted.
///
/// # Errors
/// When there is none.
pub async fn tag_remove(
    resources: &Resources,
    call: &Call,
    tag: &str,
    rehearsal: bool,
) -> Result<i64, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let tag = TagName::parse(tag).map_err(|_| no_tag())?;
    let all = store.tags_counted().await?;
    let found = all.into_iter().find(|it| it.name.to_lowercase() == tag.key());
    let CountedTag { name, contacts } = found.ok_or_else(no_tag)?;
    if rehearsal {
        return Ok(contacts);
    }
    let object = AuditObject::new("tag", &name);
    let after = json!({ "contacts": contacts });
    let named = call.acting(&permit, store, "tag.remove", object, Some(after));
    let by = call.actor.record().name;
    while store.tag_clear(tag.clone(), by.clone(), call.at).await? > 0 {}
    match named.tag_remove(tag, call.at).await {
        Err(StoreError::NotFound(_)) => Err(no_tag()),
        done => Ok(done.map(|()| contacts)?),
    }
}

fn names(pointer: &str, texts: &[String]) -> Result<Vec<TagName>, Refusal> {
    if texts.len() > AT_ONCE {
        let words = format!("At most {AT_ONCE} tags at once.");
        return Err(Refusal::of_field(pointer, "too_many_tags", words));
    }
    let each = texts.iter().enumerate();
    each.map(|(index, text)| name(&format!("{pointer}/{index}"), text)).collect()
}

fn name(pointer: &str, text: &str) -> Result<TagName, Refusal> {
    TagName::parse(text).map_err(|problem| wrong(pointer, problem))
}

fn wrong(pointer: &str, problem: TagProblem) -> Refusal {
    Refusal::of_field(pointer, "tag", problem.to_string())
}

fn no_tag() -> Refusal {
    Refusal::not_found("tag_not_found", "There is no tag with this name.")
}
