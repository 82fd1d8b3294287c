//! What can be done with a campaign, as the card of its page that offers it.
//!
//! Invariant: only what its state allows is offered, and only to who may do it; whether it is done is
//! decided again when the form comes back.

use askama::Template;
use campaign::{CampaignRecord, Published, RetryScope, Status};
use model::{CampaignNumber, CampaignState, DeliveryState, Timestamp, Zone};
use report::number_text::thousands;

use crate::admin::campaigns::head::CampaignHead;
use crate::admin::page::choice::all_topics;
use crate::admin::page::form::{FormProblem, new_key};
use crate::admin::page::problem::PageProblem;
use crate::admin::parts::AdminParts;
use crate::admin::streams::{KEY, LivePart};
use crate::clock::now;

/// A start that is nearer than this is counted down.
const NEAR_SECONDS: i64 = 120;

/// The card, and the part of the page that renews itself when the state has changed.
#[derive(Template)]
#[template(path = "admin/campaign_acts.html")]
pub(crate) struct CampaignActs {
    pub(crate) head: CampaignHead,
    /// What was refused.
    problem: Option<FormProblem>,
    /// Otherwise nothing is offered.
    pub(crate) may_send: bool,
    pub(crate) key: String,
    /// When it starts by itself.
    starts: Option<String>,
    retries: Vec<RetryLine>,
    pub(crate) published: Option<Published>,
    /// What the card was made from: as long as it stays, a form is not disturbed.
    seen: String,
}

/// People who can be sent to again.
struct RetryLine {
    word: &'static str,
    people: i64,
    button: String,
    /// They may have the message already.
    is_risky: bool,
}

/// Those who can be sent to again, by the word of the form.
pub(crate) const RETRIES: [(&str, RetryScope); 3] = [
    ("failed", RetryScope::Failed(None)),
    ("skipped", RetryScope::Skipped),
    ("in-doubt", RetryScope::InDoubt),
];

impl CampaignActs {
    pub(crate) async fn of(
        may_send: bool,
        parts: &AdminParts,
        record: &CampaignRecord,
        zone: &Zone,
    ) -> Result<Self, PageProblem> {
        let campaign = &record.campaign;
        // What was just done must show.
        let store = &parts.resources.store;
        let failed = || PageProblem::failed("showing what can be done with a campaign");
        let now = now();
        let status = campaign::status(store, campaign.id, now).await.map_err(failed())?;
        let sender = &parts.resources.sender();
        let published = campaign::published(store, sender, campaign).await.map_err(failed())?;
        let topics = all_topics(parts).await?;
        let topic = topics.into_iter().find(|topic| topic.id == campaign.topic);
        let topic = topic.map(|topic| topic.name).unwrap_or_default();
        Ok(Self {
            head: CampaignHead::new(record, topic),
            problem: None,
            may_send,
            key: new_key()?,
            starts: status.starts_at.map(|at| starts(at, zone, now)),
            retries: retries(&status),
            seen: seen(status.campaign.state, status.starts_at),
            published,
        })
    }

    /// As the part of a page that is sent when it offers something else; every second when it starts soon.
    pub(crate) fn part(&self) -> Result<LivePart, PageProblem> {
        let soon = self.starts.as_deref().filter(|_| self.is_near()).unwrap_or_default();
        Ok(LivePart::signed(self, &format!("{} {soon}", self.seen))?)
    }

    /// The same with the mark in the place of its forms' key.
    pub(crate) fn for_many(self) -> Self {
        Self { key: KEY.to_owned(), ..self }
    }

    /// The same after something was refused.
    pub(crate) fn with(self, problem: Option<FormProblem>) -> Self {
        Self { problem, ..self }
    }

    pub(crate) fn path(&self) -> String {
        format!("/admin/campaigns/{}", self.head.number)
    }

    /// Whether a campaign that has started can be paused, resumed or retried.
    fn offers_something(&self) -> bool {
        self.head.state != CampaignState::Finished || !self.retries.is_empty()
    }

    fn is_near(&self) -> bool {
        self.starts.as_ref().is_some_and(|words| words.ends_with("seconds"))
    }
}

fn seen(state: CampaignState, starts_at: Option<Timestamp>) -> String {
    format!("{}-{}", state.as_str(), starts_at.map_or(0, |at| at.0))
}

fn starts(at: Timestamp, zone: &Zone, now: Timestamp) -> String {
    let seconds = (at.0 - now.0).max(0) / 1_000_000;
    match seconds {
        0..=NEAR_SECONDS => format!("in {seconds} seconds"),
        _ => format!("at {}", zone.readable(at)),
    }
}

fn retries(status: &Status) -> Vec<RetryLine> {
    if !status.campaign.state.has_started() || status.campaign.state == CampaignState::Starting {
        return Vec::new();
    }
    let states = [DeliveryState::Failed, DeliveryState::Skipped, DeliveryState::InDoubt];
    let found = RETRIES.iter().zip(states).map(|((word, _), state)| {
        let people = status.counts.get(state);
        let button = match (state, people) {
            (DeliveryState::Failed, 1) => "Send again to 1 who was refused".to_owned(),
            (DeliveryState::Failed, _) => {
                format!("Send again to {} who were refused", thousands(people))
            }
            (DeliveryState::Skipped, 1) => "Send again to 1 who was skipped".to_owned(),
            (DeliveryState::Skipped, _) => {
                format!("Send again to {} who were skipped", thousands(people))
            }
            (_, _) => format!("Send again to {} in doubt", thousands(people)),
        };
        RetryLine { word, people, button, is_risky: state == DeliveryState::InDoubt }
    });
    found.filter(|retry| retry.people > 0).collect()
}

/// The campaign that an address names; the gate has found it before.
pub(crate) async fn record_of(
    parts: &AdminParts,
    number: &str,
) -> Result<CampaignRecord, PageProblem> {
    let number: CampaignNumber = number.parse().map_err(|_| PageProblem::no_campaign())?;
    let record = campaign::record(&parts.resources.store, number).await;
    let record = record.map_err(PageProblem::failed("looking a campaign up"))?;
    record.ok_or_else(PageProblem::no_campaign)
}
