//! How fast the hot methods are, on SQLite or PostgreSQL; `scripts/bench-store` puts it to use.
//!
//! ```text
//! store_bench steps STORE ROWS          in an empty store: import ROWS contacts, expand a campaign
//!                                       to them, claim and settle every delivery, record ROWS hits
//! store_bench campaign STORE ROWS HITS  one more campaign to the ROWS contacts, with HITS hits
//! store_bench report STORE CAMPAIGN...  what a report reads of each campaign, in turn, 21 times
//! ```
//!
//! STORE is `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`; what was made is left there. The
//! output is for machines: `STEP name rows seconds`, `CAMPAIGN id`, `REPORT id milliseconds`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use model::hit::HitSigns;
use model::{
    CampaignId, CampaignNumber, EmailAddress, Hit, HitClass, HitKind, HitOrigin, InDoubtPolicy,
    LinkSlot, Rule, RulesSeen, Timestamp, TopicId, VisitorId,
};
use store::{
    CampaignLink, ContactRow, HitBatch, Location, Mark, NewAnnouncement, NewCampaign, Outcome,
    RecordedHit, RecorderProgress, Settled, Store, StoreOptions,
};

type Failure = Box<dyn std::error::Error>;
type Done = Result<(), Failure>;

const USAGE: &str = "usage: store_bench steps|campaign|report STORE NUMBER...";
const AT: Timestamp = Timestamp(1_795_428_245_000_000);
const NODE: u16 = 1;
const LEASE: Duration = Duration::from_secs(600);
const IMPORT: usize = 10_000;
const CLAIM: usize = 1_000;
/// What recorders bring at a time: a chunk from their own journal, a parcel of two from a stream.
const BATCH: (usize, usize) = (2_000, 4_000);
/// A campaign's hits lie evenly over this time, however many: then every size has as many hours.
const SPREAD: i64 = 14 * 24 * Timestamp::HOUR;
const READS: usize = 21;

fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, store, numbers @ ..] = arguments.as_slice() else { return Err(USAGE.into()) };
    let numbers: Vec<u32> = numbers.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
    let location = Location::parse(store, Path::new(""), None, None)?;
    let store = Store::open(location, StoreOptions::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        match (command.as_str(), numbers.as_slice()) {
            ("steps", [rows]) => steps(&store, *rows).await,
            ("campaign", [rows, hits]) => another(&store, *rows, *hits).await,
            ("report", campaigns) => report(&store, campaigns).await,
            _ => Err(USAGE.into()),
        }
    })
}

async fn steps(store: &Store, rows: u32) -> Done {
    let topic = topic(store).await?;
    timed("import", rows, import(store, topic, rows)).await?;
    let campaign = create(store, topic).await?;
    timed("expand", rows, async { Ok(store.campaign_start(campaign, AT).await.map(drop)?) })
        .await?;
    send(store, campaign, rows).await?;
    timed("events", rows, record(store, campaign, rows, rows)).await?;
    println!("CAMPAIGN {} {}", campaign.0, campaign.number());
    Ok(())
}

async fn another(store: &Store, rows: u32, hits: u32) -> Done {
    let campaign = create(store, topic(store).await?).await?;
    store.campaign_start(campaign, AT).await?;
    record(store, campaign, rows, hits).await?;
    println!("CAMPAIGN {} {}", campaign.0, campaign.number());
    Ok(())
}

async fn timed(what: &str, rows: u32, work: impl Future<Output = Done>) -> Done {
    let started = Instant::now();
    work.await?;
    step(what, rows, started.elapsed());
    Ok(())
}

fn step(what: &str, rows: u32, took: Duration) {
    println!("STEP {what} {rows} {:.3}", took.as_secs_f64());
}

async fn topic(store: &Store) -> Result<TopicId, Failure> {
    Ok(store.topic_ensure("release-notices".into(), "Notices".into()).await?)
}

async fn import(store: &Store, topic: TopicId, rows: u32) -> Done {
    let numbers: Vec<u32> = (0..rows).collect();
    for part in numbers.chunks(IMPORT) {
        let row = |number: &u32| -> Result<ContactRow, Failure> {
            // Multiplying scatters the addresses over the index.
            let scattered = number.wrapping_mul(2_654_435_761);
            let email = EmailAddress::parse(&format!("{scattered:08x}@example.com"))?;
            let attributes = BTreeMap::from([
                ("city".into(), format!("City {}", scattered % 1_000)),
                ("company".into(), format!("Company {}", scattered % 10_007)),
                ("first_name".into(), format!("N{number}")),
                ("plan".into(), "community".into()),
            ]);
            Ok(ContactRow { email, attributes })
        };
        let rows = part.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        store.contacts_import(rows, Some(topic), "bench".into(), AT).await?;
    }
    Ok(())
}

/// A campaign with eight links.
async fn create(store: &Store, topic: TopicId) -> Result<CampaignId, Failure> {
    let content =
        NewAnnouncement { name: "bench".into(), subject: "Bench".into(), source: "Bench".into() };
    let announcement = store.announcement_save(content, AT).await?;
    let link = |slot: u16| CampaignLink {
        slot: LinkSlot(slot),
        url: format!("https://aurora.example/{slot}"),
        label: format!("Read {slot}"),
    };
    let policy = InDoubtPolicy::NeverResend;
    let (name, links) = ("bench".into(), (0..8).map(link).collect());
    let new = NewCampaign { name, announcement, topic, policy, links };
    Ok(store.campaign_create(new, AT).await?)
}

