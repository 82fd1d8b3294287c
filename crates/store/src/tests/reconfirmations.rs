//! Asking subscribers whether they still want a topic.

use model::{ContactId, Removal, SubscriptionState as S, Timestamp};

use super::world::{AT, World, email, hash_of, later, row};
use crate::{
    ConfirmedAgain, ImportRow, MergeWish, NewReconfirmation, Reconfirmation, ReconfirmationState,
    Scope, Store,
};

const DAY: i64 = 24 * 60;

fn new(world: &World, before: Timestamp, within_days: u16) -> NewReconfirmation {
    let by = "Ann".to_owned();
    NewReconfirmation { topic: world.topic, before, within_days, per_minute: 60, by, at: AT }
}

async fn standing(world: &World) -> Reconfirmation {
    world.store.reconfirmation_of(world.topic).await.unwrap().unwrap()
}

async fn held(world: &World, at: Timestamp) -> Reconfirmation {
    let found = world.store.reconfirmation_hold(at).await.unwrap().unwrap();
    // Each round gives it back.
    world.store.reconfirmation_rest(found.id, Timestamp(0)).await.unwrap();
    found
}

/// Mails everybody who is to be mailed; the hash of each link is of their number.
async fn ask(world: &World, at: Timestamp) -> Vec<ContactId> {
    let mut all = Vec::new();
    loop {
        let held = held(world, at).await;
        let people = world.store.reconfirmation_next(&held, 2).await.unwrap();
        if people.is_empty() {
            return all;
        }
        for person in people {
            let hash = hash_of(person.contact);
            world.store.reconfirmation_link(held.id, person.contact, hash).await.unwrap();
            world.store.reconfirmation_mailed(held.id, person.contact, true, at).await.unwrap();
            all.push(person.contact);
        }
    }
}

async fn stop(world: &World, at: Timestamp) -> u64 {
    let held = held(world, at).await;
    world.store.reconfirmation_stop(&held, at).await.unwrap()
}

async fn confirm(world: &World, contact: ContactId, at: Timestamp) -> Option<ConfirmedAgain> {
    world.store.reconfirmation_confirm(hash_of(contact), at).await.unwrap()
}

async fn state(world: &World, contact: ContactId) -> Option<S> {
    world.store.subscription_state(contact, world.topic).await.unwrap()
}

/// For a transfer: one that is under way.
pub(crate) async fn begun_and_asked(world: &World, within_days: u16) {
    world.store.reconfirmation_begin(new(world, later(1), within_days)).await.unwrap();
    ask(world, later(1)).await;
}

pub(super) async fn who_does_not_confirm_in_time_stops_and_may_confirm_late(store: Store) {
    let world = World::with_contacts(store, 4).await;
    let [one, two, three, four] = world.contacts[..] else { panic!("four contacts") };
    let store = &world.store;
    store.reconfirmation_begin(new(&world, later(1), 30)).await.unwrap();
    let again = store.reconfirmation_begin(new(&world, later(1), 30)).await;
    assert!(matches!(again, Err(crate::StoreError::Exists(_))), "{again:?}");
    assert_eq!(ask(&world, later(2)).await, [one, two, three, four]);
    // Who leaves and comes back meanwhile has agreed anew.
    for (wanted, unwanted) in [(vec![], vec![world.topic]), (vec![world.topic], vec![])] {
        let choice = crate::TopicsWanted { wanted, unwanted };
        store.account_choose(four, choice, hash_of(four), later(5)).await.unwrap();
    }
    assert_eq!(standing(&world).await.state, ReconfirmationState::Waiting);
    let found = store.reconfirmation_find(hash_of(one)).await.unwrap().unwrap();
    assert_eq!((found.email.as_str(), found.topic.as_str()), ("1@x.org", "Notices"));
    assert_eq!(confirm(&world, one, later(3)).await, Some(ConfirmedAgain::Confirmed));
    assert_eq!(confirm(&world, one, later(3)).await, None, "a link works once");
    // In time, nobody stops.
    assert_eq!(stop(&world, later(2 + 30 * DAY - 1)).await, 0);
    assert_eq!(state(&world, two).await, Some(S::Subscribed));
    let epoch = store.removal_epoch();
    assert_eq!(stop(&world, later(2 + 30 * DAY)).await, 2);
    assert!(store.removal_epoch() > epoch, "mail under way sees it");
    let after = [state(&world, one).await, state(&world, two).await, state(&world, three).await];
    assert_eq!(after, [Some(S::Subscribed), Some(S::Pending), Some(S::Pending)]);
    assert_eq!(state(&world, four).await, Some(S::Subscribed));
    let ended = standing(&world).await;
    assert_eq!((ended.state, ended.confirmed, ended.stopped), (ReconfirmationState::Ended, 1, 2));
    let ledger = store.contact_consents(two).await.unwrap();
    assert_eq!((ledger[0].source.as_str(), ledger[0].granted), ("not confirmed", false));
    // Late, but they want it.
    let late = later(40 * DAY);
    assert_eq!(confirm(&world, two, late).await, Some(ConfirmedAgain::Confirmed));
    assert_eq!(state(&world, two).await, Some(S::Subscribed));
    let ledger = store.contact_consents(two).await.unwrap();
    assert_eq!((ledger[0].source.as_str(), ledger[0].granted), ("reconfirmation", true));
    assert_eq!(ledger[0].basis, Some(model::ConsentBasis::Consent));
    // What is kept of people goes in time.
    let long_after = later(200 * DAY);
    while store.reconfirmations_expire(long_after).await.unwrap() {}
    assert_eq!(confirm(&world, three, long_after).await, None);
}

