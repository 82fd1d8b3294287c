//! Recording hits.

use std::collections::{BTreeMap, BTreeSet};

use model::hit::HitSigns;
use model::{
    CampaignId, ContactId, Hit, HitClass, HitKind, HitOrigin, LinkSlot, Rule, RulesSeen, Timestamp,
    VisitorId,
};

use super::world::{AT, World, batch};
use crate::engine::sql::texts;
use crate::engine::tx::Tx;
use crate::engine::value::SqlRow;
use crate::{
    HitBatch, HitCount, Hour, Mark, RecordedHit, RecorderProgress, Run, Store, StoreError,
};

texts! {
    EVENTS_COUNT = "SELECT count(*) FROM events";
    AGENT_OFFSETS = "SELECT e.byte_offset FROM events e JOIN agents a ON a.id = e.agent_id
        WHERE a.agent = $1 ORDER BY e.byte_offset";
    VISITORS_LIST = "SELECT first_at, last_at FROM visitors ORDER BY visitor";
    STRAYS_LIST = "SELECT contact_id, byte_offset FROM stray_hits ORDER BY byte_offset";
}

pub(crate) const BROWSER: RulesSeen = RulesSeen::NONE.with(Rule::AGENT_BROWSER);

/// A view by a browser without a cookie; tests change what they are about.
pub(crate) fn view(offset: u32, campaign: CampaignId, contact: ContactId) -> RecordedHit {
    let hit = Hit {
        at: AT,
        campaign,
        contact: Some(contact),
        kind: HitKind::View,
        visitor: None,
        client: Some([192, 0, 2, 1].into()),
        signs: HitSigns::default(),
        agent: b"Mozilla/5.0".to_vec(),
    };
    let origin = HitOrigin::default();
    RecordedHit {
        node: 1,
        segment: 1,
        offset,
        hit,
        rules: BROWSER,
        class: HitClass::Person,
        origin,
    }
}

fn mark(offset: u32) -> Mark {
    Mark { reader: "hits/1".to_owned(), segment: 1, offset }
}

async fn record(world: &World, hits: Vec<RecordedHit>) -> usize {
    let next = hits.iter().map(|hit| hit.offset + 1).max().unwrap_or(0);
    world.store.hits_record(batch(hits, mark(next))).await.unwrap().new
}

pub(super) async fn a_view_and_a_click_are_counted_everywhere(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let contact = world.contacts[0];
    let mut seen = view(0, campaign, contact);
    seen.hit.visitor = Some(VisitorId([7; 12]));
    let mut click = seen.clone();
    click.offset = 1;
    click.hit.kind = HitKind::Click(LinkSlot(1));
    click.hit.client = Some([0_u16, 0, 0, 0, 0, 0, 0, 1].into());
    assert_eq!(record(&world, vec![seen.clone(), click.clone()]).await, 2);
    assert_eq!(record(&world, vec![click, seen, view(2, campaign, contact)]).await, 1);

    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((rollup.views, rollup.unique_views, rollup.visitors), (2, 1, 1));
    assert_eq!((rollup.views_with_cookie, rollup.views_without_cookie), (1, 1));
    assert_eq!((rollup.clicks, rollup.unique_clicks, rollup.heads), (1, 1, 0));
    // The second view is at the same moment as the first.
    let repeated = BROWSER.with(Rule::REPEATED);
    assert_eq!(rollup.seen[&BROWSER], HitCount { views: 1, clicks: 1 });
    assert_eq!(rollup.seen[&repeated], HitCount { views: 1, clicks: 0 });
    assert_eq!(rollup.evidence, BTreeMap::from([(BTreeSet::from([BROWSER]), 1)]));
    assert_eq!(rollup.click_evidence, rollup.evidence);
    let links = world.store.link_counts(campaign).await.unwrap();
    assert_eq!((links[0].clicks, links[1].clicks, links[1].contacts), (0, 1, 1));
    let hours = world.store.campaign_hours(campaign).await.unwrap();
    assert_eq!(hours, [Hour { hour: AT.hour(), views: 2, clicks: 1 }]);
}

