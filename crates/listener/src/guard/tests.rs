use super::*;

const TICK: u64 = 10;

fn clients() -> Arc<OpenClients> {
    let limits = ClientLimits {
        connections: 4,
        header: Duration::from_millis(100),
        idle: Duration::from_millis(400),
        taking: Duration::from_millis(200),
        quiet: Duration::from_millis(40),
        ..ClientLimits::default()
    };
    Arc::new(OpenClients::new(limits, Arc::default()))
}

fn is_late_at(client: &OpenClient, now: u64) -> bool {
    client.guard.is_late(now, TICK, &client.all.limits)
}

#[test]
fn each_phase_has_its_limit() {
    let clients = clients();
    let client = clients.enter();
    assert!(!is_late_at(&client, 110) && is_late_at(&client, 111), "to ask first");
    client.guard.heard(1);
    assert!(is_late_at(&client, 111), "a dripped head counts from the beginning");
    client.guard.asked(false);
    assert!(!is_late_at(&client, 1_000_000), "our own work has no limit here");
    clients.clock.0.store(1_000, Ordering::Relaxed);
    client.guard.answered();
    assert!(!is_late_at(&client, 1_410) && is_late_at(&client, 1_411), "to ask again");
    clients.clock.0.store(1_300, Ordering::Relaxed);
    client.guard.heard(1);
    assert!(!is_late_at(&client, 1_410) && is_late_at(&client, 1_411), "a dripped head");
}

#[test]
fn who_takes_nothing_is_late_and_who_takes_enough_is_not() {
    let clients = clients();
    let client = clients.enter();
    client.guard.asked(false);
    client.guard.answered();
    client.guard.blocked();
    assert!(!is_late_at(&client, 211) && is_late_at(&client, 212));
    // Four KiB are a second more.
    client.guard.took(SLOW_BYTES as usize / 10);
    client.guard.blocked();
    assert!(!is_late_at(&client, 310) && is_late_at(&client, 312));
    client.guard.took_all();
    assert!(!is_late_at(&client, 312));
}

#[test]
fn a_stream_gives_way_to_nobody_but_needs_a_sign_of_life() {
    let clients = clients();
    let client = clients.enter();
    client.guard.asked(false);
    client.guard.streams();
    assert!(client.guard.is_streaming());
    clients.clock.0.store(300, Ordering::Relaxed);
    clients.give_way();
    assert_eq!(client.guard.order(), Order::Serve);
    client.guard.took(1);
    assert!(!is_late_at(&client, 710) && is_late_at(&client, 711));
    client.guard.blocked();
    clients.give_way();
    assert!(is_late_at(&client, 512), "who does not read is late");
    client.guard.asked(false);
    assert!(!client.guard.is_streaming());
}

#[test]
fn the_longest_waited_for_gives_way_and_nobody_who_is_being_answered() {
    let clients = clients();
    let idle = |at: u64| {
        clients.clock.0.store(at, Ordering::Relaxed);
        let client = clients.enter();
        client.guard.asked(false);
        client.guard.answered();
        client
    };
    let (second, first) = (idle(20), idle(10));
    let answering = idle(0);
    answering.guard.asked(false);
    let orders =
        || [&second, &first, &answering].map(|client| client.guard.order() != Order::Serve);
    clients.clock.0.store(45, Ordering::Relaxed);
    clients.give_way();
    assert_eq!(orders(), [false; 3], "nobody was quiet for long enough");
    clients.clock.0.store(1_000, Ordering::Relaxed);
    clients.give_way();
    assert_eq!(orders(), [false, true, false]);
    clients.give_way();
    clients.give_way();
    assert_eq!(orders(), [true, true, false]);
    assert_eq!(clients.counters.gave_way.load(Ordering::Relaxed), 2);
}

#[test]
fn who_drips_a_body_is_late_and_gives_way() {
    let clients = clients();
    let (uploading, answering) = (clients.enter(), clients.enter());
    answering.guard.asked(false);
    answering.guard.waits();
    uploading.guard.asked(true);
    for at in [0, 30, 60, 90] {
        clients.clock.0.store(at, Ordering::Relaxed);
        uploading.guard.heard(1);
        uploading.guard.waits();
    }
    assert!(!is_late_at(&uploading, 210) && is_late_at(&uploading, 211));
    assert!(!is_late_at(&answering, 1_000_000));
    clients.give_way();
    let orders = || [&uploading, &answering].map(|client| client.guard.order());
    assert_eq!(orders(), [Order::Cut, Order::Serve]);
    uploading.guard.answered();
    assert!(!is_late_at(&uploading, 490), "its body is over");
}
