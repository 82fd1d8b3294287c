//! Campaigns beside each other: choosing them, and one table of their figures.
//!
//! Invariant: every figure comes from the given [`Comparison`]; a campaign of a foreign topic is not
//! found.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::{CampaignId, CampaignNumber};
use report::number_text::{percent, thousands};
use report::{
    Comparison, ComparisonValue, MOST_COMPARED, campaign_headlines, campaigns_compared,
    rules_in_use,
};
use store::CampaignTab;

use crate::admin::campaigns::gap_rows::GapRows;
use crate::admin::campaigns::judged::{known, rules_choices};
use crate::admin::campaigns::live_page::numbered;
use crate::admin::page::choice::Choice;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

/// Campaigns to choose from, the newest, drafts looked at among them.
const OFFERED: usize = 60;

#[derive(Template)]
#[template(path = "admin/compare.html")]
struct ComparePage {
    frame: AdminFrame,
    campaigns: Vec<Choice>,
    rules: Vec<Choice>,
    most: usize,
    table: Option<CompareTable>,
}

struct CompareTable {
    /// Number and name.
    campaigns: Vec<(String, String)>,
    rows: Vec<CompareRow>,
    rules_version: String,
    gaps: GapRows,
}

struct CompareRow {
    name: String,
    cells: Vec<CompareCell>,
}

struct CompareCell {
    count: String,
    share: Option<String>,
}

impl CompareTable {
    fn new(comparison: &Comparison) -> Self {
        let campaign =
            |it: &report::CampaignHeadline| (it.campaign.id.to_string(), it.campaign.name.clone());
        let row = |row: report::ComparisonRow| CompareRow {
            name: capital(row.name),
            cells: row.values.iter().map(cell).collect(),
        };
        Self {
            campaigns: comparison.campaigns.iter().map(campaign).collect(),
            rows: comparison.rows().into_iter().map(row).collect(),
            rules_version: comparison.rules_version.clone(),
            gaps: GapRows::new(&comparison.gaps),
        }
    }
}

fn cell(value: &ComparisonValue) -> CompareCell {
    let share = value.of.filter(|of| *of > 0).map(|of| percent(value.contacts, of));
    CompareCell { count: thousands(value.contacts), share }
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", chars.as_str())
}

pub(crate) async fn compare(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Response {
    match made(&admitted, &parts, &asked).await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

async fn made(
    admitted: &Admitted,
    parts: &AdminParts,
    asked: &[(String, String)],
) -> Result<ComparePage, PageProblem> {
    let failed = || PageProblem::failed("comparing campaigns");
    let store = &parts.store;
    let in_use = rules_in_use(store).await.map_err(failed())?;
    let version = asked.iter().find(|(name, _)| name == "rules").map(|(_, value)| value.as_str());
    let rules = known(version)?.unwrap_or(in_use);
    let ids = named(parts, asked).await?;
    let found = campaigns_compared(store, ids.clone(), now(), rules).await.map_err(failed())?;
    let scope = admitted.topics();
    let is_foreign = found.campaigns.iter().any(|it| !scope.contains(it.campaign.topic_id));
    if is_foreign || found.campaigns.len() < ids.len() {
        return Err(PageProblem::no_campaign());
    }
    let newest = campaign_headlines(store, CampaignTab::All, scope, None, OFFERED).await;
    let mut offered = newest.map_err(failed())?;
    offered.retain(|it| it.campaign.started_at.is_some() && !ids.contains(&it.campaign.id));
    let chosen = found.campaigns.iter().map(|it| (it, true));
    let choices = chosen.chain(offered.iter().map(|it| (it, false))).map(|(it, chosen)| Choice {
        word: it.campaign.id.to_string(),
        name: format!("{} ({})", it.campaign.name, it.campaign.topic),
        chosen,
    });
    Ok(ComparePage {
        frame: admitted.frame("campaigns").below("/admin/campaigns", "Campaigns"),
        campaigns: choices.collect(),
        rules: rules_choices(&in_use.version, Some(&rules.version)),
        most: MOST_COMPARED,
        table: (!ids.is_empty()).then(|| CompareTable::new(&found)),
    })
}

/// The campaigns that the address names, each once.
async fn named(
    parts: &AdminParts,
    asked: &[(String, String)],
) -> Result<Vec<CampaignId>, PageProblem> {
    let mut numbers: Vec<CampaignNumber> = Vec::new();
    for (_, value) in asked.iter().filter(|(name, _)| name == "campaign") {
        let number = value.trim().parse().map_err(|_| PageProblem::no_campaign())?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    if numbers.len() > MOST_COMPARED {
        let words = format!("At most {MOST_COMPARED} campaigns stand beside each other.");
        return Err(PageProblem::Refused(words));
    }
    let mut ids = Vec::with_capacity(numbers.len());
    for number in numbers {
        let found = numbered(&parts.store, &number.to_string()).await;
        let found = found.map_err(PageProblem::failed("looking a campaign up"))?;
        ids.push(found.ok_or_else(PageProblem::no_campaign)?);
    }
    Ok(ids)
}
