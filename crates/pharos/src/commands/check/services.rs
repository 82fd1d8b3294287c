//! What is elsewhere: database, Redis, relay, names.

use std::net::IpAddr;
use std::time::Duration;

use bus::{Product, ServerFacts};
use mailer::Relay;
use model::Timestamp;
use store::{Location, PostgresFacts};
use tokio::time::timeout;

use super::Finding;
use crate::config::{Bus, Config, is_address_literal, is_this_machine};
use crate::telemetry::say;

/// Limit for looking up a name.
const LOOK_UP: Duration = Duration::from_secs(5);
/// A database that takes longer to answer makes every claim and every page slow.
const FAR_AWAY: Duration = Duration::from_millis(10);
/// What this release needs.
const OLDEST_POSTGRES: i64 = 130_000;
/// Most connections that one node uses.
const CONNECTIONS_A_NODE: i64 = 9;

/// A clock beside ours: whose, what it showed, what ours showed then.
pub(super) type Clock = (&'static str, Timestamp, Timestamp);

pub(super) async fn store(location: &Location) -> (Vec<Finding>, Vec<Clock>) {
    let facts = match location.probe().await {
        Ok(facts) => facts,
        Err(error) => return (vec![Finding::bad("store", format!("{location}: {error}"))], vec![]),
    };
    let schema = match facts.schema {
        None => "empty; the first start creates its tables".to_owned(),
        Some(found) if found > facts.known_schema => {
            let text = format!("{location} was written by a newer release; use that release");
            return (vec![Finding::bad("store", text)], vec![]);
        }
        Some(found) if found < facts.known_schema => {
            "of an older release; `pharos upgrade` or the next start upgrades it".to_owned()
        }
        Some(_) => "of this release".to_owned(),
    };
    let mut findings =
        vec![Finding::good("store", format!("{location}, {}, {schema}", facts.product))];
    let clocks = facts.server.iter().map(|it| ("the database", it.time, it.asked_at)).collect();
    findings.extend(facts.server.iter().flat_map(server));
    (findings, clocks)
}

/// What of a PostgreSQL server should be otherwise.
fn server(facts: &PostgresFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut bad = |text: &str| findings.push(Finding::bad("store", text));
    if facts.version_number < OLDEST_POSTGRES {
        bad("the server is too old: Pharos needs PostgreSQL 13 or newer");
    }
    if facts.encoding != "UTF8" {
        bad("the database's encoding is not UTF8; create it with ENCODING 'UTF8'");
    }
    if !facts.may_create {
        bad("the user may not create tables; run GRANT CREATE ON SCHEMA public TO that user");
    }
    if !facts.writable {
        bad("the server is a standby and accepts no writes; use the address of the primary");
    }
    let mut warn = |text: String| findings.push(Finding::warning("store", text));
    if !facts.durable {
        warn("`fsync` is off: a power cut may destroy the database".to_owned());
    }
    if facts.round_trip > FAR_AWAY {
        let far = facts.round_trip.as_millis();
        warn(format!("the database takes {far} ms to answer: every claim and page waits for that"));
    }
    let free = facts.max_connections - facts.connections;
    if free < CONNECTIONS_A_NODE {
        let max = facts.max_connections;
        warn(format!(
            "{free} of {max} connections are free, and a node takes up to {CONNECTIONS_A_NODE}; \
             raise `max_connections`"
        ));
    }
    findings
}

pub(super) async fn bus(bus: &Bus) -> (Vec<Finding>, Vec<Clock>) {
    let Bus::Redis(server) = bus else {
        return (vec![Finding::good("bus", "local: hits stay on their node")], vec![]);
    };
    let facts = match server.probe().await {
        Ok(facts) => facts,
        Err(error) => return (vec![Finding::bad("bus", error.to_string())], vec![]),
    };
    let name = match facts.product {
        Product::Redis => "Redis",
        Product::Valkey => "Valkey",
    };
    let mode = if facts.cluster { ", in cluster mode" } else { "" };
    let text = format!("{server}, {name} {}{mode}", facts.version);
    let mut findings = vec![Finding::good("bus", text)];
    if facts.cluster != server.is_cluster() {
        let right = if facts.cluster { "redis+cluster://" } else { "redis://" };
        findings.push(Finding::bad("bus", format!("the address should begin with {right}")));
    }
    if !facts.writable {
        let text = "it accepts no writes: it is a replica, or its cluster is down";
        findings.push(Finding::bad("bus", text));
    }
    findings.extend(memory(&facts));
    if facts.max_memory_bytes > 0 && facts.eviction != "noeviction" {
        findings.push(Finding::warning(
            "bus",
            format!(
                "`maxmemory-policy` is {}: when memory runs short, Redis drops hits, which are \
                 then shipped again; set it to noeviction",
                facts.eviction
            ),
        ));
    }
    (findings, vec![("Redis", facts.time, facts.asked_at)])
}

/// Whether there is room for hits. Without any, they wait in the journals of their nodes.
fn memory(facts: &ServerFacts) -> Option<Finding> {
    let (used, max) = (facts.used_memory_bytes, facts.max_memory_bytes);
    let text = format!(
        "{} of its {} of memory are in use",
        indicatif::HumanBytes(used),
        indicatif::HumanBytes(max)
    );
    if facts.is_full() {
        let text = format!("it is full ({text}): no hits can be shipped; raise `maxmemory`");
        return Some(Finding::bad("bus", text));
    }
    let nearly = max > 0 && used > max / 10 * 9;
    nearly.then(|| {
        Finding::warning("bus", format!("{text}; once it is full, hits wait on their nodes"))
    })
}

pub(super) async fn relay(relay: &Relay) -> Finding {
    let place = format!("{}:{}", relay.host, relay.port);
    let told = mailer::probe_telling(relay, |what| {
        say(format_args!("{:<5} {:<10} {what}; waiting a little longer", "...", "relay"));
    });
    match told.await {
        Ok(facts) => {
            let size = facts.size_limit.map_or_else(String::new, |bytes| {
                format!(", accepts messages up to {}", indicatif::HumanBytes(bytes))
            });
            let login = if relay.auth.is_some() { " and accepts the login" } else { "" };
            Finding::good("relay", format!("{place} answers{login}{size}"))
        }
        Err(error) => Finding::bad("relay", format!("{place}: {error}")),
    }
}

/// Whether the names that others and we ourselves look up resolve.
pub(super) async fn names(config: &Config) -> Vec<Finding> {
    let host = |url: &str| {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let end = rest.find([':', '/']).unwrap_or(rest.len());
        rest.get(..end).unwrap_or(rest).to_owned()
    };
    let mut names = vec![
        ("public.beacon_url", host(&config.sender.beacon_url)),
        ("public.web_url", host(&config.sender.web_url)),
    ];
    names.dedup_by(|one, other| one.1 == other.1);
    let mut findings = Vec::new();
    for (field, name) in names {
        findings.push(match first_address(&name).await {
            Some(ip) => Finding::good("names", format!("{name} ({field}) resolves to {ip}")),
            None => Finding::bad(
                "names",
                format!("{name} ({field}) does not resolve: links in messages would be dead"),
            ),
        });
    }
    if let Some(relay) = &config.relay {
        findings.push(hello_name(relay).await);
    }
    findings
}

async fn first_address(name: &str) -> Option<IpAddr> {
    let found = timeout(LOOK_UP, tokio::net::lookup_host((name, 0))).await;
    found.ok()?.ok()?.next().map(|address| address.ip())
}

/// The name we give to a relay. Many refuse a name that nobody else could look up.
async fn hello_name(relay: &Relay) -> Finding {
    let name = format!("{} (relay.hello_name)", relay.hello_name);
    if is_this_machine(&relay.host) {
        return Finding::good(
            "names",
            format!("{name} is only used towards a relay on this machine"),
        );
    }
    if is_address_literal(&relay.hello_name) {
        return Finding::good("names", format!("{name} is an address and needs no lookup"));
    }
    if !relay.hello_name.contains('.') {
        return Finding::bad(
            "names",
            format!(
                "{name} is not a name that other machines know; use the one that the sending \
                 address resolves to, or that address in brackets, such as [192.0.2.1]"
            ),
        );
    }
    match first_address(&relay.hello_name).await {
        Some(ip) if ip.is_loopback() => Finding::warning(
            "names",
            format!(
                "{name} resolves to {ip}, this machine itself; the relay may resolve it differently"
            ),
        ),
        Some(ip) => Finding::good("names", format!("{name} resolves to {ip}")),
        None => Finding::warning(
            "names",
            format!("{name} does not resolve; many mail servers distrust such a name"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use mailer::Tls;

    use super::*;
    use crate::commands::check::Verdict;

    #[tokio::test]
    async fn a_name_that_only_this_machine_knows_is_for_a_relay_on_it() {
        let verdict = async |host: &str, name: &str| {
            let limit = Duration::from_secs(1);
            let relay = Relay {
                host: host.to_owned(),
                port: 25,
                tls: Tls::None,
                auth: None,
                hello_name: name.to_owned(),
                connections: 1,
                messages_per_connection: 1,
                connect_timeout: limit,
                reply_timeout: limit,
                data_timeout: limit,
                ca_file: None,
            };
            hello_name(&relay).await.verdict
        };
        assert_eq!(verdict("127.0.0.1", "localhost").await, Verdict::Good);
        assert_eq!(verdict("relay.example", "localhost").await, Verdict::Bad);
        assert_eq!(verdict("relay.example", "[192.0.2.1]").await, Verdict::Good);
    }
}
