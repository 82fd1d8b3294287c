//! Where events come from: the store of this machine, or a server's API.

use std::time::Duration;

use anyhow::Context as _;
use model::{CampaignNumber, ContactId, Country, RuleSet, Timestamp, TopicScope};
use report::{Event, EventExport, EventKind};
use serde::Deserialize;
use serde::de::Error as _;
use store::{DisclosedTo, EventCursor, FeedQuery, FeedRefusal, Store};

use crate::backend::Backend;
use crate::cli::EventsFilter;
use crate::installation::Installation;
use crate::remote::{RemoteClient, number};

/// Between two looks at the store of this machine.
const LOOK: Duration = Duration::from_millis(500);
/// Seconds that a server is to wait for an event.
const WAIT: &str = "20";

/// Some events, and where the next ones begin: they are in the disclosure register.
pub(super) struct ToldPage {
    pub(super) events: Vec<Event>,
    pub(super) next: EventCursor,
    /// Whether there may be more at once.
    pub(super) more: bool,
}

/// Events as a filter asks for them, page by page.
pub(super) enum EventSource<'b> {
    Here { installation: &'b Installation, query: Box<FeedQuery>, rules: &'static RuleSet },
    There { server: &'b RemoteClient, query: Vec<(&'static str, String)> },
}

impl<'b> EventSource<'b> {
    /// Pages of at most `limit` events.
    pub(super) async fn new(
        backend: &'b Backend,
        filter: EventsFilter,
        limit: usize,
    ) -> anyhow::Result<Self> {
        let EventsFilter { campaign, since, until, rules } = filter;
        let installation = match backend {
            Backend::Local(installation) => installation,
            Backend::Remote(server) => {
                let given = [
                    ("limit", Some(limit.to_string())),
                    ("campaign", campaign.map(|it| it.to_string())),
                    ("since", since.map(Timestamp::rfc3339)),
                    ("until", until.map(Timestamp::rfc3339)),
                    ("rules", rules),
                ];
                let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
                return Ok(Self::There { server, query: given.collect() });
            }
        };
        let rules = match &rules {
            Some(version) => report::rule_set(version).with_context(|| actions::no_rules(version)),
            None => Ok(report::rules_in_use(&installation.store).await?),
        }?;
        let campaign = match campaign {
            Some(number) => Some(installation.campaign(number).await?),
            None => None,
        };
        let topics = TopicScope::All;
        let query = Box::new(FeedQuery { after: None, limit, topics, campaign, since, until });
        Ok(Self::Here { installation, query, rules })
    }

    /// The events behind a cursor, once they are in the disclosure register: here, in the name of `to`; a
    /// server enters them by itself. With `waits` it may take a while when there is none.
    pub(super) async fn page(
        &self,
        after: Option<&EventCursor>,
        waits: bool,
        to: Option<&DisclosedTo>,
    ) -> anyhow::Result<ToldPage> {
        match self {
            Self::Here { installation, query, rules } => {
                let query = FeedQuery { after: after.cloned(), ..query.as_ref().clone() };
                let page = report::events(&installation.store, query, rules).await?;
                let page = page.map_err(refused)?;
                if waits && page.events.is_empty() && !page.more {
                    tokio::time::sleep(LOOK).await;
                }
                let to = to.context("nothing leaves without an entry in the register")?;
                let events = page.events.disclose(&installation.store, to).await?;
                Ok(ToldPage { events, next: page.next, more: page.more })
            }
            Self::There { server, query } => {
                let after = after.map(EventCursor::to_string);
                let mut asked: Vec<(&str, &str)> =
                    query.iter().map(|(name, value)| (*name, value.as_str())).collect();
                asked.extend(after.as_deref().map(|after| ("after", after)));
                asked.extend(waits.then_some(("wait", WAIT)));
                let told: ToldEvents = server.get_by("/api/v1/events", &asked).await?;
                Ok(told.into())
            }
        }
    }
}

/// Events page by page, all that there are now.
pub(super) enum EventPages<'b> {
    /// From the oldest one on, and in whose name they are entered in the disclosure register.
    All { export: EventExport, store: &'b Store, to: &'b DisclosedTo },
    /// Those behind a cursor, or of a server.
    Feed {
        source: &'b EventSource<'b>,
        after: Option<EventCursor>,
        to: Option<&'b DisclosedTo>,
        is_over: bool,
    },
}

