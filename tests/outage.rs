//! The database goes away while people leave: whoever was told that they have left gets nothing
//! more (promise P5), and a command says what is wrong and ends.

use std::collections::BTreeSet;

use testkit::{Postgres, Redis};

use harness::{Cluster, Letter, Node, Sink, http, wait};

const CONTACTS: usize = 40;
const LEAVERS: std::ops::RangeInclusive<usize> = 21..=30;

/// Two messages a second, so that the send outlasts the outage.
const SLOW: &[(&str, &str)] = &[("connections = 10\n", "connections = 2\n")];

/// An installation whose database can be killed.
struct Outage {
    postgres: Postgres,
    redis: Redis,
    sink: Sink,
    cluster: Cluster,
}

impl Outage {
    fn new() -> Self {
        let (postgres, redis) = (Postgres::start(), Redis::start());
        let sink = Sink::start_with(&["-w", "1"]);
        let cluster = Cluster::new(postgres.database(), redis.url(), sink.port, SLOW);
        Self { postgres, redis, sink, cluster }
    }

    fn letters_to(&self, readers: impl IntoIterator<Item = usize>) -> Vec<String> {
        let reached: BTreeSet<String> = self.sink.recipients().into_iter().collect();
        let addresses = readers.into_iter().map(address);
        addresses.filter(|address| reached.contains(address)).collect()
    }
}

fn address(reader: usize) -> String {
    format!("reader{reader}@reader.example")
}

fn ways_out(web: &Node, readers: impl IntoIterator<Item = usize>) -> Vec<String> {
    let one = |reader| {
        let message = web.ok(&["campaign", "preview", "1", "--contact", &address(reader)]);
        Letter::parse(message.as_bytes()).unsubscribe
    };
    readers.into_iter().map(one).collect()
}

fn leave_by(ways_out: &[String]) {
    for way_out in ways_out {
        let answer = http::post(way_out, "List-Unsubscribe=One-Click");
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

fn finished(web: &Node) -> serde_json::Value {
    wait::until("the campaign to finish", || {
        Some(web.report()).filter(|report| report["campaign"]["state"] == "finished")
    })
}

#[test]
fn who_leaves_during_an_outage_is_mailed_by_no_node_afterwards() {
    let mut story = Outage::new();
    let (mut web, mut mailer) = (story.cluster.web_node(), story.cluster.node("mailer"));
    web.create_campaign(CONTACTS);
    let ways = ways_out(&web, LEAVERS);
    web.serve();
    mailer.serve();
    story.postgres.stop();
    let page = http::get(&ways[0]);
    assert_eq!((page.status, page.header("retry-after")), (503, Some("30")), "{}", page.text());
    assert!(page.text().contains("method=\"post\""), "they can leave all the same");
    // Whom they may be tracked by needs the database; nobody is told that it was saved.
    let tracking = ways[0].replace("/u/", "/t/");
    for answer in [http::get(&tracking), http::post(&tracking, "act=stop")] {
        let told = (answer.status, answer.header("retry-after"));
        assert_eq!(told, (503, Some("30")), "{}", answer.text());
        assert!(answer.text().contains("Please try again in a minute"), "{}", answer.text());
    }
    leave_by(&ways[1..]);
    let by_page = http::post(&ways[0], "scope=topic");
    assert_eq!(by_page.status, 200);
    assert!(by_page.text().contains("You are unsubscribed"), "{}", by_page.text());
    story.postgres.start_again();
    // Everybody who left did so before this; the mailer may begin whenever it wants.
    wait::until("the start", || (web.run(&["campaign", "start", "1"]).code == 0).then_some(()));
    let report = finished(&web);
    assert_eq!(story.letters_to(LEAVERS), Vec::<String>::new());
    let left = i64::try_from(LEAVERS.count()).expect("a small number");
    assert_eq!(report["deliveries"]["sent"], CONTACTS as i64 - left, "{report}");
    mailer.stop();
    web.stop();
}

#[test]
fn a_removal_that_was_answered_outlives_kill_9() {
    let mut story = Outage::new();
    let mut node = story.cluster.node("web,mailer");
    let mut web = story.cluster.web_node();
    web.create_campaign(CONTACTS);
    let ways = ways_out(&web, LEAVERS);
    // Links lead to the web node; the same links are good on any other.
    let ways: Vec<String> = ways.iter().map(|way| node.own(way)).collect();
    web.serve();
    node.serve();
    web.ok(&["campaign", "start", "1"]);
    wait::until("the first letter", || (!story.sink.recipients().is_empty()).then_some(()));
    let under_way = story.letters_to(LEAVERS);
    story.postgres.kill();
    let (before, after) = ways.split_at(ways.len() / 2);
    leave_by(before);
    node.kill();
    // It takes removals before it has ever reached its database.
    node.serve_without_store();
    assert_eq!(http::get(&after[0]).status, 503);
    leave_by(after);
    story.postgres.start_again();
    let report = finished(&web);
    assert_eq!(story.letters_to(LEAVERS), under_way, "{report}");
    assert!(report["deliveries"]["suppressed"].as_i64() >= Some(8), "{report}");
    node.stop();
    web.stop();
}

#[test]
fn hits_that_redis_holds_up_are_on_their_way_and_said_to_be() {
    let mut story = Outage::new();
    let mut node = story.cluster.node("web,beacon,recorder,mailer");
    node.create_campaign(1);
    node.serve();
    node.ok(&["campaign", "start", "1"]);
    finished(&node);
    wait::until("the node to be ready", || {
        Some(node.admin("readyz")).filter(|answer| answer.status == 200)
    });
    let owner = node.owner();
    story.redis.kill();
    let pixel = format!("{}{}", node.beacon(), story.cluster.pixel(1));
    assert_eq!(http::flood(&pixel, 500), 500);
    let page = wait::until("the report to know of them", || {
        let page = owner.get("/admin/campaigns/1").text();
        page.contains("500 hits on the way").then_some(page)
    });
    assert!(!page.contains("No gaps"), "{page}");
    assert!(node.admin("metrics").text().contains("pharos_beacon_hits_waiting 500\n"));
    assert_eq!(node.admin("healthz").status, 200, "it lives");
    let why = wait::until("the node to say why it is not ready", || {
        Some(node.admin("readyz")).filter(|answer| answer.status == 503)
    });
    assert!(why.text().contains("hits are not"), "{}", why.text());
    story.redis.start_again();
    wait::until("the hits to be counted", || {
        (node.report()["views"]["total"] == 500).then_some(())
    });
    wait::until("the node to be ready again", || {
        Some(node.admin("readyz")).filter(|answer| answer.status == 200)
    });
    wait::until("nothing to be on the way", || (node.report()["on_the_way"] == 0).then_some(()));
    node.stop();
}

#[test]
fn a_command_without_its_database_says_so_and_ends() {
    let mut story = Outage::new();
    let web = story.cluster.web_node();
    web.create_campaign(1);
    story.postgres.stop();
    let checked = web.run(&["check"]);
    assert!(checked.out.contains("can't reach the database"), "{}", checked.out);
    for command in [&["campaign", "status", "1"][..], &["report", "opens", "1"]] {
        let said = web.run(command);
        assert_eq!(said.code, 1, "{command:?}: {}", said.err);
        assert!(said.err.contains("can't reach the database"), "{command:?}: {}", said.err);
        assert!(!said.err.contains("panic"), "{command:?}: {}", said.err);
    }
}
