//! Campaigns beside each other, and a topic's over time: the figures of [`report::Comparison`].

use model::{CampaignNumber, RuleSet, Timestamp};
use report::{MOST_COMPARED, campaigns_compared, topic_report};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::{Asked, Named};
use crate::api::campaigns::Campaign;
use crate::api::problem::Problem;
use crate::api::reply::Reply;
use crate::api::report::Gap;
use crate::api::rule_sets;
use crate::api::topic_slugs::TopicSlugs;

/// Which campaigns stand beside each other.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct CompareParams {
    /// Their numbers with commas between, at most 10.
    #[param(example = "17,18")]
    campaigns: String,
    /// The version of a rule set; the one in use when left out.
    #[param(example = "2026-11-27")]
    rules: Option<String>,
}

/// From when on, and by what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct TopicReportParams {
    /// Only those that were started on this day (UTC) or later.
    #[param(example = "2026-01-01")]
    since: Option<String>,
    /// The version of a rule set; the one in use when left out.
    #[param(example = "2026-11-27")]
    rules: Option<String>,
}

/// Campaigns by one rule set, as they were at one moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// The rule set that the bounds are by.
    rules_version: String,
    campaigns: Vec<Campaign>,
    /// Times since the first of them was started in which answered hits could not be recorded.
    gaps: Vec<Gap>,
}

async fn told(asked: &Asked, comparison: report::Comparison) -> Result<Reply, Problem> {
    let slugs = TopicSlugs::read(asked.store()).await?;
    Reply::tagged(&Comparison {
        rules_version: comparison.rules_version,
        campaigns: comparison.campaigns.iter().map(|it| Campaign::new(it, &slugs)).collect(),
        gaps: comparison.gaps.into_iter().map(Gap::from).collect(),
    })
}

async fn rules(asked: &Asked, version: Option<&str>) -> Result<&'static RuleSet, Problem> {
    rule_sets::by_version(asked, version).await
}

fn missing(number: CampaignNumber) -> Problem {
    Problem::not_found("campaign_not_found", format!("There is no campaign {number}."))
}

pub(crate) async fn compare(asked: Asked) -> Result<Reply, Problem> {
    let params: CompareParams = asked.query()?;
    let rules = rules(&asked, params.rules.as_deref()).await?;
    let mut ids = Vec::new();
    for number in params.campaigns.split(',') {
        let number: CampaignNumber = number.trim().parse().map_err(|_| {
            let words = "“campaigns” should be numbers with commas between, such as 17,18.";
            Problem::bad_request("query", words.to_owned())
        })?;
        let id = report::campaign_numbered(asked.store(), number).await?;
        let id = id.ok_or_else(|| missing(number))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
        if ids.len() > MOST_COMPARED {
            let words = format!("“campaigns” has more than {MOST_COMPARED}.");
            return Err(Problem::bad_request("query", words));
        }
    }
    let found = campaigns_compared(asked.store(), ids, asked.at, rules).await?;
    let scope = asked.topics();
    if let Some(foreign) = found.campaigns.iter().find(|it| !scope.contains(it.campaign.topic_id)) {
        return Err(missing(foreign.campaign.id.number()));
    }
    told(&asked, found).await
}

pub(crate) async fn topic(asked: Asked) -> Result<Reply, Problem> {
    let params: TopicReportParams = asked.query()?;
    let rules = rules(&asked, params.rules.as_deref()).await?;
    let Named::Topic(topic) = &asked.named else {
        return Err(Problem::not_found("topic_not_found", "There is no topic with this name."));
    };
    let since = match params.since.as_deref() {
        None => Timestamp(0),
        Some(day) => Timestamp::parse_day(day).ok_or_else(|| {
            let words = "“since” should be a day, such as 2026-11-23.".to_owned();
            Problem::bad_request("query", words)
        })?,
    };
    let found = topic_report(asked.store(), topic.id, since, asked.at, rules).await?;
    told(&asked, found).await
}
