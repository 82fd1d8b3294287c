//! What may be recorded of whom: a word that is taken back acts on the next message, and on the next hit of
//! messages sent long ago.

use harness::letter::Letter;
use harness::sink::Sink;
use harness::{Pharos, http, wait};
use serde_json::Value;

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A running server whose campaign 1 has reached three readers, and where their letters are.
fn mailed() -> (Pharos, Sink) {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(3);
    pharos.serve().start_campaign();
    pharos.finished();
    (pharos, sink)
}

fn presses(letter: &Letter, act: &str) -> String {
    let answer = http::request("POST", &letter.tracking(), &[FORM], &format!("act={act}"));
    let answer = answer.expect("an answer");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

/// Views the message and follows its first link; both are answered as ever.
fn reads(letter: &Letter) {
    let pixel = http::get_with(&letter.pixel(), &[FIREFOX]);
    assert_eq!((pixel.status, pixel.body.len()), (200, 43));
    let click = http::get_with(&letter.links()[0], &[FIREFOX]);
    assert_eq!(click.status, 302);
    assert_eq!(click.header("location"), Some("https://aurora.example/notes?v=4.2&lang=en"));
}

/// Sends another campaign, and gives the letters of it.
fn sends_again(pharos: &Pharos, sink: &Sink) -> Vec<Letter> {
    let before = sink.letters().len();
    pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    pharos.ok(&["campaign", "start", "2"]);
    wait::until("the second campaign to arrive", || {
        Some(sink.letters()).filter(|letters| letters.len() == before + 3)
    });
    sink.letters().split_off(before)
}

fn counts(report: &Value) -> [i64; 4] {
    let of = |section: &str, name: &str| report[section][name].as_i64().expect("a number");
    [of("views", "total"), of("views", "unique"), of("clicks", "total"), of("evidence", "floor")]
}

#[test]
fn who_stops_being_tracked_is_so_in_old_mail_and_in_the_next() {
    let (pharos, sink) = mailed();
    let letters = sink.letters();
    let (one, other) = (&letters[0], &letters[1]);
    assert!(one.text.contains("Stop tracking me: http"), "{}", one.text);
    reads(one);
    pharos.report_when("the first view and click", |it| counts(it) == [1, 1, 1, 1]);
    let page = http::get(&one.tracking());
    assert!(page.text().contains("Stop tracking me?"), "{}", page.text());
    assert!(http::head(&one.tracking()).body.is_empty());
    let page = http::get(&one.unsubscribe).text();
    let own = one.tracking();
    let link = format!("../t/{}", own.rsplit('/').next().expect("a token"));
    assert!(page.contains(&link), "{page}");

    let said = presses(one, "stop");
    assert!(said.contains("You are not tracked"), "{said}");
    // From the very next hit, in mail from before.
    reads(one);
    reads(other);
    pharos.report_when("the other's view and click alone", |it| counts(it) == [2, 2, 2, 2]);
    // Their message as a page tells nothing either.
    for (letter, is_tracked) in [(one, false), (other, true)] {
        let page = http::get(&letter.page()).text();
        assert_eq!(page.contains("/o/"), is_tracked);
        assert_eq!(page.contains("/c/"), is_tracked);
    }

    let next = sends_again(&pharos, &sink);
    for letter in &next {
        let is_tracked = letter.to != one.to;
        assert_eq!(letter.html.contains("/o/"), is_tracked, "{}", letter.to);
        assert_eq!(letter.text.contains("/c/"), is_tracked, "{}", letter.to);
        assert_eq!(letter.html.contains("Stop tracking me"), is_tracked);
        assert!(letter.html.contains("aurora.example/download") != is_tracked);
        assert!(letter.html.contains("/u/") && letter.one_click.is_some());
    }
    // The outcomes are stored after the messages have arrived.
    let report = wait::until("the second campaign to finish", || {
        let text = pharos.ok(&["report", "opens", "2", "--format", "json"]);
        let report: Value = serde_json::from_str(&text).expect("JSON");
        Some(report).filter(|report| report["campaign"]["state"] == "finished")
    });
    assert_eq!(
        (&report["tracking"]["identified"], &report["tracking"]["off"]),
        (&2.into(), &1.into())
    );
    assert_eq!(report["evidence"]["denominator"], 2);

    // It can be taken back.
    assert!(presses(one, "allow").contains("Stop tracking me?"));
    reads(one);
    pharos.report_when("to be counted again", |it| counts(it) == [3, 2, 3, 2]);
    let nothing =
        http::request("POST", &one.tracking(), &[FORM], "act=rubbish").expect("an answer");
    assert_eq!(nothing.status, 400);
    let ledger = "SELECT mode, source, granted FROM consents WHERE kind = 'tracking' ORDER BY id";
    assert_eq!(pharos.query(ledger), [["0", "page", "0"], ["2", "page", "1"]]);
}

#[test]
fn what_is_to_be_forgotten_is_in_no_event_and_the_counts_stay() {
    let (pharos, sink) = mailed();
    let letters = sink.letters();
    letters.iter().for_each(reads);
    let before = pharos.report_when("everybody's", |it| counts(it) == [3, 3, 3, 3]);
    presses(&letters[1], "forget");
    wait::until("the events to be nobody's", || {
        let found = pharos.query("SELECT count(*) FROM events WHERE contact_id = 0");
        (found == [["2"]]).then_some(())
    });
    let named = "SELECT count(*) FROM events WHERE contact_id = 0
        AND (visitor IS NOT NULL OR client IS NOT NULL)";
    assert_eq!(pharos.query(named), [["0"]]);
    assert_eq!(counts(&pharos.report()), counts(&before));
}

#[test]
fn a_list_begins_with_what_was_agreed_where_it_comes_from() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.serve().create_campaign();
    let people = ["email\nasked@reader.example\n", "email\nrefused@reader.example\n"];
    let import = |name: &str, mode: &str| {
        pharos.ok(&["contacts", "import", name, "--topic", "release-notices", "--tracking", mode])
    };
    pharos.write("agreed.csv", people[0]);
    pharos.write("refused.csv", people[1]);
    import("agreed.csv", "identified");
    let told = import("refused.csv", "off");
    assert!(told.contains("1 person had said nothing about tracking"), "{told}");
    // Who has said something keeps it.
    let told = import("refused.csv", "identified");
    assert!(!told.contains("about tracking"), "{told}");
    let shown = pharos.ok(&["contacts", "show", "refused@reader.example"]);
    assert!(shown.contains("tracking: off on "), "{shown}");
    assert!(shown.contains(": import of refused.csv"), "{shown}");

    let checked = pharos.ok(&["campaign", "check", "1", "--offline"]);
    let hint = "of 1 would be recorded who opens and clicks; 0 anonymous, 1 not tracked";
    assert!(checked.contains(hint), "{checked}");
    pharos.ok(&["campaign", "start", "1"]);
    pharos.finished();
    for letter in sink.letters() {
        assert_eq!(letter.html.contains("/o/"), letter.to.starts_with("asked"), "{}", letter.to);
    }
}
