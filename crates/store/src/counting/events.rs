//! Events: every hit as it was, once.
//!
//! Invariants: an event is one position in one node's journal; the same position again is not new.
//! Hits of people we did not mail, or who have been erased since, are not events: those of test
//! messages are dropped, others are strays.

pub(crate) mod postgres;

use std::collections::HashMap;
use std::time::Duration;

use model::engagement::QUICK;
use model::{Rule, RulesSeen};

use crate::StoreError;
use crate::counting::clients::ClientKeys;
use crate::counting::hit_columns::{country_of, network_of, signs_bits, slot_of};
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::client_secret::ClientSecret;
use crate::engine::error::integer;
use crate::engine::sql::texts;
use crate::engine::tx::{Statement, Tx};
use crate::engine::value::SqlRow;

texts! {
    EVENT_INSERT = "INSERT INTO events (at, node, segment, byte_offset, campaign_id, contact_id,
            slot, visitor, client, signs, agent_id, class, rule, rules, mail_client, device, country,
            network)
        SELECT $1, $2, $3, $4, campaign_id, contact_id, $7, $8, $9, $10, $11, $12, '',
            CASE WHEN ended_at IS NULL OR ended_at > $14 THEN CAST($15 AS BIGINT)
            WHEN ended_at > $20 THEN CAST($21 AS BIGINT) ELSE CAST($13 AS BIGINT) END,
            $16, $17, $18, $19
        FROM deliveries WHERE campaign_id = $5 AND contact_id = $6
            AND EXISTS (SELECT 1 FROM contacts WHERE id = $6)
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING RETURNING rules";
    /// Of nobody: of a campaign whose messages are on their way.
    ANONYMOUS_EVENT_INSERT = "INSERT INTO events (at, node, segment, byte_offset, campaign_id,
            contact_id, slot, signs, agent_id, class, rule, rules, mail_client, device)
        SELECT $1, $2, $3, $4, id, 0, $6, $7, $8, $9, '', $10, $11, $12
        FROM campaigns WHERE id = $5 AND state NOT IN ('draft', 'scheduled')
        ON CONFLICT (at, node, segment, byte_offset) DO NOTHING RETURNING rules";
    AGENT_FIND = "SELECT id FROM agents WHERE agent = $1";
    AGENT_INSERT = "INSERT INTO agents (agent) VALUES ($1) RETURNING id";
}

/// The new hits of a batch with what was seen in them, and the others: already recorded, or not of
/// anybody we mailed.
pub(crate) type Sorted<'h> = (Vec<(&'h RecordedHit, RulesSeen)>, Vec<&'h RecordedHit>);

/// Stores the hits that are new and belong to a delivery. Both halves keep their order. A hit that
/// came less than `soon` after its delivery, or before that was stored, has that seen in it, too; one that
/// came quickly, likewise. Without a secret of addresses only their prefixes are stored.
pub(crate) fn insert<'h>(
    tx: &Tx<'_>,
    hits: Vec<&'h RecordedHit>,
    soon: Duration,
    secret: Option<&ClientSecret>,
) -> Result<Sorted<'h>, StoreError> {
    // Test messages belong to campaign 0, which there is not.
    let named: Vec<&RecordedHit> =
        hits.into_iter().filter(|each| each.hit.campaign.0 != 0).collect();
    let clients = ClientKeys::load(tx, secret, &named)?;
    if let Some(bulk) = tx.bulk() {
        return postgres::insert(bulk, named, soon, &clients);
    }
    let mut events = Events::new(tx, soon, &clients)?;
    let (mut new, mut others) = (Vec::with_capacity(named.len()), Vec::new());
    for recorded in named {
        match events.insert(recorded)? {
            Some(rules) => new.push((recorded, rules)),
            None => others.push(recorded),
        }
    }
    Ok((new, others))
}

/// What is seen in a hit that is quick, and in one that is soon as well; nothing when no time is soon.
fn time_seen(soon: Duration) -> (RulesSeen, RulesSeen) {
    if soon.is_zero() {
        return (RulesSeen::NONE, RulesSeen::NONE);
    }
    let quick = RulesSeen::NONE.with(Rule::QUICK_AFTER_DELIVERY);
    (quick, quick.with(Rule::SOON_AFTER_DELIVERY))
}

fn seen(row: &SqlRow<'_>) -> Result<RulesSeen, StoreError> {
    row.get(0).map(RulesSeen::from_bits)
}

/// Writes events one by one; user agents are stored once and cached for the duration of a batch.
struct Events<'t> {
    insert: Statement<'t>,
    insert_anonymous: Statement<'t>,
    find_agent: Statement<'t>,
    insert_agent: Statement<'t>,
    agents: HashMap<Vec<u8>, i64>,
    soon: Duration,
    clients: &'t ClientKeys,
}

impl<'t> Events<'t> {
    fn new(tx: &'t Tx<'_>, soon: Duration, clients: &'t ClientKeys) -> Result<Self, StoreError> {
        Ok(Self {
            insert: tx.prepare(EVENT_INSERT)?,
            insert_anonymous: tx.prepare(ANONYMOUS_EVENT_INSERT)?,
            find_agent: tx.prepare(AGENT_FIND)?,
            insert_agent: tx.prepare(AGENT_INSERT)?,
            agents: HashMap::new(),
            soon,
            clients,
        })
    }

    /// Stores the hit; nothing when it was already there or belongs to nobody.
    fn insert(&mut self, recorded: &RecordedHit) -> Result<Option<RulesSeen>, StoreError> {
        let hit = &recorded.hit;
        let agent = self.agent(&hit.agent)?;
        let segment = integer(recorded.segment, "a hit's segment")?;
        let Some(contact) = hit.contact else {
            let values = (
                hit.at.0,
                recorded.node,
                segment,
                recorded.offset,
                hit.campaign.0,
                slot_of(hit.kind),
                signs_bits(hit.signs),
                agent,
                recorded.class.code(),
                recorded.rules.bits(),
                recorded.origin.client.code(),
                recorded.origin.device.code(),
            );
            return self.insert_anonymous.first(values, seen);
        };
        let (quick, soon) = time_seen(self.soon);
        let client = self.clients.stored(recorded)?;
        let values = (
            hit.at.0,
            recorded.node,
            segment,
            recorded.offset,
            hit.campaign.0,
            contact.0,
            slot_of(hit.kind),
            hit.visitor.map(|visitor| visitor.0),
            &client.bytes,
            signs_bits(hit.signs) | client.signs(),
            agent,
            recorded.class.code(),
            recorded.rules.bits(),
            hit.at.before(self.soon).0,
            recorded.rules.union(soon).bits(),
            recorded.origin.client.code(),
            recorded.origin.device.code(),
            country_of(&recorded.origin),
            network_of(&recorded.origin),
            hit.at.0.saturating_sub(QUICK),
            recorded.rules.union(quick).bits(),
        );
        self.insert.first(values, seen)
    }

    fn agent(&mut self, agent: &[u8]) -> Result<i64, StoreError> {
        if let Some(id) = self.agents.get(agent) {
            return Ok(*id);
        }
        let found = self.find_agent.first([agent], |row| row.get(0))?;
        let id = match found {
            Some(id) => id,
            None => self.insert_agent.one([agent], |row| row.get(0))?,
        };
        self.agents.insert(agent.to_owned(), id);
        Ok(id)
    }
}
