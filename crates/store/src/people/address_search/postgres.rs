//! The pages that have a part of an address, on PostgreSQL: the server looks through them.

use super::HitPage;
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;
use crate::people::address_pages::{AddressPart, Needles};

postgres_texts! {
    PAGES_WITH = "SELECT after_id, last_id, addresses FROM address_pages
        WHERE last_id <= $1 AND last_id > $2 AND position(CAST($3 AS TEXT) IN addresses) > 0
        ORDER BY last_id DESC LIMIT $4";
    /// A part on both sides of the `@`, or before it. What few letters have in common with very many
    /// pages need not be sent. CASE, because the planner would begin with the slowest condition.
    PAGES_ACROSS = "SELECT after_id, last_id, addresses FROM address_pages
        WHERE last_id <= $1 AND last_id > $2 AND CASE
            WHEN position(CAST($3 AS TEXT) IN addresses) = 0 THEN false
            WHEN position(CAST($5 AS TEXT) IN addresses) = 0 THEN false
            ELSE addresses ~ $6 END
        ORDER BY last_id DESC LIMIT $4";
}

pub(super) fn pages(
    bulk: &PostgresConnection<'_>,
    part: &AddressPart,
    top: i64,
    bottom: i64,
    limit: i64,
) -> Result<Vec<HitPage>, StoreError> {
    let rows = match part.needles() {
        Needles::One(needle) => bulk.rows(PAGES_WITH, &[&top, &bottom, &needle, &limit])?,
        Needles::Two { first, second, pattern } => {
            bulk.rows(PAGES_ACROSS, &[&top, &bottom, &first, &limit, &second, &pattern])?
        }
    };
    let page = |row: &tokio_postgres::Row| {
        let addresses = part.found_in(row.try_get(2)?);
        Ok(HitPage { after: row.try_get(0)?, last: row.try_get(1)?, addresses })
    };
    rows.iter().map(page).collect()
}
