//! People join by a form: typed, confirmed by a mailed link, and mailed by the next campaign.

use harness::http::{self, Answer};
use harness::sink::Sink;
use harness::{Pharos, wait};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
const TYPED: &str = "address=Ada.New%40reader.example&topic=release-notices&attribute.language=de";

fn post(url: &str, body: &str) -> Answer {
    http::request("POST", url, &[FORM, OWN], body).expect("an answer")
}

/// What a hidden field of a page holds.
fn hidden(page: &str, name: &str) -> String {
    let start = page.find(&format!("name=\"{name}\" value=\"")).expect(name);
    page[start..].split('"').nth(3).expect("a value").to_owned()
}

/// Fills in a form as a browser without script does.
fn join(site: &str, typed: &str) -> Answer {
    let url = format!("{site}/join/letter");
    let asked = post(&url, typed);
    assert_eq!(asked.status, 200, "{}", asked.text());
    let stamp = hidden(&asked.text(), "stamp");
    post(&url, &format!("{typed}&stamp={stamp}"))
}

/// A mail in the lines of its text.
fn plain(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).replace('\r', "").replace("=\n", "")
}

/// The links in the mails that ask to confirm, when they have come in full.
fn mailed_links(sink: &Sink, count: usize) -> Vec<String> {
    let link = |text: String| {
        let path = text.find("/confirm/")?;
        let start = text[..path].rfind("http")?;
        text[start..].split_whitespace().next().map(str::to_owned)
    };
    wait::until("the mails with the links", || {
        let read = |path| std::fs::read(path).ok();
        let texts = sink.files().into_iter().filter_map(read);
        let texts = texts.map(|raw| plain(&raw));
        let whole = texts.filter(|text| text.contains("nothing to do"));
        let links: Vec<String> = whole.filter_map(link).collect();
        (links.len() == count).then_some(links)
    })
}

fn make_form(pharos: &Pharos) {
    let made = pharos.ok(&[
        "forms",
        "set",
        "letter",
        "--title",
        "Our letter",
        "--topic",
        "release-notices",
        "--ask",
        "language",
        "--asks-age",
        "no",
        "--notice",
        "We write when there is a release.",
    ]);
    assert_eq!(made, "The form letter is open. Its notice is version 1.\n");
}

#[test]
fn whoever_joins_by_a_form_is_mailed_once_they_have_confirmed_it() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(2);
    make_form(&pharos);
    pharos.serve();
    let told = pharos.ok(&["forms", "show", "letter"]);
    let address = told.lines().find_map(|line| line.strip_prefix("Address:")).expect("an address");
    let site = address.trim().strip_suffix("/join/letter").expect("its path").to_owned();

    let sent = join(&site, TYPED);
    assert!(sent.text().contains("Look into your mailbox"), "{}", sent.text());
    let known = join(&site, &TYPED.replace("Ada.New", "reader1"));
    assert_eq!(known.text(), sent.text(), "nobody learns who is a contact");
    let contact = "SELECT count(*) FROM contacts WHERE lower(email) = 'ada.new@reader.example'";
    assert_eq!(pharos.query(contact), [["0"]]);

    // Each of the two has a link of their own.
    let links = mailed_links(&sink, 2);
    for link in &links {
        assert!(link.starts_with(&site), "{link}");
        for _ in 0..2 {
            assert_eq!((http::head(link).status, http::get(link).status), (200, 200));
        }
        let done = post(link, "act=confirm");
        assert!(done.text().contains("You are signed up"), "{}", done.text());
        assert_eq!(post(link, "act=confirm").status, 404, "it is good once");
    }
    assert_eq!(pharos.query(contact), [["1"]]);
    let entry = "SELECT c.source, c.notice, c.basis, c.given_form FROM consents c
        JOIN contacts p ON p.id = c.contact_id WHERE lower(p.email) = 'ada.new@reader.example'";
    assert_eq!(pharos.query(entry), [["form letter", "letter v1", "consent", "letter"]]);

    pharos.start_campaign();
    pharos.finished();
    // The campaign's messages; what asked two of them to confirm is a text alone.
    let mut mailed = sink.recipients();
    mailed.sort_unstable();
    assert_eq!(
        mailed,
        ["Ada.New@reader.example", "reader1@reader.example", "reader2@reader.example"]
    );

    pharos.ok(&["forms", "close", "letter"]);
    assert_eq!(http::get(&format!("{site}/join/letter")).status, 410);
    let log = pharos.log().to_lowercase();
    assert!(!log.contains("ada.new"), "{log}");
}
