//! What may be recorded of whom: in claims, at the hit, and in the counts.

use std::sync::atomic::{AtomicU32, Ordering};

use model::{
    CampaignId, ContactId, HitKind, LinkSlot, Removal, TrackingChoices, TrackingMode,
    TrackingPolicy, VisitorId,
};

use super::hits::view;
use super::world::{AT, World, batch, hash_of, later};
use crate::engine::sql::texts;
use crate::{
    HitCount, Lifted, Mark, Outcome, RecordedHit, RecordingSummary, Settled, Store,
    TRACKING_NOTICE, TrackingPolicyChange, TrackingWord,
};
use TrackingMode::{Anonymous, Identified, Off};

texts! {
    EVENTS_BY_CONTACT = "SELECT contact_id, count(*), count(visitor), count(client) FROM events
        GROUP BY contact_id ORDER BY contact_id";
    ENGAGED = "SELECT count(*) FROM engagements WHERE viewed + clicked > 0";
    UNTRACKED_PUT = "INSERT INTO untracked_deliveries (campaign_id, tracking, sent)
        VALUES ($1, $2, $3)";
    CLICKERS = "SELECT count(*) FROM link_clickers";
}

fn word(contact: ContactId, mode: TrackingMode) -> TrackingWord {
    TrackingWord {
        contact,
        mode,
        source: "page".to_owned(),
        notice: Some("2026-11".to_owned()),
        campaign: None,
        forget: false,
        at: later(1),
    }
}

/// A view of a contact with a cookie, or a click; every one has its own place.
fn seen(campaign: CampaignId, contact: ContactId, slot: Option<u16>) -> RecordedHit {
    static OFFSET: AtomicU32 = AtomicU32::new(1);
    let mut seen = view(OFFSET.fetch_add(1, Ordering::Relaxed), campaign, contact);
    seen.hit.visitor = Some(VisitorId([7; 12]));
    seen.hit.kind = slot.map_or(HitKind::View, |slot| HitKind::Click(LinkSlot(slot)));
    seen
}

async fn record(world: &World, hits: Vec<RecordedHit>) -> RecordingSummary {
    let next = hits.iter().map(|hit| hit.offset + 1).max().unwrap_or(0);
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: next };
    world.store.hits_record(batch(hits, mark)).await.unwrap()
}

/// By contact: events, and those of them that bear a visitor and a client.
async fn events(world: &World) -> Vec<[i64; 4]> {
    let all = world.store.read(|tx| {
        tx.all(EVENTS_BY_CONTACT, (), |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })
    });
    all.await.unwrap()
}

async fn modes(world: &World, campaign: CampaignId) -> Vec<TrackingMode> {
    world.claim(campaign, 9).await.into_iter().map(|claimed| claimed.tracking).collect()
}

pub(super) async fn the_least_of_what_was_decided_goes_with_a_claim(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let [one, two, _] = world.contacts[..] else { panic!("three contacts") };
    world.store.contact_tracking_say(word(one, Off)).await.unwrap();
    world.store.contact_tracking_say(word(two, Identified)).await.unwrap();
    assert_eq!(modes(&world, world.started().await).await, [Off, Identified, Identified]);
    world.store.tracking_policy_set(TrackingPolicy::EU).await.unwrap();
    assert_eq!(modes(&world, world.started().await).await, [Off, Identified, Off]);
    let limited = world.started().await;
    world.store.campaign_tracking_set(limited, Some(Anonymous)).await.unwrap();
    assert_eq!(modes(&world, limited).await, [Off, Anonymous, Off]);
    world.store.tracking_policy_set(TrackingPolicy::default()).await.unwrap();
    world.store.topic_tracking_set(world.topic, Some(Anonymous)).await.unwrap();
    assert_eq!(modes(&world, world.started().await).await, [Off, Identified, Anonymous]);
}

