//! What can be done with a contact, as their page offers it.
//!
//! Invariant: only what somebody may do is offered, and topics are those that they are trusted with;
//! whether it is done is decided again when the form comes back.

use model::{Right, SubscriptionState, TopicScope};
use store::{ContactProfile, Topic};

use crate::admin::page::choice::{Choice, all_topics, topic_choice};
use crate::admin::page::form::new_key;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

pub(crate) struct ContactActs {
    pub(crate) key: String,
    /// What reaches beyond single topics is offered.
    pub(crate) beyond_topics: bool,
    pub(crate) is_suppressed: bool,
    /// Topics that they can be subscribed to.
    pub(crate) to_join: Vec<Choice>,
    /// Topics that they can be unsubscribed from.
    pub(crate) to_leave: Vec<Choice>,
    /// Typed before it was refused.
    pub(crate) proof: String,
}

impl ContactActs {
    /// Nothing for who may not change contacts.
    pub(crate) async fn of(
        admitted: &Admitted,
        parts: &AdminParts,
        profile: &ContactProfile,
        typed: (&str, &str),
    ) -> Result<Option<Self>, PageProblem> {
        if !admitted.can(Right::ContactsWrite) {
            return Ok(None);
        }
        let (topic, proof) = typed;
        let scope = admitted.topics();
        let topics = all_topics(parts).await?;
        let own: Vec<&Topic> = topics.iter().filter(|topic| scope.contains(topic.id)).collect();
        let state = |slug: &str| {
            profile.subscriptions.iter().find(|it| it.topic == slug).map(|it| it.state)
        };
        let choices = |wanted: &dyn Fn(Option<SubscriptionState>) -> bool| -> Vec<Choice> {
            let found = own.iter().filter(|it| wanted(state(&it.slug)));
            found.map(|it| topic_choice(it, it.slug == topic)).collect()
        };
        let is_suppressed = profile.suppression.is_some();
        let gets = |state| matches!(state, Some(SubscriptionState::Subscribed));
        let may_join = |state| matches!(state, None | Some(SubscriptionState::Pending));
        Ok(Some(Self {
            key: new_key()?,
            beyond_topics: scope == TopicScope::All,
            is_suppressed,
            to_join: choices(&|state| !is_suppressed && may_join(state)),
            to_leave: choices(&gets),
            proof: proof.to_owned(),
        }))
    }
}