pub(super) async fn old_and_unproved_consents_are_asked_about_and_no_others(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    let with = |name: &str, evidence| ImportRow { evidence, ..row(name).into() };
    let rows = vec![with("new@x.org", None)];
    let topic = Some(world.topic);
    store.contacts_import(rows, topic, "import of b.csv".into(), later(5)).await.unwrap();
    let rows = vec![with("hand@x.org", None)];
    store.contacts_import(rows, topic, "a phone call".into(), later(5)).await.unwrap();
    let gone = vec![with("gone@x.org", None)];
    store.contacts_import(gone, topic, "import of b.csv".into(), AT).await.unwrap();
    let contact = |text: &str| store.contact_by_email(email(text));
    let gone = contact("gone@x.org").await.unwrap().unwrap().id;
    world.leave(gone, Scope::Everything, None).await;
    let (asked, next) =
        store.reconfirmation_preview(world.topic, later(1), ContactId(0)).await.unwrap();
    assert_eq!((asked, next), (2, None));
    store.reconfirmation_begin(new(&world, later(1), 30)).await.unwrap();
    let unproved = contact("new@x.org").await.unwrap().unwrap().id;
    assert_eq!(ask(&world, later(6)).await, [world.contacts[0], unproved]);
}

pub(super) async fn whoever_has_left_is_neither_mailed_nor_brought_back(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let [one, two, three] = world.contacts[..] else { panic!("three contacts") };
    let store = &world.store;
    store.reconfirmation_begin(new(&world, later(1), 30)).await.unwrap();
    let first = held(&world, later(1)).await;
    assert_eq!(store.reconfirmation_next(&first, 9).await.unwrap().len(), 3, "found");
    world.leave(one, Scope::Topic(world.topic), None).await;
    assert_eq!(ask(&world, later(2)).await, [two, three], "who has left meanwhile is not mailed");
    world.leave(two, Scope::Topic(world.topic), None).await;
    assert_eq!(confirm(&world, two, later(3)).await, None);
    assert_eq!(state(&world, two).await, Some(S::Unsubscribed));
    let bounce = Removal::HardBounce;
    store.address_suppress("3@x.org".into(), bounce, hash_of(three), later(3)).await.unwrap();
    let blocked = Some(ConfirmedAgain::Blocked("hard bounce".into()));
    assert_eq!(confirm(&world, three, later(3)).await, blocked);
    assert_eq!(stop(&world, later(31 * DAY)).await, 0, "there is nothing to stop");
    let ended = standing(&world).await;
    assert_eq!((ended.state, ended.not_mailed), (ReconfirmationState::Ended, 3));
}

pub(super) async fn one_that_is_cancelled_stops_nobody_and_one_node_is_at_it(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let store = &world.store;
    store.reconfirmation_begin(new(&world, later(1), 30)).await.unwrap();
    let first = store.reconfirmation_hold(later(1)).await.unwrap().unwrap();
    assert_eq!(store.reconfirmation_hold(later(2)).await.unwrap(), None, "another node is at it");
    // A node that is lost holds up nobody for long.
    assert!(store.reconfirmation_hold(later(20)).await.unwrap().is_some());
    store.reconfirmation_rest(first.id, Timestamp(0)).await.unwrap();
    let asked = ask(&world, later(20)).await;
    assert_eq!(asked.len(), 2);
    let held = held(&world, later(21)).await;
    assert!(store.reconfirmation_cancel(world.topic, later(22)).await.unwrap());
    assert!(!store.reconfirmation_cancel(world.topic, later(22)).await.unwrap());
    assert_eq!(store.reconfirmation_stop(&held, later(60 * DAY)).await.unwrap(), 0);
    assert_eq!(store.reconfirmation_hold(later(60 * DAY)).await.unwrap(), None);
    // Nor does it while another one of the topic is open.
    store.reconfirmation_begin(new(&world, later(1), 30)).await.unwrap();
    assert_eq!(store.reconfirmation_stop(&held, later(60 * DAY)).await.unwrap(), 0);
    assert!(store.reconfirmation_cancel(world.topic, later(22)).await.unwrap());
    assert_eq!(state(&world, asked[0]).await, Some(S::Subscribed));
    // Their word counts all the same.
    assert_eq!(confirm(&world, asked[0], later(23)).await, Some(ConfirmedAgain::Confirmed));
    store.address_erase("2@x.org".into(), hash_of(asked[1]), later(24)).await.unwrap();
    assert_eq!(confirm(&world, asked[1], later(25)).await, None, "an erasure takes the link");
}

