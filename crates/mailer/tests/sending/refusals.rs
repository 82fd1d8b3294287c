//! Refusals that are about us, about one recipient, or about nobody knows whom: who pays for them,
//! counted at the relay.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use model::DeliveryState::{Failed, InDoubt, Sent};
use model::{CampaignId, CampaignState, InDoubtPolicy};

use crate::fake::{Act, Fake};
use crate::world::{PATIENCE, World, address, assert_no_double, count, relay};

/// The number of a `RCPT TO:<personN@example.com>`.
fn person(command: &str) -> Option<usize> {
    let rest = command.strip_prefix("RCPT TO:<person")?;
    rest.split('@').next()?.parse().ok()
}

async fn reason_of(world: &World, campaign: CampaignId) -> String {
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let failed = reasons.iter().find(|reason| reason.state == Failed).unwrap();
    format!("{} {}", failed.code, failed.reply)
}

#[tokio::test]
async fn a_relay_that_relays_for_nobody_fails_nobody() {
    let fake = Fake::start(|command, seen| {
        let denied = command.starts_with("RCPT") && seen.count("RCPT") <= 7;
        denied.then_some(Act::Say("554 5.7.1 <x>: Relay access denied\r\n"))
    });
    let world = World::with_contacts(20).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let trouble = mailer.until_trouble().await;
    assert!(trouble.contains("Relay access denied"), "{trouble}");
    let counts = world.until_finished(campaign).await;
    assert_eq!((count(&counts, Sent), count(&counts, Failed)), (20, 0), "{counts:?}");
    mailer.stop().await;
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn who_is_refused_for_now_is_mailed_when_the_wait_is_over() {
    let fake = Fake::start(|command, seen| {
        let refused = command.starts_with("RCPT") && seen.count("RCPT") <= 1;
        refused.then_some(Act::Say("450 4.2.0 <x>: Recipient address rejected: Greylisted\r\n"))
    });
    let world = World::with_contacts(1).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut settings = world.settings(relay(fake.port));
    // Longer than the mailer takes to find that nothing is due.
    settings.retry.first = Duration::from_millis(1_500);
    settings.retry.max = settings.retry.first;
    settings.retry.give_up_after = Duration::from_secs(60);
    let mailer = world.mailer_with(settings);
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 1);
    mailer.stop().await;
    assert_eq!(fake.taken().len(), 1);
}

#[tokio::test]
async fn a_quota_that_is_used_up_fails_nobody() {
    let fake = Fake::start(|command, seen| {
        let refused = command == "." && seen.taken.len() <= 7;
        refused.then_some(Act::Say("454 Throttling failure: Daily message quota exceeded.\r\n"))
    });
    let world = World::with_contacts(20).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    assert_eq!((count(&counts, Sent), count(&counts, Failed)), (20, 0), "{counts:?}");
    mailer.stop().await;
    assert_eq!(fake.taken().len(), 27, "the refused seven, and everybody once");
}

