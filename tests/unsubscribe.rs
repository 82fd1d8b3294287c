//! Leaving: one POST is enough, nothing less does it, and it holds for the very next message.

use harness::pharos::mailed;
use harness::{Letter, Pharos, Sink, http, wait};

#[test]
fn get_and_head_change_nobodys_state() {
    let (pharos, letters) = mailed(1);
    let letter = &letters[0];
    let clicks = letter.links();
    let pages = [letter.unsubscribe.clone(), letter.page()];
    for (urls, status) in [(&pages[..], 200), (&clicks, 302)] {
        for url in urls.iter().chain(urls) {
            assert_eq!((http::head(url).status, http::get(url).status), (status, status), "{url}");
        }
    }
    let page = http::get(&letter.unsubscribe);
    assert_eq!(page.status, 200);
    assert!(page.text().contains("r•••@reader.example"), "{}", page.text());
    assert!(!page.text().contains("reader1@"), "the address is masked");
    assert_eq!(pharos.report()["unsubscribes"], 0);
}

#[test]
fn r05_each_mail_says_how_to_leave_everything() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(2);
    pharos.ok(&["topic", "set", "offers", "Offers"]);
    for n in [1, 2] {
        let address = format!("reader{n}@reader.example");
        let subscribe = ["contacts", "subscribe", &address, "--topic", "offers"];
        pharos.ok(&[&subscribe[..], &["--proof", "asked for them"]].concat());
    }
    pharos.serve().start_campaign();
    pharos.finished();
    for letter in sink.letters() {
        assert_eq!(letter.one_click.as_deref(), Some("List-Unsubscribe=One-Click"));
        for part in [&letter.html, &letter.text] {
            assert!(part.contains(&letter.unsubscribe), "{part}");
        }
        let page = http::get(&letter.unsubscribe).text();
        assert!(page.contains("name=\"scope\" value=\"everything\""), "{page}");
    }
    let letters = sink.letters();
    let first = letters.iter().find(|it| it.to == "reader1@reader.example").expect("a letter");
    assert_eq!(http::post(&first.unsubscribe, "scope=everything").status, 200);
    let offer = "---\nsubject: Offer\nfrom: news@aurora.example\ntopic: offers\n---\nHello.\n";
    pharos.write("offer.md", offer);
    pharos.ok(&["campaign", "create", "--file", "offer.md"]);
    pharos.ok(&["campaign", "start", "2"]);
    wait::until("the second campaign", || {
        let open = "SELECT count(*) FROM campaigns WHERE state <> 'finished'";
        (pharos.query(open) == [["0"]]).then_some(())
    });
    let got = sink.letters().into_iter().filter(|it| it.subject == "Offer");
    assert_eq!(got.map(|it| it.to).collect::<Vec<_>>(), ["reader2@reader.example"]);
}

#[test]
fn one_click_needs_no_cookie_no_redirect_and_counts_once() {
    let (pharos, letters) = mailed(2);
    let letter = &letters[0];
    assert_eq!(letter.one_click.as_deref(), Some("List-Unsubscribe=One-Click"));
    for _ in 0..3 {
        let answer = http::post(&letter.unsubscribe, "List-Unsubscribe=One-Click");
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.cookie(), None);
        assert_eq!(answer.header("location"), None);
    }
    assert_eq!(pharos.report()["unsubscribes"], 1);
    let again = pharos.ok(&["contacts", "import", "contacts.csv", "--topic", "release-notices"]);
    assert!(again.contains("1 person had unsubscribed before"), "{again}");
    pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    let started = pharos.ok(&["campaign", "start", "2"]);
    assert!(started.contains("1 in the audience"), "{started}");
}

#[test]
fn the_pages_button_leaves_and_can_be_undone() {
    let (pharos, letters) = mailed(1);
    let url = &letters[0].unsubscribe;
    let left = http::post(url, "scope=topic");
    assert_eq!(left.status, 200);
    assert_eq!(pharos.report()["unsubscribes"], 1);
    let back = http::post(url, "scope=return");
    assert_eq!(back.status, 200);
    pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    assert!(pharos.ok(&["campaign", "start", "2"]).contains("1 in the audience"));
    let all = http::post(url, "scope=everything");
    assert_eq!(all.status, 200);
    let other = pharos.ok(&["contacts", "import", "contacts.csv", "--topic", "offers"]);
    assert!(other.contains("1 person suppressed") && !other.contains("newly"), "{other}");
}

#[test]
fn a_forged_token_gets_a_plain_404() {
    let (pharos, letters) = mailed(1);
    let forged = letters[0].unsubscribe.replace("/u/", "/u/x");
    assert_eq!(http::get(&forged).status, 404);
    assert_eq!(http::post(&forged, "List-Unsubscribe=One-Click").status, 404);
    assert_eq!(http::get(&letters[0].links()[0].replace("/c/", "/c/x")).status, 404);
    assert_eq!(pharos.report()["unsubscribes"], 0);
}

