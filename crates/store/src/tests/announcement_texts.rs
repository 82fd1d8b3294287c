//! Announcements that are written on their own.

use model::AnnouncementId;

use super::drafts::text;
use super::messages::new_message;
use super::world::{AT, LEASE, NODE, World};
use crate::{
    MessageAccepted, NewAnnouncement, NewDraftText, Outcome, SettledMessage, Store, StoreError,
};

const NAME: &str = "Your code";

fn version(source: &str) -> NewAnnouncement {
    NewAnnouncement { name: NAME.into(), subject: "Code".into(), source: source.into() }
}

async fn add(store: &Store, source: &str) -> Result<AnnouncementId, StoreError> {
    store.announcement_add(version(source), true, text(0, "").by, AT).await
}

async fn save(store: &Store, over: i64, source: &str) -> Result<i64, StoreError> {
    store.announcement_text_save(NAME.into(), text(over, source), AT).await
}

async fn in_use(store: &Store) -> Option<(i64, String)> {
    let id = store.announcement_in_use(NAME.into()).await.unwrap()?;
    let found = store.announcement_find(id).await.unwrap().unwrap();
    Some((found.version, found.source))
}

pub(super) async fn what_is_being_written_is_not_in_use(store: Store) {
    let first = add(&store, "one").await.unwrap();
    let again = add(&store, "other").await;
    assert!(matches!(again, Err(StoreError::Exists("announcement"))), "{again:?}");
    let there = store.announcement_text(NAME.into()).await.unwrap().unwrap();
    assert_eq!((there.version_id, there.version, there.text.revision), (first, 1, 1));
    assert!(there.text.is_settled);
    assert_eq!(save(&store, 1, "tw").await.unwrap(), 2);
    assert_eq!(save(&store, 2, "two").await.unwrap(), 3);
    let late = save(&store, 2, "late").await;
    assert!(matches!(late, Err(StoreError::Changed("announcement"))), "{late:?}");
    assert_eq!(in_use(&store).await, Some((1, "one".into())));
    let there = store.announcement_text(NAME.into()).await.unwrap().unwrap();
    assert_eq!((there.text.source.as_str(), there.text.is_settled), ("two", false));
    assert_eq!(there.text.saved, Some((AT, text(0, "").by)));
    let stale = store.announcement_text_use(2, version("tw"), AT).await;
    assert!(matches!(stale, Err(StoreError::Changed("announcement"))), "{stale:?}");
    store.announcement_text_use(3, version("two"), AT).await.unwrap();
    assert_eq!(in_use(&store).await, Some((2, "two".into())));
    assert!(store.announcement_text(NAME.into()).await.unwrap().unwrap().text.is_settled);
    // Back to an older text: no version is made of it, and it is in use.
    store.announcement_write(version("one"), text(3, "one"), AT).await.unwrap();
    assert_eq!(in_use(&store).await, Some((1, "one".into())));
    // A campaign of the same name, or a text that is kept, changes nothing of it.
    store.announcement_save(version("of a campaign"), AT).await.unwrap();
    assert_eq!(in_use(&store).await, Some((1, "one".into())));
    assert_eq!(store.announcement_in_use("Nobody".into()).await.unwrap(), None);
    assert_eq!(store.announcement_text("Nobody".into()).await.unwrap(), None);
}

pub(super) async fn of_two_who_write_one_announcement_one_is_refused(store: Store) {
    // Nobody has written it on its own yet.
    store.announcement_save(version("of a campaign"), AT).await.unwrap();
    let there = store.announcement_text(NAME.into()).await.unwrap().unwrap();
    assert_eq!((there.text.revision, there.text.saved), (0, None));
    let (mine, theirs) = tokio::join!(save(&store, 0, "mine"), save(&store, 0, "theirs"));
    let refused = [&mine, &theirs].into_iter().filter(|it| it.is_err()).count();
    assert_eq!(refused, 1, "{mine:?} {theirs:?}");
    let write = || store.announcement_write(version("x"), text(0, "x"), AT);
    assert!(matches!(write().await, Err(StoreError::Changed("announcement"))));
    let there = store.announcement_text(NAME.into()).await.unwrap().unwrap().text.source;
    let keep = Some(version(&there));
    let new = NewDraftText { keep, ..text(1, "the other") };
    store.announcement_text_save(NAME.into(), new, AT).await.unwrap();
    let kept = store.announcement_version(NAME.into(), 2).await.unwrap().unwrap();
    assert_eq!(kept.source, there);
    assert_eq!(in_use(&store).await, Some((1, "of a campaign".into())));
    let nowhere = store.announcement_text_save("Nobody".into(), text(0, "x"), AT).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound("announcement"))), "{nowhere:?}");
    let many = tokio::join!(add_other(&store), add_other(&store));
    assert_eq!([&many.0, &many.1].iter().filter(|it| it.is_ok()).count(), 1, "{many:?}");
}

