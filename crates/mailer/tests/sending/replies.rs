//! Replies that no real relay gives on demand.

use std::time::Duration;

use model::DeliveryState::{Failed, InDoubt, Queued, Sent, Skipped};
use model::{EmailAddress, InDoubtPolicy};
use store::ContactRow;

use crate::fake::{Act, Fake};
use crate::world::{PATIENCE, World, assert_no_double, count, now, relay};

#[tokio::test]
async fn a_relay_that_takes_the_message_and_hangs_up_leaves_doubt_and_no_double() {
    let fake = Fake::start(|command, _| (command == ".").then_some(Act::Close));
    let world = World::with_contacts(6).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    assert_eq!(count(&counts, InDoubt), 6, "{counts:?}");
    mailer.stop().await;
    assert_eq!(fake.taken().len(), 6);
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn who_wishes_resending_gets_it_after_doubt() {
    let fake = Fake::start(|command, seen| {
        (command == "." && seen.taken.len() <= 2).then_some(Act::Close)
    });
    let world = World::with_contacts(4).await;
    let campaign = world.start_campaign(InDoubtPolicy::Resend).await;
    let mut settings = world.settings(relay(fake.port));
    settings.retry.give_up_after = Duration::from_secs(60);
    let mailer = world.mailer_with(settings);
    let counts = world.until_finished(campaign).await;
    assert_eq!(count(&counts, Sent), 4, "{counts:?}");
    mailer.stop().await;
    assert!(fake.taken().len() > 4);
}

#[tokio::test]
async fn a_reply_in_pieces_is_one_reply() {
    let fake = Fake::start(|command, _| match command.split(':').next()? {
        "RCPT TO" => Some(Act::Pieces(&["250-rec", "ipient\r", "\n25", "0 ok\r\n"])),
        "." => Some(Act::Pieces(&["2", "50 ta", "ken\r", "\n"])),
        _ => None,
    });
    let world = World::with_contacts(30).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 30);
    mailer.stop().await;
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn a_relay_that_wants_a_message_for_nobody_gets_a_lone_dot() {
    let fake = Fake::start(|command, _| {
        command
            .contains("person3@")
            .then_some(Act::Say("550 5.1.1 <person3@example.com> unknown\r\n"))
    });
    let world = World::with_contacts(12).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    assert_eq!((count(&counts, Sent), count(&counts, Failed)), (11, 1), "{counts:?}");
    mailer.stop().await;
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let failed = reasons.iter().find(|reason| reason.state == Failed).unwrap();
    assert_eq!((failed.code, failed.reply.as_str()), (550, "5.1.1 <(recipient)> unknown"));
    let seen = fake.seen.lock().unwrap();
    assert_eq!(seen.lone_dots, 1);
    assert!(seen.commands.iter().any(|command| command == "RSET"));
    assert_eq!(seen.taken.len(), 11);
    assert_no_double(&seen.taken);
}

#[tokio::test]
async fn replies_out_of_step_are_never_taken_for_acceptance() {
    // Two replies to MAIL shift everything by one: DATA gets RCPT's 250.
    let fake = Fake::start(|command, _| {
        command.starts_with("MAIL").then_some(Act::Say("250 ok\r\n250 ok\r\n"))
    });
    let world = World::with_contacts(3).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let trouble = mailer.until_trouble().await;
    assert!(trouble.contains("Data with code 250"), "{trouble}");
    mailer.stop().await;
    world.until(campaign, |counts| count(counts, Queued) == 3).await;
    assert!(fake.taken().is_empty());
}

#[tokio::test]
async fn a_relay_that_stalls_at_the_dot_leaves_doubt() {
    let fake = Fake::start(|command, _| (command == ".").then_some(Act::Stall));
    let world = World::with_contacts(2).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(fake.port);
    relay.data_timeout = Duration::from_millis(100);
    let mailer = world.mailer(relay);
    assert_eq!(count(&world.until_finished(campaign).await, InDoubt), 2);
    mailer.stop().await;
}

#[tokio::test]
async fn a_relay_that_stalls_before_the_dot_costs_nobody_anything() {
    for stall in ["CONNECT", "EHLO", "MAIL", "DATA"] {
        let script: crate::fake::Script = match stall {
            "CONNECT" => |command, _| (command == "CONNECT").then_some(Act::Stall),
            "EHLO" => |command, _| command.starts_with("EHLO").then_some(Act::Stall),
            "MAIL" => |command, _| command.starts_with("MAIL").then_some(Act::Stall),
            _ => |command, _| (command == "DATA").then_some(Act::Stall),
        };
        let fake = Fake::start(script);
        let world = World::with_contacts(2).await;
        let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
        let mut relay = relay(fake.port);
        (relay.connect_timeout, relay.reply_timeout) =
            (Duration::from_millis(100), Duration::from_millis(100));
        let mailer = world.mailer(relay);
        let trouble = mailer.until_trouble().await;
        assert!(trouble.contains("did not answer"), "{stall}: {trouble}");
        mailer.stop().await;
        world.until(campaign, |counts| count(counts, Queued) == 2).await;
    }
}

#[tokio::test]
async fn a_relay_that_wants_a_login_fails_nobody() {
    let fake = Fake::start(|command, _| {
        command.starts_with("MAIL").then_some(Act::Say("530 5.7.0 Authentication required\r\n"))
    });
    let world = World::with_contacts(3).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let trouble = mailer.until_trouble().await;
    assert!(trouble.contains("Authentication required"), "{trouble}");
    mailer.stop().await;
    world.until(campaign, |counts| count(counts, Queued) == 3).await;
}

#[tokio::test]
async fn a_sender_that_the_relay_refuses_costs_no_recipient() {
    let fake = Fake::start(|command, _| {
        command.starts_with("MAIL").then_some(Act::Say("550 5.7.1 sender not allowed\r\n"))
    });
    let world = World::with_contacts(3).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let trouble = mailer.until_trouble().await;
    assert!(trouble.contains("sender not allowed"), "{trouble}");
    mailer.stop().await;
    world.until(campaign, |counts| count(counts, Queued) == 3).await;
}

#[tokio::test]
async fn trouble_is_told_in_the_store_and_taken_back() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = World::with_contacts(3).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(closed));
    let told =
        async || world.store.setting_find(format!("{}/1", mailer::RELAY_TROUBLE)).await.unwrap();
    let began = std::time::Instant::now();
    while told().await.is_none_or(|text| !text.contains("can't connect to 127.0.0.1")) {
        assert!(began.elapsed() < PATIENCE, "no trouble is told");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    mailer.stop().await;
    let fake = Fake::start(|_, _| None);
    let mailer = world.mailer(relay(fake.port));
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 3);
    assert_eq!(told().await.as_deref(), Some(""));
    mailer.stop().await;
}

#[tokio::test]
async fn a_contact_without_a_value_is_skipped_and_the_tag_is_named() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(2).await;
    let nameless = ContactRow {
        email: EmailAddress::parse("nameless@example.com").unwrap(),
        attributes: std::collections::BTreeMap::new(),
    };
    world
        .store
        .contacts_import(vec![nameless], Some(world.topic), "test".into(), now())
        .await
        .unwrap();
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let began = std::time::Instant::now();
    let counts = loop {
        assert!(began.elapsed() < PATIENCE, "the deliveries do not end");
        let counts = world.store.deliveries_count(campaign).await.unwrap();
        if count(&counts, Sent) + count(&counts, Skipped) == 3 {
            break counts;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    assert_eq!(count(&counts, Skipped), 1);
    mailer.stop().await;
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let skipped = reasons.iter().find(|reason| reason.state == Skipped).unwrap();
    assert!(skipped.reply.contains("first_name") && !skipped.reply.contains("nameless@"));
}
