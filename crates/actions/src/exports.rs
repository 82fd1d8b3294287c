//! Contacts as a file to take away.
//!
//! Invariants: who may see contacts may take them away, those of their topics; that is in the audit log
//! when it is asked for, when the file is whole, and each time that it leaves; then it is in the disclosure
//! register as well.

use access::{Object, Permit, TopicScope};
use audience::{EXPORT_JOB, ExportSpec};
use model::{DisclosureKind, JobId, Right, TopicId};
use store::{AuditObject, ContactQuery, NewJob, Store};

use crate::{Call, DisclosureWish, Refusal, Resources, reach};

/// Lets a node write the contacts that match to a file. Whoever is trusted with several topics has to
/// name one of them.
///
/// # Errors
/// When the topic is none of the actor's, or the recipient may not get it.
pub async fn export_begin(
    resources: &Resources,
    call: &Call,
    query: ContactQuery,
    wish: DisclosureWish,
) -> Result<JobId, Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsRead, Object::OwnTopics)?;
    let (topic, topics) = scope_of(store, &permit, query.topic.as_deref()).await?;
    let spec = ExportSpec { query, topics };
    wish.check(store, call, DisclosureKind::ContactsFile).await?;
    let new = NewJob {
        kind: EXPORT_JOB,
        actor: call.actor.record(),
        topic,
        title: "contacts.csv".to_owned(),
        spec: wish.within(&spec.to_json()),
        of: None,
    };
    let object = AuditObject::of_kind("job");
    let mut logged = spec.logged();
    if let Some(notice) = wish.notice {
        logged["notice"] = notice.0.into();
    }
    let named = call.acting(&permit, store, "contacts.export", object, Some(logged));
    // Looked at twice: once for the columns, once for the lines.
    let total = store.contacts_count().await?.saturating_mul(2);
    Ok(named.job_ask(new, total, call.at).await?)
}

/// The topic that a job about contacts belongs to, and the topics whose contacts it reaches. Whoever is
/// trusted with several topics has to name one of them.
pub(crate) async fn scope_of(
    store: &Store,
    permit: &Permit,
    slug: Option<&str>,
) -> Result<(Option<TopicId>, TopicScope), Refusal> {
    let scope = permit.topics();
    let no_topic =
        || Refusal::of_field("/topic", "topic_not_found", "There is no topic with this name.");
    let asked = match slug {
        Some(slug) => {
            let (topic, _) = reach::topic(store, slug).await.map_err(|_| no_topic())?;
            Some(topic.id).filter(|id| scope.contains(*id)).ok_or_else(no_topic).map(Some)?
        }
        None => None,
    };
    // The job is for everybody who is trusted with its topic, and so it holds nothing of others.
    let topic = match (&scope, asked) {
        (TopicScope::All, _) => None,
        (TopicScope::These(_), Some(topic)) => Some(topic),
        (TopicScope::These(topics), None) => match topics.as_slice() {
            [only] => Some(*only),
            _ => {
                let words = "Choose one of your topics.";
                return Err(Refusal::of_field("/topic", "topic_missing", words));
            }
        },
    };
    let topics = topic.map_or(TopicScope::All, |topic| TopicScope::These(vec![topic]));
    Ok((topic, topics))
}