impl<'b> EventPages<'b> {
    pub(super) async fn new(
        source: &'b EventSource<'b>,
        after: Option<EventCursor>,
        to: Option<&'b DisclosedTo>,
    ) -> anyhow::Result<Self> {
        match source {
            EventSource::Here { installation, query, rules } if after.is_none() => {
                let to = to.context("nothing leaves without an entry in the register")?;
                let (query, store) = (query.as_ref().clone(), &installation.store);
                let export = EventExport::begin(store, query, rules).await?;
                Ok(Self::All { export: export.map_err(refused)?, store, to })
            }
            EventSource::Here { .. } | EventSource::There { .. } => {
                Ok(Self::Feed { source, after, to, is_over: false })
            }
        }
    }

    /// The next ones, which may be none; nothing behind the last.
    pub(super) async fn next(&mut self) -> anyhow::Result<Option<Vec<Event>>> {
        match self {
            Self::All { export, store, to } => match export.next().await? {
                Some(events) => Ok(Some(events.disclose(store, to).await?)),
                None => Ok(None),
            },
            Self::Feed { is_over: true, .. } => Ok(None),
            Self::Feed { source, after, to, is_over } => {
                let page = source.page(after.as_ref(), false, *to).await?;
                *after = Some(page.next);
                *is_over = !page.more;
                Ok(Some(page.events))
            }
        }
    }

    /// Behind all that were read.
    pub(super) fn cursor(self) -> Option<EventCursor> {
        match self {
            Self::All { export, .. } => Some(export.cursor().clone()),
            Self::Feed { after, .. } => after,
        }
    }
}

fn refused(why: FeedRefusal) -> anyhow::Error {
    match &why {
        FeedRefusal::Removed { next, .. } => {
            anyhow::anyhow!("{why}; to go on with those that are left: --after {next}")
        }
        FeedRefusal::Foreign | FeedRefusal::TooManyNodes => why.into(),
    }
}

/// A page as a server tells it.
#[derive(Deserialize)]
struct ToldEvents {
    data: Vec<ToldEvent>,
    #[serde(deserialize_with = "parsed")]
    next: EventCursor,
    more: bool,
}

#[derive(Deserialize)]
struct ToldEvent {
    #[serde(deserialize_with = "parsed")]
    id: store::EventPosition,
    at_us: i64,
    #[serde(deserialize_with = "kind")]
    kind: EventKind,
    #[serde(deserialize_with = "number")]
    campaign: CampaignNumber,
    #[serde(deserialize_with = "contact")]
    contact: Option<ContactId>,
    link: Option<u16>,
    url: Option<String>,
    class: String,
    rules: Vec<String>,
    with_cookie: bool,
    client: Option<String>,
    device: Option<String>,
    country: Option<String>,
}

fn kind<'de, D: serde::Deserializer<'de>>(from: D) -> Result<EventKind, D::Error> {
    let word = String::deserialize(from)?;
    let known = EventKind::ALL.into_iter().find(|kind| kind.as_str() == word);
    known.ok_or_else(|| D::Error::custom(format!("the kind {word:?} is not known here")))
}

fn contact<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<ContactId>, D::Error> {
    let id = Option::<String>::deserialize(from)?;
    id.map(|id| id.parse().map_err(D::Error::custom)).transpose()
}

impl From<ToldEvents> for ToldPage {
    fn from(told: ToldEvents) -> Self {
        let event = |it: ToldEvent| Event {
            id: it.id,
            at: Timestamp(it.at_us),
            kind: it.kind,
            campaign: it.campaign,
            contact: it.contact,
            link: it.link,
            url: it.url.map(Into::into),
            class: it.class.into(),
            rules: it.rules.into_iter().map(Into::into).collect(),
            with_cookie: it.with_cookie,
            client: it.client.map(Into::into),
            device: it.device.map(Into::into),
            country: it.country.as_deref().and_then(Country::parse),
        };
        Self {
            events: told.data.into_iter().map(event).collect(),
            next: told.next,
            more: told.more,
        }
    }
}

fn parsed<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
    D: serde::Deserializer<'de>,
{
    String::deserialize(from)?.parse().map_err(D::Error::custom)
}
