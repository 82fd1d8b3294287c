//! The first line of an import: what kind of file it is, what separates its cells, and its columns.
//!
//! Invariant: this consumes only the first line of the file. A file that is not a CSV file of
//! contacts is refused with an error that says what it is.

use std::io::Read;

use crate::ImportError;
use crate::columns::{self, ColumnRole, ColumnWishes, Columns};
use crate::csv_records::{CsvFields, Records};
use crate::presets::Preset;
use crate::problem::UndecidedColumn;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Possible separators, the most likely first.
pub(crate) const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Bytes to look at to tell whether a text is UTF-16.
const LOOKED_AT: usize = 64;
/// How many values of a column to show when its meaning must be given.
const SHOWN_VALUES: usize = 6;

/// Consumes the header and sets the separator accordingly.
pub(crate) fn read<R: Read>(
    records: &mut Records<R>,
    wishes: &ColumnWishes,
) -> Result<Columns, ImportError> {
    let columns = begin(records, wishes)?;
    let failed = |source| ImportError::of_read(0, source);
    let undecided = undecided(records, &columns).map_err(failed)?;
    if !undecided.is_empty() {
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let product = Preset::recognised(&names).filter(|_| columns.preset().is_none());
        let product = product.map(|it| (it.name.as_str(), it.title.as_str()));
        return Err(ImportError::Undecided { columns: undecided, product });
    }
    records.next().map_err(failed)?;
    Ok(columns)
}

/// The same for whoever decides what the columns mean.
pub(crate) fn read_undecided<R: Read>(
    records: &mut Records<R>,
    wishes: &ColumnWishes,
) -> Result<Columns, ImportError> {
    let columns = begin(records, wishes)?;
    records.next().map_err(|source| ImportError::of_read(0, source))?;
    Ok(columns)
}

/// For a list of addresses, of which nothing else matters: its address column, called `column` if
/// that is given. A list without a header has one address a line, and its first line is not consumed.
pub(crate) fn read_addresses<R: Read>(
    records: &mut Records<R>,
    column: Option<&str>,
) -> Result<Columns, ImportError> {
    let separators = declared(records)?.map_or(SEPARATORS.to_vec(), |declared| vec![declared]);
    let (mut widest, mut is_plain) = (Vec::new(), true);
    for (separator, names) in splits(records, &separators)? {
        if let Some(found) = Columns::of_addresses(&names, column, separator) {
            records.separate_by(separator);
            records.next().map_err(|source| ImportError::of_read(0, source))?;
            return Ok(found);
        }
        is_plain &= names.iter().filter(|name| !name.is_empty()).count() <= 1;
        if names.len() > widest.len() {
            widest = names;
        }
    }
    match column {
        Some(column) => {
            let (option, column) = ("--column", column.to_owned());
            Err(ImportError::UnknownColumn { option, column, found: widest })
        }
        None if is_plain => {
            records.separate_by(SEPARATORS[0]);
            Ok(Columns::plain(SEPARATORS[0]))
        }
        None => Err(columns::without_email(&widest)),
    }
}

/// The columns that the first line names, without consuming it.
fn begin<R: Read>(records: &mut Records<R>, wishes: &ColumnWishes) -> Result<Columns, ImportError> {
    match declared(records)? {
        Some(separator) => columns(records, separator, wishes),
        None => likeliest(records, wishes),
    }
}

/// Refuses what is not a text, and consumes what comes before the first line: the separator that is
/// declared there.
fn declared<R: Read>(records: &mut Records<R>) -> Result<Option<u8>, ImportError> {
    let failed = |source| ImportError::of_read(0, source);
    let start = records.peek().map_err(failed)?;
    refuse_other_kinds(start)?;
    if start.starts_with(BYTE_ORDER_MARK) {
        records.skip(BYTE_ORDER_MARK.len());
    }
    declared_separator(records).map_err(failed)
}

/// The columns whose meaning has not been given, with examples of their values.
fn undecided<R: Read>(
    records: &mut Records<R>,
    columns: &Columns,
) -> std::io::Result<Vec<UndecidedColumn>> {
    let mut undecided: Vec<UndecidedColumn> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let ColumnRole::Undecided(meaning) = &column.role else { continue };
        let values = first_values(records.peek()?, columns.separator(), index)?;
        let told_by_words = meaning.tells(values.iter().map(String::as_str));
        let name = column.name.clone();
        undecided.push(UndecidedColumn { name, values, told_by_words });
    }
    Ok(undecided)
}

