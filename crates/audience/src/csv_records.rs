//! Reads the records of a CSV file one at a time, in bounded memory.
//!
//! Invariants: every byte of the file belongs to exactly one record, or to the line ends and blank
//! lines between them; no record longer than [`MAX_RECORD_BYTES`] is held; what can't be a record
//! costs only its first line, and reading continues with the next. Line numbers are those of an
//! editor, whether lines end in LF, CR LF or CR. Does not judge what a field says.
//!
//! Why not `csv` or `csv-core`: they take everything between two quotes for one field, however many
//! people it contains, and never report that a quote was left open.

use std::io::Read;

use crate::place::Place;
use crate::unreadable_line::{MAX_FIELD_LINES, MAX_FIELDS, MAX_RECORD_BYTES, UnreadableLine};

/// Holds several records, so that most are in the buffer completely.
const BUFFER_BYTES: usize = 256 << 10;

pub(crate) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    /// The part of the buffer that has been read and not taken.
    start: usize,
    end: usize,
    at_end: bool,
    /// The line that `start` is on, counted from 1.
    line: u64,
    /// The last byte taken was a CR, so that an LF after it ends the same line.
    after_cr: bool,
    taken: u64,
    /// Which of the files in an archive this is.
    part: u32,
    separator: u8,
    split: Split,
}

/// One record, good or not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CsvRecord<'r> {
    /// The line it begins on, counted from 1.
    pub(crate) line: u64,
    /// The bytes in the file, without the line end.
    pub(crate) raw: &'r [u8],
    /// The line continues: [`Records::next_part`] has the rest of it.
    pub(crate) in_parts: bool,
    /// Its fields, or what is wrong with it.
    pub(crate) fields: Result<CsvFields<'r>, UnreadableLine>,
}

/// The fields of a record, unquoted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CsvFields<'r> {
    bytes: &'r [u8],
    ends: &'r [usize],
}

/// What the splitter found at the start of its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// A record of this many bytes, including the first byte of its line end.
    Record(usize),
    Unreadable(UnreadableLine),
    /// The input ends before the record does, and there is more to come.
    NeedsMore,
}

#[derive(Default)]
struct Split {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// Where in a field the splitter is.
#[derive(Clone, Copy)]
enum At {
    Start,
    Plain,
    /// Inside a quoted field, this many line ends after the opening quote; whether the last byte
    /// was a CR.
    Quoted(usize, bool),
    /// After a quote that either closes the field or is the first of two; with the line ends so
    /// far.
    Quote(usize),
    /// Behind a closing quote and blanks.
    Closed,
}

impl<'r> CsvFields<'r> {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The fields from left to right.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'r [u8]> + use<'r> {
        let bytes = self.bytes;
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = bytes.get(start..*end).unwrap_or_default();
            start = *end;
            field
        })
    }
}

impl Split {
    /// Looks at no more than a record's length of `input`; `whole` says that nothing follows it.
    fn record(&mut self, input: &[u8], whole: bool, separator: u8) -> Extent {
        self.bytes.clear();
        self.ends.clear();
        let looked = input.get(..MAX_RECORD_BYTES).unwrap_or(input);
        let mut at = At::Start;
        for (index, byte) in looked.iter().enumerate() {
            let ends_line = matches!(byte, b'\r' | b'\n');
            at = match at {
                At::Quoted(lines, after_cr) => match self.quoted(*byte, lines, after_cr) {
                    Ok(at) => at,
                    Err(why) => return Extent::Unreadable(why),
                },
                _ if *byte == separator || ends_line => {
                    if self.ends.len() == MAX_FIELDS {
                        return Extent::Unreadable(UnreadableLine::TooManyFields);
                    }
                    self.end_field();
                    if ends_line {
                        return Extent::Record(index + 1);
                    }
                    At::Start
                }
                At::Start if *byte == b'"' => At::Quoted(0, false),
                At::Quote(lines) if *byte == b'"' => {
                    self.bytes.push(b'"');
                    At::Quoted(lines, false)
                }
                At::Quote(_) | At::Closed if *byte == b' ' => At::Closed,
                At::Quote(_) | At::Closed => {
                    return Extent::Unreadable(UnreadableLine::TextAfterQuote(self.field()));
                }
                At::Start | At::Plain => {
                    self.bytes.push(*byte);
                    At::Plain
                }
            };
        }
        self.at_end_of(looked.len(), at, whole && looked.len() == input.len())
    }

