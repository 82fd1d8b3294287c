//! What is done with segments.
//!
//! Invariants: a segment belongs to the contacts of all topics, so changing one needs the right on the whole
//! installation; whoever is trusted with some topics may use them, and counts and sees contacts of those
//! topics only.

use std::time::Duration;

use access::Object;
use audience::{AttributeSchema, segment_checked, segment_from_json};
use model::{
    CampaignNumber, Right, SegmentName, SegmentProblem, SegmentRefused, SegmentRule,
    SegmentValueProblem,
};
use report::number_text::thousands;
use serde_json::{Value, json};
use store::{
    AuditObject, CampaignAudience, MOST_SEGMENTS, NewSegment, SegmentCount, SegmentQuery, Store,
    StoreError, StoredSegment,
};

use crate::{Call, Refusal, RefusalKind, Resources, reach};

/// How long somebody waits for some of the contacts.
const SAMPLE_TIME: Duration = Duration::from_secs(2);
/// Contacts of a sample.
pub(crate) const SAMPLE: usize = 20;

/// How long somebody waits for a count. What can't be counted in that time is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountPatience {
    /// Less than 300 ms: who looks at a page.
    AtOnce,
    /// Three seconds: who asks with a command or a program.
    Short,
    /// A minute: who wants to know exactly.
    Long,
}

impl CountPatience {
    pub(crate) const fn time(self) -> Duration {
        match self {
            Self::AtOnce => Duration::from_millis(200),
            Self::Short => Duration::from_secs(3),
            Self::Long => Duration::from_secs(60),
        }
    }
}

/// Whom a segment is to mean: as a text or as a tree.
#[derive(Debug, Clone, PartialEq)]
pub enum SegmentWish {
    Text(String),
    Tree(Value),
}

/// How many contacts a rule means, and some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentView {
    pub rule: SegmentRule,
    pub count: SegmentCount,
    /// At most 20, with their addresses. Personal data.
    pub sample: Vec<(model::ContactId, String)>,
}

/// The segments by their names.
///
/// # Errors
/// Without the right to see contacts.
pub async fn segments(resources: &Resources, call: &Call) -> Result<Vec<StoredSegment>, Refusal> {
    call.permit(Right::ContactsRead, Object::OwnTopics)?;
    Ok(resources.store.segments_list().await?)
}

/// The segment with this name.
///
/// # Errors
/// When there is none.
pub async fn segment(
    resources: &Resources,
    call: &Call,
    name: &str,
) -> Result<StoredSegment, Refusal> {
    call.permit(Right::ContactsRead, Object::OwnTopics)?;
    let name = SegmentName::parse(name).map_err(|_| no_segment())?;
    resources.store.segment_find(name).await?.ok_or_else(no_segment)
}

/// Keeps a segment, or what it is from now on, if it still has the revision `seen` (None: whatever it has).
/// With `rehearsal` it is only checked. Returns its rule with values as contacts have them, and its revision.
///
/// # Errors
/// When the name or the rule can't be used, or there are too many.
pub async fn segment_set(
    resources: &Resources,
    call: &Call,
    name: &str,
    (wish, seen): (&SegmentWish, Option<i64>),
    rehearsal: bool,
) -> Result<(SegmentRule, i64), Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let name = SegmentName::parse(name).map_err(|problem| wrong_name("/name", problem))?;
    let rule = read(store, wish).await?;
    if rehearsal {
        store.segment_resolve(rule.clone()).await?;
        return Ok((rule, 0));
    }
    let mut conditions = 0;
    rule.each_condition(&mut |_| conditions += 1);
    let object = AuditObject::new("segment", &name);
    let after = json!({ "conditions": conditions });
    let named = call.acting(&permit, store, "segment.set", object, Some(after));
    let new = NewSegment { name, rule: rule.clone(), over: seen };
    match named.segment_set(new, call.at).await {
        Err(StoreError::OutOfRange(_)) => {
            let words = format!("There can be {MOST_SEGMENTS} segments at most; remove one first.");
            Err(Refusal::new(RefusalKind::Conflict, "too_many_segments", words))
        }
        done => Ok((rule, done?)),
    }
}

/// Removes a segment.
///
/// # Errors
/// When there is none, or something needs it.
pub async fn segment_remove(resources: &Resources, call: &Call, name: &str) -> Result<(), Refusal> {
    let store = &resources.store;
    let permit = call.permit(Right::ContactsWrite, Object::Installation)?;
    let name = SegmentName::parse(name).map_err(|_| no_segment())?;
    let object = AuditObject::new("segment", &name);
    let named = call.acting(&permit, store, "segment.remove", object, None);
    match named.segment_remove(name).await {
        Err(StoreError::NotFound(_)) => Err(no_segment()),
        done => Ok(done?),
    }
}

