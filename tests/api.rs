//! The API of the real server: a program's first calls, and requests whose server is killed under them.

use std::time::Duration;

use harness::http::{self, Answer};
use harness::{Dice, Pharos, Sink};
use serde_json::{Value, json};

/// Rounds that end in the middle of a request.
const KILLS: usize = 20;

/// A token with these scopes, as the command line makes it.
pub(crate) fn token(pharos: &Pharos, scopes: &[&str]) -> String {
    let mut command = vec!["token", "create", "--name", "A program"];
    for scope in scopes {
        command.extend(["--scope", scope]);
    }
    let said = pharos.ok(&command);
    said.split_whitespace().find(|word| word.starts_with("ph_live_")).expect("a token").to_owned()
}

fn ask(
    pharos: &Pharos,
    (method, path): (&str, &str),
    token: &str,
    key: &str,
    body: &Value,
) -> std::io::Result<Answer> {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Idempotency-Key", key),
        ("Content-Type", "application/json"),
    ];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    http::request(method, &format!("{}{path}", pharos.admin), &headers, &body)
}

fn json(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.text()))
}

#[test]
fn a_program_makes_a_campaign_and_takes_it_back() {
    let mut pharos = Pharos::new(Sink::start().port);
    pharos.import_readers(3);
    let scopes = ["campaigns:read", "campaigns:write", "campaigns:send", "contacts:write"];
    let token = token(&pharos, &scopes);
    pharos.serve();
    let text = "---\nsubject: Hello\nfrom: news@aurora.example\n---\nHello.\n";
    let new = json!({ "text": text, "topic": "release-notices" });
    let made = ask(&pharos, ("POST", "/api/v1/campaigns"), &token, "1", &new).expect("an answer");
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(json(&made)["audience"], 3);
    let path = made.header("location").expect("a place").to_owned();
    let start = json!({ "expect": { "audience_at_most": 2 }, "links_to_this_machine": true });
    let start_path = format!("{path}/start");
    let refused = ask(&pharos, ("POST", &start_path), &token, "2", &start).expect("an answer");
    assert_eq!(refused.status, 409, "{}", refused.text());
    let start = json!({
        "expect": { "audience_at_most": 3 }, "links_to_this_machine": true, "accept_warnings": true,
        "at": "2027-02-01T09:00:00+01:00",
    });
    let started = ask(&pharos, ("POST", &start_path), &token, "3", &start).expect("an answer");
    assert_eq!(json(&started)["starts_at"], "2027-02-01T08:00:00Z", "{}", started.text());
    let back = format!("{path}/take_back");
    let back = ask(&pharos, ("POST", &back), &token, "4", &Value::Null).expect("an answer");
    assert_eq!(json(&back)["state"], "draft", "{}", back.text());
    let metrics = http::get(&format!("{}/metrics", pharos.admin)).text();
    assert!(metrics.contains("pharos_api_answered_total 3"), "{metrics}");
    assert!(metrics.contains("pharos_api_refused_total 1"), "{metrics}");
    let log = pharos.ok(&["audit", "list"]);
    assert!(log.contains("A program") && log.contains("campaign.take_back"), "{log}");
    pharos.stop();
}

/// Whether the answer was lost, or never came to be, the request is done once and its answer tells
/// what was made.
#[test]
fn a_request_whose_server_is_killed_is_done_once_when_it_is_repeated() {
    let mut pharos = Pharos::new(Sink::start().port);
    let token = token(&pharos, &["contacts:write", "contacts:read"]);
    let mut dice = Dice::seeded();
    let (mut cut, mut replayed) = (0, 0);
    for round in 0..KILLS {
        pharos.serve();
        let new = json!({ "email": format!("r{round}@reader.example") });
        let key = format!("round {round}");
        let first = std::thread::scope(|scope| {
            let there = ("POST", "/api/v1/contacts");
            let bearer = format!("Bearer {token}");
            let url = format!("{}{}", pharos.admin, there.1);
            let (body, key) = (new.to_string(), key.as_str());
            let asking = scope.spawn(move || {
                let headers = [
                    ("Authorization", bearer.as_str()),
                    ("Idempotency-Key", key),
                    ("Content-Type", "application/json"),
                ];
                http::request("POST", &url, &headers, &body)
            });
            dice.let_pass_less_than(Duration::from_millis(12));
            pharos.kill();
            asking.join().expect("the client is well")
        });
        cut += usize::from(first.is_err());
        pharos.serve();
        let again = ask(&pharos, ("POST", "/api/v1/contacts"), &token, &key, &new);
        let again = again.expect("an answer");
        assert_eq!(again.status, 201, "{}", again.text());
        replayed += usize::from(again.header("idempotency-replayed").is_some());
        if let Ok(first) = first {
            assert_eq!(json(&first)["id"], json(&again)["id"], "{}", again.text());
        }
        pharos.kill();
    }
    pharos.serve();
    let list = ask(&pharos, ("GET", "/api/v1/contacts?limit=500"), &token, "x", &Value::Null);
    let list = json(&list.expect("an answer"));
    assert_eq!(list["data"].as_array().map(Vec::len), Some(KILLS), "{list}");
    pharos.stop();
    let log = pharos.ok(&["audit", "export"]);
    let added = log.lines().filter(|line| line.contains("\"contact.add\"")).count();
    assert_eq!(added, KILLS, "each was added once");
    println!("{KILLS} kills: {cut} answers were lost, {replayed} requests had been done before");
}

#[test]
fn a_program_tests_a_campaign_and_hears_what_the_relay_says() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(1);
    pharos.serve().create_campaign();
    let live = token(&pharos, &["announcements:write"]);
    let test =
        pharos.ok(&["token", "create", "--name", "T", "--test", "--scope", "announcements:write"]);
    let test = test.split_whitespace().find(|word| word.starts_with("ph_test_")).expect("a token");
    let body = json!({ "to": ["boss@aurora.example"], "values": { "first_name": "Zoe" } });
    let path = "/api/v1/campaigns/1/test";
    let sent = ask(&pharos, ("POST", path), &live, "1", &body).expect("an answer");
    assert_eq!(sent.status, 200, "{}", sent.text());
    assert!(json(&sent)["messages"][0]["reply"].as_str().is_some_and(|it| it.starts_with("250")));
    ask(&pharos, ("POST", path), &live, "1", &body).expect("an answer");
    let kept = ask(&pharos, ("POST", path), test, "1", &body).expect("an answer");
    assert_eq!(json(&kept)["messages"][0]["inbox"], "2", "{}", kept.text());
    let letters = sink.letters();
    assert_eq!(letters.len(), 1, "once, and never with a test token");
    assert_eq!(letters[0].to, "boss@aurora.example");
    drop(sink);
    let away = ask(&pharos, ("POST", path), &live, "2", &body).expect("an answer");
    assert_eq!(away.status, 503, "{}", away.text());
    assert!(away.text().contains("relay_unreachable"), "{}", away.text());
}
