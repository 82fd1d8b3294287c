//! How fast the hot methods are: `store_bench FOLDER [CONTACTS] [HITS]`. Imports contacts, starts
//! a campaign, claims and settles every delivery, then records hits in batches of 2,000, half of
//! them with a cookie. The store is made in the folder and left there.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use model::hit::HitSigns;
use model::{
    CampaignId, EmailAddress, Hit, HitClass, HitKind, InDoubtPolicy, LinkSlot, Timestamp, VisitorId,
};
use store::{
    ContactRow, Link, Mark, NewAnnouncement, NewCampaign, Outcome, RecordedHit, Settled, Store,
    StoreOptions,
};

type Failure = Box<dyn std::error::Error>;

const AT: Timestamp = Timestamp(1_795_428_245_000_000);
const CLAIM: usize = 1_000;
const BATCH: usize = 2_000;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: store_bench FOLDER")?);
    let contacts: u32 = arguments.next().map_or(Ok(50_000), |text| text.parse())?;
    let hits: u32 = arguments.next().map_or(Ok(500_000), |text| text.parse())?;
    let store = Store::open(&folder.join("bench.sqlite"), StoreOptions::default())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    runtime.block_on(async {
        let campaign = timed("import", contacts, begin(&store, contacts)).await?;
        timed("claim and settle", contacts, send(&store, campaign)).await?;
        timed("record", hits, record(&store, campaign, contacts, hits)).await?;
        timed("report (roll-up, hours, links, counts)", 1, report(&store, campaign)).await
    })
}

async fn timed<T>(
    what: &str,
    rows: u32,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let started = Instant::now();
    let value = work.await?;
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{what:40} {rows:>9} in {:>8.1} ms  {:>10.0}/s",
        seconds * 1e3,
        f64::from(rows) / seconds
    );
    Ok(value)
}

async fn begin(store: &Store, contacts: u32) -> Result<CampaignId, Failure> {
    let topic = store.topic_ensure("release-notices".into(), "Notices".into()).await?;
    let numbers: Vec<u32> = (0..contacts).collect();
    for part in numbers.chunks(10_000) {
        let row = |number: &u32| -> Result<ContactRow, Failure> {
            // Multiplying scatters the addresses over the index.
            let scattered = number.wrapping_mul(2_654_435_761);
            let email = EmailAddress::parse(&format!("{scattered:08x}@example.com"))?;
            let attributes = BTreeMap::from([("first_name".into(), format!("N{number}"))]);
            Ok(ContactRow { email, attributes })
        };
        let rows = part.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        store.contacts_import(rows, Some(topic), "bench".into(), AT).await?;
    }
    let content =
        NewAnnouncement { name: "bench".into(), subject: "Bench".into(), source: "Bench".into() };
    let announcement = store.announcement_save(content, AT).await?;
    let policy = InDoubtPolicy::NeverResend;
    let link = Link { slot: LinkSlot(0), url: "https://example.com".into(), label: "link".into() };
    let (name, links) = ("bench".into(), vec![link]);
    let new = NewCampaign { name, announcement, topic, policy, links };
    let campaign = store.campaign_create(new, AT).await?;
    store.campaign_start(campaign, AT).await?;
    Ok(campaign)
}

async fn send(store: &Store, campaign: CampaignId) -> Result<(), Failure> {
    loop {
        let claimed = store.deliveries_claim(campaign, CLAIM, AT, AT).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        let settled = claimed
            .iter()
            .map(|each| Settled {
                contact: each.contact,
                epoch: each.epoch,
                outcome: Outcome::Sent { reply: "250 2.0.0 Ok: queued as 4B1F2C0A".into() },
            })
            .collect();
        store.deliveries_settle(campaign, settled, AT, None).await?;
    }
}

async fn record(
    store: &Store,
    campaign: CampaignId,
    contacts: u32,
    hits: u32,
) -> Result<(), Failure> {
    let numbers: Vec<u32> = (0..hits).collect();
    for part in numbers.chunks(BATCH) {
        let batch = part.iter().map(|number| hit(campaign, contacts, *number)).collect();
        let offset = part.last().copied().unwrap_or_default();
        let mark = Mark { reader: "hits".into(), segment: 1, offset };
        store.hits_record(batch, Vec::new(), mark).await?;
    }
    Ok(())
}

fn hit(campaign: CampaignId, contacts: u32, number: u32) -> RecordedHit {
    let scattered = number.wrapping_mul(2_654_435_761);
    let contact = i64::from(scattered % contacts) + 1;
    let mut visitor = [0; 16];
    visitor[..4].copy_from_slice(&scattered.wrapping_mul(2_246_822_519).to_le_bytes());
    let hit = Hit {
        at: Timestamp(AT.0 + i64::from(number) * 10_000),
        campaign,
        contact: model::ContactId(contact),
        kind: if number.is_multiple_of(8) { HitKind::Click(LinkSlot(0)) } else { HitKind::View },
        visitor: number.is_multiple_of(2).then_some(VisitorId(visitor)),
        client: Some([192, 0, 2, 1].into()),
        signs: HitSigns::default(),
        agent: format!("Mozilla/5.0 (bench {})", number % 200).into_bytes(),
    };
    let class = if number.is_multiple_of(3) { HitClass::Proxy } else { HitClass::Browser };
    RecordedHit { node: 1, segment: 1, offset: number, hit, class, rule: "a browser's name" }
}

async fn report(store: &Store, campaign: CampaignId) -> Result<(), Failure> {
    store.campaign_rollup(campaign).await?;
    store.campaign_hours(campaign).await?;
    store.link_counts(campaign).await?;
    store.deliveries_count(campaign).await?;
    Ok(())
}
