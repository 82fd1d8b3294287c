//! Internals for the fuzz targets. Not for anybody else.

use crate::csv_records::Records;

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
