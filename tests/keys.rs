//! The keys that sign links: what was mailed before a rotation keeps working, and no longer than its
//! key is kept.

use harness::{Letter, Pharos, Sink, http};
use token::Keyring;

fn keys(pharos: &Pharos) -> String {
    std::fs::read_to_string(pharos.path("pharos-data/keys")).expect("the keys")
}

/// The key file without its oldest key.
fn without_oldest(keys: &str) -> String {
    let oldest = keys.lines().rfind(|line| line.starts_with("token "));
    let oldest = oldest.expect("a key").to_owned();
    keys.lines().filter(|line| **line != oldest).map(|line| format!("{line}\n")).collect()
}

/// Whether the keys open the tokens of a letter.
fn open(keys: &str, letter: &Letter) -> bool {
    let keys = Keyring::parse(keys).expect("a key ring");
    let token = letter.links()[0].rsplit('/').next().expect("a token").to_owned();
    keys.open(token::Purpose::Click, &token).is_ok()
}

/// What the links of a letter answer: tracked link, way out, view in a browser.
fn answers(letter: &Letter) -> [u16; 3] {
    [&letter.links()[0], &letter.unsubscribe, &letter.page()].map(|url| http::get(url).status)
}

const GOOD: [u16; 3] = [302, 200, 200];
const REFUSED: [u16; 3] = [404, 404, 404];

fn views(pharos: &Pharos, campaign: &str) -> i64 {
    let report = pharos.ok(&["report", "opens", campaign, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    report["views"]["total"].as_i64().expect("a number")
}

#[test]
fn links_outlive_a_rotation_and_end_with_their_key() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(1);
    pharos.serve().start_campaign();
    pharos.finished();
    let old = sink.letters().remove(0);
    pharos.ok(&["keys", "rotate"]);
    assert_eq!(answers(&old), GOOD, "the server that runs");
    pharos.stop();

    pharos.serve();
    pharos.ok(&["campaign", "create", "--file", "announcement.md"]);
    pharos.ok(&["campaign", "start", "2"]);
    harness::wait::until("the second message", || (sink.letters().len() == 2).then_some(()));
    let letters = sink.letters();
    let new = letters.iter().find(|letter| letter.message_id != old.message_id).expect("another");
    let new_key = without_oldest(&keys(&pharos));
    assert_eq!((open(&new_key, new), open(&new_key, &old)), (true, false), "a key of its own");
    assert_eq!([&old, new].map(answers), [GOOD, GOOD]);
    let picture = http::get(&old.pixel());
    http::get(&new.pixel());
    pharos.stop();
    assert_eq!([views(&pharos, "1"), views(&pharos, "2")], [1, 1]);

    pharos.write("pharos-data/keys", new_key);
    pharos.serve();
    assert_eq!([&old, new].map(answers), [REFUSED, GOOD]);
    assert_eq!(http::post(&old.unsubscribe, "List-Unsubscribe=One-Click").status, 404);
    // Who asks with a key that is gone is told nothing by the picture.
    assert_eq!(http::get(&old.pixel()).body, picture.body);
    http::get(&new.pixel());
    pharos.stop();
    assert_eq!([views(&pharos, "1"), views(&pharos, "2")], [1, 2]);
    assert_eq!(pharos.report()["unsubscribes"], 0);
}
