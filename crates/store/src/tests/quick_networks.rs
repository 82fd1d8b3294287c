//! Networks that ask for the mail of many within a minute of its delivery.

use std::collections::BTreeMap;
use std::time::Duration;

use model::{CampaignId, ContactId, Rule, RulesSeen, Timestamp};

use super::hits::{BROWSER, view};
use super::world::{AT, World, batch, hash_of};
use crate::engine::sql::texts;
use crate::{HitBatch, Mark, RecordedHit, Store};

texts! {
    ALL_DELIVERED_AT = "UPDATE deliveries SET ended_at = $1";
    QUICK_HIT_ROWS = "SELECT count(*) FROM quick_hits";
    QUICK_NETWORK_ROWS = "SELECT count(*) FROM quick_networks";
}

const SECOND: i64 = 1_000_000;
const QUICK: RulesSeen = BROWSER.with(Rule::QUICK_AFTER_DELIVERY);
const MANY: RulesSeen = QUICK.with(Rule::NETWORK_MANY_QUICK);

/// A campaign to contacts of six domains, two of them of the first, delivered at [`AT`].
async fn delivered(store: Store) -> (World, CampaignId) {
    let mut world = World::with_contacts(store, 0).await;
    for address in ["1@a.org", "2@A.org", "3@b.org", "4@c.org", "5@d.org", "6@e.org", "7@f.org"] {
        let contact = world.import(address).await;
        world.contacts.push(contact);
    }
    let campaign = world.started().await;
    let all = |tx: &crate::engine::tx::Tx<'_>| tx.execute(ALL_DELIVERED_AT, [AT.0]).map(drop);
    world.store.write(all).await.unwrap();
    (world, campaign)
}

fn hit(offset: u32, seconds: i64, campaign: CampaignId, contact: ContactId) -> RecordedHit {
    let mut hit = view(offset, campaign, contact);
    hit.hit.at = Timestamp(AT.0 + seconds * SECOND);
    hit.hit.client = Some([203, 0, 113, u8::try_from(offset).unwrap()].into());
    hit
}

async fn record(world: &World, hits: Vec<RecordedHit>) {
    let next = hits.iter().map(|hit| hit.offset + 1).max().unwrap_or(0);
    let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: next };
    let soon = Duration::from_secs(2);
    world.store.hits_record(HitBatch { soon, ..batch(hits, mark) }).await.unwrap();
}

async fn seen(world: &World, campaign: CampaignId) -> BTreeMap<RulesSeen, i64> {
    let rollup = world.store.campaign_rollup(campaign).await.unwrap();
    rollup.seen.into_iter().map(|(rules, count)| (rules, count.views)).collect()
}

async fn rows(world: &World) -> (i64, i64) {
    let count = |tx: &crate::engine::tx::Tx<'_>| {
        let hits = tx.one(QUICK_HIT_ROWS, (), |row| row.get(0))?;
        Ok((hits, tx.one(QUICK_NETWORK_ROWS, (), |row| row.get(0))?))
    };
    world.store.read(count).await.unwrap()
}

pub(super) async fn a_network_of_many_is_seen_in_the_hits_before_as_well(store: Store) {
    let (world, campaign) = delivered(store).await;
    let of = |number: usize, seconds: i64| {
        hit(u32::try_from(number).unwrap(), seconds, campaign, world.contacts[number])
    };
    // Two of one company, and one who reads an hour later.
    let late = RecordedHit { offset: 90, ..of(6, 3600) };
    record(&world, vec![of(0, 5), of(1, 6), of(2, 7), of(3, 8), late]).await;
    record(&world, vec![of(4, 30)]).await;
    assert_eq!(seen(&world, campaign).await, BTreeMap::from([(QUICK, 5), (BROWSER, 1)]));
    assert_eq!(rows(&world).await, (5, 1));
    // The fifth domain; and another network, which is nobody's but its reader's.
    let mut elsewhere = RecordedHit { offset: 91, ..of(0, 40) };
    elsewhere.hit.client = Some([198, 51, 100, 1].into());
    record(&world, vec![of(5, 50), elsewhere]).await;
    let repeated = QUICK.with(Rule::REPEATED);
    let expect = BTreeMap::from([(MANY, 6), (BROWSER, 1), (QUICK, 1)]);
    assert_eq!(seen(&world, campaign).await, expect, "{repeated:?} is more than 30 s later");
    assert_eq!(rows(&world).await, (1, 2), "only the other network's reader is remembered");
    // What comes after that is seen at once; what is not quick stays a reader's.
    record(&world, vec![of(6, 59), RecordedHit { offset: 92, ..of(6, 61) }]).await;
    let expect =
        BTreeMap::from([(MANY, 7), (BROWSER, 1), (QUICK, 1), (BROWSER.with(Rule::REPEATED), 1)]);
    assert_eq!(seen(&world, campaign).await, expect);
}

pub(super) async fn the_order_of_hits_does_not_matter_for_their_network(store: Store) {
    let (world, campaign) = delivered(store).await;
    let other = world.started().await;
    let all = |tx: &crate::engine::tx::Tx<'_>| tx.execute(ALL_DELIVERED_AT, [AT.0]).map(drop);
    world.store.write(all).await.unwrap();
    let of = |offset: usize, number: usize, campaign| {
        hit(u32::try_from(offset).unwrap(), 3 + number as i64, campaign, world.contacts[number])
    };
    record(&world, (0..7).map(|number| of(number, number, campaign)).collect()).await;
    for number in (0..7).rev() {
        record(&world, vec![of(10 + number, number, other)]).await;
    }
    assert_eq!(seen(&world, campaign).await, BTreeMap::from([(MANY, 7)]));
    assert_eq!(seen(&world, other).await, seen(&world, campaign).await);
    let evidence = |id| world.store.campaign_rollup(id);
    let (one, two) = (evidence(campaign).await.unwrap(), evidence(other).await.unwrap());
    assert_eq!(one.evidence, two.evidence);
}

pub(super) async fn whoever_is_erased_is_in_no_network_and_all_go_after_a_week(store: Store) {
    let (world, campaign) = delivered(store).await;
    let of =
        |number: usize| hit(u32::try_from(number).unwrap(), 9, campaign, world.contacts[number]);
    record(&world, vec![of(0), of(2), of(4)]).await;
    assert_eq!(rows(&world).await, (3, 1));
    let hash = hash_of(world.contacts[4]);
    world.store.address_erase("5@d.org".to_owned(), hash, AT).await.unwrap();
    assert_eq!(rows(&world).await, (2, 1));
    record(&world, vec![of(5)]).await;
    assert_eq!(seen(&world, campaign).await.get(&MANY), None, "four domains");
    let week = 7 * 24 * 3600;
    let expire =
        |seconds: i64| world.store.quick_networks_expire(Timestamp(AT.0 + seconds * SECOND));
    assert!(!expire(week).await.unwrap());
    assert_eq!(rows(&world).await, (3, 1));
    assert!(!expire(week + 60).await.unwrap());
    assert_eq!(rows(&world).await, (0, 0));
}
