//! Contacts who are one person: finding, merging, and taking that back. For tokens of all topics.

use actions::{contact_merge, contact_merge_plan, contact_unmerge};
use model::{ContactId, DisclosureKind, SubscriptionState, TrackingMode};
use serde::{Deserialize, Serialize};
use store::{MergePlan, MergedTopic, MergedValue};
use utoipa::ToSchema;

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::topic_slugs::TopicSlugs;

list_params! {
    DuplicatesParams {}
}

list_params! {
    MergesParams {}
}

/// Somebody who was merged into a contact.
#[derive(Serialize, ToSchema)]
pub(crate) struct ContactMerge {
    /// Their number, which leads to the contact who was kept.
    #[schema(example = "1795428245000002")]
    other: String,
    other_email: String,
    /// By whom.
    actor: String,
    #[schema(format = "date-time")]
    at: String,
    /// For 30 days.
    undoable: bool,
}

impl From<store::ContactMerge> for ContactMerge {
    fn from(it: store::ContactMerge) -> Self {
        Self {
            other: it.other.to_string(),
            other_email: it.other_email,
            actor: it.actor,
            at: it.merged_at.rfc3339(),
            undoable: it.is_undoable,
        }
    }
}

/// Two contacts who may be one person.
#[derive(Serialize, ToSchema)]
pub(crate) struct Duplicate {
    /// The older one, who is proposed to be kept.
    #[schema(example = "1795428245000001")]
    keep: String,
    keep_email: String,
    other: String,
    other_email: String,
    /// By what they are alike: address (but for what stands behind a plus, and dots at Gmail) or name (with the
    /// company).
    #[schema(example = "address")]
    likeness: &'static str,
}

/// Who is to be merged into the contact of the path.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merge {
    /// The number of the contact who is merged.
    #[schema(example = "1795428245000002")]
    other: String,
    /// Attributes of which the other’s value is kept.
    #[serde(default)]
    #[schema(max_items = 200)]
    take: Vec<String>,
    /// Only say what it would do.
    #[serde(default)]
    dry_run: bool,
}

/// Which merge is taken back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unmerge {
    /// The number of the contact who was merged.
    #[schema(example = "1795428245000002")]
    other: String,
}

/// What a merge does, or would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct MergedContact {
    dry_run: bool,
    keep: MergeSide,
    other: MergeSide,
    attributes: Vec<MergedAttribute>,
    topics: Vec<MergedSubscription>,
    /// By their names: what the kept one has then.
    tags: Vec<String>,
    /// off, anonymous or identified: what the kept one has said then; null: nothing.
    tracking: Option<&'static str>,
    /// Why the kept one must not be mailed then.
    suppression: Option<String>,
    /// Names of campaigns that have not ended and may have either: until they have, nothing is merged.
    campaigns: Vec<String>,
}

/// One of the two as they are before.
#[derive(Serialize, ToSchema)]
pub(crate) struct MergeSide {
    id: String,
    email: String,
    tracking: Option<&'static str>,
    suppression: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MergedAttribute {
    name: String,
    keep: Option<String>,
    other: Option<String>,
    result: String,
}

/// The least of both: unsubscribed, then pending, then subscribed.
#[derive(Serialize, ToSchema)]
struct MergedSubscription {
    /// The topic’s slug.
    topic: Option<String>,
    keep: Option<&'static str>,
    other: Option<&'static str>,
    result: &'static str,
}

/// The contact who is there again.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnmergedContact {
    id: String,
    email: String,
}

impl From<audience::Duplicate> for Duplicate {
    fn from(it: audience::Duplicate) -> Self {
        Self {
            keep: it.keep.to_string(),
            keep_email: it.keep_email,
            other: it.other.to_string(),
            other_email: it.other_email,
            likeness: it.likeness.as_str(),
        }
    }
}

impl From<MergedValue> for MergedAttribute {
    fn from(it: MergedValue) -> Self {
        let MergedValue { name, keep, other, result } = it;
        Self { name, keep, other, result }
    }
}