async fn merge(world: &World, keep: ContactId, other: ContactId, at: Timestamp) {
    let hashes = (hash_of(keep), hash_of(other));
    let wish = MergeWish { keep, other, take: Default::default(), hashes };
    world.store.contact_merge(wish, at).await.unwrap();
}

pub(super) async fn whoever_was_merged_confirms_for_the_one_who_remained(store: Store) {
    let world = World::with_contacts(store, 6).await;
    let [one, two, three, four, five, six] = world.contacts[..] else { panic!("six contacts") };
    let store = &world.store;
    store.reconfirmation_begin(new(&world, later(1), 30)).await.unwrap();
    let first = held(&world, later(1)).await;
    assert_eq!(store.reconfirmation_next(&first, 9).await.unwrap().len(), 6, "found");
    // Before the mail goes, only who remained is mailed.
    merge(&world, five, six, later(1)).await;
    assert_eq!(ask(&world, later(2)).await, [one, two, three, four, five]);
    // By the link to the former address; the one to the other address is not needed any more.
    merge(&world, one, two, later(3)).await;
    let found = store.reconfirmation_find(hash_of(two)).await.unwrap().unwrap();
    assert_eq!(found.email.as_str(), "1@x.org");
    assert_eq!(confirm(&world, two, later(4)).await, Some(ConfirmedAgain::Confirmed));
    let ledger = store.contact_consents(one).await.unwrap();
    assert_eq!((ledger[0].source.as_str(), ledger[0].granted), ("reconfirmation", true));
    // Who answers to neither of two is stopped, whichever has remained.
    merge(&world, four, three, later(3)).await;
    assert_eq!(stop(&world, later(2 + 30 * DAY)).await, 2, "four and five");
    let after = [state(&world, one).await, state(&world, four).await, state(&world, five).await];
    assert_eq!(after, [Some(S::Subscribed), Some(S::Pending), Some(S::Pending)]);
    assert_eq!(confirm(&world, three, later(40 * DAY)).await, None, "the link of four holds");
    assert_eq!(confirm(&world, four, later(40 * DAY)).await, Some(ConfirmedAgain::Confirmed));
    assert_eq!(standing(&world).await.state, ReconfirmationState::Ended);
}

pub(super) async fn who_remained_and_was_not_asked_answers_for_who_was(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let (asked, store) = (world.contacts[0], &world.store);
    let rows = vec![row("late@x.org"), row("new@x.org")];
    store.contacts_import(rows, None, "import of b.csv".into(), later(5)).await.unwrap();
    let contact = |text: &str| store.contact_by_email(email(text));
    let late = contact("late@x.org").await.unwrap().unwrap().id;
    let proved = contact("new@x.org").await.unwrap().unwrap().id;
    store.reconfirmation_begin(new(&world, later(1), 30)).await.unwrap();
    assert_eq!(ask(&world, later(6)).await, [asked], "the others do not get the topic");
    merge(&world, late, asked, later(7)).await;
    assert_eq!(state(&world, late).await, Some(S::Subscribed), "by the merge");
    assert_eq!(stop(&world, later(6 + 30 * DAY)).await, 1);
    assert_eq!(state(&world, late).await, Some(S::Pending));
    assert_eq!(confirm(&world, asked, later(40 * DAY)).await, Some(ConfirmedAgain::Confirmed));
    assert_eq!(state(&world, late).await, Some(S::Subscribed));
    // Of whom a proof is newer than that, nobody needs an answer.
    store.contact_subscribe(proved, world.topic, "asked".into(), later(50 * DAY)).await.unwrap();
    store.reconfirmation_begin(new(&world, later(45 * DAY), 30)).await.unwrap();
    assert_eq!(ask(&world, later(51 * DAY)).await, [late]);
    merge(&world, proved, late, later(52 * DAY)).await;
    assert_eq!(stop(&world, later(90 * DAY)).await, 0);
    assert_eq!(state(&world, proved).await, Some(S::Subscribed));
}
