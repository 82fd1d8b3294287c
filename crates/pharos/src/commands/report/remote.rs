//! A report as a server tells it, back in the struct that every face shows.

use anyhow::anyhow;
use model::{
    CampaignId, CampaignNumber, CampaignState, DeliveryState, HitClass, Timestamp, TopicId,
};
use report::{
    CampaignFacts, CampaignHeadline, CampaignReport, ClassLine, Comparison, GapLine, HourLine,
    LinkLine, ReportReason,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::told_origins::ToldOrigins;
use crate::installation::no_campaign;
use crate::remote::{RemoteClient, RemoteError, maybe_time, number, time};

/// Figures of the wire that have the same names in the report.
macro_rules! figures {
    ($name:ident to $into:path { $($field:ident),+ }) => {
        #[derive(Deserialize)]
        struct $name { $($field: i64,)+ }

        impl From<$name> for $into {
            fn from(told: $name) -> Self {
                Self { $($field: told.$field,)+ }
            }
        }
    };
}

figures!(ToldDeliveries to report::Deliveries {
    queued, leased, sent, failed, suppressed, skipped, in_doubt
});
figures!(ToldEvidence to report::Evidence {
    denominator, person, proxied, unknown, repeat, machine_only, not_opened, floor, ceiling
});
figures!(ToldClicks to report::Clicks { total, unique, floor, ceiling, machine_only });
figures!(ToldTracking to report::Tracking {
    identified, anonymous, off, anonymous_views, anonymous_clicks, withheld_views, withheld_clicks
});
figures!(ToldViews to report::Views { total, unique, with_cookie, without_cookie });

#[derive(Deserialize)]
struct ToldReport {
    #[serde(deserialize_with = "number")]
    campaign: CampaignNumber,
    name: String,
    #[serde(deserialize_with = "campaign_state")]
    state: KnownWord,
    topic_name: String,
    subject: String,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "maybe_time")]
    started_at: Option<Timestamp>,
    #[serde(deserialize_with = "maybe_time")]
    finished_at: Option<Timestamp>,
    #[serde(deserialize_with = "time")]
    made_at: Timestamp,
    rules_version: String,
    earlier_rules: Vec<String>,
    audience: i64,
    deliveries: ToldDeliveries,
    reasons: Vec<ToldReason>,
    tracking: ToldTracking,
    views: ToldViews,
    clicks: ToldClicks,
    visitors: i64,
    unsubscribes: i64,
    heads: i64,
    classes: Vec<ToldClass>,
    evidence: ToldEvidence,
    hours: Vec<ToldHour>,
    #[serde(default, deserialize_with = "maybe_time")]
    hours_by_day_until: Option<Timestamp>,
    #[serde(default, deserialize_with = "maybe_time")]
    engagements_removed_at: Option<Timestamp>,
    links: Vec<ToldLink>,
    #[serde(default)]
    origins: ToldOrigins,
    gaps: Vec<ToldGap>,
    on_the_way: u64,
    stray_hits: i64,
}

#[derive(Deserialize)]
struct ToldReason {
    #[serde(deserialize_with = "delivery_state")]
    state: KnownWord,
    code: Option<i64>,
    text: String,
    contacts: i64,
}

#[derive(Deserialize)]
struct ToldClass {
    #[serde(deserialize_with = "hit_class")]
    class: KnownWord,
    views: i64,
    clicks: i64,
}

#[derive(Deserialize)]
struct ToldHour {
    #[serde(deserialize_with = "time")]
    from: Timestamp,
    views: i64,
    clicks: i64,
}

#[derive(Deserialize)]
struct ToldLink {
    slot: u16,
    url: String,
    label: String,
    clicks: i64,
    contacts: i64,
}

#[derive(Deserialize)]
struct ToldGap {
    #[serde(deserialize_with = "time")]
    from: Timestamp,
    #[serde(deserialize_with = "time")]
    to: Timestamp,
    hits: u64,
}

/// A campaign in a comparison.
#[derive(Deserialize)]
struct ToldHeadline {
    #[serde(deserialize_with = "number")]
    id: CampaignNumber,
    name: String,
    #[serde(deserialize_with = "campaign_state")]
    state: KnownWord,
    topic_name: String,
    #[serde(deserialize_with = "time")]
    created_at: Timestamp,
    #[serde(deserialize_with = "maybe_time")]
    started_at: Option<Timestamp>,
    #[serde(deserialize_with = "maybe_time")]
    finished_at: Option<Timestamp>,
    audience: i64,
    deliveries: ToldDeliveries,
    tracking: ToldTracking,
    evidence: ToldEvidence,
    clicks: ToldClicks,
    unsubscribes: i64,
}

#[derive(Deserialize)]
struct ToldComparison {
    rules_version: String,
    campaigns: Vec<ToldHeadline>,
    gaps: Vec<ToldGap>,
}

