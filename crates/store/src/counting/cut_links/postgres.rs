//! Which pairs of a batch were cut on PostgreSQL: one statement over an array.

use std::collections::BTreeSet;

use model::{ContactId, VisitorId};

use crate::StoreError;
use crate::counting::visitors::postgres::visitor;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    CUT_AMONG = "SELECT c.visitor, c.contact_id
        FROM unnest($1::bytea[], $2::bigint[]) AS t (visitor, contact_id)
        JOIN cut_visitor_links c ON c.visitor = t.visitor AND c.contact_id = t.contact_id";
}

pub(super) fn cut_among(
    bulk: &PostgresConnection<'_>,
    pairs: &BTreeSet<(VisitorId, ContactId)>,
) -> Result<BTreeSet<(VisitorId, ContactId)>, StoreError> {
    let visitors: Vec<&[u8]> = pairs.iter().map(|pair| pair.0.0.as_slice()).collect();
    let contacts: Vec<i64> = pairs.iter().map(|pair| pair.1.0).collect();
    let rows = bulk.rows(CUT_AMONG, &[&visitors, &contacts])?;
    rows.iter().map(|row| Ok((visitor(row.try_get(0)?)?, ContactId(row.try_get(1)?)))).collect()
}
