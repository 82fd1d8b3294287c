//! The clickers of a batch on PostgreSQL: one statement over arrays.

use std::collections::BTreeSet;

use model::{CampaignId, ContactId, LinkSlot};

use super::Clicker;
use crate::StoreError;
use crate::engine::error::narrow;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    CLICKERS_INSERT = "INSERT INTO link_clickers (campaign_id, slot, contact_id)
        SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[])
        ON CONFLICT (campaign_id, slot, contact_id) DO NOTHING
        RETURNING campaign_id, slot, contact_id";
}

pub(super) fn keep(
    bulk: &PostgresConnection<'_>,
    clickers: &BTreeSet<Clicker>,
) -> Result<Vec<Clicker>, StoreError> {
    if clickers.is_empty() {
        return Ok(Vec::new());
    }
    let campaigns: Vec<i64> = clickers.iter().map(|clicker| clicker.0.0).collect();
    let slots: Vec<i32> = clickers.iter().map(|clicker| clicker.1.0.into()).collect();
    let contacts: Vec<i64> = clickers.iter().map(|clicker| clicker.2.0).collect();
    let rows = bulk.rows(CLICKERS_INSERT, &[&campaigns, &slots, &contacts])?;
    rows.iter()
        .map(|row| {
            let slot = narrow(row.try_get::<_, i32>(1)?.into(), "a link's slot")?;
            Ok((CampaignId(row.try_get(0)?), LinkSlot(slot), ContactId(row.try_get(2)?)))
        })
        .collect()
}
