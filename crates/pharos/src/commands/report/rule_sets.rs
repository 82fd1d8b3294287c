//! `pharos report rules` and `pharos report reclassify`.

use anyhow::Context as _;
use model::{CampaignNumber, TopicScope};
use report::campaigns_reclassified;
use serde::Deserialize;
use serde_json::json;

use crate::backend::Backend;
use crate::remote::number;
use crate::telemetry::{note, say};

#[derive(Deserialize)]
struct ToldRuleSets {
    in_use: String,
    rule_sets: Vec<ToldRuleSet>,
}

#[derive(Deserialize)]
struct ToldRuleSet {
    version: String,
    lines: Vec<ToldRuleSetLine>,
}

#[derive(Deserialize)]
struct ToldRuleSetLine {
    any: Vec<String>,
    none: Vec<String>,
    class: String,
    source: String,
}

async fn all(backend: &Backend) -> anyhow::Result<ToldRuleSets> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => return Ok(server.get("/api/v1/rule-sets").await?),
    };
    let in_use = report::rules_in_use(&installation.store).await?.version.clone();
    Ok(ToldRuleSets { in_use, rule_sets: report::rule_sets().map(ToldRuleSet::of).collect() })
}

impl ToldRuleSet {
    fn of(set: &report::SourcedRuleSet) -> Self {
        let ids = |rules: model::RulesSeen| rules.rules().map(|it| it.id.to_owned()).collect();
        let lines = set.rules.lines().iter().zip(&set.sources);
        let line = |(line, source): (&model::rule_set::RuleSetLine, &String)| ToldRuleSetLine {
            any: ids(line.any),
            none: ids(line.none),
            class: line.class.as_str().to_owned(),
            source: source.clone(),
        };
        Self { version: set.rules.version.clone(), lines: lines.map(line).collect() }
    }
}

pub(super) async fn list(backend: &Backend, version: Option<&str>) -> anyhow::Result<()> {
    let ToldRuleSets { in_use, rule_sets } = all(backend).await?;
    let Some(version) = version else {
        for set in rule_sets {
            let used = if set.version == in_use { "in use" } else { "" };
            let line = format!("{:<12}{:>3} lines  {used}", set.version, set.lines.len());
            say(line.trim_end());
        }
        return Ok(());
    };
    let set = rule_sets.into_iter().find(|set| set.version == version);
    let set = set.with_context(|| actions::no_rules(version))?;
    for ToldRuleSetLine { any, none, class, source } in set.lines {
        let unless =
            if none.is_empty() { String::new() } else { format!(", unless {}", none.join(" or ")) };
        say(format_args!("{class:<9} at most, if {}{unless}  ({source})", any.join(" or ")));
    }
    Ok(())
}

pub(super) async fn reclassify(
    backend: &Backend,
    version: &str,
    dry_run: bool,
) -> anyhow::Result<()> {
    let before = all(backend).await?.in_use;
    if before == version {
        say(format_args!("Reports are made by {version} already."));
        return Ok(());
    }
    let all = changes(backend, &before, version).await?;
    let changed: Vec<&ToldReclassified> = all.iter().filter(|it| it.before != it.after).collect();
    for ToldReclassified { campaign, before, after } in &changed {
        let range = |it: &ToldBounds| format!("{} to {}", it.floor, it.ceiling);
        say(format_args!(
            "campaign {campaign}: opened {} -> {}, clicked {} -> {}",
            range(&before.opened),
            range(&after.opened),
            range(&before.clicked),
            range(&after.clicked),
        ));
    }
    say(format_args!("{} of {} campaigns change.", changed.len(), all.len()));
    if dry_run {
        say("Nothing was changed.");
        return Ok(());
    }
    match backend {
        Backend::Local(installation) => {
            let (resources, call) = (installation.resources()?, installation.call());
            actions::rules_use(&resources, &call, version).await?;
        }
        Backend::Remote(server) => {
            let body = json!({ "version": version });
            server.put::<ToldRuleSets>("/api/v1/rule-sets/in-use", &body).await?;
        }
    }
    say(format_args!("Reports are made by {version}, and were by {before}."));
    Ok(())
}

/// A campaign by two rule sets, as a server tells it.
#[derive(Deserialize)]
struct ToldReclassified {
    #[serde(deserialize_with = "number")]
    campaign: CampaignNumber,
    before: ToldCampaignBounds,
    after: ToldCampaignBounds,
}

#[derive(PartialEq, Eq, Deserialize)]
struct ToldCampaignBounds {
    opened: ToldBounds,
    clicked: ToldBounds,
}

#[derive(PartialEq, Eq, Deserialize)]
struct ToldBounds {
    floor: i64,
    ceiling: i64,
}

impl From<report::CampaignBounds> for ToldCampaignBounds {
    fn from(it: report::CampaignBounds) -> Self {
        let bounds = |it: report::Bounds| ToldBounds { floor: it.floor, ceiling: it.ceiling };
        Self { opened: bounds(it.opened), clicked: bounds(it.clicked) }
    }
}

/// Campaigns looked up at once.
const BATCH: usize = 100;

/// Those that were started, the newest first.
async fn changes(backend: &Backend, from: &str, to: &str) -> anyhow::Result<Vec<ToldReclassified>> {
    let installation = match backend {
        Backend::Local(installation) => installation,
        Backend::Remote(server) => {
            return Ok(server.all(&format!("/api/v1/rule-sets/{to}/changes")).await?);
        }
    };
    let set = |version: &str| report::rule_set(version).with_context(|| actions::no_rules(version));
    let (rules, store) = ((set(from)?, set(to)?), &installation.store);
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = campaigns_reclassified(store, TopicScope::All, before, BATCH, rules).await?;
        let Some(last) = page.last() else { return Ok(all) };
        before = Some(last.campaign.id);
        let started = page.iter().filter(|it| it.campaign.started_at.is_some());
        all.extend(started.map(|it| ToldReclassified {
            campaign: it.campaign.id.number(),
            before: it.before.into(),
            after: it.after.into(),
        }));
        if page.len() == BATCH {
            note(format_args!("{} campaigns looked at", all.len()));
        }
    }
}
