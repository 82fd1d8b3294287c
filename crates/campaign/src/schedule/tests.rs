use std::collections::BTreeMap;

use model::CampaignState;
use store::notice_keys::CAMPAIGN_TROUBLE;
use store::{ContactRow, StoreOptions};

use super::*;
use crate::fixture::{NOW, sender};
use crate::{Create, create};

const HOUR: Duration = Duration::from_secs(60 * 60);

struct World {
    store: Store,
    files: FileStore,
    id: CampaignId,
    /// Holds the store.
    _dir: tempfile::TempDir,
}

impl World {
    async fn new() -> Self {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let folder = media::FileStoreLocation::Folder(dir.path().join("media"));
        let files = FileStore::open(&folder).unwrap();
        let text = "---\nsubject: 4.2\nfrom: a@aurora.example\ntopic: news\n---\nHello\n";
        let id = create(&store, &sender(), text, Create::default(), NOW).await.unwrap().id;
        let world = Self { store, files, id, _dir: dir };
        world.subscribe("bea@example.com").await;
        world
    }

    async fn subscribe(&self, address: &str) {
        let email = model::EmailAddress::parse(address).unwrap();
        let row = ContactRow { email, attributes: BTreeMap::new() };
        let topic = self.store.topic_by_slug("news".into()).await.unwrap().unwrap().id;
        self.store.contacts_import(vec![row], Some(topic), "test".into(), NOW).await.unwrap();
    }

    async fn schedule(
        &self,
        starts_at: Timestamp,
        audience_at_most: Option<i64>,
    ) -> Result<(), CampaignError> {
        let allow = Allow::default();
        let wish = ScheduleWish { starts_at, audience_at_most, allow };
        let ready = preflight(&self.store, &sender(), &self.files, self.id, allow).await?;
        schedule(&self.store, &ready, wish, NOW).await
    }

    /// Starts what is due, as a server does.
    async fn look(&self, now: Timestamp) -> Vec<Result<Started, CampaignError>> {
        let mut started = Vec::new();
        for due in self.store.campaign_schedules_due(now).await.unwrap() {
            let stores = (&self.store, &self.store);
            started.push(start_due(stores, &sender(), &self.files, due, now).await);
        }
        started
    }

    async fn state(&self) -> CampaignState {
        self.store.campaign_find(self.id).await.unwrap().unwrap().state
    }

    async fn trouble(&self) -> String {
        let key = format!("{CAMPAIGN_TROUBLE}/{}", self.id);
        self.store.setting_find(key).await.unwrap().unwrap_or_default()
    }
}

#[tokio::test]
async fn a_campaign_starts_at_its_time_and_not_before() {
    let world = World::new().await;
    world.schedule(NOW.after(HOUR), None).await.unwrap();
    assert_eq!(world.state().await, CampaignState::Scheduled);
    assert!(world.look(NOW).await.is_empty());
    let started = world.look(NOW.after(HOUR)).await.remove(0).unwrap();
    assert_eq!((started.audience, world.state().await), (1, CampaignState::Sending));
    assert!(world.look(NOW.after(HOUR)).await.is_empty(), "once");
}

#[tokio::test]
async fn what_was_taken_back_or_moved_at_the_last_moment_is_not_started() {
    let world = World::new().await;
    world.schedule(NOW.after(HOUR), None).await.unwrap();
    let due = world.store.campaign_schedule_find(world.id).await.unwrap().unwrap();
    let now = NOW.after(HOUR);
    let stores = (&world.store, &world.store);

    world.schedule(NOW.after(HOUR * 2), None).await.unwrap();
    start_due(stores, &sender(), &world.files, due, now).await.unwrap_err();
    assert_eq!((world.state().await, world.trouble().await), (CampaignState::Scheduled, "".into()));

    take_back(&world.store, world.id).await.unwrap();
    start_due(stores, &sender(), &world.files, due, now).await.unwrap_err();
    assert_eq!((world.state().await, world.trouble().await), (CampaignState::Draft, "".into()));
    assert!(world.look(NOW.after(HOUR * 3)).await.is_empty());
    let again = take_back(&world.store, world.id).await.unwrap_err();
    assert_eq!(again.to_string(), "a campaign that is draft can't be taken back");
}

#[tokio::test]
async fn an_audience_that_has_grown_too_large_gets_nothing_and_somebody_is_told() {
    let world = World::new().await;
    let refused = world.schedule(NOW.after(HOUR), Some(0)).await.unwrap_err();
    assert!(matches!(refused, CampaignError::AudienceTooLarge { audience: 1, at_most: 0 }));
    world.schedule(NOW.after(HOUR), Some(1)).await.unwrap();
    world.subscribe("ann@example.com").await;
    world.look(NOW.after(HOUR)).await.remove(0).unwrap_err();
    assert_eq!(world.state().await, CampaignState::Draft);
    let trouble = world.trouble().await;
    assert!(trouble.contains("2 people would get it, which is more than the 1"), "{trouble}");
    world.schedule(NOW.after(HOUR), Some(2)).await.unwrap();
    assert_eq!(world.trouble().await, "");
    world.look(NOW.after(HOUR)).await.remove(0).unwrap();
}

#[tokio::test]
async fn nothing_starts_long_after_its_time_and_no_time_is_long_ago_or_far_away() {
    let world = World::new().await;
    world.schedule(NOW.after(HOUR), None).await.unwrap();
    world.look(NOW.after(HOUR * 8)).await.remove(0).unwrap_err();
    assert_eq!(world.state().await, CampaignState::Draft);
    let trouble = world.trouble().await;
    assert!(trouble.contains("no server was there"), "{trouble}");
    for at in [Timestamp(NOW.0 - 301_000_000), NOW.after(HOUR * 24 * 400)] {
        let refused = world.schedule(at, None).await.unwrap_err();
        assert!(matches!(refused, CampaignError::BadTime { .. }), "{refused}");
    }
}
