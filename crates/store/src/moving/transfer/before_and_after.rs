//! What a transfer does before its first row and after its last.

use model::Timestamp;

use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::{NODE_ALIVE, Store, StoreError};

use super::catalogue::CATALOGUE;
use super::{Side, TransferProblem, at_source, at_target};

texts! {
    NODE_AT_WORK = "SELECT number, host FROM nodes WHERE seen_at > $1 ORDER BY number LIMIT 1";
    FILE = "SELECT file FROM pragma_database_list WHERE name = 'main'";
}

/// Differs for another database or server, whatever its address.
const DATABASE: &str = "SELECT CAST(extract(epoch FROM pg_postmaster_start_time()) * 1000000 \
    AS BIGINT), CAST(oid AS BIGINT), CAST(coalesce(inet_server_port(), 0) AS BIGINT) \
    FROM pg_database WHERE datname = current_database()";

/// Refuses the same store for both sides, and stores that a node is using. Returns the source's
/// time.
pub(super) async fn nobody_at_work(
    from: &Store,
    to: &Store,
    now: Timestamp,
) -> Result<Timestamp, TransferProblem> {
    let source = from.read(identity).await.map_err(at_source)?;
    let target = to.read(identity).await.map_err(at_target)?;
    if source == target {
        return Err(TransferProblem::Same);
    }
    let looked = to.read(move |tx| at_work(tx, tx.clock(now)?)).await;
    refuse(Side::Target, looked.map_err(at_target)?)?;
    let looked = from.read(move |tx| {
        let began = tx.clock(now)?;
        Ok((began, at_work(tx, began)?))
    });
    let (began, node) = looked.await.map_err(at_source)?;
    refuse(Side::Source, node)?;
    Ok(began)
}

pub(super) type AtWork = Option<(u16, String)>;

/// A node that was seen shortly before `since`, or after it.
pub(super) fn at_work(tx: &Tx<'_>, since: Timestamp) -> Result<AtWork, StoreError> {
    let alive = i64::try_from(NODE_ALIVE.as_micros()).unwrap_or(i64::MAX);
    tx.first(NODE_AT_WORK, [since.0.saturating_sub(alive)], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(super) fn refuse(side: Side, found: AtWork) -> Result<(), TransferProblem> {
    match found {
        None => Ok(()),
        Some((node, host)) => Err(TransferProblem::AtWork { side, node, host }),
    }
}

/// What distinguishes a store from every other, whatever path or address leads there.
fn identity(tx: &Tx<'_>) -> Result<String, StoreError> {
    let Some(bulk) = tx.bulk() else { return tx.one(FILE, (), |row| Ok(file(row.text(0)?))) };
    let rows = bulk.rows(DATABASE, &[])?;
    let row = rows.first().ok_or_else(|| StoreError::Corrupt("no database".to_owned()))?;
    let numbers: (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(format!("{numbers:?}"))
}

#[cfg(unix)]
fn file(path: &str) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let place = std::fs::metadata(path).map(|about| format!("{}:{}", about.dev(), about.ino()));
    place.unwrap_or_else(|_| path.to_owned())
}

#[cfg(not(unix))]
fn file(path: &str) -> String {
    path.to_owned()
}

/// How many rows each table has.
pub(super) async fn rows(store: &Store) -> Result<Vec<u64>, StoreError> {
    let count = |tx: &Tx<'_>| {
        if let Some(bulk) = tx.bulk() {
            bulk.be_patient()?;
        }
        let counts = CATALOGUE.iter().map(|table| {
            let rows = tx.one(table.count.sql(), (), |row| row.get::<i64>(0))?;
            crate::engine::error::narrow(rows, "a count")
        });
        counts.collect()
    };
    store.read(count).await
}

/// Lets the target give out ids from where the source would continue: none is ever used twice. Rows
/// inserted with their ids do not move PostgreSQL's counters.
pub(super) async fn go_on_counting(from: &Store, to: &Store) -> Result<(), TransferProblem> {
    let numbered = || CATALOGUE.iter().filter_map(|table| table.numbers.as_ref());
    let read = from.read(move |tx| {
        let last = |text| tx.one(text, (), |row| row.get::<i64>(0));
        numbered().map(|numbers| last(numbers.last.sql())).collect::<Result<Vec<_>, _>>()
    });
    let last = read.await.map_err(at_source)?;
    let write = to.write(move |tx| {
        for (numbers, last) in numbered().zip(&last).filter(|(_, last)| **last > 0) {
            tx.first(numbers.go_on.sql(), [*last], |_| Ok(()))?;
        }
        if let Some(bulk) = tx.bulk() {
            // The planner knows nothing yet of what has just arrived.
            bulk.be_patient()?;
            bulk.batch("ANALYZE")?;
        }
        Ok(())
    });
    write.await.map_err(at_target)
}
