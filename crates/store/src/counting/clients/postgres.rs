//! A day's key on PostgreSQL, where another node may be about to shorten the day.

use super::ClientKeyRow;
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    CLIENT_KEY_HOLD = "SELECT salt, proof, after_at FROM client_keys WHERE day = $1 FOR SHARE";
}

/// The key, which nobody takes away before this transaction ends.
pub(super) fn held(
    bulk: &PostgresConnection<'_>,
    day: i64,
) -> Result<Option<ClientKeyRow>, StoreError> {
    let rows = bulk.rows(CLIENT_KEY_HOLD, &[&day])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let (salt, proof, after_at) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    Ok(Some(ClientKeyRow { salt, proof, after_at }))
}
