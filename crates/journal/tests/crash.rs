//! What a journal holds after a crash, tried at every byte.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};

use journal::{Journal, JournalError, Options, Position, Reader};
use proptest::prelude::*;

const OPTIONS: Options = Options { segment_bytes: 256, max_bytes: 1 << 20 };

fn open(dir: &Path) -> Journal {
    Journal::open(dir, OPTIONS).unwrap()
}

fn everything(dir: &Path, until: Position) -> Vec<(Position, Vec<u8>)> {
    let mut reader = Reader::open(dir, Position::START).unwrap();
    let mut records = Vec::new();
    while let Some((at, record)) = reader.next(until).unwrap() {
        records.push((at, record.to_vec()));
    }
    records
}

fn copy(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn newest(dir: &Path) -> PathBuf {
    let segments = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    segments.filter(|path| path.extension().is_some_and(|e| e == "seg")).max().unwrap()
}

/// What the tail looks like from the byte at which the disk stopped.
#[derive(Debug, Clone, Copy)]
enum Tear {
    Gone,
    Zeros,
    Garbage,
    /// The disk wrote later bytes before these eight.
    Hole,
}

fn torn(whole: &[u8], cut: usize, tear: Tear) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    match tear {
        Tear::Gone => bytes.truncate(cut),
        Tear::Zeros => bytes[cut..].fill(0),
        Tear::Garbage => {
            bytes[cut..].iter_mut().enumerate().for_each(|(i, b)| *b = (i * 37 + 11) as u8);
        }
        Tear::Hole => bytes[cut..].iter_mut().take(8).for_each(|b| *b = 0),
    }
    bytes
}

fn check_after_crash(dir: &Path, safe: &[(Position, Vec<u8>)], written: &[(Position, Vec<u8>)]) {
    let mut journal = open(dir);
    let found = everything(dir, journal.end());
    assert!(found.len() >= safe.len(), "{} of {} committed records", found.len(), safe.len());
    assert_eq!(found, written[..found.len()], "a prefix of what was written");
    let after = journal.append(b"after the crash").unwrap();
    assert!(found.iter().all(|(at, _)| *at < after), "no position is used twice");
    let end = journal.commit().unwrap();
    drop(journal);
    let mut expected = found;
    expected.push((after, b"after the crash".to_vec()));
    assert_eq!(everything(dir, end), expected);
    let journal = open(dir);
    assert_eq!(everything(dir, journal.end()), expected, "opened once more");
}

