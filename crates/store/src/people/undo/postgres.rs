//! What only PostgreSQL needs for undoing an import: others may change the same contacts.

use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    UNDO_LOCK = "SELECT id FROM contacts WHERE id = ANY($1) ORDER BY id FOR UPDATE";
}

/// Makes others who change these contacts wait for the end of the transaction.
pub(super) fn lock(bulk: &PostgresConnection<'_>, ids: &[i64]) -> Result<(), StoreError> {
    bulk.rows(UNDO_LOCK, &[&ids]).map(drop)
}
