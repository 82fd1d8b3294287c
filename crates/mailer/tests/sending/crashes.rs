//! What a stop, a crash and a full disk leave behind.

use std::time::Duration;

use journal::{Journal, Options};
use mailer::TroubleKind;
use model::DeliveryState::{InDoubt, Leased, Queued, Sent};
use model::campaign::CampaignAction;
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

/// What a mailer finds at its start after it was killed with six leases, of which the first four
/// were intended and the first two sent, and `harm` was done to its journal.
async fn after_harm(harm: impl Fn(&World)) -> (usize, usize, usize) {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(10).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    // An earlier run, so that the store knows the journal.
    world.store.campaign_act(campaign, CampaignAction::Pause, now()).await.unwrap();
    world.mailer(relay(fake.port)).stop().await;
    world.store.campaign_act(campaign, CampaignAction::Resume, now()).await.unwrap();
    let lease = Duration::from_secs(600);
    let claimed = world.store.deliveries_claim(campaign, 1, 6, now(), lease).await.unwrap();
    let mut records: Vec<Vec<u8>> =
        claimed[..4].iter().map(|each| record(1, campaign, each, &[])).collect();
    records.extend(claimed[..2].iter().map(|each| sent(campaign, each)));
    leave_behind(&world, &records);
    harm(&world);
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    mailer.stop().await;
    assert_no_double(&fake.taken());
    for each in &claimed[..4] {
        let address = each.email.as_str();
        assert!(!fake.taken().iter().any(|taken| taken.contains(address)), "{address} has two");
    }
    (count(&counts, Sent), count(&counts, InDoubt), fake.taken().len())
}

fn segments(world: &World) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(world.journal()).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "seg"));
    paths.sort();
    paths
}

/// Flips a byte of the newest segment that has records.
fn flip(world: &World, at: usize) {
    let paths = segments(world);
    let read = |path: &std::path::PathBuf| std::fs::read(path).unwrap();
    let path = paths.iter().rfind(|path| read(path).first().is_some_and(|byte| *byte != 0));
    let path = path.expect("records");
    let mut bytes = read(path);
    bytes[at] ^= 0x10;
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_journal_that_is_whole_leaves_only_its_intents_in_doubt() {
    assert_eq!(after_harm(|_| {}).await, (8, 2, 6));
}

#[tokio::test]
async fn without_its_journal_every_lease_is_in_doubt() {
    let lost = |world: &World| std::fs::remove_dir_all(world.journal()).unwrap();
    assert_eq!(after_harm(lost).await, (4, 6, 4));
    let emptied = |world: &World| {
        segments(world).iter().for_each(|path| std::fs::remove_file(path).unwrap());
    };
    assert_eq!(after_harm(emptied).await, (4, 6, 4));
}

#[tokio::test]
async fn a_damaged_journal_still_tells_what_stands_in_it_and_the_rest_is_in_doubt() {
    // The first intent: an intent has 33 bytes. What stands behind it in the newest segment can't
    // be told from what a crash tore, and is not believed.
    assert_eq!(after_harm(|world| flip(world, 20)).await, (4, 6, 4));
    // The last outcome, of the second who was sent to.
    let second_outcome = 4 * 33 + 53 + 20;
    assert_eq!(after_harm(|world| flip(world, second_outcome)).await, (5, 5, 4));
}

#[tokio::test]
async fn damage_in_an_older_segment_is_passed_over_and_what_was_sent_stays_sent() {
    let harm = |world: &World| {
        // Of somebody whom nobody knows.
        let mut outcome = vec![0; 1 + 3 * 8 + 1 + 8 + 2];
        (outcome[0], outcome[25]) = (2, 4);
        leave_behind(world, &[outcome]);
        let path = segments(world)
            .into_iter()
            .find(|path| std::fs::read(path).unwrap().first() == Some(&25));
        let path = path.expect("a segment that begins with an intent");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[2 * 33 + 20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    };
    // Both outcomes are read; the third intent is lost, so whoever has none is in doubt.
    assert_eq!(after_harm(harm).await, (6, 4, 4));
}

#[tokio::test]
async fn an_older_copy_of_the_journal_is_not_believed() {
    let copied = |world: &World| {
        let aside = world.dir.path().join("aside");
        std::fs::create_dir(&aside).unwrap();
        for entry in std::fs::read_dir(world.journal()).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, aside.join(path.file_name().unwrap())).unwrap();
        }
        std::fs::remove_dir_all(world.journal()).unwrap();
        std::fs::rename(&aside, world.journal()).unwrap();
    };
    // What it says was sent was sent; whether it says everything, nobody knows.
    assert_eq!(after_harm(copied).await, (6, 4, 4));
}

