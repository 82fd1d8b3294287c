//! A report that is mailed: once at its time, to those who may read it, with the report's figures.

use harness::pharos::ANNOUNCEMENT;
use harness::{Pharos, Sink, http, wait};
use mail_parser::MessageParser;
use testkit::free_port;

/// The mails to this user.
fn mails_to(sink: &Sink, address: &str) -> Vec<mail_parser::Message<'static>> {
    let all = sink
        .messages()
        .into_iter()
        .filter_map(|raw| MessageParser::new().parse(&raw).map(mail_parser::Message::into_owned));
    let is_to = |mail: &mail_parser::Message<'_>| {
        let to = mail.to().and_then(|to| to.first()).and_then(|to| to.address());
        to == Some(address)
    };
    all.filter(is_to).collect()
}

const TOPIC_EVERY_DAY: &[&str] = &[
    "report",
    "schedule",
    "add",
    "--topic",
    "release-notices",
    "--times",
    "daily 9",
    "--to",
    "cid@team.example",
];

fn add_team(pharos: &Pharos) {
    for (name, role) in [("ann", "reporter"), ("ben", "reporter"), ("cid", "owner")] {
        pharos.ok(&[
            "user",
            "add",
            &format!("{name}@team.example"),
            "--role",
            role,
            "--name",
            name,
        ]);
    }
}

#[test]
fn a_report_is_mailed_once_at_its_time_to_those_who_may_read_it() {
    let sink = Sink::start();
    let site = format!("http://localhost:{}", free_port());
    let mut pharos = Pharos::with(sink.port, |text| {
        text.replace("[admin]", &format!("[admin]\nurl = \"{site}\""))
    });
    add_team(&pharos);
    pharos.import_readers(3);
    pharos.write("announcement.md", ANNOUNCEMENT);
    pharos.create_campaign();
    let add = |to: &[&str]| {
        let mut command = vec!["report", "schedule", "add", "--campaign", "1"];
        command.extend(["--times", "24h after sending", "--zone", "Europe/Madrid"]);
        command.extend(to.iter().flat_map(|to| ["--to", *to]));
        pharos.run(&command)
    };
    let refused = add(&["nobody@team.example"]);
    assert!(refused.err.contains("not the address of one"), "{refused:?}");
    let added = add(&["ann@team.example", "BEN@team.example"]);
    assert!(added.out.contains("Report 1 is mailed"), "{added:?}");
    assert!(pharos.ok(&["report", "schedule", "list"]).contains("waits for the campaign"));
    pharos.serve();
    pharos.start_campaign();
    pharos.finished();
    let pixel = sink.letters()[0].pixel();
    http::get(&pixel);
    let report = pharos.report_when("the view", |it| it["views"]["total"] == 1);
    pharos.ok(&["user", "disable", "ben@team.example"]);
    // A day passes.
    pharos.query("UPDATE campaigns SET finished_at = finished_at - 86400000000");
    let mail = wait::until("the mail", || mails_to(&sink, "ann@team.example").pop());
    assert_eq!(mail.subject(), Some("Report: Aurora 4.2"));
    let (floor, ceiling) = (&report["evidence"]["floor"], &report["evidence"]["ceiling"]);
    let opened = format!("at least {floor}, at most {ceiling} of 3 who have the message");
    let (text, html) = (mail.body_text(0).expect("a text"), mail.body_html(0).expect("HTML"));
    for body in [&text, &html] {
        assert!(body.contains("3 of 3 in the audience") && body.contains(&opened), "{body}");
        assert!(body.contains(&format!("{site}/admin/campaigns/1")), "{body}");
        assert!(!body.contains("@") && !body.contains("<img"), "no contact, no pixel: {body}");
    }
    let listed = wait::until("both to end", || {
        let listed = pharos.ok(&["report", "schedule", "list"]);
        (listed.contains("  sent  ann@") && listed.contains("  not sent  ben@")).then_some(listed)
    });
    assert!(listed.contains("may not read the report any more"), "{listed}");
    // Due once: nothing more comes, also after a restart.
    pharos.stop();
    pharos.serve();
    pharos.ok(TOPIC_EVERY_DAY);
    pharos.query("UPDATE report_schedules SET next_at = 1 WHERE next_at IS NOT NULL");
    let topic = wait::until("the topic's", || mails_to(&sink, "cid@team.example").pop());
    assert_eq!(topic.subject(), Some("Report: Release notices"));
    assert_eq!(mails_to(&sink, "ann@team.example").len(), 1);
    assert!(mails_to(&sink, "ben@team.example").is_empty());
    assert_eq!(mails_to(&sink, "cid@team.example").len(), 1, "one for all times that were missed");
    pharos.ok(&["report", "schedule", "remove", "1"]);
    let log = pharos.ok(&["audit", "list"]);
    assert!(log.contains("report_schedule.add") && log.contains("report_schedule.remove"), "{log}");
    pharos.stop();
}
