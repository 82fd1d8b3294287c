//! The reject file: the lines that were not imported, with their position and the reason.
//!
//! Invariants: a rejected record is there in full, byte for byte, however long it is; no cell can
//! start a spreadsheet formula, so a record that begins like one gets an apostrophe in front.

use std::io::{BufWriter, Write};

use crate::{ImportError, csv_cells};

/// What a reject file begins with.
pub const HEADER: &str = "line,column,reason,record\n";

/// Characters of a column's name that are repeated.
const COLUMN_CHARS: usize = 100;

/// Writes a CSV file; writes nothing at all if nothing is rejected.
pub(crate) struct RejectFile<W: Write> {
    out: BufWriter<W>,
    written: u64,
    /// Nothing of the record that is being written has been written.
    at_start: bool,
}

/// Where and why a record is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    /// The column's name; empty when it is the whole record.
    pub(crate) column: String,
    pub(crate) reason: String,
}

impl Reject {
    /// Of a record as a whole.
    pub(crate) fn whole(reason: &str) -> Self {
        Self { column: String::new(), reason: reason.to_owned() }
    }

    /// The column's name as it stands beside each rejected row: a file may name one by 60 kB.
    pub(crate) fn shown_column(&self) -> &str {
        let end = self.column.char_indices().nth(COLUMN_CHARS).map_or(self.column.len(), |it| it.0);
        self.column.get(..end).unwrap_or_default()
    }
}

impl<W: Write> RejectFile<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out: BufWriter::new(out), written: 0, at_start: true }
    }

    /// Goes on behind so many lines.
    pub(crate) fn resumed(out: W, written: u64) -> Self {
        Self { written, ..Self::new(out) }
    }

    /// Begins a line of the file; [`Self::part`] brings the record, [`Self::end`] ends it.
    pub(crate) fn begin(&mut self, line: u64, reject: &Reject) -> Result<(), ImportError> {
        let first = if self.written == 0 { HEADER } else { "" };
        self.written += 1;
        self.at_start = true;
        let begun = write!(self.out, "{first}{line},").and_then(|()| {
            csv_cells::cell(&mut self.out, reject.shown_column().as_bytes())?;
            self.out.write_all(b",")?;
            csv_cells::cell(&mut self.out, reject.reason.as_bytes())?;
            self.out.write_all(b",\"")
        });
        begun.map_err(ImportError::of_rejects)
    }

    /// The record, or more of it.
    pub(crate) fn part(&mut self, record: &[u8]) -> Result<(), ImportError> {
        let at_start = std::mem::replace(&mut self.at_start, false);
        csv_cells::between_quotes(&mut self.out, record, at_start).map_err(ImportError::of_rejects)
    }

    pub(crate) fn end(&mut self) -> Result<(), ImportError> {
        self.out.write_all(b"\"\n").map_err(ImportError::of_rejects)
    }

    pub(crate) fn flush(&mut self) -> Result<(), ImportError> {
        self.out.flush().map_err(ImportError::of_rejects)
    }
}
