//! This node's beacon, and what it keeps in the data folder to answer while the store is
//! unreachable.
//!
//! The file `beacon` holds the node's number and how far its journals were numbered, the file `links`
//! the link targets. Both exist once the node has been registered in the store, which has then
//! checked its keys and its place among the other nodes.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use bus::FollowedJournal;
use journal::{Durable, IdleJournal, Journal, JournalCounters, Position, Quota};
use listener::ClientLimits;
use token::Keyring;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::hit_lanes::{HitLane, hit_lanes};
use crate::installation::{Installation, replace_private};
use crate::links::StoredLinks;
use crate::node::Node;

/// What is known of this node without the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BeaconState {
    /// Its number in the store.
    pub(super) node: u16,
    /// The last segment of each of its journals that was begun.
    pub(super) segments: BTreeMap<u8, u64>,
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
        let mut lines = text.lines().map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
        (lines.next()? == ["pharos-beacon", "1"]).then_some(())?;
        let node = match *lines.next()? {
            ["node", number] => number.parse().ok()?,
            _ => return None,
        };
        let mut segments = BTreeMap::new();
        for line in lines {
            let (lane, segment) = match *line {
                ["segment", segment] => (0, segment),
                ["lane", lane, "segment", segment] => (lane.parse().ok()?, segment),
                _ => return None,
            };
            segments.insert(lane, segment.parse().ok()?);
        }
        segments.contains_key(&0).then_some(Self { node, segments })
    }

    /// Earlier releases read the first three lines and no further.
    fn text(&self) -> String {
        let mut text = format!("pharos-beacon 1\nnode {}\n", self.node);
        for (lane, segment) in &self.segments {
            match lane {
                0 => text.push_str(&format!("segment {segment}\n")),
                _ => text.push_str(&format!("lane {lane} segment {segment}\n")),
            }
        }
        text
    }

    pub(super) fn write(&self, data: &Path) -> io::Result<()> {
        replace_private(&path(data), self.text().as_bytes())
    }
}

fn path(data: &Path) -> PathBuf {
    data.join("beacon")
}

/// The threads of the beacon and their journals.
pub(crate) struct RunningBeacon {
    pub(super) threads: Vec<JoinHandle<()>>,
    /// Journals of threads that there once were.
    pub(super) idle: Vec<IdleJournal>,
    /// Of each thread.
    pub(super) metrics: Vec<Arc<beacon::Metrics>>,
    pub(super) commits: Vec<Arc<JournalCounters>>,
    pub(super) links: StoredLinks,
    lanes: Vec<RunningLane>,
    /// All journals under their numbers; none before the store has told these.
    pub(super) journals: Vec<FollowedJournal>,
}

/// One of its journals.
struct RunningLane {
    lane: HitLane,
    durable: Durable,
    /// The first segment of this process, if it writes any.
    first: Option<u64>,
}

impl RunningBeacon {
    /// Starts a thread for each listener, behind everything that the store is known to have of its
    /// journal, which lies before or in the segment `seen`.
    pub(super) fn start(
        config: &Config,
        keys: &Arc<Keyring>,
        listeners: Vec<TcpListener>,
        seen: &BTreeMap<u8, u64>,
        shutdown: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let lanes = hit_lanes(&config.data, listeners.len());
        let quota = Quota::new(config.hits_journal, lanes.iter().map(|lane| lane.dir.clone()));
        let links = StoredLinks::kept_in(config.data.join("links"), &config.sender.web_url);
        let (threads, idle, metrics, commits, journals) = Default::default();
        let mut beacon = Self { threads, idle, metrics, commits, links, lanes: vec![], journals };
        let share = connection_shares(config.beacon_connections, listeners.len());
        let mut listeners = listeners.into_iter().zip(share);
        let mut answering = Vec::new();
        for lane in lanes {
            let seen = seen.get(&lane.index).copied().unwrap_or(0);
            match listeners.next() {
                Some(listener) => {
                    let journal = Journal::open_sharing(&lane.dir, &quota, seen)
                        .context("can't open the hit journal")?;
                    let (durable, first) = (journal.durable(), Some(journal.head().segment));
                    beacon.commits.push(journal.counters());
                    beacon.lanes.push(RunningLane { lane, durable, first });
                    answering.push((listener, journal));
                }
                None => beacon.leave_idle(lane, &quota, seen)?,
            }
        }
        for ((listener, connections), journal) in answering {
            let metrics: Arc<beacon::Metrics> = Arc::default();
            beacon.metrics.push(Arc::clone(&metrics));
            let (keys, links) = (Arc::clone(keys), beacon.links.for_thread());
            let settings = settings(config, connections);
            let shutdown = shutdown.clone();
            let thread = beacon::spawn(listener, keys, links, journal, settings, metrics, shutdown)
                .context("can't start the beacon")?;
            beacon.threads.push(thread);
        }
        Ok(beacon)
    }

    /// A journal whose thread there is no more is only read.
    fn leave_idle(&mut self, lane: HitLane, quota: &Arc<Quota>, seen: u64) -> anyhow::Result<()> {
        let about = || format!("can't open the hit journal in {}", lane.dir.display());
        if beacon::has_left_gap(&lane.dir).with_context(about)? {
            let journal = Journal::open_sharing(&lane.dir, quota, seen).with_context(about)?;
            if let Err(error) = beacon::record_left_gap(journal) {
                tracing::error!(
                    %error, dir = %lane.dir.display(),
                    "can't record the gap that was left here; the next start will"
                );
            }
        }
        let idle = IdleJournal::open_past_damage(&lane.dir).with_context(about)?;
        self.lanes.push(RunningLane { lane, durable: idle.durable(), first: None });
        self.idle.push(idle);
        Ok(())
    }

