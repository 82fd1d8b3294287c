//! Single messages on two nodes: asked of both, accepted once, sent once though one dies.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use testkit::{Postgres, Redis};

use harness::http::{self, Answer};
use harness::{Cluster, Dice, Sink, wait};

use super::begun_by;

const HURRIED: &[(&str, &str)] = &[
    ("lease = \"15m\"", "lease = \"4s\""),
    ("data_timeout = \"10m\"", "data_timeout = \"2s\""),
    ("reply_timeout = \"5m\"", "reply_timeout = \"2s\""),
    ("api_requests_per_second = 20", "api_requests_per_second = 10000"),
];
const CODE: &str = "---\nname: Your code\nsubject: Your code\nfrom: codes@aurora.example\n\
    topic: release-notices\n---\nYour code is {{ code }}.\n";
const MESSAGES: usize = 400;
const CLIENTS: usize = 4;

fn post(api: &str, token: &str, key: &str) -> std::io::Result<Answer> {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Idempotency-Key", key),
        ("Content-Type", "application/json"),
    ];
    let to = format!("r{key}@example.org");
    let body = json!({ "announcement": "Your code", "to": to, "attributes": { "code": "42" } });
    http::request("POST", &format!("{api}/api/v1/messages"), &headers, &body.to_string())
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    let json: Value = serde_json::from_slice(&answer.body).expect("JSON");
    json["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_message_asked_of_two_nodes_is_sent_once_though_one_of_them_dies() {
    let sink = Sink::start();
    let cluster =
        Cluster::new(Postgres::shared().database(), Redis::shared().url(), sink.port, HURRIED);
    let (mut first, mut second) = (cluster.node("web,mailer"), cluster.node("web,mailer"));
    std::fs::write(first.path("code.md"), CODE).expect("a file is written");
    first.ok(&["campaign", "create", "--file", "code.md"]);
    let said = first.ok(&["token", "create", "--name", "Shop", "--scope", "messages:send"]);
    let token = said.split_whitespace().find(|it| it.starts_with("ph_live_")).expect("a token");
    first.serve();
    second.serve();
    let (next, told) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let nodes = [first.api(), second.api()];
    let mut dice = Dice::seeded();
    let begun = std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= MESSAGES {
                        return;
                    }
                    let key = number.to_string();
                    // The one that dies may not answer; the other one has to.
                    let here = post(&nodes[0], token, &key).ok().map(|it| id(&it));
                    let there = id(&post(&nodes[1], token, &key).expect("an answer"));
                    assert!(here.is_none_or(|here| here == there), "one message");
                    told.lock().expect("no client panicked").insert(key, there);
                }
            });
        }
        wait::until("some messages", || (sink.files().len() > 20).then_some(()));
        dice.let_pass_less_than(Duration::from_millis(100));
        first.kill();
        begun_by(Postgres::shared(), &cluster.database, "messages", &first)
    });
    let query = |sql: &str| Postgres::shared().query(&cluster.database, sql);
    wait::until_within(Duration::from_secs(60), "every message to end", || {
        (query("SELECT count(*) FROM messages WHERE state IN (0, 1)")[0][0] == "0").then_some(())
    });
    let rows = query("SELECT email, state FROM messages");
    assert_eq!(rows.len(), MESSAGES);
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for to in sink.recipients() {
        *arrived.entry(to).or_default() += 1;
    }
    let mut in_doubt = 0_i64;
    for row in &rows {
        let copies = arrived.get(&row[0]).copied().unwrap_or(0);
        match row[1].as_str() {
            "2" => assert_eq!(copies, 1, "{row:?}"),
            "6" => in_doubt += 1,
            _ => panic!("{row:?}"),
        }
        assert!(copies <= 1, "nobody gets it twice: {row:?}");
    }
    assert!(in_doubt <= begun, "{in_doubt} in doubt, {begun} begun by the lost node");
    println!("{MESSAGES} messages, one of two nodes killed: {in_doubt} of {begun} begun in doubt");
    second.stop();
}
