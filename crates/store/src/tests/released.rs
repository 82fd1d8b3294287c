//! What the release before this one does while the schema is already this release's: its servers
//! go on working beside the new ones until they are replaced.
//!
//! `released/statements.sql` holds every statement of that release. When a release is cut, the
//! file is written anew with `PHAROS_RELEASE=1 cargo test -p store statements_of_the_release`, and
//! [`RELEASED`] becomes the version of its schema. A step that takes something away then has to
//! wait until the release in the file does without it.

use std::collections::BTreeSet;
use std::path::Path;

use rusqlite::Connection;

use super::{location, postgres, run};
use crate::engine::migrate::{KNOWN, sqlite_of, steps_after};
use crate::engine::{postgres, sqlite};
use crate::{Store, StoreError, StoreOptions};

/// The version of the schema that the release before works with.
const RELEASED: i64 = 1;
const STATEMENTS: &str = include_str!("released/statements.sql");
/// Before a statement: the databases that it is for, and its name.
const BOTH: &str = "-- both: ";
const POSTGRES_ONLY: &str = "-- postgres: ";

/// A statement of the release before.
struct ReleasedStatement {
    name: &'static str,
    text: &'static str,
    postgres_only: bool,
}

fn statements() -> Vec<ReleasedStatement> {
    let sections = STATEMENTS.split("\n\n").filter(|section| !section.trim().is_empty());
    let read = |section: &'static str| {
        let (title, text) = section.split_once('\n').unwrap();
        let both = title.strip_prefix(BOTH);
        let name = both.or_else(|| title.strip_prefix(POSTGRES_ONLY)).unwrap();
        ReleasedStatement { name, text, postgres_only: both.is_none() }
    };
    sections.map(read).collect()
}

/// The statements of this release, as the file keeps them.
fn own_statements() -> String {
    let flat = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    let portable = sqlite::tests::TEXTS.into_iter().flatten().chain(crate::engine::tx::TEXTS);
    let portable = portable.map(|sql| format!("{BOTH}{}\n{}\n\n", sql.name, flat(sql.postgres)));
    let bulk = postgres::tests::BULK_TEXTS.into_iter().flatten();
    let bulk = bulk.map(|(name, text)| format!("{POSTGRES_ONLY}{name}\n{}\n\n", flat(text)));
    portable.chain(bulk).collect()
}

#[test]
fn the_statements_of_the_release_are_kept() {
    let own = own_statements();
    if std::env::var_os("PHAROS_RELEASE").is_some() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/released/statements.sql");
        std::fs::write(file, own).unwrap();
        return;
    }
    assert!(statements().len() > 90, "the file was cut off");
    if KNOWN == RELEASED {
        assert!(own == STATEMENTS, "write the file anew: what it holds is not released yet");
    }
}

#[test]
fn statements_of_the_release_before_are_prepared_on_the_schema_of_this_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(Store::open(&path, StoreOptions::default()).unwrap());
    let connection = Connection::open(&path).unwrap();
    for ReleasedStatement { name, text, .. } in statements().iter().filter(|it| !it.postgres_only) {
        let prepared = connection.prepare(&text.replace('$', "?"));
        assert!(prepared.is_ok(), "{name} of the release before: {prepared:?}");
    }
    let store = postgres();
    let on_postgres = store.read(|tx| {
        for ReleasedStatement { name, text, .. } in statements() {
            let prepared = tx.bulk().unwrap().prepare(text);
            prepared.map_err(|error| StoreError::Corrupt(format!("{name}: {error}")))?;
        }
        Ok(())
    });
    run(on_postgres).unwrap();
}

/// Table, column, whether an INSERT that does not name it fails.
fn columns(connection: &Connection) -> BTreeSet<(String, String, bool)> {
    let mut found = connection
        .prepare(
            "SELECT m.name, c.name, c.\"notnull\" = 1 AND c.dflt_value IS NULL
            FROM sqlite_schema m JOIN pragma_table_info(m.name) c
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'",
        )
        .unwrap();
    let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn rows_of_the_release_before_need_no_new_column() {
    let (mut before, mut now) =
        (Connection::open_in_memory().unwrap(), Connection::open_in_memory().unwrap());
    sqlite_of(&mut before, RELEASED);
    sqlite_of(&mut now, KNOWN);
    let before = columns(&before);
    let tables: BTreeSet<_> = before.iter().map(|(table, ..)| table).collect();
    let now = columns(&now);
    let needed = now.difference(&before).filter(|it| tables.contains(&it.0) && it.2);
    assert_eq!(needed.collect::<Vec<_>>(), Vec::<&(String, String, bool)>::new());
    // A column that is renamed or goes is found by the statements, a rule that is added is not.
    for step in steps_after(RELEASED) {
        assert!(!step.contains("ADD CONSTRAINT"), "an older server's rows may break it: {step}");
    }
}

#[test]
fn only_an_upgrade_touches_a_store_of_the_release_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    sqlite_of(&mut Connection::open(&path).unwrap(), KNOWN - 1);
    for _ in 0..2 {
        let refused = Store::open(&path, StoreOptions::default()).unwrap_err();
        assert!(matches!(refused, StoreError::Older { .. }), "{refused}");
        assert!(refused.to_string().contains("pharos upgrade"), "{refused}");
    }
    let upgrade = StoreOptions { upgrade: true, ..StoreOptions::default() };
    drop(Store::open(&path, upgrade).unwrap());
    drop(Store::open(&path, StoreOptions::default()).unwrap());
}

#[test]
fn only_an_upgrade_touches_a_database_of_the_release_before() {
    let server = testkit::Postgres::shared();
    let url = server.database();
    drop(Store::open(location(&url), StoreOptions::default()).unwrap());
    // The steps themselves are run on every fresh database; here only the question counts.
    server.query(&url, "UPDATE schema_versions SET version = version - 100");
    let refused = Store::open(location(&url), StoreOptions::default()).unwrap_err();
    assert!(matches!(refused, StoreError::Older { .. }), "{refused}");
    assert!(refused.to_string().contains("pharos upgrade"), "{refused}");
}

#[test]
fn a_store_that_is_up_to_date_is_opened_without_the_write_lock() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let _at_work = Store::open(&path, StoreOptions::default()).unwrap();
    let importer = Connection::open(&path).unwrap();
    importer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let impatient = StoreOptions { busy_timeout: std::time::Duration::ZERO, ..Default::default() };
    let report = Store::open(&path, impatient).unwrap();
    assert_eq!(run(report.topics_list()).unwrap().len(), 0);
}
