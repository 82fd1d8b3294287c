//! A node with a journal, a recorder with a store in memory, and a Redis between them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bus::{
    Chunk, ConfirmProblem, Confirmations, HitSource, InstallationId, Metrics, RedisServer, Shipper,
    ShipperSettings, StreamHits,
};
use journal::{Journal, Options, Position};
use model::hit::HitSigns;
use model::{CampaignId, ContactId, Hit, HitKind, Timestamp};
use tempfile::TempDir;
use testkit::{Redis, RedisCluster};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const LIMIT: Duration = Duration::from_secs(60);

/// Waits for what must come true.
pub(crate) async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < LIMIT, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A part of a Redis of its own: an installation nobody else has.
pub(crate) struct Stream {
    pub(crate) server: RedisServer,
    pub(crate) installation: InstallationId,
    key: String,
    urls: Vec<String>,
}

impl Stream {
    pub(crate) fn of(redis: &Redis) -> Self {
        Self::at(&redis.url(), vec![redis.url()])
    }

    pub(crate) fn through(port: u16, redis: &Redis) -> Self {
        Self::at(&format!("redis://127.0.0.1:{port}"), vec![redis.url()])
    }

    pub(crate) fn of_shared_server() -> Self {
        Self::of(Redis::shared())
    }

    pub(crate) fn of_shared_cluster() -> Self {
        let urls = RedisCluster::shared().urls();
        let hosts: Vec<&str> = urls.iter().filter_map(|url| url.strip_prefix("redis://")).collect();
        Self::at(&format!("redis+cluster://{}", hosts.join(",")), urls)
    }

    fn at(url: &str, urls: Vec<String>) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name = format!("test-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        Self {
            server: RedisServer::parse(url, None, None).unwrap(),
            installation: InstallationId::parse(&name).unwrap(),
            key: format!("pharos:{{{name}}}:hits"),
            urls,
        }
    }

    /// Runs a command on the stream, past the bus. The key follows the words.
    pub(crate) async fn command<T: redis::FromRedisValue>(
        &self,
        words: &[&str],
        behind: &[&str],
    ) -> T {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]).arg(&self.key).arg(behind);
        if self.urls.len() > 1 {
            let client = redis::cluster::ClusterClient::new(self.urls.clone()).unwrap();
            let mut connection = client.get_async_connection().await.unwrap();
            command.query_async(&mut connection).await.unwrap()
        } else {
            let client = redis::Client::open(self.urls[0].as_str()).unwrap();
            let mut connection = client.get_multiplexed_async_connection().await.unwrap();
            command.query_async(&mut connection).await.unwrap()
        }
    }

    pub(crate) async fn entries(&self) -> usize {
        self.command(&["XLEN"], &[]).await
    }

    /// Waits until so many entries lie in the stream.
    pub(crate) async fn until_entries(&self, is: impl Fn(usize) -> bool) {
        let begun = Instant::now();
        loop {
            let entries = self.entries().await;
            if is(entries) {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "{entries} entries in the stream");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn hit_source(&self, consumer: &str, metrics: &Arc<Metrics>) -> StreamHits {
        let metrics = Arc::clone(metrics);
        StreamHits::new(&self.server, &self.installation, consumer, metrics).unwrap()
    }
}

/// A node's journal.
pub(crate) struct Node {
    dir: TempDir,
    pub(crate) number: u16,
    pub(crate) journal: Journal,
    pub(crate) places: BTreeSet<Position>,
}

impl Node {
    pub(crate) fn new(number: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { segment_bytes: 64 << 10, max_bytes: 64 << 20 };
        let journal = Journal::open(dir.path(), options).unwrap();
        Self { dir, number, journal, places: BTreeSet::new() }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub(crate) fn append(&mut self, hits: usize) {
        let hit = Hit {
            at: Timestamp(1_795_428_000_000_000),
            campaign: CampaignId(1),
            contact: Some(ContactId(2)),
            kind: HitKind::View,
            visitor: None,
            client: None,
            signs: HitSigns::default(),
            agent: b"Mozilla/5.0".to_vec(),
        };
        let mut bytes = Vec::new();
        hit.encode(&mut bytes);
        for _ in 0..hits {
            self.places.insert(self.journal.append(&bytes).unwrap());
        }
        self.journal.commit().unwrap();
    }

    /// The oldest segment that is still there.
    pub(crate) fn oldest_segment(&self) -> u64 {
        let names = std::fs::read_dir(self.dir.path()).unwrap().map(|it| it.unwrap().file_name());
        let numbers = names.filter_map(|name| name.to_str()?.strip_suffix(".seg")?.parse().ok());
        numbers.min().unwrap()
    }

    pub(crate) fn shipper(
        &self,
        stream: &Stream,
        store: &Store,
        metrics: &Arc<Metrics>,
    ) -> Shipper<StoreMark> {
        let (ours, durable) = (&stream.installation, self.journal.durable());
        let mark = StoreMark { store: store.clone(), node: self.number };
        let metrics = Arc::clone(metrics);
        Shipper::new(&stream.server, ours, self.number, self.dir(), durable, mark, metrics)
    }

    pub(crate) fn ship(&self, stream: &Stream, store: &Store) -> Running {
        self.ship_with(stream, store, ShipperSettings::default())
    }

    pub(crate) fn ship_with(
        &self,
        stream: &Stream,
        store: &Store,
        settings: ShipperSettings,
    ) -> Running {
        let metrics = Arc::default();
        let shipper = self.shipper(stream, store, &metrics).settings(settings);
        let stop = CancellationToken::new();
        let task = tokio::spawn(shipper.run(stop.clone()));
        let task = tokio::spawn(async move { task.await.unwrap().unwrap() });
        Running { metrics, stop, task }
    }
}

/// A task and how to stop it.
pub(crate) struct Running {
    pub(crate) metrics: Arc<Metrics>,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(LIMIT, self.task).await.unwrap().unwrap();
    }

    /// As a killed process.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    pub(crate) fn count(&self, of: impl Fn(&Metrics) -> &AtomicU64) -> u64 {
        of(&self.metrics).load(Ordering::Relaxed)
    }
}

