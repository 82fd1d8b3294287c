//! Turns a record into a row of the import, or into the reason why it can't be one.
//!
//! Invariant: no contact ends up inside another contact's cell. A quoted cell with a line that
//! looks like a row of its own is taken for a quote left open, and the whole record is rejected.

use std::collections::BTreeMap;

use model::{AttributeKind, BirthDate, EmailAddress, TagName, Timestamp};
use store::{ContactRow, ImportRow, ImportStanding, RowEvidence};
use token::Keyring;

use crate::address_review::AddressPlace;
use crate::attribute_schema::AttributeSchema;
use crate::columns::{ColumnRole, Columns, FileColumn, says_child_in};
use crate::csv_cells;
use crate::csv_records::{self, CsvFields, CsvRecord};
use crate::header::SEPARATORS;
use crate::json_values;
use crate::rejects::Reject;

/// What turns records into rows.
pub(crate) struct RowReader<'i> {
    pub(crate) columns: &'i Columns,
    keys: &'i Keyring,
    /// What everybody is, whatever the columns say.
    everyone: Option<ImportStanding>,
    /// What the values of each column are; None: free texts.
    kinds: Vec<Option<AttributeKind>>,
    /// What the values are that stand together in a column.
    schema: &'i AttributeSchema,
    /// By which children are told from others.
    now: Timestamp,
    /// The encoding that was not UTF-8.
    decoded_from: Option<&'static str>,
    /// The file in the archive, if it is one of several.
    part_name: Option<String>,
}

/// Whether there is nothing in a record, as in the `;;;` of a spreadsheet's empty row.
pub(crate) fn is_blank(record: &CsvRecord<'_>) -> bool {
    let blank = |field: &[u8]| field.trim_ascii().is_empty();
    !record.in_parts && record.fields.as_ref().is_ok_and(|fields| fields.iter().all(blank))
}

/// What would split a record of one cell into as many as there are columns.
pub(crate) fn other_separator(record: &CsvRecord<'_>, columns: &Columns) -> Option<char> {
    let fields = record.fields.as_ref().ok().filter(|fields| fields.len() < columns.len())?;
    let wanted = columns.len().checked_sub(1).filter(|_| fields.len() == 1)?;
    let count = |separator| record.raw.iter().filter(|byte| **byte == separator).count();
    let others = SEPARATORS.into_iter().filter(|other| *other != columns.separator());
    others.into_iter().find(|other| count(*other) == wanted).map(char::from)
}

impl<'i> RowReader<'i> {
    pub(crate) fn new(
        columns: &'i Columns,
        keys: &'i Keyring,
        everyone: Option<ImportStanding>,
        schema: &'i AttributeSchema,
        now: Timestamp,
    ) -> Self {
        let kind = |column: &FileColumn| match &column.role {
            ColumnRole::Attribute(name) => schema.kind(name).cloned(),
            _ => None,
        };
        let kinds = columns.iter().map(kind).collect();
        Self { columns, keys, everyone, kinds, schema, now, decoded_from: None, part_name: None }
    }

    /// Of a file that is decoded, or of one in an archive.
    pub(crate) fn of_part(
        self,
        decoded_from: Option<&'static str>,
        part_name: Option<String>,
    ) -> Self {
        Self { decoded_from, part_name, ..self }
    }