pub(super) async fn what_was_decided_is_read_as_it_was_set(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.draft().await;
    let store = &world.store;
    assert!(store.topics_tracking().await.unwrap().is_empty());
    assert_eq!(store.tracking_choices(campaign).await.unwrap(), TrackingChoices::default());
    store.topic_tracking_set(world.topic, Some(Anonymous)).await.unwrap();
    store.campaign_tracking_set(campaign, Some(Off)).await.unwrap();
    let all = store.topics_tracking().await.unwrap();
    assert_eq!(all.into_iter().collect::<Vec<_>>(), [(world.topic, Anonymous)]);
    let choices = store.tracking_choices(campaign).await.unwrap();
    assert_eq!((choices.topic, choices.campaign), (Some(Anonymous), Some(Off)));
    // What a change leaves out stays.
    store.tracking_policy_set(TrackingPolicy::EU).await.unwrap();
    let change = TrackingPolicyChange {
        at_most: Some(Anonymous),
        notice: Some("2026-11".to_owned()),
        ..TrackingPolicyChange::default()
    };
    store.tracking_policy_set(change).await.unwrap();
    let policy = store.tracking_policy().await.unwrap();
    assert_eq!((policy.at_most, policy.without_consent), (Anonymous, Off));
    let notice = store.setting_find(TRACKING_NOTICE).await.unwrap();
    assert_eq!(notice.as_deref(), Some("2026-11"));
}

pub(super) async fn a_word_is_in_the_ledger_once_and_moves_the_removal_epoch(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let [contact] = world.contacts[..] else { panic!("one contact") };
    let campaign = world.started().await;
    let claimed = world.claim(campaign, 1).await;
    let before = world.store.removal_epoch();
    assert!(world.store.contact_tracking_say(word(contact, Off)).await.unwrap());
    assert!(!world.store.contact_tracking_say(word(contact, Off)).await.unwrap());
    assert!(world.store.removal_epoch() > before);
    let recheck = world.store.deliveries_recheck(campaign, vec![contact]).await.unwrap();
    assert_eq!((claimed[0].tracking, recheck.tracking[&contact]), (Identified, Off));
    let ledger = world.store.contact_consents(contact).await.unwrap();
    let told: Vec<_> =
        ledger.iter().map(|it| (it.tracking, it.granted, it.notice.as_deref())).collect();
    assert_eq!(told, [(Some(Off), false, Some("2026-11")), (None, true, None)]);
    assert!(!world.store.contact_tracking_say(word(ContactId(99), Off)).await.unwrap());
    // No mail was refused by it.
    assert_eq!(recheck.removed, []);
}

pub(super) async fn a_hit_is_recorded_as_its_contact_wants_now(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let [one, two, three] = world.contacts[..] else { panic!("three contacts") };
    let campaign = world.started().await;
    world.store.contact_tracking_say(word(one, Off)).await.unwrap();
    world.store.contact_tracking_say(word(two, Anonymous)).await.unwrap();
    let hits: Vec<RecordedHit> = [one, two, three]
        .into_iter()
        .flat_map(|contact| [seen(campaign, contact, None), seen(campaign, contact, Some(1))])
        .collect();
    let done = record(&world, hits.clone()).await;
    assert_eq!(done, RecordingSummary { new: 4, stray: 0, withheld: 2 });
    // What comes again counts once.
    assert_eq!(record(&world, hits).await.new, 0);
    assert_eq!(events(&world).await, [[0, 2, 0, 0], [three.0, 2, 2, 2]]);
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    let one_each = HitCount { views: 1, clicks: 1 };
    assert_eq!((rollup.views, rollup.clicks, rollup.unique_views), (2, 2, 1));
    assert_eq!((rollup.anonymous, rollup.withheld), (one_each, one_each));
    assert_eq!(rollup.seen.values().map(|it| it.views + it.clicks).sum::<i64>(), 4);
    assert_eq!(rollup.evidence.values().sum::<i64>(), 1);
    let links = world.store.link_counts(campaign).await.unwrap();
    assert_eq!((links[1].clicks, links[1].contacts), (2, 1));
}

