//! The exchange over an open connection: statements, one after the other.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::pin;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, SimpleQueryMessage, Statement};

use crate::StoreError;
use crate::engine::value::SqlValue;

/// Limit for one statement; the server's own comes first, so that a silent connection can be told
/// from a slow statement.
const STATEMENT: Duration = Duration::from_secs(35);
/// Limit for statements that touch a whole audience or table.
const LONG_STATEMENT: Duration = Duration::from_secs(60 * 60);

/// An open connection and what it has prepared.
pub(crate) struct ConnectedClient {
    client: Client,
    /// By the text itself; texts are constants.
    statements: RefCell<HashMap<&'static str, Statement>>,
}

impl ConnectedClient {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, statements: RefCell::default() }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

pub(crate) struct PostgresConnection<'c> {
    runtime: &'c Runtime,
    live: &'c ConnectedClient,
    limit: Cell<Duration>,
}

impl<'c> PostgresConnection<'c> {
    pub(crate) fn new(runtime: &'c Runtime, live: &'c ConnectedClient) -> Self {
        Self { runtime, live, limit: Cell::new(STATEMENT) }
    }

    /// Raises the limit for the statements of this transaction.
    pub(crate) fn be_patient(&self) -> Result<(), StoreError> {
        self.limit.set(LONG_STATEMENT);
        self.batch("SET LOCAL statement_timeout = '59min'")
    }

    fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, StoreError> {
        let limit = self.limit.get();
        match self.runtime.block_on(async { timeout(limit, answer).await }) {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(StoreError::Unreachable(format!("no answer within {limit:?}"))),
        }
    }

    /// The statement, prepared once per connection.
    pub(crate) fn prepare(&self, text: &'static str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.live.statements.borrow().get(text) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.live.client.prepare(text))?;
        self.live.statements.borrow_mut().insert(text, statement.clone());
        Ok(statement)
    }

    /// A statement that is dropped after its use: of texts that are made there is no end.
    pub(crate) fn prepare_once(&self, text: &str) -> Result<Statement, StoreError> {
        self.wait(self.live.client.prepare(text))
    }

    /// How many rows it changed.
    pub(crate) fn execute(
        &self,
        statement: &Statement,
        values: &[SqlValue<'_>],
    ) -> Result<usize, StoreError> {
        let changed = self.wait(self.live.client.execute_raw(statement, values))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// The rows it finds.
    pub(crate) fn query(
        &self,
        statement: &Statement,
        values: &[SqlValue<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let values: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.wait(self.live.client.query(statement, &values))
    }

    /// The rows that a bulk statement over arrays finds or returns.
    pub(crate) fn rows(
        &self,
        text: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepare(text)?;
        self.wait(self.live.client.query(&statement, values))
    }

    /// How many rows a bulk statement over arrays has changed.
    pub(crate) fn change(
        &self,
        text: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<usize, StoreError> {
        let statement = self.prepare(text)?;
        let changed = self.wait(self.live.client.execute(&statement, values))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// Inserts rows with `text`, a binary COPY; `like` is a query with the same columns. The values
    /// are row after row.
    pub(crate) fn copy(
        &self,
        text: &'static str,
        like: &'static str,
        values: &[SqlValue<'_>],
    ) -> Result<(), StoreError> {
        let columns = self.prepare(like)?;
        let types: Vec<Type> = columns.columns().iter().map(|each| each.type_().clone()).collect();
        let statement = self.prepare(text)?;
        self.wait(async {
            let sink = self.live.client.copy_in(&statement).await?;
            // One that is dropped before its end is refused by the server as a whole.
            let mut rows = pin!(BinaryCopyInWriter::new(sink, &types));
            for row in values.chunks_exact(types.len().max(1)) {
                rows.as_mut().write_raw(row.iter().copied()).await?;
            }
            rows.finish().await
        })
        .map(drop)
    }

    /// Runs statements without parameters, and returns their results as text.
    pub(crate) fn batch(&self, text: &str) -> Result<(), StoreError> {
        self.wait(self.live.client.batch_execute(text))
    }

    /// Runs statements without parameters, and returns their results as text.
    pub(crate) fn simple(&self, text: &str) -> Result<Vec<SimpleQueryMessage>, StoreError> {
        self.wait(self.live.client.simple_query(text))
    }
}
