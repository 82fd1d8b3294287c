//! Rule sets: what each says of what is seen in hits, how campaigns would change by another one, and
//! having reports made by it.
//!
//! Invariant: what would change is shown before anybody can choose, of the actor's own topics.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{Right, Rule, RulesSeen, TopicScope};
use report::number_text::thousands;
use report::{Bounds, ReclassifiedCampaign, SourcedRuleSet, campaigns_reclassified, rules_in_use};

use crate::admin::page::calls::call;
use crate::admin::page::form::{Form, FormProblem, new_key};
use crate::admin::page::message::Message;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::refused::{Refused, wrong};
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::listen::respond;

/// Campaigns that are looked at for what would change, drafts among them.
const LOOKED_AT: usize = 50;

#[derive(Template)]
#[template(path = "admin/rule_sets.html")]
struct RuleSetsPage {
    frame: AdminFrame,
    sets: Vec<RuleSetRow>,
}

struct RuleSetRow {
    version: &'static str,
    lines: usize,
    is_in_use: bool,
}

#[derive(Template)]
#[template(path = "admin/rule_set.html")]
struct RuleSetPage {
    frame: AdminFrame,
    problem: Option<FormProblem>,
    version: &'static str,
    in_use: &'static str,
    lines: Vec<RuleLine>,
    /// Of the newest campaigns, when it is not the one in use.
    campaigns: Vec<ReclassifiedRow>,
    changed: usize,
    /// Of the form, for who may choose.
    key: Option<String>,
}

/// A line of a rule set in words.
struct RuleLine {
    class: &'static str,
    seen: Vec<&'static str>,
    unless: Vec<&'static str>,
    source: &'static str,
}

struct ReclassifiedRow {
    number: String,
    name: String,
    opened: BoundsChange,
    clicked: BoundsChange,
}

/// Bounds as words, before and after.
struct BoundsChange {
    before: String,
    after: String,
    is_none: bool,
}

pub(crate) async fn list(admitted: Admitted, State(parts): State<AdminParts>) -> Response {
    let in_use = match rules_in_use(&parts.store).await {
        Ok(rules) => &rules.version,
        Err(problem) => return failed(problem).page(&admitted.visitor),
    };
    let row = |set: &'static SourcedRuleSet| RuleSetRow {
        version: &set.rules.version,
        lines: set.sources.len(),
        is_in_use: set.rules.version == *in_use,
    };
    let sets = report::rule_sets().rev().map(row).collect();
    respond::page(StatusCode::OK, &RuleSetsPage { frame: admitted.frame("system"), sets })
}

fn failed(problem: report::ReportError) -> PageProblem {
    PageProblem::failed("looking at rule sets")(problem)
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(version): Path<String>,
) -> Response {
    page(&admitted, &parts, &version, StatusCode::OK, None).await
}

async fn page(
    admitted: &Admitted,
    parts: &AdminParts,
    version: &str,
    status: StatusCode,
    problem: Option<FormProblem>,
) -> Response {
    match made(admitted, parts, version, problem).await {
        Ok(page) => respond::page(status, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    version: &str,
    problem: Option<FormProblem>,
) -> Result<RuleSetPage, PageProblem> {
    let set = set_of(version)?;
    // What was just chosen must show.
    let in_use = rules_in_use(&parts.resources.store).await.map_err(failed)?;
    let mut campaigns = Vec::new();
    if in_use.version != set.rules.version {
        let (store, both) = (&parts.store, (in_use, &set.rules));
        let found = campaigns_reclassified(store, admitted.topics(), None, LOOKED_AT, both).await;
        campaigns = found.map_err(failed)?;
        campaigns.retain(|it| it.campaign.started_at.is_some());
    }
    let may_choose = admitted.can(Right::SettingsWrite) && admitted.topics() == TopicScope::All;
    let offers = may_choose && in_use.version != set.rules.version;
    Ok(RuleSetPage {
        frame: admitted.frame("system").below("/admin/rule-sets", "Rule sets"),
        problem,
        version: &set.rules.version,
        in_use: &in_use.version,
        lines: lines(set),
        changed: campaigns.iter().filter(|it| it.changes()).count(),
        campaigns: campaigns.iter().map(changed).collect(),
        key: if offers { Some(new_key()?) } else { None },
    })
}

fn set_of(version: &str) -> Result<&'static SourcedRuleSet, PageProblem> {
    let found = report::rule_sets().find(|set| set.rules.version == version);
    found.ok_or(PageProblem::Missing("No such rule set", "The list shows those that there are."))
}

fn lines(set: &'static SourcedRuleSet) -> Vec<RuleLine> {
    let words = |rules: RulesSeen| rules.rules().map(|rule: Rule| rule.seen).collect();
    let lines = set.rules.lines().iter().zip(&set.sources);
    let line = |(line, source): (&model::rule_set::RuleSetLine, &'static String)| RuleLine {
        class: line.class.as_str(),
        seen: words(line.any),
        unless: words(line.none),
        source,
    };
    lines.map(line).collect()
}

fn changed(it: &ReclassifiedCampaign) -> ReclassifiedRow {
    ReclassifiedRow {
        number: it.campaign.id.to_string(),
        name: it.campaign.name.clone(),
        opened: change(it.before.opened, it.after.opened),
        clicked: change(it.before.clicked, it.after.clicked),
    }
}

fn change(before: Bounds, after: Bounds) -> BoundsChange {
    let words = |it: Bounds| match it.floor == it.ceiling {
        true => thousands(it.floor),
        false => format!("{} to {}", thousands(it.floor), thousands(it.ceiling)),
    };
    BoundsChange { before: words(before), after: words(after), is_none: before == after }
}

pub(crate) async fn choose(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(version): Path<String>,
    form: Form,
) -> Response {
    let done = async {
        let set = set_of(&version)?;
        let call = call(&admitted, &form)?;
        let in_use = rules_in_use(&parts.resources.store).await.map_err(failed)?;
        // What was shown was the change from that one. The same form again is told so below.
        if in_use.version != form.text("in_use") && in_use.version != set.rules.version {
            let words = "another rule set was chosen meanwhile: this is what would change now";
            return Err(wrong("", words));
        }
        actions::rules_use(&parts.resources, &call, &set.rules.version).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => admitted.visitor.done("/admin/rule-sets", Message::RulesUsed),
        Err(Refused::DoneBefore) => admitted.visitor.done("/admin/rule-sets", Message::DoneBefore),
        Err(Refused::Form(status, problem)) => {
            page(&admitted, &parts, &version, status, Some(problem)).await
        }
        Err(Refused::Page(problem)) => problem.page(&admitted.visitor),
    }
}
