//! Group commit: many waiters, one commit.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::rc::Rc;

use journal::{GroupCommit, Journal, JournalError, Options, Position, Reader};
use tokio::runtime::{LocalOptions, LocalRuntime};

const OPTIONS: Options = Options { segment_bytes: 1 << 16, max_bytes: 1 << 20 };

fn runtime() -> LocalRuntime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .unwrap()
}

fn count(dir: &Path, until: Position) -> usize {
    let mut reader = Reader::open(dir, Position::START).unwrap();
    std::iter::from_fn(|| reader.next(until).unwrap().map(drop)).count()
}

#[test]
fn a_record_is_durable_when_its_waiter_hears_so() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), OPTIONS).unwrap();
    runtime().block_on(async {
        let (group, driver) = GroupCommit::new(journal);
        let driver = tokio::task::spawn_local(driver);
        let tasks: Vec<_> = (0..500_u32)
            .map(|n| {
                let (group, dir) = (group.clone(), dir.path().to_owned());
                tokio::task::spawn_local(async move {
                    let at = group.append(&n.to_le_bytes()).await.unwrap();
                    assert!(at < group.durable().end());
                    let mut reader = Reader::open(&dir, at).unwrap();
                    let (_, record) = reader.next(group.durable().end()).unwrap().unwrap();
                    assert_eq!(record, n.to_le_bytes());
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        drop(group);
        driver.await.unwrap();
    });
}

#[test]
fn commits_are_counted_with_their_records() {
    use std::sync::atomic::Ordering::Relaxed;
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), OPTIONS).unwrap();
    let counters = journal.counters();
    journal.commit().unwrap();
    for records in [1, 5] {
        for _ in 0..records {
            journal.append(b"one").unwrap();
        }
        journal.commit().unwrap();
    }
    assert_eq!((counters.commits.load(Relaxed), counters.records.load(Relaxed)), (2, 6));
}

#[test]
fn the_last_handle_commits_what_nobody_waits_for() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), OPTIONS).unwrap();
    let durable = journal.durable();
    runtime().block_on(async {
        let (group, driver) = GroupCommit::new(journal);
        group.append_unawaited(b"one").unwrap();
        drop(group.append(b"two"));
        drop(group);
        driver.await;
    });
    assert_eq!(count(dir.path(), durable.end()), 2);
}

#[test]
fn a_dropped_waiter_harms_nobody() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), OPTIONS).unwrap();
    runtime().block_on(async {
        let (group, driver) = GroupCommit::new(journal);
        let driver = tokio::task::spawn_local(driver);
        for _ in 0..10 {
            let doomed = Rc::new(group.clone());
            let task = tokio::task::spawn_local(async move { doomed.append(b"doomed").await });
            tokio::task::yield_now().await;
            task.abort();
            group.append(b"kept").await.unwrap();
        }
        group.flush().await.unwrap();
        assert_eq!(count(dir.path(), group.durable().end()), 20);
        drop(group);
        driver.await.unwrap();
    });
}

#[test]
fn a_failed_commit_fails_every_waiter_and_the_next_one_works() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("journal");
    let journal = Journal::open(&folder, Options { segment_bytes: 64, ..OPTIONS }).unwrap();
    runtime().block_on(async {
        let (group, driver) = GroupCommit::new(journal);
        let driver = tokio::task::spawn_local(driver);
        group.append(b"kept").await.unwrap();
        // The records below need new segments, whose names are taken by folders.
        let first = group.durable().end().segment;
        let blocks: Vec<_> =
            (1..9).map(|n| folder.join(format!("{:020}.seg", first + n))).collect();
        let waiters: Vec<_> = (0..8).map(|_| group.append(&[7; 40])).collect();
        blocks.iter().for_each(|block| std::fs::create_dir(block).unwrap());
        let mut lost = 0;
        for waiter in waiters {
            match waiter.await {
                Ok(at) => assert_eq!(at.segment, first),
                Err(error) => {
                    assert!(matches!(error, JournalError::Io { .. }), "{error}");
                    lost += 1;
                }
            }
        }
        assert_eq!(lost, 7, "only the first record fits into the segment that is there");
        blocks.iter().for_each(|block| std::fs::remove_dir(block).unwrap());
        group.append(b"kept").await.unwrap();
        assert_eq!(count(&folder, group.durable().end()), 3);
        drop(group);
        driver.await.unwrap();
    });
}

#[test]
fn nobody_waits_for_a_driver_that_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path(), OPTIONS).unwrap();
    runtime().block_on(async {
        let (group, driver) = GroupCommit::new(journal);
        let waiter = group.append(b"one");
        drop(driver);
        assert!(matches!(waiter.await, Err(JournalError::Closed)));
        assert!(matches!(group.append(b"two").await, Err(JournalError::Closed)));
    });
}

#[test]
fn the_durable_end_is_followed_from_another_thread() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::open(dir.path(), OPTIONS).unwrap();
    let durable = journal.durable();
    let (start, folder) = (durable.end(), dir.path().to_owned());
    let follower = std::thread::spawn(move || {
        let end = runtime().block_on(durable.changed_since(start));
        count(&folder, end)
    });
    journal.append(b"one").unwrap();
    journal.commit().unwrap();
    assert_eq!(follower.join().unwrap(), 1);
}
