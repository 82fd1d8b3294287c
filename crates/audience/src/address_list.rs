//! Reads a list of addresses: one a line, or a CSV file of which one column holds them.
//!
//! Invariants: nothing but the addresses is looked at; what is wrong with a line is told without
//! repeating the line.

use std::io::{self, Read, Write};

use model::{JobId, Timestamp};
use store::{ListedAddress, Store};
use token::Keyring;
use tokio::runtime::Handle;

use crate::attribute_schema::AttributeSchema;
use crate::columns::Columns;
use crate::contact_rows::{self, RowReader};
use crate::csv_records::Records;
use crate::job_files::JobReader;
use crate::place::Place;
use crate::rejects::Reject;
use crate::{ImportError, csv_cells, header};

/// What the file of lines that were not understood begins with.
const REJECTS_HEADER: &str = "line,column,reason\n";

/// A list of addresses that is being read.
pub(crate) struct AddressList<R> {
    records: Records<R>,
    columns: Columns,
}

/// A line of it, with its number.
pub(crate) type AddressLine = (u64, Result<ListedAddress, Reject>);

impl<R: Read> AddressList<R> {
    pub(crate) fn open(input: R, column: Option<&str>) -> Result<Self, ImportError> {
        let mut records = Records::new(input);
        let columns = header::read_addresses(&mut records, column)?;
        Ok(Self { records, columns })
    }

    /// Goes on where another reading of the list ended: `input` begins there.
    pub(crate) fn resumed(self, input: R, place: Place) -> Self {
        let records = Records::resumed(input, place, self.columns.separator());
        Self { records, ..self }
    }

    /// Where the next line begins.
    pub(crate) const fn place(&self) -> Place {
        self.records.place()
    }

    /// The next line that is not blank.
    pub(crate) fn next(&mut self, keys: &Keyring) -> Result<Option<AddressLine>, ImportError> {
        let schema = AttributeSchema::default();
        // Their age does not matter to whoever is listed here.
        let now = Timestamp(0);
        let reading = RowReader::new(&self.columns, keys, None, &schema, now);
        loop {
            let line = self.records.line();
            let failed = |source| ImportError::of_read(line, source);
            let Some(record) = self.records.next().map_err(failed)? else { return Ok(None) };
            if contact_rows::is_blank(&record) {
                continue;
            }
            let (line, in_parts) = (record.line, record.in_parts);
            let address = reading.row(&record).map(|row| ListedAddress {
                email_key: row.contact.email.key(),
                address_hash: row.address_hash,
            });
            if in_parts {
                while self.records.next_part().map_err(failed)?.is_some() {}
            }
            return Ok(Some((line, address)));
        }
    }
}

/// Writes down what is wrong with a line, `after` so many others.
pub(crate) fn reject(
    out: &mut impl Write,
    after: u64,
    line: u64,
    reject: &Reject,
) -> io::Result<()> {
    let first = if after == 0 { REJECTS_HEADER } else { "" };
    write!(out, "{first}{line},")?;
    csv_cells::cell(out, reject.shown_column().as_bytes())?;
    out.write_all(b",")?;
    csv_cells::cell(out, reject.reason.as_bytes())?;
    out.write_all(b"\n")
}

/// Whether a list that was uploaded can be read at all.
///
/// # Errors
/// When it can't, or the store fails.
pub async fn address_list_check(
    store: &Store,
    job: JobId,
    column: Option<String>,
) -> Result<(), ImportError> {
    let (store, handle) = (store.clone(), Handle::current());
    let look = move || {
        let file = JobReader::from(&store, &handle, job, 0);
        AddressList::open(file, column.as_deref()).map(drop)
    };
    tokio::task::spawn_blocking(look).await.map_err(|_| ImportError::Stopped)?
}

#[cfg(test)]
#[path = "address_list/tests.rs"]
mod tests;
