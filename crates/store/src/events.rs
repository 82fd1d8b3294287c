//! Events: every hit as it was, once.
//!
//! Invariants: an event is one place of one node's journal; the same place again is not new.
//! Hits of nobody we mailed (test messages, contacts that were never in the audience) are no
//! events.

use std::collections::HashMap;
use std::net::IpAddr;

use model::hit::HitSigns;
use model::{ClientAddr, HitKind};
use rusqlite::CachedStatement;

use crate::StoreError;
use crate::error::integer;
use crate::hits::RecordedHit;
use crate::sql::texts;
use crate::tx::{Tx, first};

texts! {
    EVENT_INSERT = "INSERT INTO events (node, segment, byte_offset, at, campaign_id, contact_id,
            slot, visitor, client, signs, agent_id, class, rule)
        SELECT $1, $2, $3, $4, campaign_id, contact_id, $7, $8, $9, $10, $11, $12, $13
        FROM deliveries WHERE campaign_id = $5 AND contact_id = $6
        ON CONFLICT (node, segment, byte_offset) DO NOTHING";
    AGENT_FIND = "SELECT id FROM agents WHERE agent = $1";
    AGENT_INSERT = "INSERT INTO agents (agent) VALUES ($1) RETURNING id";
}

/// Writes events; user agents are kept once and remembered for the length of a batch.
pub(crate) struct Events<'t> {
    insert: CachedStatement<'t>,
    find_agent: CachedStatement<'t>,
    insert_agent: CachedStatement<'t>,
    agents: HashMap<Vec<u8>, i64>,
}

impl<'t> Events<'t> {
    pub(crate) fn new(tx: &'t Tx<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            insert: tx.prepare(EVENT_INSERT)?,
            find_agent: tx.prepare(AGENT_FIND)?,
            insert_agent: tx.prepare(AGENT_INSERT)?,
            agents: HashMap::new(),
        })
    }

    /// Keeps the hit; false when it was there or is nobody's.
    pub(crate) fn insert(&mut self, recorded: &RecordedHit) -> Result<bool, StoreError> {
        let hit = &recorded.hit;
        // Test messages bear id 0, and no delivery does.
        if hit.campaign.0 == 0 || hit.contact.0 == 0 {
            return Ok(false);
        }
        let agent = self.agent(&hit.agent)?;
        let slot = match hit.kind {
            HitKind::View => None,
            HitKind::Click(slot) => Some(slot.0),
        };
        let changed = self.insert.execute((
            recorded.node,
            integer(recorded.segment, "a hit's segment")?,
            recorded.offset,
            hit.at.0,
            hit.campaign.0,
            hit.contact.0,
            slot,
            hit.visitor.map(|visitor| visitor.0),
            client_bytes(hit.client),
            signs_bits(hit.signs),
            agent,
            recorded.class.code(),
            recorded.rule,
        ))?;
        Ok(changed > 0)
    }

    fn agent(&mut self, agent: &[u8]) -> Result<i64, StoreError> {
        if let Some(id) = self.agents.get(agent) {
            return Ok(*id);
        }
        let found = first(&mut self.find_agent, [agent], |row| row.get(0))?;
        let id = match found {
            Some(id) => id,
            None => self.insert_agent.query_row([agent], |row| row.get(0))?,
        };
        self.agents.insert(agent.to_owned(), id);
        Ok(id)
    }
}

fn client_bytes(client: ClientAddr) -> Option<Vec<u8>> {
    client.map(|address| match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    })
}

/// The bits are part of the schema; they never change, there may be more.
fn signs_bits(signs: HitSigns) -> i64 {
    let HitSigns { head, prefetch, opted_out, cookie_offered, fetch_metadata } = signs;
    [head, prefetch, opted_out, cookie_offered, fetch_metadata]
        .into_iter()
        .enumerate()
        .map(|(bit, set)| i64::from(set) << bit)
        .sum()
}
