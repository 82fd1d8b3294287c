//! Test messages that were sent, kept for a look at them.
//!
//! Invariant: bounded by number, by bytes and by time; the oldest go first. Whoever is erased is in
//! none of them.

use std::time::Duration;

use model::{CampaignId, ContactId, Timestamp, TopicScope};

use crate::engine::error::count;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::people::topics::{of_topics, topic_list};
use crate::{Store, StoreError};

/// Test messages that are kept.
pub const TEST_MESSAGES: usize = 200;
/// Bytes of all of them; a larger one is not kept.
pub const TEST_MESSAGE_BYTES: usize = 32 << 20;
/// How long each is kept.
const KEPT_FOR: Duration = Duration::from_hours(24 * 30);

texts! {
    TEST_MESSAGE_INSERT = "INSERT INTO test_messages
            (campaign_id, email_key, contact_id, sent_at, raw)
        VALUES ($1, $2, $3, $4, $5) RETURNING id";
    TEST_MESSAGE_DROP = "DELETE FROM test_messages WHERE id = $1";
    TEST_MESSAGES_TRIM = "DELETE FROM test_messages WHERE sent_at < $1 OR id IN (
        SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id DESC) AS place,
            sum(length(raw)) OVER (ORDER BY id DESC) AS bytes FROM test_messages) ranked
        WHERE place > $2 OR bytes > $3)";
    TEST_MESSAGES_LIST = "SELECT id, campaign_id, sent_at, raw FROM test_messages
        WHERE id < $1 AND sent_at >= $2 ORDER BY id DESC LIMIT $3";
    TEST_MESSAGE_FIND = "SELECT id, campaign_id, sent_at, raw FROM test_messages
        WHERE id = $1 AND sent_at >= $2";
    TEST_MESSAGE_BESIDE = "SELECT
            (SELECT max(id) FROM test_messages WHERE id < $1 AND sent_at >= $2),
            (SELECT min(id) FROM test_messages WHERE id > $1 AND sent_at >= $2)";
    TOPICS_TEST_MESSAGES_LIST = concat!("SELECT m.id, m.campaign_id, m.sent_at, m.raw
        FROM test_messages m JOIN campaigns k ON k.id = m.campaign_id
        WHERE m.id < $1 AND m.sent_at >= $2 AND ", of_topics!("k.topic_id", "$4"), "
        ORDER BY m.id DESC LIMIT $3");
    TOPICS_TEST_MESSAGE_FIND = concat!("SELECT m.id, m.campaign_id, m.sent_at, m.raw
        FROM test_messages m JOIN campaigns k ON k.id = m.campaign_id
        WHERE m.id = $1 AND m.sent_at >= $2 AND ", of_topics!("k.topic_id", "$3"));
    TOPICS_TEST_MESSAGE_BESIDE = concat!("SELECT
            max(CASE WHEN m.id < $1 THEN m.id END), min(CASE WHEN m.id > $1 THEN m.id END)
        FROM test_messages m JOIN campaigns k ON k.id = m.campaign_id
        WHERE m.sent_at >= $2 AND ", of_topics!("k.topic_id", "$3"));
}

/// A test message that is about to be sent.
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
    pub campaign: CampaignId,
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
        let (most, bytes) = (count(TEST_MESSAGES)?, count(TEST_MESSAGE_BYTES)?);
        self.write(move |tx| {
            // Logged all the same, if somebody is acting.
            if new.raw.len() > TEST_MESSAGE_BYTES {
                return Ok(None);
            }
            let NewTestMessage { campaign, email_key, contact, raw } = &new;
            let contact = contact.map(|contact| contact.0);
            let values = (campaign.0, email_key, contact, at.0, raw);
            let id = tx.one(TEST_MESSAGE_INSERT, values, |row| row.get(0))?;
            tx.execute(TEST_MESSAGES_TRIM, (at.before(KEPT_FOR).0, most, bytes))?;
            Ok(Some(id))
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

fn test_message(row: &SqlRow<'_>) -> Result<TestMessageRow, StoreError> {
    Ok(TestMessageRow {
        id: row.get(0)?,
        campaign: CampaignId(row.get(1)?),
        sent_at: Timestamp(row.get(2)?),
        raw: row.get(3)?,
    })
}
