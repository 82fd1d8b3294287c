//! What a server tells about itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use model::Timestamp;
use tokio_postgres::SimpleQueryMessage;

use crate::StoreError;
use crate::engine::location::PostgresDatabase;
use crate::engine::postgres::{self, CONNECT, PostgresSession};
use crate::engine::postgres_connection::PostgresConnection;

/// What a PostgreSQL server tells about itself and our place in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresFacts {
    /// Such as `15.18`.
    pub version: String,
    /// 130000 and more will do.
    pub version_number: i64,
    /// Must be `UTF8`.
    pub encoding: String,
    /// Whether we may make tables.
    pub may_create: bool,
    /// Whether it takes writes: not a standby.
    pub writable: bool,
    /// Whether what it has confirmed survives a power cut (`fsync`).
    pub durable: bool,
    /// Connections in use, of all clients.
    pub connections: i64,
    /// Connections there may be.
    pub max_connections: i64,
    /// The server's clock when it answered.
    pub time: Timestamp,
    /// Ours, in the middle of the question.
    pub asked_at: Timestamp,
    /// How long a question and its answer take.
    pub round_trip: Duration,
}

const FACTS: &str =
    "SELECT current_setting('server_version'), current_setting('server_version_num'),
    (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()),
    has_schema_privilege(current_schema(), 'CREATE'), NOT pg_is_in_recovery(),
    current_setting('fsync'), (SELECT count(*) FROM pg_stat_activity),
    current_setting('max_connections'), to_regclass('schema_versions') IS NOT NULL";
const NOW: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";
const SCHEMA: &str = "SELECT coalesce(max(version), 0) FROM schema_versions";

/// Queries the server; the first value is the version of the schema, if there is one.
pub(crate) fn probe(
    database: &PostgresDatabase,
) -> Result<(Option<i64>, PostgresFacts), StoreError> {
    let mut session = PostgresSession::new(Arc::new(database.clone()))?;
    session.connect(Instant::now() + CONNECT)?;
    let PostgresSession { runtime, live: Some(live), .. } = &session else {
        return Err(postgres::unreachable());
    };
    let conversation = PostgresConnection::new(runtime, live);
    let facts = row(&conversation, FACTS)?;
    let text = |at: usize| facts.get(at).cloned().flatten().unwrap_or_default();
    let number = |at: usize| text(at).parse::<i64>().unwrap_or_default();
    let schema = match text(8) == "t" {
        true => row(&conversation, SCHEMA)?.into_iter().next().flatten(),
        false => None,
    };
    let (now, round_trip, asked_at) = timed(|| row(&conversation, NOW));
    let now = now?.into_iter().next().flatten().and_then(|now| now.parse().ok());
    let facts = PostgresFacts {
        version: text(0).split(' ').next().unwrap_or_default().to_owned(),
        version_number: number(1),
        encoding: text(2),
        may_create: text(3) == "t",
        writable: text(4) == "t",
        durable: text(5) == "on",
        connections: number(6),
        max_connections: number(7),
        time: Timestamp(now.unwrap_or_default()),
        asked_at,
        round_trip,
    };
    Ok((schema.and_then(|schema| schema.parse().ok()), facts))
}

fn row(
    conversation: &PostgresConnection<'_>,
    text: &str,
) -> Result<Vec<Option<String>>, StoreError> {
    let answers = conversation.simple(text)?;
    let found = answers.iter().find_map(|answer| match answer {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
        }
        _ => None,
    });
    found.ok_or_else(|| StoreError::Corrupt("the server tells nothing of itself".to_owned()))
}

/// How long a query took, and the time in the middle of it.
fn timed<T>(ask: impl FnOnce() -> T) -> (T, Duration, Timestamp) {
    let begun = Instant::now();
    let asked_at = Timestamp::from_system(std::time::SystemTime::now());
    let answer = ask();
    let round_trip = begun.elapsed();
    (answer, round_trip, asked_at.after(round_trip / 2))
}