fn batches() -> impl Strategy<Value = Vec<Vec<Vec<u8>>>> {
    let record = prop::collection::vec(any::<u8>(), 1..60);
    prop::collection::vec(prop::collection::vec(record, 0..6), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn a_crash_at_any_byte_leaves_the_committed_records_and_at_most_a_prefix_of_the_rest(
        committed in batches(),
        last in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 1..4),
    ) {
        let (origin, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut journal = open(origin.path());
        for batch in &committed {
            batch.iter().for_each(|record| { journal.append(record).unwrap(); });
            journal.commit().unwrap();
        }
        let safe = everything(origin.path(), journal.end());
        let model: Vec<_> = committed.iter().flatten().cloned().collect();
        prop_assert_eq!(safe.iter().map(|(_, record)| record.clone()).collect::<Vec<_>>(), model);
        let safe_end = journal.end();
        last.iter().for_each(|record| { journal.append(record).unwrap(); });
        let end = journal.commit().unwrap();
        let written = everything(origin.path(), end);
        let path = newest(origin.path());
        let whole = fs::read(&path).unwrap();
        // Older segments were synced before the newest was begun: a crash can't tear them.
        let first = if safe_end.segment == end.segment { safe_end.offset as usize } else { 0 };
        let safe = written.iter().filter(|(at, _)| {
            *at < safe_end || at.segment < end.segment
        }).cloned().collect::<Vec<_>>();
        for cut in first..=end.offset as usize {
            for tear in [Tear::Gone, Tear::Zeros, Tear::Garbage, Tear::Hole] {
                copy(origin.path(), crashed.path());
                fs::write(crashed.path().join(path.file_name().unwrap()), torn(&whole, cut, tear)).unwrap();
                check_after_crash(crashed.path(), &safe, &written);
            }
        }
    }

    #[test]
    fn a_reader_that_goes_on_from_its_mark_sees_every_record_once(
        committed in batches(),
        stop_after in prop::collection::vec(0usize..5, 1..20),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = open(dir.path());
        let (mut mark, mut seen) = (Position::START, Vec::new());
        let mut stops = stop_after.iter().cycle();
        for batch in &committed {
            batch.iter().for_each(|record| { journal.append(record).unwrap(); });
            let end = journal.commit().unwrap();
            let mut reader = Reader::open(dir.path(), mark).unwrap();
            for _ in 0..*stops.next().unwrap() {
                let Some((_, record)) = reader.next(end).unwrap() else { break };
                seen.push(record.to_vec());
            }
            mark = reader.position();
            journal::remove_before(dir.path(), mark).unwrap();
        }
        let mut reader = Reader::open(dir.path(), mark).unwrap();
        while let Some((_, record)) = reader.next(journal.end()).unwrap() {
            seen.push(record.to_vec());
        }
        prop_assert_eq!(seen, committed.into_iter().flatten().collect::<Vec<_>>());
    }
}

#[test]
fn a_reader_sees_nothing_that_is_not_committed() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    journal.append(b"one").unwrap();
    let end = journal.commit().unwrap();
    journal.append(b"two").unwrap();
    assert_eq!(journal.end(), end);
    assert_eq!(everything(dir.path(), journal.end()).len(), 1);
    journal.commit().unwrap();
    // The older end still hides the newer record.
    assert_eq!(everything(dir.path(), end).len(), 1);
    assert_eq!(everything(dir.path(), journal.end()).len(), 2);
}

#[test]
fn damage_in_an_older_segment_is_an_error_that_can_be_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    for record in 0..40_u8 {
        journal.append(&[record; 30]).unwrap();
        journal.commit().unwrap();
    }
    let all = everything(dir.path(), journal.end());
    let first = all[0].0.segment;
    let path = dir.path().join(format!("{first:020}.seg"));
    let mut bytes = fs::read(&path).unwrap();
    bytes[50] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let mut reader = Reader::open(dir.path(), Position::START).unwrap();
    reader.next(journal.end()).unwrap().unwrap();
    let at = all[1].0;
    for _ in 0..2 {
        let error = reader.next(journal.end()).unwrap_err();
        assert!(matches!(error, JournalError::Damaged(place) if place == at), "{error}");
    }
    assert_eq!(reader.skip_damage(journal.end(), 100).unwrap(), 38);
    let (next, bytes) = reader.next(journal.end()).unwrap().unwrap();
    assert_eq!(
        (next, bytes),
        (all[2].0, &[2_u8; 30][..]),
        "only the damaged record is passed over"
    );
}

#[test]
fn damage_in_the_newest_segment_costs_one_record_of_a_journal_that_is_opened_past_it() {
    for past in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 4096, max_bytes: 1 << 20 };
        let mut journal = Journal::open(dir.path(), options).unwrap();
        for record in 0..10_u8 {
            journal.append(&[record; 30]).unwrap();
        }
        let end = journal.commit().unwrap();
        let all = everything(dir.path(), end);
        drop(journal);
        let path = newest_written(dir.path());
        let mut bytes = fs::read(&path).unwrap();
        bytes[all[3].0.offset as usize + 20] ^= 1;
        // And a commit that had not ended.
        bytes[end.offset as usize..][..20].fill(7);
        fs::write(&path, &bytes).unwrap();
        let mut journal = match past {
            true => Journal::open_past_damage(dir.path(), options, 0).unwrap(),
            false => Journal::open(dir.path(), options).unwrap(),
        };
        assert_eq!(journal.end(), if past { end } else { all[3].0 });
        assert!(journal.torn().is_some());
        let after = journal.append(b"after").unwrap();
        let until = journal.commit().unwrap();
        let mut reader = Reader::open(dir.path(), Position::START).unwrap();
        let (mut found, mut damaged) = (Vec::new(), Vec::new());
        loop {
            match reader.next(until) {
                Ok(Some((at, record))) => found.push((at, record.to_vec())),
                Ok(None) => break,
                Err(JournalError::Damaged(at)) => {
                    damaged.push((at, reader.skip_damage(until, 100).unwrap()));
                }
                Err(error) => panic!("{error}"),
            }
        }
        let mut expect = all.clone();
        let kept = if past { 9 } else { 3 };
        match past {
            true => drop(expect.remove(3)),
            false => expect.truncate(3),
        }
        assert_eq!((found.len(), found[..kept].to_vec()), (kept + 1, expect));
        assert_eq!(found[kept], (after, b"after".to_vec()));
        assert_eq!(damaged, if past { vec![(all[3].0, 38)] } else { Vec::new() });
    }
}