pub(super) async fn where_nobody_is_tracked_nothing_is_recorded(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    world.store.campaign_tracking_set(campaign, Some(Off)).await.unwrap();
    let mut anonymous = seen(campaign, world.contacts[0], None);
    anonymous.hit.contact = None;
    let hits = vec![seen(campaign, world.contacts[0], None), anonymous.clone()];
    let done = record(&world, hits).await;
    assert_eq!(done, RecordingSummary { new: 0, stray: 0, withheld: 2 });
    world.store.campaign_tracking_set(campaign, None).await.unwrap();
    anonymous.offset += 1_000_000;
    assert_eq!(record(&world, vec![anonymous]).await.new, 1);
    assert_eq!(events(&world).await, [[0, 1, 0, 0]]);
}

pub(super) async fn a_hit_of_nobody_to_mail_that_was_not_sent_is_kept_aside(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let draft = world.draft().await;
    for campaign in [draft, CampaignId(4_711)] {
        let mut anonymous = seen(campaign, world.contacts[0], None);
        anonymous.hit.contact = None;
        let done = record(&world, vec![anonymous]).await;
        assert_eq!(done, RecordingSummary { new: 0, stray: 1, withheld: 0 });
    }
}

pub(super) async fn messages_that_are_not_tracked_are_counted_when_they_are_sent(store: Store) {
    let world = World::with_contacts(store, 4).await;
    let campaign = world.started().await;
    world.store.contact_tracking_say(word(world.contacts[0], Off)).await.unwrap();
    world.store.contact_tracking_say(word(world.contacts[1], Anonymous)).await.unwrap();
    world.store.contact_tracking_say(word(world.contacts[2], Off)).await.unwrap();
    let claimed = world.claim(campaign, 4).await;
    let settled = claimed.iter().map(|claimed| {
        let refused = claimed.contact == world.contacts[2];
        let outcome = match refused {
            true => Outcome::Failed { code: 550, reply: "no".to_owned() },
            false => Outcome::Sent { reply: "ok".to_owned() },
        };
        Settled { contact: claimed.contact, epoch: claimed.epoch, outcome }
    });
    world.store.deliveries_settle(campaign, settled.collect(), AT, None).await.unwrap();
    let snapshot = world.store.campaign_snapshot(campaign, AT).await.unwrap().unwrap();
    let untracked = snapshot.tally.untracked;
    assert_eq!((untracked.off, untracked.anonymous), (1, 1));
}

pub(super) async fn what_is_to_be_forgotten_is_nobodys_and_counts_stay(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let [one, two] = world.contacts[..] else { panic!("two contacts") };
    let campaign = world.started().await;
    let hits = [one, two]
        .into_iter()
        .flat_map(|contact| [seen(campaign, contact, None), seen(campaign, contact, Some(0))]);
    record(&world, hits.collect()).await;
    let before = world.store.campaign_rollup(campaign).await.unwrap();
    let forget = TrackingWord { forget: true, ..word(one, Off) };
    world.store.contact_tracking_say(forget).await.unwrap();
    while world.store.events_forget().await.unwrap() {}
    assert_eq!(events(&world).await, [[0, 2, 0, 0], [two.0, 2, 2, 2]]);
    let left = world.store.read(|tx| {
        let count = |text| tx.one(text, (), |row| row.get::<i64>(0));
        Ok((count(ENGAGED)?, count(CLICKERS)?))
    });
    assert_eq!(left.await.unwrap(), (1, 1));
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), before);
}

pub(super) async fn who_stops_being_tracked_has_not_left(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let contact = world.contacts[0];
    world.store.contact_tracking_say(word(contact, Off)).await.unwrap();
    let key = "1@x.org".to_owned();
    let suppressed =
        world.store.address_suppress(key.clone(), Removal::Operator, hash_of(contact), later(2));
    assert!(suppressed.await.unwrap().changed);
    let lifted = world.store.suppression_lift(key, later(3)).await.unwrap();
    assert_eq!(lifted, Lifted::Lifted);
}
