//! What is seen in hits, and in what others show of them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::{CampaignId, ContactId, DeliveryState, HitKind, LinkSlot, Rule, RulesSeen, Timestamp};

use super::hits::{BROWSER, view};
use super::world::{AT, World, batch};
use crate::counting::engagements::engagement;
use crate::engine::sql::texts;
use crate::engine::value::SqlValue;
use crate::{HitBatch, HitCount, Mark, RecordedHit, Store};

texts! {
    DELIVERED_AT = "UPDATE deliveries SET ended_at = $2 WHERE contact_id = $1";
    EARLIER_ENGAGEMENT = "INSERT INTO engagements (campaign_id, contact_id, best_class, viewed, clicked,
            click_class)
        VALUES ($1, $2, 6, 1, 1, 2)";
    EARLIER_CLASS = "INSERT INTO campaign_classes (campaign_id, class, shard, views, clicks, contacts,
            clickers)
        VALUES ($1, $2, 0, $3, $4, $5, $6)";
    ENGAGEMENT_HITS = "SELECT hits FROM engagements WHERE campaign_id = $1 AND contact_id = $2";
    EARLIER_RULES = "INSERT INTO campaign_rules (campaign_id, rules) VALUES ($1, $2)";
    EARLIER_EVENT = "UPDATE events SET rules = NULL, class = 2";
}

const SECOND: i64 = 1_000_000;

fn at(offset: u32, seconds: i64, campaign: CampaignId, contact: ContactId) -> RecordedHit {
    let mut hit = view(offset, campaign, contact);
    hit.hit.at = Timestamp(AT.0 + seconds * SECOND);
    hit
}

async fn record(world: &World, hits: Vec<RecordedHit>, soon: Duration) {
    let next = hits.iter().map(|hit| hit.offset + 1).max().unwrap_or(0);
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: next };
    world.store.hits_record(HitBatch { soon, ..batch(hits, mark) }).await.unwrap();
}

pub(super) async fn a_hit_soon_after_its_delivery_is_seen_to_be(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let campaign = world.started().await;
    let [soon, later, open] = world.contacts[..] else { panic!("three contacts") };
    let delivered = [soon, later];
    world
        .store
        .write(move |tx| {
            delivered.iter().try_for_each(|it| tx.execute(DELIVERED_AT, (it.0, AT.0)).map(drop))
        })
        .await
        .unwrap();
    let hits = vec![at(0, 1, campaign, soon), at(1, 3, campaign, later), at(2, 3, campaign, open)];
    record(&world, hits.clone(), Duration::from_secs(2)).await;
    let seen = |rollup: crate::CampaignRollup| {
        let counts = rollup.seen.into_iter();
        counts.map(|(rules, count)| (rules, count.views)).collect::<BTreeMap<_, _>>()
    };
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    let quick = BROWSER.with(Rule::QUICK_AFTER_DELIVERY);
    let with = quick.with(Rule::SOON_AFTER_DELIVERY);
    // What came before the outcome of its delivery was stored came soon.
    assert_eq!(seen(rollup), BTreeMap::from([(quick, 1), (with, 2)]));
    let profile = world.store.contact_profile(soon, model::TopicScope::All, 10, 10).await.unwrap();
    assert_eq!(profile.unwrap().hits[0].rules, with);

    let other = world.started().await;
    let hits = vec![at(10, 1, other, soon), at(11, 1, other, open)];
    record(&world, hits, Duration::ZERO).await;
    let rollup = world.store.campaign_rollup(other).await.unwrap();
    assert_eq!(seen(rollup), BTreeMap::from([(BROWSER, 2)]), "no time is soon");
}

pub(super) async fn a_burst_weakens_what_was_recorded_before(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let campaign = world.started().await;
    let contact = world.contacts[0];
    let click = |offset: u32| {
        let mut click = at(offset, i64::from(offset), campaign, contact);
        click.hit.kind = HitKind::Click(LinkSlot(u16::try_from(offset).unwrap() % 2));
        click
    };
    record(&world, vec![at(5, 1, campaign, contact), click(0), click(1)], Duration::ZERO).await;
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!(rollup.seen, BTreeMap::from([(BROWSER, HitCount { views: 1, clicks: 2 })]));
    let mut third = click(2);
    third.hit.kind = HitKind::Click(LinkSlot(7));
    record(&world, vec![third], Duration::ZERO).await;
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    let (burst, near) = (BROWSER.with(Rule::LINKS_BURST), BROWSER.with(Rule::NEAR_BURST));
    let expect =
        [(burst, HitCount { views: 0, clicks: 3 }), (near, HitCount { views: 1, clicks: 0 })];
    assert_eq!(rollup.seen, BTreeMap::from(expect));
    assert_eq!(rollup.evidence, BTreeMap::from([(BTreeSet::from([burst, near]), 1)]));
    assert_eq!(rollup.click_evidence, BTreeMap::from([(BTreeSet::from([burst]), 1)]));
}

