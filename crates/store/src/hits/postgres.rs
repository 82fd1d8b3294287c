//! The sets of a batch of hits on PostgreSQL: one statement each, over arrays.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::{CampaignId, ContactId, LinkSlot, Timestamp};
use tokio_postgres::types::ToSql;

use super::{Clicker, RecordedHit, Visit};
use crate::StoreError;
use crate::backend::postgres::Conversation;
use crate::engagements::{Engagement, Key};
use crate::error::{integer, narrow};
use crate::events::{Sorted, client_bytes, signs_bits, slot_of};
use crate::retention::postgres::ensure_partitions;
use crate::sql::postgres_texts;

postgres_texts! {
    AGENTS_FIND = "SELECT agent, id FROM agents WHERE agent = ANY($1)";
    AGENTS_INSERT = "INSERT INTO agents (agent) SELECT unnest($1::bytea[])
        ON CONFLICT (agent) DO NOTHING";
    EVENTS_INSERT = "INSERT INTO events (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, visitor, client, signs, agent_id, class, rule)
        SELECT t.at, t.node, t.segment, t.byte_offset, d.campaign_id, d.contact_id, t.slot,
            t.visitor, t.client, t.signs, t.agent_id, t.class, t.rule
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::integer[], $8::bytea[], $9::bytea[], $10::smallint[],
            $11::bigint[], $12::smallint[], $13::text[])
            AS t (at, node, segment, byte_offset, campaign_id, contact_id, slot, visitor, client,
                signs, agent_id, class, rule)
        JOIN deliveries d ON d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id
        WHERE EXISTS (SELECT 1 FROM contacts c WHERE c.id = t.contact_id)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING
        RETURNING node, segment, byte_offset";
    STRAYS_INSERT = "INSERT INTO stray_hits (at, node, segment, byte_offset, campaign_id,
            contact_id, slot, signs, class, rule)
        SELECT t.at, t.node, t.segment, t.byte_offset, t.campaign_id,
            CASE WHEN d.contact_id IS NULL THEN t.contact_id ELSE 0 END, t.slot, t.signs,
            t.class, t.rule
        FROM unnest($1::bigint[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[],
            $6::bigint[], $7::integer[], $8::smallint[], $9::smallint[], $10::text[])
            AS t (at, node, segment, byte_offset, campaign_id, contact_id, slot, signs, class,
                rule)
        LEFT JOIN deliveries d
            ON d.campaign_id = t.campaign_id AND d.contact_id = t.contact_id
        WHERE d.contact_id IS NULL
            OR NOT EXISTS (SELECT 1 FROM contacts c WHERE c.id = t.contact_id)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING RETURNING at";
    /// Waits for another recorder that is just making the same row.
    ENGAGEMENTS_MAKE =
        "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked)
        SELECT campaign_id, contact_id, 0, 0, 0
        FROM unnest($1::bigint[], $2::bigint[]) AS t (campaign_id, contact_id)
        ON CONFLICT (campaign_id, contact_id) DO NOTHING";
    ENGAGEMENTS_LOCK = "SELECT e.campaign_id, e.contact_id, e.best_class, e.viewed, e.clicked,
            e.click_class
        FROM unnest($1::bigint[], $2::bigint[]) AS t (campaign_id, contact_id)
        JOIN engagements e ON e.campaign_id = t.campaign_id AND e.contact_id = t.contact_id
        ORDER BY e.campaign_id, e.contact_id FOR UPDATE OF e";
    ENGAGEMENTS_WRITE = "UPDATE engagements e
        SET best_class = t.best_class, viewed = t.viewed, clicked = t.clicked,
            click_class = t.click_class
        FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::smallint[], $5::smallint[],
            $6::smallint[])
            AS t (campaign_id, contact_id, best_class, viewed, clicked, click_class)
        WHERE e.campaign_id = t.campaign_id AND e.contact_id = t.contact_id";
    CLICKERS_INSERT = "INSERT INTO link_clickers (campaign_id, slot, contact_id)
        SELECT * FROM unnest($1::bigint[], $2::integer[], $3::bigint[])
        ON CONFLICT (campaign_id, slot, contact_id) DO NOTHING
        RETURNING campaign_id, slot, contact_id";
    VISITORS_SEEN = "INSERT INTO visitors (visitor, first_at, last_at)
        SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])
        ON CONFLICT (visitor) DO UPDATE
        SET first_at = least(visitors.first_at, excluded.first_at),
            last_at = greatest(visitors.last_at, excluded.last_at)";
    VISITS_INSERT = "INSERT INTO campaign_visitors (campaign_id, visitor)
        SELECT * FROM unnest($1::bigint[], $2::bytea[])
        ON CONFLICT (campaign_id, visitor) DO NOTHING
        RETURNING campaign_id, visitor";
}

