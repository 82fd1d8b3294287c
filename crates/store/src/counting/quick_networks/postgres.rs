//! The quick networks of a batch on PostgreSQL: one statement over arrays each.

use std::collections::{BTreeMap, BTreeSet};

use model::{CampaignId, ContactId};

use super::{CampaignNetwork, DomainHash, QuickNetwork, domain_hash};
use crate::StoreError;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    QUICK_NETWORKS_HOLD = "INSERT INTO quick_networks (campaign_id, network, many, last_at)
        SELECT t.campaign_id, t.network, 0, t.last_at
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS t (campaign_id, network, last_at)
        ON CONFLICT (campaign_id, network) DO UPDATE
        SET last_at = greatest(excluded.last_at, quick_networks.last_at)
        RETURNING campaign_id, network, many, domains";
    QUICK_HITS_PUT = "INSERT INTO quick_hits (campaign_id, network, contact_id, at)
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[])
        ON CONFLICT (campaign_id, network, contact_id, at) DO NOTHING";
    QUICK_NETWORKS_PUT = "UPDATE quick_networks n SET many = t.many, domains = t.domains
        FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::bytea[])
            AS t (campaign_id, network, many, domains)
        WHERE n.campaign_id = t.campaign_id AND n.network = t.network";
    QUICK_EMAILS = "SELECT id, email FROM contacts WHERE id = ANY($1)";
}

/// In key order, as everybody takes them.
pub(super) fn hold(
    bulk: &PostgresConnection<'_>,
    networks: impl Iterator<Item = (CampaignNetwork, Option<i64>)>,
) -> Result<BTreeMap<CampaignNetwork, QuickNetwork>, StoreError> {
    let (mut campaigns, mut numbers, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for ((campaign, network), last) in networks {
        campaigns.push(campaign.0);
        numbers.push(network);
        times.push(last.unwrap_or_default());
    }
    let rows = bulk.rows(QUICK_NETWORKS_HOLD, &[&campaigns, &numbers, &times])?;
    let mut held = BTreeMap::new();
    for row in &rows {
        let network = (CampaignId(row.try_get(0)?), row.try_get(1)?);
        held.insert(network, QuickNetwork::new(row.try_get::<_, i16>(2)? != 0, row.try_get(3)?));
    }
    Ok(held)
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

pub(super) fn put(
    bulk: &PostgresConnection<'_>,
    changed: &BTreeMap<CampaignNetwork, QuickNetwork>,
) -> Result<(), StoreError> {
    let (campaigns, networks): (Vec<i64>, Vec<i64>) =
        changed.keys().map(|(campaign, network)| (campaign.0, *network)).unzip();
    let (many, domains): (Vec<i16>, Vec<Vec<u8>>) =
        changed.values().map(|it| (i16::from(it.many), it.to_bytes())).unzip();
    if campaigns.is_empty() {
        return Ok(());
    }
    bulk.change(QUICK_NETWORKS_PUT, &[&campaigns, &networks, &many, &domains]).map(drop)
}

pub(super) fn domains_of(
    bulk: &PostgresConnection<'_>,
    contacts: &BTreeSet<ContactId>,
) -> Result<BTreeMap<ContactId, DomainHash>, StoreError> {
    let contacts: Vec<i64> = contacts.iter().map(|contact| contact.0).collect();
    if contacts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = bulk.rows(QUICK_EMAILS, &[&contacts])?;
    rows.iter().map(|row| Ok((ContactId(row.try_get(0)?), domain_hash(row.try_get(1)?)))).collect()
}
