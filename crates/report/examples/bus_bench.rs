//! How fast hits get from a journal into the roll-ups; `scripts/bench-bus` puts it to use.
//!
//! ```text
//! bus_bench prepare STORE CONTACTS            in an empty store: a campaign to so many contacts, sent the
//!                                             day before; `sending` behind it: it is being sent
//! bus_bench journal FOLDER CONTACTS HITS      a beacon's journal with hits of that campaign
//! bus_bench local STORE FOLDER HITS           what one node runs, until all of them are counted
//! bus_bench redis STORE FOLDER HITS SERVER RECORDERS     the same by a stream
//! ```
//!
//! STORE is `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`, SERVER `redis://HOST:PORT`. The
//! last two print the seconds from the start of the parts to the last hit's commit.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bus::{
    ConfirmProblem, Confirmations, FollowedJournal, HitSource, InstallationId, JournalHits,
    Shipper, StreamHits,
};
use journal::{Journal, Options, Position};
use model::hit::HitSigns;
use model::{
    CampaignId, CampaignNumber, ContactId, EmailAddress, Hit, HitKind, InDoubtPolicy, LinkSlot,
    Timestamp, VisitorId,
};
use report::{Recorder, RecorderMetrics, Signals};
use store::{
    CampaignLink, ContactRow, Location, NewAnnouncement, NewCampaign, Outcome, Settled, Store,
    StoreOptions,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Done = Result<(), Failure>;

const USAGE: &str = "usage: bus_bench prepare|journal|local|redis ...";
const AT: Timestamp = Timestamp(1_795_428_245_000_000);
/// A database of its own holds this one campaign.
const CAMPAIGN: CampaignId = CampaignId::new(CampaignNumber(1), AT);
const NODE: u16 = 1;
const IMPORT: usize = 10_000;
const COMMIT: usize = 1_000;
const LEASE: Duration = Duration::from_secs(600);
/// Without a new hit for so long, something is wrong.
const SOON: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(2);

fn signals() -> Arc<Signals> {
    Arc::new(Signals::built_in())
}

fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Runtime::new()?;
    match arguments.as_slice() {
        ["prepare", store, contacts, more @ ..] if matches!(more, [] | ["sending"]) => runtime
            .block_on(async {
                let (store, contacts) = (open(store)?, contacts.parse()?);
                prepare(&store, contacts).await?;
                if more.is_empty() { send(&store).await } else { Ok(()) }
            }),
        ["journal", folder, contacts, hits] => {
            fill(Path::new(folder), contacts.parse()?, hits.parse()?)
        }
        ["local", store, folder, hits] => {
            let bench = HitPipelineBench::new(store, folder, hits.parse()?)?;
            runtime.block_on(bench.local())
        }
        ["redis", store, folder, hits, server, recorders] => {
            let bench = HitPipelineBench::new(store, folder, hits.parse()?)?;
            runtime.block_on(bench.redis(server, store, recorders.parse()?))
        }
        _ => Err(USAGE.into()),
    }
}

fn open(store: &str) -> Result<Store, Failure> {
    let location = Location::parse(store, Path::new(""), None, None)?;
    Ok(Store::open(location, StoreOptions::default())?)
}

async fn prepare(store: &Store, contacts: u32) -> Done {
    let topic = store.topic_ensure("release-notices".into(), "Notices".into()).await?;
    let numbers: Vec<u32> = (0..contacts).collect();
    for part in numbers.chunks(IMPORT) {
        let row = |number: &u32| -> Result<ContactRow, Failure> {
            let email = EmailAddress::parse(&format!("reader{number}@example.com"))?;
            Ok(ContactRow { email, attributes: BTreeMap::new() })
        };
        let rows = part.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        store.contacts_import(rows, Some(topic), "bench".into(), AT).await?;
    }
    let content =
        NewAnnouncement { name: "bench".into(), subject: "Bench".into(), source: "Bench".into() };
    let announcement = store.announcement_save(content, AT).await?;
    let link = |slot| CampaignLink {
        slot: LinkSlot(slot),
        url: format!("https://aurora.example/{slot}"),
        label: format!("Read {slot}"),
    };
    let policy = InDoubtPolicy::NeverResend;
    let (name, links) = ("bench".into(), (0..8).map(link).collect());
    let new = NewCampaign { name, announcement, topic, policy, links };
    let campaign = store.campaign_create(new, AT).await?;
    store.campaign_start(campaign, AT).await?;
    if campaign == CAMPAIGN { Ok(()) } else { Err("the store was not empty".into()) }
}

/// Nobody's message is so new that a view of it is a quick one.
async fn send(store: &Store) -> Done {
    let at = Timestamp(AT.0 - 24 * Timestamp::HOUR);
    loop {
        let claimed = store.deliveries_claim(CAMPAIGN, NODE, COMMIT, at, LEASE).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        if store.is_shared() {
            let which = claimed.iter().map(|it| (it.contact, it.epoch)).collect();
            store.deliveries_begin(CAMPAIGN, NODE, which, at, LEASE).await?;
        }
        let outcome = || Outcome::Sent { reply: "250 2.0.0 Ok: queued as 4B1F2C0A".into() };
        let settled = claimed
            .iter()
            .map(|it| Settled { contact: it.contact, epoch: it.epoch, outcome: outcome() })
            .collect();
        store.deliveries_settle(CAMPAIGN, settled, at, None).await?;
    }
}