#[test]
fn who_leaves_during_the_send_gets_nothing_more() {
    // The sink answers slowly, so that the send lasts while half of the readers leave.
    let sink = Sink::start_with(&["-w", "1"]);
    let mut pharos =
        Pharos::with(sink.port, |text| text.replace("connections = 10\n", "connections = 1\n"));
    pharos.import_readers(12);
    pharos.create_campaign();
    // Messages go out in the order of addresses, in which reader4 to reader9 come last.
    let leavers = 4..=9;
    let unsubscribes: Vec<String> = leavers.clone().map(|n| link_of(&pharos, n)).collect();
    pharos.serve();
    pharos.ok(&["campaign", "start", "1"]);
    pharos.report_when("the first message", |it| it["deliveries"]["sent"].as_i64() >= Some(1));
    for url in &unsubscribes {
        assert_eq!(http::post(url, "List-Unsubscribe=One-Click").status, 200);
    }
    let taken_when_they_left = sink.files().len();
    let report = pharos.finished();
    assert!(taken_when_they_left < 6, "the send was too fast for this story");
    assert_eq!(report["deliveries"]["suppressed"], 6, "{report:#}");
    assert_eq!(report["deliveries"]["sent"], 6);
    let late: Vec<String> = sink
        .letters()
        .into_iter()
        .map(|letter| letter.to)
        .filter(|to| leavers.contains(&number(to)))
        .collect();
    assert_eq!(late, Vec::<String>::new());
}

fn number(address: &str) -> usize {
    let digits = address.trim_start_matches("reader").split('@').next();
    digits.and_then(|digits| digits.parse().ok()).expect("a reader's number")
}

/// The link that stands in the message which this reader is going to get.
fn link_of(pharos: &Pharos, n: usize) -> String {
    let address = format!("reader{n}@reader.example");
    let raw = pharos.ok(&["campaign", "preview", "1", "--contact", &address]);
    Letter::parse(raw.as_bytes()).unsubscribe
}

#[test]
fn people_are_shown_let_go_and_erased_by_command() {
    let pharos = Pharos::new(25);
    pharos.import([
        ("ann@reader.example".into(), "Ann".into()),
        ("bob@reader.example".into(), "Bob".into()),
        ("cid@reader.example".into(), "Cid".into()),
    ]);
    let shown = pharos.ok(&["contacts", "show", "ANN@reader.example"]);
    assert!(shown.contains("first_name: Ann") && shown.contains("release-notices: subscribed"));
    let refused = pharos.fails(&["contacts", "erase", "ann@reader.example"]);
    assert!(refused.contains("--yes"), "{refused}");
    let erased = pharos.ok(&["contacts", "erase", "ann@reader.example", "--yes"]);
    assert!(erased.contains("This erases 1 person") && erased.contains("1 subscription,"));
    pharos.ok(&["contacts", "suppress", "bob@reader.example", "new@reader.example", "--yes"]);
    let left = ["contacts", "unsubscribe", "cid@reader.example", "--everything", "--yes"];
    assert!(pharos.ok(&left).contains("1 unsubscribed"));
    let listed = pharos.ok(&["contacts", "list"]);
    let status = |person: &str| {
        let line = listed.lines().find(|line| line.starts_with(person));
        line.map(|line| line.split_whitespace().skip(1).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(status("ann@"), None, "{listed}");
    assert_eq!(status("bob@").as_deref(), Some("manual"), "{listed}");
    assert_eq!(status("cid@").as_deref(), Some("unsubscribed"), "{listed}");
    let csv = pharos.ok(&["contacts", "export"]);
    assert!(csv.starts_with("email,mail status,subscribed to,tagged with,first_name\n"), "{csv}");
    assert!(csv.contains("\nbob@reader.example,manual,,,Bob\n"), "{csv}");
    let again = pharos.import([
        ("ann@reader.example".into(), "Ann".into()),
        ("new@reader.example".into(), "New".into()),
    ]);
    assert!(again.contains("1 person erased") && again.contains("1 person suppressed"), "{again}");
    let lift = ["contacts", "unsuppress", "bob@reader.example", "cid@reader.example", "--yes"];
    let lifted = pharos.ok(&lift);
    assert!(lifted.contains("1 no longer suppressed"), "{lifted}");
    assert!(lifted.contains("cid@reader.example: stays suppressed"), "{lifted}");
    let shown = pharos.ok(&["contacts", "show", "bob@reader.example"]);
    assert!(!shown.contains("suppressed") && shown.contains("unsubscribed"), "{shown}");
    let erased = pharos.ok(&["contacts", "show", "ann@reader.example"]);
    assert!(erased.contains("no contact") && erased.contains("erased"), "{erased}");
}
