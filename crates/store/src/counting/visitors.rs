//! Which browsers were seen, and on which campaigns: each once.

pub(crate) mod postgres;

use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, VisitorId};

use crate::StoreError;
use crate::engine::error::known;
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::{SqlRow, SqlValue};

texts! {
    VISITOR_SEEN = "INSERT INTO visitors (visitor, first_at, last_at) VALUES ($1, $2, $3)
        ON CONFLICT (visitor) DO UPDATE SET
            first_at = CASE WHEN excluded.first_at < visitors.first_at
                THEN excluded.first_at ELSE visitors.first_at END,
            last_at = CASE WHEN excluded.last_at > visitors.last_at
                THEN excluded.last_at ELSE visitors.last_at END";
    CAMPAIGN_VISITOR = "INSERT INTO campaign_visitors (campaign_id, visitor) VALUES ($1, $2)
        ON CONFLICT (campaign_id, visitor) DO NOTHING";
}

/// A browser's visit of a campaign.
pub(crate) type Visit = (CampaignId, VisitorId);

/// Notes when each was seen first and last.
pub(crate) fn see(
    tx: &Tx<'_>,
    visitors: &BTreeMap<VisitorId, (i64, i64)>,
) -> Result<(), StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::see(bulk, visitors);
    }
    let mut seen = tx.prepare(VISITOR_SEEN)?;
    for (visitor, (first, last)) in visitors {
        seen.execute((visitor.0, first, last))?;
    }
    Ok(())
}

/// Stores them, and returns those that had not been seen on that campaign before.
pub(crate) fn keep_visits(tx: &Tx<'_>, visits: &BTreeSet<Visit>) -> Result<Vec<Visit>, StoreError> {
    if let Some(bulk) = tx.bulk() {
        return postgres::keep_visits(bulk, visits);
    }
    let mut insert = tx.prepare(CAMPAIGN_VISITOR)?;
    let mut new = Vec::new();
    for visit @ (campaign, visitor) in visits {
        if insert.execute((campaign.0, visitor.0))? > 0 {
            new.push(*visit);
        }
    }
    Ok(new)
}

/// The visitor in a column of a table that has known none of the long identifiers.
pub(crate) fn visitor_at(row: &SqlRow<'_>, column: usize) -> Result<VisitorId, StoreError> {
    let id = match row.value(column)? {
        SqlValue::Bytes(bytes) => bytes.try_into().ok().map(VisitorId),
        _ => None,
    };
    known(id, "form of a visitor's identifier")
}
