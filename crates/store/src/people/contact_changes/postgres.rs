//! Noting what was changed about many contacts on PostgreSQL: sets over arrays.

use std::collections::BTreeSet;

use model::Timestamp;

use super::NotedChange;
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    CHANGES_INSERT = "INSERT INTO contact_changes (contact_id, at, actor, field, before, after)
        SELECT t.contact_id, $5, $6, t.field, t.before, t.after
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
            WITH ORDINALITY AS t (contact_id, field, before, after, place) ORDER BY t.place";
    /// Looked up one by one.
    CHANGES_PRUNE = "DELETE FROM contact_changes c USING unnest($1::bigint[]) AS t (contact_id)
        CROSS JOIN LATERAL (SELECT id FROM contact_changes WHERE contact_id = t.contact_id
            ORDER BY id DESC LIMIT 1 OFFSET 1000) k
        WHERE c.contact_id = t.contact_id AND c.id <= k.id";
}

pub(super) fn note(
    bulk: &PostgresConnection<'_>,
    actor: &str,
    changes: &[NotedChange],
    contacts: &BTreeSet<i64>,
    at: Timestamp,
) -> Result<(), StoreError> {
    let ids: Vec<i64> = changes.iter().map(|it| it.contact).collect();
    let fields: Vec<&str> = changes.iter().map(|it| it.field.as_str()).collect();
    let before: Vec<Option<&str>> = changes.iter().map(|it| it.before.as_deref()).collect();
    let after: Vec<Option<&str>> = changes.iter().map(|it| it.after.as_deref()).collect();
    bulk.change(CHANGES_INSERT, &[&ids, &fields, &before, &after, &at.0, &actor])?;
    let contacts: Vec<i64> = contacts.iter().copied().collect();
    bulk.change(CHANGES_PRUNE, &[&contacts]).map(drop)
}