    /// A byte inside of quotes.
    fn quoted(&mut self, byte: u8, lines: usize, after_cr: bool) -> Result<At, UnreadableLine> {
        if byte == b'"' {
            return Ok(At::Quote(lines));
        }
        self.bytes.push(byte);
        let lines = match byte {
            b'\r' => lines + 1,
            b'\n' if !after_cr => lines + 1,
            _ => lines,
        };
        if lines > MAX_FIELD_LINES {
            return Err(UnreadableLine::OpenTooLong(self.field()));
        }
        Ok(At::Quoted(lines, byte == b'\r'))
    }

    /// What to return when the input ends inside a record.
    fn at_end_of(&mut self, length: usize, at: At, whole: bool) -> Extent {
        let why = match (at, whole) {
            (At::Quoted(..), true) => UnreadableLine::OpenAtEnd(self.field()),
            (_, true) if self.ends.len() < MAX_FIELDS => {
                self.end_field();
                return Extent::Record(length);
            }
            (_, true) => UnreadableLine::TooManyFields,
            (_, false) if length < MAX_RECORD_BYTES => return Extent::NeedsMore,
            (At::Quoted(1.., _), false) => UnreadableLine::OpenTooLong(self.field()),
            (_, false) => UnreadableLine::TooLong,
        };
        Extent::Unreadable(why)
    }

    /// The number of the field that is being read.
    fn field(&self) -> usize {
        self.ends.len() + 1
    }

    fn end_field(&mut self) {
        self.ends.push(self.bytes.len());
    }

    fn fields(&self) -> CsvFields<'_> {
        CsvFields { bytes: &self.bytes, ends: &self.ends }
    }
}

