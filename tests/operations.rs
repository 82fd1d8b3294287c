//! What whoever watches over a server sees of it, and nobody else does.

use harness::{Pharos, Sink, http, wait};
use testkit::free_port;

#[test]
fn health_and_metrics_have_a_listener_of_their_own() {
    let port = free_port();
    let mut pharos =
        Pharos::with(1, |text| format!("{text}\n[ops]\nlisten = \"0.0.0.0:{port}\"\n"));
    pharos.serve();
    let operations = |path: &str| http::get(&format!("http://127.0.0.1:{port}{path}"));
    assert_eq!(operations("/healthz").status, 200);
    assert!(operations("/metrics").text().contains("pharos_beacon_views_total 0"));
    assert_eq!(operations("/").status, 404);
    assert_eq!(http::get(&format!("{}/healthz", pharos.web)).status, 200);
    assert_eq!(http::get(&format!("{}/metrics", pharos.web)).status, 404);
    pharos.stop();
}

#[test]
fn what_a_later_release_left_of_its_mail_stops_the_mail_alone_and_is_said_everywhere() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(3);
    pharos.start_campaign();
    let folder = pharos.path("pharos-data/journal/mail");
    std::fs::create_dir_all(&folder).expect("a folder");
    let options = journal::Options { segment_bytes: 1 << 20, max_bytes: 16 << 20 };
    let mut journal = journal::Journal::open(&folder, options).expect("a journal");
    // Of a kind that this release does not know.
    journal.append(&[200, 1, 2, 3]).expect("it is taken");
    journal.commit().expect("it is kept");
    drop(journal);

    pharos.serve();
    let ready = format!("{}/readyz", pharos.admin);
    let readyz = |status: u16| {
        wait::until("readiness", || {
            let answer = http::get(&ready);
            (answer.status == status).then(|| answer.text())
        })
    };
    let reasons = readyz(503);
    assert!(
        reasons.contains("later release") && reasons.contains("mail has been held up"),
        "{reasons}"
    );
    let status = pharos.ok(&["campaign", "status", "1"]);
    assert!(status.contains("later release"), "{status}");
    // Beacon and pages are not touched by it, and stay up.
    assert_eq!(http::get(&format!("{}/o/rubbish.gif", pharos.beacon)).status, 200);
    assert_eq!(http::get(&format!("{}/u/rubbish", pharos.web)).status, 404);
    pharos.stop();
    assert_eq!(sink.files().len(), 0);

    // As the message says.
    std::fs::rename(&folder, pharos.path("aside")).expect("it is moved");
    pharos.serve();
    assert_eq!(pharos.finished()["deliveries"]["sent"], 3);
    readyz(200);
    pharos.stop();
}

#[test]
fn a_campaign_that_cannot_be_read_stands_still_and_no_other_does() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(2);
    pharos.start_campaign();
    pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    pharos.ok(&["campaign", "start", "2"]);
    let first = "(SELECT min(id) FROM campaigns)";
    pharos.query(&format!("UPDATE campaigns SET policy = 'of a later release' WHERE id = {first}"));
    pharos.serve();
    wait::until("the other one to finish", || {
        let said = pharos.ok(&["campaign", "status"]);
        said.contains("finished").then_some(())
    });
    assert_eq!(sink.files().len(), 2);
    assert!(pharos.fails(&["campaign", "status", "1"]).contains("policy"));
    assert!(pharos.log().contains("its row can't be read"), "{}", pharos.log());
    pharos.query(&format!("UPDATE campaigns SET policy = 'never_resend' WHERE id = {first}"));
    assert_eq!(pharos.finished()["deliveries"]["sent"], 2, "it goes on by itself");
    pharos.stop();
}
