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

/// What each message is answered with, in turn; all say yes.
const ODD: [&[u8]; 6] = [
    b"250\r\n",
    b"250\n",
    b"250 Nachricht f\xfcr Sie \xfcbernommen\r\n",
    b"250ok\r\n",
    b"250-queued\n251 will forward\n",
    b"the scanner is slow today\r\n250 2.0.0 taken\r\n",
];

#[tokio::test]
async fn replies_as_servers_really_send_them_leave_no_doubt() {
    let fake = Fake::start(|command, seen| match command.split([' ', ':']).next()? {
        "EHLO" => Some(Act::Say("250-fake\n250-\n250 PIPELINING\n")),
        "MAIL" => Some(Act::Bytes(b"250\r\n")),
        "RCPT" => Some(Act::Bytes(b"250-2.1.5 Empf\xe4nger\r\n250 2.1.5 bekannt\n")),
        "DATA" => Some(Act::Bytes(b"354\n")),
        "." if seen.taken.len() == 7 => {
            Some(Act::Say(Box::leak(("250-policy\r\n".repeat(6_000) + "250 taken\r\n").into())))
        }
        "." => Some(Act::Bytes(ODD[seen.taken.len() % ODD.len()])),
        _ => None,
    });
    let world = World::with_contacts(20).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    let counts = world.until_finished(campaign).await;
    assert_eq!(count(&counts, Sent), 20, "{counts:?}");
    mailer.stop().await;
    assert_no_double(&fake.taken());
    assert_eq!(mailer_lines(&fake, "EHLO"), 4, "a connection was given up");
}

fn mailer_lines(fake: &Fake, command: &str) -> usize {
    let seen = fake.seen.lock().unwrap();
    seen.commands.iter().filter(|line| line.starts_with(command)).count()
}

#[tokio::test]
async fn a_word_on_the_message_that_breaks_off_counts_as_far_as_it_came() {
    let fake = Fake::start(|command, seen| match command {
        "." if seen.taken.len() % 2 == 0 => Some(Act::Leave("250-taken as\r\n2")),
        "." => Some(Act::Leave("552 5.2.2 it is fu")),
        _ => None,
    });
    let world = World::with_contacts(6).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(fake.port);
    relay.connections = 1;
    let mailer = world.mailer(relay);
    let counts = world.until_finished(campaign).await;
    mailer.stop().await;
    assert_eq!((count(&counts, Sent), count(&counts, Failed)), (3, 3), "{counts:?}");
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn a_relay_that_knows_helo_only_is_spoken_to_in_steps() {
    let fake = Fake::start(|command, _| match command.split(' ').next()? {
        "EHLO" => Some(Act::Say("500 what?\r\n")),
        "HELO" => Some(Act::Say("250 fake\r\n")),
        _ => None,
    });
    let world = World::with_contacts(5).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 5);
    mailer.stop().await;
    let commands = fake.seen.lock().unwrap().commands.clone();
    assert!(commands.contains(&"HELO mailer.example".to_owned()), "{commands:?}");
    assert!(!commands.iter().any(|command| command.contains("SIZE=")), "{commands:?}");
}

#[tokio::test]
async fn a_relay_that_refuses_our_name_is_quoted_with_it() {
    let fake = Fake::start(|command, _| match command.split(' ').next()? {
        "EHLO" => Some(Act::Say("550 5.7.1 need a real name\r\n")),
        "HELO" => Some(Act::Say("550 no\r\n")),
        _ => None,
    });
    let told = mailer::probe(&relay(fake.port)).await.unwrap_err().to_string();
    assert!(
        told.ends_with("answered EHLO mailer.example with 550 5.7.1 need a real name"),
        "{told}"
    );
}

#[tokio::test]
async fn no_error_quotes_the_address_in_a_reply_that_is_none() {
    let script: [crate::fake::Script; 2] = [
        |command, _| {
            command.starts_with("RCPT").then_some(Act::Say("person0@example.com who?\r\n"))
        },
        |command, _| (command == ".").then_some(Act::Say("350 person0@example.com\r\n")),
    ];
    for script in script {
        let fake = Fake::start(script);
        let world = World::with_contacts(1).await;
        world.start_campaign(InDoubtPolicy::NeverResend).await;
        let mailer = world.mailer(relay(fake.port));
        let trouble = mailer.until_trouble().await;
        mailer.stop().await;
        assert!(trouble.contains("127.0.0.1") && !trouble.contains('@'), "{trouble}");
    }
}

#[tokio::test]
async fn a_login_is_asked_for_in_any_words() {
    let fake = Fake::start(|command, _| match command.split(' ').next()? {
        "EHLO" => Some(Act::Say("250-fake\r\n250 auth=login\r\n")),
        "AUTH" => Some(Act::Say("334 TG9naW46\r\n")),
        "YW5u" => Some(Act::Say("334 Kennwort?\r\n")),
        "czNjcmV0" => Some(Act::Say("235 welcome\r\n")),
        _ => None,
    });
    let mut relay = relay(fake.port);
    relay.auth = Some(("ann".into(), "s3cret".into()));
    assert!(mailer::probe(&relay).await.is_ok(), "{:?}", fake.seen.lock().unwrap().commands);
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
    // One connection, so that others follow the third person on it.
    let mut relay = relay(fake.port);
    relay.connections = 1;
    let mailer = world.mailer(relay);
    let counts = world.until_finished(campaign).await;
    assert_eq!((count(&counts, Sent), count(&counts, Failed)), (11, 1), "{counts:?}");
    mailer.stop().await;
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let failed = reasons.iter().find(|reason| reason.state == Failed).unwrap();
    assert_eq!((failed.code, failed.reply.as_str()), (550, "5.1.1 (address) unknown"));
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
    assert!(trouble.contains("answered DATA with code 250"), "{trouble}");
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
        let told = ["did not answer", "no greeting from"].map(|words| trouble.contains(words));
        assert!(told.contains(&true), "{stall}: {trouble}");
        mailer.stop().await;
        world.until(campaign, |counts| count(counts, Queued) == 2).await;
    }
}

#[tokio::test]
async fn a_recipient_refused_for_good_fails_at_once() {
    for stage in ["RCPT", "DATA", "."] {
        let script: crate::fake::Script = match stage {
            "RCPT" => |command, _| {
                command.starts_with("RCPT").then_some(Act::Say("550 5.1.1 User unknown\r\n"))
            },
            "DATA" => |command, _| {
                (command == "DATA").then_some(Act::Say("554 5.5.1 No valid recipients\r\n"))
            },
            _ => |command, _| (command == ".").then_some(Act::Say("552 5.2.2 Mailbox full\r\n")),
        };
        let (fake, world) = (Fake::start(script), World::with_contacts(12).await);
        let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
        let mailer = world.mailer(relay(fake.port));
        let counts = world.until_finished(campaign).await;
        assert_eq!(count(&counts, Failed), 12, "{stage}: {counts:?}");
        mailer.stop().await;
        assert_eq!(fake.seen.lock().unwrap().count("RCPT"), 12, "{stage}: once each");
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
async fn trouble_is_told_in_the_store_and_taken_back() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = World::with_contacts(3).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(closed));
    let told = async || {
        world.store.setting_find(format!("{}/1", store::notice_keys::RELAY_TROUBLE)).await.unwrap()
    };
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
