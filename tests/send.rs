//! Every message arrives once, whole, and says what was meant: at a sink, and in the mailboxes of
//! a real mail host.

use std::collections::BTreeSet;
use std::process::Command;

use harness::{Letter, MailHost, Pharos, Sink, http, wait};

const READERS: usize = 300;

#[test]
fn every_message_arrives_once_at_a_sink() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(READERS);
    pharos.serve().start_campaign();
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], READERS);
    check_letters(&sink.letters());
    check_with_python(&sink.messages());
    pharos.stop();
}

#[test]
fn every_message_arrives_once_in_a_mailbox() {
    let host = MailHost::start();
    let mut pharos = Pharos::new(host.port);
    pharos.import_readers(READERS);
    pharos.serve().start_campaign();
    pharos.finished();
    let messages = wait::until("the mailboxes to fill", || {
        Some(host.messages()).filter(|messages| messages.len() >= READERS)
    });
    let letters: Vec<Letter> = messages.iter().map(|(_, raw)| Letter::parse(raw)).collect();
    check_letters(&letters);
    for ((owner, raw), letter) in messages.iter().zip(&letters) {
        assert_eq!(*owner, letter.to, "it lies in its owner's mailbox");
        let head = String::from_utf8_lossy(raw);
        assert!(head.contains("Return-Path: <news@aurora.example>"), "{head}");
    }
    pharos.stop();
}

/// Written by hand, with what Markdown would have changed.
const HTML: &str = r#"---
subject: A word in HTML
from: Aurora News <news@aurora.example>
topic: release-notices
layout: plain
format: html
---
<h1 style="letter-spacing: 1px">Aurora *4.2*</h1>

Some *stars* here.

<table role="presentation"><tr><td>Dear {{ first_name }},<br>two_words_here</td></tr></table>
<p><a href="https://aurora.example/a?x=1&amp;y=2">One</a> and <a href="https://aurora.example/b">two</a></p>
"#;

#[test]
fn an_announcement_in_html_arrives_as_it_was_written_and_its_links_are_counted() {
    let host = MailHost::start();
    let mut pharos = Pharos::new(host.port);
    pharos.import([("ann@reader.example".to_owned(), "Ann <3".to_owned())]);
    pharos.write("word.html", HTML);
    pharos.ok(&["campaign", "create", "--file", "word.html"]);
    pharos.serve();
    pharos.ok(&["campaign", "start", "1"]);
    let messages = wait::until("the mailbox to fill", || {
        Some(host.messages()).filter(|messages| !messages.is_empty())
    });
    let raw = &messages[0].1;
    let letter = Letter::parse(raw);
    assert_eq!(letter.subject, "A word in HTML");
    for written in [
        r#"<h1 style="letter-spacing: 1px">Aurora *4.2*</h1>"#,
        "Some *stars* here.",
        "Dear Ann &lt;3,<br>two_words_here</td>",
        r#"<table role="presentation">"#,
    ] {
        assert!(letter.html.contains(written), "{written}: {}", letter.html);
    }
    for read in ["Aurora *4.2*", "Dear Ann <3,", "two_words_here"] {
        assert!(letter.text.contains(read), "{read}: {}", letter.text);
    }
    assert!(letter.html.contains(&letter.unsubscribe), "the way out is added");
    assert!(letter.html.contains("1 Harbour Road"), "and the postal address");
    assert!(!letter.html.contains("https://aurora.example/"), "no link goes past us");
    assert_eq!(http::get(&letter.pixel()).status, 200);
    let targets: Vec<_> = letter.links().iter().map(|link| http::get(link)).collect();
    let targets: Vec<_> = targets.iter().map(|answer| answer.header("location")).collect();
    let meant = ["https://aurora.example/a?x=1&y=2", "https://aurora.example/b"];
    assert_eq!(targets, meant.map(Some));
    let report = pharos.report_when("the clicks", |it| it["clicks"]["total"] == 2);
    assert_eq!(report["views"]["total"], 1);
    let links = report["links"].as_array().expect("links");
    let counted = links.iter().map(|link| (link["label"].as_str(), link["clicks"].as_i64()));
    assert_eq!(counted.collect::<Vec<_>>(), [(Some("One"), Some(1)), (Some("two"), Some(1))]);
    assert_eq!(http::post(&letter.unsubscribe, "List-Unsubscribe=One-Click").status, 200);
    assert_eq!(pharos.report()["unsubscribes"], 1);
    pharos.stop();
}

#[test]
fn a_test_message_goes_to_one_address_and_counts_nowhere() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(3);
    pharos.create_campaign();
    let said = pharos.ok(&["campaign", "test-send", "1", "--to", "boss@aurora.example"]);
    assert!(said.contains("250"), "{said}");
    let letters = sink.letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].to, "boss@aurora.example");
    assert_eq!(pharos.report()["audience"], 0);
    pharos.serve();
    let click = http::get(&letters[0].links()[1]);
    assert_eq!(click.header("location"), Some("https://aurora.example/download"));
    assert_eq!(http::get(&letters[0].pixel()).status, 200);
    assert_eq!(http::post(&letters[0].unsubscribe, "List-Unsubscribe=One-Click").status, 200);
    pharos.ok(&["campaign", "test-send", "1", "--to", "boss@aurora.example"]);
    let again = sink.letters();
    assert_ne!(again[0].message_id, again[1].message_id, "a second test is no repeat");
    pharos.stop();
    let report = pharos.report();
    assert_eq!((&report["views"]["total"], &report["clicks"]["total"]), (&0.into(), &0.into()));
}

