//! Hits from the stream that nodes share to PostgreSQL: what a recorder committed and never
//! acknowledged is given to another one, and counts once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bus::{
    Chunk, ConfirmProblem, Confirmations, HitSource, InstallationId, RedisServer, Shipper,
    StreamHits,
};
use journal::{Journal, Options, Position};
use model::hit::HitSigns;
use model::{
    CampaignId, ContactId, EmailAddress, Hit, HitClass, HitKind, HitOrigin, InDoubtPolicy,
    LinkSlot, Timestamp,
};
use report::{Recorder, Signals, campaign_report};
use store::{
    CampaignLink, ContactRow, HitBatch, Location, NewAnnouncement, NewCampaign, RecordedHit,
    RecorderProgress, Run, Store, StoreOptions,
};
use testkit::{Postgres, Redis};
use tokio_util::sync::CancellationToken;

const START: Timestamp = Timestamp(1_795_428_000_000_000);
const VIEWS: usize = 300;
const LIMIT: Duration = Duration::from_secs(60);

/// The node whose beacon answered.
const NODE: u16 = 7;

fn signals() -> Arc<Signals> {
    Arc::new(Signals::built_in())
}

struct Recorded(Store);

impl Confirmations for Recorded {
    async fn confirmed(&self) -> Result<Option<Position>, ConfirmProblem> {
        let mark = self.0.hits_confirmed(NODE).await?;
        Ok(mark.map(|mark| Position { segment: mark.segment, offset: mark.offset }))
    }
}

/// A campaign to so many contacts; gives them, too.
async fn campaign_to(store: &Store, contacts: usize) -> CampaignId {
    let topic = store.topic_ensure("news".into(), "Release notices".into()).await.unwrap();
    let row = |n: usize| ContactRow {
        email: EmailAddress::parse(&format!("reader{n}@example.com")).unwrap(),
        attributes: BTreeMap::new(),
    };
    let rows = (0..contacts).map(row).collect();
    store.contacts_import(rows, Some(topic), "test".into(), START).await.unwrap();
    let announcement = NewAnnouncement {
        name: "aurora".into(),
        subject: "Aurora 4.2 is here".into(),
        source: "text".into(),
    };
    let announcement = store.announcement_save(announcement, START).await.unwrap();
    let link =
        CampaignLink { slot: LinkSlot(0), url: "https://a.example/".into(), label: "A".into() };
    let new = NewCampaign {
        name: "Aurora 4.2".into(),
        announcement,
        topic,
        policy: InDoubtPolicy::NeverResend,
        links: vec![link],
    };
    let campaign = store.campaign_create(new, START).await.unwrap();
    store.campaign_start(campaign, START).await.unwrap();
    campaign
}

/// One view of every contact.
fn journal_of_views(dir: &Path, campaign: CampaignId) -> Journal {
    let options = Options { segment_bytes: 64 << 10, max_bytes: 16 << 20 };
    let mut journal = Journal::open(dir, options).unwrap();
    let mut bytes = Vec::new();
    for contact in 1..=VIEWS {
        let hit = Hit {
            at: Timestamp(START.0 + 60_000_000),
            campaign,
            contact: Some(ContactId(START.0 + contact as i64)),
            kind: HitKind::View,
            visitor: None,
            client: None,
            signs: HitSigns::default(),
            agent: b"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0".into(),
        };
        bytes.clear();
        hit.encode(&mut bytes);
        journal.append(&bytes).unwrap();
    }
    journal.commit().unwrap();
    journal
}

/// What a recorder commits, with nothing said to Redis.
async fn commit_only(store: &Store, chunks: Vec<Chunk>) -> usize {
    let place = |at: Position| (at.segment, at.offset);
    let (mut hits, mut runs) = (Vec::new(), Vec::new());
    for chunk in chunks {
        let node = chunk.node;
        runs.push(Run { node, from: place(chunk.from), to: place(chunk.to) });
        hits.extend(chunk.hits.into_iter().map(|(at, hit)| {
            let (rules, class) = (signals().rules_seen(&hit), HitClass::Unknown);
            RecordedHit {
                node,
                segment: at.segment,
                offset: at.offset,
                hit,
                rules,
                class,
                origin: HitOrigin::default(),
            }
        }));
    }
    let progress = RecorderProgress::Runs(runs);
    let (gaps, soon) = (Vec::new(), Duration::ZERO);
    let batch = HitBatch { recorder: 1, hits, gaps, progress, soon };
    store.hits_record(batch).await.unwrap().new
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_and_not_acknowledged_counts_once() {
    let (postgres, redis) = (Postgres::shared(), Redis::shared());
    let (dir, database) = (tempfile::tempdir().unwrap(), postgres.database());
    let location = Location::parse(&database, dir.path(), None, None).unwrap();
    let store = Store::open(location, StoreOptions::default()).unwrap();
    let campaign = campaign_to(&store, VIEWS).await;
    let journal = journal_of_views(dir.path(), campaign);
    let server = RedisServer::parse(&redis.url(), None, None).unwrap();
    let ours = InstallationId::parse("report-stream").unwrap();
    let stop = CancellationToken::new();
    let shipper = Shipper::new(
        &server,
        &ours,
        NODE,
        dir.path().to_owned(),
        journal.durable(),
        Recorded(store.clone()),
        Arc::default(),
    );
    let shipping = tokio::spawn(shipper.run(stop.clone()));
    let hit_source = |name| StreamHits::new(&server, &ours, name, Arc::default()).unwrap();

    let mut first = HitSource::Stream(hit_source("node-1"));
    let mut parcel = first.next(&stop).await.unwrap().unwrap();
    let committed = commit_only(&store, std::mem::take(&mut parcel.chunks)).await;
    assert!(committed > 0);
    // It dies here.
    drop((first, parcel));
    let entries = || redis.command(&["xlen", "pharos:{report-stream}:hits"]);
    assert_ne!(entries(), "0", "nothing was acknowledged");

    let second = HitSource::Stream(hit_source("node-2").stale_after(Duration::from_millis(200)));
    let recorder = Recorder::new(store.clone(), second, 2, signals(), Duration::ZERO);
    let metrics = recorder.metrics();
    let recording = tokio::spawn(recorder.run(stop.clone()));
    let until_empty = async {
        let events = || postgres.query(&database, "SELECT count(*) FROM events")[0][0].clone();
        while entries() != "0" || events() != VIEWS.to_string() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, until_empty).await.unwrap();
    stop.cancel();
    shipping.await.unwrap().unwrap();
    recording.await.unwrap().unwrap();

    let new = metrics.recorded.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(new as usize, VIEWS - committed, "the second one counts what the first did not");
    let now = Timestamp(START.0 + 3_600_000_000);
    let report = campaign_report(&store, campaign, now).await.unwrap().unwrap();
    assert_eq!((report.views.total, report.views.unique), (VIEWS as i64, VIEWS as i64));
    let sql = "SELECT count(*), count(DISTINCT contact_id) FROM events";
    assert_eq!(postgres.query(&database, sql), [[VIEWS.to_string(), VIEWS.to_string()]]);
}
