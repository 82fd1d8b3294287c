//! The beginning of a file that was uploaded, for whoever has to say what its columns are.

use std::io::{Read, Seek};

use model::EmailAddress;
use store::{Job, Store};
use tokio::runtime::Handle;

use crate::ImportError;
use crate::address_review::{AddressPlace, AddressReview, AddressSources};
use crate::columns::{ColumnRole, ColumnWishes, FileColumn};
use crate::consent_evidence::EvidenceKind;
use crate::contact_rows;
use crate::csv_cells;
use crate::csv_records::Records;
use crate::header;
use crate::import_parts::{of_part, wishes_of};
use crate::import_spec::ImportSpec;
use crate::import_summary::ImportSummary;
use crate::job_files::JobReader;
use crate::presets::Preset;
use crate::source::ImportSource;

/// Rows whose values are shown.
const ROWS: usize = 5;
/// Rows of each file whose addresses are looked at.
const REVIEWED: usize = 1_000;
/// Characters of a value that are shown.
const VALUE_CHARS: usize = 60;

/// A column of a file, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewColumn {
    /// As the first line names it.
    pub name: String,
    pub becomes: PreviewRole,
    /// Its values in the first rows. Personal data.
    pub values: Vec<String>,
}

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PreviewRole {
    Address,
    /// The attribute with this name.
    Attribute(String),
    /// Several attributes, from a JSON object.
    Values,
    /// It says how they agreed.
    Evidence(EvidenceKind),
    /// It says when they were born: compared, and not kept.
    Birth,
    /// Tags, with commas between them.
    Tags,
    /// It says who may be mailed.
    Status,
    /// It seems to say who may be mailed, and somebody has to say how.
    Undecided,
    LeftOut,
}

/// What is in a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportPreview {
    /// Of an archive of several files, those of all of them.
    pub columns: Vec<PreviewColumn>,
    /// The product whose export it seems to be, whatever was said.
    pub product: Option<&'static Preset>,
    /// Rows whose addresses were looked at, by the lists that are built in; nobody was asked.
    pub reviewed: u64,
    /// What may be wrong with them, by the names of figures; repeated rows are `merged`.
    pub warnings: Vec<(&'static str, u64)>,
}

/// What is in a job's file, and what would become of it.
///
/// # Errors
/// When the file can't be imported, or the store fails.
pub async fn import_preview(
    store: &Store,
    job: &Job,
    spec: &ImportSpec,
) -> Result<ImportPreview, ImportError> {
    let file = JobReader::whole(store, &Handle::current(), job);
    let spec = spec.clone();
    let look = move || preview(file, &spec);
    tokio::task::spawn_blocking(look).await.map_err(|_| ImportError::Stopped)?
}

fn preview(file: impl Read + Seek, spec: &ImportSpec) -> Result<ImportPreview, ImportError> {
    let mut source = ImportSource::open(file, &spec.reading())?;
    let wishes = spec.columns();
    let each = wishes_of(&source, &wishes);
    let mut shown = ImportPreview::default();
    let mut review = AddressReview::without_questions(&AddressSources::default());
    let mut summary = ImportSummary::default();
    for part in 0..source.parts() {
        let (mut records, decoded_from) = source.records(part)?;
        let columns = columns(&mut records, &each, &mut |email, line| {
            summary.rows += 1;
            let place = AddressPlace { line, column: "", part: None };
            // Nothing is refused here.
            let _ = review.look(email, place, &mut summary);
        });
        let columns = columns.map_err(|error| of_part(error, decoded_from))?;
        for column in columns {
            let is_same = |it: &PreviewColumn| it.name.eq_ignore_ascii_case(&column.name);
            if part == 0 || !shown.columns.iter().any(is_same) {
                shown.columns.push(column);
            }
        }
    }
    let names: Vec<String> = shown.columns.iter().map(|it| it.name.clone()).collect();
    wishes.check_named(&names)?;
    shown.product = Preset::recognised(&names);
    shown.reviewed = summary.rows;
    let mut warnings = summary.warnings().to_vec();
    warnings.push(("merged", review.repetitions()));
    warnings.retain(|(_, count)| *count > 0);
    shown.warnings = warnings;
    Ok(shown)
}

