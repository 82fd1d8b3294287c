//! Over a real journal and a real store; the store being away is left to the stories.

use std::collections::BTreeMap;

use model::{EmailAddress, InDoubtPolicy, SubscriptionState, TopicId};
use store::{ContactRow, NewAnnouncement, NewCampaign, StoreOptions};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::record::RemovalRecord;
use super::*;

const AT: Timestamp = Timestamp(1_795_428_000_000_000);

struct Room {
    dir: TempDir,
    store: Store,
    keys: Arc<Keyring>,
    topic: TopicId,
    campaign: CampaignId,
}

/// Contacts are counted from 1 here; all came in one import.
fn id(contact: i64) -> ContactId {
    ContactId(AT.0 + contact)
}

impl Room {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pharos.db");
        let store = Store::open(path.as_path(), StoreOptions::default()).unwrap();
        let topic = store.topic_ensure("news".into(), "News".into()).await.unwrap();
        let row = |name: &str| ContactRow {
            email: EmailAddress::parse(&format!("{name}@example.com")).unwrap(),
            attributes: BTreeMap::new(),
        };
        store
            .contacts_import(vec![row("mia"), row("zoe")], Some(topic), "t".into(), AT)
            .await
            .unwrap();
        let text = NewAnnouncement { name: "a".into(), subject: "A".into(), source: "a".into() };
        let announcement = store.announcement_save(text, AT).await.unwrap();
        let new = NewCampaign {
            name: "a".into(),
            announcement,
            topic,
            policy: InDoubtPolicy::NeverResend,
            links: Vec::new(),
        };
        let campaign = store.campaign_create(new, AT).await.unwrap();
        let keys = Arc::new(Keyring::generate().unwrap());
        Self { dir, store, keys, topic, campaign }
    }

    fn open(&self) -> (RemovalJournal, RemovalReplay) {
        let dir = self.dir.path().join("removals");
        let (removals, replay) = RemovalJournal::open(&dir, self.keys.clone()).unwrap();
        removals.use_store(self.store.clone());
        (removals, replay)
    }

    fn of(&self, contact: i64) -> LinkRemoval {
        LinkRemoval {
            contact: id(contact),
            address: None,
            campaign: self.campaign,
            everything: false,
            how: Removal::OneClick,
            at: AT,
        }
    }

    async fn state(&self, contact: i64) -> Option<SubscriptionState> {
        self.store.subscription_state(id(contact), self.topic).await.unwrap()
    }

    /// Runs the replay until nothing waits.
    async fn bring_all(&self, replay: RemovalReplay) {
        let stop = CancellationToken::new();
        let running = tokio::spawn(replay.run(stop.clone()));
        while self.store.removals_waiting() > 0 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        running.await.unwrap();
    }
}

