//! `pharos report rules` and `pharos report reclassify`.

use anyhow::Context as _;
use model::CampaignNumber;
use report::CampaignReport;
use serde::Deserialize;
use serde_json::json;

use super::one;
use crate::backend::Backend;
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

/// A campaign's bounds by two rule sets.
#[derive(Debug, PartialEq, Eq)]
struct Bounds {
    opened: (i64, i64),
    clicked: (i64, i64),
}

impl Bounds {
    const fn of(report: &CampaignReport) -> Self {
        let (evidence, clicks) = (&report.evidence, &report.clicks);
        Self { opened: (evidence.floor, evidence.ceiling), clicked: (clicks.floor, clicks.ceiling) }
    }
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
    let (mut looked, mut changed) = (0_u64, 0_u64);
    for number in campaigns(backend).await? {
        let old = one(backend, number, Some(&before)).await?;
        let new = one(backend, number, Some(version)).await?;
        looked += 1;
        let (from, to) = (Bounds::of(&old), Bounds::of(&new));
        if from != to {
            changed += 1;
            let range = |(floor, ceiling): (i64, i64)| format!("{floor} to {ceiling}");
            say(format_args!(
                "campaign {number}: opened {} -> {}, clicked {} -> {}",
                range(from.opened),
                range(to.opened),
                range(from.clicked),
                range(to.clicked),
            ));
        }
        if looked.is_multiple_of(100) {
            note(format_args!("{looked} campaigns looked at"));
        }
    }
    say(format_args!("{changed} of {looked} campaigns change."));
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

#[derive(Deserialize)]
struct NumberedCampaign {
    id: String,
    started_at: Option<String>,
}

/// Those that were started, the newest first.
async fn campaigns(backend: &Backend) -> anyhow::Result<Vec<CampaignNumber>> {
    match backend {
        Backend::Local(installation) => {
            let store = &installation.store;
            let (mut numbers, mut before) = (Vec::new(), None);
            loop {
                let (tab, all) = (store::CampaignTab::All, model::TopicScope::All);
                let page = report::campaign_headlines(store, tab, all, before, 100).await?;
                let Some(last) = page.last() else { return Ok(numbers) };
                before = Some(last.campaign.id);
                let started = page.iter().filter(|it| it.campaign.started_at.is_some());
                numbers.extend(started.map(|it| it.campaign.id.number()));
            }
        }
        Backend::Remote(server) => {
            let all: Vec<NumberedCampaign> = server.all("/api/v1/campaigns").await?;
            let started = all.into_iter().filter(|it| it.started_at.is_some());
            started.map(|it| Ok(it.id.parse()?)).collect()
        }
    }
}
