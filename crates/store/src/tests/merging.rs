//! Contacts who are one person.

use std::collections::BTreeSet;

use model::campaign::CampaignAction;
use model::{
    AddressCode, ContactId, ContactRefused, HitKind, Removal, SubscriptionState, TagName, TopicId,
    TopicScope, TrackingMode, VisitorId,
};

use super::hits::view;
use super::world::{AT, World, batch, email, hash_of, later};
use crate::{
    ContactProfile, Mark, MergeWish, Outcome, Scope, Settled, Store, StoreError, TagChange,
    TrackingWord,
};

fn wish(world: &World, take: &[&str]) -> MergeWish {
    let (keep, other) = (world.contacts[0], world.contacts[1]);
    let take: BTreeSet<String> = take.iter().map(|it| (*it).to_owned()).collect();
    MergeWish { keep, other, take, hashes: (hash_of(keep), hash_of(other)) }
}

async fn merged(world: &World, take: &[&str]) -> crate::MergePlan {
    world.store.contact_merge(wish(world, take), later(10)).await.unwrap()
}

async fn profile(store: &Store, id: ContactId) -> Option<ContactProfile> {
    store.contact_profile(id, TopicScope::All, 50, 1_000).await.unwrap()
}

async fn state(store: &Store, id: ContactId, topic: TopicId) -> Option<SubscriptionState> {
    store.subscription_state(id, topic).await.unwrap()
}

async fn tag(store: &Store, id: ContactId, name: &str) {
    let change = TagChange { add: vec![TagName::parse(name).unwrap()], remove: Vec::new() };
    store.contact_tags_change(id, change, AT).await.unwrap();
}

fn word(contact: ContactId, mode: TrackingMode, minutes: i64) -> TrackingWord {
    let (source, at) = ("page".to_owned(), later(minutes));
    TrackingWord { contact, mode, source, notice: None, campaign: None, forget: false, at }
}

pub(super) async fn a_merge_gives_the_least_permission_and_all_that_is_known(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    let beta = store.topic_ensure("beta".into(), "Beta".into()).await.unwrap();
    store.contact_subscribe(other, beta, "asked".into(), later(1)).await.unwrap();
    world.leave(other, Scope::Topic(world.topic), None).await;
    world.import("2@x.org name=N2 city=Rome").await;
    tag(store, keep, "vip").await;
    tag(store, other, "early").await;
    store.contact_tracking_say(word(keep, TrackingMode::Identified, 1)).await.unwrap();
    store.contact_tracking_say(word(other, TrackingMode::Off, 1)).await.unwrap();
    let planned = store.contact_merge_plan(keep, other, BTreeSet::new()).await.unwrap().unwrap();
    let plan = merged(&world, &[]).await;
    assert_eq!(plan.topics, planned.topics, "what was shown is what is done");
    assert_eq!(plan.attributes, planned.attributes);
    let now = profile(store, keep).await.unwrap();
    let value = |name: &str| now.contact.attributes.get(name).map(String::as_str);
    assert_eq!((value("name"), value("city")), (Some("N1"), Some("Rome")));
    assert_eq!(state(store, keep, world.topic).await, Some(SubscriptionState::Unsubscribed));
    assert_eq!(state(store, keep, beta).await, Some(SubscriptionState::Subscribed));
    assert_eq!(store.contact_tags(keep).await.unwrap(), ["early", "vip"]);
    assert_eq!(store.contact_tracking(keep).await.unwrap(), Some(TrackingMode::Off));
    // Both ledgers, and what the merge has ended.
    let sources: Vec<_> = now.consents.iter().map(|it| it.source.as_str()).collect();
    assert!(sources.contains(&"one-click") && sources.contains(&"asked"), "{sources:?}");
    assert_eq!(sources.iter().filter(|it| **it == "merge").count(), 2, "{sources:?}");
    assert!(profile(store, other).await.is_none());
    assert_eq!(store.contact_now(other).await.unwrap().map(|it| it.id), Some(keep));
    let history = store.contact_history(keep, i64::MAX, 50).await.unwrap();
    let merge = history.iter().find(|it| it.field == "merged").unwrap();
    assert_eq!(merge.after.as_deref(), Some("2@x.org"));
    // Whoever imports the address again does not bring back what was left by it.
    let code = AddressCode::of(&hash_of(other));
    let kept = store.kept_removals_of(code).await.unwrap();
    assert_eq!(kept.iter().map(|it| it.scope).collect::<Vec<_>>(), [Scope::Topic(world.topic)]);
}

