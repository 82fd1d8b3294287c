//! Contacts as the people who run a list see them: one with everything that is kept, or many by
//! page.

use std::collections::BTreeMap;

use model::{CampaignId, ContactId, DeliveryState, SubscriptionState, TagName, Timestamp};

use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::value::SqlRow;
use crate::people::contacts::attributes_from;
use crate::{Store, StoreError};

texts! {
    CONTACTS_PAGE = "SELECT c.id, c.email, c.attributes, x.reason FROM contacts c
        LEFT JOIN suppressions x ON x.email_key = lower(c.email)
        WHERE c.id > $1 ORDER BY c.id LIMIT $2";
    /// CROSS JOIN, which SQLite takes as the order to join in: topic by topic along the key.
    /// Otherwise it would scan all subscriptions.
    SUBSCRIPTIONS_PAGE = "SELECT s.contact_id, t.slug, s.state
        FROM topics t CROSS JOIN subscriptions s
        WHERE s.topic_id = t.id AND s.contact_id > $1 AND s.contact_id <= $2";
    TAGS_PAGE = "SELECT c.contact_id, t.name FROM contact_tags c JOIN tags t ON t.id = c.tag_id
        WHERE c.contact_id > $1 AND c.contact_id <= $2 ORDER BY c.contact_id, t.name_key";
    SUBSCRIPTIONS_OF = "SELECT t.slug, s.state, s.changed_at, t.name
        FROM topics t CROSS JOIN subscriptions s
        WHERE s.topic_id = t.id AND s.contact_id = $1 ORDER BY t.slug LIMIT 1000";
    DELIVERIES_OF = "SELECT k.id, k.name, d.state, d.ended_at, d.reply,
            e.viewed, e.clicked, e.left_at
        FROM campaigns k CROSS JOIN deliveries d
        LEFT JOIN engagements e ON e.campaign_id = k.id AND e.contact_id = d.contact_id
        WHERE d.campaign_id = k.id AND d.contact_id = $1
        ORDER BY k.id DESC LIMIT 1000";
    SUPPRESSION_BY_KEY = "SELECT reason, at FROM suppressions WHERE email_key = $1";
    SUPPRESSION_BY_HASH = "SELECT reason, at FROM suppressions WHERE address_hash = $1";
}

/// A contact on a page of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedContact {
    /// Where the next page goes on.
    pub id: ContactId,
    /// As it was first written.
    pub email: String,
    /// Named values; none is empty.
    pub attributes: BTreeMap<String, String>,
    /// Why the address must not be mailed, if it must not.
    pub suppression: Option<String>,
    /// By the topic's slug.
    pub subscriptions: BTreeMap<String, SubscriptionState>,
    /// By their names.
    pub tags: Vec<String>,
}

impl ListedContact {
    /// Whether they have this tag.
    #[must_use]
    pub fn has_tag(&self, tag: &TagName) -> bool {
        let key = tag.key();
        self.tags.iter().any(|name| name.to_lowercase() == key)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its slug.
    pub topic: String,
    /// The topic's name.
    pub name: String,
    pub state: SubscriptionState,
    /// When the state last changed.
    pub changed_at: Timestamp,
}

/// What a campaign was to one contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryOf {
    pub campaign: CampaignId,
    pub name: String,
    pub state: DeliveryState,
    /// When the delivery reached a final state.
    pub ended_at: Option<Timestamp>,
    /// The relay's last reply, or our reason.
    pub reply: Option<String>,
    /// Whether a view of theirs is known.
    pub viewed: bool,
    /// Whether a click of theirs is known.
    pub clicked: bool,
    pub left_at: Option<Timestamp>,
}

