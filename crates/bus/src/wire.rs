//! A chunk as it is stored in Redis: one field of one stream entry.
//!
//! Little endian: version u8, crc32c u32 of all that follows, node u16, from and to (segment u64,
//! offset u32 each), four bytes that are always zero; then for each segment: segment u64, count
//! u32, and for each record offset u32, length u16, and its bytes as they are in the journal.
//!
//! A recorder that is newer than the node that shipped reads every form there ever was. An older
//! one leaves a form or record that it does not know where it is ([`NotAChunk::Newer`]).
//!
//! Invariants: no bytes make [`Chunk::decode`] panic or use more memory than a few times their
//! length; the result keeps the journal's order, within `from` and `to`.

use std::time::SystemTime;

use journal::Position;
use model::Timestamp;

use crate::chunk::ChunkBuilder;
use crate::reading::JournalRun;
use crate::{CHUNK_RECORDS, Chunk, NotAChunk};

const VERSION: u8 = 1;
/// First bytes that no release has used yet. Anything with another first byte will never be a
/// chunk.
const LATER_VERSIONS: std::ops::RangeInclusive<u8> = 2..=63;
/// Bytes of the version and the checksum.
const PREFIX: usize = 5;

impl JournalRun {
    pub(crate) fn encode(&self, node: u16) -> Vec<u8> {
        let mut out = Vec::with_capacity(64 + self.bytes.len() + 6 * self.entries.len());
        out.push(VERSION);
        out.extend_from_slice(&[0; PREFIX - 1]);
        out.extend_from_slice(&node.to_le_bytes());
        put_position(&mut out, self.from);
        put_position(&mut out, self.to);
        out.extend_from_slice(&[0; 4]);
        let mut rest = self.bytes.as_slice();
        for entries in self.entries.chunk_by(|a, b| a.at.segment == b.at.segment) {
            let segment = entries.first().map_or(0, |entry| entry.at.segment);
            out.extend_from_slice(&segment.to_le_bytes());
            // Fits: a run has at most `CHUNK_RECORDS`.
            out.extend_from_slice(&(entries.len() as u32).to_le_bytes());
            for entry in entries {
                let (record, behind) =
                    rest.split_at_checked(entry.bytes.into()).unwrap_or((&[], rest));
                rest = behind;
                out.extend_from_slice(&entry.at.offset.to_le_bytes());
                out.extend_from_slice(&entry.bytes.to_le_bytes());
                out.extend_from_slice(record);
            }
        }
        let sum = crc32c::crc32c(out.get(PREFIX..).unwrap_or_default());
        if let Some(place) = out.get_mut(1..PREFIX) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
        out
    }
}

fn put_position(out: &mut Vec<u8>, position: Position) {
    out.extend_from_slice(&position.segment.to_le_bytes());
    out.extend_from_slice(&position.offset.to_le_bytes());
}

impl Chunk {
    /// Reads the wire form.
    ///
    /// # Errors
    /// When it is none, or one that only a later release can read whole.
    pub fn decode(bytes: &[u8]) -> Result<Self, NotAChunk> {
        Self::decode_at(bytes, Timestamp::from_system(SystemTime::now()))
    }

    pub(crate) fn decode_at(bytes: &[u8], now: Timestamp) -> Result<Self, NotAChunk> {
        let mut fields = FieldReader(bytes);
        match fields.take()? {
            [VERSION] => {}
            [version] if LATER_VERSIONS.contains(&version) => {
                return Err(NotAChunk::Newer(version));
            }
            _ => return Err(NotAChunk::Form),
        }
        let sum = u32::from_le_bytes(fields.take()?);
        if sum != crc32c::crc32c(fields.0) {
            return Err(NotAChunk::Checksum);
        }
        let node = u16::from_le_bytes(fields.take()?);
        let (from, to) = (fields.position()?, fields.position()?);
        if fields.take()? != [0; 4] {
            return Err(NotAChunk::Form);
        }
        let mut chunk = ChunkBuilder::new(node, from, to, now);
        let mut next = from;
        while !fields.0.is_empty() {
            fields.segment(&mut chunk, &mut next)?;
        }
        if next > to {
            return Err(NotAChunk::Form);
        }
        match chunk.finish() {
            (chunk, None) => Ok(chunk),
            (_, Some(newer)) => Err(NotAChunk::Newer(newer.kind)),
        }
    }
}

