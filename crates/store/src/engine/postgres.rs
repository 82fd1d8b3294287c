//! PostgreSQL: a connection that is reopened when it is lost.
//!
//! Invariants: a transaction is committed once or not at all, even when the connection breaks
//! during the commit: every writing transaction numbers itself in `write_sessions`, and the number
//! is looked up afterwards. A transaction that conflicts with another node's, or was lost before
//! its commit, is run again from the start; both are bounded. No wait is unlimited: connecting,
//! statements and locks have limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use crate::StoreError;
use crate::engine::location::PostgresDatabase;
use crate::engine::migrate;
use crate::engine::postgres_connection::{ConnectedClient, PostgresConnection};
use crate::engine::tx::{Tx, Written};

/// Limit for opening a connection, and for ending a transaction.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);
/// Between two tries to connect.
const AGAIN: Duration = Duration::from_millis(200);
/// How often a transaction is repeated because of a conflict.
const CONFLICTS: u32 = 8;
/// Rows of `write_sessions` are kept for this long.
const SESSIONS_KEPT: &str = "30 days";

/// The settings of every connection. The server gives up on a client that falls silent in the
/// middle of a transaction, so that a frozen node's locks do not hold up the others;
/// `synchronous_commit` may be stricter than `on`, never weaker. A statement is not compiled first:
/// where the planner guesses too high, that takes a hundred times as long as running it.
const GREETING: &str = "SET lock_timeout = '10s'; SET statement_timeout = '29s';
    SET idle_in_transaction_session_timeout = '5s'; SET client_min_messages = 'warning'; SET jit = off;
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3;
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') IN ('off', 'local')";

/// One connection, for one thread.
pub(crate) struct PostgresSession {
    database: Arc<PostgresDatabase>,
    pub(crate) runtime: Runtime,
    pub(crate) live: Option<ConnectedClient>,
    /// When opening a connection last failed.
    refused: Option<Instant>,
    /// The row of `write_sessions`; it stays the same when the connection is reopened.
    row: Option<i64>,
    /// The number of the last transaction that wrote.
    sequence: i64,
}

/// How an attempt to write failed.
enum WriteFailure<T> {
    Failed(StoreError),
    /// The commit was sent, and no answer came.
    Unanswered(Written<T>),
}