/// See [`crate::events::insert`].
pub(crate) fn insert_events<'h>(
    bulk: &Conversation<'_>,
    hits: Vec<&'h RecordedHit>,
) -> Result<Sorted<'h>, StoreError> {
    if hits.is_empty() {
        return Ok((hits, Vec::new()));
    }
    ensure_partitions(bulk, hits.iter().map(|each| each.hit.at))?;
    let agents = agents(bulk, &hits)?;
    let mut columns = Columns::default();
    for recorded in &hits {
        columns.push(recorded, &agents)?;
    }
    let Columns { at, node, segment, offset, campaign, contact, slot, visitor, .. } = &columns;
    let Columns { client, signs, agent, class, rule, .. } = &columns;
    let new = bulk.rows(
        EVENTS_INSERT,
        &[
            at, node, segment, offset, campaign, contact, slot, visitor, client, signs, agent,
            class, rule,
        ],
    )?;
    let place = |row: &tokio_postgres::Row| -> Result<(i32, i64, i64), StoreError> {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))
    };
    let mut new: HashSet<_> = new.iter().map(place).collect::<Result<_, _>>()?;
    let places = node.iter().zip(segment).zip(offset);
    // Taken out when it is found, so that a place that stands twice in a batch counts once.
    let is_new: Vec<bool> =
        places.map(|((node, segment), offset)| new.remove(&(*node, *segment, *offset))).collect();
    let (new, others): (Vec<_>, Vec<_>) =
        hits.into_iter().zip(is_new).partition(|(_, is_new)| *is_new);
    let hits = |half: Vec<(&'h RecordedHit, bool)>| half.into_iter().map(|(hit, _)| hit).collect();
    Ok((hits(new), hits(others)))
}

/// See [`crate::strays::keep`]; when each of the new ones was.
pub(crate) fn insert_strays(
    bulk: &Conversation<'_>,
    hits: &[&RecordedHit],
) -> Result<Vec<Timestamp>, StoreError> {
    let mut columns = Columns::default();
    for recorded in hits {
        columns.push(recorded, &HashMap::new())?;
    }
    let Columns { at, node, segment, offset, campaign, contact, slot, .. } = &columns;
    let Columns { signs, class, rule, .. } = &columns;
    let new = bulk.rows(
        STRAYS_INSERT,
        &[at, node, segment, offset, campaign, contact, slot, signs, class, rule],
    )?;
    new.iter().map(|row| Ok(Timestamp(row.try_get(0)?))).collect()
}

/// The columns of events.
#[derive(Default)]
struct Columns<'h> {
    at: Vec<i64>,
    node: Vec<i32>,
    segment: Vec<i64>,
    offset: Vec<i64>,
    campaign: Vec<i64>,
    contact: Vec<i64>,
    slot: Vec<Option<i32>>,
    visitor: Vec<Option<Vec<u8>>>,
    client: Vec<Option<Vec<u8>>>,
    signs: Vec<i16>,
    agent: Vec<i64>,
    class: Vec<i16>,
    rule: Vec<&'h str>,
}

impl<'h> Columns<'h> {
    fn push(
        &mut self,
        recorded: &'h RecordedHit,
        agents: &HashMap<Vec<u8>, i64>,
    ) -> Result<(), StoreError> {
        let hit = &recorded.hit;
        self.at.push(hit.at.0);
        self.node.push(recorded.node.into());
        self.segment.push(integer(recorded.segment, "a hit's segment")?);
        self.offset.push(recorded.offset.into());
        self.campaign.push(hit.campaign.0);
        self.contact.push(hit.contact.0);
        self.slot.push(slot_of(hit.kind).map(i32::from));
        self.visitor.push(hit.visitor.map(|visitor| visitor.0.to_vec()));
        self.client.push(client_bytes(hit.client));
        self.signs.push(narrow(signs_bits(hit.signs), "a hit's signs")?);
        self.agent.push(agents.get(&hit.agent).copied().unwrap_or_default());
        self.class.push(narrow(recorded.class.code(), "a hit's class")?);
        self.rule.push(recorded.rule);
        Ok(())
    }
}

