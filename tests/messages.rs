//! Single messages: in a lane that no campaign blocks, each once whatever crashes, tests to nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use harness::http::{self, Answer};
use harness::{Dice, Pharos, Sink, wait};
use serde_json::{Value, json};

const CODE: &str = "---\nname: Your code\nsubject: \"{{ code }} is your code\"\n\
    from: Aurora <codes@aurora.example>\ntopic: release-notices\n---\nYour code is {{ code }}.\n";
const PATH: &str = "/api/v1/messages";
const SCOPES: [&str; 3] = ["messages:send", "deliveries:read", "inbox:read"];

/// Requests that come at the same moment.
const AT_ONCE: usize = 100;
/// Rounds that end by kill -9.
const KILLS: usize = 6;
const CLIENTS: usize = 8;
/// Connections to the relay: so many messages may be in doubt after each kill.
const CONNECTIONS: usize = 10;

/// An installation with an announcement that shows a code, and programs that ask as often as they like.
fn installation(sink: &Sink, change: impl Fn(String) -> String) -> Pharos {
    let often = |text: String| {
        text.replace("api_requests_per_second = 20", "api_requests_per_second = 10000")
    };
    let pharos = Pharos::with(sink.port, |text| change(often(text)));
    pharos.write("code.md", CODE);
    pharos.ok(&["campaign", "create", "--file", "code.md"]);
    pharos
}

/// A token of this kind, as the command line makes it.
fn token(pharos: &Pharos, is_test: bool) -> String {
    let mut command = vec!["token", "create", "--name", "Shop"];
    SCOPES.iter().for_each(|scope| command.extend(["--scope", scope]));
    if is_test {
        command.push("--test");
    }
    let said = pharos.ok(&command);
    said.split_whitespace().find(|word| word.starts_with("ph_")).expect("a token").to_owned()
}

fn post(admin: &str, token: &str, key: &str, to: &str) -> std::io::Result<Answer> {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Idempotency-Key", key),
        ("Content-Type", "application/json"),
    ];
    let body = json!({ "announcement": "Your code", "to": to, "attributes": { "code": "42" } });
    http::request("POST", &format!("{admin}{PATH}"), &headers, &body.to_string())
}

fn get(pharos: &Pharos, token: &str, path: &str) -> Value {
    let bearer = format!("Bearer {token}");
    let answer =
        http::get_with(&format!("{}{path}", pharos.admin), &[("Authorization", bearer.as_str())]);
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.text()))
}

fn id(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.text());
    let json: Value = serde_json::from_slice(&answer.body).expect("JSON");
    json["id"].as_str().expect("an id").to_owned()
}

fn copies(sink: &Sink, to: &str) -> usize {
    sink.recipients().iter().filter(|recipient| *recipient == to).count()
}

#[test]
fn a_message_arrives_long_before_the_end_of_a_campaign_that_fills_the_relay() {
    let sink = Sink::start();
    let mut pharos = installation(&sink, |text| {
        text.replace("messages_per_minute = 0", "messages_per_minute = 1200")
    });
    pharos.import_readers(2_000);
    pharos.write("announcement.md", harness::pharos::ANNOUNCEMENT);
    pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    let token = token(&pharos, false);
    pharos.serve();
    pharos.ok(&["campaign", "start", "2"]);
    wait::until("the campaign's messages", || (sink.files().len() > 20).then_some(()));
    let sent = post(&pharos.admin, &token, "1", "ada@example.org").expect("an answer");
    let path = format!("{PATH}/{}", id(&sent));
    wait::until("the message to arrive", || {
        (get(&pharos, &token, &path)["state"] == "sent").then_some(())
    });
    assert_eq!(copies(&sink, "ada@example.org"), 1);
    let campaign = pharos.ok(&["report", "opens", "2", "--format", "json"]);
    let campaign: Value = serde_json::from_str(&campaign).expect("JSON");
    assert_eq!(campaign["campaign"]["state"], "sending", "{campaign}");
    assert!(sink.files().len() < 1_000, "most of the campaign is still to be sent");
    pharos.ok(&["campaign", "pause", "2"]);
    let metrics = http::get(&format!("{}/metrics", pharos.admin)).text();
    for counted in ["pharos_messages_accepted_total 1", "pharos_messages_sent_total 1"] {
        assert!(metrics.contains(counted), "{metrics}");
    }
    let told = pharos.ok(&["message", "list", "--json"]);
    assert!(told.contains("\"ada@example.org\"") && told.contains("\"sent\""), "{told}");
}

