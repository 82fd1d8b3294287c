//! How fast segments are counted and campaigns expanded by them; `scripts/bench-segments` puts it to use.
//!
//! `segment_bench STORE CONTACTS EVENTS`: in an empty store, imports the contacts (one in five is subscribed to
//! a second topic, a thousand have a tag), expands ten campaigns to them, records the events, counts five
//! segments exactly and then five times each as a page does, and expands a campaign by one of them.
//!
//! STORE is `sqlite:PATH` or `postgres://USER@HOST:PORT/DATABASE`. The output is for machines:
//! `EXACT name contacts milliseconds`, `SEGMENT name contacts milliseconds holds` (the exact number is in the
//! range that was told), `EXPAND rows seconds`. A store that has contacts is taken as it is, made by an earlier run.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use model::hit::HitSigns;
use model::rule_set::RuleSetLine;
use model::{
    CampaignId, CampaignState, ContactId, EmailAddress, Hit, HitClass, HitKind, HitOrigin,
    InDoubtPolicy, LinkSlot, Rule, RuleSet, RulesSeen, SegmentName, SegmentRule, TagName,
    Timestamp, TopicId, TopicScope,
};
use store::{
    CampaignAudience, CampaignLink, ContactRow, Frozen, HitBatch, Location, Mark, NewAnnouncement,
    NewCampaign, NewSegment, RecordedHit, RecorderProgress, SegmentQuery, Store, StoreOptions,
    TagChange,
};

type Failure = Box<dyn std::error::Error>;
type Done = Result<(), Failure>;

const USAGE: &str = "usage: segment_bench STORE CONTACTS EVENTS";
const AT: Timestamp = Timestamp(1_795_428_245_000_000);
const DAY: i64 = 24 * Timestamp::HOUR;
const IMPORT: usize = 10_000;
const BATCH: usize = 4_000;
const CAMPAIGNS: u32 = 10;
const TAGGED: u32 = 1_000;
const SLICE: usize = 5_000;
const ROUNDS: u32 = 5;
const LONG: Duration = Duration::from_secs(600);
/// What somebody waits who looks at a page.
const AT_ONCE: Duration = Duration::from_millis(200);
/// What is counted.
const SEGMENTS: [(&str, &str); 5] = [
    ("topic-and-attribute", "topic = offers and attribute plan in (pro, team)"),
    ("tag-and-read", "tag = vip and viewed by reader"),
    (
        "read-by-person",
        "topic = offers and viewed campaign 10 by person and not clicked campaign 10",
    ),
    ("clicked-lately", "clicked by person within 7 days and not suppressed"),
    ("unread", "topic = offers and no view of last 3 by person"),
];