impl MergedContact {
    fn new(plan: MergePlan, dry_run: bool, slugs: &TopicSlugs) -> Self {
        let [own_mode, their_mode, mode] = plan.tracking.map(|it| it.map(TrackingMode::as_str));
        let [own_reason, their_reason, reason] = plan.suppressions;
        let topic = |it: MergedTopic| MergedSubscription {
            topic: slugs.of(&[it.topic]).pop(),
            keep: it.keep.map(SubscriptionState::as_str),
            other: it.other.map(SubscriptionState::as_str),
            result: it.result.as_str(),
        };
        let side = |contact: &store::Contact, tracking, suppression| MergeSide {
            id: contact.id.to_string(),
            email: contact.email.as_str().to_owned(),
            tracking,
            suppression,
        };
        Self {
            dry_run,
            keep: side(&plan.keep, own_mode, own_reason),
            other: side(&plan.other, their_mode, their_reason),
            attributes: plan.attributes.into_iter().map(MergedAttribute::from).collect(),
            topics: plan.topics.into_iter().map(topic).collect(),
            tags: plan.tags,
            tracking: mode,
            suppression: reason,
            campaigns: plan.campaigns.into_iter().map(|(_, name)| name).collect(),
        }
    }
}

/// Pairs are read as far as a look goes: some 100,000 contacts.
pub(crate) async fn duplicates(asked: Asked) -> Result<Reply, Problem> {
    let params: DuplicatesParams = asked.query()?;
    let path = "/api/v1/contacts/duplicates";
    let page = ListAsked::new(path, &[], params.limit, params.after.as_deref())?;
    let (resources, call) = (&asked.parts.resources, &asked.call());
    let batch = |after: Option<i64>| async move {
        let found = actions::contact_duplicates(resources, call, after.map(ContactId)).await?;
        let next = found.next.map(|it| it.0);
        Ok(Batch { rows: found.pairs, next, is_last_for_now: true })
    };
    let (rows, next) = page.fill(batch, |_| true, |it: &audience::Duplicate| it.other.0).await?;
    if !rows.is_empty() {
        let both = rows.iter().flat_map(|it| [it.keep, it.other]);
        asked.disclose(DisclosureKind::ContactsRead, both).await?;
    }
    let rows: Vec<Duplicate> = rows.into_iter().map(Duplicate::from).collect();
    page.page(&rows, next)
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: MergesParams = asked.query()?;
    let id = of_path(&asked)?;
    let path = format!("/api/v1/contacts/{id}/merges");
    let page = ListAsked::new(&path, &[], params.limit, params.after.as_deref())?;
    let found = actions::contact_merges(&asked.parts.resources, &asked.call(), id).await?;
    if !found.is_empty() {
        asked.disclose(DisclosureKind::ContactsRead, [id]).await?;
    }
    let mut all: Vec<ContactMerge> = found.into_iter().map(ContactMerge::from).collect();
    all.sort_unstable_by(|one, other| one.other.cmp(&other.other));
    page.page_of(&all, |it| it.other.clone())
}

/// The contact that the path names, who belongs to no topic here.
fn of_path(asked: &Asked) -> Result<ContactId, Problem> {
    asked.path("id").parse().map_err(|_| {
        Problem::not_found("contact_not_found", "There is no contact with this number.")
    })
}

fn other_of(text: &str) -> Result<ContactId, Problem> {
    let words = "It should be the number of a contact.";
    text.parse().map_err(|_| Problem::of_field("/other".to_owned(), "contact_not_found", words))
}

pub(crate) async fn merge(asked: Asked) -> Result<Reply, Problem> {
    let Merge { other, take, dry_run } = asked.body()?;
    let (both, resources) = ((of_path(&asked)?, other_of(&other)?), &asked.parts.resources);
    let plan = match dry_run {
        true => contact_merge_plan(resources, &asked.call(), both, &take).await?,
        false => contact_merge(resources, &asked.call(), both, &take).await?,
    };
    asked.disclose(DisclosureKind::ContactsRead, [both.0]).await?;
    let slugs = TopicSlugs::read(asked.store()).await?;
    Reply::of(&MergedContact::new(plan, dry_run, &slugs))
}

pub(crate) async fn unmerge(asked: Asked) -> Result<Reply, Problem> {
    let Unmerge { other } = asked.body()?;
    let (kept, other) = (of_path(&asked)?, other_of(&other)?);
    let resources = &asked.parts.resources;
    let again = contact_unmerge(resources, &asked.call(), kept, other).await?;
    asked.disclose(DisclosureKind::ContactsRead, [again.id]).await?;
    Reply::of(&UnmergedContact { id: again.id.to_string(), email: again.email.as_str().to_owned() })
}
