//! What nodes share (removals, a limit, the hits that a recorder leaves behind), and what they
//! refuse because nothing good could come of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use testkit::{Postgres, Proxy, Redis};
use token::Keyring;

use super::Over;
use harness::cluster::copy_folder;
use harness::{Cluster, Letter, Node, Sink, http, wait};

/// Two connections each, and leases that last for the whole story.
const UNHURRIED: &[(&str, &str)] =
    &[("connections = 10\n", "connections = 2\n"), ("lease = \"15m\"", "lease = \"60s\"")];

/// An installation of which no peer dies.
fn on_shared_servers(relay_port: u16, changes: &[(&'static str, &'static str)]) -> Cluster {
    Cluster::new(Postgres::shared().database(), Redis::shared().url(), relay_port, changes)
}

fn query(cluster: &Cluster, sql: &str) -> Vec<Vec<String>> {
    Postgres::shared().query(&cluster.database, sql)
}

#[test]
fn a_removal_on_one_node_stops_the_next_message_on_another() {
    const CONTACTS: usize = 12;
    // Two messages a second: one that should not go would be seen.
    let sink = Sink::start_with(&["-w", "1"]);
    let cluster = on_shared_servers(sink.port, UNHURRIED);
    let (mut web, mut mailer) = (cluster.web_node(), cluster.node("mailer"));
    web.create_campaign(CONTACTS);
    let ways_out: Vec<(String, String)> =
        (1..=CONTACTS).map(|number| way_out(&web, number)).collect();
    web.serve();
    mailer.serve();
    web.ok(&["campaign", "start", "1"]);
    wait::until("the first message", || (!sink.recipients().is_empty()).then_some(()));
    let claimed = query(&cluster, "SELECT count(*) FROM deliveries WHERE state = 1");
    let mailed: BTreeSet<String> = sink.recipients().into_iter().collect();
    let leaving = ways_out.iter().filter(|(address, _)| !mailed.contains(address));
    let mut left = 0;
    for (_, way_out) in leaving {
        assert_eq!(http::post(way_out, "List-Unsubscribe=One-Click").status, 200);
        left += 1;
    }
    // What is promised: less than a second, and whoever's message is under way still gets it.
    wait::let_pass(Duration::from_secs(1));
    let still = sink.recipients().len();
    wait::until("the campaign to finish", || {
        (query(&cluster, "SELECT state FROM campaigns")[0][0] == "finished").then_some(())
    });
    mailer.stop();
    assert_eq!(sink.recipients().len(), still, "a message went out after the removal");
    let deliveries = web.report()["deliveries"].clone();
    println!("{left} left, {still} letters; claimed when they left: {claimed:?}; {deliveries}");
    assert_eq!(deliveries["sent"], still);
    assert_eq!(deliveries["suppressed"], CONTACTS - still);
    assert!(CONTACTS - still >= left - 2, "only two can have been under way");
    web.stop();
}

/// A reader's address, and where their one-click POST goes.
fn way_out(web: &Node, number: usize) -> (String, String) {
    let address = format!("reader{number}@reader.example");
    let message = web.ok(&["campaign", "preview", "1", "--contact", &address]);
    (address, Letter::parse(message.as_bytes()).unsubscribe)
}

#[test]
fn a_limit_is_shared_by_all_mailers() {
    let sink = Sink::start();
    let mut redis = Redis::start();
    let limit = [("messages_per_minute = 0", "messages_per_minute = 600")];
    let changes = [UNHURRIED, &limit].concat();
    let cluster = Cluster::new(Postgres::shared().database(), redis.url(), sink.port, &changes);
    let mut mailers = [cluster.node("mailer"), cluster.node("mailer")];
    mailers[0].create_campaign(1_200);
    for mailer in &mut mailers {
        mailer.serve();
    }
    mailers[0].ok(&["campaign", "start", "1"]);
    wait::until("both to send", || {
        mailers.iter().all(|mailer| mailer.counts("mailer_sent") > 2).then_some(())
    });
    check_rate(&sink, "shared");
    redis.kill();
    check_rate(&sink, "each its share");
    redis.start_again();
    wait::until("both to share again", || {
        let key = redis.command(&["keys", "pharos:*:members:relay"]);
        (redis.command(&["zcard", &key]) == "2").then_some(())
    });
    check_rate(&sink, "shared again");
    for mailer in &mut mailers {
        mailer.stop();
    }
}

