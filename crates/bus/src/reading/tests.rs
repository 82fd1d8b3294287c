use std::fs;

use journal::{Journal, Options};
use model::hit::HitSigns;
use model::{CampaignId, ContactId, Hit, HitKind};
use tempfile::TempDir;

use super::*;

/// A journal of hits, the n-th of which arrived at n seconds.
struct House {
    dir: TempDir,
    journal: Journal,
    places: Vec<Position>,
}

fn at(second: usize) -> Timestamp {
    Timestamp(i64::try_from(second).unwrap() * 1_000_000)
}

impl House {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 16 << 10, max_bytes: 64 << 20 };
        let journal = Journal::open(dir.path(), options).unwrap();
        Self { dir, journal, places: Vec::new() }
    }

    fn with_hits(count: usize) -> Self {
        let mut house = Self::new();
        for _ in 0..count {
            house.hit();
        }
        house.journal.commit().unwrap();
        house
    }

    fn hit(&mut self) {
        let hit = Hit {
            at: at(self.places.len()),
            campaign: CampaignId(1),
            contact: Some(ContactId(2)),
            kind: HitKind::View,
            visitor: None,
            client: None,
            signs: HitSigns::default(),
            agent: b"Mozilla/5.0".to_vec(),
        };
        let mut bytes = Vec::new();
        hit.encode(&mut bytes);
        self.places.push(self.journal.append(&bytes).unwrap());
    }

    fn damage(&self, hit: usize) {
        let place = self.places[hit];
        let path = self.dir.path().join(format!("{:020}.seg", place.segment));
        let mut bytes = fs::read(&path).unwrap();
        bytes[place.offset as usize + 20] ^= 1;
        fs::write(path, bytes).unwrap();
    }

    fn reader(&self, from: Position) -> ChunkReader {
        ChunkReader::open(self.dir.path(), from).unwrap()
    }

    /// Everything there is, in chunks.
    fn chunks(&self) -> Vec<Chunk> {
        let mut reader = self.reader(Position::START);
        let mut chunks = Vec::new();
        loop {
            let run = reader.read(self.journal.end()).unwrap();
            if run.records() == 0 {
                return chunks;
            }
            chunks.push(decoded(&run));
        }
    }
}

/// Without anything that a later release wrote.
fn decoded(run: &JournalRun) -> Chunk {
    let (chunk, newer) = run.decode(7, at(777));
    assert_eq!(newer, None);
    chunk
}

/// `from to hits` of each gap, in seconds.
fn gaps(chunk: &Chunk) -> Vec<(i64, i64, u64)> {
    let second = 1_000_000;
    chunk.gaps.iter().map(|(_, gap)| (gap.from.0 / second, gap.to.0 / second, gap.hits)).collect()
}

#[test]
fn chunks_are_bounded_and_follow_each_other_without_a_hole() {
    let house = House::with_hits(4_500);
    let chunks = house.chunks();
    let sizes: Vec<usize> = chunks.iter().map(Chunk::records).collect();
    assert_eq!(sizes, [2_000, 2_000, 500]);
    assert_eq!(chunks[0].from, Position::START);
    assert!(chunks.windows(2).all(|pair| pair[0].to == pair[1].from));
    assert_eq!(chunks[2].to, house.journal.end());
    let places: Vec<Position> =
        chunks.iter().flat_map(|chunk| chunk.hits.iter().map(|(at, _)| *at)).collect();
    assert_eq!(places, house.places);
}

#[test]
fn bytes_bound_a_chunk_as_well() {
    let mut house = House::new();
    let rubbish = [9; MAX_BYTES];
    for _ in 0..1_500 {
        house.journal.append(&rubbish).unwrap();
    }
    house.journal.commit().unwrap();
    let mut reader = house.reader(Position::START);
    let run = reader.read(house.journal.end()).unwrap();
    assert!(run.is_full() && run.bytes.len() <= CHUNK_BYTES && run.entries.len() < 1_500);
}

#[test]
fn reading_goes_on_from_the_end_of_a_chunk() {
    let house = House::with_hits(2_100);
    let first = house.reader(Position::START).read(house.journal.end()).unwrap();
    let second = house.reader(first.to).read(house.journal.end()).unwrap();
    assert_eq!((second.from, second.records()), (first.to, 100));
    assert_eq!(second.entries[0].at, house.places[2_000]);
}

#[test]
fn a_damaged_record_is_a_gap_between_the_hits_around_it() {
    let house = House::with_hits(3);
    house.damage(1);
    let chunks = house.chunks();
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0].hits.iter().map(|(_, hit)| hit.at).collect::<Vec<_>>(), [at(0), at(2)]);
    assert_eq!(gaps(&chunks[0]), [(0, 2, 1)]);
    assert_eq!(chunks[0].gaps[0].0, house.places[1]);
}

