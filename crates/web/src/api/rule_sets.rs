//! Rule sets: what was seen in hits means, by version, and which of them reports are made by.

use actions::rules_use;
use model::{Rule, RulesSeen};
use report::SourcedRuleSet;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::asked::Asked;
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
    match &rules {
        Some(version) => report::rule_set(version).ok_or_else(|| {
            let words = actions::no_rules(version);
            Problem::of_field("/rules".to_owned(), "rule_set_not_found", words)
        }),
        None => Ok(report::rules_in_use(asked.store()).await?),
    }
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