fn main() -> Done {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [store, contacts, events] = arguments.as_slice() else { return Err(USAGE.into()) };
    let location = Location::parse(store, Path::new(""), None, None)?;
    let store = Store::open(location, StoreOptions::default())?;
    let (contacts, events) = (contacts.parse()?, events.parse()?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(bench(&store, contacts, events))
}

async fn bench(store: &Store, contacts: u32, events: u32) -> Done {
    let all = store.topic_ensure("all".into(), "All".into()).await?;
    let offers = store.topic_ensure("offers".into(), "Offers".into()).await?;
    if store.contact_find(contact(0)).await?.is_none() {
        import(store, all, 0..contacts).await?;
        import(store, offers, 0..contacts / 5).await?;
        tag(store, contacts).await?;
        for number in 0..CAMPAIGNS {
            let campaign = create(store, all).await?;
            store.campaign_start(campaign, AT).await?;
            record(store, campaign, contacts, (number, events / CAMPAIGNS)).await?;
        }
    }
    // What a server has found at its first estimate.
    store.segment_count(query("everybody")?, Duration::ZERO).await?;
    for (name, rule) in SEGMENTS {
        let started = Instant::now();
        let exact = store.segment_count(query(rule)?, LONG).await?;
        let took = started.elapsed().as_secs_f64() * 1e3;
        println!("EXACT {name} {} {took:.1}", exact.contacts);
        for _ in 0..ROUNDS {
            let started = Instant::now();
            let found = store.segment_count(query(rule)?, AT_ONCE).await?;
            let took = started.elapsed().as_secs_f64() * 1e3;
            let most = found.most.unwrap_or(i64::MAX);
            let holds = exact.is_complete && (found.least..=most).contains(&exact.contacts);
            println!("SEGMENT {name} {} {took:.1} {holds}", found.contacts);
        }
    }
    expand(store, all).await
}

fn query(rule: &str) -> Result<SegmentQuery, Failure> {
    Ok(SegmentQuery {
        rule: SegmentRule::parse(rule)?,
        at: Timestamp(AT.0 + 30 * DAY),
        rules: rules()?,
        topics: TopicScope::All,
    })
}

fn rules() -> Result<RuleSet, Failure> {
    let line =
        |rule, class| RuleSetLine { any: RulesSeen::NONE.with(rule), none: RulesSeen::NONE, class };
    let lines = vec![
        line(Rule::AGENT_BROWSER, HitClass::Person),
        line(Rule::AGENT_GOOGLE_IMAGE_PROXY, HitClass::Proxied),
        line(Rule::LINKS_BURST, HitClass::Scanner),
    ];
    RuleSet::new("bench".to_owned(), lines).map_err(|(line, why)| format!("{line}: {why}").into())
}

async fn import(store: &Store, topic: TopicId, numbers: std::ops::Range<u32>) -> Done {
    let plans = ["community", "community", "free", "pro", "team"];
    let numbers: Vec<u32> = numbers.collect();
    for part in numbers.chunks(IMPORT) {
        let row = |number: &u32| -> Result<ContactRow, Failure> {
            // Multiplying scatters the addresses over the index.
            let scattered = number.wrapping_mul(2_654_435_761);
            let email = EmailAddress::parse(&format!("{scattered:08x}@example.com"))?;
            let plan = plans.get(usize::try_from(scattered % 5)?).copied().unwrap_or_default();
            let attributes = BTreeMap::from([
                ("city".into(), format!("City {}", scattered % 1_000)),
                ("first_name".into(), format!("N{number}")),
                ("plan".into(), plan.into()),
            ]);
            Ok(ContactRow { email, attributes })
        };
        let rows = part.iter().map(row).collect::<Result<Vec<_>, _>>()?;
        store.contacts_import(rows, Some(topic), "bench".into(), AT).await?;
    }
    Ok(())
}

/// Contacts have ids in the order in which they were imported.
fn contact(number: u32) -> ContactId {
    ContactId(AT.0 + i64::from(number) + 1)
}

async fn tag(store: &Store, contacts: u32) -> Done {
    let every = (contacts / TAGGED).max(1);
    for number in (0..contacts).step_by(usize::try_from(every)?) {
        let add = vec![TagName::parse("vip")?];
        let change = TagChange { add, remove: Vec::new() };
        let found = store.contact_find(contact(number)).await?;
        if found.is_some() {
            store.contact_tags_change(contact(number), change, AT).await?;
        }
    }
    Ok(())
}

async fn create(store: &Store, topic: TopicId) -> Result<CampaignId, Failure> {
    let content =
        NewAnnouncement { name: "bench".into(), subject: "Bench".into(), source: "Bench".into() };
    let announcement = store.announcement_save(content, AT).await?;
    let link = |slot: u16| CampaignLink {
        slot: LinkSlot(slot),
        url: format!("https://aurora.example/{slot}"),
        label: format!("Read {slot}"),
    };
    let (name, links) = ("bench".into(), (0..8).map(link).collect());
    let policy = InDoubtPolicy::NeverResend;
    let new = NewCampaign { name, announcement, topic, policy, links };
    Ok(store.campaign_create(new, AT).await?)
}

async fn record(
    store: &Store,
    campaign: CampaignId,
    contacts: u32,
    (number, hits): (u32, u32),
) -> Done {
    let segment = u64::try_from(campaign.0)?;
    let numbers: Vec<u32> = (0..hits).collect();
    for part in numbers.chunks(BATCH) {
        let hit = |offset: &u32| recorded(campaign, contacts, (number, *offset, hits), segment);
        let offset = part.last().copied().unwrap_or_default();
        let mark = Mark { reader: store::hits_reader(1), segment, offset };
        let batch = HitBatch {
            recorder: 1,
            hits: part.iter().map(hit).collect(),
            gaps: Vec::new(),
            progress: RecorderProgress::Marks(vec![mark]),
            soon: Duration::from_secs(2),
        };
        store.hits_record(batch).await?;
    }
    Ok(())
}

/// Each campaign has its three days; one hit in eight is a click, one in three a proxy's.
fn recorded(
    campaign: CampaignId,
    contacts: u32,
    (number, offset, hits): (u32, u32, u32),
    segment: u64,
) -> RecordedHit {
    let scattered = offset.wrapping_mul(2_654_435_761).wrapping_add(number * 7);
    let slot = u16::try_from(offset / 8 % 8).unwrap_or_default();
    let within = 3 * DAY / i64::from(hits.max(1)) * i64::from(offset);
    let hit = Hit {
        at: Timestamp(AT.0 + i64::from(number) * 3 * DAY + within),
        campaign,
        contact: Some(contact(scattered % contacts)),
        kind: if offset.is_multiple_of(8) { HitKind::Click(LinkSlot(slot)) } else { HitKind::View },
        visitor: None,
        client: Some(scattered.to_le_bytes().into()),
        signs: HitSigns::default(),
        agent: format!("Mozilla/5.0 (bench {})", offset % 200).into_bytes(),
    };
    let (rule, class) = if offset.is_multiple_of(3) {
        (Rule::AGENT_GOOGLE_IMAGE_PROXY, HitClass::Proxied)
    } else {
        (Rule::AGENT_BROWSER, HitClass::Person)
    };
    let (rules, origin) = (RulesSeen::NONE.with(rule), HitOrigin::default());
    RecordedHit { node: 1, segment, offset, hit, rules, class, origin }
}

/// A campaign to those of the first topic who are in the second one: a fifth.
async fn expand(store: &Store, topic: TopicId) -> Done {
    let name = SegmentName::parse("offers")?;
    let rule = SegmentRule::parse("topic = offers and not suppressed")?;
    store.segment_set(NewSegment { name: name.clone(), rule, over: None }, AT).await?;
    let campaign = create(store, topic).await?;
    let (included, excluded) = (vec![name], Vec::new());
    let audience = CampaignAudience { included, excluded, rules: rules()?, frozen: None };
    store.campaign_audience_set(campaign, audience).await?;
    let started = Instant::now();
    store.expansion_begin(campaign, Frozen::default(), AT).await?;
    while store.expansion_step(campaign, SLICE, AT).await? == CampaignState::Starting {}
    let took = started.elapsed().as_secs_f64();
    println!("EXPAND {} {took:.3}", store.deliveries_count(campaign).await?.total());
    Ok(())
}
