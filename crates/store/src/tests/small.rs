//! Settings, marks, gaps, topics and announcements.

use model::hit::Gap;
use model::{AnnouncementId, CampaignId, ContactId, InDoubtPolicy, LinkSlot, Timestamp, TopicId};

use super::world::{AT, World, batch, email, later};
use crate::{HitBatch, Mark, NewAnnouncement, NewCampaign, RecordedGap, Store, StoreError};

pub(super) async fn a_setting_is_replaced_by_those_who_have_seen_it(store: Store) {
    let replace = |known: Option<&str>, value: &'static str| {
        store.setting_replace("settings/relay", known.map(str::to_owned), value)
    };
    replace(None, "one").await.unwrap();
    // All have seen the same, and the first of them is the only one.
    let (two, again, none) = tokio::join!(
        replace(Some("one"), "two"),
        replace(Some("one"), "three"),
        replace(None, "four")
    );
    let done = [&two, &again, &none].iter().filter(|it| it.is_ok()).count();
    assert_eq!(done, 1, "{two:?} {again:?} {none:?}");
    assert!(matches!(none, Err(StoreError::Changed("settings"))));
    let kept = store.setting_find("settings/relay").await.unwrap().unwrap();
    assert_eq!(kept, if two.is_ok() { "two" } else { "three" });
}

pub(super) async fn a_setting_is_replaced(store: Store) {
    assert_eq!(store.setting_find("relay_trouble").await.unwrap(), None);
    for value in ["refused", ""] {
        store.setting_put("relay_trouble", value).await.unwrap();
        assert_eq!(store.setting_find("relay_trouble").await.unwrap().as_deref(), Some(value));
    }
}

pub(super) async fn a_mark_never_goes_back(store: Store) {
    for (segment, offset, expect) in
        [(2, 5, (2, 5)), (2, 4, (2, 5)), (1, 9, (2, 5)), (2, 6, (2, 6)), (3, 0, (3, 0))]
    {
        let mark = Mark { reader: "hits".to_owned(), segment, offset };
        store.hits_record(batch(Vec::new(), mark)).await.unwrap();
        let mark = store.mark_find("hits".to_owned()).await.unwrap().unwrap();
        assert_eq!((mark.segment, mark.offset), expect);
    }
    assert_eq!(store.mark_find("mail".to_owned()).await.unwrap(), None);
}

pub(super) async fn a_gap_is_kept_once_and_found_by_time(store: Store) {
    let gap = Gap { from: later(1), to: later(2), hits: 7 };
    for offset in [1, 2] {
        let mark = Mark { reader: "hits".to_owned(), segment: 1, offset };
        let recorded = RecordedGap { node: 1, segment: 1, offset: 0, gap };
        let gaps = vec![recorded, recorded];
        store.hits_record(HitBatch { gaps, ..batch(Vec::new(), mark) }).await.unwrap();
    }
    let between = |from, to| store.gaps_between(from, to);
    assert_eq!(between(AT, later(1)).await.unwrap(), [gap]);
    assert_eq!(between(later(2), later(9)).await.unwrap(), [gap]);
    assert_eq!(between(AT, Timestamp(later(1).0 - 1)).await.unwrap(), []);
    assert_eq!(between(later(3), later(9)).await.unwrap(), []);
}

pub(super) async fn a_topic_is_made_once_and_renamed(store: Store) {
    let ensure = |name: &str| store.topic_ensure("offers".to_owned(), name.to_owned());
    let id = ensure("Offers").await.unwrap();
    assert_eq!(ensure("Offers").await.unwrap(), id);
    assert_eq!(ensure("Good offers").await.unwrap(), id);
    let topic = store.topic_by_slug("offers".to_owned()).await.unwrap().unwrap();
    assert_eq!((topic.id, topic.name.as_str()), (id, "Good offers"));
    assert_eq!(store.topics_list().await.unwrap().len(), 1);
    assert_eq!(store.topic_find(id).await.unwrap(), Some(topic));
}

pub(super) async fn an_announcement_that_says_the_same_is_the_same_version(store: Store) {
    let save = |source: &str| {
        let (name, subject) = ("news".to_owned(), "News".to_owned());
        store.announcement_save(NewAnnouncement { name, subject, source: source.to_owned() }, AT)
    };
    let one = save("one").await.unwrap();
    let two = save("two").await.unwrap();
    assert_eq!(save("one").await.unwrap(), one);
    let found = store.announcement_find(two).await.unwrap().unwrap();
    assert_eq!((found.version, found.source.as_str()), (2, "two"));
}

pub(super) async fn announcements_are_listed_by_name_with_their_versions(store: Store) {
    let save = |name: &str, source: &str, at| {
        let (name, subject, source) = (name.to_owned(), source.to_uppercase(), source.to_owned());
        store.announcement_save(NewAnnouncement { name, subject, source }, at)
    };
    for (name, source, at) in [("a", "one", AT), ("b", "x", AT), ("a", "two", later(1))] {
        save(name, source, at).await.unwrap();
    }
    let last = save("a", "three", later(2)).await.unwrap();
    let topic = store.topic_ensure("t".into(), "T".into()).await.unwrap();
    let links = Vec::new();
    let new = NewCampaign {
        name: "N".into(),
        announcement: last,
        topic,
        policy: InDoubtPolicy::NeverResend,
        links,
    };
    let campaign = store.campaign_create(new, AT).await.unwrap();
    let versions = store.announcement_versions("a".into(), None, 2).await.unwrap();
    let found: Vec<_> = versions.iter().map(|it| (it.version, it.campaign)).collect();
    assert_eq!(found, [(3, Some(campaign)), (2, None)]);
    let versions = store.announcement_versions("a".into(), Some(2), 2).await.unwrap();
    assert_eq!(versions.len(), 1);
    let two = store.announcement_version("a".into(), 2).await.unwrap().unwrap();
    assert_eq!((&*two.source, two.created_at), ("two", later(1)));
    assert_eq!(store.announcement_version("b".into(), 2).await.unwrap(), None);
}

pub(super) async fn what_was_never_kept_is_not_found(store: Store) {
    let world = World::with_contacts(store, 0).await;
    let store = &world.store;
    assert_eq!(store.contact_find(ContactId(9)).await.unwrap(), None);
    assert_eq!(store.contact_by_email(email("a@x.org")).await.unwrap(), None);
    assert_eq!(store.topic_find(TopicId(9)).await.unwrap(), None);
    assert_eq!(store.announcement_find(AnnouncementId(9)).await.unwrap(), None);
    assert_eq!(store.campaign_find(CampaignId(9)).await.unwrap(), None);
    assert_eq!(store.link_target(CampaignId(9), LinkSlot(0)).await.unwrap(), None);
    assert_eq!(store.deliveries_count(CampaignId(9)).await.unwrap().total(), 0);
    assert_eq!(store.delivery_next_due(CampaignId(9)).await.unwrap(), None);
    assert_eq!(store.subscription_state(ContactId(9), world.topic).await.unwrap(), None);
    assert_eq!(store.campaign_rollup(CampaignId(9)).await.unwrap().views, 0);
}
