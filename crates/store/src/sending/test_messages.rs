//! Test messages of campaigns that were sent, and single messages that were asked for with a test token,
//! kept for a look at them.
//!
//! Invariant: bounded by number, by bytes and by time; the oldest go first. Whoever is erased is in
//! none of them.

use std::time::Duration;

use model::{CampaignId, ContactId, MessageId, Timestamp, TopicScope};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::people::topics::{of_topics, topic_list};
use crate::{Store, StoreError};

/// Test messages that are kept.
pub const TEST_MESSAGES: usize = 200;
/// Bytes of all of them; a larger one is not kept.
pub const TEST_MESSAGE_BYTES: usize = 32 << 20;
/// How long each is kept.
const KEPT_FOR: Duration = Duration::from_hours(24 * 30);

/// The columns of a row, and where they come from.
macro_rules! columns {
    () => {
        "t.id, t.campaign_id, t.message_id, a.name, t.sent_at, t.raw FROM test_messages t
        LEFT JOIN messages s ON s.id = t.message_id
        LEFT JOIN announcements a ON a.id = s.announcement_id"
    };
}

texts! {
    TEST_MESSAGE_INSERT = "INSERT INTO test_messages
            (campaign_id, message_id, email_key, contact_id, sent_at, raw)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    TEST_MESSAGE_DROP = "DELETE FROM test_messages WHERE id = $1";
    TEST_MESSAGES_TRIM = "DELETE FROM test_messages WHERE sent_at < $1 OR id IN (
        SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS place,
            sum(length(raw)) OVER (ORDER BY id DESC) AS bytes FROM test_messages) ranked
        WHERE place > $2 OR bytes > $3)";
    TEST_MESSAGES_LIST = concat!("SELECT ", columns!(), " WHERE t.id < $1 AND t.sent_at >= $2
        ORDER BY t.id DESC LIMIT $3");
    TEST_MESSAGE_FIND = concat!("SELECT ", columns!(), " WHERE t.id = $1 AND t.sent_at >= $2");
    TEST_MESSAGE_BESIDE = "SELECT
            (SELECT max(id) FROM test_messages WHERE id < $1 AND sent_at >= $2),
            (SELECT min(id) FROM test_messages WHERE id > $1 AND sent_at >= $2)";
    TOPICS_TEST_MESSAGES_LIST = concat!("SELECT ", columns!(), "
        JOIN campaigns k ON k.id = t.campaign_id
        WHERE t.id < $1 AND t.sent_at >= $2 AND ", of_topics!("k.topic_id", "$4"), "
        ORDER BY t.id DESC LIMIT $3");
    TOPICS_TEST_MESSAGE_FIND = concat!("SELECT ", columns!(), "
        JOIN campaigns k ON k.id = t.campaign_id
        WHERE t.id = $1 AND t.sent_at >= $2 AND ", of_topics!("k.topic_id", "$3"));
    TOPICS_TEST_MESSAGE_BESIDE = concat!("SELECT
            max(CASE WHEN m.id < $1 THEN m.id END), min(CASE WHEN m.id > $1 THEN m.id END)
        FROM test_messages m JOIN campaigns k ON k.id = m.campaign_id
        WHERE m.sent_at >= $2 AND ", of_topics!("k.topic_id", "$3"));
}

/// What a test message is a test of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestOf {
    Campaign(CampaignId),
    /// A single message that was asked for with a test token, and its announcement's name.
    Message(MessageId, String),
}

/// A campaign's test message that is about to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTestMessage {
    pub campaign: CampaignId,
    /// The key of the address that it went to.
    pub email_key: String,
    /// Whose values it shows; nothing for made-up ones.
    pub contact: Option<ContactId>,
    /// The whole message.
    pub raw: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestMessageRow {
    /// Never given to another message.
    pub id: i64,
    pub of: TestOf,
    pub sent_at: Timestamp,
    /// The whole message.
    pub raw: Vec<u8>,
}

/// A test message, and the ids of those beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundTestMessage {
    pub message: TestMessageRow,
    pub older: Option<i64>,
    pub newer: Option<i64>,
}

impl Store {
    /// Keeps a test message; the oldest make room. Returns its id, or nothing when it is too large.
    pub async fn test_message_keep(
        &self,
        new: NewTestMessage,
        at: Timestamp,
    ) -> Result<Option<i64>, StoreError> {
        self.write(move |tx| {
            let NewTestMessage { campaign, email_key, contact, raw } = &new;
            let of = (Some(campaign.0), None);
            // One that is too large is logged all the same, if somebody is acting.
            keep(tx, of, (email_key, *contact), raw, at)
        })
        .await
    }

    /// Removes a test message that was not sent after all.
    pub async fn test_message_drop(&self, id: i64) -> Result<(), StoreError> {
        self.write(move |tx| tx.execute(TEST_MESSAGE_DROP, [id]).map(drop)).await
    }

    /// The test messages of campaigns of these topics before `before`, the latest first, at most
    /// `limit`.
    pub async fn test_messages(
        &self,
        topics: TopicScope,
        before: Option<i64>,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<TestMessageRow>, StoreError> {
        let (before, since) = (before.unwrap_or(i64::MAX), now.before(KEPT_FOR).0);
        let limit = count(limit)?;
        self.read(move |tx| match &topics {
            TopicScope::All => tx.all(TEST_MESSAGES_LIST, (before, since, limit), test_message),
            TopicScope::These(topics) => {
                let values = (before, since, limit, topic_list(topics));
                tx.all(TOPICS_TEST_MESSAGES_LIST, values, test_message)
            }
        })
        .await
    }

    /// The test message with this id and those beside it, if its campaign is of these topics.
    pub async fn test_message(
        &self,
        id: i64,
        topics: TopicScope,
        now: Timestamp,
    ) -> Result<Option<FoundTestMessage>, StoreError> {
        let since = now.before(KEPT_FOR).0;
        self.read(move |tx| {
            let beside = |row: &SqlRow<'_>| Ok((row.get(0)?, row.get(1)?));
            let (message, (older, newer)) = match &topics {
                TopicScope::All => {
                    let found = tx.first(TEST_MESSAGE_FIND, (id, since), test_message)?;
                    let Some(message) = found else { return Ok(None) };
                    (message, tx.one(TEST_MESSAGE_BESIDE, (id, since), beside)?)
                }
                TopicScope::These(topics) => {
                    let values = (id, since, &topic_list(topics));
                    let found = tx.first(TOPICS_TEST_MESSAGE_FIND, values, test_message)?;
                    let Some(message) = found else { return Ok(None) };
                    (message, tx.one(TOPICS_TEST_MESSAGE_BESIDE, values, beside)?)
                }
            };
            Ok(Some(FoundTestMessage { message, older, newer }))
        })
        .await
    }
}

/// Keeps a test of a campaign or of a single message, whose ids come first, within a transaction.
pub(in crate::sending) fn keep(
    tx: &Tx<'_>,
    (campaign, message): (Option<i64>, Option<i64>),
    (email_key, contact): (&str, Option<ContactId>),
    raw: &Vec<u8>,
    at: Timestamp,
) -> Result<Option<i64>, StoreError> {
    if raw.len() > TEST_MESSAGE_BYTES {
        return Ok(None);
    }
    let (most, bytes) = (count(TEST_MESSAGES)?, count(TEST_MESSAGE_BYTES)?);
    let contact = contact.map(|contact| contact.0);
    let values = (campaign, message, email_key, contact, at.0, raw);
    let id = tx.one(TEST_MESSAGE_INSERT, values, |row| row.get(0))?;
    tx.execute(TEST_MESSAGES_TRIM, (at.before(KEPT_FOR).0, most, bytes))?;
    Ok(Some(id))
}

fn test_message(row: &SqlRow<'_>) -> Result<TestMessageRow, StoreError> {
    let of = match (row.get::<Option<i64>>(1)?, row.get::<Option<i64>>(2)?) {
        (Some(campaign), _) => TestOf::Campaign(CampaignId(campaign)),
        (None, Some(message)) => {
            let name = row.get::<Option<String>>(3)?.unwrap_or_default();
            TestOf::Message(MessageId(message), name)
        }
        (None, None) => return Err(StoreError::Corrupt("a test message of nothing".to_owned())),
    };
    let (sent_at, raw) = (Timestamp(row.get(4)?), row.get(5)?);
    Ok(TestMessageRow { id: row.get(0)?, of, sent_at, raw })
}
