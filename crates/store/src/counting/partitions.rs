//! The partitions of events on PostgreSQL: one per week, created by its first event, dropped as a
//! whole.

use std::collections::BTreeSet;

use model::Timestamp;

use crate::StoreError;
use crate::engine::error::narrow;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    PARTITIONS_FIND = "SELECT c.relname::text FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass";
}

/// The width of a partition. Counted from 1970, so that every node cuts at the same places.
const WEEK: i64 = 7 * 24 * Timestamp::HOUR;

/// Drops the weeks that ended before `before`, and returns how many.
pub(crate) fn drop_weeks(
    bulk: &PostgresConnection<'_>,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let mut removed = 0;
    for name in partitions(bulk)? {
        let week = name.strip_prefix("events_w").and_then(|week| week.parse::<i64>().ok());
        if week.is_some_and(|week| (week + 1).saturating_mul(WEEK) <= before.0) {
            bulk.batch(&format!("DROP TABLE IF EXISTS {name}"))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Ensures that there are partitions for events of these times. Two nodes that create the same
/// partition conflict, and the later one starts again.
pub(crate) fn ensure_partitions(
    bulk: &PostgresConnection<'_>,
    times: impl Iterator<Item = Timestamp>,
) -> Result<(), StoreError> {
    let weeks: BTreeSet<i64> = times.map(|at| at.0.div_euclid(WEEK)).collect();
    let there = partitions(bulk)?;
    for week in weeks {
        // Times are never before 1970.
        let week: u32 = narrow(week, "the week of an event")?;
        let name = format!("events_w{week}");
        if !there.contains(&name) {
            let (from, to) = (i64::from(week) * WEEK, (i64::from(week) + 1) * WEEK);
            bulk.batch(&format!(
                "CREATE TABLE {name} PARTITION OF events FOR VALUES FROM ({from}) TO ({to})"
            ))?;
        }
    }
    Ok(())
}

fn partitions(bulk: &PostgresConnection<'_>) -> Result<Vec<String>, StoreError> {
    let rows = bulk.rows(PARTITIONS_FIND, &[])?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