async fn add_other(store: &Store) -> Result<AnnouncementId, StoreError> {
    let other = NewAnnouncement { name: "Other".into(), ..version("one") };
    store.announcement_add(other, false, text(0, "").by, AT).await
}

pub(super) async fn what_a_campaign_says_or_a_message_waits_for_is_not_deleted(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let store = &world.store;
    let name = store.announcement_find(world.announcement).await.unwrap().unwrap().name;
    let delete = || store.announcement_delete(name.clone());
    let campaign = world.draft().await;
    assert!(matches!(delete().await, Err(StoreError::Changed("announcement"))));
    let needs = store.announcement_needs(name.clone()).await.unwrap();
    assert_eq!(needs.campaigns.iter().map(|it| it.campaign).collect::<Vec<_>>(), [campaign]);
    store.campaign_draft_remove(campaign, 0, None, AT).await.unwrap();
    let new = new_message(&world, "k", "a@x.org").await;
    let accepted = store.messages_accept(vec![new], AT).await.unwrap();
    let [MessageAccepted::New(message)] = accepted[..] else { panic!("{accepted:?}") };
    assert_eq!(store.announcement_needs(name.clone()).await.unwrap().messages, [message.0]);
    assert!(matches!(delete().await, Err(StoreError::Changed("announcement"))));
    let claimed = store.messages_claim(NODE, 9, AT, LEASE, LEASE).await.unwrap().remove(0);
    assert_eq!(store.announcement_needs(name.clone()).await.unwrap().messages, [message.0]);
    assert!(matches!(delete().await, Err(StoreError::Changed("announcement"))));
    let outcome = Outcome::Sent { reply: "250 ok".into() };
    let settled = SettledMessage { id: claimed.id, epoch: claimed.epoch, outcome };
    store.messages_settle(vec![settled], AT, None).await.unwrap();
    assert!(store.announcement_needs(name.clone()).await.unwrap().is_empty());
    assert_eq!(delete().await.unwrap(), 1);
    // What was sent keeps the name.
    let found = store.message_find(message).await.unwrap().unwrap();
    assert_eq!(found.announcement_name, name);
    assert!(matches!(delete().await, Err(StoreError::NotFound("announcement"))));
}

pub(super) async fn a_deleted_announcement_is_found_nowhere_and_its_name_is_free(store: Store) {
    let first = add(&store, "one").await.unwrap();
    save(&store, 1, "two").await.unwrap();
    store.announcement_text_use(2, version("two"), AT).await.unwrap();
    assert!(store.announcement_is_there(first).await.unwrap());
    assert_eq!(store.announcement_delete(NAME.into()).await.unwrap(), 2);
    assert!(!store.announcement_is_there(first).await.unwrap());
    assert_eq!(store.announcement_find(first).await.unwrap(), None);
    assert_eq!(store.announcement_history(first, model::TopicScope::All).await.unwrap(), None);
    assert_eq!(store.announcement_text(NAME.into()).await.unwrap(), None);
    assert_eq!(in_use(&store).await, None);
    assert_eq!(store.announcement_versions(NAME.into(), None, 9).await.unwrap(), []);
    let listed = |topics| store.announcements_page(AnnouncementId(i64::MAX), topics, 9);
    assert_eq!(listed(model::TopicScope::All).await.unwrap(), []);
    assert_eq!(listed(model::TopicScope::These(Vec::new())).await.unwrap(), []);
    let stale = save(&store, 2, "three").await;
    assert!(matches!(stale, Err(StoreError::NotFound("announcement"))), "{stale:?}");
    // Nothing that was begun before says what is gone.
    let made = crate::NewCampaign {
        name: "Late".into(),
        announcement: first,
        topic: store.topic_ensure("news".into(), "News".into()).await.unwrap(),
        policy: model::InDoubtPolicy::default(),
        links: Vec::new(),
    };
    let late = store.campaign_create(made, AT).await;
    assert!(matches!(late, Err(StoreError::Changed("announcement"))), "{late:?}");
    let again = add(&store, "one").await.unwrap();
    assert_ne!(again, first);
    assert_eq!(in_use(&store).await, Some((1, "one".into())));
    store.announcement_delete(NAME.into()).await.unwrap();
    assert_eq!(in_use(&store).await, None);
}
