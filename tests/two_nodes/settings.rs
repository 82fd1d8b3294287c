//! Who sends and over which relay, set on one node: another node acts on it within seconds, with no
//! restart and no message lost on the way.

use std::time::Duration;

use serde_json::json;
use testkit::{Postgres, Redis};

use harness::pharos::left_open;
use harness::{Cluster, Node, Sink, http, wait};

const CODE: &str = "---\nname: Your code\nsubject: Your code\nfrom: codes@aurora.example\n\
    topic: release-notices\n---\nYour code is {{ code }}.\n";
/// In which what is set on one node holds on all others.
const SOON: Duration = Duration::from_secs(15);

/// A node whose configuration leaves sender and relay open.
fn open_node(cluster: &Cluster, roles: &'static str) -> Node {
    let node = cluster.node(roles);
    let path = node.path("pharos.toml");
    let text = std::fs::read_to_string(&path).expect("a configuration");
    std::fs::write(&path, left_open(&text)).expect("the config is written");
    node
}

/// Asks a node for a message; its status and what it said.
fn message(node: &Node, token: &str, number: usize) -> (u16, String) {
    let (bearer, key) = (format!("Bearer {token}"), format!("code-{number}"));
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Idempotency-Key", key.as_str()),
        ("Content-Type", "application/json"),
    ];
    let to = format!("r{number}@example.org");
    let body = json!({ "announcement": "Your code", "to": to, "attributes": { "code": "42" } });
    let url = format!("{}/api/v1/messages", node.api());
    let answer = http::request("POST", &url, &headers, &body.to_string()).expect("an answer");
    (answer.status, answer.text())
}

fn set_relay(node: &Node, port: u16) {
    node.ok(&["settings", "set", "relay.host=127.0.0.1", &format!("relay.port={port}")]);
}

#[test]
fn what_is_set_on_one_node_holds_on_another_within_seconds() {
    let (first_relay, second_relay) = (Sink::start(), Sink::start());
    let (database, bus) = (Postgres::shared().database(), Redis::shared().url());
    let cluster = Cluster::new(database, bus, first_relay.port, &[]);
    let (mut setting, mut sending) =
        (open_node(&cluster, "web"), open_node(&cluster, "web,mailer"));
    std::fs::write(setting.path("code.md"), CODE).expect("a file is written");
    setting.ok(&["campaign", "create", "--file", "code.md"]);
    let said = setting.ok(&["token", "create", "--name", "Shop", "--scope", "messages:send"]);
    let token = said.split_whitespace().find(|it| it.starts_with("ph_live_")).expect("a token");
    setting.serve();
    sending.serve();

    let (status, words) = message(&sending, token, 0);
    assert!(status == 409 && words.contains("not_set"), "{status} {words}");
    setting.ok(&[
        "settings",
        "set",
        "organisation.name=Borealis",
        "organisation.postal_address=2 Quay, Cork",
        "organisation.domain=borealis.example",
    ]);
    set_relay(&setting, first_relay.port);
    let mut sent = 0;
    wait::until_within(SOON, "the other node to know who sends", || {
        sent += 1;
        (message(&sending, token, sent).0 == 202).then_some(())
    });
    let arrived = || first_relay.recipients().len() + second_relay.recipients().len();
    wait::until_within(SOON, "the first message", || (arrived() > 0).then_some(()));

    set_relay(&setting, second_relay.port);
    wait::until_within(SOON, "a message over the other relay", || {
        sent += 1;
        assert_eq!(message(&sending, token, sent).0, 202);
        (!second_relay.recipients().is_empty()).then_some(())
    });
    let accepted = format!("SELECT count(*) FROM messages WHERE state = {}", 2);
    wait::until("every message to be sent", || {
        let waiting = "SELECT count(*) FROM messages WHERE state <> 2";
        (Postgres::shared().query(&cluster.database, waiting)[0][0] == "0").then_some(())
    });
    let count = &Postgres::shared().query(&cluster.database, &accepted)[0][0];
    assert_eq!(*count, arrived().to_string(), "none is lost and none sent twice");
    println!("{count} messages, {} of them over the second relay", second_relay.recipients().len());
    // Without a relay the other node takes no more.
    setting.ok(&["settings", "unset", "relay.host"]);
    wait::until_within(SOON, "the other node to refuse", || {
        sent += 1;
        let (status, words) = message(&sending, token, sent);
        (status == 409 && words.contains("relay_not_set")).then_some(())
    });
    sending.stop();
    setting.stop();
}