    /// Where the address of a record stands.
    pub(crate) fn address_place(&self, line: u64) -> AddressPlace<'_> {
        let column = self.columns.name(self.columns.email() + 1);
        AddressPlace { line, column, part: self.part_name.as_deref() }
    }

    /// A record as a row, or why it is none, with the file that it is in.
    pub(crate) fn row(&self, record: &CsvRecord<'_>) -> Result<ImportRow, Reject> {
        self.row_here(record).map_err(|reject| match &self.part_name {
            Some(part) => Reject { reason: format!("in {part}: {}", reject.reason), ..reject },
            None => reject,
        })
    }

    fn row_here(&self, record: &CsvRecord<'_>) -> Result<ImportRow, Reject> {
        let fields = record.fields.map_err(|why| Reject {
            column: why.field().map_or_else(String::new, |at| self.columns.name(at).to_owned()),
            reason: why.to_string(),
        })?;
        self.check_width(&fields)?;
        let mut email = None;
        let mut standing = ImportStanding::Subscribed;
        let (mut attributes, mut values) = (BTreeMap::new(), BTreeMap::new());
        let mut evidence = RowEvidence::default();
        let mut is_child = false;
        let mut tags = Vec::new();
        for ((field, column), kind) in fields.iter().zip(self.columns.iter()).zip(&self.kinds) {
            let reject = |reason| Reject { column: column.name.clone(), reason };
            self.check_lines(field, column)?;
            if column.role == ColumnRole::Ignored {
                continue;
            }
            let value = self.text(field).map_err(reject)?;
            match &column.role {
                ColumnRole::Email => {
                    let parsed = EmailAddress::parse(csv_cells::unguarded(value));
                    email = Some(parsed.map_err(|problem| reject(problem.to_string()))?);
                }
                ColumnRole::Attribute(name) if !value.is_empty() => {
                    attributes.insert(name.clone(), kept(kind.as_ref(), value).map_err(reject)?);
                }
                ColumnRole::Status(meaning) => {
                    let said = meaning.standing(value).map_err(reject)?;
                    // One column that says no is enough.
                    standing = standing.max(said);
                }
                ColumnRole::Evidence(kind) => {
                    kind.read(csv_cells::unguarded(value), &mut evidence).map_err(reject)?;
                }
                ColumnRole::Birth => is_child |= self.is_of_a_child(value).map_err(reject)?,
                ColumnRole::Tags => tags.extend(tags_in(value).map_err(reject)?),
                ColumnRole::Values => {
                    let value = csv_cells::unguarded(value);
                    self.values(value, &mut values).map_err(reject)?;
                }
                ColumnRole::Attribute(_) | ColumnRole::Undecided(_) | ColumnRole::Ignored => {}
            }
        }
        // A column of its own says more than a value in another one.
        values.append(&mut attributes);
        let attributes = values;
        let email = email.ok_or_else(|| Reject::whole("it has no address"))?;
        let address_hash = self.keys.address_hash(&email.key());
        is_child |= says_child_in(&attributes, self.now);
        let others = self.everyone.unwrap_or(standing);
        let standing = if is_child { ImportStanding::Child } else { others };
        let evidence = (!evidence.is_empty()).then(|| Box::new(evidence));
        let contact = ContactRow { email, attributes };
        Ok(ImportRow { contact, standing, address_hash, evidence, tags })
    }

    /// Whether a cell says so; an empty one says nothing.
    fn is_of_a_child(&self, cell: &str) -> Result<bool, String> {
        if cell.is_empty() {
            return Ok(false);
        }
        let born = BirthDate::parse(csv_cells::unguarded(cell));
        born.map(|born| born.is_of_a_child(self.now)).map_err(|problem| problem.to_string())
    }

    /// The values that stand together in a cell.
    fn values(&self, cell: &str, values: &mut BTreeMap<String, String>) -> Result<(), String> {
        let mut told = BTreeMap::new();
        json_values::read(cell, &mut told)?;
        for (name, value) in told {
            let kept = match self.schema.kind(&name) {
                Some(kind) => {
                    kind.canonical(&value).map_err(|problem| format!("{name}: {problem}"))?
                }
                None => value,
            };
            values.insert(name, kept);
        }
        Ok(())
    }

    /// A field as text, without white space around it.
    fn text<'f>(&self, field: &'f [u8]) -> Result<&'f str, String> {
        let text = std::str::from_utf8(field).map_err(|problem| {
            let at = problem.valid_up_to();
            if let Some(encoding) = self.decoded_from {
                let before = String::from_utf8_lossy(field.get(..at).unwrap_or_default());
                let character = before.chars().count() + 1;
                return format!("character {character} can't be read as {encoding}");
            }
            let byte = field.get(at).copied().unwrap_or_default();
            format!(
                "byte {} is {byte:#04x}, which is not UTF-8: save the file as UTF-8, or name the \
                 encoding of an import, such as --encoding windows-1252",
                at + 1
            )
        })?;
        if text.contains('\0') {
            return Err("it contains a NUL character".to_owned());
        }
        Ok(text.trim())
    }

    /// As many cells as columns; at the end empty ones may be there beyond them, and those of columns
    /// without a name may not.
    fn check_width(&self, fields: &CsvFields<'_>) -> Result<(), Reject> {
        let (has, wants) = (fields.len(), self.columns.len());
        let blank = |field: &[u8]| field.trim_ascii().is_empty();
        if has >= self.columns.named() && fields.iter().skip(wants).all(blank) {
            return Ok(());
        }
        let (cells, columns) = (plural(has, "cell"), plural(wants, "column"));
        Err(Reject::whole(&format!("it has {cells} where the first line has {columns}")))
    }

    /// Looks for a line inside a cell that looks like a row.
    fn check_lines(&self, field: &[u8], column: &FileColumn) -> Result<(), Reject> {
        let ends_line = |byte: &u8| matches!(byte, b'\r' | b'\n');
        if self.columns.len() < 2 || !field.iter().any(ends_line) {
            return Ok(());
        }
        // What is before the first line end belongs to the row that the cell stands in.
        let mut lines = field.split(ends_line).skip(1);
        if !lines.any(|line| self.reads_like_a_row(line)) {
            return Ok(());
        }
        let reason =
            "a line in this quoted cell looks like a row of its own: is a quote left open?";
        Err(Reject { column: column.name.clone(), reason: reason.to_owned() })
    }

    fn reads_like_a_row(&self, line: &[u8]) -> bool {
        if !line.contains(&b'@') {
            return false;
        }
        let is_row = |fields: CsvFields<'_>| {
            let email = fields.iter().nth(self.columns.email());
            let email = email.and_then(|field| std::str::from_utf8(field).ok());
            (self.columns.named()..=self.columns.len()).contains(&fields.len())
                && email.is_some_and(|email| EmailAddress::parse(email).is_ok())
        };
        csv_records::of_line(line, self.columns.separator(), is_row) == Some(true)
    }
}

/// Tags with commas between them, each in quotes or not: `"Early bird","VIP"`.
fn tags_in(cell: &str) -> Result<Vec<TagName>, String> {
    let names = csv_cells::unguarded(cell).split(',').map(|it| it.trim().trim_matches('"').trim());
    let named = names.filter(|name| !name.is_empty());
    named
        .map(|name| TagName::parse(name).map_err(|problem| format!("{name:?}: {problem}")))
        .collect()
}

/// The text in which a cell's value is kept.
fn kept(kind: Option<&AttributeKind>, cell: &str) -> Result<String, String> {
    let value = csv_cells::unguarded(cell);
    match kind {
        Some(kind) => kind.canonical(value).map_err(|problem| problem.to_string()),
        None => Ok(value.to_owned()),
    }
}

/// `1 cell`, `2 cells`
fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
