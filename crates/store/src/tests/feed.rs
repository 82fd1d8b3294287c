//! The feed of events.

use std::collections::BTreeMap;

use model::hit::HitSigns;
use model::{CampaignId, HitKind, LinkSlot, Rule, RulesSeen, Timestamp, TopicId, TopicScope};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::hits::{BROWSER, view};
use super::world::{AT, World, batch, later};
use super::{postgres, run};
use crate::{
    EventCursor, FeedEvent, FeedPage, FeedQuery, FeedRefusal, HitBatch, Mark, RecordedHit,
    RecorderProgress, Run, Store, StoreOptions, hits_reader,
};

fn asked(after: Option<EventCursor>, limit: usize) -> FeedQuery {
    let (topics, campaign, since, until) = (TopicScope::All, None, None, None);
    FeedQuery { after, limit, topics, campaign, since, until }
}

async fn page(store: &Store, query: FeedQuery) -> FeedPage {
    store.feed_page(query).await.unwrap().unwrap()
}

/// Everything that is there, over pages of `limit`.
async fn all(store: &Store, limit: usize) -> (Vec<FeedEvent>, EventCursor) {
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let FeedPage { events: found, next, more } = page(store, asked(after, limit)).await;
        assert!(found.len() <= limit);
        events.extend(found);
        if !more {
            return (events, next);
        }
        after = Some(next);
    }
}

fn offsets(events: &[FeedEvent]) -> Vec<(u16, u32)> {
    events.iter().map(|it| (it.position.node, it.position.offset)).collect()
}

async fn record(store: &Store, node: u16, hits: Vec<RecordedHit>, to: u32) {
    let mark = Mark { reader: hits_reader(node), segment: 1, offset: to };
    store.hits_record(batch(hits, mark)).await.unwrap();
}

pub(super) async fn an_event_says_what_was_seen(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let seen = view(10, campaign, world.contacts[0]);
    let mut click = seen.clone();
    click.offset = 20;
    click.hit.at = Timestamp(AT.0 + 7);
    click.hit.kind = HitKind::Click(LinkSlot(1));
    click.hit.visitor = Some(model::VisitorId([7; 12]));
    let mut head = seen.clone();
    (head.offset, head.rules) = (30, RulesSeen::NONE.with(Rule::METHOD_HEAD));
    head.hit.signs = HitSigns { head: true, ..HitSigns::default() };
    record(&world.store, 1, vec![seen, click, head], 40).await;
    let (events, _) = all(&world.store, 10).await;
    let told: Vec<_> = events
        .iter()
        .map(|it| (it.at.0 - AT.0, it.kind, it.url.as_deref(), it.is_head, it.with_cookie))
        .collect();
    let (first, second) = (HitKind::View, HitKind::Click(LinkSlot(1)));
    let expect = [
        (0, first, None, false, false),
        (7, second, Some("https://x.org/b"), false, true),
        (0, first, None, true, false),
    ];
    assert_eq!(told, expect);
    assert!(events.iter().all(|it| it.campaign == campaign));
    assert!(events.iter().all(|it| it.contact == Some(world.contacts[0])));
    assert_eq!((events[0].rules, events[2].rules.has(Rule::METHOD_HEAD)), (BROWSER, true));
}

pub(super) async fn what_has_a_hole_before_it_waits(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let run = |from: u32, to: u32| {
        let hits = (from..to).map(|offset| {
            let hit = view(offset, campaign, world.contacts[0]);
            RecordedHit { node: 3, ..hit }
        });
        let progress = RecorderProgress::Runs(vec![Run { node: 3, from: (1, from), to: (1, to) }]);
        HitBatch {
            progress,
            ..batch(hits.collect(), Mark { reader: String::new(), segment: 0, offset: 0 })
        }
    };
    // The journal begins at the segment's first byte, which is behind (0, 0).
    let mut first = run(0, 2);
    first.progress = RecorderProgress::Runs(vec![Run { node: 3, from: (0, 0), to: (1, 2) }]);
    world.store.hits_record(run(4, 6)).await.unwrap();
    let (events, cursor) = all(&world.store, 10).await;
    assert_eq!(events, []);
    world.store.hits_record(first).await.unwrap();
    let FeedPage { events, next, .. } = page(&world.store, asked(Some(cursor), 10)).await;
    assert_eq!(offsets(&events), [(3, 0), (3, 1)]);
    world.store.hits_record(run(2, 4)).await.unwrap();
    let events = page(&world.store, asked(Some(next.clone()), 10)).await.events;
    // Whether the node has moved its mark or not.
    world.store.hits_confirmed(3).await.unwrap();
    assert_eq!(page(&world.store, asked(Some(next), 10)).await.events, events);
    assert_eq!(offsets(&events), [(3, 2), (3, 3), (3, 4), (3, 5)]);
}

