//! Contacts of a server.

use std::collections::BTreeMap;

use actions::{ContactEdit, ContactWish, TrackingWish};
use audience::ContactFilter;
use model::{ContactId, EmailAddress, SubscriptionState};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Erased, Lifted, ListedContact};

use crate::remote::{RemoteClient, number};

/// The most that a page of a list holds.
const PAGE: u32 = 500;

/// A contact after a change.
#[derive(Deserialize)]
pub(super) struct NowContact {
    pub(super) email: String,
    pub(super) attributes: BTreeMap<String, String>,
}

/// Whether anything is different.
#[derive(Deserialize)]
struct ToldChange {
    changed: bool,
}

#[derive(Deserialize)]
struct MadeContact {
    suppression: Option<String>,
}

/// What became of a suppression.
#[derive(Deserialize)]
struct ToldLifting {
    outcome: String,
    reason: Option<String>,
}

/// What was erased.
#[derive(Deserialize)]
struct ToldErasure {
    contact: bool,
    suppression: Option<bool>,
    subscriptions: u64,
    consents: u64,
    hits: Option<u64>,
    replies: Option<u64>,
    engagements: Option<u64>,
    clicked_links: Option<u64>,
    messages: Option<u64>,
}

#[derive(Deserialize)]
struct ToldContact {
    #[serde(deserialize_with = "number")]
    id: ContactId,
    email: String,
    suppression: Option<String>,
    attributes: BTreeMap<String, String>,
    subscriptions: BTreeMap<String, String>,
    /// An earlier release tells none.
    #[serde(default)]
    tags: Vec<String>,
}

impl From<ToldContact> for ListedContact {
    fn from(told: ToldContact) -> Self {
        // A state of a later version is none in which somebody gets mail.
        let state = |(slug, word): (String, String)| {
            let state = SubscriptionState::from_word(&word);
            (slug, state.unwrap_or(SubscriptionState::Unsubscribed))
        };
        Self {
            id: told.id,
            email: told.email,
            attributes: told.attributes,
            suppression: told.suppression,
            subscriptions: told.subscriptions.into_iter().map(state).collect(),
            tags: told.tags,
        }
    }
}

/// The contact with this address, among those of the token's topics.
pub(super) async fn contact_with(
    server: &RemoteClient,
    email: &EmailAddress,
) -> anyhow::Result<Option<ContactId>> {
    let filter = [("q", email.as_str())];
    let mut list = server.list("/api/v1/contacts", &filter);
    while let Some(page) = list.page::<ToldContact>().await? {
        let is_them = |it: &ToldContact| {
            EmailAddress::parsed_before(&it.email).is_ok_and(|it| it.key() == email.key())
        };
        if let Some(found) = page.into_iter().find(is_them) {
            return Ok(Some(found.id));
        }
    }
    Ok(None)
}

