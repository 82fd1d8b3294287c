//! Mail that was not sent to its recipients: test messages, or what the demo caught.
//!
//! Invariant: a token for some topics sees the test messages of their campaigns, and nothing of what
//! was caught, of which no topic is known.

use access::{Object, TopicScope};
use actions::reach;
use model::CampaignId;
use serde::Serialize;
use store::TestOf;
use utoipa::ToSchema;

use crate::admin::inbox::Seen;
use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// Messages looked up at once.
const BATCH: usize = 51;

list_params! {
    InboxParams {}
}

/// A message of the inbox.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaughtMessage {
    /// Its number.
    #[schema(example = "3")]
    id: String,
    /// The number of its campaign, where that is known.
    campaign: Option<String>,
    /// The single message that was asked for with a test token; null for others.
    message: Option<SingleTestOf>,
    from: String,
    to: String,
    subject: String,
    /// As the message says.
    date: String,
    bytes: usize,
}

/// The single message that a test is.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct SingleTestOf {
    /// Its number.
    #[schema(example = "17")]
    id: String,
    /// The name of its announcement.
    #[schema(example = "Your code")]
    announcement: String,
}

/// A message with what is in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct MessageDetail {
    #[serde(flatten)]
    message: CaughtMessage,
    text: String,
    /// Null when it has no HTML part.
    html: Option<String>,
    /// The whole message as it would be sent.
    source: String,
}

/// A message before it is read.
struct Raw {
    id: i64,
    of: Option<TestOf>,
    raw: std::sync::Arc<[u8]>,
}

impl Raw {
    fn campaign(&self) -> Option<CampaignId> {
        match self.of {
            Some(TestOf::Campaign(id)) => Some(id),
            Some(TestOf::Message(..)) | None => None,
        }
    }

    fn single(&self) -> Option<SingleTestOf> {
        match &self.of {
            Some(TestOf::Message(id, name)) => {
                Some(SingleTestOf { id: id.to_string(), announcement: name.clone() })
            }
            Some(TestOf::Campaign(_)) | None => None,
        }
    }
}

impl CaughtMessage {
    fn new(found: &Raw, seen: &Seen) -> Self {
        Self {
            id: found.id.to_string(),
            campaign: found.campaign().map(|id| id.to_string()),
            message: found.single(),
            from: seen.from.clone(),
            to: seen.to.clone(),
            subject: seen.subject.clone(),
            date: seen.date.clone(),
            bytes: found.raw.len(),
        }
    }
}

async fn is_own(asked: &Asked, campaign: Option<CampaignId>) -> bool {
    let TopicScope::These(topics) = asked.topics() else { return true };
    let Some(campaign) = campaign else { return false };
    let found = reach::campaign_with_id(asked.store(), campaign).await;
    found.is_ok_and(|(_, object)| matches!(object, Object::Topic(topic) if topics.contains(&topic)))
}

async fn batch(asked: &Asked, before: Option<i64>) -> Result<Batch<Raw>, Problem> {
    let mut rows: Vec<Raw> = match &asked.parts.inbox {
        Some(inbox) => {
            let before = before.and_then(|it| u64::try_from(it).ok());
            let caught = inbox.list(before, BATCH).into_iter();
            let id = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            caught.map(|it| Raw { id: id(it.number), of: None, raw: it.raw }).collect()
        }
        None => {
            let kept = campaign::kept_test_messages(
                asked.store(),
                asked.topics(),
                before,
                BATCH,
                asked.at,
            );
            let kept = kept.await?.into_iter();
            kept.map(|it| Raw { id: it.id, of: Some(it.of), raw: it.raw.into() }).collect()
        }
    };
    let has_more = rows.len() == BATCH;
    rows.truncate(BATCH - 1);
    let next = rows.last().filter(|_| has_more).map(|last| last.id);
    let mut own = Vec::with_capacity(rows.len());
    for row in rows {
        if is_own(asked, row.campaign()).await {
            own.push(row);
        }
    }
    Ok(Batch { rows: own, next, is_last_for_now: false })
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: InboxParams = asked.query()?;
    let page = ListAsked::new("/api/v1/inbox", &[], params.limit, params.after.as_deref())?;
    let (rows, next) = page.fill(|before| batch(&asked, before), |_| true, |it| it.id).await?;
    let rows: Vec<CaughtMessage> =
        rows.iter().map(|it| CaughtMessage::new(it, &Seen::parse(&it.raw))).collect();
    page.page(&rows, next)
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let missing =
        || Problem::not_found("message_not_found", "There is no message with this number.");
    let number: i64 = asked.path("number").parse().map_err(|_| missing())?;
    let found = match &asked.parts.inbox {
        Some(inbox) => {
            let caught = u64::try_from(number).ok().and_then(|number| inbox.get(number));
            caught.map(|it| Raw { id: number, of: None, raw: it.raw })
        }
        None => {
            let (store, topics) = (asked.store(), asked.topics());
            let kept = campaign::kept_test_message(store, topics, number, asked.at).await?;
            kept.map(|it| Raw { id: number, of: Some(it.message.of), raw: it.message.raw.into() })
        }
    };
    let found = found.ok_or_else(missing)?;
    if !is_own(&asked, found.campaign()).await {
        return Err(missing());
    }
    let seen = Seen::parse(&found.raw);
    Reply::tagged(&MessageDetail {
        message: CaughtMessage::new(&found, &seen),
        source: String::from_utf8_lossy(&found.raw).into_owned(),
        text: seen.text,
        html: seen.html,
    })
}