#[tokio::test]
async fn a_journal_that_ends_before_what_the_store_has_seen_is_not_believed() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(10).await;
    let first = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    world.until_finished(first).await;
    mailer.stop().await;
    let second = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let lease = Duration::from_secs(600);
    world.store.deliveries_claim(second, 1, 6, now(), lease).await.unwrap();
    // The last record that the store has seen is gone, and nothing shows where it was.
    let mut reader = journal::Reader::open(&world.journal(), journal::Position::START).unwrap();
    let end = journal::Position { segment: u64::MAX, offset: 0 };
    let mut last = journal::Position::START;
    // What stands behind the last one is no record.
    while let Ok(Some((at, _))) = reader.next(end) {
        last = at;
    }
    let path = segments(&world).into_iter().rfind(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        name.parse() == Ok(last.segment)
    });
    let path = path.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[last.offset as usize..].fill(0);
    std::fs::write(&path, bytes).unwrap();

    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(second).await;
    mailer.stop().await;
    assert_eq!((count(&counts, Sent), count(&counts, InDoubt)), (4, 6));
}

#[tokio::test]
async fn what_a_later_release_has_written_stops_the_mailer_until_its_folder_is_moved_aside() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(10).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let lease = Duration::from_secs(600);
    let claimed = world.store.deliveries_claim(campaign, 1, 6, now(), lease).await.unwrap();
    let mut records: Vec<Vec<u8>> =
        claimed[..4].iter().map(|each| record(1, campaign, each, &[])).collect();
    records.extend(claimed[..2].iter().map(|each| sent(campaign, each)));
    records.push(record(3, campaign, &claimed[2], b"of a later release"));
    leave_behind(&world, &records);
    for _ in 0..2 {
        let mailer = world.mailer(relay(fake.port));
        let told = mailer.trouble(TroubleKind::Journal).await;
        for word in ["later release", "kind 3", "move the folder away", "--in-doubt"] {
            assert!(told.contains(word), "{told}");
        }
        let key = format!("{}/1", TroubleKind::Journal.key());
        let kept = world.setting(key).await;
        assert!(kept.contains("later release"), "campaign status tells it: {kept}");
        mailer.stop().await;
    }
    let counts = world.until(campaign, |_| true).await;
    // What this release understands holds; nothing is put in doubt that a later one knows.
    assert_eq!((count(&counts, InDoubt), count(&counts, Queued)), (0, 4), "{counts:?}");
    assert_eq!(fake.taken().len(), 0);
    std::fs::rename(world.journal(), world.dir.path().join("aside")).unwrap();
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    mailer.stop().await;
    assert_eq!((count(&counts, Sent), count(&counts, InDoubt)), (6, 4));
    assert_eq!(fake.taken().len(), 4);
}

#[tokio::test]
async fn unreadable_bytes_are_kept_aside() {
    let kept = |world: &World| {
        let entries = std::fs::read_dir(world.journal()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".torn") || name.ends_with(".damaged")).count()
    };
    let world = World::with_contacts(1).await;
    for round in 1..=20 {
        leave_behind(&world, &[vec![1; 25]]);
        flip(&world, 20);
        leave_behind(&world, &[]);
        assert_eq!(kept(&world), round.min(8));
    }
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
