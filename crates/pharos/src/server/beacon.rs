//! This node's beacon, and what it keeps in the data folder to answer while the store is
//! unreachable.
//!
//! The file `beacon` holds the node's number and how far its journal was numbered, the file `links`
//! the link targets. Both exist once the node has been registered in the store, which has then
//! checked its keys and its place among the other nodes.

use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use journal::{Durable, Journal, JournalCounters};
use listener::ClientLimits;
use token::Keyring;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::installation::replace_private;
use crate::links::StoredLinks;

/// What is known of this node without the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BeaconState {
    /// Its number in the store.
    pub(super) node: u16,
    /// The last segment of its journal that was begun.
    pub(super) segment: u64,
}

impl BeaconState {
    /// None when the node has not been entered yet, or a later release wrote the file.
    pub(super) fn read(data: &Path) -> Option<Self> {
        let path = path(data);
        let text = std::fs::read_to_string(&path).ok()?;
        let state = Self::parse(&text);
        if state.is_none() {
            tracing::warn!(path = %path.display(), "can't parse the beacon's saved state");
        }
        state
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut expect = |word: &str| words.next().filter(|found| *found == word);
        expect("pharos-beacon")?;
        expect("1")?;
        expect("node")?;
        let node = words.next()?.parse().ok()?;
        words.next().filter(|word| *word == "segment")?;
        let segment = words.next()?.parse().ok()?;
        Some(Self { node, segment })
    }

    pub(super) fn write(self, data: &Path) -> io::Result<()> {
        let Self { node, segment } = self;
        replace_private(
            &path(data),
            format!("pharos-beacon 1\nnode {node}\nsegment {segment}\n").as_bytes(),
        )
    }
}

fn path(data: &Path) -> PathBuf {
    data.join("beacon")
}

pub(crate) struct RunningBeacon {
    pub(super) thread: JoinHandle<()>,
    pub(super) durable: Durable,
    pub(super) metrics: Arc<beacon::Metrics>,
    pub(super) commits: Arc<JournalCounters>,
    pub(super) links: StoredLinks,
    /// The first segment of this process.
    pub(super) segment: u64,
}

impl RunningBeacon {
    /// Starts it behind everything that the store is known to have, which lies before or in the
    /// segment `seen`.
    pub(super) fn start(
        config: &Config,
        keys: Arc<Keyring>,
        listener: TcpListener,
        seen: u64,
        shutdown: CancellationToken,
    ) -> anyhow::Result<Self> {
        let folder = crate::installation::hits_journal(config);
        let journal = Journal::open_past_damage(&folder, config.hits_journal, seen)
            .context("can't open the hit journal")?;
        let (durable, segment) = (journal.durable(), journal.head().segment);
        let commits = journal.counters();
        let links = StoredLinks::kept_in(config.data.join("links"), &config.sender.web_url);
        let metrics: Arc<beacon::Metrics> = Arc::default();
        let thread = beacon::spawn(
            listener,
            keys,
            links.clone(),
            journal,
            settings(config),
            Arc::clone(&metrics),
            shutdown,
        )
        .context("can't start the beacon")?;
        Ok(Self { thread, durable, metrics, commits, links, segment })
    }
}

fn settings(config: &Config) -> beacon::Settings {
    beacon::Settings {
        cookie: config.cookie,
        cookie_scope: config.cookie_scope,
        trusted_proxies: config.trusted_proxies.clone(),
        clients: ClientLimits {
            connections: config.beacon_connections,
            drain: config.shutdown_timeout / 2,
            ..ClientLimits::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_beacon_keeps_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(BeaconState::read(dir.path()), None);
        let state = BeaconState { node: 3, segment: 1_795_428_000 };
        state.write(dir.path()).unwrap();
        assert_eq!(BeaconState::read(dir.path()), Some(state));
        std::fs::write(path(dir.path()), "pharos-beacon 2\nnode 3\nsegment 1\n").unwrap();
        assert_eq!(BeaconState::read(dir.path()), None);
    }
}
