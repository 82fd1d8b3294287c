//! How a hit is stored in a row, for events and for strays.

use std::collections::HashMap;

use model::hit::HitSigns;
use model::{Hit, HitKind, HitOrigin, Located, Rule};

use crate::StoreError;
use crate::counting::clients::ClientKeys;
use crate::counting::recorded_hit::RecordedHit;
use crate::engine::error::{integer, narrow};

pub(crate) fn slot_of(kind: HitKind) -> Option<u16> {
    match kind {
        HitKind::View => None,
        HitKind::Click(slot) => Some(slot.0),
    }
}

/// The contact's number; 0 for a hit of nobody.
pub(crate) fn contact_number(hit: &Hit) -> i64 {
    hit.contact.map_or(0, |contact| contact.0)
}

/// The country's code, if it is known.
pub(crate) fn country_of(origin: &HitOrigin) -> Option<String> {
    origin.country.and_then(Located::known).map(|country| country.to_string())
}

/// The network's number, if it is known.
pub(crate) fn network_of(origin: &HitOrigin) -> Option<i64> {
    origin.network.and_then(Located::known).map(i64::from)
}

/// The bits are part of the schema: existing ones never change, more may be added.
/// [`CLIENT_ENCRYPTED`](crate::counting::clients::CLIENT_ENCRYPTED) is the one behind them.
pub(crate) fn signs_bits(signs: HitSigns) -> i64 {
    let HitSigns { head, prefetch, opted_out, cookie_offered, fetch_metadata, withheld } = signs;
    [head, prefetch, opted_out, cookie_offered, fetch_metadata, withheld]
        .into_iter()
        .enumerate()
        .map(|(bit, set)| i64::from(set) << bit)
        .sum()
}

/// What stands for a class of a release that kept classes alone.
pub(crate) fn earlier(code: i64) -> Option<Rule> {
    match code {
        1 => Some(Rule::METHOD_HEAD),
        2 => Some(Rule::EARLIER_SCANNER),
        3 => Some(Rule::EARLIER_PREFETCH),
        4 => Some(Rule::EARLIER_UNKNOWN),
        5 => Some(Rule::EARLIER_PROXY),
        6 => Some(Rule::EARLIER_BROWSER),
        _ => None,
    }
}

/// The columns of many hits, for statements over arrays.
#[derive(Default)]
pub(super) struct HitColumns {
    pub(super) at: Vec<i64>,
    pub(super) node: Vec<i32>,
    pub(super) segment: Vec<i64>,
    pub(super) offset: Vec<i64>,
    pub(super) campaign: Vec<i64>,
    pub(super) contact: Vec<i64>,
    pub(super) slot: Vec<Option<i32>>,
    pub(super) visitor: Vec<Option<Vec<u8>>>,
    pub(super) client: Vec<Option<Vec<u8>>>,
    pub(super) signs: Vec<i16>,
    pub(super) agent: Vec<i64>,
    pub(super) class: Vec<i16>,
    pub(super) rules: Vec<i64>,
    pub(super) mail_client: Vec<i16>,
    pub(super) device: Vec<i16>,
    pub(super) country: Vec<Option<String>>,
    pub(super) network: Vec<Option<i64>>,
}

impl HitColumns {
    pub(super) fn push(
        &mut self,
        recorded: &RecordedHit,
        agents: &HashMap<Vec<u8>, i64>,
        clients: &ClientKeys,
    ) -> Result<(), StoreError> {
        let hit = &recorded.hit;
        let client = clients.stored(recorded)?;
        self.at.push(hit.at.0);
        self.node.push(recorded.node.into());
        self.segment.push(integer(recorded.segment, "a hit's segment")?);
        self.offset.push(recorded.offset.into());
        self.campaign.push(hit.campaign.0);
        self.contact.push(contact_number(hit));
        self.slot.push(slot_of(hit.kind).map(i32::from));
        self.visitor.push(hit.visitor.map(|visitor| visitor.0.to_vec()));
        self.signs.push(narrow(signs_bits(hit.signs) | client.signs(), "a hit's signs")?);
        self.client.push(client.bytes);
        self.agent.push(agents.get(&hit.agent).copied().unwrap_or_default());
        self.class.push(narrow(recorded.class.code(), "a hit's class")?);
        self.rules.push(recorded.rules.bits());
        let origin = &recorded.origin;
        self.mail_client.push(narrow(origin.client.code(), "a mail client")?);
        self.device.push(narrow(origin.device.code(), "a device")?);
        self.country.push(country_of(origin));
        self.network.push(network_of(origin));
        Ok(())
    }
}
