//! One contact with everything that is kept, as it was at one moment.
//!
//! Invariant: bounded, whatever the contact did: the newest messages, the newest hits. Events have no
//! index by contact (it would cost every hit), so hits are sought among the newest of all.

use std::collections::BTreeMap;

use model::{
    CampaignId, ContactId, DeliveryState, EngagementEvidence, RulesSeen, Timestamp, TopicId,
    TopicScope,
};

use crate::counting::engagements::EngagementRow;
use crate::counting::event_cursor::EventPosition;
use crate::counting::expired_engagements;
use crate::counting::hit_columns::earlier;

use crate::engine::error::{count, known, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{SqlRow, SqlValue};
use crate::people::contacts::{CONTACT_FIND, Contact, contact};
use crate::people::leaving::{CONSENTS_OF, Consent, consent};
use crate::people::profiles::{SUBSCRIPTIONS_OF, SUPPRESSION_BY_KEY, Subscription, subscription};
use crate::people::topics::{TOPICS_LIST, of_topics, topic_list, topic_row};
use crate::sending::delivery_list::CLICKED_LINKS;
use crate::sending::messages::{MessageRow, messages_of};
use crate::snapshot::TOPIC_NAMES;
use crate::{Store, StoreError};

texts! {
    MESSAGES_OF = "SELECT k.id, k.name, d.state, d.ended_at, d.code, d.reply,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at, k.started_at
        FROM campaigns k CROSS JOIN deliveries d
        LEFT JOIN engagements e ON e.campaign_id = k.id AND e.contact_id = d.contact_id
        WHERE d.campaign_id = k.id AND d.contact_id = $1
        ORDER BY k.id DESC LIMIT $2";
    /// Of campaigns before the one that was seen last.
    MESSAGES_BEFORE = "SELECT k.id, k.name, d.state, d.ended_at, d.code, d.reply,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at, k.started_at
        FROM campaigns k CROSS JOIN deliveries d
        LEFT JOIN engagements e ON e.campaign_id = k.id AND e.contact_id = d.contact_id
        WHERE d.campaign_id = k.id AND d.contact_id = $1 AND k.id < $3
        ORDER BY k.id DESC LIMIT $2";
    HITS_OF = "SELECT e.at, e.campaign_id, l.label, e.slot, a.agent, e.class, e.rules, e.signs,
            e.node, e.segment, e.byte_offset
        FROM (SELECT at, campaign_id, contact_id, slot, agent_id, class, rules, signs, node, segment,
                byte_offset FROM events
            ORDER BY at DESC, node DESC, segment DESC, byte_offset DESC LIMIT $2) e
        JOIN agents a ON a.id = e.agent_id
        LEFT JOIN links l ON l.campaign_id = e.campaign_id AND l.slot = e.slot
        WHERE e.contact_id = $1 ORDER BY e.at DESC LIMIT 200";
    TOPICS_MESSAGES_OF = concat!("SELECT k.id, k.name, d.state, d.ended_at, d.code, d.reply,
            e.best_class, e.viewed, e.clicked, e.click_class, e.hits, e.left_at, k.started_at
        FROM campaigns k CROSS JOIN deliveries d
        LEFT JOIN engagements e ON e.campaign_id = k.id AND e.contact_id = d.contact_id
        WHERE d.campaign_id = k.id AND d.contact_id = $1 AND ", of_topics!("k.topic_id", "$3"), "
        ORDER BY k.id DESC LIMIT $2");
    TOPICS_HITS_OF = concat!("SELECT e.at, e.campaign_id, l.label, e.slot, a.agent, e.class, e.rules, e.signs,
            e.node, e.segment, e.byte_offset
        FROM (SELECT at, campaign_id, contact_id, slot, agent_id, class, rules, signs, node, segment,
                byte_offset FROM events
            ORDER BY at DESC, node DESC, segment DESC, byte_offset DESC LIMIT $2) e
        JOIN agents a ON a.id = e.agent_id
        JOIN campaigns k ON k.id = e.campaign_id
        LEFT JOIN links l ON l.campaign_id = e.campaign_id AND l.slot = e.slot
        WHERE e.contact_id = $1 AND ", of_topics!("k.topic_id", "$3"), "
        ORDER BY e.at DESC LIMIT 200");
    CAMPAIGN_OF_TOPICS =
        concat!("SELECT 1 FROM campaigns WHERE id = $1 AND ", of_topics!("topic_id", "$2"));
}

/// What is kept about one contact. Personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactProfile {
    pub contact: Contact,
    /// Why and since when the address must not be mailed.
    pub suppression: Option<(String, Timestamp)>,
    pub subscriptions: Vec<Subscription>,
    /// The consent ledger, newest first.
    pub consents: Vec<Consent>,
    pub topic_names: BTreeMap<TopicId, String>,
    /// What they were sent, the newest campaign first.
    pub messages: Vec<MessageTo>,
    /// Single messages to them, the newest first; only for who is trusted with all topics.
    pub singles: Vec<MessageRow>,
    /// Their hits among the newest of all, the newest first.
    pub hits: Vec<HitOf>,
}

/// A campaign's message to a contact, and what is known to have followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTo {
    pub campaign: CampaignId,
    pub name: String,
    pub state: DeliveryState,
    pub ended_at: Option<Timestamp>,
    /// The relay's code; 0 for reasons of our own, None for none.
    pub code: Option<u16>,
    pub reply: Option<String>,
    /// What was seen in their views and clicks.
    pub evidence: EngagementEvidence,
    pub viewed: bool,
    pub clicked: bool,
    pub left_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    /// Labels of the links that they followed.
    pub links: Vec<String>,
    /// What they did with it is not kept any more, because of its age.
    pub engagement_removed: bool,
}

/// A view or a click.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HitOf {
    /// Its event's identity.
    pub event: EventPosition,
    pub at: Timestamp,
    pub campaign: CampaignId,
    /// The link's label; None for a view.
    pub clicked: Option<String>,
    /// As the client sent it: hostile.
    pub agent: Vec<u8>,
    /// What was seen in it alone.
    pub rules: RulesSeen,
    /// A link checker's HEAD request, which is neither view nor click.
    pub is_head: bool,
}

