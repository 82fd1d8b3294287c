//! What is seen in a hit alone: its method and headers, its user agent, the network that it came from.
//!
//! Invariants: read from tables, each line with its source and date; every hit has at least one rule
//! about its user agent; nothing here says what a rule means, except for the counters of hits by class,
//! which decide nothing. A table that an operator brings is read as a whole or refused with its line.

mod agents;
mod networks;

use std::sync::{Arc, LazyLock};

use model::{Hit, Rule, RulesSeen};

pub use networks::{BadNetworks, read_networks};

use crate::class_counters::ClassCounters;
use agents::Agents;
use networks::Networks;

/// The tables by which hits are looked at.
#[derive(Debug, Clone)]
pub struct Signals {
    networks: Networks,
    counters: Arc<ClassCounters>,
}

static AGENTS: LazyLock<Agents> =
    LazyLock::new(|| Agents::read(include_str!("../rules/agents.csv")));

impl Signals {
    /// What comes with this release.
    #[must_use]
    pub fn built_in() -> Self {
        Self { networks: Networks::built_in(), counters: Arc::default() }
    }

    /// Adds networks that an operator has read with [`read_networks`].
    pub fn add(&mut self, networks: impl IntoIterator<Item = (model::Network, Rule)>) {
        self.networks.extend(networks);
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
        ] {
            if is_seen {
                seen = seen.with(rule);
            }
        }
        hit.client.map_or(seen, |address| seen.union(self.networks.rules_seen(address)))
    }
}