/// One of the words that this version knows. (A bare `&'static str` would be borrowed from the answer.)
struct KnownWord(&'static str);

/// The word that was told among those that are known.
fn known<'de, D: Deserializer<'de>>(
    from: D,
    mut words: impl Iterator<Item = &'static str>,
) -> Result<KnownWord, D::Error> {
    let told = String::deserialize(from)?;
    let found = words.find(|word| *word == told);
    found
        .map(KnownWord)
        .ok_or_else(|| D::Error::custom(format!("the word {told:?} is not known here")))
}

fn campaign_state<'de, D: Deserializer<'de>>(from: D) -> Result<KnownWord, D::Error> {
    known(from, CampaignState::ALL.into_iter().map(CampaignState::as_str))
}

fn delivery_state<'de, D: Deserializer<'de>>(from: D) -> Result<KnownWord, D::Error> {
    known(from, DeliveryState::ALL.into_iter().map(DeliveryState::as_str))
}

fn hit_class<'de, D: Deserializer<'de>>(from: D) -> Result<KnownWord, D::Error> {
    known(from, HitClass::ALL.into_iter().map(HitClass::as_str))
}

impl From<ToldReport> for CampaignReport {
    fn from(told: ToldReport) -> Self {
        let reason = |it: ToldReason| ReportReason {
            state: it.state.0,
            code: it.code,
            text: it.text,
            contacts: it.contacts,
        };
        let class =
            |it: ToldClass| ClassLine { class: it.class.0, views: it.views, clicks: it.clicks };
        let hour = |it: ToldHour| HourLine { from: it.from, views: it.views, clicks: it.clicks };
        let link = |it: ToldLink| LinkLine {
            slot: it.slot,
            url: it.url,
            label: it.label,
            clicks: it.clicks,
            contacts: it.contacts,
        };
        Self {
            campaign: CampaignFacts {
                // Only the number is shown.
                id: CampaignId::new(told.campaign, Timestamp(0)),
                name: told.name,
                state: told.state.0,
                topic: told.topic_name,
                topic_id: TopicId(0),
                subject: told.subject,
                created_at: told.created_at,
                started_at: told.started_at,
                finished_at: told.finished_at,
            },
            made_at: told.made_at,
            rules_version: told.rules_version,
            earlier_rules: told.earlier_rules,
            audience: told.audience,
            deliveries: told.deliveries.into(),
            reasons: told.reasons.into_iter().map(reason).collect(),
            tracking: told.tracking.into(),
            views: told.views.into(),
            clicks: told.clicks.into(),
            visitors: told.visitors,
            unsubscribes: told.unsubscribes,
            heads: told.heads,
            classes: told.classes.into_iter().map(class).collect(),
            evidence: told.evidence.into(),
            hours: told.hours.into_iter().map(hour).collect(),
            hours_by_day_until: told.hours_by_day_until,
            engagements_removed_at: told.engagements_removed_at,
            links: told.links.into_iter().map(link).collect(),
            origins: told.origins.into(),
            gaps: told.gaps.into_iter().map(GapLine::from).collect(),
            on_the_way: told.on_the_way,
            stray_hits: told.stray_hits,
        }
    }
}

impl From<ToldGap> for GapLine {
    fn from(told: ToldGap) -> Self {
        Self { from: told.from, to: told.to, hits: told.hits }
    }
}

impl From<ToldHeadline> for CampaignHeadline {
    fn from(told: ToldHeadline) -> Self {
        Self {
            campaign: CampaignFacts {
                id: CampaignId::new(told.id, Timestamp(0)),
                name: told.name,
                state: told.state.0,
                topic: told.topic_name,
                topic_id: TopicId(0),
                subject: String::new(),
                created_at: told.created_at,
                started_at: told.started_at,
                finished_at: told.finished_at,
            },
            audience: told.audience,
            deliveries: told.deliveries.into(),
            tracking: told.tracking.into(),
            evidence: told.evidence.into(),
            clicks: told.clicks.into(),
            unsubscribes: told.unsubscribes,
        }
    }
}

impl From<ToldComparison> for Comparison {
    fn from(told: ToldComparison) -> Self {
        Self {
            rules_version: told.rules_version,
            campaigns: told.campaigns.into_iter().map(CampaignHeadline::from).collect(),
            gaps: told.gaps.into_iter().map(GapLine::from).collect(),
        }
    }
}

pub(super) async fn compare(
    server: &RemoteClient,
    campaigns: &[CampaignNumber],
    rules: Option<&str>,
) -> anyhow::Result<Comparison> {
    let numbers: Vec<String> = campaigns.iter().map(ToString::to_string).collect();
    let numbers = numbers.join(",");
    let mut query = rules_query(rules);
    query.push(("campaigns", &numbers));
    let path = "/api/v1/reports/compare";
    match server.get_by::<ToldComparison>(path, &query).await {
        Ok(told) => Ok(told.into()),
        Err(RemoteError::Refused { status: 404, words }) => {
            let named = |it: &&CampaignNumber| words.contains(&format!(" {it}."));
            Err(anyhow!(campaigns.iter().find(named).map_or(words.clone(), |it| no_campaign(*it))))
        }
        Err(problem) => Err(problem.into()),
    }
}

pub(super) async fn topic(
    server: &RemoteClient,
    slug: &str,
    since: Option<&str>,
    rules: Option<&str>,
) -> anyhow::Result<Comparison> {
    let mut query = rules_query(rules);
    query.extend(since.map(|day| ("since", day)));
    let path = format!("/api/v1/topics/{slug}/report");
    Ok(server.get_by::<ToldComparison>(&path, &query).await?.into())
}

/// By which rule set, as the query of a look.
pub(super) fn rules_query(rules: Option<&str>) -> Vec<(&'static str, &str)> {
    rules.map(|version| ("rules", version)).into_iter().collect()
}

pub(super) async fn report(
    server: &RemoteClient,
    campaign: CampaignNumber,
    rules: Option<&str>,
) -> anyhow::Result<CampaignReport> {
    let path = format!("/api/v1/campaigns/{campaign}/report");
    Ok(server.get_by::<ToldReport>(&path, &rules_query(rules)).await?.into())
}
