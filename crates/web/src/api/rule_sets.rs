//! Rule sets: what was seen in hits means, by version, and which of them reports are made by.

use actions::rules_use;
use model::{CampaignId, Rule, RulesSeen, Timestamp};
use report::{ReclassifiedCampaign, SourcedRuleSet, campaigns_reclassified};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
use crate::api::list::{Batch, ListAsked, list_params};
use crate::api::problem::Problem;
use crate::api::reply::Reply;

/// The rule sets of this release.
#[derive(Serialize, ToSchema)]
pub(crate) struct RuleSets {
    /// The version that reports are made by.
    #[schema(example = "2026-11-27")]
    in_use: &'static str,
    /// The oldest first.
    rule_sets: Vec<RuleSet>,
}

/// A table from what is seen in hits to the kind of reader that they look like.
#[derive(Serialize, ToSchema)]
struct RuleSet {
    /// The date on which it was made.
    #[schema(example = "2026-11-27")]
    version: String,
    /// Of the lines that apply, the one with the weakest class counts.
    lines: Vec<RuleSetLine>,
}

/// One line: hits with these rules look like this class at most.
#[derive(Serialize, ToSchema)]
struct RuleSetLine {
    /// Applies when one of these was seen.
    any: Vec<&'static str>,
    /// Unless one of these was.
    none: Vec<&'static str>,
    class: &'static str,
    /// Who says so.
    source: String,
}

/// Which rule set reports are to be made by.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesInUse {
    #[schema(example = "2026-11-27")]
    version: String,
}

/// By what hits are to be judged.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct RulesParams {
    /// The version of a rule set; the one in use when left out.
    #[param(example = "2026-11-27")]
    rules: Option<String>,
}

/// The rule set that is asked for, or the one in use.
pub(crate) async fn asked_for(asked: &Asked) -> Result<&'static model::RuleSet, Problem> {
    let RulesParams { rules } = asked.query()?;
    by_version(asked, rules.as_deref()).await
}

/// The rule set with this version, or the one in use.
pub(crate) async fn by_version(
    asked: &Asked,
    version: Option<&str>,
) -> Result<&'static model::RuleSet, Problem> {
    match version {
        Some(version) => report::rule_set(version).ok_or_else(|| {
            let words = actions::no_rules(version);
            Problem::of_field("/rules".to_owned(), "rule_set_not_found", words)
        }),
        None => Ok(report::rules_in_use(asked.store()).await?),
    }
}

list_params! { ChangesParams {} }

/// Campaigns looked up at once.
const BATCH: usize = 51;

/// A campaign by the rule set in use and by another one.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChangedCampaign {
    /// Its number.
    #[schema(example = "17")]
    campaign: String,
    name: String,
    #[schema(format = "date-time")]
    started_at: Option<String>,
    /// Whether anything is another number.
    changes: bool,
    before: CampaignBounds,
    after: CampaignBounds,
}

/// Who opened and who clicked.
#[derive(Serialize, ToSchema)]
struct CampaignBounds {
    opened: Bounds,
    clicked: Bounds,
}

#[derive(Serialize, ToSchema)]
struct Bounds {
    /// Contacts, at least.
    floor: i64,
    /// Contacts, at most.
    ceiling: i64,
}

impl From<report::CampaignBounds> for CampaignBounds {
    fn from(from: report::CampaignBounds) -> Self {
        let bounds = |it: report::Bounds| Bounds { floor: it.floor, ceiling: it.ceiling };
        Self { opened: bounds(from.opened), clicked: bounds(from.clicked) }
    }
}

impl ChangedCampaign {
    fn new(it: &ReclassifiedCampaign) -> Self {
        Self {
            campaign: it.campaign.id.to_string(),
            name: it.campaign.name.clone(),
            started_at: it.campaign.started_at.map(Timestamp::rfc3339),
            changes: it.changes(),
            before: it.before.into(),
            after: it.after.into(),
        }
    }
}

/// Those that were started, by the rule set that the path names.
pub(crate) async fn changes(asked: Asked) -> Result<Reply, Problem> {
    let ChangesParams { limit, after } = asked.query()?;
    let version = asked.path("version");
    let to = report::rule_set(version)
        .ok_or_else(|| Problem::not_found("rule_set_not_found", actions::no_rules(version)))?;
    let from = report::rules_in_use(asked.store()).await?;
    let filter = [("from", Some(from.version.as_str()))];
    let path = format!("/api/v1/rule-sets/{version}/changes");
    let page = ListAsked::new(&path, &filter, limit, after.as_deref())?;
    let (store, scope) = (asked.store(), &asked.topics());
    let batch = |after: Option<i64>| async move {
        let after = after.map(CampaignId);
        let found = campaigns_reclassified(store, scope.clone(), after, BATCH, (from, to)).await;
        let mut rows = found?;
        let has_more = rows.len() == BATCH;
        rows.truncate(BATCH - 1);
        let next = rows.last().filter(|_| has_more).map(|last| last.campaign.id.0);
        Ok(Batch { rows, next, is_last_for_now: false })
    };
    let was_started = |it: &ReclassifiedCampaign| it.campaign.started_at.is_some();
    let (rows, next) = page.fill(batch, was_started, |it| it.campaign.id.0).await?;
    let rows: Vec<ChangedCampaign> = rows.iter().map(ChangedCampaign::new).collect();
    page.page(&rows, next)
}

fn ids(rules: RulesSeen) -> Vec<&'static str> {
    rules.rules().map(|rule: Rule| rule.id).collect()
}

impl RuleSet {
    fn new(set: &SourcedRuleSet) -> Self {
        let lines = set.rules.lines().iter().zip(&set.sources);
        let line = |(line, source): (&model::rule_set::RuleSetLine, &String)| RuleSetLine {
            any: ids(line.any),
            none: ids(line.none),
            class: line.class.as_str(),
            source: source.clone(),
        };
        Self { version: set.rules.version.clone(), lines: lines.map(line).collect() }
    }
}

pub(crate) async fn all(asked: Asked) -> Result<Reply, Problem> {
    let in_use = &report::rules_in_use(asked.store()).await?.version;
    Reply::tagged(&RuleSets { in_use, rule_sets: report::rule_sets().map(RuleSet::new).collect() })
}

pub(crate) async fn choose(asked: Asked) -> Result<Reply, Problem> {
    let RulesInUse { version } = asked.body()?;
    rules_use(&asked.parts.resources, &asked.call(), &version).await?;
    all(asked).await
}
