//! Hits from the journal to the report, with a real store.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bus::{FollowedJournal, HitSource, JournalHits};
use journal::{Journal, Options, Position, Reader};
use model::hit::{Gap, HitRecord, HitSigns};
use model::{
    CampaignId, ContactId, EmailAddress, Hit, HitClass, HitKind, HitOrigin, InDoubtPolicy,
    LinkSlot, Timestamp, VisitorId,
};
use report::{CampaignReport, Recorder, Signals, campaign_report};
use store::{
    CampaignLink, ContactRow, HitBatch, NewAnnouncement, NewCampaign, Outcome, RecordedHit,
    RecorderProgress, Settled, Store, StoreOptions, hits_reader,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const START: Timestamp = Timestamp(1_795_428_000_000_000);
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
const GMAIL: &str =
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";

fn signals() -> Arc<Signals> {
    static SIGNALS: LazyLock<Arc<Signals>> = LazyLock::new(|| Arc::new(Signals::built_in()));
    Arc::clone(&SIGNALS)
}

/// A campaign that was sent to some contacts, and the journal of its hits.
struct House {
    _dir: TempDir,
    hits_dir: PathBuf,
    store: Store,
    campaign: CampaignId,
    contacts: Vec<ContactId>,
    journal: Journal,
}

impl House {
    async fn with_contacts(count: usize) -> Self {
        Self::with_ends(vec![Some(Outcome::Sent { reply: "250 ok".into() }); count]).await
    }

    /// One contact an outcome; without one a delivery is still under way.
    async fn with_ends(ends: Vec<Option<Outcome>>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hits_dir = dir.path().join("hits");
        let store = Store::open(&dir.path().join("pharos.db"), StoreOptions::default()).unwrap();
        let topic = store.topic_ensure("news".into(), "Release notices".into()).await.unwrap();
        let row = |n: usize| ContactRow {
            email: EmailAddress::parse(&format!("reader{n}@example.com")).unwrap(),
            attributes: BTreeMap::new(),
        };
        let rows = (0..ends.len()).map(row).collect();
        store.contacts_import(rows, Some(topic), "test".into(), START).await.unwrap();
        let announcement = NewAnnouncement {
            name: "aurora".into(),
            subject: "Aurora 4.2 is here".into(),
            source: "text".into(),
        };
        let announcement = store.announcement_save(announcement, START).await.unwrap();
        let link = |slot, url: &str| CampaignLink {
            slot: LinkSlot(slot),
            url: url.into(),
            label: format!("Link {slot}"),
        };
        let new = NewCampaign {
            name: "Aurora 4.2".into(),
            announcement,
            topic,
            policy: InDoubtPolicy::NeverResend,
            links: vec![
                link(0, "https://a.example/"),
                link(1, "https://b.example/"),
                link(2, "https://aurora.example/third"),
            ],
        };
        let campaign = store.campaign_create(new, START).await.unwrap();
        store.campaign_start(campaign, START).await.unwrap();
        let contacts = Self::send_all(&store, campaign, ends).await;
        let journal = open(&hits_dir);
        Self { _dir: dir, hits_dir, store, campaign, contacts, journal }
    }

    async fn send_all(
        store: &Store,
        campaign: CampaignId,
        ends: Vec<Option<Outcome>>,
    ) -> Vec<ContactId> {
        let lease = std::time::Duration::from_secs(60);
        let claimed = store.deliveries_claim(campaign, 1, 1_000, START, lease).await.unwrap();
        let settled = claimed.iter().zip(ends).filter_map(|(claim, outcome)| {
            let (contact, epoch) = (claim.contact, claim.epoch);
            outcome.map(|outcome| Settled { contact, epoch, outcome })
        });
        store.deliveries_settle(campaign, settled.collect(), START, None).await.unwrap();
        claimed.iter().map(|claim| claim.contact).collect()
    }

    fn hit(&self, contact: usize, kind: HitKind, agent: &str) -> Hit {
        Hit {
            at: Timestamp(START.0 + 60_000_000),
            campaign: self.campaign,
            contact: Some(self.contacts[contact]),
            kind,
            visitor: None,
            client: None,
            signs: HitSigns::default(),
            agent: agent.as_bytes().to_vec(),
        }
    }

    fn append(&mut self, hit: &Hit) {
        let mut bytes = Vec::new();
        hit.encode(&mut bytes);
        self.journal.append(&bytes).unwrap();
        self.journal.commit().unwrap();
    }

    async fn record(&self) {
        let stop = CancellationToken::new();
        stop.cancel();
        let (dir, durable) = (self.hits_dir.clone(), self.journal.durable());
        let journal = FollowedJournal { number: 1, dir, durable };
        let hit_source = HitSource::Journal(JournalHits::new([journal]));
        let recorder = Recorder::new(self.store.clone(), hit_source, 1, signals(), Duration::ZERO);
        recorder.run(stop).await.unwrap();
    }

    async fn report(&self) -> CampaignReport {
        let now = Timestamp(START.0 + 3_600_000_000);
        let report = campaign_report(&self.store, self.campaign, now).await.unwrap().unwrap();
        check_sums(&report);
        report
    }
}

fn open(dir: &Path) -> Journal {
    Journal::open(dir, Options { segment_bytes: 64 << 10, max_bytes: 16 << 20 }).unwrap()
}

/// Promise P7: whatever a report adds up to is what it says.
fn check_sums(report: &CampaignReport) {
    let sum = |of: fn(&report::ClassLine) -> i64| report.classes.iter().map(of).sum::<i64>();
    assert_eq!(report.deliveries.total(), report.audience);
    assert_eq!(report.reasons.iter().map(|it| it.contacts).sum::<i64>(), report.audience);
    assert_eq!(report.views.with_cookie + report.views.without_cookie, report.views.total);
    assert_eq!(sum(|it| it.views), report.views.total);
    assert_eq!(sum(|it| it.clicks), report.clicks.total);
    assert_eq!(report.hours.iter().map(|it| it.views).sum::<i64>(), report.views.total);
    assert_eq!(report.hours.iter().map(|it| it.clicks).sum::<i64>(), report.clicks.total);
    assert_eq!(report.links.iter().map(|it| it.clicks).sum::<i64>(), report.clicks.total);
    let it = &report.evidence;
    assert_eq!(
        it.person + it.proxied + it.unknown + it.repeat + it.machine_only + it.not_opened,
        it.denominator
    );
    assert!(it.floor <= it.ceiling);
}

#[tokio::test]
async fn every_state_of_a_delivery_has_a_number_of_its_own() {
    let ends = [
        (1, Some(Outcome::Sent { reply: "250 ok".into() })),
        (2, Some(Outcome::Released)),
        (3, None),
        (4, Some(Outcome::Failed { code: 550, reply: "no such user".into() })),
        (5, Some(Outcome::Suppressed)),
        (6, Some(Outcome::Skipped { reason: "no city".into() })),
        (7, Some(Outcome::InDoubt)),
    ];
    let ends = ends.into_iter().flat_map(|(count, end)| vec![end; count]).collect();
    let report = House::with_ends(ends).await.report().await;
    let it = &report.deliveries;
    let states = [it.sent, it.queued, it.leased, it.failed, it.suppressed, it.skipped, it.in_doubt];
    assert_eq!((states, report.audience), ([1, 2, 3, 4, 5, 6, 7], 28));
    assert_eq!(report.evidence.denominator, 8, "who has the message, or may have it");
}

#[tokio::test]
async fn the_report_says_what_happened() {
    let mut house = House::with_contacts(5).await;
    let visitor = Some(VisitorId([7; 12]));
    let view = |house: &House, contact, agent| house.hit(contact, HitKind::View, agent);
    let with_cookie = Hit { visitor, ..view(&house, 0, FIREFOX) };
    let head = HitSigns { head: true, ..HitSigns::default() };
    let click = house.hit(1, HitKind::Click(LinkSlot(1)), FIREFOX);
    let hits = [
        with_cookie.clone(),
        with_cookie,
        view(&house, 0, FIREFOX),
        view(&house, 1, GMAIL),
        click,
        view(&house, 2, "Mozilla/5.0"),
        view(&house, 3, "curl/8.14.1"),
        Hit { signs: head, ..view(&house, 4, FIREFOX) },
    ];
    for hit in &hits {
        house.append(hit);
    }
    house.record().await;
    let report = house.report().await;
    assert_eq!((report.audience, report.deliveries.sent), (5, 5));
    assert_eq!((report.views.total, report.views.unique), (6, 4));
    assert_eq!((report.views.with_cookie, report.views.without_cookie), (2, 4));
    assert_eq!((report.visitors, report.heads), (1, 1));
    assert_eq!((report.clicks.total, report.clicks.unique), (1, 1));
    assert_eq!((report.links[0].clicks, report.links[1].clicks), (0, 1));
    let it = report.evidence;
    assert_eq!((it.denominator, it.floor, it.ceiling), (5, 2, 3));
    assert_eq!((it.person, it.proxied, it.unknown), (2, 0, 1));
    assert_eq!((it.machine_only, it.not_opened), (1, 1));
}

#[tokio::test]
async fn a_hit_that_is_read_again_counts_once() {
    let mut house = House::with_contacts(2).await;
    house.append(&house.hit(0, HitKind::View, FIREFOX));
    house.append(&house.hit(1, HitKind::View, GMAIL));
    // What a recorder leaves that was killed before its mark moved.
    let mut reader = Reader::open(&house.hits_dir, Position::START).unwrap();
    let mut hits = Vec::new();
    while let Some((at, bytes)) = reader.next(house.journal.end()).unwrap() {
        let HitRecord::Hit(hit) = HitRecord::decode(bytes).unwrap() else { panic!("a gap") };
        let rules = signals().rules_seen(&hit);
        let (segment, offset, class) = (at.segment, at.offset, HitClass::Unknown);
        hits.push(RecordedHit {
            node: 1,
            segment,
            offset,
            hit,
            rules,
            class,
            origin: HitOrigin::default(),
        });
    }
    let progress = RecorderProgress::Runs(Vec::new());
    let (gaps, soon) = (Vec::new(), Duration::ZERO);
    let batch = HitBatch { recorder: 1, hits, gaps, progress, soon };
    assert_eq!(house.store.hits_record(batch).await.unwrap().new, 2);
    house.record().await;
    house.record().await;
    assert_eq!(house.report().await.views.total, 2);
    house.append(&house.hit(0, HitKind::View, FIREFOX));
    house.record().await;
    assert_eq!(house.report().await.views.total, 3);
}

#[tokio::test]
async fn more_hits_than_a_batch_are_all_recorded_and_their_segments_removed() {
    let mut house = House::with_contacts(3).await;
    let hits: Vec<Hit> = (0..3).map(|contact| house.hit(contact, HitKind::View, FIREFOX)).collect();
    let mut bytes = Vec::new();
    for number in 0..4_500 {
        bytes.clear();
        hits[number % 3].encode(&mut bytes);
        house.journal.append(&bytes).unwrap();
    }
    house.journal.commit().unwrap();
    house.record().await;
    let report = house.report().await;
    assert_eq!((report.views.total, report.views.unique), (4_500, 3));
    let first = Reader::open(&house.hits_dir, Position::START)
        .unwrap()
        .next(house.journal.end())
        .unwrap()
        .map(|(at, _)| at);
    let mark = house.store.mark_find(hits_reader(1)).await.unwrap().unwrap();
    assert!(first.is_none_or(|at| at.segment >= mark.segment));
}

#[tokio::test]
async fn rubbish_and_gaps_are_shown_as_gaps() {
    let mut house = House::with_contacts(1).await;
    house.journal.append(b"no hit at all").unwrap();
    let gap = Gap { from: START, to: Timestamp(START.0 + 1), hits: 12 };
    let mut bytes = Vec::new();
    gap.encode(&mut bytes);
    house.journal.append(&bytes).unwrap();
    house.append(&house.hit(0, HitKind::View, FIREFOX));
    house.record().await;
    house.record().await;
    let report = house.report().await;
    assert_eq!((report.views.total, report.unrecorded(), report.gaps.len()), (1, 13, 2));
}

#[tokio::test]
async fn a_damaged_record_is_a_gap_and_the_hits_around_it_are_recorded() {
    let mut house = House::with_contacts(3).await;
    let mut places = Vec::new();
    for contact in 0..3 {
        places.push(house.journal.end());
        house.append(&house.hit(contact, HitKind::View, FIREFOX));
    }
    let segment = std::fs::read_dir(&house.hits_dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.ends_with(format!("{:020}.seg", places[1].segment)))
        .unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[places[1].offset as usize + 20] ^= 1;
    std::fs::write(&segment, bytes).unwrap();
    house.record().await;
    let report = house.report().await;
    assert_eq!((report.views.total, report.views.unique), (2, 2));
    let at = Timestamp(START.0 + 60_000_000);
    let gaps: Vec<_> = report.gaps.iter().map(|gap| (gap.from, gap.to, gap.hits)).collect();
    assert_eq!(gaps, [(at, at, 1)]);
}

#[tokio::test]
async fn a_hit_of_a_test_message_is_counted_nowhere() {
    let mut house = House::with_contacts(1).await;
    let hit = house.hit(0, HitKind::View, FIREFOX);
    house.append(&Hit { contact: None, campaign: CampaignId(0), ..hit.clone() });
    house.append(&Hit { contact: Some(ContactId(99)), ..hit });
    house.record().await;
    assert_eq!(house.report().await.views.total, 0);
}

#[tokio::test]
async fn json_csv_and_table_say_the_same() {
    let mut house = House::with_contacts(1_200).await;
    house.append(&house.hit(0, HitKind::View, FIREFOX));
    house.append(&house.hit(0, HitKind::Click(LinkSlot(0)), FIREFOX));
    house.record().await;
    let report = house.report().await;
    let json: serde_json::Value = serde_json::from_str(&report.to_json().unwrap()).unwrap();
    assert_eq!(json["audience"], 1_200);
    assert_eq!(json["evidence"]["floor"], 1);
    assert_eq!(json["campaign"]["started_at"], START.rfc3339());
    assert!(json["campaign"]["finished_at"].is_null());
    insta::assert_snapshot!("table", report.to_table());
    insta::assert_snapshot!("csv", report.to_csv().unwrap());
}

#[tokio::test]
async fn there_is_no_report_of_a_campaign_that_is_not() {
    let house = House::with_contacts(1).await;
    assert!(campaign_report(&house.store, CampaignId(77), START).await.unwrap().is_none());
}

#[tokio::test]
async fn every_rule_set_can_be_applied_to_what_was_counted() {
    let mut house = House::with_contacts(3).await;
    let click = |contact, slot, agent| house.hit(contact, HitKind::Click(LinkSlot(slot)), agent);
    let google = |hit: Hit| Hit { client: Some([66, 249, 84, 1].into()), ..hit };
    let hits = [
        // A gateway that calls itself Firefox follows every link.
        house.hit(0, HitKind::View, FIREFOX),
        click(0, 0, FIREFOX),
        click(0, 1, FIREFOX),
        click(0, 2, FIREFOX),
        // A person, and something of Google's.
        house.hit(1, HitKind::View, FIREFOX),
        click(1, 0, FIREFOX),
        google(house.hit(2, HitKind::View, FIREFOX)),
    ];
    for hit in hits {
        house.append(&hit);
        house.record().await;
    }
    let by = async |version| {
        let now = Timestamp(START.0 + 3_600_000_000);
        let rules = report::rule_set(version).unwrap();
        let report = report::campaign_report_by(&house.store, house.campaign, now, rules).await;
        let report = report.unwrap().unwrap();
        check_sums(&report);
        let (opened, clicked) = (report.evidence, report.clicks);
        [opened.floor, opened.ceiling, opened.machine_only, clicked.floor, clicked.machine_only]
    };
    assert_eq!(by("2026-11-25").await, [3, 3, 0, 2, 0]);
    // The gateway's view alone may be a person's: nobody can tell.
    assert_eq!(by("2026-11-27").await, [1, 3, 0, 1, 1]);
    assert_eq!(house.report().await.rules_version, "2026-11-28", "the newest unless one is chosen");
    house.store.setting_put(report::RULES_IN_USE, "2026-11-25").await.unwrap();
    let report = house.report().await;
    assert_eq!((report.rules_version.as_str(), report.evidence.floor), ("2026-11-25", 3));
}
