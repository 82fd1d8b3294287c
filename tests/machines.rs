//! Machines that say they are a browser, and what tells them from readers.

use harness::{Letter, Pharos, Sink, http};

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");

/// A campaign to these addresses has arrived.
fn mailed(addresses: &[&str], change: impl Fn(String) -> String) -> (Pharos, Vec<Letter>) {
    let sink = Sink::start();
    let mut pharos = Pharos::with(sink.port, change);
    pharos.import(addresses.iter().map(|it| ((*it).to_owned(), "Ann".to_owned())));
    pharos.serve().start_campaign();
    pharos.finished();
    (pharos, sink.letters())
}

#[test]
fn a_network_that_asks_for_the_mail_of_many_at_once_is_no_readers() {
    let addresses = [
        "a@one.example",
        "b@one.example",
        "c@two.example",
        "d@three.example",
        "e@four.example",
        "f@five.example",
    ];
    let soon = |text: String| {
        text.replace("soon_after_delivery = \"off\"", "soon_after_delivery = \"1ms\"")
    };
    let (pharos, letters) = mailed(&addresses, soon);
    let of = |domain: &str| {
        letters.iter().filter(|it| it.to.ends_with(domain)).map(Letter::pixel).collect::<Vec<_>>()
    };
    let before = ["one.example", "two.example", "three.example", "four.example"].map(of).concat();
    for pixel in &before {
        http::get_with(pixel, &[FIREFOX]);
    }
    let report = pharos.report_when("every view to be counted", |it| it["views"]["total"] == 5);
    assert_eq!(
        (&report["evidence"]["floor"], &report["evidence"]["ceiling"]),
        (&5.into(), &5.into())
    );
    // The fifth domain makes readers of none of them certain, and keeps all of them possible.
    http::get_with(&of("five.example")[0], &[FIREFOX]);
    let report = pharos.report_when("every view to be counted", |it| it["views"]["total"] == 6);
    assert_eq!(
        (&report["evidence"]["floor"], &report["evidence"]["ceiling"]),
        (&0.into(), &6.into())
    );
    let why = pharos.ok(&["report", "explain", "1", "a@one.example"]);
    assert!(why.contains("five domains or more"), "{why}");
    let earlier = pharos.ok(&["report", "opens", "1", "--rules", "2026-11-27", "--format", "json"]);
    let earlier: serde_json::Value = serde_json::from_str(&earlier).expect("JSON");
    assert_eq!(earlier["evidence"]["floor"], 6, "as it was, side by side");
}

#[test]
fn a_link_that_nobody_sees_tells_who_follows_every_link() {
    let wanted = |text: String| text.replace("honeypot_link = false", "honeypot_link = true");
    let (pharos, letters) = mailed(&["ann@one.example", "bob@two.example"], wanted);
    let of = |address: &str| letters.iter().find(|it| it.to == address).expect("a letter");
    let (scanned, read) = (of("ann@one.example"), of("bob@two.example"));
    let links = scanned.links();
    let hidden = links.first().expect("a link").clone();
    assert!(
        scanned.html.contains(&format!("<a href=\"{hidden}\" rel=\"nofollow\" tabindex=\"-1\""))
    );
    assert_eq!(links.len(), 3, "{links:?}");
    assert!(!scanned.text.contains(&hidden));
    let answer = http::get_with(&hidden, &[FIREFOX]);
    let target = answer.header("location").expect("a target").to_owned();
    assert_eq!(
        (answer.status, target.as_str()),
        (302, format!("{}/hidden-link", pharos.web).as_str())
    );
    let said = http::get(&target);
    assert!(said.status == 200 && said.text().contains("nothing to do"), "{}", said.text());
    http::get_with(&links[1], &[FIREFOX]);
    http::get_with(&read.links()[2], &[FIREFOX]);
    let report = pharos.report_when("every click to be counted", |it| it["clicks"]["total"] == 3);
    let clicks = &report["clicks"];
    assert_eq!((&clicks["floor"], &clicks["ceiling"]), (&1.into(), &2.into()), "{report:#}");
    let listed = report["links"].as_array().expect("links").iter();
    let counted: Vec<_> = listed.map(|it| (it["label"].clone(), it["clicks"].clone())).collect();
    assert_eq!(counted.len(), 3, "{counted:?}");
    assert_eq!(counted[2], ("the link that no reader can see".into(), 1.into()));
    let why = pharos.ok(&["report", "explain", "1", "ann@one.example"]);
    assert!(why.contains("no reader can see"), "{why}");
}
