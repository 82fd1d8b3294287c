//! A limit on messages that is low against the lease, counted at the relay.

use std::num::NonZeroU32;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bus::Throttle;
use model::CampaignId;
use model::DeliveryState::Sent;
use model::InDoubtPolicy::NeverResend;

use crate::fake::Fake;
use crate::world::{Running, World, assert_no_double, count, relay};

fn limited(world: &World, port: u16, per_minute: u32, lease: Duration) -> Running {
    let mut settings = world.settings(relay(port));
    settings.throttle = Some(Throttle::local(NonZeroU32::new(per_minute).unwrap()));
    settings.lease = lease;
    settings.batch = 500;
    settings.return_path = None;
    world.mailer_with(settings)
}

#[tokio::test]
async fn a_low_limit_reaches_everybody_and_wastes_no_permit() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(100).await;
    let campaign = world.start_campaign(NeverResend).await;
    let began = Instant::now();
    // Five leases long.
    let mailer = limited(&world, fake.port, 600, Duration::from_secs(2));
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 100);
    assert!(began.elapsed() > Duration::from_millis(9_500), "{:?}", began.elapsed());
    let released = mailer.metrics.released.load(Ordering::Relaxed);
    mailer.stop().await;
    assert_eq!(released, 0, "nothing grew old");
    assert_eq!(fake.taken().len(), 100);
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn a_limit_below_one_message_a_lease_still_sends() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(4).await;
    let campaign = world.start_campaign(NeverResend).await;
    let mailer = limited(&world, fake.port, 40, Duration::from_millis(400));
    assert_eq!(count(&world.until_finished(campaign).await, Sent), 4);
    mailer.stop().await;
    assert_no_double(&fake.taken());
}

#[tokio::test]
async fn twenty_campaigns_share_one_limit() {
    let fake = Fake::start(|_, _| None);
    let world = World::with_contacts(6).await;
    let sender = |number: usize| format!("sender{number}@aurora.example");
    let mut campaigns: Vec<CampaignId> = Vec::new();
    for number in 0..20 {
        campaigns.push(world.start_campaign_from(&sender(number), NeverResend).await);
    }
    // Long enough that on a busy machine no claim grows old before its turn.
    let mailer = limited(&world, fake.port, 1_200, Duration::from_secs(10));
    for campaign in campaigns {
        assert_eq!(count(&world.until_finished(campaign).await, Sent), 6);
    }
    mailer.stop().await;
    assert_eq!(fake.taken().len(), 120);

    let order = fake.seen.lock().unwrap().senders();
    let first = |number| order.iter().position(|it| *it == sender(number)).expect("it began");
    let all_began = (0..20).map(first).max().expect("twenty");
    assert!(all_began < 60, "one waited until others had ended: {order:?}");
    // Two rounds of all of them, from the moment when all had begun.
    let rounds = &order[all_began + 1..][..40];
    for number in 0..20 {
        let share = rounds.iter().filter(|it| **it == sender(number)).count();
        assert!((1..=3).contains(&share), "{share} of {} in {rounds:?}", sender(number));
    }
}
