//! Texts that are being written.

use model::{CampaignState, LinkSlot};

use super::world::{AT, World, later};
use crate::{
    ActorKind, ActorRecord, CampaignLink, CampaignText, CheckedText, Frozen, NewAnnouncement,
    NewDraftText, Schedule, SettledText, Store, StoreError,
};

/// A text that somebody saves over this revision.
pub(crate) fn text(over: i64, source: &str) -> NewDraftText {
    let by = ActorRecord { kind: ActorKind::User, id: Some(4), name: "Änn".into() };
    NewDraftText { over, source: source.into(), name: None, by, keep: None }
}

fn announcement(source: &str) -> NewAnnouncement {
    NewAnnouncement { name: "Autumn".into(), subject: "New".into(), source: source.into() }
}

fn settled(revision: i64, source: &str) -> SettledText {
    let link = CampaignLink { slot: LinkSlot(0), url: "https://new.org".into(), label: "n".into() };
    SettledText { revision, announcement: announcement(source), links: vec![link] }
}

fn schedule(campaign: model::CampaignId) -> Schedule {
    let starts_at = later(20);
    Schedule { campaign, starts_at, audience_at_most: None, links_to_this_machine: false }
}

pub(super) async fn a_text_is_saved_from_the_revision_that_was_seen(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.draft().await;
    let before = world.store.campaign_text(id).await.unwrap().unwrap();
    assert_eq!((before.revision, before.is_settled, before.saved), (0, true, None));
    let named = NewDraftText { name: Some("Winter".into()), ..text(0, "---\r\nsub") };
    assert_eq!(world.store.campaign_text_save(id, named, later(1)).await.unwrap(), 1);
    assert_eq!(world.store.campaign_text_save(id, text(1, ""), later(2)).await.unwrap(), 2);
    let by = text(0, "").by;
    assert_eq!(
        world.store.campaign_text(id).await.unwrap().unwrap(),
        CampaignText {
            source: String::new(),
            revision: 2,
            is_settled: false,
            saved: Some((later(2), by))
        }
    );
    assert_eq!(world.store.campaign_find(id).await.unwrap().unwrap().name, "Winter");
    let nowhere = world.store.campaign_text_save(model::CampaignId(9), text(0, "x"), AT).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound(_))), "{nowhere:?}");
    assert_eq!(world.store.campaign_text(model::CampaignId(9)).await.unwrap(), None);
}

pub(super) async fn of_two_writers_one_is_refused_and_nothing_of_the_other_is_lost(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.draft().await;
    let save = |text| world.store.campaign_text_save(id, text, AT);
    let (mine, theirs) = tokio::join!(save(text(0, "mine")), save(text(0, "theirs")));
    let refused = [&mine, &theirs].into_iter().filter(|it| it.is_err()).count();
    assert_eq!(refused, 1, "{mine:?} {theirs:?}");
    let stale = save(text(0, "again")).await;
    assert!(matches!(stale, Err(StoreError::Changed(_))), "{stale:?}");
    let there = world.store.campaign_text(id).await.unwrap().unwrap().source;
    let keep = Some(announcement(&there));
    save(NewDraftText { keep, ..text(1, "the other") }).await.unwrap();
    let kept = world.store.announcement_versions("Autumn".into(), None, 9).await.unwrap();
    let kept = world.store.announcement_find(kept[0].id).await.unwrap().unwrap();
    assert_eq!(kept.source, there);
    assert_eq!(world.store.campaign_text(id).await.unwrap().unwrap().source, "the other");
}

pub(super) async fn a_settled_text_is_the_campaigns_announcement_with_its_links(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.draft().await;
    world.store.campaign_text_save(id, text(0, "one"), AT).await.unwrap();
    let stale = world.store.campaign_settle(id, settled(7, "one"), AT).await;
    assert!(matches!(stale, Err(StoreError::Changed(_))), "{stale:?}");
    assert_eq!(world.store.campaign_links(id).await.unwrap().len(), 2, "as it was");
    let one = world.store.campaign_settle(id, settled(1, "one"), AT).await.unwrap();
    let links = world.store.campaign_links(id).await.unwrap();
    assert_eq!(links.iter().map(|it| it.url.as_str()).collect::<Vec<_>>(), ["https://new.org"]);
    assert_eq!(world.store.campaign_find(id).await.unwrap().unwrap().announcement, one);
    assert!(world.store.campaign_text(id).await.unwrap().unwrap().is_settled);
    // Another revision with the same text is the same version.
    world.store.campaign_text_save(id, text(1, "one"), AT).await.unwrap();
    assert!(!world.store.campaign_text(id).await.unwrap().unwrap().is_settled);
    assert_eq!(world.store.campaign_settle(id, settled(2, "one"), AT).await.unwrap(), one);
}

