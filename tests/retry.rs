//! Whoever was not reached is named, and is sent to again when a person says so, or when the campaign
//! was made to.

use std::collections::BTreeMap;

use harness::pharos::ANNOUNCEMENT;
use harness::{Letter, Pharos, Sink};

#[test]
fn who_was_skipped_is_named_and_gets_the_message_once_mended() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    let ann = ("ann@reader.example".to_owned(), "Ann".to_owned());
    pharos.import([ann, ("bob@reader.example".to_owned(), String::new())]);
    pharos.write("strict.md", ANNOUNCEMENT.replace(" | default(\"friend\")", ""));
    pharos.ok(&["campaign", "create", "--file", "strict.md"]);
    pharos.serve();
    pharos.ok(&["campaign", "start", "1", "--accept"]);
    pharos.finished();
    let csv = pharos.ok(&["campaign", "who", "1", "--skipped", "--csv"]);
    assert!(
        csv.starts_with("email,state,tries,at,code,reason\nbob@reader.example,skipped,"),
        "{csv}"
    );
    assert!(csv.contains("first_name") && !csv.contains("ann@"), "{csv}");
    let nobody = pharos.run(&["campaign", "who", "1", "--failed"]);
    assert_eq!((nobody.code, nobody.out.as_str()), (0, ""));

    pharos.import([("bob@reader.example".to_owned(), "Bob".to_owned())]);
    let asked = pharos.fails(&["campaign", "retry", "1", "--skipped"]);
    assert!(asked.contains("--yes"), "{asked}");
    let said = pharos.ok(&["campaign", "retry", "1", "--skipped", "--yes"]);
    assert!(said.starts_with("1 person in campaign 1: skipped.\n"), "{said}");
    let report = pharos.report_when("the second message", |it| it["deliveries"]["sent"] == 2);
    assert_eq!((&report["audience"], &report["deliveries"]["skipped"]), (&2.into(), &0.into()));
    pharos.finished();
    let mut people = sink.recipients();
    people.sort();
    assert_eq!(people, ["ann@reader.example", "bob@reader.example"]);
    let again = pharos.ok(&["campaign", "retry", "1", "--skipped", "--yes"]);
    assert!(again.contains("nothing was changed"), "{again}");
    pharos.stop();
}

#[test]
fn who_is_in_doubt_is_sent_to_again_only_with_a_warning() {
    // Takes the message and hangs up instead of answering.
    let sink = Sink::start_with(&["-q", "."]);
    let (port, mut pharos) = (sink.port, Pharos::new(sink.port));
    pharos.import_readers(3);
    pharos.serve().start_campaign();
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["in_doubt"], 3);
    drop(sink);
    let sink = Sink::start_at(port);
    let listed = pharos.ok(&["campaign", "who", "1", "--in-doubt"]);
    assert_eq!(listed.lines().count(), 3, "{listed}");
    let said = pharos.ok(&["campaign", "retry", "1", "--in-doubt", "--yes"]);
    assert!(said.contains("may get a second copy"), "{said}");
    pharos.report_when("the messages", |it| it["deliveries"]["sent"] == 3);
    assert_eq!(sink.letters().len(), 3);
    pharos.stop();
}

#[test]
fn a_campaign_that_sends_again_sends_the_same_message_three_times_at_most() {
    // Takes the message and hangs up instead of answering, every time.
    let sink = Sink::start_with(&["-q", "."]);
    let mut pharos =
        Pharos::with(sink.port, |text| text.replace("first = \"5m\"", "first = \"1s\""));
    pharos.import_readers(3);
    pharos.write("announcement.md", ANNOUNCEMENT);
    let file = ["campaign", "create", "--file", "announcement.md", "--in-doubt", "resend"];
    pharos.ok(&file);
    pharos.serve();
    pharos.ok(&["campaign", "start", "1"]);
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["in_doubt"], 3, "{report:#}");
    let mut copies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Letter { to, message_id, .. } in sink.letters() {
        copies.entry(to).or_default().push(message_id);
    }
    assert_eq!(copies.len(), 3, "{copies:?}");
    for (to, ids) in copies {
        assert_eq!(ids.len(), 3, "{to}");
        assert!(ids.iter().all(|id| *id == ids[0]), "it is the same message: {ids:?}");
    }
    pharos.stop();
}
