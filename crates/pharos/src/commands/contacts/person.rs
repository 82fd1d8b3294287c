//! `pharos contacts show`: everything that is kept about one person.

use std::collections::BTreeMap;

use anyhow::Context as _;
use model::{ConsentKind, ContactId, EmailAddress, Timestamp};
use serde::Deserialize;
use store::{DeliveryOf, Scope, Topic};

use crate::backend::Backend;
use crate::commands::visitor::ShownLink;
use crate::installation::{Installation, now};
use crate::remote::{RemoteClient, maybe_time, segment, time};
use crate::telemetry::say;

/// Everything that is kept about one person.
#[derive(Deserialize)]
pub(super) struct PersonRecord {
    contact: Option<PersonContact>,
    consents: Vec<PersonConsent>,
    deliveries: Vec<PersonDelivery>,
    /// An earlier release tells none.
    #[serde(default)]
    visitors: Vec<PersonVisitor>,
    suppression: Option<PersonSuppression>,
    removals: Vec<PersonRemoval>,
    /// An earlier release tells none.
    #[serde(default)]
    waiting_forms: Vec<PersonForm>,
    /// An earlier release tells none.
    #[serde(default)]
    merged: Vec<PersonMerge>,
}

/// Where a contact with the address went.
#[derive(Deserialize)]
struct PersonMerge {
    other: String,
    into: String,
    actor: String,
    #[serde(deserialize_with = "time")]
    at: Timestamp,
}

/// What was typed into a form and is not confirmed yet.
#[derive(Deserialize)]
struct PersonForm {
    form: String,
    attributes: BTreeMap<String, String>,
    #[serde(deserialize_with = "time")]
    at: Timestamp,
    #[serde(deserialize_with = "time")]
    until: Timestamp,
}

#[derive(Deserialize)]
struct PersonContact {
    id: String,
    email: String,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
    attributes: BTreeMap<String, String>,
    topics: Vec<PersonTopic>,
    /// An earlier release tells none.
    #[serde(default, deserialize_with = "maybe_time")]
    paused_until: Option<Timestamp>,
}

#[derive(Deserialize)]
struct PersonTopic {
    topic: String,
    state: String,
    #[serde(deserialize_with = "time")]
    changed_at: Timestamp,
}

#[derive(Deserialize)]
struct PersonConsent {
    /// The slug; nothing stands for every topic.
    topic: Option<String>,
    /// mail, tracking or sharing; an earlier release tells none.
    kind: Option<String>,
    granted: bool,
    /// The mode, in an entry about tracking; an earlier release tells none.
    tracking: Option<String>,
    /// The version of what they were told about it.
    notice: Option<String>,
    source: String,
    /// By what right, in an entry of an import; an earlier release tells none of these.
    basis: Option<String>,
    proof: Option<String>,
    given_at: Option<String>,
    given_ip: Option<String>,
    given_form: Option<String>,
    #[serde(deserialize_with = "time")]
    at: Timestamp,
}

#[derive(Deserialize)]
struct PersonDelivery {
    campaign: String,
    name: String,
    state: String,
    reply: Option<String>,
    #[serde(deserialize_with = "maybe_time")]
    ended_at: Option<Timestamp>,
    viewed: bool,
    clicked: bool,
    #[serde(deserialize_with = "maybe_time")]
    left_at: Option<Timestamp>,
}

/// A browser that is tied to them.
#[derive(Deserialize)]
struct PersonVisitor {
    visitor: String,
    #[serde(flatten)]
    link: ShownLink,
}

#[derive(Deserialize)]
struct PersonSuppression {
    reason: String,
    #[serde(deserialize_with = "time")]
    at: Timestamp,
}

#[derive(Deserialize)]
struct PersonRemoval {
    /// The slug; nothing stands for every topic.
    topic: Option<String>,
    source: String,
    #[serde(deserialize_with = "time")]
    at: Timestamp,
}

