//! People's own accounts: the way in by mail, what is shown, and an erasure that leaves nothing.

use harness::http::{self, Answer};
use harness::sink::Sink;
use harness::{Pharos, wait};
use serde_json::Value;

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

fn post(url: &str, body: &str, cookie: &str) -> Answer {
    let headers = [FORM, OWN, ("Cookie", cookie)];
    http::request("POST", url, &headers, body).expect("an answer")
}

/// The link in the mail about the account, when it has come in full.
fn mailed_link(sink: &Sink) -> String {
    let text = wait::until("the mail with the link", || {
        let read = |path| std::fs::read(path).ok();
        let texts = sink.files().into_iter().filter_map(read);
        let mut texts = texts.map(|raw| String::from_utf8_lossy(&raw).replace('\r', ""));
        texts.find(|text| text.contains("Your data at") && text.contains("nothing to do"))
    });
    let text = text.replace("=\n", "");
    let path = text.find("/account/").expect("a link");
    let start = text[..path].rfind("http").expect("a whole link");
    text[start..].split_whitespace().next().expect("a link").to_owned()
}

#[test]
fn r06_a_reader_sees_everything_and_erases_it() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(2);
    pharos.serve().start_campaign();
    pharos.finished();
    let letter = sink.letters().remove(0);
    let site = letter.unsubscribe.split("/u/").next().expect("an address").to_owned();
    assert_eq!(http::get(&letter.pixel()).status, 200);
    pharos.report_when("the view", |report| report["views"]["total"] == 1);

    // Nobody learns who is a contact, and the message's own link is no way in.
    let unknown = post(&format!("{site}/account"), "address=nobody%40reader.example", "");
    let token = letter.unsubscribe.rsplit('/').next().expect("a token");
    let known = post(&format!("{site}/account"), &format!("link={token}"), "");
    assert_eq!((unknown.status, known.status), (200, 200));
    assert_eq!(unknown.text(), known.text());
    let link = mailed_link(&sink);
    assert!(link.starts_with(&site), "{link}");

    for _ in 0..2 {
        assert_eq!((http::head(&link).status, http::get(&link).status), (200, 200));
    }
    let opened = post(&link, "act=open", "");
    assert_eq!(opened.status, 303, "{}", opened.text());
    let cookie = opened.cookie().expect("a cookie");
    assert_eq!(post(&link, "act=open", "").status, 404, "it is good once");

    let file = format!("{site}/account/files/data.json");
    let answer = http::get_with(&file, &[("Cookie", &cookie)]);
    let kept: Value = serde_json::from_str(&answer.text()).expect("JSON");
    assert_eq!(kept["profile"]["address"], letter.to);
    assert_eq!(kept["mails"][0]["state"], "sent");
    assert_eq!(kept["views_and_clicks"].as_array().map(Vec::len), Some(1), "{kept}");

    let data = format!("{site}/account/data");
    let foreign = http::request("POST", &data, &[FORM, ("Cookie", &cookie)], "act=erase");
    assert_eq!(foreign.expect("an answer").status, 403, "no page of ours has sent it");
    let erased = post(&data, "act=erase", &cookie);
    assert_eq!(erased.status, 200, "{}", erased.text());
    assert!(erased.text().contains("Receipt "), "{}", erased.text());
    assert_eq!(http::get_with(&data, &[("Cookie", &cookie)]).status, 303);
    let found = format!("SELECT count(*) FROM contacts WHERE email = '{}'", letter.to);
    assert_eq!(pharos.query(&found), [["0"]]);
    for table in ["account_links", "account_sessions", "visitor_links"] {
        assert_eq!(pharos.query(&format!("SELECT count(*) FROM {table}")), [["0"]], "{table}");
    }
    wait::until("the view to be nobody's", || {
        let named = pharos.query("SELECT count(*) FROM events WHERE contact_id <> 0");
        (named == [["0"]]).then_some(())
    });
    assert_eq!(pharos.report()["views"]["total"], 1, "counts stay");
    let log = pharos.log();
    assert!(!log.contains(&letter.to), "{log}");
}
