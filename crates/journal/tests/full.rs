//! A disk or a quota that is full is an error, never silence; and it passes.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use journal::{Journal, JournalError, Options, Position, Quota, Reader, remove_before};

fn everything(dir: &Path, until: Position) -> Vec<Vec<u8>> {
    let mut reader = Reader::open(dir, Position::START).unwrap();
    let mut records = Vec::new();
    while let Some((_, record)) = reader.next(until).unwrap() {
        records.push(record.to_vec());
    }
    records
}

fn bytes_on_disk(dir: &Path) -> u64 {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// Tries until it works: a refusal is remembered for some milliseconds.
fn until_taken(mut attempt: impl FnMut() -> Result<Position, JournalError>) -> Position {
    let start = std::time::Instant::now();
    loop {
        match attempt() {
            Ok(position) => return position,
            Err(error) => assert!(start.elapsed().as_secs() < 10, "{error}"),
        }
        std::thread::yield_now();
    }
}

/// Opens a journal that has just been closed. A process that another test is starting (`mount`) holds
/// every open file, and so the lock, for the moment between its fork and its exec.
fn reopened(dir: &Path, options: Options) -> Journal {
    let start = std::time::Instant::now();
    loop {
        match Journal::open(dir, options) {
            Err(JournalError::Locked { .. }) if start.elapsed().as_secs() < 10 => {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

#[test]
fn the_quota_refuses_keeps_what_it_has_and_takes_again_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1 << 12, max_bytes: 4 << 12 };
    let mut journal = Journal::open(dir.path(), options).unwrap();
    let mut kept = Vec::new();
    let refused = loop {
        let record = [kept.len() as u8; 100];
        match journal.append(&record) {
            Ok(_) => kept.push(record.to_vec()),
            Err(error) => break error,
        }
        journal.commit().unwrap();
        assert!(bytes_on_disk(dir.path()) <= options.max_bytes);
    };
    assert!(matches!(refused, JournalError::Full { max_bytes } if max_bytes == 4 << 12));
    assert!(kept.len() > 100, "{} records in 16 KiB", kept.len());
    assert_eq!(everything(dir.path(), journal.end()), kept);

    remove_before(dir.path(), journal.end()).unwrap();
    until_taken(|| journal.append(b"again"));
    let end = journal.commit().unwrap();
    assert_eq!(everything(dir.path(), end).last().unwrap(), b"again");
}

#[test]
fn journals_that_share_a_quota_never_take_more_together() {
    const SEGMENT: u64 = 1 << 12;
    let dir = tempfile::tempdir().unwrap();
    let dirs: Vec<PathBuf> = (0..4).map(|lane| dir.path().join(lane.to_string())).collect();
    let options = Options { segment_bytes: SEGMENT as u32, max_bytes: 20 * SEGMENT };
    let quota = Quota::new(options, dirs.clone());
    let fill = |journal: &mut Journal| {
        let mut kept = 0;
        loop {
            match journal.append(&[7; 100]) {
                Ok(_) => kept += 1,
                Err(JournalError::Full { max_bytes }) => {
                    assert_eq!(max_bytes, 20 * SEGMENT);
                    return kept;
                }
                Err(error) => panic!("{error}"),
            }
            journal.commit().unwrap();
        }
    };
    let mut journals: Vec<Journal> =
        dirs.iter().map(|dir| Journal::open_sharing(dir, &quota, 0).unwrap()).collect();
    let kept: Vec<usize> = std::thread::scope(|scope| {
        let fill = &fill;
        let threads: Vec<_> =
            journals.iter_mut().map(|journal| scope.spawn(move || fill(journal))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // Nothing is ever taken back, so it was not more at any time.
    let taken: u64 = dirs.iter().map(|dir| bytes_on_disk(dir)).sum();
    assert!(taken <= options.max_bytes, "{taken} bytes");
    for ((dir, journal), kept) in dirs.iter().zip(&journals).zip(&kept) {
        assert!(*kept > 30, "each has its first segment at least: {kept}");
        assert_eq!(everything(dir, journal.end()).len(), *kept);
    }
    // What one gives back, another one takes.
    let largest = (0..4).max_by_key(|lane| kept[*lane]).unwrap();
    assert!(remove_before(&dirs[largest], journals[largest].end()).unwrap() > 0);
    let other = &mut journals[(largest + 1) % 4];
    until_taken(|| other.append(b"again"));
    other.commit().unwrap();
}

#[test]
fn a_journal_over_its_quota_opens_and_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let large = Options { segment_bytes: 1 << 12, max_bytes: 1 << 20 };
    let mut journal = Journal::open(dir.path(), large).unwrap();
    for _ in 0..100 {
        journal.append(&[1; 200]).unwrap();
    }
    journal.commit().unwrap();
    drop(journal);
    let small = Options { max_bytes: 1 << 13, ..large };
    let mut journal = reopened(dir.path(), small);
    assert!(matches!(journal.append(b"one more").unwrap_err(), JournalError::Full { .. }));
    assert_eq!(everything(dir.path(), journal.end()).len(), 100);
}

#[test]
fn options_that_allow_no_segment_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let none = Options { segment_bytes: 1 << 12, max_bytes: 100 };
    assert!(matches!(Journal::open(dir.path(), none), Err(JournalError::Options(_))));
}

/// A small file system of its own, unmounted at the end.
struct SmallDisk {
    path: PathBuf,
    _dir: tempfile::TempDir,
}

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_owned();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(&path);
        mount
            .output()
            .is_ok_and(|output| output.status.success())
            .then_some(Self { path, _dir: dir })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.path).status();
    }
}

#[test]
fn a_full_disk_is_an_error_and_what_was_refused_never_turns_up() {
    let Some(disk) = SmallDisk::mount("1m") else {
        eprintln!("skipped: needs the right to mount a tmpfs (run as root)");
        return;
    };
    let ballast = disk.path.join("ballast");
    let dir = disk.path.join("journal");
    // A segment prepared ahead is room already taken, so here segments have to grow.
    fs::write(&ballast, vec![1; 700 << 10]).unwrap();
    let options = Options { segment_bytes: 512 << 10, max_bytes: 1 << 30 };
    let mut journal = Journal::open(&dir, options).unwrap();
    let mut kept = Vec::new();
    let refused = loop {
        let records: Vec<Vec<u8>> = (0..10).map(|n| vec![kept.len() as u8 ^ n; 1500]).collect();
        let appended = records.iter().try_for_each(|record| journal.append(record).map(drop));
        match appended.and_then(|()| journal.commit()) {
            Ok(_) => kept.extend(records),
            Err(error) => break error,
        }
    };
    let JournalError::Io { source, .. } = &refused else { panic!("{refused}") };
    assert_eq!(source.kind(), std::io::ErrorKind::StorageFull);
    assert!(!kept.is_empty());
    assert_eq!(everything(&dir, journal.end()), kept);

    fs::remove_file(&ballast).unwrap();
    let end = until_taken(|| journal.append(b"again").and_then(|_| journal.commit()));
    kept.push(b"again".to_vec());
    assert_eq!(everything(&dir, end), kept);
    drop(journal);
    let journal = Journal::open(&dir, options).unwrap();
    assert_eq!(everything(&dir, journal.end()), kept);
}

#[test]
fn an_idle_commit_touches_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 1 << 12, max_bytes: 1 << 20 };
    let mut journal = Journal::open(dir.path(), options).unwrap();
    journal.append(b"one").unwrap();
    let end = journal.commit().unwrap();
    // With the folder gone, whatever looked at the disk would fail.
    fs::remove_dir_all(dir.path()).unwrap();
    assert_eq!(journal.commit().unwrap(), end);
}
