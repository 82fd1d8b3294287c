//! What everybody may read of campaigns.

use super::world::{AT, World, later};
use crate::{ArchivePosition, Archived, ArchivedPage, Frozen, NewArchived, Store, StoreError};

pub(crate) fn pages(listed: bool, subject: &str) -> NewArchived {
    let page = |language: Option<&str>| ArchivedPage {
        language: language.map(str::to_owned),
        subject: subject.to_owned(),
        summary: "Zürich".to_owned(),
        html: format!("<p>{subject} {language:?}"),
    };
    NewArchived { listed, pages: vec![page(None), page(Some("de"))] }
}

pub(super) async fn a_campaign_is_published_with_its_start_or_later(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    let draft = world.draft().await;
    let refused = store.archive_publish(draft, pages(true, "One"), AT).await;
    assert!(matches!(refused, Err(StoreError::NotFound("started campaign"))), "{refused:?}");
    assert_eq!(store.archive_find(draft).await.unwrap(), None);
    let frozen = Frozen { archive: Some(pages(true, "One")), ..Frozen::default() };
    store.expansion_begin(draft, frozen, AT).await.unwrap();
    let archived = Archived {
        topic: world.topic,
        listed: true,
        published_at: AT,
        changed_at: AT,
        languages: vec![None, Some("de".to_owned())],
    };
    assert_eq!(store.archive_find(draft).await.unwrap(), Some(archived));
    let page = store.archive_page(draft, 1).await.unwrap();
    assert_eq!(page.as_ref(), pages(true, "One").pages.get(1));
    assert_eq!(store.archive_page(draft, 2).await.unwrap(), None);
    let later_on = world.started().await;
    assert_eq!(store.archive_find(later_on).await.unwrap(), None);
    store.archive_publish(later_on, pages(false, "Two"), AT).await.unwrap();
    assert!(!store.archive_find(later_on).await.unwrap().unwrap().listed);
}

pub(super) async fn a_topics_list_is_read_in_pages_the_latest_first(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    assert!(!store.topic_find(world.topic).await.unwrap().unwrap().archive_open);
    store.topic_archive_set(world.topic, true).await.unwrap();
    assert!(store.topic_find(world.topic).await.unwrap().unwrap().archive_open);
    let missing = store.topic_archive_set(model::TopicId(99), true).await;
    assert!(matches!(missing, Err(StoreError::NotFound("topic"))), "{missing:?}");
    for (subject, listed, at) in [
        ("first", true, AT),
        ("second", true, later(1)),
        ("unlisted", false, later(2)),
        ("third", true, later(1)),
    ] {
        let campaign = world.started().await;
        store.archive_publish(campaign, pages(listed, subject), at).await.unwrap();
    }
    let mut subjects = Vec::new();
    let mut before = None;
    loop {
        let list = store.archive_list(world.topic, before, 2).await.unwrap();
        let Some(last) = list.last() else { break };
        let (published_at, campaign) = (last.published_at, last.campaign);
        before = Some(ArchivePosition { published_at, campaign });
        subjects.extend(list.into_iter().map(|entry| entry.subject));
    }
    assert_eq!(subjects, ["third", "second", "first"]);
}

pub(super) async fn what_is_withdrawn_is_gone_and_what_changes_keeps_its_day(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    let campaign = world.started().await;
    store.archive_publish(campaign, pages(true, "One"), AT).await.unwrap();
    store.archive_publish(campaign, pages(true, "Two"), later(5)).await.unwrap();
    let found = store.archive_find(campaign).await.unwrap().unwrap();
    assert_eq!((found.published_at, found.changed_at), (AT, later(5)));
    assert_eq!(found.languages.len(), 2);
    let list = store.archive_list(world.topic, None, 9).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((&*list[0].subject, list[0].changed_at), ("Two", later(5)));
    assert!(store.archive_withdraw(campaign).await.unwrap());
    assert!(!store.archive_withdraw(campaign).await.unwrap());
    assert_eq!(store.archive_find(campaign).await.unwrap(), None);
    assert_eq!(store.archive_page(campaign, 0).await.unwrap(), None);
}
