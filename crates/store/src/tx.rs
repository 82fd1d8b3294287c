//! The verbs of a transaction, over cached statements.

use std::cell::Cell;

use rusqlite::{CachedStatement, Connection, Params, Row, Transaction, TransactionBehavior};

use crate::StoreError;
use crate::sql::{Sql, texts};

texts! {
    REMOVALS_BUMP = "UPDATE removal_epochs SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch";
    /// Also read by the thread that watches for removals by other processes.
    REMOVALS_READ = "SELECT epoch FROM removal_epochs WHERE id = 1";
}

/// One transaction, for reading or for writing.
pub(crate) struct Tx<'c> {
    inner: Transaction<'c>,
    removals: Cell<Option<u64>>,
}

impl<'c> Tx<'c> {
    /// A transaction that sees one state of the store and changes nothing.
    pub(crate) fn reading(connection: &'c mut Connection) -> Result<Self, StoreError> {
        Self::begin(connection, TransactionBehavior::Deferred)
    }

    /// A transaction that holds the write lock from its first moment: one that took it later could
    /// be refused after it has read.
    pub(crate) fn writing(connection: &'c mut Connection) -> Result<Self, StoreError> {
        Self::begin(connection, TransactionBehavior::Immediate)
    }

    fn begin(
        connection: &'c mut Connection,
        behavior: TransactionBehavior,
    ) -> Result<Self, StoreError> {
        let inner = connection.transaction_with_behavior(behavior)?;
        Ok(Self { inner, removals: Cell::new(None) })
    }

    /// Commits; returns the removal epoch if the transaction has moved it.
    pub(crate) fn commit(self) -> Result<Option<u64>, StoreError> {
        self.inner.commit()?;
        Ok(self.removals.get())
    }

    /// Says that somebody must not be mailed any more, to this process and to others.
    pub(crate) fn bump_removals(&self) -> Result<(), StoreError> {
        let epoch = self.one(REMOVALS_BUMP, [], |row| row.get::<_, i64>(0))?;
        self.removals.set(Some(crate::error::narrow(epoch, "the removal epoch")?));
        Ok(())
    }

    /// The removal epoch.
    pub(crate) fn removals(&self) -> Result<u64, StoreError> {
        let epoch = self.one(REMOVALS_READ, [], |row| row.get::<_, i64>(0))?;
        crate::error::narrow(epoch, "the removal epoch")
    }

    /// The statement, from the connection's cache. For loops; once outside of them.
    pub(crate) fn prepare(&self, sql: Sql) -> Result<CachedStatement<'_>, StoreError> {
        Ok(self.inner.prepare_cached(sql.sqlite)?)
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn execute(&self, sql: Sql, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.prepare(sql)?.execute(params)?)
    }

    /// The first row, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        first(&mut self.prepare(sql)?, params, read)
    }

    /// The one row of a statement that always has one.
    pub(crate) fn one<T>(
        &self,
        sql: Sql,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let found = self.first(sql, params, read)?;
        found.ok_or_else(|| StoreError::Corrupt("a row that is always there is missing".to_owned()))
    }

    /// Every row, in order. The statement must be bounded.
    pub(crate) fn all<T>(
        &self,
        sql: Sql,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(read(row)?);
        }
        Ok(all)
    }
}

/// The first row of a statement that is already at hand.
pub(crate) fn first<T>(
    statement: &mut CachedStatement<'_>,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let mut rows = statement.query(params)?;
    match rows.next()? {
        Some(row) => Ok(Some(read(row)?)),
        None => Ok(None),
    }
}
