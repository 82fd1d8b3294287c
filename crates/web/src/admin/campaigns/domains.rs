//! A campaign by receiving domains: whether one provider refuses, or opens everything by itself.
//!
//! Invariant: every figure comes from the given [`DomainReport`].

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use report::number_text::{percent, percent_span, thousands};
use report::{DomainFigures, DomainName, DomainReport, rules_in_use};

use crate::admin::campaigns::judged::RulesQuery;
use crate::admin::campaigns::live_page::numbered;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::spreadsheet_file::spreadsheet_file;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::{AdminFrame, AdminParts};
use crate::clock::now;
use crate::listen::respond;

/// Contacts from which on a share of them says something.
const ENOUGH: i64 = 10;

#[derive(Template)]
#[template(path = "admin/domains.html")]
struct DomainsPage {
    frame: AdminFrame,
    name: String,
    path: String,
    query: String,
    rules_version: String,
    counted_at: String,
    /// What each contact did is not kept any more.
    not_kept: bool,
    rows: Vec<DomainRow>,
    total: DomainRow,
}

/// A line of the table in words.
pub(crate) struct DomainRow {
    pub(crate) name: String,
    pub(crate) audience: String,
    pub(crate) sent: String,
    pub(crate) failed: String,
    pub(crate) refused: String,
    pub(crate) in_doubt: String,
    pub(crate) opened: String,
    pub(crate) clicked: String,
    pub(crate) machines: String,
    pub(crate) unsubscribed: String,
    /// What stands out.
    pub(crate) note: &'static str,
}

impl DomainRow {
    pub(crate) fn new(name: String, it: &DomainFigures) -> Self {
        Self {
            name,
            audience: thousands(it.audience),
            sent: thousands(it.sent),
            failed: thousands(it.failed),
            refused: counted(it.refused, it.audience),
            in_doubt: thousands(it.in_doubt),
            opened: percent_span(it.opened_floor, it.opened_ceiling, it.denominator),
            clicked: percent_span(it.clicked_floor, it.clicked_ceiling, it.denominator),
            machines: counted(it.machine_only, it.denominator),
            unsubscribed: thousands(it.unsubscribes),
            note: note(it),
        }
    }

    pub(crate) fn all(report: &DomainReport) -> Vec<Self> {
        let row = |line: &report::DomainLine| Self::new(words(&line.domain), &line.figures);
        report.domains.iter().map(row).collect()
    }
}

fn words(domain: &DomainName) -> String {
    match domain {
        DomainName::Domain(name) => name.clone(),
        DomainName::Others => "All others".to_owned(),
        DomainName::Unknown => "Not to be told".to_owned(),
    }
}

/// `12 (3.4 %)`.
fn counted(part: i64, whole: i64) -> String {
    match part {
        0 => "0".to_owned(),
        _ => format!("{} ({})", thousands(part), percent(part, whole)),
    }
}

fn note(it: &DomainFigures) -> &'static str {
    let most = |part: i64, whole: i64| whole >= ENOUGH && part * 2 >= whole;
    match it {
        it if it.audience >= ENOUGH && it.refused * 20 >= it.audience => "refuses",
        it if most(it.machine_only, it.denominator) => "loads by itself",
        _ => "",
    }
}

pub(crate) async fn show(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<RulesQuery>,
) -> Response {
    let made = async {
        let query = asked.read()?.query();
        let report = find(&parts, &number, &asked).await?;
        let path = format!("/admin/campaigns/{}", report.campaign);
        Ok(DomainsPage {
            frame: admitted
                .frame("campaigns")
                .below("/admin/campaigns", "Campaigns")
                .below(&path, report.name.clone()),
            rows: DomainRow::all(&report),
            total: DomainRow::new("Total".to_owned(), &report.total),
            name: report.name,
            rules_version: report.rules_version,
            counted_at: report.counted_at.readable(),
            not_kept: report.engagements_removed_at.is_some(),
            path,
            query,
        })
    };
    match made.await {
        Ok(page) => respond::page(StatusCode::OK, &page),
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

pub(crate) async fn csv(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(number): Path<String>,
    Query(asked): Query<RulesQuery>,
) -> Response {
    let made = async {
        let report = find(&parts, &number, &asked).await?;
        let csv = report.to_csv().map_err(PageProblem::failed("writing a report as CSV"))?;
        Ok(spreadsheet_file(&format!("campaign-{}-domains.csv", report.campaign), &csv))
    };
    match made.await {
        Ok(file) => file,
        Err(problem) => PageProblem::page(problem, &admitted.visitor),
    }
}

async fn find(
    parts: &AdminParts,
    number: &str,
    asked: &RulesQuery,
) -> Result<DomainReport, PageProblem> {
    let failed = || PageProblem::failed("counting domains");
    let store = &parts.store;
    let in_use = rules_in_use(store).await.map_err(failed())?;
    let rules = asked.read()?.rules.unwrap_or(in_use);
    let id = numbered(store, number).await.map_err(failed())?;
    let id = id.ok_or_else(PageProblem::no_campaign)?;
    let found = parts.resources.domains.report(store, id, now(), rules).await;
    found.map_err(failed())?.ok_or_else(PageProblem::no_campaign)
}
