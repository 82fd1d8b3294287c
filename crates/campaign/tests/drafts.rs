//! A campaign whose text is still being written: what looks at it sees the text as it is, and what sends it
//! sends the text that was checked.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use campaign::{Allow, CampaignError, ScheduleWish, Severity, WrittenText};
use model::{CampaignId, CampaignState, EmailAddress, Timestamp};
use render::Sender;
use store::{ActorKind, ActorRecord, ContactRow, Store, StoreOptions};
use tempfile::TempDir;

const NOW: Timestamp = Timestamp(1_795_428_245_000_000);
const READY: &str =
    "---\nsubject: Winter\nfrom: news@aurora.example\n---\n[Read](https://a.example/1)\n";

fn sender() -> Sender {
    Sender {
        organisation: "Aurora".into(),
        postal_address: "1 Harbour Road".into(),
        domain: "aurora.example".into(),
        beacon_url: "https://t.aurora.example".into(),
        web_url: "https://www.aurora.example".into(),
        brand: Default::default(),
        attachments: render::AttachmentLimits::default(),
        honeypot_link: false,
    }
}

struct World {
    dir: TempDir,
    store: Store,
    id: CampaignId,
}

impl World {
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
        let topic = store.topic_ensure("releases".into(), "Releases".into()).await.unwrap();
        let email = EmailAddress::parse("ann@b.example").unwrap();
        let row = ContactRow { email, attributes: BTreeMap::new() };
        store.contacts_import(vec![row], Some(topic), "test".into(), NOW).await.unwrap();
        let id = campaign::new_draft(&store, topic, None, NOW).await.unwrap();
        Self { dir, store, id }
    }

    async fn write(&self, over: Option<i64>, source: &str) -> Result<i64, CampaignError> {
        let by = ActorRecord { kind: ActorKind::System, id: None, name: "ops".into() };
        let written = WrittenText { source: source.into(), over, by, keep_replaced: false };
        campaign::write(&self.store, self.id, written, NOW).await
    }

    async fn preflight(&self) -> Result<campaign::Preflight, CampaignError> {
        let folder = media::FileStoreLocation::Folder(self.dir.path().join("media"));
        let files = media::FileStore::open(&folder).unwrap();
        campaign::preflight(&self.store, &sender(), &files, self.id, Allow::default()).await
    }

    async fn name(&self) -> String {
        self.store.campaign_find(self.id).await.unwrap().unwrap().name
    }
}

#[tokio::test]
async fn a_draft_without_a_subject_says_so_and_is_not_sent() {
    let world = World::new().await;
    assert_eq!(world.name().await, campaign::UNTITLED);
    let checked = campaign::check(&world.store, &sender(), world.id).await.unwrap();
    let errors: Vec<_> =
        checked.of(Severity::Error).map(|it| (it.line, it.text.as_str())).collect();
    assert!(errors[0].1.contains("there is no `subject`") && errors[0].0 == Some(2), "{errors:?}");
    assert!(matches!(world.preflight().await, Err(CampaignError::Announcement(_))));
    let settled = campaign::settle(&world.store, &sender(), world.id, NOW).await;
    assert!(settled.is_ok(), "what it was made of is its announcement");
    world.write(Some(0), "---\nsubject: {{\n---\n").await.unwrap();
    let settled = campaign::settle(&world.store, &sender(), world.id, NOW).await;
    assert!(matches!(settled, Err(CampaignError::Announcement(_))), "{settled:?}");
    let mistakes = campaign::mistakes(&world.store, &sender(), world.id).await.unwrap();
    assert!(mistakes.len() >= 2, "{mistakes:?}");
}

#[tokio::test]
async fn what_is_written_is_checked_at_once_and_becomes_a_version_when_it_is_settled() {
    let world = World::new().await;
    assert_eq!(world.write(Some(0), READY).await.unwrap(), 1);
    assert_eq!(world.name().await, "Winter");
    let stale = world.write(Some(0), "else").await;
    assert!(matches!(stale, Err(CampaignError::TextChanged(_))), "{stale:?}");
    assert_eq!(world.write(Some(0), READY).await.unwrap(), 1, "it is there already");
    let checked = campaign::check(&world.store, &sender(), world.id).await.unwrap();
    assert_eq!((checked.of(Severity::Error).count(), checked.survey.contacts), (0, 1));
    assert!(
        world.store.campaign_links(world.id).await.unwrap().is_empty(),
        "a look writes nothing"
    );
    // Without having been settled it is not sent.
    let ready = world.preflight().await.unwrap();
    let wish = ScheduleWish { starts_at: NOW, audience_at_most: None, allow: Allow::default() };
    let early = campaign::schedule(&world.store, &ready, wish, NOW).await;
    assert!(matches!(early, Err(CampaignError::TextChanged(_))), "{early:?}");
    campaign::settle(&world.store, &sender(), world.id, NOW).await.unwrap();
    assert_eq!(world.store.campaign_links(world.id).await.unwrap().len(), 1);
    let ready = world.preflight().await.unwrap();
    world.write(None, &READY.replace("Winter", "Spring")).await.unwrap();
    let late = campaign::start(&world.store, ready, NOW, |_, _| {}).await;
    assert!(matches!(late, Err(CampaignError::TextChanged(_))), "{late:?}");
    campaign::settle(&world.store, &sender(), world.id, NOW).await.unwrap();
    let ready = world.preflight().await.unwrap();
    campaign::start(&world.store, ready, NOW, |_, _| {}).await.unwrap();
    let campaign = world.store.campaign_find(world.id).await.unwrap().unwrap();
    let sent = world.store.announcement_find(campaign.announcement).await.unwrap().unwrap();
    assert_eq!((sent.name.as_str(), campaign.state), ("Spring", CampaignState::Sending));
}

#[tokio::test]
async fn a_name_that_somebody_gave_stays_and_what_no_database_keeps_is_refused() {
    let world = World::new().await;
    world.write(None, &READY.replace("from:", "name: Plan B\nfrom:")).await.unwrap();
    assert_eq!(world.name().await, "Plan B");
    world.write(None, &READY.replace("Winter", "Spring")).await.unwrap();
    assert_eq!(world.name().await, "Spring", "the text had named it");
    for (text, is_long) in [("a\0b".to_owned(), false), ("x".repeat(1024 * 1024 + 1), true)] {
        match world.write(None, &text).await {
            Err(CampaignError::TextTooLong) => assert!(is_long),
            Err(CampaignError::ZeroByte) => assert!(!is_long),
            other => panic!("{other:?}"),
        }
    }
}
