//! Shortened addresses on PostgreSQL: one statement over arrays.

use super::Shortened;
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    /// Times are compared with numbers, too, so that weeks without such an event are left out.
    CLIENTS_SHORTEN = "UPDATE events e SET client = t.client, signs = (e.signs - 64)::smallint
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bytea[])
            AS t (at, node, segment, byte_offset, client)
        WHERE e.at = t.at AND e.node = t.node AND e.segment = t.segment
            AND e.byte_offset = t.byte_offset AND e.at > $6 AND e.at <= $7
            AND (e.signs & 64) <> 0";
}

pub(super) fn shorten(
    bulk: &PostgresConnection<'_>,
    all: &[Shortened],
    (after, last): (i64, i64),
) -> Result<(), StoreError> {
    if all.is_empty() {
        return Ok(());
    }
    let at: Vec<i64> = all.iter().map(|it| it.event.at).collect();
    let node: Vec<i32> = all.iter().map(|it| it.event.node.into()).collect();
    let segment: Vec<i64> = all.iter().map(|it| it.event.segment).collect();
    let offset: Vec<i64> = all.iter().map(|it| it.event.offset).collect();
    let client: Vec<Option<&[u8]>> = all.iter().map(|it| it.prefix.as_deref()).collect();
    bulk.change(CLIENTS_SHORTEN, &[&at, &node, &segment, &offset, &client, &after, &last])?;
    Ok(())
}