impl Store {
    /// The contacts after this one, in the order of their ids.
    pub async fn contacts_page(
        &self,
        after: ContactId,
        limit: usize,
    ) -> Result<Vec<ListedContact>, StoreError> {
        self.read(move |tx| {
            let limit = crate::engine::error::count(limit)?;
            let mut page = tx.all(CONTACTS_PAGE, (after.0, limit), |row| {
                Ok(ListedContact {
                    id: ContactId(row.get(0)?),
                    email: row.get(1)?,
                    attributes: attributes_from(row.text(2)?)?,
                    suppression: row.get(3)?,
                    subscriptions: BTreeMap::new(),
                    tags: Vec::new(),
                })
            })?;
            let Some(last) = page.last().map(|contact| contact.id) else { return Ok(page) };
            let subscriptions = tx.all(SUBSCRIPTIONS_PAGE, (after.0, last.0), |row| {
                let state = known(SubscriptionState::from_word(row.text(2)?), "subscription")?;
                Ok((ContactId(row.get(0)?), row.get::<String>(1)?, state))
            })?;
            for (contact, topic, state) in subscriptions {
                // A subscription of somebody who is no contact any more belongs to nobody.
                if let Ok(place) = page.binary_search_by_key(&contact, |listed| listed.id)
                    && let Some(listed) = page.get_mut(place)
                {
                    listed.subscriptions.insert(topic, state);
                }
            }
            let tags = tx.all(TAGS_PAGE, (after.0, last.0), |row| {
                Ok((ContactId(row.get(0)?), row.get::<String>(1)?))
            })?;
            for (contact, tag) in tags {
                if let Ok(place) = page.binary_search_by_key(&contact, |listed| listed.id)
                    && let Some(listed) = page.get_mut(place)
                {
                    listed.tags.push(tag);
                }
            }
            Ok(page)
        })
        .await
    }

    /// The contact's subscriptions by topic.
    pub async fn subscriptions_of(
        &self,
        contact: ContactId,
    ) -> Result<Vec<Subscription>, StoreError> {
        self.read(move |tx| tx.all(SUBSCRIPTIONS_OF, [contact.0], subscription)).await
    }

    /// What the contact was sent, the latest campaign first, at most 1,000.
    pub async fn deliveries_of(&self, contact: ContactId) -> Result<Vec<DeliveryOf>, StoreError> {
        self.read(move |tx| {
            tx.all(DELIVERIES_OF, [contact.0], |row| {
                Ok(DeliveryOf {
                    campaign: CampaignId(row.get(0)?),
                    name: row.get(1)?,
                    state: known(DeliveryState::from_code(row.get(2)?), "delivery state")?,
                    ended_at: row.get::<Option<i64>>(3)?.map(Timestamp),
                    reply: row.get(4)?,
                    viewed: row.get::<Option<bool>>(5)?.unwrap_or_default(),
                    clicked: row.get::<Option<bool>>(6)?.unwrap_or_default(),
                    left_at: row.get::<Option<i64>>(7)?.map(Timestamp),
                })
            })
        })
        .await
    }

    /// Why and since when an address must not be mailed, even if only its hash is left.
    pub async fn suppression_find(
        &self,
        email_key: String,
        address_hash: [u8; 32],
    ) -> Result<Option<(String, Timestamp)>, StoreError> {
        self.read(move |tx| {
            let found = tx.first(SUPPRESSION_BY_KEY, [&email_key], |row| {
                Ok((row.get(0)?, Timestamp(row.get(1)?)))
            })?;
            match found {
                Some(found) => Ok(Some(found)),
                None => tx.first(SUPPRESSION_BY_HASH, [address_hash], |row| {
                    Ok((row.get(0)?, Timestamp(row.get(1)?)))
                }),
            }
        })
        .await
    }
}

pub(crate) fn subscription(row: &SqlRow<'_>) -> Result<Subscription, StoreError> {
    Ok(Subscription {
        topic: row.get(0)?,
        name: row.get(3)?,
        state: known(SubscriptionState::from_word(row.text(1)?), "subscription")?,
        changed_at: Timestamp(row.get(2)?),
    })
}