pub(super) async fn a_busy_node_holds_up_no_other_one(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    for (node, count) in [(1, 50), (2, 3)] {
        let hits = (0..count).map(|offset| {
            let hit = view(offset, campaign, world.contacts[0]);
            RecordedHit { node, ..hit }
        });
        record(&world.store, node, hits.collect(), count).await;
    }
    let page = page(&world.store, asked(None, 10)).await;
    let of = |node| page.events.iter().filter(|it| it.position.node == node).count();
    assert_eq!((of(1), of(2), page.more), (5, 3, true));
}

pub(super) async fn only_ones_own_topics_are_shown_and_what_is_asked_for(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (one, other) = (world.started().await, world.started().await);
    let hit = |offset, campaign, minutes| {
        let mut hit = view(offset, campaign, world.contacts[0]);
        hit.hit.at = later(minutes);
        hit
    };
    record(&world.store, 1, vec![hit(1, one, 1), hit(2, other, 2), hit(3, one, 3)], 9).await;
    let ask = |change: fn(&mut FeedQuery, CampaignId, TopicId)| {
        let (mut query, store, topic) = (asked(None, 10), world.store.clone(), world.topic);
        change(&mut query, other, topic);
        async move {
            let page = page(&store, query).await;
            // The next page is behind what was not shown.
            assert_eq!((page.more, page.next.of(1)), (false, (1, 9)));
            page.events.iter().map(|it| it.position.offset).collect::<Vec<_>>()
        }
    };
    assert_eq!(ask(|_, _, _| {}).await, [1, 2, 3]);
    assert_eq!(ask(|it, _, topic| it.topics = TopicScope::These(vec![topic])).await, [1, 2, 3]);
    let foreign = |it: &mut FeedQuery, _, topic: TopicId| {
        it.topics = TopicScope::These(vec![TopicId(topic.0 + 1)]);
    };
    assert_eq!(ask(foreign).await, [0; 0]);
    assert_eq!(ask(|it, campaign, _| it.campaign = Some(campaign)).await, [2]);
    assert_eq!(ask(|it, _, _| it.since = Some(later(2))).await, [2, 3]);
    assert_eq!(ask(|it, _, _| it.until = Some(later(2))).await, [1]);
}

pub(super) async fn an_earlier_releases_class_stands_for_a_rule(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    record(&world.store, 1, vec![view(1, campaign, world.contacts[0])], 2).await;
    let earlier = super::evidence::EARLIER_EVENT;
    world.store.write(move |tx| tx.execute(earlier, ()).map(drop)).await.unwrap();
    let (events, _) = all(&world.store, 10).await;
    assert_eq!(events[0].rules, RulesSeen::NONE.with(Rule::EARLIER_SCANNER));
}

pub(super) async fn a_cursor_of_another_installation_is_refused(store: Store) {
    let name = || "0".repeat(32);
    store.installation(name()).await.unwrap();
    let own = page(&store, asked(None, 10)).await.next;
    page(&store, asked(Some(own), 10)).await;
    let foreign = EventCursor::beginning("another", 0);
    let refused = store.feed_page(asked(Some(foreign), 10)).await.unwrap();
    assert_eq!(refused, Err(FeedRefusal::Foreign));
}

/// Weeks apart, so that PostgreSQL drops one as a whole.
const OLD: i64 = AT.0 - 40 * 24 * Timestamp::HOUR;

