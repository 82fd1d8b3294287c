//! Why an import can't begin or continue. A bad row is not such a reason: it is rejected.

use std::fmt;

use store::StoreError;

use crate::job_files::RejectsFull;

pub use crate::unpacked::PackedProblem;
pub use crate::unreadable_line::UnreadableLine;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Empty, or only blank lines.
    #[error("the file is empty: its first line should name the columns, one of them email")]
    Empty,
    #[error("the file is UTF-16: save it as UTF-8 (\"CSV UTF-8\" in a spreadsheet program)")]
    Utf16,
    /// Two bytes per character, without a byte order mark.
    #[error(
        "the file is UTF-16 without a mark: save it as UTF-8 (\"CSV UTF-8\" in a spreadsheet \
         program), or name the encoding of an import: --encoding utf-16le"
    )]
    Utf16WithoutMark,
    #[error("this is an {0} file: save the sheet as \"CSV UTF-8\" and import that")]
    Workbook(&'static str),
    #[error("the file is compressed with gzip: unpack it first")]
    Compressed,
    #[error(
        "line 1 is not UTF-8: name the encoding of an import, such as --encoding windows-1252, or save \
         the file as UTF-8"
    )]
    HeaderNotUtf8,
    /// The first line of a file whose encoding was named.
    #[error("line 1 can't be read as {0}: is that its encoding?")]
    HeaderNotDecoded(&'static str),
    #[error(transparent)]
    Packed(#[from] PackedProblem),
    #[error("the archive holds no file that ends in .csv, .txt or .tsv")]
    NoTable,
    #[error(
        "the archive holds several lists: {}. Choose one with --member, or name the product that has \
         exported them all with --from",
        list(.0)
    )]
    SeveralMembers(Vec<String>),
    #[error("the archive holds no list {asked:?}; it holds {}", list(.found))]
    NoMember { asked: String, found: Vec<String> },
    #[error("--member names a file in an archive, and this is none")]
    NoArchive,
    #[error(
        "{name} in the archive looks like a list of people who must not be mailed ({told}). Say what \
         everybody in it is: --everyone-is {told}, or subscribed if the name is misleading"
    )]
    TellingMember { name: String, told: &'static str },
    /// The columns are not those of the product that was named.
    #[error(
        "this is not an export of {title}, which has a column {column:?}; the first line names {}",
        list(.found)
    )]
    OtherProduct { title: String, column: String, found: Vec<String> },
    #[error("the first line does not name columns: {0}; is it a CSV file?")]
    Header(UnreadableLine),
    #[error(
        "the first line has an address where the column names should be: put a line such as \
         email,first_name before it"
    )]
    NoHeader,
    #[error(
        "no column is called email; the first line names {}. If one of them holds the addresses, \
         use --map {:?}",
        list(.found),
        format!("{likely}=email")
    )]
    NoEmailColumn {
        found: Vec<String>,
        /// The one that is most likely to hold addresses.
        likely: String,
    },
    /// An option names a column that does not exist.
    #[error("{option} names {column:?}, which is not a column; the first line names {}", list(.found))]
    UnknownColumn {
        option: &'static str,
        /// The column that was asked for.
        column: String,
        found: Vec<String>,
    },
    /// Columns seem to say who has left, but their meaning has not been given.
    #[error(
        "nobody is imported until you say what these columns mean, because they seem to say who \
         has left or must not be mailed:{}{}",
        .columns.iter().map(ToString::to_string).collect::<String>(),
        .product.map(product_hint).unwrap_or_default()
    )]
    Undecided {
        columns: Vec<UndecidedColumn>,
        /// The word and the name of the product whose export it seems to be.
        product: Option<(&'static str, &'static str)>,
    },
    #[error(
        "the columns {first:?} and {second:?} would both become {attribute}: rename or map one"
    )]
    SameColumn { first: String, second: String, attribute: String },
    /// The file can't be read any further.
    #[error("can't read past line {line}: {source}. {KEPT}")]
    Read {
        /// The last line that was read, counted from 1.
        line: u64,
        source: std::io::Error,
    },
    #[error("can't write the reject file: {source}. {KEPT}")]
    Rejects { source: std::io::Error },
    /// A job keeps no more of them.
    #[error(
        "the lines that can't be used take more than 256 MiB: is it the right file? The rest was not \
         done; earlier batches are stored"
    )]
    TooManyRejects,
    #[error("can't store the rows up to line {line}: {source}. {KEPT}")]
    Store {
        /// The last line of the batch at the latest, counted from 1.
        line: u64,
        source: StoreError,
    },
    #[error("the program is stopping. {KEPT}")]
    Stopped,
}

impl ImportError {
    /// When the file can't be read behind a line.
    pub(crate) fn of_read(line: u64, source: std::io::Error) -> Self {
        let packed = source.get_ref().and_then(|it| it.downcast_ref::<PackedProblem>());
        match packed.cloned() {
            Some(problem) => Self::Packed(problem),
            None => Self::Read { line, source },
        }
    }

    /// When rejected lines can't be written.
    pub(crate) fn of_rejects(source: std::io::Error) -> Self {
        match source.get_ref().is_some_and(|it| it.is::<RejectsFull>()) {
            true => Self::TooManyRejects,
            false => Self::Rejects { source },
        }
    }
}

const KEPT: &str = "Earlier batches are stored; run the same import again to continue";

fn product_hint((word, title): (&'static str, &'static str)) -> String {
    format!("\n  this looks like an export of {title}, whose columns are known:  --from {word}")
}

fn list(columns: &[String]) -> String {
    columns.join(", ")
}

/// A column that seems to say who has left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndecidedColumn {
    /// As the file calls it.
    pub name: String,
    /// The first values that differ.
    pub values: Vec<String>,
    /// Whether the usual words cover all of these values.
    pub told_by_words: bool,
}

impl fmt::Display for UndecidedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, values, told_by_words } = self;
        let shown: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        write!(f, "\n  {name} (such as {})", shown.join(", "))?;
        if *told_by_words {
            write!(f, "\n    to follow it:                --status-column {name:?}")?;
        }
        let listed = format!("{name}=VALUE,VALUE");
        write!(f, "\n    to mail only some of these:  --status-column {listed:?}")?;
        write!(f, "\n    it does not say who left:    --ignore {name:?}")
    }
}
