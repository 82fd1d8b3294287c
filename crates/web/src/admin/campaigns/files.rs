//! A campaign's report as files.

use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use report::{CampaignReport, campaign_report_by, rules_in_use};
use store::Store;

use crate::admin::campaigns::judged::{AskedRules, RulesQuery};
use crate::admin::campaigns::live_page;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::spreadsheet_file::spreadsheet_file;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;
use crate::clock::now;

pub(crate) async fn campaign_json(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<RulesQuery>,
) -> Response {
    let made = async {
        let report = find(&parts.store, &id, asked.read()?).await?;
        report.to_json().map_err(PageProblem::failed("writing a report as JSON"))
    };
    match made.await {
        Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Err(problem) => problem.page(&admitted.visitor),
    }
}

pub(crate) async fn campaign_csv(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
    Query(asked): Query<RulesQuery>,
) -> Response {
    let made = async {
        let report = find(&parts.store, &id, asked.read()?).await?;
        let csv = report.to_csv().map_err(PageProblem::failed("writing a report as CSV"))?;
        Ok((report.campaign.id, csv))
    };
    match made.await {
        Ok((id, csv)) => spreadsheet_file(&format!("campaign-{id}.csv"), &csv),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

async fn find(
    store: &Store,
    number: &str,
    asked: AskedRules,
) -> Result<CampaignReport, PageProblem> {
    let report = async {
        let Some(id) = live_page::numbered(store, number).await? else { return Ok(None) };
        let rules = match asked.rules {
            Some(rules) => rules,
            None => rules_in_use(store).await?,
        };
        campaign_report_by(store, id, now(), rules).await
    };
    let report = report.await.map_err(PageProblem::failed("reporting"))?;
    report.ok_or_else(PageProblem::no_campaign)
}
