//! What whoever watches over a server sees of it, and nobody else does.

use harness::pharos::mailed;
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
fn hits_that_only_a_later_release_can_read_wait_and_the_node_says_so() {
    let (mut pharos, letters) = mailed(1);
    pharos.stop();
    let options = journal::Options { segment_bytes: 16 << 20, max_bytes: 1 << 30 };
    let folder = pharos.path("pharos-data/journal/hits");
    let mut journal = journal::Journal::open(&folder, options).expect("a journal");
    journal.append(b"\x07 hit of the next release").expect("it is taken");
    journal.append(&an_hour_ago()).expect("it is taken");
    journal.commit().expect("it is kept");
    drop(journal);

    pharos.serve();
    assert_eq!(http::get(&letters[0].pixel()).status, 200, "readers notice nothing");
    let ready = format!("{}/readyz", pharos.admin);
    let reasons = wait::until("both reasons", || {
        let answer = http::get(&ready);
        let text = answer.text();
        let told =
            text.contains("hits are not recorded: ") && text.contains("are not counted yet: 2");
        (answer.status == 503 && told).then_some(text)
    });
    assert!(reasons.contains("newer release"), "{reasons}");
    assert_eq!(http::get(&format!("{}/healthz", pharos.admin)).status, 200);
    assert_eq!(pharos.report()["views"]["total"], 0);
    assert_eq!(pharos.report()["views"]["total"], 0);
    pharos.terminate();
    assert_eq!(pharos.ended(), Some(1), "what was not recorded is not hidden by a stop");
}

/// A view that was answered long enough ago to be late.
fn an_hour_ago() -> Vec<u8> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = i64::try_from(now.expect("a time after 1970").as_micros()).expect("this century");
    let hit = model::Hit {
        at: model::Timestamp(now - 3_600_000_000),
        campaign: model::CampaignId(1),
        contact: Some(model::ContactId(1)),
        kind: model::HitKind::View,
        visitor: None,
        client: None,
        signs: model::hit::HitSigns::default(),
        agent: Vec::new(),
    };
    let mut bytes = Vec::new();
    hit.encode(&mut bytes);
    bytes
}

#[test]
fn a_relay_that_may_wait_for_tls_is_named_before_its_time_is_up() {
    // Takes connections and says nothing, as a port for TLS from the first byte does.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = silent.local_addr().expect("its address").port();
    let mut pharos = Pharos::with(port, |text| {
        text.replace("connect_timeout = \"15s\"", "connect_timeout = \"10m\"")
            .replace("shutdown_timeout = \"20s\"", "shutdown_timeout = \"1s\"")
    });
    pharos.import_readers(1);
    pharos.serve().start_campaign();
    wait::until("the likely mistake", || {
        let said = pharos.ok(&["campaign", "status", "1"]);
        (said.contains("Held up: ") && said.contains("set tls = \"implicit\"")).then_some(())
    });
    let reasons = http::get(&format!("{}/readyz", pharos.admin));
    assert!(reasons.status == 503 && reasons.text().contains("may expect TLS"), "{reasons:?}");
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
