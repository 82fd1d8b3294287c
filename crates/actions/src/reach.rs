//! What an address names, as the object of a right: the question that comes before every look and
//! every action.

use access::{Actor, Object, TopicScope};
use model::{CampaignId, CampaignNumber, ContactId, JobId, TopicId};
use store::{Campaign, Store, Topic};

use crate::{Refusal, RefusalKind};

/// The campaign with this number, and the object that it is.
///
/// # Errors
/// *Not found* when there is none; whether it is the actor's, [`Actor::may`] says.
pub async fn campaign(
    store: &Store,
    number: CampaignNumber,
) -> Result<(Campaign, Object), Refusal> {
    let id = store.campaign_by_number(number).await?.ok_or_else(no_campaign)?;
    campaign_with_id(store, id).await
}

/// The same by its id.
///
/// # Errors
/// As above.
pub async fn campaign_with_id(
    store: &Store,
    id: CampaignId,
) -> Result<(Campaign, Object), Refusal> {
    let found = store.campaign_find(id).await?.ok_or_else(no_campaign)?;
    let object = Object::Topic(found.topic);
    Ok((found, object))
}

/// The topic with this slug, and the object that it is.
///
/// # Errors
/// *Not found* when there is none.
pub async fn topic(store: &Store, slug: &str) -> Result<(Topic, Object), Refusal> {
    let found = store.topic_by_slug(slug.to_owned()).await?.ok_or_else(no_topic)?;
    let object = Object::Topic(found.id);
    Ok((found, object))
}

/// The object that a contact is for this actor: of one of their topics that the contact is or was
/// subscribed to. Whether there is such a contact is not asked for who is trusted with all topics.
///
/// # Errors
/// *Not found* when the contact has nothing to do with the actor's topics.
pub async fn contact(store: &Store, actor: &Actor, id: ContactId) -> Result<Object, Refusal> {
    let TopicScope::These(topics) = actor.topics() else { return Ok(Object::OwnTopics) };
    let slugs: Vec<String> =
        store.subscriptions_of(id).await?.into_iter().map(|it| it.topic).collect();
    let all = store.topics_list().await?;
    let shared = |topic: &&Topic| topics.contains(&topic.id) && slugs.contains(&topic.slug);
    let shared: Option<TopicId> = all.iter().find(shared).map(|topic| topic.id);
    shared.map(Object::Topic).ok_or_else(no_contact)
}

/// The contact into whom the one with this number was merged, when they are the actor's to know.
///
/// # Errors
/// When the store fails.
pub async fn merged_into(
    store: &Store,
    actor: &Actor,
    id: ContactId,
) -> Result<Option<ContactId>, Refusal> {
    let now = store.contact_now(id).await?.map(|contact| contact.id);
    let Some(kept) = now.filter(|kept| *kept != id) else { return Ok(None) };
    match contact(store, actor, kept).await {
        Ok(_) => Ok(Some(kept)),
        Err(refusal) if matches!(refusal.kind, RefusalKind::NotFound) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// The object that a job is for this actor: its topic's, or the installation's. What belongs to no
/// topic is as foreign to who is trusted with some as another topic's.
///
/// # Errors
/// *Not found* when there is none.
pub async fn job(store: &Store, actor: &Actor, id: JobId) -> Result<Object, Refusal> {
    let job = store.job_find(id).await?.ok_or_else(no_job)?;
    match (job.topic, actor.topics()) {
        (Some(topic), _) => Ok(Object::Topic(topic)),
        (None, TopicScope::All) => Ok(Object::Installation),
        (None, TopicScope::These(_)) => Err(no_job()),
    }
}

pub(crate) fn no_job() -> Refusal {
    Refusal::not_found("job_not_found", "There is no job with this number.")
}

pub(crate) fn no_campaign() -> Refusal {
    Refusal::not_found("campaign_not_found", "There is no campaign with this number.")
}

pub(crate) fn no_topic() -> Refusal {
    Refusal::not_found("topic_not_found", "There is no topic with this name.")
}

pub(crate) fn no_contact() -> Refusal {
    Refusal::not_found("contact_not_found", "There is no contact with this number.")
}
