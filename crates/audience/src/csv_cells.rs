//! Writes cells of a CSV file that people will open in a spreadsheet program.
//!
//! Invariant: no cell can start a formula (OWASP, CSV injection): a cell that would gets an
//! apostrophe in front, which an import removes again.

use std::io::{self, Write};

/// What makes a spreadsheet treat a cell as a formula; the wide forms do in East Asian settings.
const FORMULA: [&str; 11] =
    ["=", "+", "-", "@", "\t", "\r", "\n", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}"];

/// Writes a line of cells.
///
/// # Errors
/// When `out` can't be written to.
pub fn csv_row<'c>(
    out: &mut impl Write,
    cells: impl IntoIterator<Item = &'c str>,
) -> io::Result<()> {
    for (index, text) in cells.into_iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        cell(out, text.as_bytes())?;
    }
    out.write_all(b"\r\n")
}

/// Writes a cell, quoted if necessary.
pub(crate) fn cell(out: &mut impl Write, cell: &[u8]) -> io::Result<()> {
    if !cell.iter().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n')) {
        return between_quotes(out, cell, true);
    }
    out.write_all(b"\"")?;
    between_quotes(out, cell, true)?;
    out.write_all(b"\"")
}

/// Writes what goes between the quotes of a cell, or part of it.
pub(crate) fn between_quotes(out: &mut impl Write, cell: &[u8], at_start: bool) -> io::Result<()> {
    if at_start && is_formula(cell) {
        out.write_all(b"'")?;
    }
    for (index, part) in cell.split(|byte| *byte == b'"').enumerate() {
        if index > 0 {
            out.write_all(b"\"\"")?;
        }
        out.write_all(part)?;
    }
    Ok(())
}

/// The cell without the apostrophe that keeps it from being a formula.
pub(crate) fn unguarded(cell: &str) -> &str {
    let guarded = cell.strip_prefix('\'');
    guarded.filter(|rest| is_formula(rest.as_bytes())).unwrap_or(cell)
}

fn is_formula(cell: &[u8]) -> bool {
    FORMULA.iter().any(|start| cell.starts_with(start.as_bytes()))
}
