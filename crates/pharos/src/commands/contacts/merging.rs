//! `pharos contacts duplicates`, `merge` and `unmerge`.

use anyhow::Context as _;
use model::{ContactId, EmailAddress, SubscriptionState, TrackingMode};
use serde::Deserialize;
use serde_json::json;
use store::MergePlan;

use super::by_hand::contact;
use crate::backend::Backend;
use crate::cli::MergeArgs;
use crate::commands::confirm::confirm;
use crate::remote::{RemoteClient, number};
use crate::telemetry::{note, say};

/// Two contacts who may be one person.
#[derive(Deserialize)]
struct ToldDuplicate {
    keep_email: String,
    other_email: String,
    likeness: String,
}

/// What a merge does, as a server tells it.
#[derive(Deserialize)]
struct ToldMerge {
    keep: ToldSide,
    other: ToldSide,
    attributes: Vec<ToldValue>,
    topics: Vec<ToldTopic>,
    tags: Vec<String>,
    tracking: Option<String>,
    suppression: Option<String>,
    campaigns: Vec<String>,
}

#[derive(Deserialize)]
struct ToldSide {
    email: String,
    suppression: Option<String>,
}

#[derive(Deserialize)]
struct ToldValue {
    name: String,
    keep: Option<String>,
    other: Option<String>,
    result: String,
}

#[derive(Deserialize)]
struct ToldTopic {
    topic: Option<String>,
    keep: Option<String>,
    other: Option<String>,
    result: String,
}

#[derive(Deserialize)]
struct ToldAgain {
    email: String,
}

/// A merge that is in the history of a contact.
#[derive(Deserialize)]
struct ToldMerged {
    #[serde(deserialize_with = "number")]
    other: ContactId,
    other_email: String,
}

impl From<audience::Duplicate> for ToldDuplicate {
    fn from(it: audience::Duplicate) -> Self {
        let likeness = it.likeness.as_str().to_owned();
        Self { keep_email: it.keep_email, other_email: it.other_email, likeness }
    }
}

/// Prints contacts who may be one person.
pub(super) async fn duplicates(backend: &Backend, limit: u16) -> anyhow::Result<()> {
    let most = usize::from(limit);
    let mut pairs: Vec<ToldDuplicate> = Vec::new();
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let mut after = None;
            while pairs.len() < most {
                let found = actions::contact_duplicates(&resources, &call, after).await?;
                pairs.extend(found.pairs.into_iter().map(ToldDuplicate::from));
                after = found.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Backend::Remote(server) => {
            let mut list = server.list("/api/v1/contacts/duplicates", &[]).by("200");
            while pairs.len() < most
                && let Some(page) = list.page().await?
            {
                pairs.extend(page);
            }
        }
    }
    pairs.truncate(most);
    if pairs.is_empty() {
        note("No two contacts seem to be one person.");
    }
    for ToldDuplicate { keep_email, other_email, likeness } in pairs {
        say(format_args!("{keep_email}  {other_email}  (the same {likeness})"));
    }
    Ok(())
}

/// Merges two contacts, or says what that would do.
pub(super) async fn merge(backend: &Backend, args: MergeArgs) -> anyhow::Result<()> {
    let both = (contact(backend, &args.keep).await?, contact(backend, &args.other).await?);
    let told = asked(backend, both, &args.take, true).await?;
    tell(&told);
    if args.preview {
        return Ok(());
    }
    let (keep, other) = (&told.keep.email, &told.other.email);
    confirm(&format!("This merges {other} into {keep}. It can be undone for 30 days."), args.yes)?;
    asked(backend, both, &args.take, false).await?;
    say(format_args!("{other} is merged into {keep}."));
    Ok(())
}

async fn asked(
    backend: &Backend,
    both: (ContactId, ContactId),
    take: &[String],
    preview: bool,
) -> anyhow::Result<ToldMerge> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let plan = match preview {
                true => actions::contact_merge_plan(&resources, &call, both, take).await?,
                false => actions::contact_merge(&resources, &call, both, take).await?,
            };
            let topics = installation.store.topics_list().await?;
            Ok(told_of(plan, &topics))
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/contacts/{}/merge", both.0);
            let body = json!({ "other": both.1.to_string(), "take": take, "dry_run": preview });
            Ok(server.post(&path, &body).await?)
        }
    }
}

