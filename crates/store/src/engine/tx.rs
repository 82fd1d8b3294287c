//! The verbs of a transaction, the same over SQLite and PostgreSQL.

use std::cell::{Cell, RefCell};

use model::Timestamp;
use rusqlite::{CachedStatement, Transaction};

use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::{Sql, texts};
use crate::engine::value::{Params, SqlRow};

texts! {
    REMOVALS_BUMP = "UPDATE removal_epochs SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch";
    /// Also read by the thread that watches for removals by other processes.
    REMOVALS_READ = "SELECT epoch FROM removal_epochs WHERE id = 1";
}

/// Microseconds since 1970 by the server's clock.
const CLOCK: &str = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)";

/// The result of a transaction that wrote, and the removal epoch if it has advanced it.
pub(crate) type Written<T> = (T, Option<u64>);

/// One transaction, for reading or for writing.
pub(crate) struct Tx<'c> {
    inner: TxInner<'c>,
    removals: Cell<Option<u64>>,
    made: Cell<Option<i64>>,
    actor: RefCell<Option<String>>,
}

enum TxInner<'c> {
    Sqlite(Transaction<'c>),
    Postgres(PostgresConnection<'c>),
}

/// A statement that is at hand.
pub(crate) enum Statement<'t> {
    Sqlite(CachedStatement<'t>),
    Postgres(&'t PostgresConnection<'t>, tokio_postgres::Statement),
}

impl<'c> Tx<'c> {
    pub(crate) fn sqlite(transaction: Transaction<'c>) -> Self {
        Self::of(TxInner::Sqlite(transaction))
    }

    pub(crate) fn postgres(conversation: PostgresConnection<'c>) -> Self {
        Self::of(TxInner::Postgres(conversation))
    }

    fn of(inner: TxInner<'c>) -> Self {
        Self { inner, removals: Cell::new(None), made: Cell::new(None), actor: RefCell::new(None) }
    }

    /// Commits on SQLite; returns the removal epoch if the transaction has advanced it. On
    /// PostgreSQL the session commits, because it must find out what a lost connection has done.
    pub(crate) fn commit(self) -> Result<Option<u64>, StoreError> {
        if let TxInner::Sqlite(transaction) = self.inner {
            transaction.commit()?;
        }
        Ok(self.removals.get())
    }

    /// PostgreSQL, for the bulk methods that have their own form there.
    pub(crate) fn bulk(&self) -> Option<&PostgresConnection<'c>> {
        match &self.inner {
            TxInner::Sqlite(_) => None,
            TxInner::Postgres(conversation) => Some(conversation),
        }
    }

    /// The time used for leases and nodes: on PostgreSQL the server's, whatever its clients' clocks
    /// show; on SQLite, which has only one machine, the caller's.
    pub(crate) fn clock(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        let Some(bulk) = self.bulk() else { return Ok(now) };
        let rows = bulk.rows(CLOCK, &[])?;
        let row = rows.first().ok_or_else(|| StoreError::Corrupt("no time".to_owned()))?;
        Ok(Timestamp(row.try_get(0)?))
    }

    /// The removal epoch that this transaction has set.
    pub(crate) fn moved_removals(&self) -> Option<u64> {
        self.removals.get()
    }

    /// Announces the id of what this transaction has made, for whatever is attached to it.
    pub(crate) fn announce_made(&self, id: i64) {
        self.made.set(Some(id));
    }

    pub(crate) fn made(&self) -> Option<i64> {
        self.made.get()
    }

    /// Announces in whose name this transaction is.
    pub(crate) fn set_actor(&self, name: Option<String>) {
        self.actor.replace(name);
    }

    /// In whose name this transaction is; a server's when nobody is known.
    pub(crate) fn actor(&self) -> String {
        self.actor.borrow().clone().unwrap_or_else(|| "a server".to_owned())
    }

    /// Announces that somebody must not be mailed any more, to this process and to others.
    pub(crate) fn bump_removals(&self) -> Result<(), StoreError> {
        let epoch = self.one(REMOVALS_BUMP, (), |row| row.get::<i64>(0))?;
        self.removals.set(Some(crate::engine::error::narrow(epoch, "the removal epoch")?));
        Ok(())
    }

    pub(crate) fn removals(&self) -> Result<u64, StoreError> {
        let epoch = self.one(REMOVALS_READ, (), |row| row.get::<i64>(0))?;
        crate::engine::error::narrow(epoch, "the removal epoch")
    }

    /// The statement, from the connection's cache. For loops: fetch it once, outside of them.
    pub(crate) fn prepare(&self, sql: Sql) -> Result<Statement<'_>, StoreError> {
        match &self.inner {
            TxInner::Sqlite(transaction) => {
                Ok(Statement::Sqlite(transaction.prepare_cached(sql.sqlite)?))
            }
            TxInner::Postgres(conversation) => {
                Ok(Statement::Postgres(conversation, conversation.prepare(sql.postgres)?))
            }
        }
    }

    /// A statement whose text was made of fixed parts, in the subset that both databases share but for what
    /// [`Self::bulk`] decides. Values are in its parameters, never in its text.
    pub(crate) fn prepare_made(&self, text: &str) -> Result<Statement<'_>, StoreError> {
        match &self.inner {
            TxInner::Sqlite(transaction) => {
                Ok(Statement::Sqlite(transaction.prepare_cached(&text.replace('$', "?"))?))
            }
            TxInner::Postgres(conversation) => {
                Ok(Statement::Postgres(conversation, conversation.prepare_once(text)?))
            }
        }
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn execute(&self, sql: Sql, params: impl Params) -> Result<usize, StoreError> {
        self.prepare(sql)?.execute(params)
    }

    /// The first row, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl FnOnce(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        self.prepare(sql)?.first(params, read)
    }

    /// The only row of a statement that always has one.
    pub(crate) fn one<T>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl FnOnce(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.prepare(sql)?.one(params, read)
    }

    /// Every row, in order. The statement must be bounded.
    pub(crate) fn all<T>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl FnMut(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.prepare(sql)?.all(params, read)
    }
}

