//! The feed: every event once, for programs that keep count by themselves.
//!
//! Invariants: a page holds events from before the place up to which the store has a node's hits without a
//! hole, read in the same transaction, so that nothing which comes late or is committed out of order is
//! passed over; of each node in the order of its journal. A page reads a bounded number of events,
//! whether it shows them or not. What was removed because of its age is never passed over in silence.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use model::{
    CampaignId, ContactId, Country, Device, HitKind, LinkSlot, MailClient, Rule, RulesSeen,
    Timestamp, TopicId, TopicScope,
};

use crate::counting::carried_runs;
use crate::counting::event_cursor::{EventCursor, EventPosition, MOST_NODES};
use crate::counting::expired_events;
use crate::counting::hit_columns::earlier;
use crate::engine::error::{integer, narrow};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{Store, StoreError};

texts! {
    INSTALLATION_FIND = "SELECT value FROM settings WHERE key = 'installation'";
    EVENTS_OF_NODE = "SELECT at, segment, byte_offset, campaign_id, contact_id, slot, signs, class, rules,
            visitor IS NOT NULL, mail_client, device, country
        FROM events WHERE node = $1 AND (segment, byte_offset) >= ($2, $3)
            AND (segment, byte_offset) < ($4, $5)
        ORDER BY segment, byte_offset LIMIT $6";
    FEED_CAMPAIGN = "SELECT topic_id FROM campaigns WHERE id = $1";
    FEED_LINK = "SELECT url FROM links WHERE campaign_id = $1 AND slot = $2";
}

/// The most events that a page reads.
pub const FEED_PAGE: usize = 10_000;

/// Which events are asked for.
#[derive(Debug, Clone)]
pub struct FeedQuery {
    /// Those behind this; None: from the oldest one on.
    pub after: Option<EventCursor>,
    /// How many are read, at most [`FEED_PAGE`].
    pub limit: usize,
    /// Only those of campaigns on these topics.
    pub topics: TopicScope,
    /// Only this one's.
    pub campaign: Option<CampaignId>,
    /// Only from this time on.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
}

/// A view, a click, or a HEAD request for either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedEvent {
    pub position: EventPosition,
    pub at: Timestamp,
    pub campaign: CampaignId,
    /// None: nobody's.
    pub contact: Option<ContactId>,
    pub kind: HitKind,
    /// Where the link leads.
    pub url: Option<Arc<str>>,
    pub is_head: bool,
    /// Whether it came with our cookie.
    pub with_cookie: bool,
    /// What was seen in it when it was recorded.
    pub rules: RulesSeen,
    /// None: recorded by an earlier release.
    pub client: Option<MailClient>,
    pub device: Option<Device>,
    /// None: not known, or not the reader's but a proxy's.
    pub country: Option<Country>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedPage {
    /// May be fewer than were read.
    pub events: Vec<FeedEvent>,
    /// Behind all that were read.
    pub next: EventCursor,
    /// Whether there may be more at once.
    pub more: bool,
}

/// Why the feed can't go on behind a cursor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedRefusal {
    #[error("this cursor is of another installation")]
    Foreign,
    #[error(
        "events from before {} that come behind this cursor were removed because of their age",
        .before.rfc3339()
    )]
    Removed {
        before: Timestamp,
        /// The same place, for who knows now.
        next: Box<EventCursor>,
    },
    #[error("the feed can't be read with more than {MOST_NODES} nodes")]
    TooManyNodes,
}

impl Store {
    /// The events behind a cursor, in one state of the store.
    ///
    /// # Errors
    /// When the store can't be read; inside, why it can't go on there.
    pub async fn feed_page(
        &self,
        query: FeedQuery,
    ) -> Result<Result<FeedPage, FeedRefusal>, StoreError> {
        self.read(move |tx| page(tx, &query)).await
    }

    /// The event with this identity; nothing when it is not kept, or of no campaign on these topics.
    pub async fn feed_event(
        &self,
        position: EventPosition,
        topics: TopicScope,
    ) -> Result<Option<FeedEvent>, StoreError> {
        let query =
            FeedQuery { after: None, limit: 1, topics, campaign: None, since: None, until: None };
        self.read(move |tx| {
            let place = ((position.segment, position.offset), position.end());
            let found = of_node(tx, position.node, place, query.limit)?.pop();
            let Some(event) = found else { return Ok(None) };
            FeedFilter::new(tx, &query)?.shown(event)
        })
        .await
    }
}

