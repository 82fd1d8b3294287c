//! What is done with topics.

use access::{Object, TopicScope};
use audience::TopicProblem;
use model::{Right, TopicId};
use serde_json::json;
use store::AuditObject;

use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// Names a topic; creates it if there is none with this slug, which needs the right on the whole
/// installation.
///
/// # Errors
/// When slug or name can't be used.
pub async fn topic_set(
    resources: &Resources,
    call: &Call,
    slug: &str,
    name: &str,
) -> Result<TopicId, Refusal> {
    let store = &resources.store;
    let known = match reach::topic(store, slug).await {
        Ok((_, object)) => Some(object),
        Err(Refusal { kind: RefusalKind::NotFound, .. }) => None,
        Err(refusal) => return Err(refusal),
    };
    let permit = match (known, call.actor.topics()) {
        (Some(object), _) => {
            // A foreign one in the same words as none.
            call.permit(Right::TopicsWrite, object).map_err(|refusal| match refusal.kind {
                RefusalKind::NotFound => reach::no_topic(),
                _ => refusal,
            })?
        }
        // As for a foreign one: that there is none is not theirs to know.
        (None, TopicScope::These(_)) => {
            call.permit(Right::TopicsWrite, Object::OwnTopics)?;
            return Err(reach::no_topic());
        }
        (None, TopicScope::All) => call.permit(Right::TopicsWrite, Object::Installation)?,
    };
    let (object, after) = (AuditObject::new("topic", slug), json!({ "name": name.trim() }));
    let named = call.acting(&permit, store, "topic.set", object, Some(after));
    Ok(audience::topic_ensure(&named, slug, name).await?)
}

/// Opens or closes the public archive of a topic.
///
/// # Errors
/// When there is no such topic.
pub async fn topic_archive(
    resources: &Resources,
    call: &Call,
    slug: &str,
    open: bool,
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (topic, object) = reach::topic(store, slug).await?;
    let permit = call.permit(Right::TopicsWrite, object)?;
    let (object, after) = (AuditObject::new("topic", slug), json!({ "archive_open": open }));
    let named = call.acting(&permit, store, "topic.archive", object, Some(after));
    Ok(named.topic_archive_set(topic.id, open).await?)
}

impl From<TopicProblem> for Refusal {
    fn from(problem: TopicProblem) -> Self {
        let words = problem.to_string();
        match problem {
            TopicProblem::BadSlug(..) => Self::of_field("/slug", "slug", words),
            TopicProblem::NoName(_) => Self::of_field("/name", "name", words),
            TopicProblem::Store(error) => error.into(),
        }
    }
}
