//! The last word counts (promise P5): removals, pauses and leases during a send.

use std::time::Duration;

use model::DeliveryState::{Leased, Queued, Sent, Suppressed};
use model::campaign::CampaignAction;
use model::{CampaignState, InDoubtPolicy, Removal, TrackingMode};
use store::{Scope, TrackingWord};

use crate::fake::{Act, Fake};
use crate::sink::Sink;
use crate::world::{World, address, assert_no_double, count, now, relay, sender};

/// The reason of whoever left.
const LEFT: &str = "left before it was sent";

/// Whoever is told to `leave` meanwhile is not mailed any more, and is counted with this reason.
async fn leaves_during_the_send(reason: &str, leave: impl AsyncFn(&World, usize)) {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(400).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(fake.port);
    relay.connections = 1;
    let mailer = world.mailer(relay);
    world.until(campaign, |counts| count(counts, Sent) > 0).await;
    // Everybody is claimed in contact order, so these are still to come, or long claimed.
    let mut left = Vec::new();
    for number in (0..400).rev().step_by(7) {
        leave(&world, number).await;
        left.push((address(number), fake.taken()));
    }
    let counts = world.until_finished(campaign).await;
    mailer.stop().await;
    let taken = fake.taken();
    for (address, before) in &left {
        let after = taken.get(before.len() + 1..).unwrap_or_default();
        assert!(!after.contains(address), "mailed after leaving");
    }
    assert_eq!(count(&counts, Sent), taken.len());
    assert_eq!(count(&counts, Suppressed), 400 - taken.len());
    assert!(count(&counts, Suppressed) > 0, "nobody left in time; the test proves nothing");
    let reasons = world.store.deliveries_reasons(campaign).await.unwrap();
    let told = reasons.iter().find(|it| it.reply == reason).map_or(0, |it| it.count);
    assert_eq!(usize::try_from(told).unwrap(), count(&counts, Suppressed), "{reasons:?}");
    assert_no_double(&taken);
}

async fn leave(world: &World, number: usize, scope: Scope) {
    let contact = world.contact(number).await;
    let hash = world.keys.address_hash(&address(number));
    let left = world.store.contact_leave(contact, scope, Removal::Operator, None, hash, now());
    left.await.unwrap();
}

#[tokio::test]
async fn who_unsubscribes_during_the_send_gets_nothing_more() {
    leaves_during_the_send(LEFT, async |world, number| {
        leave(world, number, Scope::Topic(world.topic)).await;
    })
    .await;
}

#[tokio::test]
async fn who_is_suppressed_during_the_send_gets_nothing_more() {
    leaves_during_the_send(LEFT, async |world, number| {
        leave(world, number, Scope::Everything).await;
    })
    .await;
}