/// Counts whom a rule means among the contacts whom the actor may see, and shows some of them.
///
/// # Errors
/// When the rule can't be used.
pub async fn segment_count(
    resources: &Resources,
    call: &Call,
    wish: &SegmentWish,
    (patience, with_sample): (CountPatience, bool),
) -> Result<SegmentView, Refusal> {
    let permit = call.permit(Right::ContactsRead, Object::OwnTopics)?;
    let store = resources.store.for_reports();
    let rule = read(&store, wish).await?;
    let query = SegmentQuery {
        rule: rule.clone(),
        at: call.at,
        rules: report::rules_in_use(&store).await.map_err(Refusal::failed)?.clone(),
        topics: permit.topics(),
    };
    let count = store.segment_count(query.clone(), patience.time()).await?;
    let mut sample = Vec::new();
    if with_sample {
        for id in store.segment_sample(query, SAMPLE, SAMPLE_TIME).await? {
            if let Some(contact) = store.contact_find(id).await? {
                sample.push((id, contact.email.to_string()));
            }
        }
    }
    Ok(SegmentView { rule, count, sample })
}

/// A count of contacts as it is told: `1,204 contacts`, or `about 1,230,000 contacts (1,210,000 to 1,250,000)`.
#[must_use]
pub fn counted_contacts(count: &SegmentCount) -> String {
    let noun = if count.contacts == 1 { "contact" } else { "contacts" };
    if count.is_complete {
        return format!("{} {noun}", thousands(count.contacts));
    }
    let Some(most) = count.most else {
        return format!("at least {} {noun}", thousands(count.least));
    };
    let unit = 10_i64.pow((most - count.least).max(1).ilog10().saturating_sub(1));
    let about = thousands((count.contacts + unit / 2) / unit * unit);
    let (least, most) = (count.least / unit * unit, (most + unit - 1) / unit * unit);
    format!("about {about} contacts ({} to {})", thousands(least), thousands(most))
}

/// Says to which segments a campaign goes: to those of its topic who are in one of `included` (none: to all)
/// and in none of `excluded`.
///
/// # Errors
/// When a segment is not there, or the campaign has started.
pub async fn campaign_audience_set(
    resources: &Resources,
    call: &Call,
    number: CampaignNumber,
    included: &[String],
    excluded: &[String],
) -> Result<(), Refusal> {
    let store = &resources.store;
    let (campaign, object) = reach::campaign(store, number).await?;
    let permit = call.permit(Right::CampaignsWrite, object)?;
    let audience = CampaignAudience {
        included: names("/segments", included)?,
        excluded: names("/except", excluded)?,
        rules: report::rules_in_use(store).await.map_err(Refusal::failed)?.clone(),
        frozen: None,
    };
    let after = json!({ "segments": included, "except": excluded });
    let object = AuditObject::new("campaign", campaign.id.0);
    let named = call.acting(&permit, store, "campaign.audience", object, Some(after));
    match named.campaign_audience_set(campaign.id, audience).await {
        Err(StoreError::OutOfRange(_)) => {
            let words =
                "A campaign names 20 segments at most; put some into a segment of their own.";
            Err(Refusal::of_field("/segments", "too_many_segments", words))
        }
        Err(StoreError::Changed(_)) => {
            let words = "The campaign has started; whom it goes to does not change any more.";
            Err(Refusal::new(RefusalKind::Conflict, "state", words))
        }
        done => Ok(done?),
    }
}

/// The rule of a text or a tree, with values as contacts have them.
async fn read(store: &Store, wish: &SegmentWish) -> Result<SegmentRule, Refusal> {
    let rule = match wish {
        SegmentWish::Text(text) => SegmentRule::parse(text).map_err(|problem| misread(&problem))?,
        SegmentWish::Tree(tree) => segment_from_json(tree).map_err(|problem| {
            let pointer = format!("/tree{}", problem.pointer);
            Refusal::of_field(&pointer, "segment", sentence(&problem.words))
        })?,
    };
    let schema = AttributeSchema::read(store).await?;
    segment_checked(rule, &schema)
        .map_err(|problem| Refusal::of_field("/text", "segment", sentence(&problem.to_string())))
}

fn misread(problem: &SegmentProblem) -> Refusal {
    Refusal::of_field("/text", "segment", sentence(&problem.to_string()))
}

fn names(pointer: &str, texts: &[String]) -> Result<Vec<SegmentName>, Refusal> {
    let each = texts.iter().enumerate().map(|(index, text)| {
        SegmentName::parse(text).map_err(|it| wrong_name(&format!("{pointer}/{index}"), it))
    });
    each.collect()
}

fn wrong_name(pointer: &str, problem: SegmentValueProblem) -> Refusal {
    Refusal::of_field(pointer, "segment_name", sentence(&problem.to_string()))
}

impl From<SegmentRefused> for Refusal {
    fn from(refused: SegmentRefused) -> Self {
        let words = sentence(&refused.to_string());
        match refused {
            SegmentRefused::Needed { .. } => {
                Self::new(RefusalKind::Conflict, "segment_needed", words)
            }
            SegmentRefused::Missing { .. }
            | SegmentRefused::Circle(_)
            | SegmentRefused::NotKept(_)
            | SegmentRefused::TooLarge => Self::of_field("/text", "segment", words),
        }
    }
}

fn no_segment() -> Refusal {
    Refusal::not_found("segment_not_found", "There is no segment with this name.")
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}