fn fill(folder: &Path, contacts: u32, hits: u32) -> Done {
    let mut journal = Journal::open(folder, Options::default())?;
    let numbers: Vec<u32> = (0..hits).collect();
    let mut record = Vec::new();
    for part in numbers.chunks(COMMIT) {
        for number in part {
            record.clear();
            hit(contacts, *number).encode(&mut record);
            journal.append(&record)?;
        }
        journal.commit()?;
    }
    Ok(())
}

/// One in eight is a click, every other brings a cookie, and there are 200 user agents.
fn hit(contacts: u32, number: u32) -> Hit {
    let scattered = number.wrapping_mul(2_654_435_761);
    let mut visitor = [0; 12];
    for part in visitor.chunks_exact_mut(4) {
        part.copy_from_slice(&scattered.wrapping_mul(2_246_822_519).to_le_bytes());
    }
    let slot = u16::try_from(number / 8 % 8).unwrap_or_default();
    let version = 100 + number % 200;
    Hit {
        // Ten thousand a second.
        at: Timestamp(AT.0 + i64::from(number) * 100),
        campaign: CAMPAIGN,
        contact: Some(ContactId(AT.0 + i64::from(scattered % contacts) + 1)),
        kind: if number.is_multiple_of(8) { HitKind::Click(LinkSlot(slot)) } else { HitKind::View },
        visitor: number.is_multiple_of(2).then_some(VisitorId(visitor)),
        client: Some(scattered.to_le_bytes().into()),
        signs: HitSigns::default(),
        agent: format!(
            "Mozilla/5.0 (X11; Linux x86_64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"
        )
        .into_bytes(),
    }
}

/// A node with a full journal and nothing counted.
struct HitPipelineBench {
    store: Store,
    folder: PathBuf,
    journal: Journal,
    hits: u64,
}

impl HitPipelineBench {
    fn new(store: &str, folder: &str, hits: u64) -> Result<Self, Failure> {
        let folder = PathBuf::from(folder);
        let journal = Journal::open(&folder, Options::default())?;
        Ok(Self { store: open(store)?, folder, journal, hits })
    }

    async fn local(self) -> Done {
        let durable = self.journal.durable();
        let journal = FollowedJournal { number: NODE, dir: self.folder.clone(), durable };
        let hit_source = JournalHits::new([journal]);
        let recorder = Recorder::new(
            self.store.clone(),
            HitSource::Journal(hit_source),
            NODE,
            signals(),
            SOON,
        );
        self.measure(vec![recorder], None).await
    }

    /// Every recorder has its own connections to the store, as on a node of its own.
    async fn redis(self, server: &str, store: &str, recorders: u16) -> Done {
        let server = bus::RedisServer::parse(server, None, None)?;
        let installation = InstallationId::parse("bench")?;
        let counters: Arc<bus::Metrics> = Arc::default();
        let mut all = Vec::new();
        for node in NODE..NODE + recorders {
            let name = format!("node-{node}");
            let hit_source = StreamHits::new(&server, &installation, &name, Arc::clone(&counters))?;
            all.push(Recorder::new(
                open(store)?,
                HitSource::Stream(hit_source),
                node,
                signals(),
                SOON,
            ));
        }
        let recorded = Recorded(self.store.clone());
        let (folder, durable) = (self.folder.clone(), self.journal.durable());
        let shipper =
            Shipper::new(&server, &installation, NODE, folder, durable, recorded, counters);
        self.measure(all, Some(shipper)).await
    }

    async fn measure(self, recorders: Vec<Recorder>, shipper: Option<Shipper<Recorded>>) -> Done {
        let shutdown = CancellationToken::new();
        let counters: Vec<_> = recorders.iter().map(Recorder::metrics).collect();
        let mut parts: JoinSet<Done> = JoinSet::new();
        let started = Instant::now();
        for recorder in recorders {
            let shutdown = shutdown.clone();
            parts.spawn(async move { Ok(recorder.run(shutdown).await?) });
        }
        if let Some(shipper) = shipper {
            let shutdown = shutdown.clone();
            parts.spawn(async move { Ok(shipper.run(shutdown).await?) });
        }
        self.wait(&counters).await?;
        let took = started.elapsed();
        shutdown.cancel();
        while let Some(part) = parts.join_next().await {
            part??;
        }
        let rollup = self.store.campaign_rollup(CAMPAIGN).await?;
        if u64::try_from(rollup.views + rollup.clicks)? != self.hits {
            return Err(format!("the roll-ups say {rollup:?}").into());
        }
        println!("{:.3}", took.as_secs_f64());
        Ok(())
    }

    /// Until all hits are recorded.
    async fn wait(&self, counters: &[Arc<RecorderMetrics>]) -> Done {
        let (mut before, mut moved) = (0, Instant::now());
        loop {
            let now = counters.iter().map(|it| it.recorded.load(Ordering::Relaxed)).sum();
            if now >= self.hits {
                return Ok(());
            }
            if now != before {
                (before, moved) = (now, Instant::now());
            }
            if moved.elapsed() > PATIENCE {
                return Err(format!("no hit was recorded any more after {now}").into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Tells the shipper how far the store has this node's hits.
struct Recorded(Store);

impl Confirmations for Recorded {
    async fn confirmed(&self) -> Result<Option<Position>, ConfirmProblem> {
        let mark = self.0.hits_confirmed(NODE).await?;
        Ok(mark.map(|mark| Position { segment: mark.segment, offset: mark.offset }))
    }
}