/// Prints everything that is kept about one person.
pub(super) async fn show(backend: &Backend, address: &str) -> anyhow::Result<()> {
    let email = EmailAddress::parse(address)?;
    let found = match backend {
        Backend::Local(installation) => kept_here(installation, email).await?,
        Backend::Remote(server) => kept_there(server, &email).await?,
    };
    let found = found.context("there is no contact with this address, and it is not suppressed")?;
    tell(&found);
    Ok(())
}

async fn kept_there(
    server: &RemoteClient,
    email: &EmailAddress,
) -> anyhow::Result<Option<PersonRecord>> {
    let path = format!("/api/v1/addresses/{}", segment(email.as_str()));
    match server.get(&path).await {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn kept_here(
    installation: &Installation,
    email: EmailAddress,
) -> anyhow::Result<Option<PersonRecord>> {
    let Installation { store, keys, .. } = installation;
    let Some(known) = audience::known_of(store, keys, email).await? else { return Ok(None) };
    let id = known.contact.as_ref().map_or(ContactId(0), |contact| contact.id);
    let visitors = store
        .contact_visitors(id)
        .await?
        .into_iter()
        .map(|it| PersonVisitor { visitor: it.visitor.to_string(), link: it.link.into() });
    let topics = store.topics_list().await?;
    let states = known.subscriptions.into_iter().map(|it| PersonTopic {
        topic: it.topic,
        state: it.state.as_str().to_owned(),
        changed_at: it.changed_at,
    });
    let states = states.collect();
    let paused_until = store.contact_paused_until(id, now()).await?;
    let contact = known.contact.map(|contact| PersonContact {
        id: contact.id.to_string(),
        email: contact.email.as_str().to_owned(),
        created_at: contact.created_at,
        attributes: contact.attributes,
        topics: states,
        paused_until,
    });
    let consents = known.consents.into_iter().map(|it| PersonConsent {
        topic: it.topic.map(|topic| slug(topic, &topics)),
        kind: Some(it.kind.as_str().to_owned()),
        granted: it.granted,
        tracking: it.tracking_word().map(str::to_owned),
        notice: it.notice,
        source: it.source,
        basis: it.basis.map(|basis| basis.as_str().to_owned()),
        proof: it.proof,
        given_at: it.given_at.map(Timestamp::rfc3339),
        given_ip: it.given_ip,
        given_form: it.given_form,
        at: it.at,
    });
    let removals = known.removals.into_iter().map(|it| PersonRemoval {
        topic: match it.scope {
            Scope::Everything => None,
            Scope::Topic(topic) => Some(slug(topic, &topics)),
        },
        source: it.source,
        at: it.at,
    });
    let joins = known.joins.into_iter().map(waiting);
    let suppression = known.suppression.map(|(reason, at)| PersonSuppression { reason, at });
    Ok(Some(PersonRecord {
        contact,
        consents: consents.collect(),
        visitors: visitors.collect(),
        deliveries: known.deliveries.into_iter().map(delivery).collect(),
        suppression,
        removals: removals.collect(),
        waiting_forms: joins.collect(),
        merged: known.merges.into_iter().map(merge).collect(),
    }))
}

fn merge(it: store::ContactMerge) -> PersonMerge {
    let (other, into) = (it.other.to_string(), it.kept.to_string());
    PersonMerge { other, into, actor: it.actor, at: it.merged_at }
}

fn waiting(it: store::Join) -> PersonForm {
    PersonForm { form: it.form, attributes: it.attributes, at: it.at, until: it.ends_at }
}

fn slug(id: model::TopicId, topics: &[Topic]) -> String {
    let topic = topics.iter().find(|topic| topic.id == id);
    topic.map_or("a topic", |topic| topic.slug.as_str()).to_owned()
}

fn delivery(delivery: DeliveryOf) -> PersonDelivery {
    PersonDelivery {
        campaign: delivery.campaign.to_string(),
        name: delivery.name,
        state: delivery.state.as_str().to_owned(),
        reply: delivery.reply,
        ended_at: delivery.ended_at,
        viewed: delivery.viewed,
        clicked: delivery.clicked,
        left_at: delivery.left_at,
    }
}

fn tell(record: &PersonRecord) {
    match &record.contact {
        Some(contact) => tell_contact(contact, record),
        None => say("There is no contact with this address."),
    }
    if let Some(PersonSuppression { reason, at }) = &record.suppression {
        say(format_args!("suppressed   since {}: {reason}", at.readable()));
    }
    for PersonRemoval { topic, source, at } in &record.removals {
        let what = topic.as_deref().unwrap_or("everything");
        say(format_args!(
            "left         {what} on {}: {source}; an import will respect that",
            at.readable()
        ));
    }
    for PersonMerge { other, into, actor, at } in &record.merged {
        say(format_args!(
            "merged       contact {other} with this address into contact {into}, on {} by {actor}",
            at.readable()
        ));
    }
    for PersonForm { form, attributes, at, until } in &record.waiting_forms {
        let typed: String = attributes.iter().map(|(name, it)| format!(", {name}: {it}")).collect();
        let (at, until) = (at.readable(), until.readable());
        say(format_args!(
            "form         {form} on {at}{typed}; not confirmed, and removed on {until}"
        ));
    }
}

fn tell_contact(contact: &PersonContact, record: &PersonRecord) {
    say(format_args!("address      {}", contact.email));
    say(format_args!("number       {}", contact.id));
    say(format_args!("kept since   {}", contact.created_at.readable()));
    for (name, value) in &contact.attributes {
        say(format_args!("attribute    {name}: {value}"));
    }
    for PersonTopic { topic, state, changed_at } in &contact.topics {
        say(format_args!("topic        {topic}: {state} since {}", changed_at.readable()));
    }
    if let Some(until) = contact.paused_until {
        say(format_args!("pauses       until {}", until.readable()));
    }
    for consent in &record.consents {
        say(format_args!("consent      {}", consent_told(consent)));
    }
    for delivery in &record.deliveries {
        say(format_args!("campaign     {}", told(delivery)));
    }
    for PersonVisitor { visitor, link } in &record.visitors {
        say(format_args!("browser      {visitor}: {}", link.told()));
    }
}

/// `agreed to news on ...: a form`, or `tracking: off, notice 2026-11, on ...: page`
fn consent_told(consent: &PersonConsent) -> String {
    let PersonConsent { topic, granted, tracking, notice, source, at, .. } = consent;
    let basis = basis_told(consent);
    let notice = notice.as_deref().map(|version| format!(", notice {version},"));
    let is_sharing = consent.kind.as_deref() == Some(ConsentKind::Sharing.as_str());
    let what = match (tracking, granted) {
        _ if is_sharing => {
            let word = if *granted { "yes" } else { "no" };
            let notice = consent.notice.as_deref().map(|it| format!(", {it},"));
            format!("sharing: {word}{}", notice.unwrap_or_default())
        }
        (Some(mode), _) => format!("tracking: {mode}{}", notice.unwrap_or_default()),
        (None, true) => format!("agreed to {}", topic.as_deref().unwrap_or("everything")),
        (None, false) => format!("left {}", topic.as_deref().unwrap_or("everything")),
    };
    format!("{what} on {}: {source}{basis}", at.readable())
}

/// `; basis consent, notice 2026-11, proof: the shop's records, given ..., from ..., by ...`
fn basis_told(consent: &PersonConsent) -> String {
    let Some(basis) = &consent.basis else { return String::new() };
    let known = [
        ("notice", &consent.notice),
        ("proof:", &consent.proof),
        ("given", &consent.given_at),
        ("from", &consent.given_ip),
        ("by", &consent.given_form),
    ];
    let told =
        known.iter().filter_map(|(name, value)| Some(format!(", {name} {}", value.as_ref()?)));
    format!("; basis {}{}", basis.replace('-', " "), told.collect::<String>())
}

/// `3 (Autumn): sent on ..., viewed, clicked`
fn told(delivery: &PersonDelivery) -> String {
    let mut text = format!("{} ({}): {}", delivery.campaign, delivery.name, delivery.state);
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
