//! What is done with contacts and addresses.

use std::collections::BTreeMap;

use actions::{
    ContactEdit, ContactWish, address_erase, address_erase_count, address_suppress,
    address_unsuppress, contact_add, contact_edit, contact_subscribe, contact_unsubscribe,
};
use model::Removal;
use serde::{Deserialize, Serialize};
use store::Lifted;
use utoipa::ToSchema;

use crate::api::asked::{Asked, Named};
use crate::api::contacts::{detail, id};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Characters of a topic's name, as in the configuration.
const TOPIC_NAME_CHARS: usize = 200;

/// Somebody who is to be a contact.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContact {
    #[schema(example = "ada@example.org")]
    email: String,
    /// Named values.
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    /// Slugs of what they want to get.
    #[serde(default)]
    #[schema(max_items = 1000)]
    topics: Vec<String>,
    /// How you know that they want it: needed with topics, and kept in the ledger of consents.
    #[serde(default)]
    #[schema(max_length = 200)]
    proof: String,
    /// Month or day of birth: compared, and not kept. Of anybody under 13 nothing is.
    #[serde(default)]
    #[schema(example = "1984-07")]
    birth_month: Option<String>,
}

/// A contact that was added.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeContact {
    #[schema(example = "1795428245000001")]
    id: String,
    /// Why they were not subscribed, if their address must not be mailed.
    suppression: Option<String>,
}

/// What is to be different about a contact; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactPatch {
    /// Another address; needs a token for all topics.
    #[serde(default)]
    email: Option<String>,
    /// Values by name; null removes one.
    #[serde(default)]
    attributes: BTreeMap<String, Option<String>>,
    /// Month or day of birth: compared, and not kept. Whoever is under 13 is erased.
    #[serde(default)]
    #[schema(example = "1984-07")]
    birth_month: Option<String>,
}

/// What somebody wants to get.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscribe {
    /// Its slug.
    topic: String,
    /// How you know that they want it.
    #[schema(min_length = 1, max_length = 200)]
    proof: String,
}

/// What somebody does not want to get any more.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unsubscribe {
    /// Its slug; null stands for everything, which needs a token for all topics.
    topic: Option<String>,
}

/// Whether anything is different now.
#[derive(Serialize, ToSchema)]
pub(crate) struct Changed {
    /// False when it was so before.
    changed: bool,
}

/// An address that is never to be mailed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Suppress {
    #[schema(example = "ada@example.org")]
    email: String,
    #[schema(inline)]
    reason: SuppressReason,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SuppressReason {
    /// Your decision.
    Manual,
    /// Mail to it comes back for good.
    HardBounce,
    /// The person has called a message spam.
    Complaint,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    #[schema(example = "ada@example.org")]
    email: String,
    /// Lift the mark of a child, and nothing else.
    #[serde(default)]
    not_a_child: bool,
}

/// What became of a suppression.
#[derive(Serialize, ToSchema)]
pub(crate) struct Unsuppressed {
    /// lifted, left_by_own_wish (it stays), other (it stays) or not_suppressed; there may be more.
    outcome: &'static str,
    /// Why it stays, for `other`.
    reason: Option<String>,
}

/// Somebody of whom nothing is to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Erase {
    #[schema(example = "ada@example.org")]
    email: String,
    /// Count what would go, and change nothing.
    #[serde(default)]
    dry_run: bool,
    /// They are under 13: nothing brings them back, not even their own word.
    #[serde(default)]
    child: bool,
}

/// What was erased, or would be.
#[derive(Serialize, ToSchema)]
pub(crate) struct Erasure {
    dry_run: bool,
    /// Whether there was such a contact.
    contact: bool,
    /// Whether the address was suppressed; null in a dry run.
    suppression: Option<bool>,
    subscriptions: u64,
    /// Entries of the ledger of consents.
    consents: u64,
    /// Views and clicks; null in a dry run.
    hits: Option<u64>,
    /// Relays’ replies about them; null in a dry run.
    replies: Option<u64>,
    /// Campaigns of which it was known what they did; null in a dry run.
    engagements: Option<u64>,
    /// Links that they had followed; null in a dry run.
    clicked_links: Option<u64>,
    /// Single messages, of which only times and states stay; null in a dry run.
    messages: Option<u64>,
}

pub(crate) async fn create(asked: Asked) -> Result<Reply, Problem> {
    let NewContact { email, attributes, topics, proof, birth_month } = asked.body()?;
    let wish = ContactWish { email, attributes, topics, proof, birth_month };
    let made = contact_add(&asked.parts.resources, &asked.call(), wish).await?;
    let made = MadeContact { id: made.id.to_string(), suppression: made.suppressed };
    Reply::created(&format!("/api/v1/contacts/{}", made.id), &made)
}

pub(crate) async fn created_again(_: Asked, made: Option<String>) -> Result<Reply, Problem> {
    let id = made.ok_or_else(|| {
        Problem::not_found("contact_not_found", "There is no contact with this number.")
    })?;
    let made = MadeContact { id, suppression: None };
    Reply::created(&format!("/api/v1/contacts/{}", made.id), &made)
}

