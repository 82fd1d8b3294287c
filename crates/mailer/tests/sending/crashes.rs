//! What a stop, a crash and a full disk leave behind.

use std::time::Duration;

use journal::{Journal, Options};
use model::DeliveryState::{InDoubt, Leased, Queued, Sent};
use model::{CampaignId, InDoubtPolicy};
use store::Claimed;

use crate::fake::Fake;
use crate::world::{World, assert_no_double, count, now, relay};

#[tokio::test]
async fn a_stopped_mailer_gives_everything_back_and_the_next_one_goes_on() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(500).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    for stop_at in [20, 150, 300] {
        let mailer = world.mailer(relay(fake.port));
        world.until(campaign, |counts| count(counts, Sent) >= stop_at).await;
        mailer.stop().await;
        let counts = world.until(campaign, |_| true).await;
        assert_eq!(count(&counts, Leased), 0, "{counts:?}");
        assert_eq!(count(&counts, InDoubt), 0, "{counts:?}");
        assert_eq!(count(&counts, Sent), fake.taken().len());
    }
    let mailer = world.mailer(relay(fake.port));
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 500);
    mailer.stop().await;
    assert_eq!(fake.taken().len(), 500);
    assert_no_double(&fake.taken());
}

/// Writes what a mailer that died would have left: `records` for claimed deliveries.
fn leave_behind(world: &World, records: &[Vec<u8>]) {
    let options = Options { segment_bytes: 1 << 20, max_bytes: 16 << 20 };
    let mut journal = Journal::open(&world.journal(), options).unwrap();
    for record in records {
        journal.append(record).unwrap();
    }
    journal.commit().unwrap();
}

fn record(kind: u8, campaign: CampaignId, claimed: &Claimed, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    for number in [campaign.0, claimed.contact.0, claimed.epoch] {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    bytes.extend_from_slice(rest);
    bytes
}

/// An outcome "sent".
fn sent(campaign: CampaignId, claimed: &Claimed) -> Vec<u8> {
    let mut rest = vec![1];
    rest.extend_from_slice(&0_i64.to_le_bytes());
    rest.extend_from_slice(&0_u16.to_le_bytes());
    rest.extend_from_slice(b"250 taken");
    record(2, campaign, claimed, &rest)
}

async fn after_a_crash(policy: InDoubtPolicy) -> (usize, usize, usize) {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(10).await;
    let campaign = world.start_campaign(policy).await;
    let lease = Duration::from_secs(600);
    let claimed = world.store.deliveries_claim(campaign, 1, 6, now(), lease).await.unwrap();
    // Two were taken, two have only an intent, two were not begun.
    let mut records: Vec<Vec<u8>> =
        claimed[..4].iter().map(|each| record(1, campaign, each, &[])).collect();
    records.extend(claimed[..2].iter().map(|each| sent(campaign, each)));
    leave_behind(&world, &records);
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    mailer.stop().await;
    assert_no_double(&fake.taken());
    (count(&counts, Sent), count(&counts, InDoubt), fake.taken().len())
}

#[tokio::test]
async fn an_intent_without_an_outcome_is_in_doubt_after_a_crash() {
    assert_eq!(after_a_crash(InDoubtPolicy::NeverResend).await, (8, 2, 6));
}

#[tokio::test]
async fn who_wishes_resending_gets_it_after_a_crash() {
    assert_eq!(after_a_crash(InDoubtPolicy::Resend).await, (10, 0, 8));
}

#[tokio::test]
async fn a_second_replay_changes_nothing() {
    let world = World::with_contacts(4).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let lease = Duration::from_secs(600);
    let claimed = world.store.deliveries_claim(campaign, 1, 4, now(), lease).await.unwrap();
    let records: Vec<Vec<u8>> = claimed.iter().map(|each| record(1, campaign, each, &[])).collect();
    leave_behind(&world, &records);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for _ in 0..3 {
        let mailer = world.mailer(relay(closed));
        let counts = world.until(campaign, |counts| count(counts, InDoubt) == 4).await;
        assert_eq!(count(&counts, Queued), 0);
        mailer.stop().await;
    }
    let mark = world.store.mark_find("mail/1".into()).await.unwrap().unwrap();
    assert!(mark.segment > 0);
}

#[tokio::test]
async fn the_mark_follows_and_old_outcomes_are_not_replayed() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(100).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    world.until_finished(campaign).await;
    mailer.stop().await;
    let first = world.store.mark_find("mail/1".into()).await.unwrap().unwrap();
    assert!(first.offset > 0, "{first:?}");
    let mailer = world.mailer(relay(fake.port));
    mailer.stop().await;
    let second = world.store.mark_find("mail/1".into()).await.unwrap().unwrap();
    assert!((second.segment, second.offset) >= (first.segment, first.offset));
    assert_eq!(fake.taken().len(), 100);
}
