//! Tagging many contacts on PostgreSQL: one statement over an array.

use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    CONTACTS_TAG = "INSERT INTO contact_tags (contact_id, tag_id)
        SELECT t.contact_id, $2 FROM unnest($1::bigint[]) AS t (contact_id)
        WHERE (SELECT count(*) FROM contact_tags c WHERE c.contact_id = t.contact_id) < 100
        ON CONFLICT (contact_id, tag_id) DO NOTHING RETURNING contact_id";
}

/// The contacts who did not have the tag, and have it now.
pub(crate) fn tag(
    bulk: &PostgresConnection<'_>,
    contacts: &[i64],
    tag: i64,
) -> Result<Vec<i64>, StoreError> {
    let rows = bulk.rows(CONTACTS_TAG, &[&contacts, &tag])?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