/// Splits a single line into fields; None if it is not a record.
pub(crate) fn of_line<T>(
    line: &[u8],
    separator: u8,
    look: impl FnOnce(CsvFields<'_>) -> T,
) -> Option<T> {
    let mut split = Split::default();
    match split.record(line, true, separator) {
        Extent::Record(_) => Some(look(split.fields())),
        Extent::Unreadable(_) | Extent::NeedsMore => None,
    }
}

impl<R: Read> Records<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER_BYTES],
            start: 0,
            end: 0,
            at_end: false,
            line: 1,
            after_cr: false,
            taken: 0,
            part: 0,
            separator: b',',
            split: Split::default(),
        }
    }

    /// Goes on where other records ended: `input` begins there.
    pub(crate) fn resumed(input: R, place: Place, separator: u8) -> Self {
        let Place { part, line, bytes, after_cr } = place;
        Self { part, line, taken: bytes, after_cr, separator, ..Self::new(input) }
    }

    /// Of a file in an archive.
    pub(crate) fn of_part(input: R, part: u32) -> Self {
        Self { part, ..Self::new(input) }
    }

    /// Where the next record begins.
    pub(crate) const fn place(&self) -> Place {
        Place { part: self.part, line: self.line, bytes: self.taken, after_cr: self.after_cr }
    }

    /// The next bytes, as many as the buffer holds, without consuming them.
    pub(crate) fn peek(&mut self) -> std::io::Result<&[u8]> {
        self.fill()?;
        Ok(self.rest())
    }

    /// Consumes bytes, as many of them as are in the buffer.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.take(bytes.min(self.end - self.start));
    }

    /// Sets what stands between two fields.
    pub(crate) fn separate_by(&mut self, separator: u8) {
        self.separator = separator;
    }

    /// The next line, counted from 1.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// The fields of the next record without consuming it; None at the end of the file.
    pub(crate) fn peek_fields(
        &mut self,
    ) -> std::io::Result<Option<Result<CsvFields<'_>, UnreadableLine>>> {
        Ok(self.find()?.map(|found| found.map(|_| self.split.fields())))
    }

    /// The next record; skips blank lines.
    pub(crate) fn next(&mut self) -> std::io::Result<Option<CsvRecord<'_>>> {
        let Some(found) = self.find()? else { return Ok(None) };
        let (length, in_parts) = match found {
            Ok(length) => (length, false),
            Err(_) => self.line_part()?,
        };
        let (line, start) = (self.line, self.start);
        self.take(length);
        let raw = self.buffer.get(start..start + length).unwrap_or_default();
        let raw = if in_parts { raw } else { without_line_end(raw) };
        Ok(Some(CsvRecord { line, raw, in_parts, fields: found.map(|_| self.split.fields()) }))
    }

    /// The next part of a line that is handed out in parts; None at its end.
    pub(crate) fn next_part(&mut self) -> std::io::Result<Option<&[u8]>> {
        let (length, in_parts) = self.line_part()?;
        let start = self.start;
        let raw = self.buffer.get(start..start + length).unwrap_or_default();
        let length = if in_parts { length } else { without_line_end(raw).len() };
        self.take(length);
        Ok(if length == 0 { None } else { self.buffer.get(start..start + length) })
    }

    /// Splits the next record, reading as much as that takes. Returns its length, or why it is not
    /// a record; None at the end of the file.
    fn find(&mut self) -> std::io::Result<Option<Result<usize, UnreadableLine>>> {
        self.pass_blank_lines()?;
        loop {
            let input = self.buffer.get(self.start..self.end).unwrap_or_default();
            if input.is_empty() && self.at_end {
                return Ok(None);
            }
            match self.split.record(input, self.at_end, self.separator) {
                Extent::Record(length) => return Ok(Some(Ok(length))),
                Extent::Unreadable(why) => return Ok(Some(Err(why))),
                Extent::NeedsMore => self.fill()?,
            }
        }
    }

    /// The length of the line at the start with the first byte of its end; or of as much of it as
    /// the buffer holds, when it is longer.
    fn line_part(&mut self) -> std::io::Result<(usize, bool)> {
        let end = |rest: &[u8]| rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        if let Some(at) = end(self.rest()) {
            return Ok((at + 1, false));
        }
        self.fill()?;
        let rest = self.rest();
        Ok(end(rest).map_or((rest.len(), !self.at_end), |at| (at + 1, false)))
    }

    /// Also consumes the LF of a CR LF, because a record takes only the CR.
    fn pass_blank_lines(&mut self) -> std::io::Result<()> {
        loop {
            let blank = self.rest().iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.take(blank);
            if self.start < self.end || self.at_end {
                return Ok(());
            }
            self.fill()?;
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn take(&mut self, bytes: usize) {
        let part = self.buffer.get(self.start..self.start + bytes).unwrap_or_default();
        for byte in part {
            self.line += u64::from(*byte == b'\r' || (*byte == b'\n' && !self.after_cr));
            self.after_cr = *byte == b'\r';
        }
        self.taken += u64::try_from(part.len()).unwrap_or(0);
        self.start += part.len();
    }

    /// Reads until the buffer is full or the file at its end.
    fn fill(&mut self) -> std::io::Result<()> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        while self.end < self.buffer.len() && !self.at_end {
            let room = self.buffer.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room) {
                Ok(0) => self.at_end = true,
                Ok(read) => self.end += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn without_line_end(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(b"\n").or_else(|| raw.strip_suffix(b"\r")).unwrap_or(raw)
}

#[cfg(test)]
mod tests;