pub(super) async fn the_times_of_old_hits_go_and_what_was_seen_stays(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let [old, both] = world.contacts[..] else { panic!("two contacts") };
    let click = |offset: u32, contact| {
        let mut click = at(offset, i64::from(offset % 10), campaign, contact);
        click.hit.kind = HitKind::Click(LinkSlot(u16::try_from(offset % 10).unwrap()));
        click
    };
    let month = 30 * 24 * 60 * 60;
    let hits = vec![
        click(0, old),
        click(1, old),
        click(2, old),
        at(11, 0, campaign, both),
        at(12, month, campaign, both),
    ];
    record(&world, hits, Duration::ZERO).await;
    let before = world.store.campaign_rollup(campaign).await.unwrap();
    let later = Timestamp(AT.0 + 10 * 24 * 60 * 60 * SECOND);
    while world.store.events_expire(later).await.unwrap().more {}
    assert_eq!(world.store.campaign_rollup(campaign).await.unwrap(), before);
    let kept = |contact: ContactId| {
        world.store.read(move |tx| {
            tx.one(ENGAGEMENT_HITS, (campaign.0, contact.0), |row| match row.value(0)? {
                SqlValue::Bytes(bytes) => engagement(bytes),
                _ => panic!("no hits"),
            })
        })
    };
    let kept_old = kept(old).await.unwrap();
    assert_eq!(kept_old.hits(), []);
    let burst = BROWSER.with(Rule::LINKS_BURST);
    assert_eq!(kept_old.evidence().clicks, BTreeSet::from([burst]));
    assert_eq!(kept(both).await.unwrap().hits().len(), 1, "what is young enough stays");
    // Nothing is left to do until another day's hits grow old.
    assert!(!world.store.events_expire(later).await.unwrap().more);
    record(&world, vec![at(20, 1, campaign, old)], Duration::ZERO).await;
    let next = Timestamp(later.0 + month * SECOND);
    while world.store.events_expire(next).await.unwrap().more {}
    assert_eq!(kept(both).await.unwrap().hits(), []);
    assert_eq!(kept(old).await.unwrap().hits(), []);
}

/// A release before rule sets kept classes alone; it may even be recording at the same time.
pub(super) async fn what_an_earlier_release_counted_by_class_still_counts(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let campaign = world.started().await;
    let contact = world.contacts[0];
    world
        .store
        .write(move |tx| {
            tx.execute(EARLIER_ENGAGEMENT, (campaign.0, contact.0))?;
            tx.execute(EARLIER_CLASS, (campaign.0, 6, 1, 0, 1, 0))?;
            tx.execute(EARLIER_CLASS, (campaign.0, 2, 0, 1, 0, 1)).map(drop)
        })
        .await
        .unwrap();
    let set = |rule| BTreeSet::from([RulesSeen::NONE.with(rule)]);
    let (browser, scanner) = (set(Rule::EARLIER_BROWSER), set(Rule::EARLIER_SCANNER));
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    assert_eq!(rollup.evidence, BTreeMap::from([(browser.clone(), 1)]));
    assert_eq!(rollup.click_evidence, BTreeMap::from([(scanner.clone(), 1)]));

    record(&world, vec![at(0, 0, campaign, contact)], Duration::ZERO).await;
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    let both: BTreeSet<RulesSeen> =
        browser.iter().chain(&scanner).copied().chain([BROWSER]).collect();
    assert_eq!(rollup.evidence, BTreeMap::from([(both.clone(), 1)]));
    assert_eq!(rollup.click_evidence, BTreeMap::from([(scanner, 1)]));
    let views: i64 = rollup.seen.values().map(|count| count.views).sum();
    let clicks: i64 = rollup.seen.values().map(|count| count.clicks).sum();
    assert_eq!((views, clicks), (2, 1));

    world.store.write(|tx| tx.execute(EARLIER_EVENT, ()).map(drop)).await.unwrap();
    let profile = world.store.contact_profile(contact, model::TopicScope::All, 10, 10).await;
    let profile = profile.unwrap().unwrap();
    assert_eq!(profile.messages[0].evidence.hits, both);
    assert_eq!(profile.messages[0].state, DeliveryState::Queued);
    assert_eq!(BTreeSet::from([profile.hits[0].rules]), set(Rule::EARLIER_SCANNER));
}