/// As a process that was killed leaves it: the thread is gone, the folder is not locked.
async fn closed(removals: RemovalJournal, replay: RemovalReplay, room: &Room) {
    drop((removals, replay));
    let dir = room.dir.path().join("removals");
    while Journal::open(&dir, JOURNAL).is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_removal_goes_straight_into_a_store_that_answers() {
    let room = Room::new().await;
    let (removals, _replay) = room.open();
    let kept = removals.leave(room.of(1)).await.unwrap();
    assert_eq!(kept, RemovalKept::InStore(Left { changed: true }));
    assert_eq!(room.state(1).await, Some(SubscriptionState::Unsubscribed));
    assert!(room.store.removals_known());
}

#[tokio::test]
async fn what_is_kept_holds_up_mail_until_the_store_has_it_also_after_a_restart() {
    let room = Room::new().await;
    let (removals, replay) = room.open();
    removals.writer.keep(&removals.waiting, room.of(1)).await.unwrap();
    assert!(!room.store.removals_known(), "nobody is mailed");
    // Nobody overtakes those who wait.
    assert_eq!(removals.leave(room.of(2)).await.unwrap(), RemovalKept::InJournal);
    assert!(removals.trouble().unwrap().contains("waiting for the store: 2"));
    closed(removals, replay, &room).await;
    room.store.removals_caught_up(2);

    let (removals, replay) = room.open();
    assert_eq!(room.store.removals_waiting(), 2);
    assert!(!room.store.removals_known());
    assert_eq!(room.state(1).await, Some(SubscriptionState::Subscribed));
    room.bring_all(replay).await;
    for contact in [1, 2] {
        assert_eq!(room.state(contact).await, Some(SubscriptionState::Unsubscribed));
    }
    assert!(room.store.removals_known());
    assert_eq!(removals.trouble(), None);
}

#[tokio::test]
async fn what_was_brought_is_not_brought_again_at_the_next_start() {
    let room = Room::new().await;
    let (removals, replay) = room.open();
    removals.writer.keep(&removals.waiting, room.of(1)).await.unwrap();
    room.bring_all(replay).await;
    // Behind the note in the writer's queue.
    let (again, replay) = (removals.clone(), room.of(2));
    again.writer.keep(&again.waiting, replay).await.unwrap();
    room.store.removals_caught_up(1);
    room.store.contact_return(id(1), room.topic, AT).await.unwrap();
    drop(again);
    drop(removals);
    let dir = room.dir.path().join("removals");
    while Journal::open(&dir, JOURNAL).is_err() {
        tokio::task::yield_now().await;
    }
    let (_removals, replay) = room.open();
    assert_eq!(room.store.removals_waiting(), 1);
    room.bring_all(replay).await;
    assert_eq!(room.state(1).await, Some(SubscriptionState::Subscribed), "their last word");
    assert_eq!(room.state(2).await, Some(SubscriptionState::Unsubscribed));
}

#[tokio::test]
async fn who_leaves_before_the_store_was_reached_has_left_once_it_is() {
    let room = Room::new().await;
    let dir = room.dir.path().join("removals");
    let (removals, replay) = RemovalJournal::open(&dir, room.keys.clone()).unwrap();
    assert_eq!(removals.leave(room.of(1)).await.unwrap(), RemovalKept::InJournal);
    assert!(room.store.removals_known(), "nothing is told to a store that is not there");
    removals.use_store(room.store.clone());
    assert_eq!(room.store.removals_waiting(), 1);
    assert!(!room.store.removals_known());
    room.bring_all(replay).await;
    assert_eq!(room.state(1).await, Some(SubscriptionState::Unsubscribed));
}

#[tokio::test]
async fn a_record_of_a_newer_release_blocks_and_says_so() {
    let room = Room::new().await;
    let dir = room.dir.path().join("removals");
    let mut journal = Journal::open(&dir, JOURNAL).unwrap();
    journal.append(&[9, 1, 2, 3]).unwrap();
    journal.append(&RemovalRecord::Removal(room.of(1)).encode()).unwrap();
    journal.commit().unwrap();
    drop(journal);
    let (removals, replay) = room.open();
    let stop = CancellationToken::new();
    let running = tokio::spawn(replay.run(stop.clone()));
    while !removals.trouble().is_some_and(|it| it.contains("newer release")) {
        tokio::task::yield_now().await;
    }
    stop.cancel();
    running.await.unwrap();
    assert_eq!(room.store.removals_waiting(), 2);
    assert!(!room.store.removals_known());
    assert_eq!(room.state(1).await, Some(SubscriptionState::Subscribed));
}

#[tokio::test]
async fn removals_that_come_at_once_are_all_kept() {
    let room = Room::new().await;
    let (removals, replay) = room.open();
    room.store.removals_postponed(1);
    let waiting: Vec<_> = (0..500)
        .map(|number| {
            let (removals, removal) = (removals.clone(), room.of(1 + number % 2));
            tokio::spawn(async move { removals.leave(removal).await })
        })
        .collect();
    for kept in waiting {
        assert_eq!(kept.await.unwrap().unwrap(), RemovalKept::InJournal);
    }
    assert_eq!(room.store.removals_waiting(), 501);
    room.store.removals_caught_up(1);
    room.bring_all(replay).await;
    assert_eq!(room.state(2).await, Some(SubscriptionState::Unsubscribed));
}

/// As a link does that was mailed after the copy of the store was made which was put back.
fn older(room: &Room, name: &str, campaign: CampaignId) -> LinkRemoval {
    let address = Some(room.keys.address_code(&format!("{name}@example.com")));
    LinkRemoval { contact: id(1_000_000), address, campaign, ..room.of(0) }
}

#[tokio::test]
async fn who_left_by_a_link_of_before_a_restoration_has_left_under_their_new_number() {
    let room = Room::new().await;
    let (removals, replay) = room.open();
    let stop = CancellationToken::new();
    let running = tokio::spawn(replay.run(stop.clone()));
    let kept = removals.leave(older(&room, "zoe", room.campaign)).await.unwrap();
    assert_eq!(kept, RemovalKept::InStore(Left { changed: true }));
    while room.state(2).await != Some(SubscriptionState::Unsubscribed) {
        tokio::task::yield_now().await;
    }
    assert_eq!(room.state(1).await, Some(SubscriptionState::Subscribed));
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn who_left_while_unknown_has_left_when_they_are_imported_also_by_the_journal() {
    let room = Room::new().await;
    let (removals, replay) = room.open();
    let unknown = older(&room, "ida", CampaignId(0x0900_0001));
    removals.writer.keep(&removals.waiting, unknown).await.unwrap();
    room.bring_all(replay).await;
    search::search(&room.store, &room.keys).await.unwrap();
    let email = EmailAddress::parse("ida@example.com").unwrap();
    let row = store::ImportRow {
        address_hash: room.keys.address_hash(&email.key()),
        ..ContactRow { email: email.clone(), attributes: BTreeMap::new() }.into()
    };
    let import = room.store.contacts_import(vec![row], Some(room.topic), "t".into(), AT);
    let counts = import.await.unwrap();
    // Nobody can say any more which topic it was.
    assert_eq!((counts.added, counts.suppressed, counts.subscribed), (1, 1, 0));
    assert_eq!(room.state(1).await, Some(SubscriptionState::Subscribed));
}

#[tokio::test]
async fn a_contact_leaves_everything_by_a_campaign_that_the_store_does_not_know() {
    let room = Room::new().await;
    let (removals, _replay) = room.open();
    let removal = LinkRemoval { campaign: CampaignId(0x0900_0001), ..room.of(1) };
    let kept = removals.leave(removal).await.unwrap();
    assert_eq!(kept, RemovalKept::InStore(Left { changed: true }));
    assert_eq!(room.state(1).await, Some(SubscriptionState::Unsubscribed));
    let reason = room.store.suppression_reason("mia@example.com".into()).await.unwrap();
    assert_eq!(reason.as_deref(), Some("unsubscribed"));
}
