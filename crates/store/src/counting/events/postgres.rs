//! The events of a batch on PostgreSQL: one statement over arrays.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use model::RulesSeen;
use model::engagement::QUICK;

use super::{Sorted, time_seen};
use crate::StoreError;
use crate::counting::clients::ClientKeys;
use crate::counting::hit_columns::HitColumns;
use crate::counting::partitions::ensure_partitions;
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::postgres_connection::PostgresConnection;
use crate::engine::sql::postgres_texts;

postgres_texts! {
    AGENTS_FIND = "SELECT agent, id FROM agents WHERE agent = ANY($1)";
    AGENTS_INSERT = "INSERT INTO agents (agent) SELECT unnest($1::bytea[])
        ON CONFLICT (agent) DO NOTHING";
    EVENTS_INSERT = "INSERT INTO events (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, visitor, client, signs, agent_id, class, rule, rules, mail_client, device, country,
            network)
        SELECT t.at, t.node, t.segment, t.byte_offset, t.campaign_id, t.contact_id, t.slot,
            t.visitor, t.client, t.signs, t.agent_id, t.class, '',
            CASE WHEN t.contact_id = 0 THEN t.rules
            WHEN d.ended_at IS NULL OR d.ended_at > t.at - $14 THEN t.rules | $15
            WHEN d.ended_at > t.at - $20 THEN t.rules | $21 ELSE t.rules END,
            t.mail_client, t.device, t.country, t.network
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::integer[], $8::bytea[], $9::bytea[], $10::smallint[],
            $11::bigint[], $12::smallint[], $13::bigint[], $16::smallint[], $17::smallint[],
            $18::text[], $19::bigint[])
            AS t (at, node, segment, byte_offset, campaign_id, contact_id, slot, visitor, client,
                signs, agent_id, class, rules, mail_client, device, country, network)
        LEFT JOIN deliveries d ON d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id
        WHERE CASE WHEN t.contact_id = 0 THEN EXISTS (SELECT 1 FROM campaigns k
                WHERE k.id = t.campaign_id AND k.state NOT IN ('draft', 'scheduled'))
            ELSE d.contact_id IS NOT NULL
                AND EXISTS (SELECT 1 FROM contacts c WHERE c.id = t.contact_id) END
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING
        RETURNING node, segment, byte_offset, rules";
}

pub(super) fn insert<'h>(
    bulk: &PostgresConnection<'_>,
    hits: Vec<&'h RecordedHit>,
    duration: Duration,
    clients: &ClientKeys,
) -> Result<Sorted<'h>, StoreError> {
    if hits.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    ensure_partitions(bulk, hits.iter().map(|each| each.hit.at))?;
    let agents = agents(bulk, &hits)?;
    let mut columns = HitColumns::default();
    for recorded in &hits {
        columns.push(recorded, &agents, clients)?;
    }
    let HitColumns { at, node, segment, offset, campaign, contact, slot, visitor, .. } = &columns;
    let HitColumns { client, signs, agent, class, rules, .. } = &columns;
    let HitColumns { mail_client, device, country, network, .. } = &columns;
    let soon = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    let (quick_seen, soon_seen) = time_seen(duration);
    let (quick_seen, soon_seen) = (quick_seen.bits(), soon_seen.bits());
    let new = bulk.rows(
        EVENTS_INSERT,
        &[
            at,
            node,
            segment,
            offset,
            campaign,
            contact,
            slot,
            visitor,
            client,
            signs,
            agent,
            class,
            rules,
            &soon,
            &soon_seen,
            mail_client,
            device,
            country,
            network,
            &QUICK,
            &quick_seen,
        ],
    )?;
    let mut seen = HashMap::new();
    for row in &new {
        let place: (i32, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        seen.insert(place, RulesSeen::from_bits(row.try_get(3)?));
    }
    let places = node.iter().zip(segment).zip(offset);
    let (mut new, mut others) = (Vec::with_capacity(seen.len()), Vec::new());
    for (hit, ((node, segment), offset)) in hits.into_iter().zip(places) {
        // Taken out when it is found, so that a place that stands twice in a batch counts once.
        match seen.remove(&(*node, *segment, *offset)) {
            Some(rules) => new.push((hit, rules)),
            None => others.push(hit),
        }
    }
    Ok((new, others))
}

/// The ids of the hits' user agents; new ones are kept.
fn agents(
    bulk: &PostgresConnection<'_>,
    hits: &[&RecordedHit],
) -> Result<HashMap<Vec<u8>, i64>, StoreError> {
    let wanted: BTreeSet<&[u8]> = hits.iter().map(|each| each.hit.agent.as_slice()).collect();
    let wanted: Vec<&[u8]> = wanted.into_iter().collect();
    let find = |wanted: &[&[u8]]| -> Result<HashMap<Vec<u8>, i64>, StoreError> {
        let rows = bulk.rows(AGENTS_FIND, &[&wanted])?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
    };
    let mut found = find(&wanted)?;
    let missing: Vec<&[u8]> =
        wanted.into_iter().filter(|agent| !found.contains_key(*agent)).collect();
    if !missing.is_empty() {
        bulk.change(AGENTS_INSERT, &[&missing])?;
        found.extend(find(&missing)?);
    }
    Ok(found)
}