pub(crate) async fn edit(asked: Asked) -> Result<Reply, Problem> {
    let ContactPatch { email, attributes, birth_month } = asked.body()?;
    let (seen, revision) = detail(&asked).await?;
    asked.is_for(&Reply::tag_of(&seen)?)?;
    let value = |(name, value): (String, Option<String>)| (name, value.unwrap_or_default());
    let attributes = attributes.into_iter().map(value).collect();
    let wish = ContactEdit { email, attributes, birth_month };
    let id = id(&asked)?;
    contact_edit(&asked.parts.resources, &asked.call(), id, Some(revision), wish).await?;
    Reply::tagged(&detail(&asked).await?.0)
}

pub(crate) async fn subscribe(asked: Asked) -> Result<Reply, Problem> {
    let Subscribe { topic, proof } = asked.body()?;
    let (resources, call, id) = (&asked.parts.resources, asked.call(), id(&asked)?);
    let changed = contact_subscribe(resources, &call, id, &topic, &proof).await?;
    Reply::of(&Changed { changed })
}

pub(crate) async fn unsubscribe(asked: Asked) -> Result<Reply, Problem> {
    let Unsubscribe { topic } = asked.body()?;
    let (resources, call, id) = (&asked.parts.resources, asked.call(), id(&asked)?);
    let left = contact_unsubscribe(resources, &call, id, topic.as_deref()).await?;
    Reply::of(&Changed { changed: left.changed })
}

pub(crate) async fn suppress(asked: Asked) -> Result<Reply, Problem> {
    let Suppress { email, reason } = asked.body()?;
    let removal = match reason {
        SuppressReason::Manual => Removal::Operator,
        SuppressReason::HardBounce => Removal::HardBounce,
        SuppressReason::Complaint => Removal::Complaint,
    };
    let done = address_suppress(&asked.parts.resources, &asked.call(), &email, removal).await?;
    Reply::of(&Changed { changed: done.changed })
}

pub(crate) async fn unsuppress(asked: Asked) -> Result<Reply, Problem> {
    let Address { email, not_a_child } = asked.body()?;
    let (resources, call) = (&asked.parts.resources, asked.call());
    let lifted = address_unsuppress(resources, &call, &email, not_a_child).await?;
    let (outcome, reason) = match lifted {
        Lifted::Lifted => ("lifted", None),
        Lifted::LeftByOwnWish => ("left_by_own_wish", None),
        Lifted::Other(reason) => ("other", Some(reason)),
        Lifted::NotSuppressed => ("not_suppressed", None),
    };
    Reply::of(&Unsuppressed { outcome, reason })
}

pub(crate) async fn erase(asked: Asked) -> Result<Reply, Problem> {
    let Erase { email, dry_run, child } = asked.body()?;
    let (resources, call) = (&asked.parts.resources, asked.call());
    if dry_run {
        let counted = address_erase_count(resources, &call, &email).await?;
        let number = |name: &str| counted.as_ref().and_then(|it| it[name].as_u64()).unwrap_or(0);
        return Reply::of(&Erasure {
            dry_run,
            contact: counted.is_some(),
            suppression: None,
            subscriptions: number("subscriptions"),
            consents: number("consents"),
            hits: None,
            replies: None,
            engagements: None,
            clicked_links: None,
            messages: None,
        });
    }
    let (erased, hits) = address_erase(resources, &call, &email, child).await?;
    Reply::of(&Erasure {
        dry_run,
        contact: erased.contact,
        suppression: Some(erased.suppression),
        subscriptions: erased.subscriptions,
        consents: erased.consents,
        hits: Some(hits),
        replies: Some(erased.replies),
        engagements: Some(erased.engagements),
        clicked_links: Some(erased.clicked_links),
        messages: Some(erased.messages),
    })
}

/// Another name for a topic, or a topic that is made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicName {
    /// Stands in pages and messages.
    #[schema(min_length = 1, max_length = 200, example = "Release notices")]
    name: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicArchive {
    /// Whether everybody may read the list of what was sent to it.
    open: bool,
}

/// A topic after it was changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct TopicChanged {
    #[schema(example = "release-notices")]
    slug: String,
    /// The address of its public archive, whether or not that is open.
    #[schema(format = "uri")]
    archive_url: String,
}

impl TopicChanged {
    fn new(asked: &Asked, slug: String) -> Self {
        let archive_url = format!("{}/archive/{slug}", asked.parts.resources.sender().web_url);
        Self { slug, archive_url }
    }
}

pub(crate) async fn topic_set(asked: Asked) -> Result<Reply, Problem> {
    let TopicName { name } = asked.body()?;
    if name.chars().count() > TOPIC_NAME_CHARS {
        let words = format!("A name has at most {TOPIC_NAME_CHARS} characters.");
        return Err(Problem::of_field("/name".to_owned(), "field", words));
    }
    let slug = asked.path("slug").to_owned();
    actions::topic_set(&asked.parts.resources, &asked.call(), &slug, &name).await?;
    Reply::of(&TopicChanged::new(&asked, slug))
}

pub(crate) async fn topic_archive(asked: Asked) -> Result<Reply, Problem> {
    let TopicArchive { open } = asked.body()?;
    let slug = match &asked.named {
        Named::Topic(topic) => topic.slug.clone(),
        _ => asked.path("slug").to_owned(),
    };
    actions::topic_archive(&asked.parts.resources, &asked.call(), &slug, open).await?;
    Reply::of(&TopicChanged::new(&asked, slug))
}