#[test]
fn a_hundred_equal_requests_send_one_message_and_a_suppressed_address_gets_none() {
    let sink = Sink::start();
    let mut pharos = installation(&sink, |text| text);
    pharos.ok(&["contacts", "suppress", "gone@example.org", "--yes"]);
    let (live, test) = (token(&pharos, false), token(&pharos, true));
    pharos.serve();
    let ids = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let answer = post(&pharos.admin, &live, "k", "ada@example.org");
                ids.lock().expect("no client panicked").insert(id(&answer.expect("an answer")));
            });
        }
    });
    assert_eq!(ids.into_inner().expect("no client panicked").len(), 1, "all get the same one");
    let refused = post(&pharos.admin, &live, "l", "gone@example.org").expect("an answer");
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(refused.text().contains("address_suppressed"), "{}", refused.text());
    let kept = post(&pharos.admin, &test, "k", "eve@example.org").expect("an answer");
    id(&kept);
    let last = post(&pharos.admin, &live, "m", "last@example.org").expect("an answer");
    let path = format!("{PATH}/{}", id(&last));
    wait::until("the last message to arrive", || {
        (get(&pharos, &live, &path)["state"] == "sent").then_some(())
    });
    let mut to = sink.recipients();
    to.sort_unstable();
    assert_eq!(to, ["ada@example.org", "last@example.org"]);
    let inbox = get(&pharos, &test, "/api/v1/inbox");
    assert_eq!(inbox["data"][0]["subject"], "42 is your code", "{inbox}");
    assert_eq!(inbox["data"][0]["message"]["announcement"], "Your code", "{inbox}");
    pharos.stop();
}

/// What the clients of a killed server know: by key, the id that they were told, if they were.
type Told = BTreeMap<String, Option<String>>;

/// Asks for one message after the other, each for an address of its own, until the server is gone.
fn ask(admin: &str, token: &str, next: &AtomicUsize, over: &AtomicBool, told: &Mutex<Told>) {
    while !over.load(Ordering::Relaxed) {
        let key = next.fetch_add(1, Ordering::Relaxed).to_string();
        let answer = post(admin, token, &key, &format!("r{key}@example.org")).ok();
        let is_lost = answer.is_none();
        told.lock().expect("no client panicked").insert(key, answer.as_ref().map(id));
        if is_lost {
            return;
        }
    }
}

/// Checks that each of so many messages was sent once, or is in doubt and arrived at most once; how many
/// are in doubt.
fn in_doubt(pharos: &Pharos, sink: &Sink, count: usize) -> usize {
    let rows = pharos.query("SELECT email, state FROM messages ORDER BY id");
    assert_eq!(rows.len(), count, "each was accepted once");
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for to in sink.recipients() {
        *arrived.entry(to).or_default() += 1;
    }
    let mut in_doubt = 0;
    for row in &rows {
        let copies = arrived.get(&row[0]).copied().unwrap_or(0);
        match row[1].as_str() {
            "2" => assert_eq!(copies, 1, "{row:?}"),
            "6" => in_doubt += usize::from(copies <= 1),
            _ => panic!("{row:?}"),
        }
        assert!(copies <= 1, "nobody gets it twice: {row:?}");
    }
    in_doubt
}

#[test]
fn what_was_accepted_is_sent_once_though_the_server_is_killed_again_and_again() {
    let sink = Sink::start();
    let mut pharos = installation(&sink, |text| {
        text.replace("lease = \"15m\"", "lease = \"4s\"")
            .replace("data_timeout = \"10m\"", "data_timeout = \"2s\"")
            .replace("reply_timeout = \"5m\"", "reply_timeout = \"2s\"")
    });
    let token = token(&pharos, false);
    let (next, told) = (AtomicUsize::new(0), Mutex::new(Told::new()));
    let mut dice = Dice::seeded();
    for _ in 0..KILLS {
        let over = AtomicBool::new(false);
        pharos.serve();
        let admin = pharos.admin.clone();
        std::thread::scope(|scope| {
            for _ in 0..CLIENTS {
                scope.spawn(|| ask(&admin, &token, &next, &over, &told));
            }
            wait::let_pass(Duration::from_millis(30));
            dice.let_pass_less_than(Duration::from_millis(150));
            pharos.kill();
            over.store(true, Ordering::Relaxed);
        });
    }
    pharos.serve();
    let told = told.into_inner().expect("no client panicked");
    let (mut lost, mut replayed) = (0, 0);
    for (key, known) in &told {
        let again = post(&pharos.admin, &token, key, &format!("r{key}@example.org"));
        let again = again.expect("an answer");
        replayed += usize::from(again.header("idempotency-replayed").is_some());
        match known {
            Some(known) => {
                assert_eq!(&id(&again), known, "what was accepted is there");
                assert_eq!(again.header("idempotency-replayed"), Some("true"));
            }
            None => lost += 1,
        }
    }
    let count = |sql: &str| pharos.query(sql)[0][0].parse::<usize>().expect("a number");
    wait::until("every message to end", || {
        (count("SELECT count(*) FROM messages WHERE state IN (0, 1)") == 0).then_some(())
    });
    let in_doubt = in_doubt(&pharos, &sink, told.len());
    assert!(in_doubt <= KILLS * CONNECTIONS, "{in_doubt} in doubt");
    println!(
        "{KILLS} kills, {} messages: {lost} answers were lost, {replayed} told again, {in_doubt} in doubt",
        told.len()
    );
    pharos.stop();
}
