//! What may be wrong with addresses of an import: the first lines on its page, all in a file.

use actions::Call;
use audience::ImportPreview;
use axum::extract::{Path, State};
use axum::response::Response;
use report::number_text::thousands;
use store::Job;

use super::job_id;
use crate::admin::page::calls::looking;
use crate::admin::page::problem::PageProblem;
use crate::admin::page::spreadsheet_file::spreadsheet_file;
use crate::admin::page::visitor::Admitted;
use crate::admin::parts::AdminParts;

/// Warnings that are shown.
const SHOWN: usize = 5;

pub(super) struct WarningLine {
    pub(super) line: String,
    pub(super) warning: String,
    pub(super) detail: String,
}

/// The first ones, once nothing more comes.
pub(super) async fn first(
    parts: &AdminParts,
    call: &Call,
    job: &Job,
) -> Result<Vec<WarningLine>, PageProblem> {
    if audience::import_warnings(job) == 0 {
        return Ok(Vec::new());
    }
    let list = actions::job_warnings(&parts.resources, call, job.id).await;
    let list = list.map_err(PageProblem::failed("reading warnings"))?;
    let text = String::from_utf8_lossy(&list);
    let line = |text: &str| {
        let mut cells =
            text.splitn(3, ',').map(|cell| cell.trim_matches('"').replace("\"\"", "\""));
        let mut cell = || cells.next().unwrap_or_default();
        WarningLine { line: cell(), warning: cell(), detail: cell() }
    };
    Ok(text.lines().skip(1).take(SHOWN).map(line).collect())
}

/// What may be wrong with the first addresses of a file; nothing when all seem right.
pub(super) fn doubts(shown: &ImportPreview) -> Option<String> {
    let words = |name: &str| match name {
        "role_addresses" => "of offices, not people",
        "disposable" => "at disposable domains",
        "typos" => "that look mistyped",
        "merged" => "repeated",
        _ => "in doubt",
    };
    let told: Vec<String> =
        shown.warnings.iter().map(|(name, count)| format!("{count} {}", words(name))).collect();
    let rows = thousands(i64::try_from(shown.reviewed).unwrap_or(i64::MAX));
    (!told.is_empty()).then(|| format!("Of the first {rows} addresses: {}.", told.join(", ")))
}

/// All of them.
pub(crate) async fn file(
    admitted: Admitted,
    State(parts): State<AdminParts>,
    Path(id): Path<String>,
) -> Response {
    let made = async {
        let id = job_id(&id)?;
        let list = actions::job_warnings(&parts.resources, &looking(&admitted), id).await;
        let list = list.map_err(|refusal| match refusal.kind {
            actions::RefusalKind::NotFound => PageProblem::no_import(),
            _ => PageProblem::failed("reading warnings")(refusal),
        })?;
        let name = format!("import-{id}-warnings.csv");
        Ok(spreadsheet_file(&name, &String::from_utf8_lossy(&list)))
    };
    made.await.unwrap_or_else(|problem: PageProblem| problem.page(&admitted.visitor))
}
