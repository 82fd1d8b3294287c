//! Lists of a campaign's contacts agree with its report, by every rule set, on both databases.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::Path;
use std::time::Duration;

use model::hit::HitSigns;
use model::{
    CampaignId, ContactId, EmailAddress, Hit, HitClass, HitKind, InDoubtPolicy, LinkSlot, Removal,
    Rule, RulesSeen, Timestamp, TrackingMode,
};
use report::{
    CampaignReport, ContactGroup, CountBound, ReportContactLine, ReportContactsQuery,
    campaign_report_by, domain_report, report_contacts, rule_sets,
};
use store::{
    CampaignLink, ContactRow, HitBatch, Location, Mark, NewAnnouncement, NewCampaign, Outcome,
    RecordedHit, RecorderProgress, Scope, Settled, Store, StoreOptions, TrackingWord,
};

const AT: Timestamp = Timestamp(1_795_428_000_000_000);
const CONTACTS: usize = 60;

/// Runs a behaviour over an empty store of each database.
fn on_both<F: Future<Output = ()>>(behaviour: impl Fn(Store) -> F) {
    let run = |store: Store| {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(behaviour(store));
    };
    let folder = tempfile::tempdir().unwrap();
    run(Store::open(&folder.path().join("store.sqlite"), StoreOptions::default()).unwrap());
    let url = testkit::Postgres::shared().database();
    let location = Location::parse(&url, Path::new("/"), None, None).unwrap();
    run(Store::open(location, StoreOptions::default()).unwrap());
}

/// Of 25 domains, the first the largest; one in capital letters.
fn domain(n: usize) -> String {
    match n % 3 {
        0 => "large.example".to_owned(),
        1 => "Second.Example".to_owned(),
        _ => format!("d{}.example", n % 25),
    }
}

/// A campaign of three links to some contacts, of whom every tenth is refused.
async fn sent(store: &Store) -> (CampaignId, Vec<ContactId>) {
    let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let row = |n: usize| ContactRow {
        email: EmailAddress::parse(&format!("reader{n}@{}", domain(n))).unwrap(),
        attributes: BTreeMap::new(),
    };
    let rows = (0..CONTACTS).map(row).collect();
    store.contacts_import(rows, Some(topic), "test".into(), AT).await.unwrap();
    let new = NewAnnouncement { name: "a".into(), subject: "A".into(), source: "text".into() };
    let announcement = store.announcement_save(new, AT).await.unwrap();
    let link = |slot| CampaignLink {
        slot: LinkSlot(slot),
        url: format!("https://x.example/{slot}"),
        label: format!("Link {slot}"),
    };
    let new = NewCampaign {
        name: "A".into(),
        announcement,
        topic,
        policy: InDoubtPolicy::NeverResend,
        links: (0..4).map(link).collect(),
    };
    let campaign = store.campaign_create(new, AT).await.unwrap();
    store.campaign_start(campaign, AT).await.unwrap();
    let lease = Duration::from_secs(60);
    let claimed = store.deliveries_claim(campaign, 1, CONTACTS, AT, lease).await.unwrap();
    let settled = claimed.iter().enumerate().map(|(index, claim)| Settled {
        contact: claim.contact,
        epoch: claim.epoch,
        outcome: match index % 10 {
            9 => Outcome::Failed { code: 550, reply: "no such user".into() },
            _ => Outcome::Sent { reply: "250 ok".into() },
        },
    });
    store.deliveries_settle(campaign, settled.collect(), AT, None).await.unwrap();
    (campaign, claimed.iter().map(|claim| claim.contact).collect())
}

/// Numbers that are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % below
    }
}

/// Views and clicks of all kinds, by contacts who have the message.
async fn read(store: &Store, campaign: CampaignId, contacts: &[ContactId]) {
    let kinds = [
        Rule::AGENT_BROWSER,
        Rule::AGENT_GOOGLE_IMAGE_PROXY,
        Rule::AGENT_APPLE_PRIVACY,
        Rule::AGENT_GATEWAY,
        Rule::HEADER_PREFETCH,
        Rule::AGENT_UNKNOWN,
        Rule::METHOD_HEAD,
    ];
    let mut dice = Dice(7);
    let mut hits = Vec::new();
    for offset in 0..400_u32 {
        let index = usize::try_from(dice.roll(CONTACTS as u64)).unwrap();
        // Some have done nothing.
        if index % 10 == 9 || index % 6 == 0 {
            continue;
        }
        let rule = kinds[usize::try_from(dice.roll(7)).unwrap()];
        let kind = match dice.roll(3) {
            0 => HitKind::Click(LinkSlot(u16::try_from(dice.roll(3)).unwrap())),
            _ => HitKind::View,
        };
        let at = Timestamp(AT.0 + 3_000_000 + i64::try_from(dice.roll(60_000_000)).unwrap());
        let hit = Hit {
            at,
            campaign,
            contact: Some(contacts[index]),
            kind,
            visitor: None,
            client: None,
            signs: HitSigns { head: rule == Rule::METHOD_HEAD, ..HitSigns::default() },
            agent: b"Mozilla/5.0".to_vec(),
        };
        let rules = RulesSeen::NONE.with(rule);
        let (class, origin) = (HitClass::Person, model::HitOrigin::default());
        hits.push(RecordedHit { node: 1, segment: 1, offset, hit, rules, class, origin });
    }
    let mark = Mark { reader: "hits/1".into(), segment: 1, offset: 400 };
    let batch = HitBatch {
        recorder: 1,
        hits,
        gaps: Vec::new(),
        progress: RecorderProgress::Marks(vec![mark]),
        soon: Duration::ZERO,
    };
    store.hits_record(batch).await.unwrap();
}

