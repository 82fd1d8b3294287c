//! The visitors of a batch on PostgreSQL: one statement over arrays for browsers, one for visits.

use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, VisitorId};

use super::Visit;
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    VISITORS_SEEN = "INSERT INTO visitors (visitor, first_at, last_at)
        SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
        ON CONFLICT (visitor) DO UPDATE
        SET first_at = least(visitors.first_at, excluded.first_at),
            last_at = greatest(visitors.last_at, excluded.last_at)";
    VISITS_INSERT = "INSERT INTO campaign_visitors (campaign_id, visitor)
        SELECT * FROM unnest($1::bigint[], $2::bytea[])
        ON CONFLICT (campaign_id, visitor) DO NOTHING
        RETURNING campaign_id, visitor";
    REMOVED_AMONG = "SELECT visitor, removed_at FROM removed_visitors WHERE visitor = ANY($1)";
}

pub(super) fn see(
    bulk: &PostgresConnection<'_>,
    visitors: &BTreeMap<VisitorId, (i64, i64)>,
) -> Result<(), StoreError> {
    if visitors.is_empty() {
        return Ok(());
    }
    let ids: Vec<&[u8]> = visitors.keys().map(|visitor| visitor.0.as_slice()).collect();
    let (first, last): (Vec<i64>, Vec<i64>) = visitors.values().copied().unzip();
    bulk.change(VISITORS_SEEN, &[&ids, &first, &last]).map(drop)
}

pub(super) fn keep_visits(
    bulk: &PostgresConnection<'_>,
    visits: &BTreeSet<Visit>,
) -> Result<Vec<Visit>, StoreError> {
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    let campaigns: Vec<i64> = visits.iter().map(|visit| visit.0.0).collect();
    let visitors: Vec<&[u8]> = visits.iter().map(|visit| visit.1.0.as_slice()).collect();
    let rows = bulk.rows(VISITS_INSERT, &[&campaigns, &visitors])?;
    rows.iter().map(|row| Ok((CampaignId(row.try_get(0)?), visitor(row.try_get(1)?)?))).collect()
}

pub(in crate::counting) fn removed_among(
    bulk: &PostgresConnection<'_>,
    visitors: &BTreeSet<VisitorId>,
) -> Result<BTreeMap<VisitorId, i64>, StoreError> {
    let ids: Vec<&[u8]> = visitors.iter().map(|visitor| visitor.0.as_slice()).collect();
    let rows = bulk.rows(REMOVED_AMONG, &[&ids])?;
    rows.iter().map(|row| Ok((visitor(row.try_get(0)?)?, row.try_get(1)?))).collect()
}

pub(in crate::counting) fn visitor(bytes: &[u8]) -> Result<VisitorId, StoreError> {
    let id = bytes.try_into().map(VisitorId);
    id.map_err(|_| StoreError::Corrupt("a visitor's id".to_owned()))
}