pub(super) async fn whoever_has_missed_removed_events_learns_it_once(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let hits = |node, times: [i64; 3]| {
        let hit = |(offset, at): (usize, i64)| {
            let offset = u32::try_from(offset).unwrap() * 10;
            let mut hit = view(offset, campaign, world.contacts[0]);
            (hit.node, hit.hit.at) = (node, Timestamp(at));
            hit
        };
        times.into_iter().enumerate().map(hit).collect::<Vec<_>>()
    };
    let (store, new) = (&world.store, AT.0);
    // A wrong clock: a young hit lies before an old one.
    record(store, 1, hits(1, [new, OLD, new]), 30).await;
    record(store, 2, hits(2, [new, new, new]), 30).await;
    let (_, done) = all(store, 10).await;
    // Behind the first of node 1.
    let early = page(store, asked(None, 2)).await.next;
    let before = Timestamp(AT.0 - 14 * 24 * Timestamp::HOUR);
    while store.events_expire(before).await.unwrap().more {}
    assert!(page(store, asked(Some(done), 10)).await.events.is_empty(), "nothing was missed");
    let refused = store.feed_page(asked(Some(early), 10)).await.unwrap();
    let Err(FeedRefusal::Removed { before: said, next }) = refused else {
        panic!("{refused:?}");
    };
    assert!(said <= before && said.0 > OLD, "{said:?}");
    let next: EventCursor = next.to_string().parse().unwrap();
    let left = page(store, asked(Some(next), 10)).await;
    assert_eq!(offsets(&left.events), [(1, 20), (2, 10), (2, 20)], "what is left is not lost");
    let (events, _) = all(store, 1).await;
    assert_eq!(events.len(), 5, "from the beginning there is nothing to miss");
}

/// What happens to a feed.
#[derive(Debug, Clone)]
enum FeedStep {
    /// A run of a node's journal is recorded, perhaps again.
    Record(usize, usize),
    /// A node moves its mark.
    Confirm(usize),
    /// A page is read. If it is lost before its reader has kept it, it is read again.
    Read { limit: usize, lost: bool },
}

/// Nodes with the numbers of hits in their runs, and the steps.
fn plan() -> impl Strategy<Value = (Vec<Vec<u32>>, Vec<FeedStep>)> {
    let nodes = proptest::collection::vec(proptest::collection::vec(0..6_u32, 1..6), 1..5);
    let step = prop_oneof![
        4 => (0..5_usize, 0..6_usize).prop_map(|(node, run)| FeedStep::Record(node, run)),
        1 => (0..5_usize).prop_map(FeedStep::Confirm),
        3 => (1..9_usize, any::<bool>())
            .prop_map(|(limit, lost)| FeedStep::Read { limit, lost }),
    ];
    (nodes, proptest::collection::vec(step, 0..40))
}

/// One reader of a feed, who keeps events and cursor together.
struct FeedReader {
    store: Store,
    events: Vec<FeedEvent>,
    cursor: Option<String>,
}

impl FeedReader {
    async fn read(&mut self, limit: usize, lost: bool) -> bool {
        let after = self.cursor.as_ref().map(|text| text.parse().unwrap());
        let FeedPage { events, next, more } = page(&self.store, asked(after, limit)).await;
        if !lost {
            self.events.extend(events);
            self.cursor = Some(next.to_string());
        }
        more
    }
}

/// The batch of a node's run. The second half of the nodes read their own journal.
fn run_of(
    world: &World,
    campaign: CampaignId,
    nodes: &[Vec<u32>],
    at: (usize, usize),
) -> Option<HitBatch> {
    let (node, runs) = (at.0, nodes.get(at.0)?);
    let before = runs.get(..at.1)?.iter().sum::<u32>() * 10;
    let (from, to) = (before, before + runs.get(at.1)? * 10);
    let number = u16::try_from(node + 1).unwrap();
    let hit = |offset: u32| {
        let mut hit = view(offset, campaign, world.contacts[0]);
        // In no order, and many at the same moment.
        hit.hit.at = later(i64::from(offset * 7 % 50) / 10);
        hit.node = number;
        hit
    };
    let is_own = node % 2 == 1;
    // Whoever reads a journal begins at its beginning again.
    let hits = (if is_own { 0 } else { from }..to).step_by(10).map(hit).collect();
    let mark = Mark { reader: hits_reader(number), segment: 1, offset: to };
    let from = if at.1 == 0 { (0, 0) } else { (1, from) };
    let runs = RecorderProgress::Runs(vec![Run { node: number, from, to: (1, to) }]);
    let mut batch = batch(hits, mark);
    if !is_own {
        batch.progress = runs;
    }
    Some(batch)
}