pub(super) async fn what_was_changed_since_it_was_checked_is_not_scheduled_or_started(
    store: Store,
) {
    let world = World::with_contacts(store, 1).await;
    let id = world.draft().await;
    let other = world.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let checked = |revision| CheckedText { revision, topic: world.topic };
    let start = |checked| {
        let frozen = Frozen { checked: Some(checked), ..Frozen::default() };
        world.store.expansion_begin(id, frozen, AT)
    };
    world.store.campaign_text_save(id, text(0, "one"), AT).await.unwrap();
    // Checked before it was saved; checked, but not settled.
    for seen in [checked(0), checked(1)] {
        let refused = world.store.campaign_schedule(schedule(id), Some(seen)).await;
        assert!(matches!(refused, Err(StoreError::Changed("announcement"))), "{refused:?}");
        assert!(matches!(start(seen).await, Err(StoreError::Changed("announcement"))));
    }
    world.store.campaign_settle(id, settled(1, "one"), AT).await.unwrap();
    world.store.campaign_topic_set(id, other).await.unwrap();
    let refused = world.store.campaign_schedule(schedule(id), Some(checked(1))).await;
    assert!(matches!(refused, Err(StoreError::Changed("announcement"))), "{refused:?}");
    world.store.campaign_topic_set(id, world.topic).await.unwrap();
    let state = world.store.campaign_find(id).await.unwrap().unwrap().state;
    assert_eq!(state, CampaignState::Draft);
    world.store.campaign_schedule(schedule(id), Some(checked(1))).await.unwrap();
    start(checked(1)).await.unwrap();
    // From here on its announcement is what it says.
    let text = world.store.campaign_text(id).await.unwrap().unwrap();
    assert_eq!((text.source.as_str(), text.revision, text.saved), ("one", 0, None));
}

pub(super) async fn a_text_that_is_no_draft_any_more_stays(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.draft().await;
    world.store.campaign_text_save(id, text(0, "one"), AT).await.unwrap();
    world.store.campaign_settle(id, settled(1, "one"), AT).await.unwrap();
    world.store.campaign_schedule(schedule(id), None).await.unwrap();
    let refused = world.store.campaign_text_save(id, text(1, "two"), AT).await.unwrap_err();
    assert_eq!(refused.to_string(), "a campaign that is scheduled can't be written");
    let refused = world.store.campaign_settle(id, settled(1, "one"), AT).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    let refused = world.store.campaign_topic_set(id, world.topic).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    assert_eq!(world.store.campaign_text(id).await.unwrap().unwrap().source, "one");
    // Taken back, it is written further.
    world.store.campaign_take_back(id).await.unwrap();
    assert_eq!(world.store.campaign_text_save(id, text(1, "two"), AT).await.unwrap(), 2);
}

pub(super) async fn a_draft_is_removed_and_its_text_is_kept(store: Store) {
    let world = World::with_contacts(store, 1).await;
    let id = world.draft().await;
    world.store.campaign_text_save(id, text(0, "one"), AT).await.unwrap();
    world.store.campaign_settle(id, settled(1, "one"), AT).await.unwrap();
    world.store.campaign_schedule(schedule(id), None).await.unwrap();
    let remove = |over, keep: Option<&str>| {
        world.store.campaign_draft_remove(id, over, keep.map(announcement), AT)
    };
    let refused = remove(1, None).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))), "it is scheduled: {refused:?}");
    world.store.campaign_take_back(id).await.unwrap();
    world.store.campaign_text_save(id, text(1, "two"), AT).await.unwrap();
    let stale = remove(1, Some("one")).await;
    assert!(matches!(stale, Err(StoreError::Changed(_))), "{stale:?}");
    assert_eq!(world.store.campaign_text(id).await.unwrap().unwrap().source, "two");
    remove(2, Some("two")).await.unwrap();
    assert_eq!(world.store.campaign_find(id).await.unwrap(), None);
    assert_eq!(world.store.campaign_text(id).await.unwrap(), None);
    assert_eq!(world.store.campaign_links(id).await.unwrap(), []);
    let kept = world.store.announcement_versions("Autumn".into(), None, 9).await.unwrap();
    let kept = world.store.announcement_find(kept[0].id).await.unwrap().unwrap();
    assert_eq!(kept.source, "two");
    let gone = remove(2, None).await;
    assert!(matches!(gone, Err(StoreError::NotFound(_))), "{gone:?}");
}
