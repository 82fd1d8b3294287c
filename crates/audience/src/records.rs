//! Records of a CSV file, one at a time, in bounded memory.
//!
//! Invariants: no record is held that is longer than [`MAX_RECORD_BYTES`]; of one that is longer
//! only the first line is passed over, so a quote that is left open costs a line and not the rest
//! of the file. Line numbers are those of an editor. Does not judge what a field says.
//!
//! Over `csv-core`, because the reader of `csv` grows with the longest record.

use std::io::Read;

use csv_core::{ReadRecordResult, ReaderBuilder};

/// No record may be longer.
pub(crate) const MAX_RECORD_BYTES: usize = 64 << 10;
/// No record may have more fields.
pub(crate) const MAX_FIELDS: usize = 1_000;
/// Twice a record and more, so that most records lie whole in the buffer.
const BUFFER_BYTES: usize = 256 << 10;

/// The records of a file.
pub(crate) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    /// The part of the buffer that has been read and not taken.
    start: usize,
    end: usize,
    at_end: bool,
    /// The line on which `start` lies, counted from 1.
    line: u64,
    taken: u64,
    core: csv_core::Reader,
    fields: Vec<u8>,
    ends: Vec<usize>,
}

/// One record, good or not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Record<'r> {
    /// The line it begins on, counted from 1.
    pub(crate) line: u64,
    /// As it stands in the file, without the end of line.
    pub(crate) raw: &'r [u8],
    /// Its fields, or what is wrong with it.
    pub(crate) fields: Result<Fields<'r>, Unreadable>,
}

/// The fields of a record, unquoted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fields<'r> {
    bytes: &'r [u8],
    ends: &'r [usize],
}

/// Why a record can't be split into fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("the record is longer than {MAX_RECORD_BYTES} bytes: is a quote left open?")]
    TooLong,
    #[error("the record has more than {MAX_FIELDS} fields")]
    TooManyFields,
}

/// How far the parser got in the buffer.
enum Parsed {
    Record { length: usize, fields: usize, bytes: usize },
    Unreadable { length: usize, why: Unreadable },
    NeedsMore,
    Nothing,
}

impl<'r> Fields<'r> {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The fields from left to right.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'r [u8]> {
        let bytes = self.bytes;
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = bytes.get(start..*end).unwrap_or_default();
            start = *end;
            field
        })
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
            taken: 0,
            core: csv_core::Reader::new(),
            fields: vec![0; BUFFER_BYTES],
            ends: vec![0; MAX_FIELDS + 1],
        }
    }

    /// The bytes that come next, as many as the buffer holds, without taking them.
    pub(crate) fn peek(&mut self) -> std::io::Result<&[u8]> {
        self.fill()?;
        Ok(self.rest())
    }

    /// Passes over bytes that hold no line end, such as a byte order mark.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.take(bytes.min(self.end - self.start));
    }

    /// Sets what stands between two fields.
    pub(crate) fn separate_by(&mut self, separator: u8) {
        self.core = ReaderBuilder::new().delimiter(separator).build();
    }

    /// The line that comes next, counted from 1.
    pub(crate) const fn line(&self) -> u64 {
        self.line
    }

    /// Bytes taken so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.taken
    }

    /// The next record; blank lines are passed over.
    pub(crate) fn next(&mut self) -> std::io::Result<Option<Record<'_>>> {
        self.pass_blank_lines()?;
        let parsed = loop {
            match self.parse() {
                Parsed::NeedsMore => self.fill()?,
                parsed => break parsed,
            }
        };
        let (line, start) = (self.line, self.start);
        let (length, fields) = match parsed {
            Parsed::Nothing | Parsed::NeedsMore => return Ok(None),
            Parsed::Unreadable { length, why } => (length, Err(why)),
            Parsed::Record { length, fields, bytes } => (length, Ok((fields, bytes))),
        };
        self.take(length);
        Ok(Some(Record {
            line,
            raw: trim_line_end(self.buffer.get(start..start + length).unwrap_or_default()),
            fields: fields.map(|(fields, bytes)| Fields {
                bytes: self.fields.get(..bytes).unwrap_or_default(),
                ends: self.ends.get(..fields).unwrap_or_default(),
            }),
        }))
    }

    /// Also takes the line feed that a carriage return at the end of the last record left.
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

    /// Parses the record at the start of the buffer from its beginning.
    fn parse(&mut self) -> Parsed {
        self.core.reset();
        let rest = self.buffer.get(self.start..self.end).unwrap_or_default();
        let looked_at = rest.get(..=MAX_RECORD_BYTES).unwrap_or(rest);
        let (mut length, mut bytes, mut fields) = (0, 0, 0);
        let mut too_many = false;
        loop {
            let input = looked_at.get(length..).unwrap_or_default();
            if input.is_empty() && length > 0 && !(self.at_end && looked_at.len() == rest.len()) {
                break;
            }
            let (result, read, wrote, ended) = self.core.read_record(
                input,
                self.fields.get_mut(bytes..).unwrap_or_default(),
                self.ends.get_mut(fields..).unwrap_or_default(),
            );
            length += read;
            bytes += wrote;
            fields += ended;
            match result {
                ReadRecordResult::InputEmpty if self.at_end && looked_at.len() == rest.len() => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull => break,
                ReadRecordResult::OutputEndsFull => (fields, too_many) = (0, true),
                ReadRecordResult::End => return Parsed::Nothing,
                ReadRecordResult::Record if length > MAX_RECORD_BYTES => break,
                ReadRecordResult::Record if too_many || fields > MAX_FIELDS => {
                    return Parsed::Unreadable { length, why: Unreadable::TooManyFields };
                }
                ReadRecordResult::Record => return Parsed::Record { length, fields, bytes },
            }
        }
        if looked_at.len() <= MAX_RECORD_BYTES {
            return Parsed::NeedsMore;
        }
        Parsed::Unreadable { length: first_line(rest), why: Unreadable::TooLong }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    fn take(&mut self, bytes: usize) {
        let part = self.buffer.get(self.start..self.start + bytes).unwrap_or_default();
        let lines = part.iter().filter(|byte| **byte == b'\n').count();
        self.line += u64::try_from(lines).unwrap_or(0);
        self.taken += u64::try_from(bytes).unwrap_or(0);
        self.start += bytes;
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

/// The length of the first line with its end; all of it when it has none.
fn first_line(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1)
}

fn trim_line_end(mut raw: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r' | b'\n'] = raw {
        raw = rest;
    }
    raw
}

#[cfg(test)]
#[path = "records/tests.rs"]
mod tests;