/// The first distinct values of a column, as far as they are at the start of the file.
fn first_values(start: &[u8], separator: u8, column: usize) -> std::io::Result<Vec<String>> {
    let mut records = Records::new(start);
    records.separate_by(separator);
    let mut values: Vec<String> = Vec::new();
    records.next()?;
    while let Some(record) = records.next()? {
        let field = record.fields.ok().and_then(|fields| fields.iter().nth(column));
        let Some(field) = field else { continue };
        let value: String = String::from_utf8_lossy(field).trim().chars().take(40).collect();
        if !values.contains(&value) {
            values.push(value);
        }
        if values.len() == SHOWN_VALUES {
            break;
        }
    }
    Ok(values)
}

/// Says what kind of file this is if it is not UTF-8 text.
fn refuse_other_kinds(start: &[u8]) -> Result<(), ImportError> {
    if start.starts_with(b"PK\x03\x04") {
        return Err(ImportError::Workbook(".xlsx or .ods"));
    }
    if start.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(ImportError::Workbook(".xls"));
    }
    if start.starts_with(b"\x1f\x8b") {
        return Err(ImportError::Compressed);
    }
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Err(ImportError::Utf16);
    }
    let looked = start.get(..LOOKED_AT).unwrap_or(start);
    let zeros = looked.iter().filter(|byte| **byte == 0).count();
    // Half of the bytes of European text in UTF-16 are zero; a byte or two may be an accident.
    if zeros > 2 && zeros * 3 >= looked.len() {
        return Err(ImportError::Utf16WithoutMark);
    }
    Ok(())
}

/// Reads a first line such as `sep=;`, which spreadsheet programs write and obey, and consumes it.
fn declared_separator<R: Read>(records: &mut Records<R>) -> std::io::Result<Option<u8>> {
    let start = records.peek()?;
    let after = start.get(..4).filter(|word| word.eq_ignore_ascii_case(b"sep="));
    let separator = match (after, start.get(4), start.get(5)) {
        (Some(_), Some(separator), Some(b'\r' | b'\n')) => *separator,
        _ => return Ok(None),
    };
    records.skip(5);
    let usable = separator == b'\t' || (separator.is_ascii_punctuation() && separator != b'"');
    Ok(usable.then_some(separator))
}

/// The columns, split by the separator that yields an address column, or else by the one that
/// yields most.
fn likeliest<R: Read>(
    records: &mut Records<R>,
    wishes: &ColumnWishes,
) -> Result<Columns, ImportError> {
    let mut best: Option<(u8, Vec<String>)> = None;
    for (separator, names) in splits(records, &SEPARATORS)? {
        if Columns::has_email(&names, wishes) {
            records.separate_by(separator);
            return Columns::parse(&names, wishes, separator);
        }
        if best.as_ref().is_none_or(|(_, widest)| names.len() > widest.len()) {
            best = Some((separator, names));
        }
    }
    let (separator, names) = best.ok_or(ImportError::Empty)?;
    records.separate_by(separator);
    Columns::parse(&names, wishes, separator)
}

/// The cells of the first line by each separator that can split it: to a comma, a semicolon behind a
/// quoted cell is a quote left open.
fn splits<R: Read>(
    records: &mut Records<R>,
    separators: &[u8],
) -> Result<Vec<(u8, Vec<String>)>, ImportError> {
    let (mut splits, mut unreadable) = (Vec::new(), None);
    for separator in separators {
        match names(records, *separator) {
            Ok(names) => splits.push((*separator, names)),
            Err(ImportError::Header(why)) => {
                unreadable.get_or_insert(why);
            }
            Err(error) => return Err(error),
        }
    }
    match unreadable {
        Some(why) if splits.is_empty() => Err(ImportError::Header(why)),
        _ => Ok(splits),
    }
}

fn columns<R: Read>(
    records: &mut Records<R>,
    separator: u8,
    wishes: &ColumnWishes,
) -> Result<Columns, ImportError> {
    Columns::parse(&names(records, separator)?, wishes, separator)
}

/// The cells of the first line.
fn names<R: Read>(records: &mut Records<R>, separator: u8) -> Result<Vec<String>, ImportError> {
    records.separate_by(separator);
    let found = records.peek_fields().map_err(|source| ImportError::of_read(0, source))?;
    let fields = found.ok_or(ImportError::Empty)?.map_err(ImportError::Header)?;
    texts(fields).ok_or(ImportError::HeaderNotUtf8)
}

fn texts(fields: CsvFields<'_>) -> Option<Vec<String>> {
    let text = |field| Some(std::str::from_utf8(field).ok()?.trim().to_owned());
    fields.iter().map(text).collect()
}