#[test]
fn a_paused_campaign_sends_nothing_more_until_it_is_resumed() {
    let sink = Sink::start_with(&["-w", "1"]);
    let mut pharos =
        Pharos::with(sink.port, |text| text.replace("connections = 10\n", "connections = 2\n"));
    pharos.import_readers(12);
    pharos.serve().start_campaign();
    pharos.report_when("the first message", |it| it["deliveries"]["sent"].as_i64() >= Some(1));
    pharos.ok(&["campaign", "pause", "1"]);
    let still = pharos.report_when("the messages under way", |it| it["deliveries"]["leased"] == 0);
    let taken = sink.files().len();
    assert_eq!(still["deliveries"]["sent"], taken);
    assert!(taken < 12, "the pause came too late for this story");
    pharos.stop();
    pharos.serve();
    assert_eq!(pharos.report()["campaign"]["state"], "paused", "a restart keeps the pause");
    assert_eq!(sink.files().len(), taken);
    pharos.ok(&["campaign", "resume", "1"]);
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], 12);
    assert_eq!(sink.letters().len(), 12);
    pharos.stop();
}

#[test]
fn a_stop_ends_in_time_though_the_relay_never_answers() {
    // The sink takes the message and then says nothing for a minute.
    let sink = Sink::start_with(&["-W", ".:60"]);
    let mut pharos = Pharos::with(sink.port, |text| {
        text.replace("shutdown_timeout = \"20s\"", "shutdown_timeout = \"1s\"")
    });
    pharos.import_readers(3);
    pharos.serve().start_campaign();
    pharos.report_when("a message under way", |it| it["deliveries"]["leased"].as_i64() > Some(0));
    let begin = std::time::Instant::now();
    pharos.stop();
    assert!(begin.elapsed() < std::time::Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!(pharos.report()["audience"], 3);
}

#[test]
fn a_second_signal_ends_at_once() {
    let sink = Sink::start_with(&["-W", ".:60"]);
    let mut pharos = Pharos::with(sink.port, |text| {
        text.replace("shutdown_timeout = \"20s\"", "shutdown_timeout = \"10m\"")
    });
    pharos.import_readers(3);
    pharos.serve().start_campaign();
    pharos.report_when("a message under way", |it| it["deliveries"]["leased"].as_i64() > Some(0));
    pharos.terminate();
    wait::until("the first signal", || pharos.log().contains("a second signal").then_some(()));
    pharos.terminate();
    assert_eq!(pharos.ended(), Some(1));
}

/// Python's `email` package finds no defect and reads what our parser read.
fn check_with_python(messages: &[Vec<u8>]) {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, raw) in messages.iter().enumerate() {
        let letter = Letter::parse(raw);
        let unix = |text: &str| text.replace("\r\n", "\n");
        let meant = serde_json::json!({
            "subject": letter.subject, "from": letter.from, "to": letter.to,
            "text": unix(&letter.text), "html": unix(&letter.html),
        });
        std::fs::write(folder.path().join(format!("{number}.eml")), raw).expect("a message");
        let path = folder.path().join(format!("{number}.json"));
        std::fs::write(path, meant.to_string()).expect("what was meant");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/check-messages.py");
    let output =
        Command::new("python3").arg(script).arg(folder.path()).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// One message a reader, each with the right name, parts and ways out.
fn check_letters(letters: &[Letter]) {
    assert_eq!(letters.len(), READERS);
    let ids: BTreeSet<&str> = letters.iter().map(|letter| letter.message_id.as_str()).collect();
    assert_eq!(ids.len(), READERS, "Message-IDs are unique");
    let people: BTreeSet<&str> = letters.iter().map(|letter| letter.to.as_str()).collect();
    assert_eq!(people.len(), READERS, "everyone has one");
    for letter in letters {
        let number = letter.to.trim_start_matches("reader").split('@').next().expect("a number");
        let name = format!("Reader {number}");
        assert_eq!(letter.from, "news@aurora.example");
        assert_eq!(letter.subject, format!("Aurora 4.2 is here, {name}"));
        assert_eq!(letter.parts, 3, "multipart/alternative with two parts");
        assert_eq!(letter.links().len(), 2);
        assert_eq!(letter.one_click.as_deref(), Some("List-Unsubscribe=One-Click"));
        for part in [&letter.html, &letter.text] {
            assert!(part.contains(&format!("Hello {name}, this is")), "{part}");
            assert!(part.contains("Grüße aus Dublin."), "{part}");
            assert!(part.contains(&letter.unsubscribe), "the way out is in both parts");
            assert!(part.contains("1 Harbour Road"), "the postal address is in both parts");
        }
    }
}
