//! A topic's campaigns in the order of their start.
//!
//! Invariant: every figure comes from the given [`Comparison`].

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::Timestamp;
use report::number_text::{percent, percent_span, thousands};
use report::{CampaignHeadline, Comparison, MOST_OF_TOPIC, rules_in_use, topic_report};
use serde::Deserialize;
use store::Topic;

use crate::admin::campaigns::gap_rows::GapRows;
use crate::admin::campaigns::judged::{known, rules_choices};
use crate::admin::campaigns::progress::width;
use crate::admin::page::choice::Choice;
use crate::admin::page::listing::typed;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::admin::topics::forms::topic_of;
use crate::clock::now;
use crate::listen::respond;

#[derive(Deserialize)]
pub(crate) struct OverTimeQuery {
    /// A day.
    since: Option<String>,
    rules: Option<String>,
}

#[derive(Template)]
#[template(path = "admin/topic_report.html")]
struct TopicReportPage {
    frame: AdminFrame,
    topic: Topic,
    since: String,
    rules: Vec<Choice>,
    rules_version: String,
    lines: Vec<OverTimeLine>,
    /// Earlier ones are left out.
    is_cut: bool,
    most: usize,
    gaps: GapRows,
}

struct OverTimeLine {
    number: String,
    name: String,
    started: String,
    sent: String,
    opened: SpanCell,
    clicked: SpanCell,
    unsubscribed: String,
    unsubscribed_share: String,
    failed: String,
}

/// From a floor to a ceiling, as words and as a bar.
struct SpanCell {
    contacts: String,
    share: String,
    floor_width: String,
    ceiling_width: String,
}

impl SpanCell {
    fn new(floor: i64, ceiling: i64, whole: i64) -> Self {
        Self {
            contacts: match floor == ceiling {
                true => thousands(floor),
                false => format!("{} to {}", thousands(floor), thousands(ceiling)),
            },
            share: percent_span(floor, ceiling, whole),
            floor_width: width(floor, whole),
            ceiling_width: width(ceiling, whole),
        }
    }
}

impl OverTimeLine {
    fn new(it: &CampaignHeadline) -> Self {
        let CampaignHeadline { campaign, deliveries, evidence, clicks, .. } = it;
        let reached = evidence.denominator;
        Self {
            number: campaign.id.to_string(),
            name: campaign.name.clone(),
            started: campaign.started_at.map(Timestamp::day).unwrap_or_default(),
            sent: thousands(deliveries.sent),
            opened: SpanCell::new(evidence.floor, evidence.ceiling, reached),
            clicked: SpanCell::new(clicks.floor, clicks.ceiling, reached),
            unsubscribed: thousands(it.unsubscribes),
            unsubscribed_share: percent(it.unsubscribes, reached),
            failed: thousands(deliveries.failed),
        }
    }

    const fn spans(&self) -> [&SpanCell; 2] {
        [&self.opened, &self.clicked]
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(slug): Path<String>,
    Query(asked): Query<OverTimeQuery>,
) -> Response {
    match made(&admitted, &parts, &slug, &asked).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    slug: &str,
    asked: &OverTimeQuery,
) -> Result<TopicReportPage, PageProblem> {
    let failed = || PageProblem::failed("reporting on a topic");
    let topic = topic_of(parts, slug).await?;
    let since = match typed(asked.since.as_deref()) {
        None => Timestamp(0),
        Some(day) => Timestamp::parse_day(day).ok_or_else(|| {
            PageProblem::Refused("The day should be written as 2026-11-23.".to_owned())
        })?,
    };
    let in_use = rules_in_use(&parts.store).await.map_err(failed())?;
    let rules = known(asked.rules.as_deref())?.unwrap_or(in_use);
    let report = topic_report(&parts.store, topic.id, since, now(), rules).await;
    let Comparison { campaigns, gaps, rules_version } = report.map_err(failed())?;
    Ok(TopicReportPage {
        frame: admitted.frame("topics").below("/admin/topics", "Topics"),
        since: typed(asked.since.as_deref()).unwrap_or_default().to_owned(),
        rules: rules_choices(&in_use.version, Some(&rules.version)),
        rules_version,
        lines: campaigns.iter().map(OverTimeLine::new).collect(),
        is_cut: campaigns.len() == MOST_OF_TOPIC,
        most: MOST_OF_TOPIC,
        gaps: GapRows::new(&gaps),
        topic,
    })
}
