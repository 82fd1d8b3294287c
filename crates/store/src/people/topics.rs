//! Topics: what people can subscribe to.

use model::{ContactId, SubscriptionState, TopicId};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    TOPIC_ENSURE = "INSERT INTO topics (slug, name) VALUES ($1, $2)
        ON CONFLICT (slug) DO UPDATE SET name = excluded.name WHERE topics.name <> excluded.name";
    TOPIC_BY_SLUG = "SELECT id, slug, name, archive_open FROM topics WHERE slug = $1";
    TOPIC_FIND = "SELECT id, slug, name, archive_open FROM topics WHERE id = $1";
    TOPICS_LIST = "SELECT id, slug, name, archive_open FROM topics ORDER BY slug LIMIT 1000";
    TOPIC_SUBSCRIBERS =
        "SELECT count(*) FROM subscriptions WHERE topic_id = $1 AND state = 'subscribed'";
    TOPIC_COUNTS = "SELECT topic_id, state, CAST(count(*) AS BIGINT) FROM subscriptions
        GROUP BY topic_id, state";
    TOPIC_CAMPAIGNS = "SELECT topic_id, CAST(count(*) AS BIGINT) FROM campaigns GROUP BY topic_id";
    /// Also asked by an import.
    SUBSCRIPTION_STATE =
        "SELECT state FROM subscriptions WHERE topic_id = $1 AND contact_id = $2";
}

/// A condition: the column's topic is in a list as [`topic_list`] writes it.
macro_rules! of_topics {
    ($column:literal, $list:literal) => {
        concat!(
            $column,
            " IN (SELECT t.id FROM topics t WHERE ",
            $list,
            " LIKE '%,' || CAST(t.id AS TEXT) || ',%')"
        )
    };
}
pub(crate) use of_topics;

/// Any number of topics as one value of a statement.
pub(crate) fn topic_list(topics: &[TopicId]) -> String {
    topics.iter().fold(String::from(","), |list, topic| format!("{list}{},", topic.0))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub id: TopicId,
    /// Its name in addresses and files.
    pub slug: String,
    pub name: String,
    /// Whether everybody may read the list of what was sent to it.
    pub archive_open: bool,
}

/// How many people have an entry for a topic, by its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicCounts {
    pub topic: Topic,
    pub subscribed: i64,
    pub pending: i64,
    pub unsubscribed: i64,
    pub campaigns: i64,
}

impl Store {
    /// The topics by slug with their numbers, at most 1,000. Counts rows: a tenth of a second for a
    /// million subscriptions, so not for pages that are loaded often.
    pub async fn topics_counted(&self) -> Result<Vec<TopicCounts>, StoreError> {
        self.read(|tx| {
            let blank = |topic| TopicCounts {
                topic,
                subscribed: 0,
                pending: 0,
                unsubscribed: 0,
                campaigns: 0,
            };
            let topics = tx.all(TOPICS_LIST, (), topic_row)?;
            let mut topics: Vec<TopicCounts> = topics.into_iter().map(blank).collect();
            let mut find = |id: i64, set: &dyn Fn(&mut TopicCounts)| {
                topics.iter_mut().filter(|it| it.topic.id.0 == id).for_each(set);
            };
            tx.all(TOPIC_COUNTS, (), |row| {
                let state = known(SubscriptionState::from_word(row.text(1)?), "subscription")?;
                let people: i64 = row.get(2)?;
                find(row.get(0)?, &|it| match state {
                    SubscriptionState::Subscribed => it.subscribed = people,
                    SubscriptionState::Pending => it.pending = people,
                    SubscriptionState::Unsubscribed => it.unsubscribed = people,
                });
                Ok(())
            })?;
            tx.all(TOPIC_CAMPAIGNS, (), |row| {
                let campaigns: i64 = row.get(1)?;
                find(row.get(0)?, &|it| it.campaigns = campaigns);
                Ok(())
            })?;
            Ok(topics)
        })
        .await
    }

    /// The topic with this slug, created if it does not exist and renamed if its name differs.
    pub async fn topic_ensure(&self, slug: String, name: String) -> Result<TopicId, StoreError> {
        let known = self.topic_by_slug(slug.clone()).await?;
        // Nearly always so, and then nobody who writes is waited for.
        if let Some(topic) = known.filter(|topic| topic.name == name) {
            return Ok(topic.id);
        }
        self.write(move |tx| {
            tx.execute(TOPIC_ENSURE, (&slug, &name))?;
            Ok(tx.one(TOPIC_BY_SLUG, [&slug], topic_row)?.id)
        })
        .await
    }

    /// The topic with this slug.
    pub async fn topic_by_slug(&self, slug: String) -> Result<Option<Topic>, StoreError> {
        self.read(move |tx| tx.first(TOPIC_BY_SLUG, [&slug], topic_row)).await
    }

    /// The topic with this id.
    pub async fn topic_find(&self, id: TopicId) -> Result<Option<Topic>, StoreError> {
        self.read(move |tx| tx.first(TOPIC_FIND, [id.0], topic_row)).await
    }

    /// The topics by slug, at most 1,000.
    pub async fn topics_list(&self) -> Result<Vec<Topic>, StoreError> {
        self.read(|tx| tx.all(TOPICS_LIST, (), topic_row)).await
    }

    /// How many contacts are subscribed to the topic. Counts rows: for people who are about to
    /// start a campaign, not for pages that are loaded often.
    pub async fn topic_subscribers(&self, topic: TopicId) -> Result<i64, StoreError> {
        self.read(move |tx| tx.one(TOPIC_SUBSCRIBERS, [topic.0], |row| row.get(0))).await
    }

    /// Whether the contact gets the topic; None if the contact has no entry for it.
    pub async fn subscription_state(
        &self,
        contact: ContactId,
        topic: TopicId,
    ) -> Result<Option<SubscriptionState>, StoreError> {
        self.read(move |tx| {
            let word: Option<String> =
                tx.first(SUBSCRIPTION_STATE, (topic.0, contact.0), |row| row.get(0))?;
            word.map(|word| known(SubscriptionState::from_word(&word), "subscription state"))
                .transpose()
        })
        .await
    }
}

pub(crate) fn topic_row(row: &SqlRow<'_>) -> Result<Topic, StoreError> {
    Ok(Topic {
        id: TopicId(row.get(0)?),
        slug: row.get(1)?,
        name: row.get(2)?,
        archive_open: row.get::<i64>(3)? != 0,
    })
}
