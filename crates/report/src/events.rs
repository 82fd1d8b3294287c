//! The feed of events for programs: every view, click and HEAD request once, with what was seen in it and
//! what a rule set makes of that.
//!
//! Invariant: the class is that of the hit alone, as it was recorded. What comes later and weakens it (a
//! burst, a flood) changes reports and not the event, so rates are a report's to tell. Events come out only
//! when whose they are is in the disclosure register.

use std::borrow::Cow;
use std::sync::Arc;

use model::{CampaignNumber, ContactId, Country, HitKind, Network, RuleSet, Timestamp, TopicScope};
use store::{EventCursor, EventPosition, FeedEvent, FeedQuery, FeedRefusal, Store, Undisclosed};

use crate::ReportError;
use crate::explain::explain;

/// What somebody did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    View,
    Click,
    /// A HEAD request for the pixel or a link: neither view nor click.
    Head,
}

impl EventKind {
    pub const ALL: [Self; 3] = [Self::View, Self::Click, Self::Head];

    /// The word for it in JSON and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Click => "click",
            Self::Head => "head",
        }
    }
}

/// One hit, for programs. Says nothing of addresses, networks and browsers' identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its identity, for ever.
    pub id: EventPosition,
    pub at: Timestamp,
    pub kind: EventKind,
    pub campaign: CampaignNumber,
    /// None: nobody's.
    pub contact: Option<ContactId>,
    /// The link's number in the announcement; None for the pixel.
    pub link: Option<u16>,
    /// Where it leads.
    pub url: Option<Arc<str>>,
    /// The word for what it counts as by itself.
    pub class: Cow<'static, str>,
    /// The rules that were seen in it.
    pub rules: Vec<Cow<'static, str>>,
    /// Whether our cookie came with it.
    pub with_cookie: bool,
    /// The word for its mail client; None: recorded by an earlier release.
    pub client: Option<Cow<'static, str>>,
    /// The word for the kind of device.
    pub device: Option<Cow<'static, str>>,
    /// The code of the reader's country; None: not known.
    pub country: Option<Country>,
}

/// Some events, and where the next ones begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsPage {
    /// May be none, and still there may be more.
    pub events: Undisclosed<Vec<Event>>,
    pub next: EventCursor,
    /// Whether there may be more at once.
    pub more: bool,
}

/// An event, and why it counts as what it counts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedEvent {
    pub event: Event,
    /// A sentence for people, without a final full stop.
    pub words: String,
    /// The network that it came from, without the last part of the address; None: nothing of it is kept.
    pub network: Option<Network>,
}

impl Event {
    pub(crate) fn new(event: FeedEvent, rules: &RuleSet) -> Self {
        let link = match event.kind {
            HitKind::View => None,
            HitKind::Click(slot) => Some(slot.0),
        };
        let kind = match (event.is_head, link) {
            (true, _) => EventKind::Head,
            (false, None) => EventKind::View,
            (false, Some(_)) => EventKind::Click,
        };
        Self {
            id: event.position,
            at: event.at,
            kind,
            campaign: event.campaign.number(),
            contact: event.contact,
            link,
            url: event.url,
            class: rules.class(event.rules).as_str().into(),
            rules: event.rules.rules().map(|rule| rule.id.into()).collect(),
            with_cookie: event.with_cookie,
            client: event.client.map(|it| it.as_str().into()),
            device: event.device.map(|it| it.as_str().into()),
            country: event.country,
        }
    }
}

/// Events as these rules judge them, which nobody has got yet.
///
/// # Errors
/// When the store can't be read; inside, why the feed can't go on there.
pub async fn events(
    store: &Store,
    query: FeedQuery,
    rules: &RuleSet,
) -> Result<Result<EventsPage, FeedRefusal>, ReportError> {
    let page = store.feed_page(query).await?;
    Ok(page.map(|page| {
        let events = page.events.into_iter().map(|event| Event::new(event, rules));
        let events = undisclosed(events.collect());
        EventsPage { events, next: page.next, more: page.more }
    }))
}

/// Events that nobody has got yet.
pub(crate) fn undisclosed(events: Vec<Event>) -> Undisclosed<Vec<Event>> {
    let contacts = events.iter().filter_map(|event| event.contact).collect();
    let count = events.len();
    Undisclosed::new(events, contacts, count)
}

/// One event, and why these rules judge it so; nothing when it is not kept, or of no campaign on these
/// topics.
///
/// # Errors
/// When the store can't be read.
pub async fn event(
    store: &Store,
    id: EventPosition,
    topics: TopicScope,
    rules: &RuleSet,
) -> Result<Option<ExplainedEvent>, ReportError> {
    let Some(event) = store.feed_event(id, topics).await? else { return Ok(None) };
    let network = store.event_network(id).await?;
    let words = explain(event.rules, rules).words;
    Ok(Some(ExplainedEvent { event: Event::new(event, rules), words, network }))
}
