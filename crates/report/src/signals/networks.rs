//! Networks, and which rule an address in one shows.
//!
//! What comes with the release is a small table; the rest are lists that providers publish and
//! operators keep up to date: CSV with the network in the first column, one network a line, or JSON.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use model::{Network, Rule, RulesSeen};

/// Most bytes of a list.
const MOST_BYTES: usize = 64 << 20;

/// Networks by their length, so that an address is looked for once per length that occurs.
#[derive(Debug, Clone, Default)]
pub(super) struct Networks {
    lengths: BTreeSet<(bool, u32)>,
    rules: HashMap<Network, RulesSeen>,
}

/// Why a list of networks can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadNetworks {
    #[error("line {line}: \"{text}\" {problem}")]
    Line { line: usize, text: String, problem: model::NotANetwork },
    #[error("not readable as JSON: {0}")]
    Json(String),
    #[error("no network in it")]
    Empty,
    #[error("larger than {} MiB", MOST_BYTES >> 20)]
    Large,
}

impl Networks {
    /// Those that come with the release.
    #[expect(clippy::expect_used, reason = "the table is a part of the release, and tested")]
    pub(super) fn built_in() -> Self {
        let table = include_str!("../../rules/networks.csv");
        let mut networks = Self::default();
        for line in csv::Reader::from_reader(table.as_bytes()).records() {
            let line = line.expect("a line of networks.csv");
            let network: Network = line[0].parse().expect("a network of networks.csv");
            let rule = Rule::by_id(&line[1]).expect("a rule of networks.csv");
            networks.extend([(network, rule)]);
        }
        networks
    }

    pub(super) fn extend(&mut self, networks: impl IntoIterator<Item = (Network, Rule)>) {
        for (network, rule) in networks {
            self.lengths.insert((network.is_ipv4(), network.bits()));
            let seen = self.rules.entry(network).or_default();
            *seen = seen.with(rule);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rules.len()
    }

    pub(super) fn rules_seen(&self, address: IpAddr) -> RulesSeen {
        let address = address.to_canonical();
        let family = self.lengths.range((address.is_ipv4(), 0)..=(address.is_ipv4(), 128));
        let around = family.filter_map(|(_, bits)| Network::around(address, *bits));
        let found = around.filter_map(|network| self.rules.get(&network));
        found.fold(RulesSeen::NONE, |seen, rules| seen.union(*rules))
    }
}

/// Reads a list as providers publish them: JSON, every text in which that is a network is one; or
/// lines, with the network in the first column of CSV, `#` before a comment, a title allowed.
///
/// # Errors
/// The first line that is none of this, or that there is nothing in it.
pub fn read_networks(text: &str) -> Result<Vec<Network>, BadNetworks> {
    if text.len() > MOST_BYTES {
        return Err(BadNetworks::Large);
    }
    let found = if text.trim_start().starts_with(['{', '[']) {
        let json = serde_json::from_str(text).map_err(|error| BadNetworks::Json(error.to_string()));
        let mut found = Vec::new();
        collect(&json?, &mut found);
        found
    } else {
        lines(text)?
    };
    if found.is_empty() { Err(BadNetworks::Empty) } else { Ok(found) }
}

fn lines(text: &str) -> Result<Vec<Network>, BadNetworks> {
    let mut found = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let cell = line.split(['#', ',', ';']).next().unwrap_or_default();
        let cell = cell.trim().trim_matches('"');
        if cell.is_empty() {
            continue;
        }
        match cell.parse() {
            Ok(network) => found.push(network),
            // A title.
            Err(_) if index == 0 && !cell.contains(['.', ':']) => {}
            Err(problem) => {
                let text = cell.chars().take(60).collect();
                return Err(BadNetworks::Line { line: index + 1, text, problem });
            }
        }
    }
    Ok(found)
}

fn collect(json: &serde_json::Value, found: &mut Vec<Network>) {
    match json {
        serde_json::Value::String(text) => found.extend(text.parse::<Network>().ok()),
        serde_json::Value::Array(all) => all.iter().for_each(|it| collect(it, found)),
        serde_json::Value::Object(all) => all.values().for_each(|it| collect(it, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_release_is_read() {
        let networks = Networks::built_in();
        let seen = |address: &str| networks.rules_seen(address.parse().unwrap());
        assert_eq!(seen("66.249.84.1"), RulesSeen::NONE.with(Rule::NETWORK_GOOGLE));
        assert_eq!(seen("::ffff:40.94.1.2"), RulesSeen::NONE.with(Rule::NETWORK_MICROSOFT));
        assert_eq!(seen("2a01:111:f400::7"), RulesSeen::NONE.with(Rule::NETWORK_MICROSOFT));
        assert_eq!(seen("192.0.2.1"), RulesSeen::NONE);
    }

    #[test]
    fn an_address_in_several_networks_shows_all_their_rules() {
        let mut networks = Networks::default();
        let network = |text: &str| text.parse::<Network>().unwrap();
        networks.extend([
            (network("10.0.0.0/8"), Rule::NETWORK_DATA_CENTRE),
            (network("10.1.0.0/16"), Rule::NETWORK_GATEWAY),
            (network("10.1.0.0/16"), Rule::NETWORK_APPLE_RELAY),
        ]);
        let seen: Vec<_> = networks.rules_seen("10.1.2.3".parse().unwrap()).rules().collect();
        let all = [Rule::NETWORK_APPLE_RELAY, Rule::NETWORK_DATA_CENTRE, Rule::NETWORK_GATEWAY];
        assert_eq!(seen, all);
    }

    #[test]
    fn lists_are_read_as_providers_publish_them() {
        let read = |text: &str| {
            let networks = read_networks(text)?;
            Ok::<_, BadNetworks>(networks.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        let apple = "172.224.224.0/31,US,US-CA,San Jose,\n2a02:26f7:b3c0::/64,GB,,,\n";
        assert_eq!(read(apple).unwrap(), ["172.224.224.0/31", "2a02:26f7:b3c0::/64"]);
        let google = r#"{"creationTime": "2026-11-01", "prefixes":
            [{"ipv6Prefix": "2001:4860:8000::/48"}, {"ipv4Prefix": "8.8.4.0/24"}]}"#;
        assert_eq!(read(google).unwrap(), ["2001:4860:8000::/48", "8.8.4.0/24"]);
        let plain = "network\n# ours\n192.0.2.0/24 # office\n\n198.51.100.7\n";
        assert_eq!(read(plain).unwrap(), ["192.0.2.0/24", "198.51.100.7/32"]);
        let inside = read("192.0.2.0/24\n192.0.2.1/24\n").unwrap_err().to_string();
        assert!(inside.starts_with("line 2: \"192.0.2.1/24\" has bits set"), "{inside}");
        assert_eq!(read("# nothing\n"), Err(BadNetworks::Empty));
        assert!(matches!(read("{"), Err(BadNetworks::Json(_))));
    }
}