/// The newest segment that has records; the one behind it may be prepared already.
fn newest_written(dir: &Path) -> PathBuf {
    let segments = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let written = |path: &PathBuf| fs::read(path).unwrap().first().is_some_and(|byte| *byte != 0);
    let segments = segments.filter(|path| path.extension().is_some_and(|e| e == "seg"));
    segments.filter(written).max().unwrap()
}

#[test]
fn a_journal_has_one_writer() {
    let dir = tempfile::tempdir().unwrap();
    let journal = open(dir.path());
    let second = Journal::open(dir.path(), OPTIONS).unwrap_err();
    assert!(matches!(second, JournalError::Locked { .. }), "{second}");
    drop(journal);
    open(dir.path());
}

#[test]
fn a_folder_that_was_lost_does_not_repeat_positions() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    let at = journal.append(b"one").unwrap();
    assert!(at.segment > 1_700_000_000, "seconds since 1970, not 0 or 1");
}

#[test]
fn removing_keeps_the_segment_of_the_position_and_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    for record in 0..40_u8 {
        journal.append(&[record; 30]).unwrap();
    }
    journal.commit().unwrap();
    let all = everything(dir.path(), journal.end());
    let keep = all[20].0;
    let gone = journal::remove_before(dir.path(), keep).unwrap();
    assert_eq!(gone as u64, keep.segment - all[0].0.segment);
    let left = everything(dir.path(), journal.end());
    assert_eq!(left[..], all[all.iter().position(|(at, _)| at.segment == keep.segment).unwrap()..]);
    let beyond = Position { segment: u64::MAX, offset: 0 };
    journal::remove_before(dir.path(), beyond).unwrap();
    let newest = journal.end().segment;
    assert!(everything(dir.path(), journal.end()).iter().all(|(at, _)| at.segment == newest));
}

#[test]
fn records_that_no_segment_takes_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = open(dir.path());
    for record in [&[][..], &[0; 249][..]] {
        let refused = journal.append(record).unwrap_err();
        assert!(matches!(refused, JournalError::RecordSize { max: 248, .. }), "{refused}");
    }
    journal.append(&[0; 248]).unwrap();
    journal.commit().unwrap();
    assert_eq!(everything(dir.path(), journal.end()).len(), 1);
}

#[test]
fn memory_for_records_that_wait_is_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1 << 20, max_bytes: 1 << 30 };
    let mut journal = Journal::open(dir.path(), options).unwrap();
    let refused = (0..5000).find_map(|_| journal.append(&[1; 1000]).err()).unwrap();
    assert!(matches!(refused, JournalError::Busy { bytes } if bytes <= 4 << 20), "{refused}");
    journal.commit().unwrap();
    journal.append(&[1; 1000]).unwrap();
}

#[test]
fn a_folder_that_was_lost_gives_no_place_out_again() {
    let dir = tempfile::tempdir().unwrap();
    let last = {
        let mut journal = Journal::open(dir.path(), OPTIONS).unwrap();
        journal.append(b"seen by a reader").unwrap();
        journal.commit().unwrap()
    };
    std::fs::remove_dir_all(dir.path()).unwrap();
    // The clock was set back, or the copy is from before: numbering alone would begin below.
    let seen = last.segment + 7;
    let mut journal = Journal::open_after(dir.path(), OPTIONS, seen).unwrap();
    let at = journal.append(b"new").unwrap();
    journal.commit().unwrap();
    assert!(at.segment > seen, "{at} after {seen}");
}