#[tokio::test]
async fn a_refused_sender_stops_its_campaign_alone() {
    let fake = Fake::start(|command, _| {
        let refused = command.starts_with("MAIL FROM:<wrong@");
        refused.then_some(Act::Say("550 5.7.1 Sender address rejected: not owned by user\r\n"))
    });
    let world = World::with_contacts(200).await;
    let never = InDoubtPolicy::NeverResend;
    let refused = world.start_campaign_from("wrong@aurora.example", never).await;
    let fine = world.start_campaign(never).await;
    let mut settings = world.settings(relay(fake.port));
    settings.return_path = None;
    let mailer = world.mailer_with(settings);
    assert_eq!(count(&world.until_finished(fine).await, Sent), 200);
    let began = Instant::now();
    while world.store.campaign_find(refused).await.unwrap().unwrap().state != CampaignState::Paused
    {
        assert!(began.elapsed() < PATIENCE, "it is not paused");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let counts = world.until(refused, |_| true).await;
    assert_eq!((count(&counts, Sent), count(&counts, Failed)), (0, 0), "{counts:?}");
    let key = format!("{}/{refused}", store::notice_keys::CAMPAIGN_TROUBLE);
    let why = world.store.setting_find(key).await.unwrap().unwrap();
    assert!(why.starts_with("paused by Pharos") && why.contains("not owned by user"), "{why}");
    assert_eq!(mailer.metrics.campaigns_paused.load(Ordering::Relaxed), 1);
    mailer.stop().await;
    let seen = fake.seen.lock().unwrap();
    assert!(seen.count("MAIL FROM:<wrong@") <= 5 + 4, "more than a handful was tried");
    assert!(seen.opened <= 8, "{} connections: a refused sender costs none", seen.opened);
}

#[tokio::test]
async fn a_relay_that_closes_on_one_address_gets_all_the_others() {
    for last in [7, 39] {
        let script: crate::fake::Script = match last {
            7 => |command, _| (person(command) == Some(7)).then_some(Act::Close),
            _ => |command, _| (person(command) == Some(39)).then_some(Act::Close),
        };
        let fake = Fake::start(script);
        let world = World::with_contacts(40).await;
        let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
        let mailer = world.mailer(relay(fake.port));
        let counts = world.until_finished(campaign).await;
        assert_eq!((count(&counts, Sent), count(&counts, Failed)), (39, 1), "{counts:?}");
        let reason = reason_of(&world, campaign).await;
        assert!(reason.contains("given up") && reason.contains("closed"), "{reason}");
        mailer.stop().await;
        let tries = fake.seen.lock().unwrap().count(&format!("RCPT TO:<{}", address(last)));
        assert!((2..=6).contains(&tries), "{tries} tries");
        assert_no_double(&fake.taken());
    }
}

#[tokio::test]
async fn fifty_poisonous_recipients_in_front_let_the_others_through() {
    for reply in ["421 4.7.0 closing\r\n", "530 5.7.0 login\r\n", "junk\r\n"] {
        let script: crate::fake::Script = match &reply[..3] {
            "421" => |command, _| {
                let poison = person(command).is_some_and(|number| number < 50);
                poison.then_some(Act::Leave("421 4.7.0 closing\r\n"))
            },
            "530" => |command, _| {
                let poison = person(command).is_some_and(|number| number < 50);
                poison.then_some(Act::Say("530 5.7.0 login\r\n"))
            },
            _ => |command, _| {
                let poison = person(command).is_some_and(|number| number < 50);
                poison.then_some(Act::Say("junk\r\n"))
            },
        };
        let fake = Fake::start(script);
        let world = World::with_contacts(200).await;
        let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
        let mut settings = world.settings(relay(fake.port));
        settings.batch = 500;
        settings.retry.give_up_after = Duration::from_secs(600);
        let mailer = world.mailer_with(settings);
        let counts = world.until_finished(campaign).await;
        assert_eq!(
            (count(&counts, Sent), count(&counts, Failed)),
            (150, 50),
            "{reply}: {counts:?}"
        );
        mailer.stop().await;
        assert_no_double(&fake.taken());
        let tries = fake.seen.lock().unwrap().count("RCPT") - 150;
        assert!(tries <= 50 * 7, "{reply}: {tries} tries for fifty");
    }
}

#[tokio::test]
async fn a_goodbye_to_every_message_is_no_reconnect_storm() {
    let fake = Fake::start(|command, seen| {
        (command == "DATA" && seen.opened < 9).then_some(Act::Leave("421 4.3.2 closing\r\n"))
    });
    let world = World::with_contacts(30).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let began = Instant::now();
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    // Eight connections were turned away: four at once, then one after each of the growing waits.
    assert!(began.elapsed() > Duration::from_secs(3), "{:?}", began.elapsed());
    assert_eq!((count(&counts, Sent), count(&counts, Failed)), (30, 0), "{counts:?}");
    mailer.stop().await;
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn a_relay_that_takes_two_connections_gets_two() {
    let fake = Fake::start(|command, seen| {
        let refused = command == "CONNECT" && seen.open > 2;
        refused.then_some(Act::Leave("421 4.7.0 too many connections\r\n"))
    });
    let world = World::with_contacts(3_000).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(fake.port);
    relay.connections = 10;
    let mut settings = world.settings(relay);
    settings.batch = 500;
    let mailer = world.mailer_with(settings);
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 3_000);
    assert!(mailer.metrics.connections_allowed.load(Ordering::Relaxed) <= 3);
    mailer.stop().await;
    let opened = fake.seen.lock().unwrap().opened;
    assert!(opened <= 30, "{opened} connections");
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn no_more_than_three_copies_go_out() {
    let fake = Fake::start(|command, _| (command == ".").then_some(Act::Close));
    let world = World::with_contacts(2).await;
    let campaign = world.start_campaign(InDoubtPolicy::Resend).await;
    let mut settings = world.settings(relay(fake.port));
    settings.retry.give_up_after = Duration::from_secs(600);
    let mailer = world.mailer_with(settings);
    let counts = world.until_finished(campaign).await;
    assert_eq!(count(&counts, InDoubt), 2, "{counts:?}");
    mailer.stop().await;
    assert_eq!(fake.taken().len(), 6);
}
