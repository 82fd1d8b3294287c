//! The feed of events: every view and click once, whatever dies.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use harness::pharos::mailed;
use harness::{Dice, Letter, Pharos, http, wait};
use serde_json::Value;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Everything there is now.
fn all(pharos: &Pharos) -> Vec<Value> {
    lines(&pharos.ok(&["events", "follow", "--until-now"]))
}

fn counted(pharos: &Pharos) {
    pharos.report_when("hits to be counted", |it| it["on_the_way"] == 0);
}

fn rows(pharos: &Pharos) -> usize {
    pharos.query("SELECT count(*) FROM events")[0][0].parse().expect("a number")
}

#[test]
fn a_follower_goes_on_where_it_stopped_and_an_export_ends_where_it_goes_on() {
    let (pharos, letters) = mailed(2);
    let (one, other) = (&letters[0], &letters[1]);
    http::get(&one.pixel());
    http::get(&one.links()[1]);
    http::request("HEAD", &other.pixel(), &[], "").expect("an answer");
    wait::until("three events", || (all(&pharos).len() == 3).then_some(()));

    let follow = ["events", "follow", "--until-now", "--cursor-file", "cursor"];
    let first = lines(&pharos.ok(&follow));
    let told: BTreeSet<_> = first.iter().map(|it| it["kind"].as_str().expect("a word")).collect();
    assert_eq!(told, BTreeSet::from(["click", "head", "view"]));
    let click = first.iter().find(|it| it["kind"] == "click").expect("a click");
    assert_eq!(click["url"], "https://aurora.example/download");
    assert_eq!((&click["link"], &click["campaign"]), (&Value::from(1), &Value::from("1")));
    assert_eq!(pharos.ok(&follow), "", "nothing is told twice");
    let id = click["id"].as_str().expect("an id");
    let told = pharos.ok(&["report", "explain", "--event", id]);
    assert!(told.starts_with("A click of https://aurora.example/download of campaign 1"), "{told}");
    assert!(told.contains("; it counts as "), "{told}");
    assert!(told.ends_with("It came from the network 127.0.0.0/24.\n"), "{told}");
    assert_eq!(pharos.ok(&["report", "address", id]), "127.0.0.1\n");

    let said = pharos.ok(&["events", "export", "--format", "csv", "--out", "events.csv"]);
    let exported = std::fs::read_to_string(pharos.path("events.csv")).expect("a file");
    assert_eq!(exported.lines().count(), 4, "{exported}");
    let cursor = said.trim().rsplit(' ').next().expect("a cursor");
    http::get(&other.links()[0]);
    let next = wait::until("the next event", || {
        let next = pharos.ok(&["events", "follow", "--until-now", "--after", cursor]);
        (!next.is_empty()).then_some(next)
    });
    assert_eq!(lines(&next)[0]["url"], "https://aurora.example/notes?v=4.2&lang=en");
    assert!(pharos.fails(&["events", "export", "--out", "events.csv"]).contains("exists already"));
    let log = pharos.ok(&["audit", "list"]);
    assert!(log.contains("events.export ") && log.contains("events.exported"), "{log}");
    assert!(log.contains(&format!("event {id}")) && !log.contains("127.0.0.1"), "{log}");

    pharos.write("cursor", &cursor[..cursor.len() - 2]);
    let why = pharos.fails(&follow);
    assert!(why.contains("the cursor in cursor") && why.contains("a part of one"), "{why}");
}

/// Readers who open and click whether or not anybody answers, until they are told to stop.
fn readers(letters: Vec<Letter>) -> (&'static AtomicBool, JoinHandle<()>) {
    let stop: &'static AtomicBool = Box::leak(Box::default());
    let reading = thread::spawn(move || {
        let urls: Vec<String> =
            letters.iter().flat_map(|it| it.links().into_iter().chain([it.pixel()])).collect();
        for url in urls.iter().cycle() {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            if http::request("GET", url, &[], "").is_err() {
                wait::let_pass(Duration::from_millis(20));
            }
        }
    });
    (stop, reading)
}