pub(super) async fn an_event_is_kept_with_its_agent(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let seen = |offset, agent: &[u8]| {
        let mut seen = view(offset, campaign, world.contacts[0]);
        seen.hit.agent = agent.to_vec();
        seen
    };
    record(&world, vec![seen(0, b"one"), seen(1, b"two"), seen(2, b"one")]).await;
    record(&world, vec![seen(3, b"two"), seen(4, b"three")]).await;
    for (agent, offsets) in [("one", vec![0, 2]), ("two", vec![1, 3]), ("three", vec![4])] {
        let of =
            move |tx: &Tx<'_>| tx.all(AGENT_OFFSETS, [agent.as_bytes()], |row| row.get::<i64>(0));
        assert_eq!(world.store.read(of).await.unwrap(), offsets, "{agent}");
    }
}

pub(super) async fn a_clicker_counts_once_for_each_link_of_each_campaign(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (one, other) = (world.started().await, world.started().await);
    let click = |offset, campaign, contact: usize, slot| {
        let mut click = view(offset, campaign, world.contacts[contact]);
        click.hit.kind = HitKind::Click(LinkSlot(slot));
        click
    };
    let clicks = vec![
        click(0, one, 0, 0),
        click(1, one, 0, 1),
        click(2, one, 1, 1),
        click(3, other, 0, 1),
        click(4, one, 0, 1),
    ];
    record(&world, clicks).await;
    record(&world, vec![click(5, one, 0, 1), click(6, other, 1, 1)]).await;
    for (campaign, expect) in [(one, [(1, 1), (4, 2)]), (other, [(0, 0), (2, 2)])] {
        let links = world.store.link_counts(campaign).await.unwrap();
        let counts: Vec<_> = links.iter().map(|link| (link.clicks, link.contacts)).collect();
        assert_eq!(counts, expect);
    }
}

pub(super) async fn a_browser_is_kept_with_its_first_and_its_last_view(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let seen = |offset, visitor, after: i64| {
        let mut seen = view(offset, campaign, world.contacts[0]);
        seen.hit.visitor = Some(VisitorId([visitor; 12]));
        seen.hit.at = Timestamp(AT.0 + after);
        seen
    };
    record(&world, vec![seen(0, 7, 50), seen(1, 7, 40), seen(2, 8, 45)]).await;
    record(&world, vec![seen(3, 7, 90), seen(4, 7, 10)]).await;
    let times = |row: &SqlRow<'_>| Ok((row.get::<i64>(0)? - AT.0, row.get::<i64>(1)? - AT.0));
    let kept = world.store.read(move |tx| tx.all(VISITORS_LIST, (), times)).await.unwrap();
    assert_eq!(kept, [(10, 90), (45, 45)]);
}

pub(super) async fn a_head_request_is_no_view(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let mut head = view(0, campaign, world.contacts[0]);
    head.hit.signs.head = true;
    head.class = HitClass::Head;
    let mut click = head.clone();
    click.offset = 1;
    click.hit.kind = HitKind::Click(LinkSlot(0));
    assert_eq!(record(&world, vec![head, click]).await, 2);
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((rollup.heads, rollup.views, rollup.clicks), (2, 0, 0));
    assert!(rollup.evidence.is_empty() && rollup.seen.is_empty());
    assert_eq!(world.store.link_counts(campaign).await.unwrap()[0].clicks, 0);
    assert_eq!(world.store.campaign_hours(campaign).await.unwrap(), []);
}

pub(super) async fn hits_of_nobody_we_mailed_count_nowhere(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let late = world.import("late@x.org").await;
    let hits = vec![
        view(0, CampaignId(0), ContactId(0)),
        view(1, campaign, late),
        view(2, CampaignId(99), world.contacts[0]),
    ];
    assert_eq!(record(&world, hits).await, 0);
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap().views, 0);
    assert_eq!(world.store.mark_find("hits/1".into()).await.unwrap(), Some(mark(3)));
}