impl Store {
    /// The contact with this id and what is kept about them: at most `messages` of the newest
    /// campaigns, and hits among the newest `events` of all contacts. Of these topics only; none
    /// when the contact has nothing to do with them.
    pub async fn contact_profile(
        &self,
        id: ContactId,
        topics: TopicScope,
        messages: usize,
        events: usize,
    ) -> Result<Option<ContactProfile>, StoreError> {
        let (messages, events) = (count(messages)?, count(events)?);
        self.read(move |tx| {
            let Some(contact) = tx.first(CONTACT_FIND, [id.0], contact)? else { return Ok(None) };
            let suppression = tx.first(SUPPRESSION_BY_KEY, [contact.email.key()], |row| {
                Ok((row.get(0)?, Timestamp(row.get(1)?)))
            })?;
            let subscriptions = subscriptions_of(tx, id, &topics)?;
            if topics != TopicScope::All && subscriptions.is_empty() {
                return Ok(None);
            }
            let singles = match &topics {
                TopicScope::All => messages_of(tx, id, &contact.email.key(), messages)?,
                TopicScope::These(_) => Vec::new(),
            };
            Ok(Some(ContactProfile {
                singles,
                contact,
                suppression,
                subscriptions,
                consents: consents_of(tx, id, &topics)?,
                topic_names: tx.all(TOPIC_NAMES, (), topic_name)?.into_iter().collect(),
                messages: messages_to(tx, id, &topics, messages)?,
                hits: match &topics {
                    TopicScope::All => tx.all(HITS_OF, (id.0, events), hit)?,
                    TopicScope::These(topics) => {
                        tx.all(TOPICS_HITS_OF, (id.0, events, topic_list(topics)), hit)?
                    }
                },
            }))
        })
        .await
    }
}

pub(crate) fn subscriptions_of(
    tx: &Tx<'_>,
    id: ContactId,
    topics: &TopicScope,
) -> Result<Vec<Subscription>, StoreError> {
    let mut all = tx.all(SUBSCRIPTIONS_OF, [id.0], subscription)?;
    if *topics != TopicScope::All {
        let mut own = tx.all(TOPICS_LIST, (), topic_row)?;
        own.retain(|topic| topics.contains(topic.id));
        all.retain(|it| own.iter().any(|topic| topic.slug == it.topic));
    }
    Ok(all)
}

