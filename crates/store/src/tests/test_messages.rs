//! Test messages that are kept.

use model::{CampaignId, ContactId, TopicScope};

use super::world::{AT, World, later};
use crate::sending::test_messages::TEST_MESSAGES;
use crate::{NewTestMessage, Store, TEST_MESSAGE_BYTES, TestOf};

pub(crate) fn test_message(campaign: CampaignId, to: &str, bytes: usize) -> NewTestMessage {
    NewTestMessage { campaign, email_key: to.to_owned(), contact: None, raw: vec![0xff; bytes] }
}

pub(super) async fn the_newest_are_kept_and_the_oldest_make_room(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let (store, campaign) = (&world.store, world.draft().await);
    let mut ids = Vec::new();
    for number in 0..TEST_MESSAGES + 2 {
        let new = test_message(campaign, "a@x.org", number + 1);
        ids.push(store.test_message_keep(new, AT).await.unwrap().unwrap());
    }
    let kept = store.test_messages(TopicScope::All, None, 1_000, AT).await.unwrap();
    let kept_ids: Vec<i64> = kept.iter().rev().map(|it| it.id).collect();
    assert_eq!(kept_ids, ids[2..]);
    assert_eq!(kept[0].of, TestOf::Campaign(campaign));
    assert_eq!(kept[0].raw.len(), TEST_MESSAGES + 2);
    let two = store.test_messages(TopicScope::All, Some(ids[5]), 2, AT).await.unwrap();
    assert_eq!([two[0].id, two[1].id], [ids[4], ids[3]]);
    let found = store.test_message(ids[5], TopicScope::All, AT).await.unwrap().unwrap();
    assert_eq!(found.message.raw.len(), 6);
    assert_eq!((found.older, found.newer), (Some(ids[4]), Some(ids[6])));
    assert_eq!(store.test_message(ids[0], TopicScope::All, AT).await.unwrap(), None);
    let large = test_message(campaign, "a@x.org", TEST_MESSAGE_BYTES);
    let last = store.test_message_keep(large, AT).await.unwrap().unwrap();
    let kept = store.test_messages(TopicScope::All, None, 1_000, AT).await.unwrap();
    assert_eq!(kept.iter().map(|it| it.id).collect::<Vec<_>>(), [last], "no room for others");
    let larger = test_message(campaign, "a@x.org", TEST_MESSAGE_BYTES + 1);
    assert_eq!(store.test_message_keep(larger, AT).await.unwrap(), None);
}

pub(super) async fn none_is_shown_after_a_month(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let (store, campaign) = (&world.store, world.draft().await);
    let id =
        store.test_message_keep(test_message(campaign, "a@x.org", 1), AT).await.unwrap().unwrap();
    let month = 60 * 24 * 30;
    assert!(store.test_message(id, TopicScope::All, later(month)).await.unwrap().is_some());
    assert!(store.test_message(id, TopicScope::All, later(month + 1)).await.unwrap().is_none());
    assert!(
        store.test_messages(TopicScope::All, None, 9, later(month + 1)).await.unwrap().is_empty()
    );
    let next = test_message(campaign, "a@x.org", 1);
    store.test_message_keep(next, later(month + 1)).await.unwrap();
    assert_eq!(
        store.test_messages(TopicScope::All, None, 9, AT).await.unwrap().len(),
        1,
        "the other is gone"
    );
}

pub(super) async fn whoever_is_erased_is_in_none_of_them(store: Store) {
    let world = World::with_contacts(store, 2).await;
    let (store, campaign) = (&world.store, world.draft().await);
    let (first, second) = (world.contacts[0], world.contacts[1]);
    for (to, contact) in [
        ("1@x.org", None),
        ("boss@x.org", Some(first)),
        ("boss@x.org", Some(second)),
        ("boss@x.org", None::<ContactId>),
    ] {
        let new = NewTestMessage { contact, ..test_message(campaign, to, 1) };
        store.test_message_keep(new, AT).await.unwrap();
    }
    store.address_erase("1@x.org".into(), [7; 32], AT).await.unwrap();
    assert_eq!(store.test_messages(TopicScope::All, None, 9, AT).await.unwrap().len(), 2);
    store.address_erase("boss@x.org".into(), [8; 32], AT).await.unwrap();
    assert_eq!(store.test_messages(TopicScope::All, None, 9, AT).await.unwrap(), []);
}