#[tokio::test]
async fn who_pauses_during_the_send_is_left_out_of_it() {
    leaves_during_the_send(store::PAUSED, async |world, number| {
        let contact = world.contact(number).await;
        let until = now().after(Duration::from_secs(24 * 60 * 60));
        world.store.contact_pause(contact, Some(until), now()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn who_stops_being_tracked_during_the_send_gets_a_message_that_tells_nothing() {
    let sink = Sink::start(&[]);
    let world = World::with_contacts(400).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(sink.port);
    relay.connections = 1;
    let mailer = world.mailer(relay);
    world.until(campaign, |counts| count(counts, Sent) > 0).await;
    let mut stopped = Vec::new();
    for number in (0..400).rev().step_by(7) {
        let word = TrackingWord {
            contact: world.contact(number).await,
            mode: TrackingMode::Off,
            source: "page".to_owned(),
            notice: None,
            campaign: None,
            forget: false,
            at: now(),
        };
        world.store.contact_tracking_say(word).await.unwrap();
        stopped.push((address(number), sink.messages().len()));
    }
    world.until_finished(campaign).await;
    mailer.stop().await;
    let messages = sink.messages();
    assert_eq!(messages.len(), 400);
    let (mut silent, mut telling) = (0, 0);
    for (address, before) in &stopped {
        let found = messages.iter().position(|it| it.contains(&format!("To: {address}")));
        let place = found.expect("everybody is mailed");
        let tells = messages[place].contains("t.aurora.example");
        // The one that was under way may still be as it was.
        assert!(!tells || place <= *before, "tracked after the word");
        silent += i64::from(!tells);
    }
    for message in &messages {
        telling += i64::from(message.contains("t.aurora.example"));
    }
    assert!(silent > 0, "all had their message in time; the test proves nothing");
    assert_eq!(telling + silent, 400);
    let snapshot = world.store.campaign_snapshot(campaign, now()).await.unwrap().unwrap();
    assert_eq!(snapshot.tally.untracked.off, silent);
}

#[tokio::test]
async fn a_paused_campaign_sends_nothing_more_and_goes_on_when_resumed() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(600).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut relay = relay(fake.port);
    relay.connections = 2;
    let mailer = world.mailer(relay);
    world.until(campaign, |counts| count(counts, Sent) > 20).await;
    world.store.campaign_act(campaign, CampaignAction::Pause, now()).await.unwrap();
    let at_pause = fake.taken().len();
    // Nothing is leased any more: the unsent ones were given back.
    let counts =
        world.until(campaign, |counts| count(counts, Sent) + count(counts, Queued) == 600).await;
    assert!(count(&counts, Sent) <= at_pause + 2, "more than the two that were under way");
    let paused = fake.taken().len();
    assert_eq!(paused, count(&counts, Sent));
    assert!(paused < 600, "it was over before the pause; the test proves nothing");
    world.store.campaign_act(campaign, CampaignAction::Resume, now()).await.unwrap();
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 600);
    mailer.stop().await;
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn a_pause_gives_back_what_no_worker_takes() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let world = World::with_contacts(20).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(closed));
    mailer.until_trouble().await;
    world.until(campaign, |counts| count(counts, Leased) > 0).await;
    world.store.campaign_act(campaign, CampaignAction::Pause, now()).await.unwrap();
    world.until(campaign, |counts| count(counts, Queued) == 20).await;
    mailer.stop().await;
}

#[tokio::test]
async fn nothing_is_sent_under_a_lease_that_is_running_out() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(5).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mut settings = world.settings(relay(fake.port));
    settings.lease = Duration::ZERO;
    let mailer = world.mailer_with(settings);
    // Claimed and given back again and again.
    let contact = world.contact(0).await;
    world.until(campaign, |counts| count(counts, Queued) < 5).await;
    world.until(campaign, |counts| count(counts, Queued) == 5).await;
    assert!(world.store.contact_find(contact).await.unwrap().is_some());
    mailer.stop().await;
    assert!(fake.taken().is_empty());
}

#[tokio::test]
async fn a_relay_that_says_goodbye_between_messages_is_left_alone() {
    let fake = Fake::start(|command, _| {
        (command == ".").then_some(Act::Say("250 taken\r\n421 4.4.2 idle\r\n"))
    });
    let world = World::with_contacts(10).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 10);
    mailer.stop().await;
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn a_campaign_whose_links_would_lead_elsewhere_is_paused_and_mails_nobody() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(5).await;
    // As an earlier release has numbered its links.
    let elsewhere = "https://aurora.example/other";
    let policy = InDoubtPolicy::NeverResend;
    let campaign = world.start_campaign_linked(policy, elsewhere).await;
    let mailer = world.mailer(relay(fake.port));
    world.until_state(campaign, CampaignState::Paused).await;
    mailer.stop().await;
    assert!(fake.taken().is_empty());
    assert_eq!(world.store.compiled_message(campaign).await.unwrap(), None);
}

#[tokio::test]
async fn a_campaign_goes_on_with_the_form_it_was_started_with() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(5).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let source = "---\nsubject: x\nfrom: then@aurora.example\n---\nx\n";
    let announcement = render::Announcement::parse(source).unwrap();
    let topic = render::TopicName { slug: "releases", name: "Releases" };
    let then = render::compile(&announcement, &sender(), &topic).unwrap().to_json().unwrap();
    world.store.compiled_message_keep(campaign, then).await.unwrap();
    let mut settings = world.settings(relay(fake.port));
    settings.return_path = None;
    let mailer = world.mailer_with(settings);
    world.until_finished(campaign).await;
    mailer.stop().await;
    let seen = fake.seen.lock().unwrap();
    let mails = seen.commands.iter().filter(|it| it.starts_with("MAIL")).count();
    let thens = seen.commands.iter().filter(|it| it.contains("<then@aurora.example>")).count();
    assert_eq!((mails, thens), (5, 5));
}

#[tokio::test]
async fn a_campaign_without_a_form_gets_one_when_it_is_first_sent() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(1).await;
    let campaign = world.start_campaign(InDoubtPolicy::NeverResend).await;
    let mailer = world.mailer(relay(fake.port));
    world.until_finished(campaign).await;
    mailer.stop().await;
    let form = world.store.compiled_message(campaign).await.unwrap().unwrap();
    assert!(render::Compiled::from_json(&form).is_ok());
}