/// A consent that is about everything stays, without the foreign campaign that it came by.
pub(crate) fn consents_of(
    tx: &Tx<'_>,
    id: ContactId,
    topics: &TopicScope,
) -> Result<Vec<Consent>, StoreError> {
    let mut all = tx.all(CONSENTS_OF, [id.0], consent)?;
    let TopicScope::These(own) = topics else { return Ok(all) };
    let own = topic_list(own);
    all.retain(|consent| consent.topic.is_none_or(|topic| topics.contains(topic)));
    for consent in &mut all {
        let Some(campaign) = consent.campaign else { continue };
        if tx.first(CAMPAIGN_OF_TOPICS, (campaign.0, &own), |_| Ok(()))?.is_none() {
            consent.campaign = None;
        }
    }
    Ok(all)
}

fn topic_name(row: &SqlRow<'_>) -> Result<(TopicId, String), StoreError> {
    Ok((TopicId(row.get(0)?), row.get(1)?))
}

fn messages_to(
    tx: &Tx<'_>,
    id: ContactId,
    topics: &TopicScope,
    limit: i64,
) -> Result<Vec<MessageTo>, StoreError> {
    let messages = match topics {
        TopicScope::All => tx.all(MESSAGES_OF, (id.0, limit), message)?,
        TopicScope::These(topics) => {
            tx.all(TOPICS_MESSAGES_OF, (id.0, limit, topic_list(topics)), message)?
        }
    };
    with_links(tx, id, messages)
}

/// The messages with the labels of the links that the contact followed, and whether what they did is kept.
pub(crate) fn with_links(
    tx: &Tx<'_>,
    id: ContactId,
    mut messages: Vec<MessageTo>,
) -> Result<Vec<MessageTo>, StoreError> {
    let campaigns = messages.iter().map(|message| message.campaign).collect();
    let expired = expired_engagements::among(tx, &campaigns)?;
    for message in &mut messages {
        message.engagement_removed = expired.contains(&message.campaign);
    }
    for message in messages.iter_mut().filter(|message| message.clicked) {
        let links = tx.all(CLICKED_LINKS, (message.campaign.0, id.0), |row| row.get(0))?;
        message.links = links;
    }
    Ok(messages)
}

pub(crate) fn message(row: &SqlRow<'_>) -> Result<MessageTo, StoreError> {
    let time = |column| -> Result<Option<Timestamp>, StoreError> {
        Ok(row.get::<Option<i64>>(column)?.map(Timestamp))
    };
    let mut engagement = EngagementRow::of(row, 6)?;
    Ok(MessageTo {
        campaign: CampaignId(row.get(0)?),
        name: row.get(1)?,
        state: known(DeliveryState::from_code(row.get(2)?), "delivery state")?,
        ended_at: time(3)?,
        code: row.get(4)?,
        reply: row.get(5)?,
        evidence: engagement.take_engagement().evidence(),
        viewed: engagement.viewed,
        clicked: engagement.clicked,
        left_at: time(11)?,
        started_at: time(12)?,
        links: Vec::new(),
        engagement_removed: false,
    })
}

pub(crate) fn hit(row: &SqlRow<'_>) -> Result<HitOf, StoreError> {
    let (label, slot): (Option<String>, Option<i64>) = (row.get(2)?, row.get(3)?);
    let SqlValue::Bytes(agent) = row.value(4)? else {
        return Err(StoreError::Corrupt("a user agent is not bytes".to_owned()));
    };
    let signs: i64 = row.get(7)?;
    let rules = match row.get::<Option<i64>>(6)? {
        Some(bits) => RulesSeen::from_bits(bits),
        None => earlier(row.get(5)?).into_iter().collect(),
    };
    let segment = narrow(row.get(9)?, "an event's segment")?;
    Ok(HitOf {
        event: EventPosition { node: row.get(8)?, segment, offset: row.get(10)? },
        at: Timestamp(row.get(0)?),
        campaign: CampaignId(row.get(1)?),
        clicked: slot.map(|_| label.unwrap_or_default()),
        agent: agent.to_vec(),
        rules,
        is_head: signs & 1 == 1,
    })
}
