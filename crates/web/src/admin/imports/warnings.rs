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
    lines(&list).map_err(PageProblem::failed("reading warnings"))
}

/// The first ones of a list as the file has it, under its head.
fn lines(list: &[u8]) -> Result<Vec<WarningLine>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(list);
    let line = |record: Result<csv::ByteRecord, csv::Error>| {
        let record = record?;
        let cell = |place: usize| {
            String::from_utf8_lossy(record.get(place).unwrap_or_default()).into_owned()
        };
        Ok(WarningLine { line: cell(0), warning: cell(1), detail: cell(2) })
    };
    reader.byte_records().take(SHOWN).map(line).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_with_a_comma_a_quote_or_a_break_is_one_cell() {
        let list = b"line,warning,detail\n4,typo,\"gmial.com, did you mean \"\"gmail.com\"\"?\"\n\
            5,role,\"two\nlines\"\n6,role,info\n";
        let shown: Vec<[String; 3]> =
            lines(list).unwrap().into_iter().map(|it| [it.line, it.warning, it.detail]).collect();
        assert_eq!(
            shown,
            [
                ["4", "typo", "gmial.com, did you mean \"gmail.com\"?"],
                ["5", "role", "two\nlines"],
                ["6", "role", "info"],
            ]
        );
    }
}
