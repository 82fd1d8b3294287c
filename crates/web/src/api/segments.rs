//! Segments: whom they mean, how many that are, and campaigns that go to them.

use actions::{
    CountPatience, SegmentWish, campaign_audience_set, segment, segment_count, segment_remove,
    segment_set,
};
use audience::segment_to_json;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::StoredSegment;
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
use crate::api::list::{ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

list_params! {
    SegmentsParams {}
}

/// What is to be told beside a count.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct SegmentCountParams {
    /// Also tell some of the contacts.
    #[serde(default)]
    sample: bool,
    /// Count for up to a minute, not three seconds, before the rest is estimated.
    #[serde(default)]
    exact: bool,
}

/// Whom a segment means.
#[derive(Serialize, ToSchema)]
pub(crate) struct Segment {
    #[schema(example = "fans")]
    name: String,
    /// The rule as people write it.
    #[schema(example = "topic = offers and tag = vip")]
    text: String,
    /// The same as a tree.
    tree: Value,
    /// Grows with each change, from 1.
    revision: i64,
    #[schema(format = "date-time")]
    created_at: String,
    #[schema(format = "date-time")]
    changed_at: String,
    /// Who has changed it last.
    changed_by: String,
}

impl From<StoredSegment> for Segment {
    fn from(it: StoredSegment) -> Self {
        Self {
            text: it.rule.to_string(),
            tree: segment_to_json(&it.rule),
            name: it.name,
            revision: it.revision,
            created_at: it.created_at.rfc3339(),
            changed_at: it.changed_at.rfc3339(),
            changed_by: it.changed_by,
        }
    }
}

/// Whom a segment is to mean: a text or a tree.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSegment {
    #[serde(default)]
    #[schema(max_length = 20000, example = "topic = offers and tag = vip")]
    text: Option<String>,
    /// In place of a text.
    #[serde(default)]
    tree: Option<Value>,
    /// Only if it still has this revision; 0: only if there is none; left out: whatever there is.
    #[serde(default)]
    #[schema(minimum = 0)]
    revision: Option<i64>,
    /// Only check it and count the contacts.
    #[serde(default)]
    dry_run: bool,
}

/// A segment that was kept, or would be.
#[derive(Serialize, ToSchema)]
pub(crate) struct SetSegment {
    name: String,
    dry_run: bool,
    /// The rule with values as contacts have them.
    text: String,
    tree: Value,
    /// Null: nothing was kept.
    revision: Option<i64>,
    count: Option<SegmentContacts>,
}

/// How many contacts a segment means.
#[derive(Serialize, ToSchema)]
pub(crate) struct SegmentContacts {
    contacts: i64,
    /// False: counting takes longer, and this is an estimate.
    complete: bool,
    /// There are at least so many, 99 times of a hundred.
    least: i64,
    /// And at most so many; null when that can't be told.
    most: Option<i64>,
    /// Some of them, when that was asked for; at most 20.
    sample: Vec<SegmentContact>,
}

#[derive(Serialize, ToSchema)]
struct SegmentContact {
    id: String,
    email: String,
}

/// A segment that is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct RemovedSegment {
    name: String,
}

/// To which segments a campaign is to go, of the people who are subscribed to its topic.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAudience {
    /// To those who are in one of these; empty: to all.
    #[serde(default)]
    #[schema(max_items = 20)]
    segments: Vec<String>,
    /// But not to those who are in one of these.
    #[serde(default)]
    #[schema(max_items = 20)]
    except: Vec<String>,
}

