//! Campaigns beside each other: those that somebody names, or a topic's in the order of their start.
//!
//! Invariants (promise P8): the figures of a campaign are those of its report by the same rule set;
//! page, command, JSON and CSV show the same rows. Bounded: [`MOST_COMPARED`] named campaigns,
//! [`MOST_OF_TOPIC`] of a topic.

use model::{CampaignId, RuleSet, Timestamp, TopicId};
use serde::Serialize;
use store::{CampaignTally, Store};

use crate::campaign_report::GapLine;
use crate::from_store::{gap_lines, headline};
use crate::{CampaignHeadline, ReportError};

/// Named campaigns at the most: more columns are no table.
pub const MOST_COMPARED: usize = 10;
/// Campaigns of a topic at the most, those that were started last.
pub const MOST_OF_TOPIC: usize = 100;

/// Campaigns by one rule set, as they were at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// The version of the rule set that the bounds are by.
    pub rules_version: String,
    pub campaigns: Vec<CampaignHeadline>,
    /// Times since the first of them was started in which answered hits could not be recorded.
    pub gaps: Vec<GapLine>,
}

/// One figure of all campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComparisonRow {
    pub name: &'static str,
    pub values: Vec<ComparisonValue>,
}

/// A figure of one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ComparisonValue {
    pub contacts: i64,
    /// Of how many, where a share says something.
    pub of: Option<i64>,
}

/// These campaigns, in this order; those that are not there are left out.
pub async fn campaigns_compared(
    store: &Store,
    ids: Vec<CampaignId>,
    now: Timestamp,
    rules: &RuleSet,
) -> Result<Comparison, ReportError> {
    let tallies = store.campaigns_tallied(ids).await?;
    compared(store, &tallies, now, rules).await
}

/// The campaigns of a topic that were started since then, in the order of their start.
pub async fn topic_report(
    store: &Store,
    topic: TopicId,
    since: Timestamp,
    now: Timestamp,
    rules: &RuleSet,
) -> Result<Comparison, ReportError> {
    let tallies = store.topic_campaigns_tallied(topic, since, MOST_OF_TOPIC).await?;
    compared(store, &tallies, now, rules).await
}

async fn compared(
    store: &Store,
    tallies: &[CampaignTally],
    now: Timestamp,
    rules: &RuleSet,
) -> Result<Comparison, ReportError> {
    let first = tallies.iter().filter_map(|it| it.campaign.started_at).min();
    let gaps = match first {
        Some(first) => store.gaps_between(first, now).await?,
        None => Vec::new(),
    };
    Ok(Comparison {
        rules_version: rules.version.clone(),
        campaigns: tallies.iter().map(|tally| headline(tally, rules).0).collect(),
        gaps: gap_lines(gaps),
    })
}

/// How a figure is taken from a campaign: of itself, and of what it is a share.
type Figure = (&'static str, fn(&CampaignHeadline) -> i64, Option<fn(&CampaignHeadline) -> i64>);

const REACHED: Option<fn(&CampaignHeadline) -> i64> = Some(|it| it.evidence.denominator);
const AUDIENCE: Option<fn(&CampaignHeadline) -> i64> = Some(|it| it.audience);

/// What is compared, in reading order.
const FIGURES: [Figure; 14] = [
    ("audience", |it| it.audience, None),
    ("sent", |it| it.deliveries.sent, AUDIENCE),
    ("failed", |it| it.deliveries.failed, AUDIENCE),
    ("suppressed", |it| it.deliveries.suppressed, AUDIENCE),
    ("skipped", |it| it.deliveries.skipped, AUDIENCE),
    ("in doubt", |it| it.deliveries.in_doubt, AUDIENCE),
    ("tracked", |it| it.tracking.identified, Some(|it| it.deliveries.sent)),
    ("have the message", |it| it.evidence.denominator, None),
    ("opened, at least", |it| it.evidence.floor, REACHED),
    ("opened, at most", |it| it.evidence.ceiling, REACHED),
    ("clicked, at least", |it| it.clicks.floor, REACHED),
    ("clicked, at most", |it| it.clicks.ceiling, REACHED),
    ("reached by machines only", |it| it.evidence.machine_only, REACHED),
    ("unsubscribed", |it| it.unsubscribes, REACHED),
];

impl Comparison {
    /// Every figure, with a value of each campaign.
    #[must_use]
    pub fn rows(&self) -> Vec<ComparisonRow> {
        let row = |(name, figure, whole): Figure| {
            let value = |it: &CampaignHeadline| ComparisonValue {
                contacts: figure(it),
                of: whole.map(|whole| whole(it)),
            };
            ComparisonRow { name, values: self.campaigns.iter().map(value).collect() }
        };
        FIGURES.map(row).into()
    }
}
