//! Who sends and over which relay, set while the server runs.

use std::collections::BTreeSet;

use harness::pharos::{ANNOUNCEMENT, left_open};
use harness::{Pharos, Sink, wait};

fn all_say(sink: &Sink, words: &str) -> bool {
    sink.messages().iter().all(|it| String::from_utf8_lossy(it).contains(words))
}

fn set_sender(pharos: &Pharos) {
    pharos.ok(&[
        "settings",
        "set",
        "organisation.name=Borealis",
        "organisation.postal_address=2 Quay, Cork",
        "organisation.domain=borealis.example",
    ]);
}

fn set_relay(pharos: &Pharos, port: u16) {
    pharos.ok(&["settings", "set", "relay.host=127.0.0.1", &format!("relay.port={port}")]);
}

#[test]
fn a_server_without_sender_and_relay_runs_refuses_to_send_and_sends_once_they_are_set() {
    let sink = Sink::start();
    let mut pharos = Pharos::with(sink.port, |text| left_open(&text));
    pharos.import_readers(3);
    pharos.serve().create_campaign();
    let refused = pharos.fails(&["campaign", "start", "1"]);
    for part in ["organisation.name", "pharos settings set", "pharos.toml", "/admin/setup/sender"] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    assert!(pharos.fails(&["relay", "test", "--to", "a@b.example"]).contains("relay.host"));
    let shown = pharos.ok(&["settings", "show"]);
    assert!(shown.contains("relay.host") && shown.contains("missing"), "{shown}");
    set_sender(&pharos);
    assert!(pharos.fails(&["campaign", "start", "1"]).contains("relay.host is missing"));
    let wrong = pharos.fails(&["settings", "set", "relay.host=127.0.0.1", "relay.port=none"]);
    assert!(wrong.contains("relay.port should be a whole number"), "{wrong}");
    pharos.fails(&["settings", "set", "relay.password=s3cret"]);
    set_relay(&pharos, sink.port);
    // The server was there all the time.
    pharos.ok(&["campaign", "start", "1"]);
    pharos.finished();
    assert_eq!(sink.letters().len(), 3);
    assert!(all_say(&sink, "Borealis") && all_say(&sink, "2 Quay"));
    let log = pharos.ok(&["audit", "export"]);
    assert_eq!(log.matches("settings.set").count(), 2, "{log}");
    pharos.ok(&["audit", "verify"]);
    pharos.ok(&["settings", "unset", "relay.host"]);
    pharos.write("second.md", ANNOUNCEMENT.replace("Aurora 4.2", "Aurora 4.3"));
    pharos.ok(&["campaign", "create", "--file", "second.md"]);
    assert!(pharos.fails(&["campaign", "start", "2"]).contains("relay.host"));
}

#[test]
fn another_relay_and_another_sender_in_the_middle_of_a_campaign_lose_nobody() {
    const READERS: usize = 1_500;
    // Slow enough to be in the middle of it.
    let (first, second) = (Sink::start_with(&["-w", "1"]), Sink::start());
    let mut pharos = Pharos::with(first.port, |text| {
        let text = left_open(&text);
        text.replace("[relay]\n", "[relay]\nconnections = 20\n")
    });
    set_sender(&pharos);
    set_relay(&pharos, first.port);
    pharos.import_readers(READERS);
    pharos.serve().start_campaign();
    wait::until("the first messages", || (first.recipients().len() >= 40).then_some(()));
    set_relay(&pharos, second.port);
    pharos.ok(&["settings", "set", "organisation.name=Somebody else"]);
    pharos.finished();
    let (one, two) = (first.recipients(), second.recipients());
    let all: BTreeSet<&String> = one.iter().chain(&two).collect();
    assert_eq!(all.len(), READERS, "everybody got it: {} and {}", one.len(), two.len());
    assert_eq!(one.len() + two.len(), READERS, "nobody twice");
    assert!(one.len() >= 40 && !two.is_empty(), "{} and {}", one.len(), two.len());
    // It was compiled when it started.
    assert!(all_say(&second, "Borealis"));
}