pub(super) async fn the_others_value_is_taken_where_that_is_chosen(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let plan = merged(&world, &["name"]).await;
    assert_eq!(plan.attributes[0].result, "N2");
    let now = profile(&world.store, world.contacts[0]).await.unwrap();
    assert_eq!(now.contact.attributes["name"], "N2");
}

pub(super) async fn who_left_everything_has_left_it_and_a_bounce_stays_on_its_address(
    store: Store,
) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    let hash = hash_of(other);
    store.address_suppress("2@x.org".into(), Removal::HardBounce, hash, later(1)).await.unwrap();
    merged(&world, &[]).await;
    let suppressed = |key: &str| store.suppression_reason(key.to_owned());
    assert_eq!(suppressed("1@x.org").await.unwrap(), None);
    assert_eq!(suppressed("2@x.org").await.unwrap().as_deref(), Some("hard bounce"));
    store.contact_unmerge(other, hash, later(20)).await.unwrap();
    store.address_suppress("2@x.org".into(), Removal::Complaint, hash, later(21)).await.unwrap();
    let lifted = suppressed("2@x.org").await.unwrap();
    assert_eq!(lifted.as_deref(), Some("hard bounce"), "the graver one stays as it was");
    assert_eq!(keep, world.contacts[0]);
}

pub(super) async fn a_complaint_of_one_is_the_persons(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    let hash = hash_of(other);
    store.address_suppress("2@x.org".into(), Removal::Complaint, hash, later(1)).await.unwrap();
    merged(&world, &[]).await;
    let reason = store.suppression_reason("1@x.org".into()).await.unwrap();
    assert_eq!(reason.as_deref(), Some("complaint"));
    assert_eq!(state(store, keep, world.topic).await, Some(SubscriptionState::Unsubscribed));
    store.contact_unmerge(other, hash, later(20)).await.unwrap();
    assert_eq!(store.suppression_reason("1@x.org".into()).await.unwrap(), None);
    let reason = store.suppression_reason("2@x.org".into()).await.unwrap();
    assert_eq!(reason.as_deref(), Some("complaint"), "the address stays as it was");
    assert_eq!(state(store, keep, world.topic).await, Some(SubscriptionState::Subscribed));
}

pub(super) async fn nobody_is_merged_while_a_campaign_has_them(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let store = &world.store;
    let campaign = world.started().await;
    let refused = store.contact_merge(wish(&world, &[]), later(1)).await;
    let is_in_campaign =
        |it: &StoreError| matches!(it, StoreError::Contact(ContactRefused::InCampaign(_)));
    assert!(refused.as_ref().is_err_and(is_in_campaign), "{refused:?}");
    let plan = store.contact_merge_plan(world.contacts[0], world.contacts[1], BTreeSet::new());
    assert_eq!(plan.await.unwrap().unwrap().campaigns, [(campaign, "Autumn".to_owned())]);
    finish(&world, campaign).await;
    merged(&world, &[]).await;
    let same = MergeWish { other: world.contacts[0], ..wish(&world, &[]) };
    let refused = store.contact_merge(same, later(20)).await;
    assert!(matches!(refused, Err(StoreError::Contact(ContactRefused::Same))), "{refused:?}");
}

/// Everybody gets their message, and the campaign ends.
async fn finish(world: &World, campaign: model::CampaignId) {
    let claimed = world.claim(campaign, 10).await;
    let settled = claimed.iter().map(|it| Settled {
        contact: it.contact,
        epoch: it.epoch,
        outcome: Outcome::Sent { reply: "250 ok".to_owned() },
    });
    world.store.deliveries_settle(campaign, settled.collect(), later(5), None).await.unwrap();
    world.store.campaign_act(campaign, CampaignAction::Finish, later(5)).await.unwrap();
}