/// What the store keeps: hits by identity, and how far each node's are complete.
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    hits: BTreeMap<u16, BTreeSet<Position>>,
    marks: BTreeMap<u16, Position>,
    /// Recorded out of order, behind the mark.
    ahead: BTreeMap<u16, Vec<(Position, Position)>>,
    again: usize,
    fails: bool,
    refusals: usize,
}

impl Store {
    /// One transaction.
    pub(crate) fn record(&self, chunks: Vec<Chunk>) -> Result<(), &'static str> {
        let mut kept = self.0.lock().unwrap();
        if kept.fails {
            kept.refusals += 1;
            return Err("the store is away");
        }
        for chunk in chunks {
            for (at, _) in chunk.hits {
                if !kept.hits.entry(chunk.node).or_default().insert(at) {
                    kept.again += 1;
                }
            }
            let mut ahead = kept.ahead.remove(&chunk.node).unwrap_or_default();
            ahead.push((chunk.from, chunk.to));
            ahead.sort_unstable();
            let mark = kept.marks.entry(chunk.node).or_insert(Position::START);
            ahead.retain(|(from, to)| {
                let reached = *from <= *mark;
                if reached {
                    *mark = (*mark).max(*to);
                }
                !reached
            });
            kept.ahead.insert(chunk.node, ahead);
        }
        Ok(())
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.0.lock().unwrap().fails = fails;
    }

    /// How many hits of a node it has.
    pub(crate) fn hits(&self, node: u16) -> usize {
        self.0.lock().unwrap().hits.get(&node).map_or(0, BTreeSet::len)
    }

    pub(crate) fn mark(&self, node: u16) -> Option<Position> {
        self.0.lock().unwrap().marks.get(&node).copied()
    }

    /// Transactions that failed.
    pub(crate) fn refusals(&self) -> usize {
        self.0.lock().unwrap().refusals
    }

    /// Hits that were recorded before.
    pub(crate) fn again(&self) -> usize {
        self.0.lock().unwrap().again
    }

    pub(crate) fn has_all_of(&self, node: &Node) -> bool {
        let kept = self.0.lock().unwrap();
        let hits = kept.hits.get(&node.number);
        let complete = kept.marks.get(&node.number) == Some(&node.journal.end());
        complete && hits == Some(&node.places)
    }

    pub(crate) async fn until_all_of(&self, node: &Node) {
        until("every hit in the store", || self.has_all_of(node)).await;
    }

    /// A recorder that goes on after failures.
    pub(crate) fn recorder(&self, hit_source: impl Into<SourceOf>) -> Running {
        let SourceOf { mut hit_source, metrics } = hit_source.into();
        let (store, stop) = (self.clone(), CancellationToken::new());
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            while record(&mut hit_source, &store, &stopped).await.is_err() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        Running { metrics, stop, task }
    }
}

async fn record(
    hit_source: &mut HitSource,
    store: &Store,
    stop: &CancellationToken,
) -> Result<(), String> {
    let mark = |number| store.mark(number).map(|mark| (number, mark));
    hit_source.rewind(&hit_source.journals().into_iter().filter_map(mark).collect());
    while let Some(mut parcel) = hit_source.next(stop).await.map_err(|it| it.to_string())? {
        store.record(std::mem::take(&mut parcel.chunks))?;
        hit_source.done(parcel).await.map_err(|it| it.to_string())?;
    }
    Ok(())
}

/// A source of hits with what its recorder has to know.
pub(crate) struct SourceOf {
    pub(crate) hit_source: HitSource,
    pub(crate) metrics: Arc<Metrics>,
}

/// A consumer of a stream that takes others for gone after 300 ms.
impl From<(&Stream, &str)> for SourceOf {
    fn from((stream, consumer): (&Stream, &str)) -> Self {
        let metrics = Arc::default();
        let hit_source =
            stream.hit_source(consumer, &metrics).stale_after(Duration::from_millis(300));
        Self { hit_source: HitSource::Stream(hit_source), metrics }
    }
}

/// What the shipper of a node hears of the store.
pub(crate) struct StoreMark {
    store: Store,
    node: u16,
}

impl Confirmations for StoreMark {
    async fn confirmed(&self) -> Result<Option<Position>, ConfirmProblem> {
        if self.store.0.lock().unwrap().fails {
            return Err("the store is away".into());
        }
        Ok(self.store.mark(self.node))
    }
}
