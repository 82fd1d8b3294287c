//! Internals for the fuzz targets. Not for anybody else.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use crate::csv_records::Records;
use crate::source::{ImportReading, ImportSource};
use crate::text_encoding::TextEncoding;

/// Calls `look` with the line, the bytes and the number of cells of every record of a file; no
/// number for one that can't be read.
pub fn records(bytes: &[u8], mut look: impl FnMut(u64, &[u8], Option<usize>)) {
    let mut records = Records::new(bytes);
    while let Ok(Some(record)) = records.next() {
        let (line, in_parts) = (record.line, record.in_parts);
        let fields = record.fields.ok().map(|fields| fields.len());
        let mut raw = record.raw.to_vec();
        while in_parts && let Ok(Some(part)) = records.next_part() {
            raw.extend_from_slice(part);
        }
        look(line, &raw, fields);
    }
}

/// The records of a file that may be packed and in another encoding, when at most `most` bytes come at a
/// time; an error where one is met.
pub fn packed_records(bytes: &[u8], label: &str, most: usize) -> Vec<Result<Vec<u8>, String>> {
    let encoding = TextEncoding::parse(label).unwrap_or_default();
    let reading = ImportReading { encoding, any_name: true, ..ImportReading::default() };
    let file = Trickle { file: Cursor::new(bytes), most: most.max(1) };
    let mut source = match ImportSource::open(file, &reading) {
        Ok(source) => source,
        Err(error) => return vec![Err(error.to_string())],
    };
    let mut all = Vec::new();
    for part in 0..source.parts() {
        let mut records = match source.records(part) {
            Ok((records, _)) => records,
            Err(error) => return vec![Err(error.to_string())],
        };
        loop {
            match records.next() {
                Ok(Some(record)) => all.push(Ok(record.raw.to_vec())),
                Ok(None) => break,
                Err(error) => {
                    all.push(Err(error.to_string()));
                    break;
                }
            }
        }
    }
    all
}

/// Hands out little at a time.
struct Trickle<'f> {
    file: Cursor<&'f [u8]>,
    most: usize,
}

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = self.most.min(into.len());
        self.file.read(into.get_mut(..most).unwrap_or_default())
    }
}

impl Seek for Trickle<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}