fn told_of(plan: MergePlan, topics: &[store::Topic]) -> ToldMerge {
    let [keep_reason, other_reason, suppression] = plan.suppressions;
    let word = |it: Option<SubscriptionState>| it.map(|it| it.as_str().to_owned());
    let topic = |it: store::MergedTopic| ToldTopic {
        topic: topics.iter().find(|topic| topic.id == it.topic).map(|topic| topic.slug.clone()),
        keep: word(it.keep),
        other: word(it.other),
        result: it.result.as_str().to_owned(),
    };
    let value = |it: store::MergedValue| ToldValue {
        name: it.name,
        keep: it.keep,
        other: it.other,
        result: it.result,
    };
    let side = |it: &store::Contact, suppression| ToldSide {
        email: it.email.as_str().to_owned(),
        suppression,
    };
    ToldMerge {
        keep: side(&plan.keep, keep_reason),
        other: side(&plan.other, other_reason),
        attributes: plan.attributes.into_iter().map(value).collect(),
        topics: plan.topics.into_iter().map(topic).collect(),
        tags: plan.tags,
        tracking: plan.tracking[2].map(|it| TrackingMode::as_str(it).to_owned()),
        suppression,
        campaigns: plan.campaigns.into_iter().map(|(_, name)| name).collect(),
    }
}

fn tell(told: &ToldMerge) {
    say(format_args!("stays        {}", told.keep.email));
    say(format_args!("is merged    {}", told.other.email));
    let or_none = |it: &Option<String>| it.clone().unwrap_or_else(|| "nothing".to_owned());
    for it in &told.attributes {
        let (keep, other) = (or_none(&it.keep), or_none(&it.other));
        say(format_args!("attribute    {}: {keep} and {other}: {}", it.name, it.result));
    }
    for it in &told.topics {
        let topic = it.topic.as_deref().unwrap_or("a topic");
        let (keep, other) = (or_none(&it.keep), or_none(&it.other));
        say(format_args!("topic        {topic}: {keep} and {other}: {}", it.result));
    }
    if !told.tags.is_empty() {
        say(format_args!("tags         {}", told.tags.join(", ")));
    }
    if let Some(mode) = &told.tracking {
        say(format_args!("tracking     {mode}"));
    }
    if let Some(reason) = &told.suppression {
        say(format_args!("suppressed   {reason}"));
    }
    if let Some(reason) = &told.other.suppression {
        say(format_args!("             {} stays suppressed: {reason}", told.other.email));
    }
    for name in &told.campaigns {
        say(format_args!(
            "not now      the campaign {name:?} has not ended and may have one of them"
        ));
    }
}

/// Takes a merge back.
pub(super) async fn unmerge(backend: &Backend, keep: &str, other: &str) -> anyhow::Result<()> {
    let kept = contact(backend, keep).await?;
    let email = EmailAddress::parse(other).with_context(|| format!("{other:?}"))?;
    let merges = merges_of(backend, kept).await?;
    let is_them = |it: &&ToldMerged| {
        EmailAddress::parsed_before(&it.other_email).is_ok_and(|it| it.key() == email.key())
    };
    let merged = merges.iter().find(is_them);
    let merged = merged.with_context(|| format!("{other} was not merged into {keep}"))?;
    let again = match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let again = actions::contact_unmerge(&resources, &call, kept, merged.other).await?;
            again.email.as_str().to_owned()
        }
        Backend::Remote(server) => {
            let path = format!("/api/v1/contacts/{kept}/unmerge");
            let body = json!({ "other": merged.other.to_string() });
            server.post::<ToldAgain>(&path, &body).await?.email
        }
    };
    say(format_args!("{again} is a contact again."));
    Ok(())
}

async fn merges_of(backend: &Backend, kept: ContactId) -> anyhow::Result<Vec<ToldMerged>> {
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            let merges = actions::contact_merges(&resources, &call, kept).await?;
            let told = |it: store::ContactMerge| ToldMerged {
                other: it.other,
                other_email: it.other_email,
            };
            Ok(merges.into_iter().map(told).collect())
        }
        Backend::Remote(server) => merges_there(server, kept).await,
    }
}

async fn merges_there(server: &RemoteClient, kept: ContactId) -> anyhow::Result<Vec<ToldMerged>> {
    let path = format!("/api/v1/contacts/{kept}/merges");
    let mut list = server.list(&path, &[]);
    let mut all = Vec::new();
    while let Some(page) = list.page().await? {
        all.extend(page);
    }
    Ok(all)
}
