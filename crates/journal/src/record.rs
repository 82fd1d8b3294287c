//! The format of one record: length, checksum, bytes.

use crate::Position;

/// Bytes before a record's own.
pub(crate) const HEADER: usize = 8;

/// What stands at a position.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    Record(&'a [u8]),
    /// The bytes end here, or nothing has been written here yet.
    Nothing,
    /// More bytes are needed to tell: this many in all, header included.
    Short(usize),
    /// Not what was written.
    Damaged,
}

/// Appends the record that will be `at` this position to `out`. The length fits: the writer checked
/// it.
pub(crate) fn frame(at: Position, record: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&checksum(at, length, record).to_le_bytes());
    out.extend_from_slice(record);
}

/// Reads what stands `at`, where `bytes` begins.
pub(crate) fn read(at: Position, bytes: &[u8]) -> Found<'_> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return if bytes.is_empty() { Found::Nothing } else { Found::Short(HEADER) };
    };
    let length = u32::from_le_bytes(*length);
    if length == 0 {
        return Found::Nothing;
    }
    let Some((sum, rest)) = rest.split_first_chunk::<4>() else { return Found::Short(HEADER) };
    let Some(record) = rest.get(..length as usize) else {
        return Found::Short(HEADER.saturating_add(length as usize));
    };
    if checksum(at, length, record) == u32::from_le_bytes(*sum) {
        Found::Record(record)
    } else {
        Found::Damaged
    }
}

/// After damage `at` a position, where `bytes` begins: how many bytes further on the next whole
/// record of at most `max_bytes` is.
pub(crate) fn next_whole(at: Position, bytes: &[u8], max_bytes: usize) -> Option<usize> {
    (1..bytes.len()).find(|skip| is_whole(at, bytes, *skip, max_bytes))
}

fn is_whole(at: Position, bytes: &[u8], skip: usize, max_bytes: usize) -> bool {
    let Some(bytes) = bytes.get(skip..) else { return false };
    let Some(length) = bytes.first_chunk::<4>() else { return false };
    // Fits: it lies within a segment.
    let place = Position { offset: at.offset + skip as u32, ..at };
    (1..=max_bytes).contains(&(u32::from_le_bytes(*length) as usize))
        && matches!(read(place, bytes), Found::Record(_))
}

fn checksum(at: Position, length: u32, record: &[u8]) -> u32 {
    let mut place = [0; 16];
    place[..8].copy_from_slice(&at.segment.to_le_bytes());
    place[8..12].copy_from_slice(&at.offset.to_le_bytes());
    place[12..].copy_from_slice(&length.to_le_bytes());
    crc32c::crc32c_append(crc32c::crc32c(&place), record)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Position = Position { segment: 7, offset: 24 };

    fn framed() -> Vec<u8> {
        let mut bytes = Vec::new();
        frame(AT, b"hello", &mut bytes);
        bytes
    }

    #[test]
    fn a_record_is_read_back_only_where_it_was_written() {
        let bytes = framed();
        assert_eq!(read(AT, &bytes), Found::Record(b"hello"));
        assert_eq!(read(Position { segment: 8, ..AT }, &bytes), Found::Damaged);
        assert_eq!(read(Position { offset: 25, ..AT }, &bytes), Found::Damaged);
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = framed();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!matches!(read(AT, &flipped), Found::Record(_)), "bit {bit}");
        }
        for cut in 0..bytes.len() {
            assert!(!matches!(read(AT, &bytes[..cut]), Found::Record(_)), "cut {cut}");
        }
    }
}