fn page(tx: &Tx<'_>, query: &FeedQuery) -> Result<Result<FeedPage, FeedRefusal>, StoreError> {
    let installation: Option<String> = tx.first(INSTALLATION_FIND, (), |row| row.get(0))?;
    let installation = installation.unwrap_or_default();
    let removal = expired_events::last_removal(tx)?;
    let mut next = match &query.after {
        None => EventCursor::beginning(&installation, removal),
        Some(cursor) if !cursor.is_of(&installation) => return Ok(Err(FeedRefusal::Foreign)),
        Some(cursor) => cursor.clone(),
    };
    let missed = expired_events::missed(tx, &next)?;
    next.removal = removal;
    if let Some(before) = missed {
        return Ok(Err(FeedRefusal::Removed { before, next: Box::new(next) }));
    }
    let mut ends = carried_runs::horizons(tx)?;
    ends.retain(|node, end| next.of(*node) < *end);
    let mut filter = FeedFilter::new(tx, query)?;
    let (mut events, mut more) = (Vec::new(), false);
    let (mut left, mut nodes) = (query.limit.min(FEED_PAGE), ends.len());
    for (node, end) in ends {
        // Each its share, so that a busy node holds up no other one.
        let share = left.div_ceil(nodes);
        nodes -= 1;
        if share == 0 {
            more = true;
            break;
        }
        let found = of_node(tx, node, (next.of(node), end), share)?;
        left -= found.len();
        match found.last() {
            Some(last) if found.len() == share => {
                next.pass(last.position);
                more = true;
            }
            _ => next.set(node, end),
        }
        for event in found {
            events.extend(filter.shown(event)?);
        }
    }
    match next.len() {
        0..=MOST_NODES => Ok(Ok(FeedPage { events, next, more })),
        _ => Ok(Err(FeedRefusal::TooManyNodes)),
    }
}

fn of_node(
    tx: &Tx<'_>,
    node: u16,
    (from, to): ((u64, u32), (u64, u32)),
    limit: usize,
) -> Result<Vec<FeedEvent>, StoreError> {
    let segment = |number| integer(number, "an event's segment");
    let limit = crate::engine::error::count(limit)?;
    let asked = (node, segment(from.0)?, from.1, segment(to.0)?, to.1, limit);
    tx.all(EVENTS_OF_NODE, asked, |row| event(node, row))
}

pub(crate) fn event(node: u16, row: &SqlRow<'_>) -> Result<FeedEvent, StoreError> {
    let segment = narrow(row.get(1)?, "an event's segment")?;
    let slot: Option<u16> = row.get(5)?;
    let (signs, class): (i64, i64) = (row.get(6)?, row.get(7)?);
    let rules = match row.get::<Option<i64>>(8)? {
        Some(bits) => RulesSeen::from_bits(bits),
        None => earlier(class).into_iter().collect(),
    };
    let contact: i64 = row.get(4)?;
    Ok(FeedEvent {
        position: EventPosition { node, segment, offset: row.get(2)? },
        at: Timestamp(row.get(0)?),
        campaign: CampaignId(row.get(3)?),
        contact: (contact != 0).then_some(ContactId(contact)),
        kind: slot.map_or(HitKind::View, |slot| HitKind::Click(LinkSlot(slot))),
        url: None,
        is_head: signs & 1 != 0 || rules.has(Rule::METHOD_HEAD),
        with_cookie: row.get(9)?,
        rules,
        client: row.get::<Option<i64>>(10)?.map(|it| MailClient::from_code(it).unwrap_or_default()),
        device: row.get::<Option<i64>>(11)?.map(|it| Device::from_code(it).unwrap_or_default()),
        country: row.get::<Option<String>>(12)?.as_deref().and_then(Country::parse),
    })
}

/// Which events are shown, and with which links.
pub(crate) struct FeedFilter<'t> {
    query: &'t FeedQuery,
    topic: crate::engine::tx::Statement<'t>,
    link: crate::engine::tx::Statement<'t>,
    topics: BTreeMap<CampaignId, Option<TopicId>>,
    links: HashMap<(CampaignId, LinkSlot), Option<Arc<str>>>,
}

impl<'t> FeedFilter<'t> {
    pub(crate) fn new(tx: &'t Tx<'_>, query: &'t FeedQuery) -> Result<Self, StoreError> {
        let (topic, link) = (tx.prepare(FEED_CAMPAIGN)?, tx.prepare(FEED_LINK)?);
        Ok(Self { query, topic, link, topics: BTreeMap::new(), links: HashMap::new() })
    }

    pub(crate) fn shown(&mut self, mut event: FeedEvent) -> Result<Option<FeedEvent>, StoreError> {
        let FeedQuery { campaign, since, until, .. } = self.query;
        let is_asked_for = campaign.is_none_or(|it| it == event.campaign)
            && since.is_none_or(|it| event.at >= it)
            && until.is_none_or(|it| event.at < it);
        if !is_asked_for || !self.is_own(event.campaign)? {
            return Ok(None);
        }
        if let HitKind::Click(slot) = event.kind {
            event.url = self.url(event.campaign, slot)?;
        }
        Ok(Some(event))
    }

    fn is_own(&mut self, campaign: CampaignId) -> Result<bool, StoreError> {
        if self.query.topics == TopicScope::All {
            return Ok(true);
        }
        let topic = match self.topics.get(&campaign) {
            Some(topic) => *topic,
            None => {
                let topic = self.topic.first([campaign.0], |row| row.get(0).map(TopicId))?;
                self.topics.insert(campaign, topic);
                topic
            }
        };
        Ok(topic.is_some_and(|topic| self.query.topics.contains(topic)))
    }

    fn url(
        &mut self,
        campaign: CampaignId,
        slot: LinkSlot,
    ) -> Result<Option<Arc<str>>, StoreError> {
        if let Some(url) = self.links.get(&(campaign, slot)) {
            return Ok(url.clone());
        }
        let url = self.link.first((campaign.0, slot.0), |row| row.get::<String>(0))?;
        let url = url.map(Arc::from);
        self.links.insert((campaign, slot), url.clone());
        Ok(url)
    }
}