/// Ten messages a second, whoever sends them.
fn check_rate(sink: &Sink, what: &str) {
    let (begin, before) = (Instant::now(), sink.files().len());
    // A rate is so much in so long.
    wait::let_pass(Duration::from_secs(4));
    let messages = sink.files().len() - before;
    let due = begin.elapsed().as_secs_f64() * 10.0;
    println!("{what}: {messages} messages, {due:.0} due");
    // A tenth of a second may be made up for, and what had its permit before the first look may
    // arrive after it: one message a connection.
    assert!((messages as f64) <= due + 2.0 + 4.0, "{what}: {messages} messages, {due} due");
    assert!((messages as f64) >= due / 2.0, "{what}: {messages} messages, {due} due");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story")]
fn a_recorder_that_dies_between_its_transaction_and_the_acknowledgement_counts_nothing_twice() {
    /// More than can be viewed before the recorder dies.
    const CONTACTS: usize = 4_000;
    let redis = Redis::start();
    let postgres = Postgres::shared();
    let cluster = Cluster::new(postgres.database(), redis.url(), 25, &[]);
    let (database, bus) = (Proxy::to(postgres.port()), Proxy::raw_to(redis.port()));
    let through =
        |url: &str, from: u16, to: u16| url.replace(&format!(":{from}/"), &format!(":{to}/"));
    let mut dying = cluster.node_on(
        "recorder",
        &through(&cluster.database, postgres.port(), database.port()),
        &through(&cluster.bus, redis.port(), bus.port()),
    );
    let (mut beacon, mut other, web) =
        (cluster.node("beacon"), cluster.node("recorder"), cluster.web_node());
    web.create_campaign(CONTACTS);
    web.ok(&["campaign", "start", "1"]);
    beacon.serve();
    dying.serve();
    // Its transaction takes long enough to stop the way back to Redis meanwhile.
    database.delay(Duration::from_millis(40));
    let key = wait::until("the recorder to open the stream", || {
        Some(redis.command(&["keys", "pharos:*:hits"])).filter(|key| !key.is_empty())
    });
    let pending = || {
        let said = redis.command(&["xpending", &key, "recorders"]);
        said.lines().next().and_then(|count| count.parse::<u64>().ok()).unwrap_or(0)
    };
    let events = || -> i64 {
        query(&cluster, "SELECT count(*) FROM events")[0][0].parse().expect("a number")
    };
    let (over, next) = (AtomicBool::new(false), AtomicI64::new(0));
    let views = std::thread::scope(|scope| {
        let viewer = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let contact = next.fetch_add(1, Ordering::Relaxed) + 1;
                let url = format!("{}{}", beacon.beacon(), cluster.pixel(contact));
                assert_eq!(http::get(&url).status, 200);
                // A reader's pace: not all hits are to be in one chunk.
                wait::let_pass(Duration::from_millis(10));
            }
        });
        let over = Over(&over);
        wait::until("some views to be recorded", || (events() > 50).then_some(()));
        // What is committed after the way back was stopped can't be acknowledged.
        wait::until("a transaction within the time in which nothing comes back", || {
            wait::until("the recorder to have been given hits", || (pending() > 0).then_some(()));
            bus.freeze(true);
            let was = events();
            let committed = (0..20).any(|_| {
                // Two seconds in all; then hits may come back and be acknowledged once more.
                wait::let_pass(Duration::from_millis(100));
                events() > was
            });
            bus.freeze(committed);
            committed.then_some(())
        });
        drop(over);
        viewer.join().expect("every view was answered");
        next.load(Ordering::Relaxed)
    });
    dying.kill();
    let (recorded, unacknowledged) = (events(), pending());
    assert!(recorded > 0 && unacknowledged > 0, "{recorded} recorded, {unacknowledged} pending");
    // A recorder is taken for gone after 30 seconds.
    other.serve();
    wait::until("every hit to be acknowledged", || {
        (redis.command(&["xlen", &key]) == "0" && pending() == 0 && events() == views).then_some(())
    });
    assert!(other.counts("bus_claimed_chunks") >= 1, "it was not given what the first one left");
    println!("{recorded} recorded and {unacknowledged} chunks not acknowledged when it died");
    beacon.stop();
    other.stop();
    let report = web.report();
    assert_eq!(report["views"]["total"], views);
    assert_eq!(report["views"]["unique"], views);
    assert_eq!(events(), views);
}

#[test]
fn a_node_without_the_others_keys_is_refused() {
    let cluster = on_shared_servers(25, &[]);
    let (mut first, stranger) = (cluster.node("web"), cluster.node("web"));
    first.serve();
    let keys = Keyring::generate().expect("random numbers").to_text();
    std::fs::write(stranger.path("pharos-data/keys"), keys.as_str()).expect("keys are written");
    let said = stranger.is_refused();
    assert!(said.contains("can't open links made by other nodes"), "{said}");
    first.stop();
}

#[test]
fn a_copied_data_folder_is_refused_while_the_first_is_at_work() {
    let cluster = on_shared_servers(25, &[]);
    let (mut first, mut copy) = (cluster.node("beacon"), cluster.node("beacon"));
    first.serve();
    copy_folder(&first.path("pharos-data"), &copy.path("pharos-data"));
    // Two nodes of one number would give two hits one name, and each other's leases away.
    let said = copy.is_refused();
    assert!(said.contains("a copied data folder is the same node"), "{said}");
    first.kill();
    first.serve();
    first.stop();
    copy.serve();
    copy.stop();
}

#[test]
fn a_beacon_without_a_recorder_needs_redis() {
    let cluster = on_shared_servers(25, &[]);
    let said = cluster.node_on("beacon", &cluster.database, "local").is_refused();
    assert!(said.contains("set `bus` to Redis to separate them"), "{said}");
    let said = cluster.node_on("recorder,web", &cluster.database, "local").is_refused();
    assert!(said.contains("beacon and recorder belong together"), "{said}");
    cluster.node_on("beacon,recorder", &cluster.database, "local").serve().stop();
}