    /// Whether a thread has ended by itself.
    pub(super) fn has_ended_thread(&self) -> bool {
        self.threads.iter().any(JoinHandle::is_finished)
    }

    /// The last segment that each journal has begun.
    fn segments(&self) -> BTreeMap<u8, u64> {
        let last = |it: &RunningLane| it.first.unwrap_or(it.durable.end().segment);
        let begun = self.lanes.iter().map(|it| (it.lane.index, last(it)));
        begun.filter(|(_, segment)| *segment > Position::START.segment).collect()
    }
}

/// The connections of each thread, which are all of them together.
fn connection_shares(connections: usize, threads: usize) -> impl Iterator<Item = usize> {
    let threads = threads.max(1);
    let (each, over) = (connections / threads, connections % threads);
    (0..threads).map(move |thread| each + usize::from(thread < over))
}

fn settings(config: &Config, connections: usize) -> beacon::Settings {
    beacon::Settings {
        cookie: config.cookie,
        cookie_scope: config.cookie_scope,
        trusted_proxies: config.trusted_proxies.clone(),
        clients: ClientLimits {
            connections,
            drain: config.shutdown_timeout / 2,
            ..ClientLimits::default()
        },
    }
}

/// The beacon, unless it answers already, with the store behind it from now on. Its journals go on
/// behind whatever the store has of them.
pub(super) async fn start_beacon(
    installation: &Installation,
    node: &Node,
    listeners: Vec<TcpListener>,
    early: Option<RunningBeacon>,
    shutdown: &CancellationToken,
) -> anyhow::Result<Option<RunningBeacon>> {
    let Installation { config, keys, store, .. } = installation;
    if early.is_none() && listeners.is_empty() {
        return Ok(None);
    }
    let threads = early.as_ref().map_or(listeners.len(), |early| early.threads.len());
    let (mut numbers, mut seen) = (BTreeMap::new(), BTreeMap::new());
    for HitLane { index, .. } in hit_lanes(&config.data, threads) {
        let number = match index {
            0 => node.number,
            _ => store.node_journal(&node.name, index).await?,
        };
        numbers.insert(index, number);
        let mark = store.mark_find(store::hits_reader(number)).await?;
        seen.insert(index, mark.map_or(0, |mark| mark.segment));
    }
    let mut beacon = match early {
        Some(early) => early,
        None => RunningBeacon::start(config, keys, listeners, &seen, shutdown)?,
    };
    for RunningLane { lane, durable, first } in &beacon.lanes {
        let seen = seen.get(&lane.index).copied().unwrap_or(0);
        anyhow::ensure!(
            first.is_none_or(|first| first > seen),
            "the hit journal {} and the file `beacon` in {} are older than what the store has from \
             this node; start again to continue the journal's numbering after that",
            lane.dir.display(),
            config.data.display()
        );
        if let Some(number) = numbers.get(&lane.index).copied() {
            let (dir, durable) = (lane.dir.clone(), durable.clone());
            beacon.journals.push(FollowedJournal { number, dir, durable });
        }
    }
    beacon.links.use_store(store.clone());
    // Before the server is ready: until then no browser gets a cookie.
    beacon.links.refresh_tracking(None).await;
    let state = BeaconState { node: node.number, segments: beacon.segments() };
    if let Err(error) = state.write(&config.data) {
        tracing::warn!(%error, "the next start of the beacon will need the store");
    }
    Ok(Some(beacon))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_beacon_keeps_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(BeaconState::read(dir.path()), None);
        let one = BTreeMap::from([(0, 1_795_428_000)]);
        let three = BTreeMap::from([(0, 1_795_428_000), (1, 7), (4, 1_795_428_001)]);
        for segments in [one, three] {
            let state = BeaconState { node: 3, segments };
            state.write(dir.path()).unwrap();
            assert_eq!(BeaconState::read(dir.path()), Some(state));
        }
        for wrong in ["pharos-beacon 2\nnode 3\nsegment 1\n", "pharos-beacon 1\nnode 3\n", ""] {
            std::fs::write(path(dir.path()), wrong).unwrap();
            assert_eq!(BeaconState::read(dir.path()), None, "{wrong}");
        }
    }

    #[test]
    fn the_state_of_an_earlier_release_is_read_and_it_reads_ours() {
        let earlier = "pharos-beacon 1\nnode 3\nsegment 9\n";
        let state = BeaconState { node: 3, segments: BTreeMap::from([(0, 9)]) };
        assert_eq!(BeaconState::parse(earlier), Some(state.clone()));
        assert_eq!(state.text(), earlier);
        let more = BeaconState { segments: BTreeMap::from([(0, 9), (1, 12)]), ..state };
        assert!(more.text().starts_with(earlier), "{}", more.text());
    }

    #[test]
    fn threads_hold_all_connections_together_and_each_some() {
        for (connections, threads) in [(4096, 1), (4096, 3), (8, 8), (10, 4), (1, 1)] {
            let shares: Vec<_> = connection_shares(connections, threads).collect();
            assert_eq!(shares.len(), threads);
            assert_eq!(shares.iter().sum::<usize>(), connections);
            assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
        }
    }
}