fn columns(
    records: &mut Records<impl Read>,
    wishes: &ColumnWishes,
    look: &mut dyn FnMut(&EmailAddress, u64),
) -> Result<Vec<PreviewColumn>, ImportError> {
    let columns = header::read_undecided(records, wishes)?;
    let column = |it: &FileColumn| PreviewColumn {
        name: it.name.clone(),
        becomes: match &it.role {
            ColumnRole::Email => PreviewRole::Address,
            ColumnRole::Attribute(name) => PreviewRole::Attribute(name.clone()),
            ColumnRole::Values => PreviewRole::Values,
            ColumnRole::Evidence(kind) => PreviewRole::Evidence(*kind),
            ColumnRole::Birth => PreviewRole::Birth,
            ColumnRole::Tags => PreviewRole::Tags,
            ColumnRole::Status(_) => PreviewRole::Status,
            ColumnRole::Undecided(_) => PreviewRole::Undecided,
            ColumnRole::Ignored => PreviewRole::LeftOut,
        },
        values: Vec::new(),
    };
    let mut shown: Vec<PreviewColumn> = columns.iter().map(column).collect();
    let mut rows = 0;
    while rows < REVIEWED {
        let line = records.line();
        let record = records.next().map_err(|source| ImportError::of_read(line, source))?;
        let Some(record) = record else { break };
        let is_whole = !record.in_parts;
        if let (false, Ok(fields)) = (contact_rows::is_blank(&record), record.fields) {
            rows += 1;
            let email = fields.iter().nth(columns.email());
            let email = email.and_then(|field| std::str::from_utf8(field).ok());
            let email = email.map(|text| EmailAddress::parse(csv_cells::unguarded(text.trim())));
            if let Some(Ok(email)) = email {
                look(&email, line);
            }
            let wanted = if rows <= ROWS { shown.len() } else { 0 };
            for (column, value) in shown.iter_mut().zip(fields.iter()).take(wanted) {
                let value = String::from_utf8_lossy(value);
                column.values.push(value.trim().chars().take(VALUE_CHARS).collect());
            }
        }
        if !is_whole {
            break;
        }
    }
    Ok(shown)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::presets::ExportFrom;

    fn roles(file: &str, spec: &ImportSpec) -> Vec<PreviewRole> {
        let shown = preview(Cursor::new(file), spec).unwrap();
        shown.columns.iter().map(|it| it.becomes.clone()).collect()
    }

    #[test]
    fn columns_are_shown_with_what_becomes_of_them() {
        let file = "E-Mail;Vorname;status;id\nann@x.org;Ann;active;1\nbob@x.org;Bob;gone;2\n";
        let spec = ImportSpec {
            map: vec![("Vorname".into(), "first_name".into())],
            ignore: vec!["id".into()],
            ..ImportSpec::default()
        };
        let first_name = PreviewRole::Attribute("first_name".into());
        let expected =
            [PreviewRole::Address, first_name, PreviewRole::Undecided, PreviewRole::LeftOut];
        assert_eq!(roles(file, &spec), expected);
        let shown = preview(Cursor::new(file), &spec).unwrap();
        assert_eq!((shown.columns[1].values.join(" "), shown.product), ("Ann Bob".into(), None));
    }

    #[test]
    fn what_may_be_wrong_with_the_first_addresses_is_counted() {
        let mut file = "email,name\ninfo@x.org,\nann@gmial.com,\nann@gmial.com,\n".to_owned();
        (0..2_000).for_each(|row| file.push_str(&format!("info@d{row}.example,\n")));
        let shown = preview(Cursor::new(file), &ImportSpec::default()).unwrap();
        assert_eq!(shown.reviewed, 1_000);
        assert_eq!(shown.warnings, [("role_addresses", 998), ("typos", 2), ("merged", 1)]);
        assert_eq!(shown.columns[0].values.len(), 5);
    }

    #[test]
    fn an_export_is_recognised_and_its_columns_are_told_when_that_is_wanted() {
        let file = "uuid,email,name,attributes,status,created_at,updated_at\n\
                    1,a@x.org,Ann,{},enabled,2026-01-01,2026-01-01\n";
        let plain = preview(Cursor::new(file), &ImportSpec::default()).unwrap();
        assert_eq!(plain.product.map(|it| it.title.as_str()), Some("listmonk"));
        assert_eq!(plain.columns[4].becomes, PreviewRole::Undecided);
        let known = roles(file, &ImportSpec { from: ExportFrom::Recognised, ..Default::default() });
        let expected = [PreviewRole::LeftOut, PreviewRole::Address];
        assert_eq!((&known[..2], &known[3]), (&expected[..], &PreviewRole::Values));
        assert_eq!(known[4], PreviewRole::Status);
    }
}
