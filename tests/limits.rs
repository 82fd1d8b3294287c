//! Limits on messages are reached however low they are, and everybody gets their part; what is held
//! up says why.

use std::collections::BTreeSet;

use harness::{Pharos, Sink, wait};

fn limited(sink: &Sink, per_minute: u32, lease: &str) -> Pharos {
    Pharos::with(sink.port, |text| {
        text.replace("messages_per_minute = 0", &format!("messages_per_minute = {per_minute}"))
            .replace("lease = \"15m\"", &format!("lease = \"{lease}\""))
    })
}

#[test]
fn a_send_of_several_leases_under_a_low_limit_comes_to_its_end() {
    let sink = Sink::start();
    let mut pharos = limited(&sink, 900, "4s");
    pharos.import_readers(300);
    pharos.serve().start_campaign();
    let status = wait::until("a rate", || {
        let said = pharos.ok(&["campaign", "status", "1"]);
        said.contains("limited to 900").then_some(said)
    });
    assert!(status.contains("done by about"), "{status}");
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], 300);
    let taken = sink.recipients();
    assert_eq!(taken.len(), 300);
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 300, "nobody twice");
    pharos.stop();
}

#[test]
fn twenty_campaigns_under_one_limit_all_come_to_their_end() {
    let sink = Sink::start();
    let mut pharos = limited(&sink, 1_200, "4s");
    pharos.import_readers(5);
    pharos.serve();
    pharos.create_campaign();
    for _ in 1..20 {
        pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    }
    for campaign in 1..=20 {
        pharos.ok(&["campaign", "start", &campaign.to_string()]);
    }
    wait::until("all to finish", || {
        let said = pharos.ok(&["campaign", "status"]);
        (said.matches("finished").count() == 20).then_some(())
    });
    assert_eq!(sink.files().len(), 100);
    pharos.stop();
}

#[test]
fn a_relay_that_refuses_everybody_fails_nobody_and_status_says_why() {
    let sink = Sink::start_with(&["-f", "MAIL"]);
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(20);
    pharos.serve().start_campaign();
    wait::until("the reason", || {
        let said = pharos.ok(&["campaign", "status", "1"]);
        (said.contains("Held up: ") && said.contains("answered MAIL with 500")).then_some(())
    });
    let deliveries = &pharos.report()["deliveries"];
    assert_eq!(deliveries["failed"], 0);
    assert_eq!(
        deliveries["queued"].as_i64().zip(deliveries["leased"].as_i64()).map(|(q, l)| q + l),
        Some(20)
    );
    pharos.stop();
}
