use std::collections::BTreeMap;

use model::{ContactId, DeliveryState, EmailAddress, InDoubtPolicy, Removal};
use store::{ContactRow, NewAnnouncement, NewCampaign, Scope, StoreOptions};
use tokio::sync::oneshot;

use super::*;
use store::Frozen;

const NOW: Timestamp = Timestamp(1_795_428_245_000_000);
const CONTACTS: usize = 3_000;

/// A campaign that is starting for [`CONTACTS`] subscribers, and the last of them.
async fn starting(store: &Store) -> (CampaignId, ContactId) {
    let topic = store.topic_ensure("releases".into(), "Releases".into()).await.unwrap();
    let email = |number| EmailAddress::parse(&format!("p{number}@example.com")).unwrap();
    let row = |number| ContactRow { email: email(number), attributes: BTreeMap::new() };
    let rows = (0..CONTACTS).map(row).collect();
    store.contacts_import(rows, Some(topic), "test".into(), NOW).await.unwrap();
    let text = || String::from("4.2");
    let announcement = NewAnnouncement { name: text(), subject: text(), source: text() };
    let announcement = store.announcement_save(announcement, NOW).await.unwrap();
    let policy = InDoubtPolicy::NeverResend;
    let new = NewCampaign { name: text(), announcement, topic, policy, links: Vec::new() };
    let id = store.campaign_create(new, NOW).await.unwrap();
    store.expansion_begin(id, Frozen::default(), NOW).await.unwrap();
    // Ids follow the order of the addresses.
    let last = store.contact_by_email(email(999)).await.unwrap().unwrap();
    (id, last.id)
}

#[tokio::test]
async fn a_removal_gets_through_while_another_process_makes_an_audience() {
    let dir = tempfile::TempDir::new().unwrap();
    let open = || Store::open(&dir.path().join("store.db"), StoreOptions::default()).unwrap();
    // As in two processes: each has a writer of its own.
    let (command, server) = (open(), open());
    let (id, last) = starting(&command).await;
    let (begun, has_begun) = oneshot::channel();
    let mut begun = Some(begun);
    let expanding = tokio::spawn(async move {
        let progress = |_, _| {
            if let Some(begun) = begun.take() {
                begun.send(()).unwrap();
            }
        };
        expand_by(10, &command, id, NOW, progress).await.unwrap()
    });
    has_begun.await.unwrap();
    let (all, how, at) = (Scope::Everything, Removal::OneClick, Timestamp(NOW.0 + 1));
    server.contact_leave(last, all, how, Some(id), [1; 32], at).await.unwrap();
    let campaign = server.campaign_find(id).await.unwrap().unwrap();
    assert_eq!(campaign.state, CampaignState::Starting, "the removal waited for the end");

    assert_eq!(expanding.await.unwrap(), CampaignState::Sending);
    let counts = server.deliveries_count(id).await.unwrap();
    let expected = i64::try_from(CONTACTS).unwrap();
    assert_eq!((counts.get(DeliveryState::Queued), counts.total()), (expected - 1, expected));
}
