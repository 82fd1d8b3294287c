//! The beginning of a file that was uploaded, for whoever has to say what its columns are.

use std::io::Read;

use model::JobId;
use store::Store;
use tokio::runtime::Handle;

use crate::ImportError;
use crate::columns::{ColumnRole, ColumnWishes};
use crate::contact_rows;
use crate::csv_records::Records;
use crate::header;
use crate::job_files::JobReader;

/// Rows that are looked at.
const ROWS: usize = 5;
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
    /// It says who may be mailed.
    Status,
    /// It seems to say who may be mailed, and somebody has to say how.
    Undecided,
    LeftOut,
}

/// The columns of a job's file.
///
/// # Errors
/// When the file can't be imported, or the store fails.
pub async fn import_columns(
    store: &Store,
    job: JobId,
    wishes: ColumnWishes,
) -> Result<Vec<PreviewColumn>, ImportError> {
    let (store, handle) = (store.clone(), Handle::current());
    let look = move || columns(JobReader::from(&store, &handle, job, 0), &wishes);
    tokio::task::spawn_blocking(look).await.map_err(|_| ImportError::Stopped)?
}

fn columns(file: impl Read, wishes: &ColumnWishes) -> Result<Vec<PreviewColumn>, ImportError> {
    let mut records = Records::new(file);
    let columns = header::read_undecided(&mut records, wishes)?;
    let column = |it: &crate::columns::FileColumn| PreviewColumn {
        name: it.name.clone(),
        becomes: match &it.role {
            ColumnRole::Email => PreviewRole::Address,
            ColumnRole::Attribute(name) => PreviewRole::Attribute(name.clone()),
            ColumnRole::Status(_) => PreviewRole::Status,
            ColumnRole::Undecided(_) => PreviewRole::Undecided,
            ColumnRole::Ignored => PreviewRole::LeftOut,
        },
        values: Vec::new(),
    };
    let mut shown: Vec<PreviewColumn> = columns.iter().map(column).collect();
    let mut rows = 0;
    while rows < ROWS {
        let line = records.line();
        let record = records.next().map_err(|source| ImportError::Read { line, source })?;
        let Some(record) = record else { break };
        let is_whole = !record.in_parts;
        if let (false, Ok(fields)) = (contact_rows::is_blank(&record), record.fields) {
            rows += 1;
            for (column, value) in shown.iter_mut().zip(fields.iter()) {
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
    use super::*;

    #[test]
    fn columns_are_shown_with_what_becomes_of_them() {
        let file = "E-Mail;Vorname;status;id\nann@x.org;Ann;active;1\nbob@x.org;Bob;gone;2\n";
        let wishes = ColumnWishes {
            map: vec![("Vorname".into(), "first_name".into())],
            ignore: vec!["id".into()],
            ..ColumnWishes::default()
        };
        let shown = columns(file.as_bytes(), &wishes).unwrap();
        let roles: Vec<_> = shown.iter().map(|it| it.becomes.clone()).collect();
        let first_name = PreviewRole::Attribute("first_name".into());
        let expected =
            [PreviewRole::Address, first_name, PreviewRole::Undecided, PreviewRole::LeftOut];
        assert_eq!(roles, expected);
        assert_eq!(shown[1].values, ["Ann", "Bob"]);
    }
}
