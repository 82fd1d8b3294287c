//! The partitions of events on PostgreSQL: one per week, created by its first event, dropped as a
//! whole.

use std::collections::BTreeSet;

use model::Timestamp;
use tokio_postgres::SimpleQueryMessage;

use crate::StoreError;
use crate::counting::expired_events::{self, LastRemoved};
use crate::engine::error::narrow;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;
use crate::engine::tx::Tx;

postgres_texts! {
    PARTITIONS_FIND = "SELECT c.relname::text FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass";
}

/// The width of a partition. Counted from 1970, so that every node cuts at the same places.
const WEEK: i64 = 7 * 24 * Timestamp::HOUR;

/// Drops the weeks that ended before `before`, and returns how many.
pub(crate) fn drop_weeks(
    tx: &Tx<'_>,
    bulk: &PostgresConnection<'_>,
    before: Timestamp,
) -> Result<u64, StoreError> {
    let mut removed = 0;
    for name in partitions(bulk)? {
        let week = name.strip_prefix("events_w").and_then(|week| week.parse::<i64>().ok());
        if week.is_some_and(|week| (week + 1).saturating_mul(WEEK) <= before.0) {
            let end = Timestamp(week.unwrap_or_default().saturating_add(1).saturating_mul(WEEK));
            expired_events::note(tx, &last_of(bulk, &name)?, end)?;
            bulk.batch(&format!("DROP TABLE IF EXISTS {name}"))?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The last event of each node in a partition: over the index by node, one step for each node.
fn last_of(bulk: &PostgresConnection<'_>, name: &str) -> Result<LastRemoved, StoreError> {
    let rows = bulk.simple(&format!(
        "WITH RECURSIVE n AS (
            SELECT min(node) AS node FROM {name}
            UNION ALL SELECT (SELECT min(node) FROM {name} WHERE node > n.node) FROM n
            WHERE n.node IS NOT NULL
        )
        SELECT n.node, l.segment, l.byte_offset FROM n CROSS JOIN LATERAL (
            SELECT segment, byte_offset FROM {name} e WHERE e.node = n.node
            ORDER BY segment DESC, byte_offset DESC LIMIT 1
        ) l"
    ))?;
    let mut last = LastRemoved::new();
    for row in rows {
        let SimpleQueryMessage::Row(row) = row else { continue };
        let number = |column: usize| {
            let number = row.get(column).and_then(|text| text.parse::<i64>().ok());
            number.ok_or_else(|| StoreError::Corrupt("an event without its place".to_owned()))
        };
        let place = (narrow(number(1)?, "a segment")?, narrow(number(2)?, "an offset")?);
        last.insert(narrow(number(0)?, "a node")?, place);
    }
    Ok(last)
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
