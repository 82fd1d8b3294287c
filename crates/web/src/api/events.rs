//! The feed of events: every view and click once, for programs that keep count by themselves.

use std::time::Duration;

use actions::reach;
use axum::http::StatusCode;
use model::{DisclosureKind, Timestamp};
use report::{Event, EventsPage, ExplainedEvent};
use serde::{Deserialize, Serialize};
use store::{DisclosedTo, EventPosition, FEED_PAGE, FeedQuery, FeedRefusal};
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::rule_sets;

/// Events of a page, unless told otherwise.
const LIMIT: usize = 1_000;
/// Seconds that a request may wait.
const LONGEST_WAIT: u64 = 30;
/// Pages without a matching event that are looked through for one request.
const LOOKS: usize = 10;
const GO_ON: &str = "To go on with those that are left, send “next” instead.";

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventsParams {
    /// Where to go on: `next` of the page before, at most 7,232 characters. From the oldest event on when left
    /// out.
    after: Option<String>,
    /// How many at most.
    #[param(minimum = 1, maximum = 10000, default = 1000)]
    limit: Option<u16>,
    /// Seconds to wait for an event when there is none.
    #[param(minimum = 0, maximum = 30, default = 0)]
    wait: Option<u64>,
    /// Only those of the campaign with this number.
    campaign: Option<String>,
    /// Only those from this time on.
    #[param(format = "date-time")]
    since: Option<String>,
    /// Only those before this time.
    #[param(format = "date-time")]
    until: Option<String>,
    /// The version of the rule set that classes are by; the one in use when left out.
    #[param(example = "2026-11-27")]
    rules: Option<String>,
}

/// Some events, and where to go on.
#[derive(Serialize, ToSchema)]
pub(crate) struct Events {
    /// May be empty though there is more.
    data: Vec<EventRow>,
    /// To be sent as `after`; always there.
    next: String,
    /// Whether there may be more at once.
    more: bool,
}

/// A view, a click or a HEAD request.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventRow {
    /// Its identity: the same event has it for ever, and no other one.
    #[schema(example = "eAcSt3QZk")]
    id: String,
    /// To the second.
    #[schema(format = "date-time")]
    at: String,
    /// Microseconds since 1970.
    at_us: i64,
    /// view, click or head; there may be more.
    kind: &'static str,
    /// The campaign's number.
    #[schema(example = "17")]
    campaign: String,
    /// The contact's id; null for nobody's.
    contact: Option<String>,
    /// The link's number in the announcement; null for the pixel.
    link: Option<u16>,
    /// Where the link leads.
    url: Option<String>,
    /// What it counts as by itself: person, proxied, unknown, repeat, preview, prefetch, scanner or head;
    /// there may be more. What others of the message show is in reports only.
    class: String,
    /// The rules that were seen in it when it was recorded.
    rules: Vec<String>,
    /// Whether our cookie came with it.
    with_cookie: bool,
    /// The mail client or browser, such as `gmail` or `firefox`; `unknown`. Null: recorded by an earlier
    /// release.
    #[schema(example = "apple-mail")]
    client: Option<String>,
    /// `desktop`, `phone`, `tablet` or `unknown`. Null: recorded by an earlier release.
    device: Option<String>,
    /// The reader's country, as two letters of ISO 3166-1. Null: not known, a proxy's, or nobody's.
    #[schema(example = "DE")]
    country: Option<String>,
}

/// An event, and why it counts as what it counts as.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventDetail {
    event: EventRow,
    /// A sentence for people: what was seen in it, and what decides.
    #[schema(example = "it named a browser with its engine; it counts as person, for that")]
    words: String,
    /// The network that it came from: the address without its last part. Null: nothing of it is kept.
    #[schema(example = "203.0.113.0/24")]
    network: Option<String>,
}

/// The full network address of an event.
#[derive(Serialize, ToSchema)]
pub(crate) struct EventAddressDetail {
    #[schema(example = "eAcSt3QZk")]
    event: String,
    /// Null: it was never kept in full, or is not any more.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
}

impl From<Event> for EventRow {
    fn from(event: Event) -> Self {
        Self {
            id: event.id.to_string(),
            at: event.at.rfc3339(),
            at_us: event.at.0,
            kind: event.kind.as_str(),
            campaign: event.campaign.to_string(),
            contact: event.contact.map(|it| it.to_string()),
            link: event.link,
            url: event.url.map(|it| it.as_ref().to_owned()),
            class: event.class.into_owned(),
            rules: event.rules.into_iter().map(String::from).collect(),
            with_cookie: event.with_cookie,
            client: event.client.map(String::from),
            device: event.device.map(String::from),
            country: event.country.map(|it| it.to_string()),
        }
    }
}