/// Calls `look` with the contacts that match in the order in which they came, until it has seen enough.
pub(super) async fn each_contact(
    server: &RemoteClient,
    wanted: &ContactFilter,
    limit: u32,
    mut look: impl FnMut(ListedContact) -> bool,
) -> anyhow::Result<()> {
    let mut filter = vec![("order", "oldest")];
    filter.extend(wanted.topic.as_deref().map(|topic| ("topic", topic)));
    filter.extend(wanted.mailed.map(|it| ("mailed", if it { "true" } else { "false" })));
    filter.extend(wanted.tag.as_ref().map(|tag| ("tag", tag.as_str())));
    // One more tells whether there are more.
    let size = limit.saturating_add(1).min(PAGE).to_string();
    let mut list = server.list("/api/v1/contacts", &filter).by(&size);
    while let Some(page) = list.page::<ToldContact>().await? {
        for contact in page {
            if !look(contact.into()) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Why they were not subscribed, if they were not.
pub(super) async fn add(
    server: &RemoteClient,
    wish: ContactWish,
) -> anyhow::Result<Option<String>> {
    let ContactWish { email, attributes, topics, proof, birth_month: _ } = wish;
    let body = json!({
        "email": email, "attributes": attributes, "topics": topics, "proof": proof,
    });
    Ok(server.post::<MadeContact>("/api/v1/contacts", &body).await?.suppression)
}

pub(super) async fn edit(
    server: &RemoteClient,
    id: ContactId,
    edit: ContactEdit,
) -> anyhow::Result<NowContact> {
    let path = format!("/api/v1/contacts/{id}");
    let version = server.version(&path).await?;
    let mut body = json!({ "attributes": edit.attributes });
    if let Some(email) = &edit.email {
        body["email"] = Value::from(email.as_str());
    }
    match server.patch(&path, version, &body).await {
        // Perhaps it was done, and the answer to that was lost.
        Err(error) if error.status() == Some(412) => {
            let now: NowContact = server.get(&path).await?;
            if is_as_wished(&now, &edit) { Ok(now) } else { Err(error.into()) }
        }
        done => Ok(done?),
    }
}

fn is_as_wished(now: &NowContact, edit: &ContactEdit) -> bool {
    let has_value = |(name, value): (&String, &String)| {
        now.attributes.get(name).map_or("", String::as_str) == value
    };
    edit.email.as_ref().is_none_or(|email| *email == now.email)
        && edit.attributes.iter().all(has_value)
}

/// Whether they were not subscribed before.
pub(super) async fn subscribe(
    server: &RemoteClient,
    id: ContactId,
    topic: &str,
    proof: &str,
) -> anyhow::Result<bool> {
    let path = format!("/api/v1/contacts/{id}/subscribe");
    let body = json!({ "topic": topic, "proof": proof });
    Ok(server.post::<ToldChange>(&path, &body).await?.changed)
}

/// Whether they had said something else before.
pub(super) async fn say_tracking(
    server: &RemoteClient,
    id: ContactId,
    wish: TrackingWish,
) -> anyhow::Result<bool> {
    let path = format!("/api/v1/contacts/{id}/tracking");
    let TrackingWish { mode, forget, source } = wish;
    let body = json!({ "mode": mode.as_str(), "forget": forget, "source": source });
    Ok(server.put::<ToldChange>(&path, &body).await?.changed)
}

/// Whether they had said something else before.
pub(super) async fn say_sharing(
    server: &RemoteClient,
    id: ContactId,
    granted: bool,
    source: Option<String>,
) -> anyhow::Result<bool> {
    let path = format!("/api/v1/contacts/{id}/sharing");
    let body = json!({ "granted": granted, "source": source });
    Ok(server.put::<ToldChange>(&path, &body).await?.changed)
}

/// Whether they were subscribed before.
pub(super) async fn unsubscribe(
    server: &RemoteClient,
    id: ContactId,
    topic: Option<&str>,
) -> anyhow::Result<bool> {
    let path = format!("/api/v1/contacts/{id}/unsubscribe");
    Ok(server.post::<ToldChange>(&path, &json!({ "topic": topic })).await?.changed)
}

/// Whether the address was not suppressed before.
pub(super) async fn suppress(
    server: &RemoteClient,
    email: &EmailAddress,
    reason: &str,
) -> anyhow::Result<bool> {
    let body = json!({ "email": email.as_str(), "reason": reason });
    Ok(server.post::<ToldChange>("/api/v1/addresses/suppress", &body).await?.changed)
}

pub(super) async fn unsuppress(
    server: &RemoteClient,
    email: &EmailAddress,
    not_a_child: bool,
) -> anyhow::Result<Lifted> {
    let body = json!({ "email": email.as_str(), "not_a_child": not_a_child });
    let told: ToldLifting = server.post("/api/v1/addresses/unsuppress", &body).await?;
    Ok(match told.outcome.as_str() {
        "lifted" => Lifted::Lifted,
        "left_by_own_wish" => Lifted::LeftByOwnWish,
        "not_suppressed" => Lifted::NotSuppressed,
        other => Lifted::Other(told.reason.unwrap_or_else(|| other.to_owned())),
    })
}

/// What was erased, and how many views and clicks.
pub(super) async fn erase(
    server: &RemoteClient,
    email: &EmailAddress,
    is_child: bool,
) -> anyhow::Result<(Erased, u64)> {
    let body = json!({ "email": email.as_str(), "child": is_child });
    let told: ToldErasure = server.post("/api/v1/addresses/erase", &body).await?;
    let erased = Erased {
        contact: told.contact,
        suppression: told.suppression.unwrap_or(false),
        subscriptions: told.subscriptions,
        consents: told.consents,
        replies: told.replies.unwrap_or(0),
        engagements: told.engagements.unwrap_or(0),
        clicked_links: told.clicked_links.unwrap_or(0),
        messages: told.messages.unwrap_or(0),
    };
    Ok((erased, told.hits.unwrap_or(0)))
}
