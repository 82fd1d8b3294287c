//! A contact as a line of the list.

use std::collections::BTreeMap;

use audience::ContactFilter;
use model::{ContactId, SubscriptionState};
use store::{ListedContact, Topic};

/// Topics named for each contact of a list.
const TOPICS_NAMED: usize = 4;

pub(super) struct ContactLine {
    pub(super) id: ContactId,
    pub(super) address: String,
    pub(super) name: String,
    pub(super) state: &'static str,
    pub(super) reason: String,
    pub(super) topics: String,
    pub(super) tags: String,
}

impl ContactLine {
    pub(super) fn new(contact: &ListedContact, topics: &[Topic]) -> Self {
        let (state, reason) = standing(contact);
        Self {
            id: contact.id,
            address: contact.email.clone(),
            name: name_of(&contact.attributes),
            state,
            reason,
            topics: topics_of(contact, topics),
            tags: contact.tags.join(", "),
        }
    }
}

/// Whether they get mail, or why not.
fn standing(contact: &ListedContact) -> (&'static str, String) {
    match (&contact.suppression, audience::mail_status(contact, &ContactFilter::default())) {
        (Some(reason), _) => ("suppressed", reason.clone()),
        (None, "subscribed") => ("subscribed", String::new()),
        (None, "none") => ("no topic", String::new()),
        (None, _) => ("unsubscribed", String::new()),
    }
}

/// The topics they get, a few of them by name.
fn topics_of(contact: &ListedContact, topics: &[Topic]) -> String {
    let gets = |slug: &str| contact.subscriptions.get(slug) == Some(&SubscriptionState::Subscribed);
    let names: Vec<&str> =
        topics.iter().filter(|topic| gets(&topic.slug)).map(|topic| topic.name.as_str()).collect();
    match names.len() {
        0..=TOPICS_NAMED => names.join(", "),
        more => {
            let named: Vec<&str> = names.into_iter().take(TOPICS_NAMED).collect();
            format!("{} and {} more", named.join(", "), more - TOPICS_NAMED)
        }
    }
}

/// What people call them, as far as the attributes tell; empty otherwise.
pub(super) fn name_of(attributes: &BTreeMap<String, String>) -> String {
    let value = |name: &str| attributes.get(name).map(|value| value.trim());
    if let Some(name) = value("name").or_else(|| value("full_name")) {
        return name.to_owned();
    }
    let parts = [value("first_name"), value("last_name")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ").trim().to_owned()
}
