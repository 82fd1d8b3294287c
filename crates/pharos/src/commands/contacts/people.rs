//! `pharos contacts show` and `list`: looking at people changes nothing.

use audience::ContactFilter;
use model::{AddressCode, EmailAddress};
use store::{Contact, DeliveryOf, KeptRemoval, Scope, StoreError, Topic};

use super::topic_by_slug;
use crate::cli::{ContactsFilter, MailedOnly};
use crate::installation::Installation;
use crate::telemetry::{note, say};

/// Prints everything that is kept about one person.
pub(super) async fn show(installation: &Installation, address: &str) -> anyhow::Result<()> {
    let email = EmailAddress::parse(address)?;
    let store = &installation.store;
    let hash = installation.keys.address_hash(&email.key());
    let suppression = store.suppression_find(email.key(), hash).await?;
    let kept = store.kept_removals_of(AddressCode::of(&hash)).await?;
    let contact = store.contact_by_email(email).await?;
    anyhow::ensure!(
        contact.is_some() || suppression.is_some() || !kept.is_empty(),
        "there is no contact with this address, and it is not suppressed"
    );
    if let Some(contact) = &contact {
        show_contact(installation, contact).await?;
    } else {
        say("There is no contact with this address.");
    }
    if let Some((reason, at)) = suppression {
        say(format_args!("suppressed   since {}: {reason}", at.readable()));
    }
    if !kept.is_empty() {
        let topics = store.topics_list().await?;
        for KeptRemoval { scope, source, at, .. } in kept {
            let what = left(scope, &topics);
            say(format_args!(
                "left         {what} on {}: {source}; an import will respect that",
                at.readable()
            ));
        }
    }
    Ok(())
}

async fn show_contact(installation: &Installation, contact: &Contact) -> anyhow::Result<()> {
    let store = &installation.store;
    say(format_args!("address      {}", contact.email));
    say(format_args!("number       {}", contact.id));
    say(format_args!("kept since   {}", contact.created_at.readable()));
    for (name, value) in &contact.attributes {
        say(format_args!("attribute    {name}: {value}"));
    }
    for it in store.subscriptions_of(contact.id).await? {
        let (topic, state) = (it.topic, it.state.as_str());
        say(format_args!("topic        {topic}: {state} since {}", it.changed_at.readable()));
    }
    let topics = store.topics_list().await?;
    for consent in store.contact_consents(contact.id).await? {
        let topic = left(consent.topic.map_or(Scope::Everything, Scope::Topic), &topics);
        let act = if consent.granted { "agreed to" } else { "left" };
        let (at, source) = (consent.at.readable(), consent.source);
        say(format_args!("consent      {act} {topic} on {at}: {source}"));
    }
    for delivery in store.deliveries_of(contact.id).await? {
        say(format_args!("campaign     {}", told(&delivery)));
    }
    Ok(())
}

/// The slug of a topic, or everything.
fn left(scope: Scope, topics: &[Topic]) -> &str {
    let Scope::Topic(id) = scope else { return "everything" };
    let topic = topics.iter().find(|topic| topic.id == id);
    topic.map_or("a topic", |topic| topic.slug.as_str())
}

/// `3 (Autumn): sent on ..., viewed, clicked`
fn told(delivery: &DeliveryOf) -> String {
    let mut text =
        format!("{} ({}): {}", delivery.campaign, delivery.name, delivery.state.as_str());
    if let Some(at) = delivery.ended_at {
        text.push_str(&format!(" on {}", at.readable()));
    }
    if let Some(reply) = delivery.reply.as_deref().filter(|reply| !reply.is_empty()) {
        text.push_str(&format!(", {reply}"));
    }
    let did = [
        (delivery.viewed, "viewed"),
        (delivery.clicked, "clicked"),
        (delivery.left_at.is_some(), "unsubscribed"),
    ];
    for (_, what) in did.into_iter().filter(|(done, _)| *done) {
        text.push_str(&format!(", {what}"));
    }
    text
}

/// Prints a line for each of the first contacts.
pub(super) async fn list(
    installation: &Installation,
    filter: ContactsFilter,
    limit: u32,
) -> anyhow::Result<()> {
    let filter = meant(installation, filter).await?;
    let mut left = limit;
    let each = |contact: store::ListedContact| {
        if left == 0 {
            note(format_args!("There are more: raise --limit, or use `pharos contacts export`."));
            return Ok(false);
        }
        left -= 1;
        let status = audience::mail_status(&contact, &filter);
        say(format_args!("{:<40}  {status}", contact.email));
        Ok(true)
    };
    audience::each_contact::<StoreError>(&installation.store, &filter, each).await?;
    if left == limit {
        note("No contacts.");
    }
    Ok(())
}

pub(super) async fn meant(
    installation: &Installation,
    filter: ContactsFilter,
) -> anyhow::Result<ContactFilter> {
    if let Some(slug) = &filter.topic {
        topic_by_slug(&installation.store, slug).await?;
    }
    let mailed = filter.only.map(|only| only == MailedOnly::Mailed);
    Ok(ContactFilter { topic: filter.topic, mailed })
}