/// Takes fields off the front.
struct FieldReader<'a>(&'a [u8]);

impl<'a> FieldReader<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], NotAChunk> {
        let (field, rest) = self.0.split_first_chunk::<N>().ok_or(NotAChunk::Form)?;
        self.0 = rest;
        Ok(*field)
    }

    fn bytes(&mut self, count: u16) -> Result<&'a [u8], NotAChunk> {
        let (bytes, rest) = self.0.split_at_checked(count.into()).ok_or(NotAChunk::Form)?;
        self.0 = rest;
        Ok(bytes)
    }

    fn position(&mut self) -> Result<Position, NotAChunk> {
        let segment = u64::from_le_bytes(self.take()?);
        Ok(Position { segment, offset: u32::from_le_bytes(self.take()?) })
    }

    /// The records of one segment; none is before `next`, which moves past them.
    fn segment(&mut self, chunk: &mut ChunkBuilder, next: &mut Position) -> Result<(), NotAChunk> {
        let segment = u64::from_le_bytes(self.take()?);
        let count = u32::from_le_bytes(self.take()?) as usize;
        if count == 0 || count.saturating_add(chunk.records()) > CHUNK_RECORDS {
            return Err(NotAChunk::Form);
        }
        for _ in 0..count {
            let at = Position { segment, offset: u32::from_le_bytes(self.take()?) };
            let length = u16::from_le_bytes(self.take()?);
            if at < *next {
                return Err(NotAChunk::Form);
            }
            *next = Position { offset: at.offset.checked_add(1).ok_or(NotAChunk::Form)?, ..at };
            chunk.push(at, self.bytes(length)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reading::RecordPlace;

    const NOW: Timestamp = Timestamp(1_795_428_000_000_000);

    fn runs() -> impl Strategy<Value = (u16, JournalRun)> {
        let record = prop::collection::vec(any::<u8>(), 0..60);
        let records = prop::collection::vec((0_u64..2, 0_u32..50, record), 0..40);
        (any::<u16>(), 1_u64..9, 0_u32..9, records).prop_map(|(node, segment, offset, records)| {
            let from = Position { segment, offset };
            let mut run = JournalRun::new(from);
            let mut at = from;
            for (jump, skip, bytes) in records {
                at.segment += jump;
                at.offset = if jump > 0 { skip } else { at.offset + skip };
                run.entries.push(RecordPlace { at, bytes: bytes.len().try_into().unwrap() });
                at.offset += 1 + u32::try_from(bytes.len()).unwrap();
                run.bytes.extend(bytes);
            }
            run.to = at;
            (node, run)
        })
    }

    proptest! {
        #[test]
        fn a_chunk_arrives_as_it_was_read((node, run) in runs()) {
            let (chunk, newer) = run.decode(node, NOW);
            let expect = newer.map_or(Ok(chunk), |newer| Err(NotAChunk::Newer(newer.kind)));
            prop_assert_eq!(Chunk::decode_at(&run.encode(node), NOW), expect);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut whole = vec![VERSION];
            whole.extend(crc32c::crc32c(&bytes).to_le_bytes());
            whole.extend(&bytes);
            let _ = Chunk::decode(&whole);
            let _ = Chunk::decode(&bytes);
        }

        #[test]
        fn a_changed_bit_is_noticed((node, run) in runs(), bit: prop::sample::Index) {
            let mut bytes = run.encode(node);
            let bit = bit.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(Chunk::decode(&bytes).is_err());
        }
    }

    #[test]
    fn a_chunk_of_a_later_release_is_told_from_rubbish() {
        assert_eq!(Chunk::decode(&[9, 1, 2]), Err(NotAChunk::Newer(9)));
        assert_eq!(Chunk::decode(b"rubbish"), Err(NotAChunk::Form));
        assert_eq!(Chunk::decode(&[]), Err(NotAChunk::Form));
    }

    #[test]
    fn a_chunk_with_a_record_of_a_later_release_is_not_read_in_part() {
        let mut run = JournalRun::new(Position { segment: 1, offset: 0 });
        for (offset, record) in [(0, b"rubbish"), (40, b"\x07 later")] {
            run.entries.push(RecordPlace { at: Position { segment: 1, offset }, bytes: 7 });
            run.bytes.extend(record);
        }
        run.to.offset = 80;
        assert_eq!(Chunk::decode(&run.encode(3)), Err(NotAChunk::Newer(7)));
    }
}