pub(super) async fn a_batch_that_fails_moves_no_mark(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let mut broken = view(1, campaign, world.contacts[0]);
    broken.segment = u64::MAX;
    let hits = vec![view(0, campaign, world.contacts[0]), broken];
    let failed = world.store.hits_record(batch(hits, mark(2))).await.unwrap_err();
    assert!(matches!(failed, StoreError::OutOfRange(_)));
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap().views, 0);
    assert_eq!(world.store.mark_find("hits/1".into()).await.unwrap(), None);
}

pub(super) async fn recorders_share_the_counts_of_a_campaign(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let contact = world.contacts[0];
    // Node 17 has the same shard as node 1.
    for (recorder, offset) in [(1, 0), (2, 1), (17, 2), (2, 3)] {
        let hits = vec![view(offset, campaign, contact)];
        let batch = HitBatch { recorder, ..batch(hits, mark(offset + 1)) };
        assert_eq!(world.store.hits_record(batch).await.unwrap().new, 1);
    }
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((rollup.views, rollup.unique_views), (4, 1));
    assert_eq!(rollup.seen.values().map(|count| count.views).sum::<i64>(), 4);
    assert_eq!(rollup.evidence, BTreeMap::from([(BTreeSet::from([BROWSER]), 1)]));
    let hours = world.store.campaign_hours(campaign).await.unwrap();
    assert_eq!(hours, [Hour { hour: AT.hour(), views: 4, clicks: 0 }]);
}

pub(super) async fn runs_move_the_mark_when_they_leave_no_hole(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let carry = async |from: (u64, u32), to: (u64, u32)| {
        let hits = vec![view(from.1, campaign, world.contacts[0])];
        let runs = vec![Run { node: 3, from, to }, Run { node: 4, from: (7, 7), to: (7, 8) }];
        let batch = HitBatch { progress: RecorderProgress::Runs(runs), ..batch(hits, mark(0)) };
        world.store.hits_record(batch).await.unwrap();
        let confirmed = world.store.hits_confirmed(3).await.unwrap();
        confirmed.map(|mark| (mark.segment, mark.offset))
    };
    assert_eq!(carry((1, 50), (1, 90)).await, None, "what comes first is missing");
    assert_eq!(carry((0, 0), (1, 50)).await, Some((1, 90)));
    assert_eq!(carry((2, 0), (2, 10)).await, Some((1, 90)), "a hole");
    assert_eq!(carry((1, 90), (1, 95)).await, Some((1, 95)));
    assert_eq!(carry((1, 95), (2, 0)).await, Some((2, 10)));
    assert_eq!(carry((0, 0), (1, 50)).await, Some((2, 10)), "an old run again");
    assert_eq!(world.store.hits_confirmed(4).await.unwrap(), None);
}

pub(super) async fn what_lies_behind_a_nodes_mark_is_not_counted_again(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let bring = async |offset: u32| {
        let hits = vec![RecordedHit { node: 3, ..view(offset, campaign, world.contacts[0]) }];
        let runs = vec![Run { node: 3, from: (1, 0), to: (1, offset + 1) }];
        let batch = HitBatch { progress: RecorderProgress::Runs(runs), ..batch(hits, mark(0)) };
        world.store.hits_record(batch).await.unwrap().new
    };
    assert_eq!(bring(5).await, 1);
    let first = vec![Run { node: 3, from: (0, 0), to: (1, 0) }];
    let first = HitBatch { progress: RecorderProgress::Runs(first), ..batch(Vec::new(), mark(0)) };
    world.store.hits_record(first).await.unwrap();
    assert_eq!(world.store.hits_confirmed(3).await.unwrap().unwrap().offset, 6);
    // Its event is forgotten, and a stream brings it again.
    let later = Timestamp(AT.0 + 30 * 24 * Timestamp::HOUR);
    while world.store.events_expire(later).await.unwrap().more {}
    assert_eq!(bring(5).await, 0);
    assert_eq!(bring(6).await, 1);
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap().views, 2);
}