/// A consumer that keeps each line as a whole, and nothing else.
struct Consumer {
    kept: Vec<u8>,
}

/// A follower that runs, and what reads from it.
struct Follower {
    process: Child,
    reading: JoinHandle<Vec<u8>>,
}

impl Consumer {
    /// The cursor in the last line.
    fn cursor(&self) -> Option<String> {
        let text = std::str::from_utf8(&self.kept).expect("UTF-8");
        let last: Value = serde_json::from_str(text.lines().last()?).expect("JSON");
        Some(last["cursor"].as_str().expect("a cursor").to_owned())
    }

    fn follow(&self, pharos: &Pharos, token: &str, more: &[&str]) -> Follower {
        let cursor = self.cursor();
        let mut args = vec!["--server", &pharos.admin, "--token-file", token, "events", "follow"];
        args.push("--with-cursor");
        args.extend(cursor.iter().flat_map(|cursor| ["--after", cursor]));
        args.extend(more);
        let mut process = pharos.start(&args);
        let mut out = process.stdout.take().expect("a pipe");
        let reading = thread::spawn(move || {
            let mut bytes = Vec::new();
            out.read_to_end(&mut bytes).expect("it is read");
            bytes
        });
        Follower { process, reading }
    }

    /// What came of a follower that has ended, without a line that was cut off.
    fn keep(&mut self, follower: Follower) {
        let mut process = follower.process;
        process.wait().expect("an end");
        let mut bytes = follower.reading.join().expect("what was read");
        let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        bytes.truncate(end);
        self.kept.extend(bytes);
    }
}

#[test]
fn a_consumer_that_keeps_each_line_with_its_cursor_has_every_event_once() {
    let (mut pharos, letters) = mailed(5);
    let token = pharos.ok(&["token", "create", "--name", "feed", "--scope", "deliveries:read"]);
    let token = pharos.secret("token", &token);
    let (stop, reading) = readers(letters);
    let (mut dice, mut consumer) = (Dice::seeded(), Consumer { kept: Vec::new() });
    for round in 0..8 {
        let mut follower = consumer.follow(&pharos, &token, &[]);
        dice.let_pass_less_than(Duration::from_millis(1_500));
        if round % 3 == 1 {
            pharos.kill();
            pharos.serve();
            dice.let_pass_less_than(Duration::from_millis(1_500));
        }
        follower.process.kill().expect("a kill");
        consumer.keep(follower);
    }
    stop.store(true, Ordering::Relaxed);
    reading.join().expect("the readers end");
    counted(&pharos);
    let rest = consumer.follow(&pharos, &token, &["--until-now"]);
    consumer.keep(rest);

    let told = lines(std::str::from_utf8(&consumer.kept).expect("UTF-8"));
    let ids: BTreeSet<&str> = told.iter().map(|it| it["id"].as_str().expect("an id")).collect();
    assert_eq!((ids.len(), told.len()), (rows(&pharos), rows(&pharos)), "each once");
    assert!(ids.len() > 100, "{} are too few to tell", ids.len());
}

#[test]
fn a_signal_ends_a_follower_in_order() {
    let (pharos, letters) = mailed(1);
    let follower = pharos.start(&["events", "follow", "--cursor-file", "cursor"]);
    http::get(&letters[0].pixel());
    wait::until("the cursor behind the event", || {
        let kept = std::fs::read_to_string(pharos.path("cursor")).ok()?;
        let rest = pharos.ok(&["events", "follow", "--until-now", "--after", kept.trim()]);
        (rest.is_empty() && rows(&pharos) == 1).then_some(())
    });
    let kill = std::process::Command::new("kill").arg(follower.id().to_string()).status();
    assert!(kill.expect("kill runs").success());
    let said = follower.wait_with_output().expect("an end");
    assert_eq!(
        (said.status.code(), lines(&String::from_utf8_lossy(&said.stdout)).len()),
        (Some(0), 1)
    );
}