/// The ids of the hits' user agents; new ones are kept.
fn agents(
    bulk: &Conversation<'_>,
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

fn halves(keys: &BTreeSet<Key>) -> (Vec<i64>, Vec<i64>) {
    keys.iter().map(|(campaign, contact)| (campaign.0, contact.0)).unzip()
}

/// Makes the rows that are missing, locks them all, and says what they hold.
pub(crate) fn lock_engagements(
    bulk: &Conversation<'_>,
    keys: &BTreeSet<Key>,
) -> Result<BTreeMap<Key, Engagement>, StoreError> {
    if keys.is_empty() {
        return Ok(BTreeMap::new());
    }
    let (campaigns, contacts) = halves(keys);
    bulk.change(ENGAGEMENTS_MAKE, &[&campaigns, &contacts])?;
    let rows = bulk.rows(ENGAGEMENTS_LOCK, &[&campaigns, &contacts])?;
    rows.iter()
        .map(|row| {
            let key = (CampaignId(row.try_get(0)?), ContactId(row.try_get(1)?));
            let flag = |column: usize| row.try_get::<_, i16>(column).map(|flag| flag != 0);
            let class = |column: usize| row.try_get::<_, i16>(column).map(i64::from);
            let (best_class, click_class) = (class(2)?, class(5)?);
            let (viewed, clicked) = (flag(3)?, flag(4)?);
            Ok((key, Engagement { best_class, viewed, clicked, click_class }))
        })
        .collect()
}

pub(crate) fn write_engagements(
    bulk: &Conversation<'_>,
    changed: &[(Key, Engagement)],
) -> Result<(), StoreError> {
    if changed.is_empty() {
        return Ok(());
    }
    let campaigns: Vec<i64> = changed.iter().map(|(key, _)| key.0.0).collect();
    let contacts: Vec<i64> = changed.iter().map(|(key, _)| key.1.0).collect();
    let classes = |class: fn(&Engagement) -> i64| {
        let all = changed.iter().map(|(_, now)| narrow(class(now), "a class"));
        all.collect::<Result<Vec<i16>, _>>()
    };
    let (best, of_clicks) = (classes(|it| it.best_class)?, classes(|it| it.click_class)?);
    let viewed: Vec<i16> = changed.iter().map(|(_, now)| now.viewed.into()).collect();
    let clicked: Vec<i16> = changed.iter().map(|(_, now)| now.clicked.into()).collect();
    let values: [&(dyn ToSql + Sync); 6] =
        [&campaigns, &contacts, &best, &viewed, &clicked, &of_clicks];
    bulk.change(ENGAGEMENTS_WRITE, &values).map(drop)
}

pub(crate) fn new_clickers(
    bulk: &Conversation<'_>,
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

pub(crate) fn see_visitors(
    bulk: &Conversation<'_>,
    visitors: &BTreeMap<[u8; 16], (i64, i64)>,
) -> Result<(), StoreError> {
    if visitors.is_empty() {
        return Ok(());
    }
    let ids: Vec<&[u8]> = visitors.keys().map(<[u8; 16]>::as_slice).collect();
    let (first, last): (Vec<i64>, Vec<i64>) = visitors.values().copied().unzip();
    bulk.change(VISITORS_SEEN, &[&ids, &first, &last]).map(drop)
}

pub(crate) fn new_visits(
    bulk: &Conversation<'_>,
    visits: &BTreeSet<Visit>,
) -> Result<Vec<Visit>, StoreError> {
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    let campaigns: Vec<i64> = visits.iter().map(|visit| visit.0.0).collect();
    let visitors: Vec<&[u8]> = visits.iter().map(|visit| visit.1.as_slice()).collect();
    let rows = bulk.rows(VISITS_INSERT, &[&campaigns, &visitors])?;
    rows.iter()
        .map(|row| {
            let visitor = <[u8; 16]>::try_from(row.try_get::<_, &[u8]>(1)?)
                .map_err(|_| StoreError::Corrupt("a visitor's id".to_owned()))?;
            Ok((CampaignId(row.try_get(0)?), visitor))
        })
        .collect()
}