fn queries() -> Vec<ReportContactsQuery> {
    let bounds = [CountBound::AtLeast, CountBound::AtMost];
    let mut all = Vec::new();
    for group in ContactGroup::ALL {
        match group.has_bounds() {
            true => all
                .extend(bounds.map(|it| ReportContactsQuery::new(group, Some(it), None).unwrap())),
            false => all.push(ReportContactsQuery::new(group, None, None).unwrap()),
        }
    }
    let link = |slot| ReportContactsQuery::new(ContactGroup::Clicked, None, Some(LinkSlot(slot)));
    all.extend((0..4).map(|slot| link(slot).unwrap()));
    all
}

/// All of them, by pages of `limit`.
async fn listed(
    store: &Store,
    campaign: CampaignId,
    query: ReportContactsQuery,
    rules: &model::RuleSet,
    limit: usize,
) -> Vec<ReportContactLine> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let found = report_contacts(store, campaign, query, rules, (after, limit)).await.unwrap();
        assert!(found.contacts.len() <= limit);
        all.extend(found.contacts);
        match found.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

async fn report(store: &Store, campaign: CampaignId, rules: &model::RuleSet) -> CampaignReport {
    campaign_report_by(store, campaign, AT, rules).await.unwrap().unwrap()
}

#[test]
fn every_list_is_as_long_as_the_report_says_by_every_rule_set() {
    on_both(|store| async move {
        let (campaign, contacts) = sent(&store).await;
        read(&store, campaign, &contacts).await;
        for index in [3, 12] {
            let left = store.contact_leave(
                contacts[index],
                Scope::Topic(store.campaign_find(campaign).await.unwrap().unwrap().topic),
                Removal::OneClick,
                Some(campaign),
                [u8::try_from(index).unwrap(); 32],
                AT,
            );
            left.await.unwrap();
        }
        let mut lengths = BTreeSet::new();
        for set in rule_sets() {
            let report = report(&store, campaign, &set.rules).await;
            for query in queries() {
                let all = listed(&store, campaign, query, &set.rules, 7).await;
                let count = query.count(&report).unwrap();
                let version = &set.rules.version;
                assert_eq!(
                    i64::try_from(all.len()).unwrap(),
                    count.contacts,
                    "{query:?} by {version}"
                );
                assert_eq!(count.nameless, 0);
                let ids: BTreeSet<ContactId> = all.iter().map(|it| it.contact).collect();
                assert_eq!(ids.len(), all.len(), "nobody twice: {query:?}");
                assert_eq!(listed(&store, campaign, query, &set.rules, 500).await, all);
                lengths.insert(all.len());
            }
        }
        assert!(lengths.len() > 5, "they differ: {lengths:?}");
    });
}

#[test]
fn who_wanted_it_forgotten_is_counted_and_in_no_list() {
    on_both(|store| async move {
        let (campaign, contacts) = sent(&store).await;
        read(&store, campaign, &contacts).await;
        let rules = report::newest_rules();
        let opened =
            ReportContactsQuery::new(ContactGroup::Opened, Some(CountBound::AtMost), None).unwrap();
        let not = ReportContactsQuery::new(ContactGroup::NotOpened, None, None).unwrap();
        let before = listed(&store, campaign, opened, rules, 50).await;
        let silent = listed(&store, campaign, not, rules, 50).await;
        let word = TrackingWord {
            contact: before[0].contact,
            mode: TrackingMode::Off,
            source: "page".into(),
            notice: None,
            campaign: None,
            forget: true,
            at: AT,
        };
        store.contact_tracking_say(word).await.unwrap();
        let after = listed(&store, campaign, opened, rules, 50).await;
        assert_eq!(after, before[1..]);
        assert_eq!(
            listed(&store, campaign, not, rules, 50).await,
            silent,
            "nothing is said of them"
        );
        let report = report(&store, campaign, rules).await;
        let counted = opened.count(&report).unwrap().contacts;
        assert_eq!(counted, i64::try_from(before.len()).unwrap());
    });
}

#[test]
fn domains_add_up_to_the_report_by_every_rule_set() {
    on_both(|store| async move {
        let (campaign, contacts) = sent(&store).await;
        read(&store, campaign, &contacts).await;
        let mut erased = None;
        for round in 0..2 {
            for set in rule_sets() {
                let report = report(&store, campaign, &set.rules).await;
                let found = domain_report(&store, campaign, AT, &set.rules).await.unwrap().unwrap();
                let names: Vec<&str> = found.domains.iter().map(|it| it.domain.as_str()).collect();
                assert_eq!(names[..2], ["large.example", "second.example"], "{names:?}");
                assert!(names.contains(&"(others)") && names.len() <= 22, "{names:?}");
                assert_eq!(names.contains(&"(unknown)"), round == 1, "{names:?}");
                for (index, (name, total)) in found.total.all().into_iter().enumerate() {
                    let sum: i64 = found.domains.iter().map(|it| it.figures.all()[index].1).sum();
                    assert_eq!(sum, total, "{name} by {}", set.rules.version);
                }
                assert_eq!(found.total.sent, report.deliveries.sent);
                assert_eq!(found.total.opened_floor, report.evidence.floor);
                assert_eq!(found.total.clicked_ceiling, report.clicks.ceiling);
                assert_eq!(found.total.refused, report.deliveries.failed);
                let large = found.domains[0].figures;
                assert!(large.sent > 0 && large.opened_ceiling >= large.opened_floor);
                erased = Some(contacts[1]);
            }
            if let Some(contact) = erased.filter(|_| round == 0) {
                let email = store.contact_find(contact).await.unwrap().unwrap().email;
                store.address_erase(email.key(), [1; 32], AT).await.unwrap();
            }
        }
    });
}
