//! Which contacts are meant, and what they are to us in a word.

use model::{SubscriptionState, TagName};
use store::ListedContact;

#[derive(Debug, Clone, Default)]
pub struct ContactFilter {
    /// Only those who are or were subscribed to the topic with this slug.
    pub topic: Option<String>,
    /// Only those who get mail (of that topic, if there is one), or only those who don't.
    pub mailed: Option<bool>,
    /// Only those who have this tag.
    pub tag: Option<TagName>,
}

impl ContactFilter {
    #[must_use]
    pub fn takes(&self, contact: &ListedContact) -> bool {
        if self.tag.as_ref().is_some_and(|tag| !contact.has_tag(tag)) {
            return false;
        }
        let subscribed = |state| state == SubscriptionState::Subscribed;
        let state = self.topic.as_ref().map(|topic| contact.subscriptions.get(topic).copied());
        let wants = match state {
            Some(None) => return false,
            Some(Some(state)) => subscribed(state),
            None => contact.subscriptions.values().copied().any(subscribed),
        };
        let mailed = wants && contact.suppression.is_none();
        self.mailed.is_none_or(|only| only == mailed)
    }
}

/// Why a contact gets no mail, or that they do, in a word that an import understands.
#[must_use]
pub fn mail_status<'c>(contact: &'c ListedContact, filter: &ContactFilter) -> &'c str {
    let everybody = || ContactFilter { topic: filter.topic.clone(), mailed: None, tag: None };
    let mailed = ContactFilter { mailed: Some(true), ..everybody() };
    match &contact.suppression {
        Some(reason) => reason,
        None if mailed.takes(contact) => "subscribed",
        None if contact.subscriptions.is_empty() => "none",
        None => "unsubscribed",
    }
}
