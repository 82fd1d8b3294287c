//! How long it takes to look at a hit: what is seen in it, and what the newest rule set makes of that; for
//! `scripts/bench-classify`.
//!
//! `classify_bench READERS.toml...` takes the user agents of the reader profiles, and addresses beside a
//! list as large as cloud providers publish: 20,000 networks. Prints microseconds per hit.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use model::hit::HitSigns;
use model::{CampaignId, ContactId, Hit, HitKind, Network, Rule, Timestamp};
use report::{Signals, newest_rules};

const NETWORKS: u32 = 20_000;
const AT_LEAST: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut agents = Vec::new();
    for file in std::env::args_os().skip(1) {
        let text = std::fs::read_to_string(file)?;
        let values =
            text.lines().filter_map(|line| line.strip_prefix("agent = \"")?.strip_suffix('"'));
        agents.extend(values.map(str::to_owned));
    }
    if agents.is_empty() {
        return Err("usage: classify_bench READERS.toml...".into());
    }
    let mut signals = Signals::built_in();
    let network = |n: u32| {
        let text = format!("{}/24", Ipv4Addr::from((20 << 24) + (n << 8)));
        text.parse::<Network>().map(|it| (it, Rule::NETWORK_DATA_CENTRE))
    };
    signals.add((0..NETWORKS).map(network).collect::<Result<Vec<_>, _>>()?);
    let address = |n: u32| {
        IpAddr::from(Ipv4Addr::from((19 << 24) + n.wrapping_mul(2_654_435_761) % (3 << 24)))
    };
    let hits: Vec<Hit> = agents
        .iter()
        .cycle()
        .zip(0_u32..10_000)
        .map(|(agent, n)| Hit {
            at: Timestamp(0),
            campaign: CampaignId(1),
            contact: Some(ContactId(1)),
            kind: HitKind::View,
            visitor: None,
            client: Some(address(n)),
            signs: HitSigns::default(),
            agent: agent.clone().into_bytes(),
        })
        .collect();
    let (rules, begun) = (newest_rules(), Instant::now());
    let mut looked = 0_u32;
    while begun.elapsed() < AT_LEAST {
        for hit in &hits {
            black_box(rules.class(signals.rules_seen(black_box(hit))));
            looked += 1;
        }
    }
    println!(
        "RESULT classify_us {:.2} us",
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(looked)
    );
    Ok(())
}