async fn every_event_comes_once(store: Store, nodes: &[Vec<u32>], steps: &[FeedStep]) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let store = &world.store;
    let mut reader = FeedReader { store: store.clone(), events: Vec::new(), cursor: None };
    for step in steps {
        match *step {
            FeedStep::Record(node, run) => {
                if let Some(batch) = run_of(&world, campaign, nodes, (node, run)) {
                    store.hits_record(batch).await.unwrap();
                }
            }
            FeedStep::Confirm(node) => {
                store.hits_confirmed(u16::try_from(node + 1).unwrap()).await.map(drop).unwrap();
            }
            FeedStep::Read { limit, lost } => {
                reader.read(limit, lost).await;
            }
        }
    }
    let mut expect = BTreeMap::new();
    for (node, runs) in nodes.iter().enumerate() {
        for run in 0..runs.len() {
            let batch = run_of(&world, campaign, nodes, (node, run)).unwrap();
            store.hits_record(batch).await.unwrap();
        }
        let hits = (0..runs.iter().sum::<u32>()).map(|it| it * 10).collect::<Vec<_>>();
        expect.insert(u16::try_from(node + 1).unwrap(), hits);
    }
    while reader.read(3, false).await {}
    let mut told: BTreeMap<u16, Vec<u32>> = expect.keys().map(|node| (*node, Vec::new())).collect();
    for (node, offset) in offsets(&reader.events) {
        told.entry(node).or_default().push(offset);
    }
    assert_eq!(told, expect);
}

#[test]
fn every_event_comes_once_and_in_order_on_sqlite() {
    let config =
        ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    let cases = TestRunner::new(config).run(&plan(), |(nodes, steps)| {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("s"), StoreOptions::default()).unwrap();
        run(every_event_comes_once(store, &nodes, &steps));
        Ok(())
    });
    cases.unwrap();
}

#[test]
fn every_event_comes_once_and_in_order_on_postgresql() {
    let config =
        ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
    let cases = TestRunner::new(config).run(&plan(), |(nodes, steps)| {
        run(every_event_comes_once(postgres(), &nodes, &steps));
        Ok(())
    });
    cases.unwrap();
}

/// Everything that a query asks for, read by a scan in pages of its limit, and the cursor behind it.
async fn scanned(store: &Store, query: FeedQuery) -> (Vec<FeedEvent>, EventCursor) {
    let scan = store.event_scan(query).await.unwrap().unwrap();
    let cursor = scan.cursor().clone();
    let (mut events, mut rest) = (Vec::new(), Some(scan));
    while let Some(scan) = rest {
        let page = store.event_scan_page(scan).await.unwrap();
        events.extend(page.events);
        rest = page.rest;
    }
    (events, cursor)
}

pub(super) async fn a_scan_has_what_the_feed_has_in_the_order_of_times(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let hit = |node, offset: u32| {
        let hit = view(offset, campaign, world.contacts[0]);
        let mut hit = RecordedHit { node, ..hit };
        // Clocks are set back, and several hits are of one moment.
        hit.hit.at = later(i64::from(offset * 7 % 5));
        hit
    };
    for node in [1, 2] {
        record(&world.store, node, (1..12).map(|offset| hit(node, offset)).collect(), 12).await;
    }
    // Behind a hole: it is not there yet.
    let progress = RecorderProgress::Runs(vec![Run { node: 2, from: (1, 50), to: (1, 52) }]);
    let nowhere = Mark { reader: String::new(), segment: 0, offset: 0 };
    let late = HitBatch { progress, ..batch(vec![hit(2, 51)], nowhere) };
    world.store.hits_record(late).await.unwrap();

    let (mut fed, _) = all(&world.store, 3).await;
    let (events, cursor) = scanned(&world.store, asked(None, 3)).await;
    let key = |it: &FeedEvent| (it.at, it.position);
    assert!(events.is_sorted_by_key(key));
    fed.sort_unstable_by_key(key);
    assert_eq!((events.len(), events), (22, fed.clone()));

    let (since, until) = (later(1), later(3));
    let query = FeedQuery { since: Some(since), until: Some(until), ..asked(None, 2) };
    let (events, _) = scanned(&world.store, query).await;
    fed.retain(|it| it.at >= since && it.at < until);
    assert_eq!(events, fed);

    record(&world.store, 1, vec![hit(1, 13)], 14).await;
    let after = page(&world.store, asked(Some(cursor), 10)).await.events;
    assert_eq!(offsets(&after), [(1, 13)], "the feed goes on behind it");
}
