//! The beacon among people who mean it harm: whoever sits on its connections, makes up tokens, or asks for one
//! picture over and over, neither shuts a reader out nor is counted as people.

use std::collections::BTreeSet;
use std::net::TcpStream;

use harness::letter::Letter;
use harness::{Pharos, Sink, http, wait};
use model::{CampaignId, ContactId, LinkSlot};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use token::{Addressee, Claims, Keyring, Purpose};

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
const IDLE: usize = 10_000;

/// A running server whose campaign 1 has reached so many readers, and their letters.
fn mailed(readers: usize) -> (Pharos, Vec<Letter>) {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(readers);
    pharos.serve().start_campaign();
    pharos.finished();
    (pharos, sink.letters())
}

/// As many open files as the system lets this process have.
fn allow_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("more open files");
    assert!(maximum.is_none_or(|most| most > IDLE as u64 + 500), "open files: {maximum:?}");
}

#[test]
fn ten_thousand_idle_connections_shut_no_reader_out() {
    allow_many_files();
    let (pharos, letters) = mailed(2);
    let host = pharos.beacon.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let connect = |_| TcpStream::connect(&host).expect("a connection");
    let idle: Vec<TcpStream> = (0..IDLE).map(connect).collect();
    for letter in &letters {
        assert_eq!(http::get_with(&letter.pixel(), &[FIREFOX]).status, 200);
    }
    pharos.report_when("both views", |it| it["views"]["total"] == 2);
    drop(idle);
    assert_eq!(http::get_with(&letters[0].links()[0], &[FIREFOX]).status, 302);
}

#[test]
fn made_up_tokens_open_nothing_and_are_answered_like_others() {
    let (pharos, letters) = mailed(1);
    let pixel = letters[0].pixel();
    let (start, token) = pixel.trim_end_matches(".gif").rsplit_once('/').expect("a token");
    // Each character another one, a character less, a character more, and those of somebody else's keys.
    let mut made_up: BTreeSet<String> =
        BTreeSet::from([token[1..].to_owned(), format!("{token}A")]);
    for (at, was) in token.char_indices() {
        let other = if was == 'A' { 'B' } else { 'A' };
        made_up.insert(format!("{}{other}{}", &token[..at], &token[at + 1..]));
    }
    let keys = Keyring::generate().expect("keys");
    for contact in 1..=200 {
        let addressee = Addressee::Contact(ContactId(contact));
        let claims = Claims { campaign: CampaignId(1), addressee, slot: LinkSlot(0) };
        let sealed = keys.seal(Purpose::View, claims).expect("a token");
        made_up.insert(sealed.as_str().to_owned());
    }
    made_up.remove(token);
    let told = |url: &str| {
        let answer = http::get_with(url, &[FIREFOX]);
        let names: Vec<String> = answer
            .head
            .lines()
            .filter_map(|line| {
                let (name, value) = line.split_once(':')?;
                let changes = ["date", "set-cookie"].contains(&name.to_lowercase().as_str());
                Some(if changes { name.to_owned() } else { format!("{name}:{value}") })
            })
            .collect();
        (answer.status, names, answer.body)
    };
    let genuine = told(&pixel);
    for token in &made_up {
        assert_eq!(told(&format!("{start}/{token}.gif")), genuine, "{token}");
        assert_eq!(http::get(&format!("{}/c/{token}", pharos.beacon)).status, 404);
    }
    let report = pharos.report_when("the genuine view", |it| it["views"]["total"] == 1);
    assert_eq!(report["clicks"]["total"], 0);
    let events = wait::until("an event", || {
        let rows = pharos.query("SELECT count(*) FROM events");
        (rows[0][0] != "0").then_some(rows)
    });
    assert_eq!(events, [["1"]]);
}

#[test]
fn one_picture_over_and_over_is_no_person() {
    let (pharos, letters) = mailed(20);
    let asked: u64 = letters.iter().map(|it| http::flood_with(&it.pixel(), &[FIREFOX], 200)).sum();
    let report = pharos.report_when("all views", |it| it["views"]["total"] == asked);
    let evidence = &report["evidence"];
    assert_eq!((&evidence["floor"], &evidence["ceiling"]), (&0.into(), &20.into()), "{report:#}");
    assert_eq!(evidence["repeat"], 20, "suspected, and shown apart");
}