pub(super) async fn links_in_old_mail_work_for_who_was_kept(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    let campaign = world.started().await;
    finish(&world, campaign).await;
    store.contact_tracking_say(word(keep, TrackingMode::Off, 6)).await.unwrap();
    merged(&world, &[]).await;
    // What may be recorded of views is the kept one's word.
    let mode = store.tracking_mode(campaign, other).await.unwrap();
    assert_eq!(mode, TrackingMode::Off);
    let snapshot = store.tracking_snapshot().await.unwrap();
    assert_eq!(snapshot.mode(campaign, other), TrackingMode::Off);
    let hit = view(4, campaign, other);
    store.hits_record(batch(vec![hit], mark(1))).await.unwrap();
    let hits = store.account_events(keep, model::Timestamp(0)).await.unwrap().hits;
    assert!(hits.is_empty(), "{hits:?}");
    // Unsubscribing by it unsubscribes them, and counts for the campaign once.
    let topic = Scope::Topic(world.topic);
    let leave = |id| {
        let hash = hash_of(keep);
        store.contact_leave(id, topic, Removal::OneClick, Some(campaign), hash, later(12))
    };
    assert!(leave(other).await.unwrap().changed);
    assert!(!leave(other).await.unwrap().changed);
    assert_eq!(state(store, keep, world.topic).await, Some(SubscriptionState::Unsubscribed));
    let mails = store.account_mails(keep, model::CampaignId(i64::MAX), 10).await.unwrap().mails;
    assert_eq!(mails.len(), 2, "what either got is theirs");
    assert_eq!(mails.iter().filter(|it| it.left_at.is_some()).count(), 1);
}

fn mark(segment: u64) -> Mark {
    Mark { reader: "hits/1".into(), segment, offset: 4 }
}

pub(super) async fn undoing_brings_both_back_as_they_were(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    let beta = store.topic_ensure("beta".into(), "Beta".into()).await.unwrap();
    store.contact_subscribe(other, beta, "asked".into(), later(1)).await.unwrap();
    world.leave(other, Scope::Topic(world.topic), None).await;
    tag(store, other, "early").await;
    store.contact_tracking_say(word(other, TrackingMode::Anonymous, 1)).await.unwrap();
    let before = (profile(store, keep).await.unwrap(), profile(store, other).await.unwrap());
    merged(&world, &["name"]).await;
    store.contact_unmerge(other, hash_of(other), later(20)).await.unwrap();
    let (kept, again) = (profile(store, keep).await.unwrap(), profile(store, other).await.unwrap());
    assert_eq!(kept.contact.attributes, before.0.contact.attributes);
    assert_eq!(kept.subscriptions, before.0.subscriptions);
    assert_eq!(again.contact.attributes, before.1.contact.attributes);
    assert_eq!(again.contact.email, before.1.contact.email);
    assert_eq!(again.subscriptions, before.1.subscriptions);
    assert_eq!(again.consents, before.1.consents);
    assert_eq!(store.contact_tags(keep).await.unwrap(), [""; 0]);
    assert_eq!(store.contact_tags(other).await.unwrap(), ["early"]);
    assert_eq!(store.contact_tracking(keep).await.unwrap(), None);
    assert_eq!(store.contact_tracking(other).await.unwrap(), Some(TrackingMode::Anonymous));
    let code = AddressCode::of(&hash_of(other));
    assert_eq!(store.kept_removals_of(code).await.unwrap(), []);
    let twice = store.contact_unmerge(other, hash_of(other), later(21)).await;
    assert!(matches!(twice, Err(StoreError::NotFound("merge"))), "{twice:?}");
}

pub(super) async fn the_later_pause_counts_and_undoing_gives_each_its_own(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    let until = async |id: ContactId| store.contact_paused_until(id, later(1)).await.unwrap();
    let pause = async |id: ContactId, minutes: i64| {
        store.contact_pause(id, Some(later(minutes)), later(1)).await.unwrap();
    };
    pause(keep, 100).await;
    pause(other, 200).await;
    merged(&world, &[]).await;
    assert_eq!(until(keep).await, Some(later(200)));
    store.contact_unmerge(other, hash_of(other), later(11)).await.unwrap();
    assert_eq!([until(keep).await, until(other).await], [Some(later(100)), Some(later(200))]);
    // What the person says in between holds for both.
    merged(&world, &[]).await;
    pause(keep, 300).await;
    store.contact_unmerge(other, hash_of(other), later(12)).await.unwrap();
    assert_eq!([until(keep).await, until(other).await], [Some(later(300)), Some(later(300))]);
}

pub(super) async fn undoing_brings_nobody_back_who_has_left_since(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    merged(&world, &[]).await;
    let hash = hash_of(keep);
    let everything = Scope::Everything;
    store.contact_leave(keep, everything, Removal::Page, None, hash, later(15)).await.unwrap();
    store.contact_tracking_say(word(keep, TrackingMode::Off, 16)).await.unwrap();
    store.contact_unmerge(other, hash_of(other), later(20)).await.unwrap();
    for id in [keep, other] {
        let now = state(store, id, world.topic).await;
        assert_eq!(now, Some(SubscriptionState::Unsubscribed), "{id}");
        assert_eq!(store.contact_tracking(id).await.unwrap(), Some(TrackingMode::Off), "{id}");
    }
}