impl Statement<'_> {
    /// Runs it and returns how many rows it changed.
    pub(crate) fn execute(&mut self, params: impl Params) -> Result<usize, StoreError> {
        params.with(|values| match self {
            Self::Sqlite(statement) => Ok(statement.execute(rusqlite::params_from_iter(values))?),
            Self::Postgres(conversation, statement) => conversation.execute(statement, values),
        })
    }

    /// Whether it finds a row.
    pub(crate) fn exists(&mut self, params: impl Params) -> Result<bool, StoreError> {
        Ok(self.first(params, |_| Ok(()))?.is_some())
    }

    /// The first row, if there is one.
    pub(crate) fn first<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        params.with(|values| match self {
            Self::Sqlite(statement) => {
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                let found = rows.next()?;
                found.map(|row| read(&SqlRow::Sqlite(row))).transpose()
            }
            Self::Postgres(conversation, statement) => {
                let rows = conversation.query(statement, values)?;
                rows.first().map(|row| read(&SqlRow::Postgres(row))).transpose()
            }
        })
    }

    /// The only row of a statement that always has one.
    pub(crate) fn one<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let found = self.first(params, read)?;
        found.ok_or_else(|| {
            StoreError::Corrupt("a row that must always exist is missing".to_owned())
        })
    }

    pub(crate) fn all<T>(
        &mut self,
        params: impl Params,
        mut read: impl FnMut(&SqlRow<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        params.with(|values| match self {
            Self::Sqlite(statement) => {
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                let mut all = Vec::new();
                while let Some(row) = rows.next()? {
                    all.push(read(&SqlRow::Sqlite(row))?);
                }
                Ok(all)
            }
            Self::Postgres(conversation, statement) => {
                let rows = conversation.query(statement, values)?;
                rows.iter().map(|row| read(&SqlRow::Postgres(row))).collect()
            }
        })
    }
}
