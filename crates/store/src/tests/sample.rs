//! Sample data goes as if it had never been there.

use super::drafts::text;
use super::test_messages::test_message;
use super::world::{AT, World, email};
use crate::{SampleData, SampleNames, Store, StoreError};

/// The first contacts of a world, its topic and its announcement.
fn names(contacts: usize) -> SampleNames {
    SampleNames {
        email_keys: (1..=contacts).map(|number| email(&format!("{number}@x.org")).key()).collect(),
        slugs: vec!["release-notices".into()],
        announcement: "3.2".into(),
    }
}

pub(super) async fn sample_data_is_removed_as_a_whole(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let (store, campaign) = (&world.store, world.draft().await);
    store.test_message_keep(test_message(campaign, "a@x.org", 9), AT).await.unwrap();
    store.campaign_text_save(campaign, text(0, "tried out"), AT).await.unwrap();
    assert!(store.contacts_exist().await.unwrap());
    let there = SampleData { contacts: 3, topics: 1, campaigns: vec![campaign] };
    assert_eq!(store.sample_find(names(3)).await.unwrap(), there);
    let removed = store.sample_remove(names(3)).await.unwrap();
    assert_eq!(removed, there);
    assert!(store.sample_find(names(3)).await.unwrap().is_empty());
    assert!(!store.contacts_exist().await.unwrap());
    assert!(store.topics_list().await.unwrap().is_empty());
    assert_eq!(store.campaign_find(campaign).await.unwrap(), None);
    assert_eq!(store.contact_consents(world.contacts[0]).await.unwrap(), []);
    let again = store.sample_remove(names(3)).await.unwrap();
    assert_eq!(again, SampleData::default());
}

pub(super) async fn a_topic_that_others_use_stays(store: Store) {
    let world = World::with_contacts(store, 3).await;
    let removed = world.store.sample_remove(names(2)).await.unwrap();
    assert_eq!((removed.contacts, removed.topics), (2, 0));
    assert_eq!(world.store.topic_subscribers(world.topic).await.unwrap(), 1);
}

pub(super) async fn what_was_started_is_not_removed(store: Store) {
    let world = World::with_contacts(store, 2).await;
    assert!(!world.store.campaigns_started().await.unwrap());
    world.started().await;
    assert!(world.store.campaigns_started().await.unwrap());
    // By another name of the announcement it is its contacts that were mailed.
    let others = SampleNames { announcement: "other".into(), ..names(2) };
    for names in [names(2), names(0), others] {
        let kept = world.store.sample_remove(names).await;
        assert!(matches!(kept, Err(StoreError::Changed(_))), "{kept:?}");
    }
    assert_eq!(world.store.sample_find(names(2)).await.unwrap().contacts, 2);
}
