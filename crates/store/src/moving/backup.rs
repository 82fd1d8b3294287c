//! Copies a SQLite store while others use it.
//!
//! Invariants: the copy is a single state of the store, that of the moment it was begun, however
//! long it takes; no writer waits for it; it includes what is in the log. It is one file, without a
//! log, and has been read through before it counts as a copy.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::engine::sqlite::create_private;
use crate::{StoreError, engine::migrate};

/// 4 MiB: often enough for a progress bar.
const PAGES_A_STEP: i32 = 1_024;
/// How long to wait for a lock that another process holds.
const LOCK_WAIT: Duration = Duration::from_secs(30);

/// How far a copy is, in pages of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopyProgress {
    /// Pages that are copied.
    pub done: u64,
    /// Pages that the copy will have.
    pub pages: u64,
}

/// Copies the SQLite store at `from` into the new file `to` and returns the version of its schema.
/// Blocks for as long as that takes. Stops when `go_on` returns false.
///
/// # Errors
/// When `to` exists, the store can't be read or is from a newer release, or the copy can't be
/// written or proves damaged; then a part of it may be left there. [`StoreError::Closed`] when it
/// was stopped.
pub fn copy_file(
    from: &Path,
    to: &Path,
    mut go_on: impl FnMut(CopyProgress) -> bool,
) -> Result<i64, StoreError> {
    let fail =
        |path: &Path, why: String| StoreError::Open { store: path.display().to_string(), why };
    let open = |path: &Path| {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags);
        opened.map_err(|error| fail(path, error.to_string()))
    };
    let source = open(from)?;
    source.busy_timeout(LOCK_WAIT)?;
    // A transaction that reads holds the state; steps outside of one would begin again with every
    // change by another process, and never end beside a busy server.
    source.execute_batch("BEGIN")?;
    let schema: i64 = source.query_row(migrate::LATEST, [], |row| row.get(0))?;
    if schema > migrate::KNOWN {
        return Err(StoreError::Newer { found: schema, known: migrate::KNOWN });
    }
    if to.exists() {
        return Err(fail(to, "it already exists".to_owned()));
    }
    create_private(to).map_err(|error| fail(to, error.to_string()))?;
    let mut copy = open(to)?;
    copy.pragma_update(None, "synchronous", "off")?;
    let backup = Backup::new(&source, &mut copy)?;
    loop {
        let step = backup.step(PAGES_A_STEP)?;
        let progress = backup.progress();
        let number = |pages: i32| u64::try_from(pages).unwrap_or(0);
        let (pages, left) = (number(progress.pagecount), number(progress.remaining));
        if !go_on(CopyProgress { done: pages.saturating_sub(left), pages }) {
            return Err(StoreError::Closed);
        }
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(StoreError::Busy),
        }
    }
    drop(backup);
    finish(copy, to).and_then(|()| sync(to).map_err(|error| fail(to, error.to_string())))?;
    Ok(schema)
}

/// Turns the copy into a single file, and reads it through.
fn finish(copy: Connection, path: &Path) -> Result<(), StoreError> {
    let mode: String =
        copy.pragma_update_and_check(None, "journal_mode", "delete", |row| row.get(0))?;
    let said: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if mode != "delete" || said != "ok" {
        return Err(StoreError::Corrupt(format!("the copy {}: {said}", path.display())));
    }
    copy.close().map_err(|(_, error)| error.into())
}

fn sync(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::run;
    use crate::tests::world::World;
    use crate::{Store, StoreOptions};

    #[test]
    fn a_copy_is_one_state_of_a_store_at_work_and_knows_that_it_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("store"), folder.path().join("copy"));
        let store = Store::open(&path, StoreOptions::default()).unwrap();
        run(async {
            let world = World::with_contacts(store, 40).await;
            let campaign = world.started().await;
            let name = || "a".to_owned();
            world.store.checkpoint_move(name(), None, "1".to_owned()).await.unwrap();
            let mut steps = 0;
            // Everything lies in the log still: nothing was copied into the file itself.
            let schema = copy_file(&path, &copy, |_| {
                steps += 1;
                let writer = Connection::open(&path).unwrap();
                writer.execute("DELETE FROM contacts", []).unwrap() < 99
            });
            assert_eq!((schema.unwrap(), steps), (migrate::KNOWN, 1));
            let there: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
            let names = there.into_iter().map(|it| it.unwrap().file_name().into_string().unwrap());
            assert_eq!(names.filter(|name| name.starts_with("copy")).count(), 1, "one file");
            let copied = Store::open(&copy, StoreOptions::default()).unwrap();
            assert_eq!(copied.deliveries_count(campaign).await.unwrap().total(), 40);
            assert!(copied.contact_find(world.contacts[0]).await.unwrap().is_some());
            assert!(world.store.contact_find(world.contacts[0]).await.unwrap().is_none());
            let (here, there) = (world.store.standing(name()), copied.standing(name()));
            assert!(here.await.unwrap().in_place);
            assert!(!there.await.unwrap().in_place);
        });
        let refused = copy_file(&path, &copy, |_| true).unwrap_err().to_string();
        assert!(refused.contains("it already exists"), "{refused}");
    }
}
