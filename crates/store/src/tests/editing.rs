//! Contacts that are added and changed by hand.

use std::collections::BTreeMap;

use model::{ContactRefused, Removal};

use super::world::{AT, World, email, later};
use crate::{ContactAdded, ContactChange, ContactRow, NewContact, Scope, Store, StoreError};

fn new(world: &World, address: &str, plan: &str) -> NewContact {
    let attributes = BTreeMap::from([("plan".to_owned(), plan.to_owned())]);
    NewContact {
        row: ContactRow { email: email(address), attributes },
        topics: vec![world.topic],
        proof: "asked by phone".to_owned(),
        address_hash: [address.len().try_into().unwrap(); 32],
    }
}

async fn add(world: &World, address: &str) -> Result<ContactAdded, ContactRefused> {
    refused(world.store.contact_add(new(world, address, "pro"), AT).await)
}

fn refused<T>(done: Result<T, StoreError>) -> Result<T, ContactRefused> {
    done.map_err(|error| match error {
        StoreError::Contact(refused) => refused,
        other => panic!("{other}"),
    })
}

fn attributes(pairs: &[(&str, &str)]) -> ContactChange {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    ContactChange { email: None, attributes: pairs.iter().map(pair).collect() }
}

fn address(address: &str, hash: u8) -> ContactChange {
    ContactChange { email: Some((email(address), [hash; 32])), ..ContactChange::default() }
}

pub(super) async fn a_contact_is_added_once_with_its_proof(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let ContactAdded { id, suppressed } = add(&world, "ann@x.org").await.unwrap();
    assert_eq!(suppressed, None);
    let found = world.store.contact_find(id).await.unwrap().unwrap();
    assert_eq!((found.email.as_str(), found.attributes["plan"].as_str()), ("ann@x.org", "pro"));
    assert_eq!((found.created_at, found.updated_at), (AT, AT));
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 1);
    let consents = world.store.contact_consents(id).await.unwrap();
    assert_eq!((consents.len(), consents[0].source.as_str()), (1, "asked by phone"));
    assert_eq!(add(&world, "ANN@x.org").await, Err(ContactRefused::AddressTaken(id)));
}

pub(super) async fn adding_brings_nobody_back(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let key = |address: &str| email(address).key();
    world.store.address_erase(key("ann@x.org"), [9; 32], AT).await.unwrap();
    assert_eq!(add(&world, "ann@x.org").await, Err(ContactRefused::Erased));
    assert_eq!(world.store.contacts_count().await.unwrap(), 0);
    world
        .store
        .address_suppress(key("beatrix@x.org"), Removal::HardBounce, [13; 32], AT)
        .await
        .unwrap();
    let ContactAdded { id, suppressed } = add(&world, "beatrix@x.org").await.unwrap();
    assert_eq!(suppressed.as_deref(), Some("hard bounce"));
    assert_eq!(world.store.contact_consents(id).await.unwrap(), []);
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 0);
}

pub(super) async fn a_change_needs_the_revision_that_it_was_made_for(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.contacts[0];
    let first = world.store.contact_find(id).await.unwrap().unwrap().updated_at;
    let change = |seen, change| world.store.contact_change(id, seen, change, later(5));
    let changed = change(Some(first), attributes(&[("plan", "pro"), ("city", "Bilbao")])).await;
    let now = changed.unwrap();
    assert_eq!((now.attributes["city"].as_str(), now.updated_at), ("Bilbao", later(5)));
    let stale = change(Some(first), attributes(&[("plan", "free")])).await;
    assert!(matches!(stale, Err(StoreError::Changed("contact"))), "{stale:?}");
    let removed = change(Some(later(5)), attributes(&[("city", "")])).await;
    let now = removed.unwrap();
    assert!(!now.attributes.contains_key("city"));
    assert!(now.updated_at > later(5), "a revision of its own");
    let same = change(Some(now.updated_at), attributes(&[("plan", "pro")])).await.unwrap();
    assert_eq!(same, now, "nothing was different");
    assert_eq!(world.store.contact_find(id).await.unwrap().unwrap(), now);
}

pub(super) async fn another_address_evades_nothing(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (one, two) = (world.contacts[0], world.contacts[1]);
    let change =
        async |id, change| refused(world.store.contact_change(id, None, change, later(5)).await);
    let taken = change(one, address("2@x.org", 1)).await;
    assert_eq!(taken, Err(ContactRefused::AddressTaken(two)));
    world.store.address_erase("gone@x.org".into(), [7; 32], AT).await.unwrap();
    assert_eq!(change(one, address("gone@x.org", 7)).await, Err(ContactRefused::Erased));
    world.leave(two, Scope::Everything, None).await;
    let why = ContactRefused::AddressSuppressed("unsubscribed".to_owned());
    assert_eq!(change(two, address("new@x.org", 2)).await, Err(why));
    let now = change(one, address("New@x.org", 3)).await.unwrap();
    assert_eq!((now.id, now.email.as_str()), (one, "New@x.org"));
    assert!(world.store.contact_by_email(email("1@x.org")).await.unwrap().is_none());
}

pub(super) async fn who_has_left_is_not_subscribed_by_hand(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let other = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let subscribe = async |id, topic| {
        refused(world.store.contact_subscribe(id, topic, "by phone".into(), later(5)).await)
    };
    let [one, two, three] = world.contacts[..] else { panic!("three") };
    assert_eq!(subscribe(one, world.topic).await, Ok(false));
    assert_eq!(subscribe(one, other).await, Ok(true));
    assert_eq!(world.store.contact_consents(one).await.unwrap()[0].source, "by phone");
    world.leave(two, Scope::Topic(world.topic), None).await;
    assert_eq!(subscribe(two, world.topic).await, Err(ContactRefused::HasLeft));
    assert_eq!(subscribe(two, other).await, Ok(true));
    world.leave(three, Scope::Everything, None).await;
    let suppressed = Err(ContactRefused::Suppressed("unsubscribed".to_owned()));
    assert_eq!(subscribe(three, other).await, suppressed);
}
