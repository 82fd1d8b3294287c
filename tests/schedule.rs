//! A campaign that starts by itself, and one that was taken back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use harness::pharos::ANNOUNCEMENT;
use harness::{Pharos, Sink};
use model::Timestamp;

/// A time to come, as it is typed.
fn within(seconds: u64) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let at = since + Duration::from_secs(seconds);
    Timestamp(i64::try_from(at.as_micros()).unwrap()).rfc3339()
}

#[test]
fn a_scheduled_campaign_is_sent_at_its_time_and_one_taken_back_never() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(3);
    pharos.write("release.md", ANNOUNCEMENT);
    for _ in 0..2 {
        pharos.ok(&["campaign", "create", "--file", "release.md"]);
    }
    // The one that is taken back would come first.
    let (soon, later) = (within(3), within(5));
    let schedule = |number, at: &str, more: &[&str]| {
        let mut command = vec!["campaign", "schedule", number, "--at", at];
        command.extend(more);
        pharos.run(&command)
    };
    let refused = schedule("2", &soon, &["--accept", "--audience-at-most", "2"]);
    assert!(refused.err.contains("3 people would get it, which is more than the 2"), "{refused:?}");
    let tried = schedule("2", &soon, &["--accept", "--dry-run"]);
    assert!(tried.out.contains("would start") && tried.out.contains("3 would get it"), "{tried:?}");
    assert!(!pharos.ok(&["campaign", "status"]).contains("scheduled"));
    let said = schedule("2", &soon, &["--accept"]);
    assert!(said.out.contains("3 would get it now"), "{said:?}");
    assert_eq!(schedule("1", &later, &["--accept"]).code, 0);
    let said = pharos.ok(&["campaign", "take-back", "2"]);
    assert_eq!(said, "Campaign 2 is a draft again; nobody has got it.\n");
    let shown = pharos.ok(&["campaign", "status", "1"]);
    assert!(shown.contains("scheduled") && shown.contains("It starts at"), "{shown}");
    assert!(sink.letters().is_empty());

    pharos.serve();
    let report = pharos.report_when("the messages", |it| it["deliveries"]["sent"] == 3);
    assert_eq!(report["audience"], 3);
    assert!(pharos.ok(&["campaign", "status", "2"]).contains("draft"));
    assert_eq!(sink.letters().len(), 3, "the other was taken back");
    let log = pharos.ok(&["audit", "list", "--object", "campaign 1"]);
    assert!(log.contains("campaign.schedule") && log.contains("the schedule"), "{log}");
    let late = pharos.fails(&["campaign", "take-back", "1"]);
    assert!(late.contains("can't be taken back"), "{late}");
    pharos.stop();
}