#[test]
fn damage_in_the_newest_segment_is_the_same_gap_after_a_restart() {
    let house = House::with_hits(3);
    house.damage(1);
    let House { dir, journal, places } = house;
    drop(journal);
    let options = Options { segment_bytes: 16 << 10, max_bytes: 64 << 20 };
    let journal = Journal::open_past_damage(dir.path(), options, 0).unwrap();
    let house = House { dir, journal, places };
    let chunks = house.chunks();
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0].hits.iter().map(|(_, hit)| hit.at).collect::<Vec<_>>(), [at(0), at(2)]);
    assert_eq!(gaps(&chunks[0]), [(0, 2, 1)]);
}

#[test]
fn damage_at_both_ends_is_told_too() {
    let house = House::with_hits(4);
    house.damage(0);
    house.damage(3);
    let chunks = house.chunks();
    assert_eq!(chunks.len(), 1);
    assert_eq!(chunks[0].hits.len(), 2);
    let gaps = gaps(&chunks[0]);
    assert_eq!((gaps[0].0, gaps[1]), (1, (2, 2, 1)));
    assert_eq!(chunks[0].to, house.journal.end());
}

#[test]
fn damage_at_the_front_of_a_chunk_knows_the_chunk_before() {
    let house = House::with_hits(2_002);
    house.damage(2_000);
    assert_eq!(gaps(&house.chunks()[1]), [(1_999, 2_001, 1)]);
}

#[test]
fn rubbish_is_a_dated_gap() {
    let mut house = House::new();
    house.journal.append(b"no hit at all").unwrap();
    house.hit();
    house.journal.append(&[0; 40]).unwrap();
    house.journal.append(&[1; MAX_BYTES + 1]).unwrap();
    let mut gap = Vec::new();
    Gap { from: at(3), to: at(4), hits: 12 }.encode(&mut gap);
    house.journal.append(&gap).unwrap();
    house.hit();
    house.journal.append(b"nor this").unwrap();
    house.journal.commit().unwrap();
    let chunk = house.chunks().remove(0);
    assert_eq!((chunk.hits.len(), chunk.undecodable), (2, 3));
    assert_eq!(gaps(&chunk), [(0, 0, 1), (0, 1, 1), (0, 1, 1), (3, 4, 12), (1, 1, 1)]);
    assert_eq!(chunk.records(), 7);
}

#[test]
fn rubbish_without_a_hit_beside_it_is_dated_now() {
    let mut house = House::new();
    house.journal.append(b"no hit at all").unwrap();
    house.journal.commit().unwrap();
    assert_eq!(gaps(&house.chunks()[0]), [(777, 777, 1)]);
}

#[test]
fn reading_ends_before_what_a_later_release_wrote() {
    for length in [40, MAX_BYTES + 40] {
        let mut house = House::with_hits(2);
        let newer = house.journal.append(&vec![9; length]).unwrap();
        house.hit();
        house.journal.commit().unwrap();
        let mut reader = house.reader(Position::START);
        let (chunk, stop) = reader.read(house.journal.end()).unwrap().decode(7, at(777));
        assert_eq!((chunk.hits.len(), chunk.to), (2, newer), "{length} bytes");
        assert_eq!(stop, Some(NewerRecord { at: newer, kind: 9 }), "{length} bytes");
        let (chunk, stop) =
            house.reader(newer).read(house.journal.end()).unwrap().decode(7, at(777));
        assert_eq!((chunk.records(), chunk.to), (0, newer), "{length} bytes");
        assert!(stop.is_some(), "{length} bytes");
    }
}

#[test]
fn segments_that_are_gone_leave_no_hole_between_chunks() {
    let house = House::with_hits(900);
    let edge = house.places[100];
    let later = Position { segment: house.places[899].segment, offset: 0 };
    journal::remove_before(house.dir.path(), later).unwrap();
    let run = house.reader(edge).read(house.journal.end()).unwrap();
    assert_eq!((run.from, run.to), (edge, house.journal.end()));
}

#[tokio::test]
async fn after_an_error_the_same_is_read_again() {
    let house = House::with_hits(10);
    let mut source = JournalSource::new(house.dir.path().join("nowhere"), Position::START);
    assert!(source.read(house.journal.end(), 1, JournalRun::records).await.is_err());
    source.dir = house.dir.path().to_owned();
    let reading = source.read(house.journal.end(), 3, JournalRun::records).await.unwrap();
    assert!(reading.exhausted);
    assert_eq!(reading.pieces.iter().map(|piece| piece.form).collect::<Vec<_>>(), [10]);
    source.rewind(house.places[5]);
    let reading = source.read(house.journal.end(), 3, JournalRun::records).await.unwrap();
    assert_eq!(reading.pieces[0].form, 5);
}
