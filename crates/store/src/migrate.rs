//! Brings a store to this release's schema.
//!
//! Invariants: forward only, in order, each step once; the whole walk is one transaction under the
//! write lock, so of two processes that start together one migrates and the other finds it done.
//! A store of a newer release is refused before anything is touched.

use std::time::SystemTime;

use model::Timestamp;
use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

/// Every step, in order; the first is version 1. A released step is never edited.
const STEPS: &[(&str, &str)] =
    &[("first_light", include_str!("../migrations/sqlite/0001_first_light.sql"))];

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_versions (
    version    INTEGER NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT";

/// Applies the steps that the store has not seen.
///
/// # Errors
/// [`StoreError::Newer`] for a store of a newer release; whatever the database says otherwise.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    apply(connection, STEPS)
}

fn apply(connection: &mut Connection, steps: &[(&str, &str)]) -> Result<(), StoreError> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(VERSIONS)?;
    let latest = "SELECT coalesce(max(version), 0) FROM schema_versions";
    let found: i64 = tx.query_row(latest, [], |row| row.get(0))?;
    let mut version = 0;
    for (name, step) in steps {
        version += 1;
        if version > found {
            tx.execute_batch(step)?;
            tx.execute(
                "INSERT INTO schema_versions (version, name, applied_at) VALUES (?1, ?2, ?3)",
                (version, name, Timestamp::from_system(SystemTime::now()).0),
            )?;
        }
    }
    if found > version {
        return Err(StoreError::Newer { found, known: version });
    }
    tx.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(connection: &Connection) -> Vec<i64> {
        let mut all = connection.prepare("SELECT version FROM schema_versions ORDER BY 1").unwrap();
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_step_is_applied_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(versions(&connection), [1]);
    }

    #[test]
    fn a_newer_release_goes_on_from_where_the_older_one_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        let one = ("one", "CREATE TABLE a (x INTEGER)");
        let two = ("two", "ALTER TABLE a ADD COLUMN y INTEGER");
        apply(&mut connection, &[one]).unwrap();
        apply(&mut connection, &[one, two]).unwrap();
        assert_eq!(versions(&connection), [1, 2]);
        connection.execute("INSERT INTO a (x, y) VALUES (1, 2)", []).unwrap();
    }

    #[test]
    fn a_step_that_fails_leaves_the_store_as_it_was() {
        let mut connection = Connection::open_in_memory().unwrap();
        let one = ("one", "CREATE TABLE a (x INTEGER)");
        let broken = ("broken", "CREATE TABLE b (x INTEGER); CREATE TABLE a (x INTEGER)");
        apply(&mut connection, &[one]).unwrap();
        assert!(apply(&mut connection, &[one, broken]).is_err());
        assert_eq!(versions(&connection), [1]);
        assert!(connection.prepare("SELECT x FROM b").is_err());
    }

    #[test]
    fn a_store_of_a_newer_release_is_refused_with_both_versions() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = [("one", "SELECT 1"), ("two", "SELECT 1")];
        apply(&mut connection, &steps).unwrap();
        let refused = apply(&mut connection, &steps[..1]).unwrap_err().to_string();
        assert!(refused.contains("version 2") && refused.contains("up to 1"), "{refused}");
        assert_eq!(versions(&connection), [1, 2]);
    }
}
