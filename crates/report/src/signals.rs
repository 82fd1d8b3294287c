//! What is seen in a hit alone: its method and headers, its user agent, the network that it came from.
//!
//! Invariants: read from tables, each line with its source and date; every hit has at least one rule
//! about its user agent; nothing here says what a rule means, except for the counters of hits by class,
//! which decide nothing. A table that an operator brings is read as a whole or refused with its line.

mod agents;
mod clients;
mod networks;

use std::sync::{Arc, LazyLock};

use model::{Hit, HitKind, HitOrigin, LinkSlot, Rule, RulesSeen};

pub use networks::{BadNetworks, read_networks};

use crate::class_counters::ClassCounters;
use crate::places::{PlaceFiles, PlaceLookup};
use agents::Agents;
use clients::Clients;
use networks::Networks;

/// The tables by which hits are looked at.
#[derive(Debug, Clone)]
pub struct Signals {
    networks: Networks,
    places: PlaceFiles,
    counters: Arc<ClassCounters>,
}

static AGENTS: LazyLock<Agents> =
    LazyLock::new(|| Agents::read(include_str!("../rules/agents.csv")));
static CLIENTS: LazyLock<Clients> =
    LazyLock::new(|| Clients::read(include_str!("../rules/clients.csv")));

impl Signals {
    /// What comes with this release.
    #[must_use]
    pub fn built_in() -> Self {
        let (networks, places) = (Networks::built_in(), PlaceFiles::default());
        Self { networks, places, counters: Arc::default() }
    }

    /// Adds networks that an operator has read with [`read_networks`].
    pub fn add(&mut self, networks: impl IntoIterator<Item = (model::Network, Rule)>) {
        self.networks.extend(networks);
    }

    /// Has addresses looked up in these files.
    pub fn set_places(&mut self, places: PlaceFiles) {
        self.places = places;
    }

    /// For some hits.
    pub(crate) fn place_lookup(&self) -> PlaceLookup {
        self.places.lookup()
    }

    /// Where the hit, in which these rules were seen, came from.
    pub(crate) fn origin(hit: &Hit, rules: RulesSeen, places: &mut PlaceLookup) -> HitOrigin {
        let (client, device) = CLIENTS.of(&hit.agent, rules);
        let country = places.country(hit.client, rules);
        HitOrigin { client, device, country, network: places.network(hit.client, rules) }
    }

    /// How many networks are known.
    #[must_use]
    pub fn networks(&self) -> usize {
        self.networks.len()
    }

    /// How many hits were looked at, by class.
    #[must_use]
    pub fn counters(&self) -> Arc<ClassCounters> {
        Arc::clone(&self.counters)
    }

    /// What is seen in the hit, which is counted.
    #[must_use]
    pub fn rules_seen(&self, hit: &Hit) -> RulesSeen {
        let seen = self.of_hit(hit);
        self.counters.count(hit.kind, seen);
        seen
    }

    fn of_hit(&self, hit: &Hit) -> RulesSeen {
        let mut seen = AGENTS.rules_seen(&hit.agent);
        let signs = hit.signs;
        for (is_seen, rule) in [
            (signs.head, Rule::METHOD_HEAD),
            (signs.prefetch, Rule::HEADER_PREFETCH),
            (signs.fetch_metadata, Rule::FETCH_METADATA),
            (hit.visitor.is_some(), Rule::COOKIE_RETURNED),
            (hit.kind == HitKind::Click(LinkSlot::HONEYPOT), Rule::HONEYPOT_LINK),
        ] {
            if is_seen {
                seen = seen.with(rule);
            }
        }
        hit.client.map_or(seen, |address| seen.union(self.networks.rules_seen(address)))
    }
}