/// To which segments a campaign goes.
#[derive(Serialize, ToSchema)]
pub(crate) struct CampaignSegments {
    segments: Vec<String>,
    except: Vec<String>,
    /// The rule, which does not change any more once the campaign has started; null: everybody who is
    /// subscribed.
    text: Option<String>,
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: SegmentsParams = asked.query()?;
    let page = ListAsked::new("/api/v1/segments", &[], params.limit, params.after.as_deref())?;
    let all = actions::segments(&asked.parts.resources, &asked.call()).await?;
    let mut all: Vec<Segment> = all.into_iter().map(Segment::from).collect();
    // The order of a cursor that goes on behind a name.
    all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    page.page_of(&all, |it| it.name.clone())
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let found = segment(&asked.parts.resources, &asked.call(), asked.path("name")).await?;
    Reply::of(&Segment::from(found))
}

pub(crate) async fn set(asked: Asked) -> Result<Reply, Problem> {
    let NewSegment { text, tree, revision, dry_run } = asked.body()?;
    let wish = match (text, tree) {
        (Some(text), None) => SegmentWish::Text(text),
        (None, Some(tree)) => SegmentWish::Tree(tree),
        _ => {
            let words = "Give either the text or the tree of the segment.";
            return Err(actions::Refusal::of_field("/text", "segment", words).into());
        }
    };
    let (resources, call) = (&asked.parts.resources, asked.call());
    let name = asked.path("name").to_owned();
    let (rule, kept) = segment_set(resources, &call, &name, (&wish, revision), dry_run).await?;
    let count = match dry_run {
        true => Some(contacts(&asked, &wish, (CountPatience::Short, false)).await?),
        false => None,
    };
    Reply::of(&SetSegment {
        name,
        dry_run,
        text: rule.to_string(),
        tree: segment_to_json(&rule),
        revision: (!dry_run).then_some(kept),
        count,
    })
}

pub(crate) async fn count(asked: Asked) -> Result<Reply, Problem> {
    let SegmentCountParams { sample, exact } = asked.query()?;
    let patience = if exact { CountPatience::Long } else { CountPatience::Short };
    let found = segment(&asked.parts.resources, &asked.call(), asked.path("name")).await?;
    let wish = SegmentWish::Text(found.rule.to_string());
    Reply::of(&contacts(&asked, &wish, (patience, sample)).await?)
}

async fn contacts(
    asked: &Asked,
    wish: &SegmentWish,
    how: (CountPatience, bool),
) -> Result<SegmentContacts, Problem> {
    let view = segment_count(&asked.parts.resources, &asked.call(), wish, how).await?;
    let sample = view.sample.into_iter();
    Ok(SegmentContacts {
        contacts: view.count.contacts,
        complete: view.count.is_complete,
        least: view.count.least,
        most: view.count.most,
        sample: sample.map(|(id, email)| SegmentContact { id: id.to_string(), email }).collect(),
    })
}

pub(crate) async fn remove(asked: Asked) -> Result<Reply, Problem> {
    let name = asked.path("name").to_owned();
    segment_remove(&asked.parts.resources, &asked.call(), &name).await?;
    Reply::of(&RemovedSegment { name })
}

pub(crate) async fn audience(asked: Asked) -> Result<Reply, Problem> {
    audience_of(&asked).await
}

pub(crate) async fn set_audience(asked: Asked) -> Result<Reply, Problem> {
    let NewAudience { segments, except } = asked.body()?;
    let number = asked.campaign()?.id.number();
    let (resources, call) = (&asked.parts.resources, asked.call());
    campaign_audience_set(resources, &call, number, &segments, &except).await?;
    audience_of(&asked).await
}

async fn audience_of(asked: &Asked) -> Result<Reply, Problem> {
    let id = asked.campaign()?.id;
    // As it is now: what was just written must show.
    let found = asked.parts.resources.store.campaign_audience(id).await?;
    let names = |names: &[model::SegmentName]| names.iter().map(ToString::to_string).collect();
    Reply::of(&CampaignSegments {
        segments: found.as_ref().map(|it| names(&it.included)).unwrap_or_default(),
        except: found.as_ref().map(|it| names(&it.excluded)).unwrap_or_default(),
        text: found.map(|it| it.rule().to_string()),
    })
}