pub(super) async fn a_merge_can_be_undone_for_a_time(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, other) = (&world.store, world.contacts[1]);
    merged(&world, &[]).await;
    assert_eq!(store.merges_expire(later(10)).await.unwrap(), 0, "not before its time");
    assert_eq!(store.merges_expire(later(60)).await.unwrap(), 1);
    let late = store.contact_unmerge(other, hash_of(other), later(61)).await;
    assert!(matches!(late, Err(StoreError::Contact(ContactRefused::NotUndoable))), "{late:?}");
    let merges = store.contact_merges(world.contacts[0]).await.unwrap();
    assert!(!merges[0].is_undoable);
    // The number leads to who was kept for good.
    let now = store.contact_now(other).await.unwrap();
    assert_eq!(now.map(|it| it.id), Some(world.contacts[0]));
}

pub(super) async fn merges_follow_each_other(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (store, all) = (&world.store, world.contacts.clone());
    merged(&world, &[]).await;
    let hashes = (hash_of(all[2]), hash_of(all[0]));
    let second = MergeWish { keep: all[2], other: all[0], take: BTreeSet::new(), hashes };
    store.contact_merge(second, later(20)).await.unwrap();
    for id in &all {
        let now = store.contact_now(*id).await.unwrap();
        assert_eq!(now.map(|it| it.id), Some(all[2]), "{id}");
    }
    let inner = store.contact_unmerge(all[1], hash_of(all[1]), later(30)).await;
    assert!(matches!(inner, Err(StoreError::Contact(ContactRefused::MergedSince))), "{inner:?}");
    store.contact_unmerge(all[0], hash_of(all[0]), later(31)).await.unwrap();
    store.contact_unmerge(all[1], hash_of(all[1]), later(32)).await.unwrap();
    for id in &all {
        let now = store.contact_now(*id).await.unwrap();
        assert_eq!(now.map(|it| it.id), Some(*id), "{id}");
    }
}

pub(super) async fn an_erasure_reaches_what_was_kept_under_the_other_number(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    let campaign = world.started().await;
    finish(&world, campaign).await;
    let mut click = view(4, campaign, other);
    click.hit.kind = HitKind::Click(model::LinkSlot(0));
    click.hit.visitor = Some(VisitorId([7; VisitorId::BYTES]));
    store.hits_record(batch(vec![click], mark(1))).await.unwrap();
    merged(&world, &[]).await;
    let numbers = store.person_numbers("1@x.org".into()).await.unwrap();
    assert_eq!(numbers.contacts, [keep, other]);
    assert_eq!(numbers.email_keys, ["1@x.org", "2@x.org"]);
    for id in &numbers.contacts {
        store.contact_events_erase(*id, model::Timestamp(0)).await.unwrap();
    }
    let erased = store.address_erase("1@x.org".into(), hash_of(keep), later(20)).await.unwrap();
    assert!(erased.contact && erased.engagements == 1, "{erased:?}");
    assert_eq!(store.contact_merges(keep).await.unwrap(), []);
    assert_eq!(store.contact_now(other).await.unwrap(), None);
    assert_eq!(store.contact_visitors(other).await.unwrap(), []);
    // Neither address comes back by an import.
    for (address, id) in [("1@x.org", keep), ("2@x.org", other)] {
        let found = store.suppression_find(address.to_owned(), hash_of(id)).await.unwrap();
        assert_eq!(found.map(|it| it.0).as_deref(), Some("erased"), "{address}");
    }
}

pub(super) async fn erasing_a_former_address_leaves_who_was_kept(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, keep, other) = (&world.store, world.contacts[0], world.contacts[1]);
    merged(&world, &[]).await;
    let numbers = store.person_numbers("2@x.org".into()).await.unwrap();
    assert_eq!(numbers.contacts, [other]);
    store.address_erase("2@x.org".into(), hash_of(other), later(20)).await.unwrap();
    assert_eq!(store.contact_merges(keep).await.unwrap(), []);
    assert!(store.contact_by_email(email("1@x.org")).await.unwrap().is_some());
}