pub(crate) async fn list(asked: Asked) -> Result<Reply, Problem> {
    let params: EventsParams = asked.query()?;
    let rules = rule_sets::by_version(&asked, params.rules.as_deref()).await?;
    let wait = params.wait.unwrap_or_default();
    if wait > LONGEST_WAIT {
        let words = format!("“wait” is at most {LONGEST_WAIT} seconds.");
        return Err(Problem::bad_request("query", words));
    }
    let mut query = query(&asked, &params).await?;
    let place = match wait {
        0 => None,
        seconds => asked.parts.event_waits.enter(Duration::from_secs(seconds)),
    };
    let mut looks = 0;
    loop {
        let page = report::events(asked.store(), query.clone(), rules).await?;
        let page = page.map_err(|why| refused(&why))?;
        looks += 1;
        if !page.events.is_empty() || (page.more && looks >= LOOKS) {
            return answer(&asked, page).await;
        }
        let goes_on = page.more
            || match &place {
                Some(place) => place.again().await,
                None => false,
            };
        if !goes_on {
            return answer(&asked, page).await;
        }
        query.after = Some(page.next);
    }
}

pub(crate) async fn one(asked: Asked) -> Result<Reply, Problem> {
    let rules = rule_sets::asked_for(&asked).await?;
    let found = report::event(asked.store(), id(&asked)?, asked.topics(), rules).await?;
    let ExplainedEvent { event, words, network } = found.ok_or_else(missing)?;
    asked.disclose(DisclosureKind::EventFeed, event.contact).await?;
    let network = network.map(|it| it.to_string());
    Reply::tagged(&EventDetail { event: event.into(), words, network })
}

pub(crate) async fn address(asked: Asked) -> Result<Reply, Problem> {
    let id = id(&asked)?;
    let address = actions::event_address(&asked.parts.resources, &asked.call(), id).await?;
    let address = address.map(|it| it.to_string());
    Reply::of(&EventAddressDetail { event: id.to_string(), address })
}

fn id(asked: &Asked) -> Result<EventPosition, Problem> {
    asked.path("event").parse().map_err(|_| missing())
}

fn missing() -> Problem {
    let words = "There is no event with this id, or it is not kept any more.";
    Problem::not_found("event_not_found", words)
}

async fn query(asked: &Asked, params: &EventsParams) -> Result<FeedQuery, Problem> {
    let limit = params.limit.map_or(LIMIT, usize::from);
    if !(1..=FEED_PAGE).contains(&limit) {
        let words = format!("“limit” must be from 1 to {FEED_PAGE}.");
        return Err(Problem::bad_request("query", words));
    }
    let after = params.after.as_deref().map(str::parse).transpose();
    let after = after.map_err(|why| Problem::bad_request("cursor", format!("“after”: {why}.")))?;
    let campaign = match &params.campaign {
        Some(number) => {
            let words = "There is no campaign with this number.";
            let missing = || Problem::not_found("campaign_not_found", words);
            let number = number.parse().map_err(|_| missing())?;
            let (found, _) = reach::campaign(asked.store(), number).await?;
            if !asked.topics().contains(found.topic) {
                return Err(missing());
            }
            Some(found.id)
        }
        None => None,
    };
    let (since, until) =
        (time("since", params.since.as_deref())?, time("until", params.until.as_deref())?);
    Ok(FeedQuery { after, limit, topics: asked.topics(), campaign, since, until })
}

fn time(name: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let found = Timestamp::parse_rfc3339(text);
    let words = || format!("“{name}” is no time such as 2026-11-23T10:04:05Z.");
    found.map(Some).ok_or_else(|| Problem::bad_request("query", words()))
}

fn refused(why: &FeedRefusal) -> Problem {
    match why {
        FeedRefusal::Foreign => Problem::bad_request("cursor", format!("“after”: {why}.")),
        FeedRefusal::Removed { next, .. } => {
            let (next, words) = (next.clone(), format!("“after”: {why}. {GO_ON}"));
            Problem::new(StatusCode::GONE, "events_removed", words).with_next(next)
        }
        FeedRefusal::TooManyNodes => {
            Problem::new(StatusCode::CONFLICT, "too_many_nodes", format!("{why}."))
        }
    }
}

async fn answer(asked: &Asked, page: EventsPage) -> Result<Reply, Problem> {
    let reader = DisclosedTo::Reader(asked.reading(DisclosureKind::EventFeed));
    let events = page.events.disclose(asked.store(), &reader).await?;
    let data = events.into_iter().map(EventRow::from).collect();
    Reply::of(&Events { data, next: page.next.to_string(), more: page.more })
}