impl<T> From<StoreError> for WriteFailure<T> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl PostgresSession {
    /// Connects at the first use.
    pub(crate) fn new(database: Arc<PostgresDatabase>) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| StoreError::Unreachable(error.to_string()))?;
        Ok(Self { database, runtime, live: None, refused: None, row: None, sequence: 0 })
    }

    /// Ensures that the database has this release's schema.
    pub(crate) fn migrate(&mut self, by: Instant, upgrade: bool) -> Result<(), StoreError> {
        self.connect(by)?;
        let Self { runtime, live: Some(live), .. } = self else { return Err(unreachable()) };
        let conversation = PostgresConnection::new(runtime, live);
        migrate::postgres(&conversation, upgrade)
    }

    pub(crate) fn read<T>(
        &mut self,
        by: Instant,
        work: &impl Fn(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut conflicts = 0;
        loop {
            let error = match self.try_read(by, work) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            self.recover(error, by, &mut conflicts)?;
        }
    }

    pub(crate) fn write<T>(
        &mut self,
        by: Instant,
        work: &impl Fn(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<Written<T>, StoreError> {
        let mut conflicts = 0;
        loop {
            let error = match self.try_write(by, work) {
                Ok(written) => return Ok(written),
                Err(WriteFailure::Failed(error)) => error,
                Err(WriteFailure::Unanswered(written)) => {
                    self.live = None;
                    if self.was_kept(by)? {
                        return Ok(written);
                    }
                    unreachable()
                }
            };
            self.recover(error, by, &mut conflicts)?;
        }
    }

    /// Prepares another attempt, or returns the error.
    fn recover(
        &mut self,
        error: StoreError,
        by: Instant,
        conflicts: &mut u32,
    ) -> Result<(), StoreError> {
        match error {
            StoreError::Conflict(_) if *conflicts < CONFLICTS => {
                *conflicts += 1;
                Ok(())
            }
            StoreError::Unreachable(why) => {
                self.live = None;
                if Instant::now() >= by {
                    return Err(StoreError::Unreachable(why));
                }
                tracing::debug!(why, "reopening the connection to the database");
                Ok(())
            }
            error => Err(error),
        }
    }

    fn try_read<T>(
        &mut self,
        by: Instant,
        work: &impl Fn(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.connect(by)?;
        let Self { runtime, live: Some(live), .. } = self else { return Err(unreachable()) };
        let conversation = PostgresConnection::new(runtime, live);
        conversation.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let value = work(&Tx::postgres(conversation));
        // A read that was done is good whatever becomes of its connection.
        let lost = matches!(value, Err(StoreError::Unreachable(_)));
        if lost || PostgresConnection::new(runtime, live).batch("COMMIT").is_err() {
            self.live = None;
        }
        value
    }

    fn try_write<T>(
        &mut self,
        by: Instant,
        work: &impl Fn(&Tx<'_>) -> Result<T, StoreError>,
    ) -> Result<Written<T>, WriteFailure<T>> {
        self.connect(by)?;
        self.begin_write()?;
        let Self { runtime, live: Some(live), .. } = self else { return Err(unreachable().into()) };
        let tx = Tx::postgres(PostgresConnection::new(runtime, live));
        let worked = work(&tx).map(|value| (value, tx.moved_removals()));
        drop(tx);
        let conversation = PostgresConnection::new(runtime, live);
        match worked {
            Ok(written) => match conversation.batch("COMMIT") {
                Ok(()) => Ok(written),
                Err(StoreError::Unreachable(_)) => Err(WriteFailure::Unanswered(written)),
                Err(error) => Err(error.into()),
            },
            Err(error) => {
                // Dropping a connection rolls back as well, and a silent one is not asked again.
                let lost = matches!(error, StoreError::Unreachable(_));
                if lost || conversation.batch("ROLLBACK").is_err() {
                    self.live = None;
                }
                Err(error.into())
            }
        }
    }

    /// Begins, and numbers the transaction in the same round trip.
    fn begin_write(&mut self) -> Result<(), StoreError> {
        let row = match self.row {
            Some(row) => row,
            None => self.enter_session()?,
        };
        self.sequence += 1;
        let text = format!(
            "BEGIN; UPDATE write_sessions SET sequence = {}, entered_at = now() WHERE id = {row}",
            self.sequence
        );
        let Self { runtime, live: Some(live), .. } = self else { return Err(unreachable()) };
        let answers = PostgresConnection::new(runtime, live).simple(&text)?;
        let numbered =
            answers.iter().any(|answer| matches!(answer, SimpleQueryMessage::CommandComplete(1)));
        if numbered {
            return Ok(());
        }
        // Somebody has put an older state of the database back.
        self.row = None;
        self.live = None;
        Err(unreachable())
    }

    fn enter_session(&mut self) -> Result<i64, StoreError> {
        let Self { runtime, live: Some(live), .. } = self else { return Err(unreachable()) };
        let text = format!(
            "DELETE FROM write_sessions WHERE id IN (SELECT id FROM write_sessions
                WHERE entered_at < now() - interval '{SESSIONS_KEPT}' FOR UPDATE SKIP LOCKED);
            INSERT INTO write_sessions (sequence) VALUES (0) RETURNING id"
        );
        let answers = PostgresConnection::new(runtime, live).simple(&text)?;
        let row = answers.iter().find_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        });
        self.row = row;
        row.ok_or_else(|| StoreError::Corrupt("write_sessions gives no number".to_owned()))
    }

    /// Whether the last transaction was committed. Waits for it to end if it is still running: it
    /// holds the lock of its row.
    fn was_kept(&mut self, by: Instant) -> Result<bool, StoreError> {
        // The answer is worth a longer wait than the caller had in mind.
        let by = by.max(Instant::now() + CONNECT * 2);
        let Some(row) = self.row else { return Err(StoreError::Undecided) };
        let text = format!("SELECT sequence FROM write_sessions WHERE id = {row} FOR UPDATE");
        loop {
            let asked = self.connect(by).and_then(|()| {
                let Self { runtime, live: Some(live), .. } = self else {
                    return Err(unreachable());
                };
                PostgresConnection::new(runtime, live).simple(&text)
            });
            match asked {
                Ok(answers) => {
                    let kept = answers.iter().find_map(|answer| match answer {
                        SimpleQueryMessage::Row(row) => row.get(0)?.parse::<i64>().ok(),
                        _ => None,
                    });
                    return kept.map(|kept| kept == self.sequence).ok_or(StoreError::Undecided);
                }
                Err(_) if Instant::now() < by => {
                    self.live = None;
                    self.runtime.block_on(async { sleep(AGAIN).await });
                }
                Err(_) => return Err(StoreError::Undecided),
            }
        }
    }

    /// Ensures that there is a connection; tries until `by`, at least once.
    pub(crate) fn connect(&mut self, by: Instant) -> Result<(), StoreError> {
        if self.live.as_ref().is_some_and(|live| !live.is_closed()) {
            return Ok(());
        }
        self.live = None;
        // Calls that have waited their time in the queue do not each try on their own.
        if Instant::now() >= by && self.refused.is_some_and(|at| at.elapsed() < CONNECT) {
            return Err(unreachable());
        }
        loop {
            let opened = self.runtime.block_on(open(&self.database));
            self.refused = opened.is_err().then(Instant::now);
            match opened {
                Ok(live) => {
                    self.live = Some(live);
                    return Ok(());
                }
                Err(StoreError::Unreachable(why)) if Instant::now() + AGAIN < by => {
                    tracing::debug!(why, "can't reach the database yet");
                    self.runtime.block_on(async { sleep(AGAIN).await });
                }
                Err(error) => return Err(error),
            }
        }
    }
}

pub(crate) fn unreachable() -> StoreError {
    StoreError::Unreachable("the connection was lost".to_owned())
}

/// Opens a connection. The task that serves it runs on the caller's runtime while the caller waits
/// for an answer.
async fn open(database: &PostgresDatabase) -> Result<ConnectedClient, StoreError> {
    let mut config = database.config.clone();
    config
        .connect_timeout(CONNECT)
        .keepalives_idle(Duration::from_secs(10))
        .tcp_user_timeout(Duration::from_secs(20));
    let opened = async {
        let client = match &database.tls {
            Some(tls) => {
                let (client, serve) = config.connect(tls.clone()).await?;
                tokio::spawn(async move { serve.await.is_ok() });
                client
            }
            None => {
                let (client, serve) = config.connect(NoTls).await?;
                tokio::spawn(async move { serve.await.is_ok() });
                client
            }
        };
        client.batch_execute(GREETING).await?;
        Ok::<_, tokio_postgres::Error>(client)
    };
    match timeout(CONNECT * 2, opened).await {
        Ok(Ok(client)) => Ok(ConnectedClient::new(client)),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => Err(StoreError::Unreachable(format!("no answer within {:?}", CONNECT * 2))),
    }
}

#[cfg(test)]
pub(crate) mod tests;