pub(super) async fn old_events_go_and_counts_stay(store: Store) {
    const WEEK: i64 = 7 * 24 * Timestamp::HOUR;
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let hit = |offset: u32, weeks: i64| {
        let mut old = view(offset, campaign, world.contacts[0]);
        old.hit.at = Timestamp(AT.0 - weeks * WEEK);
        old
    };
    let hits = vec![hit(0, 30), hit(1, 20), hit(2, 0)];
    assert_eq!(record(&world, hits.clone()).await, 3);
    let before = Timestamp(AT.0 - 10 * WEEK);
    while world.store.events_expire(before).await.unwrap().more {}
    assert_eq!(events(&world).await, 1);
    assert_eq!(world.store.events_expire(before).await.unwrap().removed, 0);
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap().views, 3);
    assert_eq!(record(&world, vec![hits[2].clone(), hit(3, 20)]).await, 1, "still a place for it");
}

pub(super) async fn a_hit_without_a_delivery_is_kept_aside_once_and_counted_nowhere(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let stranger = ContactId(world.contacts[0].0 + 77);
    let hits = || {
        vec![
            view(0, campaign, world.contacts[0]),
            view(1, campaign, stranger),
            view(2, CampaignId(campaign.0 + 1), world.contacts[0]),
        ]
    };
    let recorded = |hits| world.store.hits_record(batch(hits, mark(9)));
    let done = recorded(hits()).await.unwrap();
    assert_eq!((done.new, done.stray), (1, 2));
    let again = recorded(hits()).await.unwrap();
    assert_eq!((again.new, again.stray), (0, 0));
    assert_eq!(strays(&world).await, [(stranger.0, 1), (world.contacts[0].0, 2)]);
    let snapshot = async || world.store.campaign_snapshot(campaign, AT).await.unwrap().unwrap();
    assert_eq!(snapshot().await.strays, 2);
    let stamp = async || world.store.campaign_stamp(campaign).await.unwrap();
    let before = stamp().await;
    let another = vec![view(4, campaign, stranger)];
    assert_eq!(recorded(another).await.unwrap().stray, 1);
    assert_eq!(snapshot().await.strays, 3);
    assert_ne!(stamp().await, before, "a page that is open learns of it");
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap().views, 1);
    while world.store.events_expire(AT).await.unwrap().more {}
    assert_eq!(strays(&world).await.len(), 3, "young enough");
    while world.store.events_expire(Timestamp(AT.0 + 1)).await.unwrap().more {}
    assert_eq!(strays(&world).await, []);
    assert_eq!(snapshot().await.strays, 3, "how many there were stays known");
}

pub(super) async fn a_hit_of_somebody_who_was_erased_is_kept_aside_without_their_number(
    store: Store,
) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let hash = super::world::hash_of(world.contacts[0]);
    world.store.address_erase("1@x.org".into(), hash, AT).await.unwrap();
    let hits = vec![view(0, campaign, world.contacts[0]), view(1, campaign, world.contacts[1])];
    let done = world.store.hits_record(batch(hits.clone(), mark(9))).await.unwrap();
    assert_eq!((done.new, done.stray), (1, 1));
    assert_eq!(strays(&world).await, [(0, 0)]);
    let again = world.store.hits_record(batch(hits, mark(9))).await.unwrap();
    assert_eq!((again.new, again.stray), (0, 0));
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!((rollup.views, rollup.unique_views), (1, 1));
}

async fn strays(world: &World) -> Vec<(i64, i64)> {
    let list = |tx: &crate::engine::tx::Tx<'_>| {
        tx.all(STRAYS_LIST, (), |row| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?)))
    };
    world.store.read(list).await.unwrap()
}

async fn events(world: &World) -> i64 {
    world.store.read(|tx| tx.one(EVENTS_COUNT, (), |row| row.get(0))).await.unwrap()
}
