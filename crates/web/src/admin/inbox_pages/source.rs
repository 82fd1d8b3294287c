//! Where the messages on the inbox pages come from: what the demo caught, or test messages that were
//! sent.
//!
//! Invariant: a list is bounded, whatever there is.

use std::sync::Arc;

use campaign::CampaignError;
use model::{CampaignId, MessageId, TopicScope};
use report::number_text::thousands;
use store::{Store, TestOf};

use crate::admin::inbox::Inbox;
use crate::admin::parts::AdminParts;
use crate::clock::now;

/// Messages on one page of the list.
const PAGE: usize = 50;

pub(crate) enum InboxSource<'a> {
    Caught(&'a Inbox),
    Tests(&'a Store),
}

/// A page of the list.
#[derive(Default)]
pub(crate) struct InboxList {
    pub(crate) messages: Vec<ListedMessage>,
    /// "Messages 51 to 100 of 1,000".
    pub(crate) span: String,
    /// The queries of the pages beside it.
    pub(crate) newer: Option<String>,
    pub(crate) older: Option<String>,
    /// How many have made room for others.
    pub(crate) dropped: Option<String>,
}

/// A message in the list.
pub(crate) struct ListedMessage {
    pub(crate) number: i64,
    pub(crate) raw: Arc<[u8]>,
    pub(crate) single: Option<SingleTest>,
}

/// The single message that a test message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SingleTest {
    pub(crate) id: MessageId,
    pub(crate) announcement: String,
}

impl SingleTest {
    pub(crate) fn of(test: TestOf) -> Option<Self> {
        match test {
            TestOf::Campaign(_) => None,
            TestOf::Message(id, announcement) => Some(Self { id, announcement }),
        }
    }
}

pub(crate) struct InboxMessage {
    pub(crate) number: i64,
    pub(crate) single: Option<SingleTest>,
    /// The whole message as it came.
    pub(crate) raw: Arc<[u8]>,
    /// The numbers of those beside it.
    pub(crate) newer: Option<i64>,
    pub(crate) older: Option<i64>,
}

impl AdminParts {
    pub(crate) fn inbox_source(&self) -> InboxSource<'_> {
        self.inbox.as_deref().map_or(InboxSource::Tests(&self.store), InboxSource::Caught)
    }
}

impl InboxSource<'_> {
    /// Messages were sent to nobody else.
    pub(crate) const fn is_caught(&self) -> bool {
        matches!(self, Self::Caught(_))
    }

    /// The campaign of a test message; None for what was caught, for single messages, and for what is not
    /// there.
    pub(crate) async fn campaign_of(
        &self,
        number: i64,
    ) -> Result<Option<CampaignId>, CampaignError> {
        let Self::Tests(store) = self else { return Ok(None) };
        let found = campaign::kept_test_message(store, TopicScope::All, number, now()).await?;
        Ok(found.and_then(|it| match it.message.of {
            TestOf::Campaign(id) => Some(id),
            TestOf::Message(..) => None,
        }))
    }

    /// What was caught belongs to no topic: who is trusted with some only sees none of it.
    pub(crate) async fn list(
        &self,
        topics: TopicScope,
        before: Option<i64>,
    ) -> Result<InboxList, CampaignError> {
        match self {
            Self::Caught(_) if topics != TopicScope::All => Ok(InboxList::default()),
            Self::Caught(inbox) => Ok(caught_list(inbox, before)),
            Self::Tests(store) => {
                let mut kept =
                    campaign::kept_test_messages(store, topics, before, PAGE + 1, now()).await?;
                let has_more = kept.len() > PAGE;
                kept.truncate(PAGE);
                let older = kept.last().filter(|_| has_more);
                Ok(InboxList {
                    span: "Newest first".to_owned(),
                    newer: before.map(|_| String::new()),
                    older: older.map(|it| format!("?before={}", it.id)),
                    dropped: None,
                    messages: kept
                        .into_iter()
                        .map(|it| ListedMessage {
                            number: it.id,
                            raw: it.raw.into(),
                            single: SingleTest::of(it.of),
                        })
                        .collect(),
                })
            }
        }
    }

    pub(crate) async fn get(
        &self,
        topics: TopicScope,
        number: i64,
    ) -> Result<Option<InboxMessage>, CampaignError> {
        match self {
            Self::Caught(inbox) => {
                let there = |number: i64| inbox.get(u64::try_from(number).ok()?);
                let beside = |number: i64| there(number).map(|_| number);
                Ok(there(number).map(|caught| InboxMessage {
                    number,
                    single: None,
                    raw: caught.raw,
                    newer: beside(number.saturating_add(1)),
                    older: beside(number.saturating_sub(1)),
                }))
            }
            Self::Tests(store) => {
                let found = campaign::kept_test_message(store, topics, number, now()).await?;
                Ok(found.map(|it| InboxMessage {
                    number,
                    single: SingleTest::of(it.message.of),
                    raw: it.message.raw.into(),
                    newer: it.newer,
                    older: it.older,
                }))
            }
        }
    }
}

fn caught_list(inbox: &Inbox, before: Option<i64>) -> InboxList {
    let caught = inbox.list(before.and_then(|it| u64::try_from(it).ok()), PAGE);
    let holding = inbox.holding();
    let newest = holding.dropped + holding.messages;
    let first = caught.first().map_or(0, |it| newest - it.number + 1);
    let last = caught.last().map_or(0, |it| newest - it.number + 1);
    InboxList {
        span: format!(
            "Messages {} to {} of {}, newest first",
            count(first),
            count(last),
            count(holding.messages)
        ),
        newer: (first > 1).then(|| newer_page(newest, newest + 1 - first)),
        older: (last < holding.messages).then(|| format!("?before={}", newest + 1 - last)),
        dropped: (holding.dropped > 0).then(|| count(holding.dropped)),
        messages: caught
            .into_iter()
            .map(|it| ListedMessage { number: as_i64(it.number), raw: it.raw, single: None })
            .collect(),
    }
}

/// The page before the one that begins with message `from`.
fn newer_page(newest: u64, from: u64) -> String {
    let before = from + 1 + u64::try_from(PAGE).unwrap_or(u64::MAX);
    if before > newest { String::new() } else { format!("?before={before}") }
}

fn count(number: u64) -> String {
    thousands(as_i64(number))
}

fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
