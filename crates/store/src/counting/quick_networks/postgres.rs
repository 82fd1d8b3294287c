//! The quick networks of a batch on PostgreSQL: one statement over arrays each.

use std::collections::BTreeSet;

use model::CampaignId;
use model::engagement::QUICK_DOMAINS;

use super::CampaignNetwork;
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    QUICK_NETWORKS_HOLD = "INSERT INTO quick_networks (campaign_id, network, many, last_at)
        SELECT t.campaign_id, t.network, 0, t.last_at
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS t (campaign_id, network, last_at)
        ON CONFLICT (campaign_id, network) DO UPDATE
        SET last_at = greatest(excluded.last_at, quick_networks.last_at)
        RETURNING campaign_id, network, many";
    QUICK_HITS_PUT = "INSERT INTO quick_hits (campaign_id, network, contact_id, at)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        ON CONFLICT (campaign_id, network, contact_id, at) DO NOTHING";
    QUICK_NETWORKS_OF_MANY = "SELECT t.campaign_id, t.network
        FROM unnest($1::bigint[], $2::bigint[]) AS t (campaign_id, network)
        JOIN quick_hits q ON q.campaign_id = t.campaign_id AND q.network = t.network
        JOIN contacts c ON c.id = q.contact_id
        GROUP BY t.campaign_id, t.network
        HAVING count(DISTINCT lower(substr(c.email,
            length(rtrim(c.email, replace(c.email, '@', ''))) + 1))) >= $3";
}

/// In key order, as everybody takes them.
pub(super) fn hold(
    bulk: &PostgresConnection<'_>,
    networks: impl Iterator<Item = (CampaignNetwork, Option<i64>)>,
) -> Result<BTreeSet<CampaignNetwork>, StoreError> {
    let (mut campaigns, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for ((campaign, network), last) in networks {
        campaigns.push(campaign.0);
        numbers.push(network);
        times.push(last.unwrap_or_default());
    }
    let rows = bulk.rows(QUICK_NETWORKS_HOLD, &[&campaigns, &numbers, &times])?;
    let mut known = BTreeSet::new();
    for row in &rows {
        if row.try_get::<_, i16>(2)? != 0 {
            known.insert((CampaignId(row.try_get(0)?), row.try_get(1)?));
        }
    }
    Ok(known)
}

pub(super) fn remember(
    bulk: &PostgresConnection<'_>,
    hits: impl Iterator<Item = (i64, i64, i64, i64)>,
) -> Result<(), StoreError> {
    let mut columns: [Vec<i64>; 4] = Default::default();
    for (campaign, network, contact, at) in hits {
        for (column, value) in columns.iter_mut().zip([campaign, network, contact, at]) {
            column.push(value);
        }
    }
    let [campaigns, networks, contacts, times] = &columns;
    if campaigns.is_empty() {
        return Ok(());
    }
    bulk.change(QUICK_HITS_PUT, &[campaigns, networks, contacts, times]).map(drop)
}

pub(super) fn become_known<'n>(
    bulk: &PostgresConnection<'_>,
    networks: impl Iterator<Item = &'n CampaignNetwork>,
) -> Result<BTreeSet<CampaignNetwork>, StoreError> {
    let (campaigns, numbers): (Vec<i64>, Vec<i64>) =
        networks.map(|(campaign, network)| (campaign.0, *network)).unzip();
    if campaigns.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = bulk.rows(QUICK_NETWORKS_OF_MANY, &[&campaigns, &numbers, &QUICK_DOMAINS])?;
    rows.iter().map(|row| Ok((CampaignId(row.try_get(0)?), row.try_get(1)?))).collect()
}
