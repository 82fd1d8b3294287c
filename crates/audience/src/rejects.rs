//! The reject file: the rows that were not imported, where they stand and why.

use std::io::Write;

use crate::ImportError;

/// A rejected record is cut to this many bytes.
const RECORD_BYTES: usize = 2_000;

/// Writes a CSV file of `line,column,reason,record`; nothing at all when nothing is rejected.
pub(crate) struct Rejects<W: Write> {
    out: csv::Writer<W>,
    written: u64,
}

/// Where and why a record is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reject {
    /// The column's name; empty when it is the whole record.
    pub(crate) column: String,
    pub(crate) reason: String,
}

impl<W: Write> Rejects<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out: csv::Writer::from_writer(out), written: 0 }
    }

    pub(crate) fn write(
        &mut self,
        line: u64,
        reject: &Reject,
        record: &[u8],
    ) -> Result<(), ImportError> {
        if self.written == 0 {
            self.out.write_record(["line", "column", "reason", "record"]).map_err(failed)?;
        }
        self.written += 1;
        let kept = record.get(..RECORD_BYTES).unwrap_or(record);
        let record = String::from_utf8_lossy(kept);
        let fields = [&line.to_string(), &reject.column, &reject.reason, record.as_ref()];
        self.out.write_record(fields).map_err(failed)
    }

    pub(crate) fn flush(&mut self) -> Result<(), ImportError> {
        self.out.flush().map_err(|source| ImportError::Rejects { source })
    }
}

fn failed(error: csv::Error) -> ImportError {
    ImportError::Rejects { source: std::io::Error::other(error) }
}
