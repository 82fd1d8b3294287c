//! Topics with their numbers, which are counted at most once a minute.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use model::{Timestamp, TopicId, TrackingMode};
use serde::Serialize;
use store::TopicCounts;
use utoipa::ToSchema;

use crate::api::asked::{Asked, Named};
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// For how long numbers are good enough.
const KEPT: Duration = Duration::from_secs(60);

list_params! {
    TopicsParams {}
}

/// What people can subscribe to.
#[derive(Serialize, ToSchema)]
pub(crate) struct Topic {
    /// Its name in addresses and files.
    #[schema(example = "release-notices")]
    slug: String,
    name: String,
    /// Whether everybody may read the list of what was sent to it.
    archive_open: bool,
    /// What is recorded of those who have said nothing (off, anonymous or identified), if that is
    /// less than for everybody; null for what holds for everybody.
    tracking: Option<&'static str>,
    subscribed: i64,
    /// Asked for and not yet confirmed.
    pending: i64,
    unsubscribed: i64,
    campaigns: i64,
    /// When the people were counted.
    #[schema(format = "date-time")]
    counted_at: String,
}

impl Topic {
    fn new(at: Timestamp, counts: TopicCounts, tracking: &BTreeMap<TopicId, TrackingMode>) -> Self {
        Self {
            tracking: tracking.get(&counts.topic.id).map(|mode| mode.as_str()),
            slug: counts.topic.slug,
            name: counts.topic.name,
            archive_open: counts.topic.archive_open,
            subscribed: counts.subscribed,
            pending: counts.pending,
            unsubscribed: counts.unsubscribed,
            campaigns: counts.campaigns,
            counted_at: at.rfc3339(),
        }
    }
}

/// The topics as they were counted, and when; counts them when that was too long ago, or when one is
/// not among them.
async fn counted(
    asked: &Asked,
    sought: Option<&store::Topic>,
) -> Result<(Timestamp, Vec<TopicCounts>), Problem> {
    let kept = asked.parts.topics.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let is_good = |(at, topics): &(Timestamp, Vec<TopicCounts>)| {
        let is_fresh = *at <= asked.at && asked.at < at.after(KEPT);
        is_fresh && sought.is_none_or(|sought| topics.iter().any(|it| it.topic.id == sought.id))
    };
    if let Some(kept) = kept.filter(is_good) {
        return Ok(kept);
    }
    let fresh = (asked.at, audience::topics(asked.store()).await?);
    if !fresh.1.is_empty() {
        let mut kept = asked.parts.topics.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some(fresh.clone());
    }
    Ok(fresh)
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: TopicsParams = asked.query()?;
    let page = ListAsked::new("/api/v1/topics", &[], params.limit, params.after.as_deref())?;
    let scope = asked.topics();
    let (at, mut topics) = counted(&asked, None).await?;
    topics.retain(|it| scope.contains(it.topic.id));
    topics.sort_unstable_by(|one, other| one.topic.slug.cmp(&other.topic.slug));
    let tracking = audience::topics_tracking(asked.store()).await?;
    let topic = |it| Topic::new(at, it, &tracking);
    let topics: Vec<Topic> = topics.into_iter().map(topic).collect();
    page.page_of(&topics, |it| it.slug.clone())
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let missing = || Problem::not_found("topic_not_found", "There is no topic with this name.");
    let Named::Topic(topic) = &asked.named else { return Err(missing()) };
    let (at, topics) = counted(&asked, Some(topic)).await?;
    let found = topics.into_iter().find(|it| it.topic.id == topic.id).ok_or_else(missing)?;
    let tracking = audience::topics_tracking(asked.store()).await?;
    Reply::tagged(&Topic::new(at, found, &tracking))
}
