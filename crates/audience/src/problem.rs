//! Why an import can't begin or can't go on. A bad row is no such reason: it is rejected.

use store::StoreError;

/// Why an import stopped.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Not a byte, or nothing but blank lines.
    #[error("the file is empty: its first line should name the columns, one of them email")]
    Empty,
    /// Two bytes per character.
    #[error("the file is UTF-16: save it as UTF-8 (\"CSV UTF-8\" in a spreadsheet program)")]
    Utf16,
    /// The header is not text.
    #[error("the first line is not UTF-8: save the file as UTF-8")]
    HeaderNotUtf8,
    /// The header is no header.
    #[error(
        "the first line is longer than {0} bytes or has more than {1} columns: is it a CSV file?"
    )]
    HeaderTooLong(usize, usize),
    /// No column holds addresses.
    #[error("no column is called email; the first line names {}", list(.found))]
    NoEmailColumn {
        /// The columns there are.
        found: Vec<String>,
    },
    /// A mapping names a column that is not there.
    #[error("there is no column {column:?} to map; the first line names {}", list(.found))]
    UnknownColumn {
        /// The column that was asked for.
        column: String,
        /// The columns there are.
        found: Vec<String>,
    },
    /// Two columns would fill one attribute.
    #[error(
        "the columns {first:?} and {second:?} would both become {attribute}: rename or map one"
    )]
    SameColumn {
        /// The one further left.
        first: String,
        /// The one further right.
        second: String,
        /// What both would become.
        attribute: String,
    },
    /// The file can't be read any further.
    #[error("can't read on after line {line}: {source}. {KEPT}")]
    Read {
        /// The last line that was read, counted from 1.
        line: u64,
        /// What the system says.
        source: std::io::Error,
    },
    /// The reject file can't be written.
    #[error("can't write the reject file: {source}. {KEPT}")]
    Rejects {
        /// What the system says.
        source: std::io::Error,
    },
    /// The store refused a batch.
    #[error("can't keep the rows up to line {line}: {source}. {KEPT}")]
    Store {
        /// The last line of the batch at the latest, counted from 1.
        line: u64,
        /// What the store says.
        source: StoreError,
    },
    /// The runtime is shutting down.
    #[error("the program is stopping. {KEPT}")]
    Stopped,
}

const KEPT: &str = "Earlier batches are kept; the same import again goes on from there";

fn list(columns: &[String]) -> String {
    columns.join(", ")
}