/// Claims, begins (where nodes share the store) and settles in turn, as a mailer does, and takes
/// the time of each.
async fn send(store: &Store, campaign: CampaignId, rows: u32) -> Done {
    let (mut claiming, mut beginning, mut settling): (Duration, Duration, Duration) =
        Default::default();
    loop {
        let started = Instant::now();
        let claimed = store.deliveries_claim(campaign, NODE, CLAIM, AT, LEASE).await?;
        claiming += started.elapsed();
        if claimed.is_empty() {
            break;
        }
        if store.is_shared() {
            let which = claimed.iter().map(|it| (it.contact, it.epoch)).collect();
            let started = Instant::now();
            let begun = store.deliveries_begin(campaign, NODE, which, AT, LEASE).await?;
            beginning += started.elapsed();
            if begun.len() < claimed.len() {
                return Err("a delivery may not begin".into());
            }
        }
        let outcome = || Outcome::Sent { reply: "250 2.0.0 Ok: queued as 4B1F2C0A".into() };
        let settled = claimed
            .iter()
            .map(|it| Settled { contact: it.contact, epoch: it.epoch, outcome: outcome() })
            .collect();
        let started = Instant::now();
        store.deliveries_settle(campaign, settled, AT, None).await?;
        settling += started.elapsed();
    }
    step("claim", rows, claiming);
    if store.is_shared() {
        step("begin", rows, beginning);
    }
    step("settle", rows, settling);
    Ok(())
}

async fn record(store: &Store, campaign: CampaignId, contacts: u32, hits: u32) -> Done {
    let batch = if store.is_shared() { BATCH.1 } else { BATCH.0 };
    // Each campaign's hits stand in a segment of their own.
    let segment = u64::try_from(campaign.0)?;
    let numbers: Vec<u32> = (0..hits).collect();
    for part in numbers.chunks(batch) {
        let hit = |number: &u32| {
            let hit = hit(campaign, contacts, *number, hits);
            let (rule, class) = if number.is_multiple_of(3) {
                (Rule::AGENT_GOOGLE_IMAGE_PROXY, HitClass::Proxied)
            } else {
                (Rule::AGENT_BROWSER, HitClass::Person)
            };
            let rules = RulesSeen::NONE.with(rule);
            RecordedHit {
                node: NODE,
                segment,
                offset: *number,
                hit,
                rules,
                class,
                origin: HitOrigin::default(),
            }
        };
        let offset = part.last().copied().unwrap_or_default();
        let mark = Mark { reader: store::hits_reader(NODE), segment, offset };
        let (hits, gaps) = (part.iter().map(hit).collect(), Vec::new());
        let batch = HitBatch {
            recorder: NODE,
            hits,
            gaps,
            progress: RecorderProgress::Marks(vec![mark]),
            soon: Duration::from_secs(2),
        };
        store.hits_record(batch).await?;
    }
    Ok(())
}

/// One in eight is a click, every other brings a cookie, and there are 200 user agents.
fn hit(campaign: CampaignId, contacts: u32, number: u32, hits: u32) -> Hit {
    let scattered = number.wrapping_mul(2_654_435_761);
    let mut visitor = [0; 12];
    for part in visitor.chunks_exact_mut(4) {
        part.copy_from_slice(&scattered.wrapping_mul(2_246_822_519).to_le_bytes());
    }
    let slot = u16::try_from(number / 8 % 8).unwrap_or_default();
    Hit {
        at: Timestamp(AT.0 + SPREAD / i64::from(hits) * i64::from(number)),
        campaign,
        contact: Some(model::ContactId(AT.0 + i64::from(scattered % contacts) + 1)),
        kind: if number.is_multiple_of(8) { HitKind::Click(LinkSlot(slot)) } else { HitKind::View },
        visitor: number.is_multiple_of(2).then_some(VisitorId(visitor)),
        client: Some(scattered.to_le_bytes().into()),
        signs: HitSigns::default(),
        agent: format!("Mozilla/5.0 (bench {})", number % 200).into_bytes(),
    }
}

async fn report(store: &Store, numbers: &[u32]) -> Done {
    let mut campaigns = Vec::new();
    for number in numbers {
        let found = store.campaign_by_number(CampaignNumber((*number).into())).await?;
        campaigns.push(found.ok_or("there is no such campaign")?);
    }
    let mut took = vec![Vec::new(); campaigns.len()];
    for _ in 0..READS {
        for (campaign, took) in campaigns.iter().zip(&mut took) {
            let started = Instant::now();
            read(store, *campaign).await?;
            took.push(started.elapsed());
        }
    }
    for (campaign, mut took) in numbers.iter().zip(took) {
        took.sort_unstable();
        let median = took.get(READS / 2).copied().unwrap_or_default();
        println!("REPORT {campaign} {:.3}", median.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// What `report::campaign_report`, which this crate does not know, reads.
async fn read(store: &Store, id: CampaignId) -> Done {
    let snapshot = store.campaign_snapshot(id, Timestamp(AT.0 + SPREAD)).await?;
    snapshot.map(drop).ok_or_else(|| "there is no such campaign".into())
}
