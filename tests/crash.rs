//! kill -9 at random: what was answered is in the report, and everyone in the audience is
//! accounted for. The peer's own files are the ground truth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use model::{CampaignId, ContactId, LinkSlot};
use token::{Addressee, Claims, Keyring, Purpose};

use harness::{Backing, Dice, Letter, Pharos, Sink, http, wait};

/// Rounds of views, each ended by kill -9, unless `PHAROS_CRASH_ROUNDS` says otherwise.
const VIEW_ROUNDS: usize = 50;
const VIEWERS: usize = 8;
/// Most views a round can ask for.
const VIEWS_A_ROUND: usize = 400;

/// Threads of the beacon at the first rounds of its story, and the last ones, which find what more of
/// them have left.
const MANY_THREADS: [usize; 20] = [4, 4, 4, 4, 8, 4, 4, 8, 4, 1, 3, 8, 2, 8, 1, 4, 3, 8, 4, 4];
const FEWER_THREADS: [usize; 2] = [1, 3];

#[test]
fn every_answered_view_is_in_the_report_and_none_twice() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    let asked = std::env::var_os("PHAROS_CRASH_ROUNDS").and_then(|it| it.into_string().ok());
    let rounds = asked.map_or(VIEW_ROUNDS, |it| it.parse().expect("a number of rounds"));
    views_survive_kills(&mut pharos, &vec![1; rounds], |_| (), &[1]);
}

#[test]
fn a_beacon_with_several_threads_loses_no_view_and_needs_none_of_them_later() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    views_survive_kills(&mut pharos, &MANY_THREADS, |_| (), &FEWER_THREADS);
    let lanes = pharos.query("SELECT count(DISTINCT node) FROM events");
    let lanes: usize = lanes[0][0].parse().expect("a number");
    assert!(lanes > 4, "views came to {lanes} journals");
    // Those without a thread in the end; the others have begun a segment.
    for lane in 3..8 {
        let folder = pharos.path(&format!("pharos-data/journal/hits/lane-{lane}"));
        let files = std::fs::read_dir(folder).expect("a lane").map(|it| it.expect("it").path());
        let segments = files.filter(|it| it.extension().is_some_and(|it| it == "seg")).count();
        assert!(segments <= 1, "what was recorded of lane {lane} is removed");
    }
}

/// What the threads had answered when they were killed is in no store yet.
#[test]
fn a_restored_backup_has_what_every_thread_has_answered() {
    let sink = Sink::start();
    let mut pharos = Pharos::on(Backing::Sqlite, sink.port);
    let put_back = |pharos: &Pharos| {
        let lanes = std::fs::read_dir(pharos.path("pharos-data/journal/hits")).expect("journals");
        let lanes = lanes.filter(|it| it.as_ref().is_ok_and(|it| it.path().is_dir())).count();
        // The first thread's journal is the folder itself.
        assert!(lanes >= 3, "journals of {} threads", lanes + 1);
        pharos.ok(&["backup", "copy"]);
        std::fs::rename(pharos.path("pharos-data"), pharos.path("first")).expect("it is moved");
        pharos.ok(&["restore", "copy"]);
    };
    views_survive_kills(&mut pharos, &[4; 6], put_back, &[1, 4]);
}

/// Asks for views in rounds that are ended by kill -9, each with so many threads of the beacon; after
/// what is done between, serves with those of `after` and goes through what was recorded.
fn views_survive_kills(
    pharos: &mut Pharos,
    rounds: &[usize],
    between: impl Fn(&Pharos),
    after: &[usize],
) {
    let contacts = rounds.len() * VIEWS_A_ROUND;
    pharos.import_readers(contacts);
    pharos.create_campaign();
    pharos.ok(&["campaign", "start", "1"]);
    pharos.ok(&["campaign", "pause", "1"]);
    let pixels = pixels(pharos, contacts);
    let next = AtomicUsize::new(0);
    let answered = Mutex::new(BTreeSet::new());
    let mut dice = Dice::seeded();
    for threads in rounds {
        let limit = next.load(Ordering::Relaxed) + VIEWS_A_ROUND;
        let over = AtomicBool::new(false);
        set_threads(pharos, *threads);
        pharos.serve();
        std::thread::scope(|scope| {
            for _ in 0..VIEWERS {
                scope.spawn(|| view(&pixels, limit, &next, &over, &answered));
            }
            dice.let_pass_less_than(Duration::from_millis(60));
            pharos.kill();
            over.store(true, Ordering::Relaxed);
        });
    }
    between(pharos);
    for threads in after {
        set_threads(pharos, *threads);
        pharos.serve();
        pharos.stop();
        check_views(pharos, &answered.lock().expect("no viewer panicked"), rounds.len());
    }
}

fn set_threads(pharos: &Pharos, threads: usize) {
    let text = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let is_setting = |line: &str| line.trim_start_matches("# ").starts_with("threads = ");
    let lines = text.lines().map(|line| match is_setting(line) {
        true => format!("threads = {threads}\n"),
        false => format!("{line}\n"),
    });
    pharos.write("pharos.toml", lines.collect::<String>());
}

/// Promise P1: what was answered is recorded, once, and is in the report.
fn check_views(pharos: &Pharos, answered: &BTreeSet<i64>, kills: usize) {
    let recorded = recorded_contacts(pharos);
    assert!(answered.len() > kills, "the story needs views: {}", answered.len());
    let lost: Vec<_> = answered.iter().filter(|contact| !recorded.contains_key(contact)).collect();
    assert!(
        lost.is_empty(),
        "{} of {} answered views are lost: {lost:?}",
        lost.len(),
        answered.len()
    );
    let twice: Vec<_> = recorded.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "recorded twice: {twice:?}");
    let report = pharos.report();
    assert_eq!(report["views"]["total"], recorded.len());
    assert_eq!(report["views"]["unique"], recorded.len());
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
    println!("{} views answered, {} recorded, {kills} kills", answered.len(), recorded.len());
}

/// Loads one pixel after the other, each once, until the server is gone.
fn view(
    pixels: &[String],
    limit: usize,
    next: &AtomicUsize,
    over: &AtomicBool,
    answered: &Mutex<BTreeSet<i64>>,
) {
    while !over.load(Ordering::Relaxed) && next.load(Ordering::Relaxed) < limit {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let Some(pixel) = pixels.get(number) else { return };
        match http::request("GET", pixel, &[], "") {
            Ok(answer) if answer.status == 200 => {
                answered.lock().expect("no viewer panicked").insert(number as i64 + 1);
            }
            _ => return,
        }
    }
}

/// Every contact's pixel, made with the installation's own keys. They are counted from 1 here.
fn pixels(pharos: &Pharos, contacts: usize) -> Vec<String> {
    let id = |sql: &str| pharos.query(sql)[0][0].parse::<i64>().expect("an id");
    let campaign = CampaignId(id("SELECT id FROM campaigns"));
    let before_first = id("SELECT min(id) - 1 FROM contacts");
    let text = std::fs::read_to_string(pharos.path("pharos-data/keys")).expect("the keys");
    let keys = Keyring::parse(&text).expect("a key ring");
    let pixel = |contact: usize| {
        let contact = ContactId(before_first + contact as i64);
        let claims = Claims { campaign, addressee: Addressee::Contact(contact), slot: LinkSlot(0) };
        let token = keys.seal(Purpose::View, claims).expect("small ids");
        format!("{}/o/{}.gif", pharos.beacon, token.as_str())
    };
    (1..=contacts).map(pixel).collect()
}

/// How often each contact's view stands in the store, asked with another program than ours.
fn recorded_contacts(pharos: &Pharos) -> BTreeMap<i64, usize> {
    let sql = "SELECT contact_id - (SELECT min(id) - 1 FROM contacts), count(*)
        FROM events GROUP BY contact_id";
    let row =
        |row: Vec<String>| (row[0].parse().expect("a number"), row[1].parse().expect("a number"));
    pharos.query(sql).into_iter().map(row).collect()
}

#[test]
fn a_send_that_is_killed_forgets_nobody() {
    const CONTACTS: usize = 3_000;
    const KILLS: usize = 8;
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(CONTACTS);
    pharos.start_campaign();
    let mut dice = Dice::seeded();
    for _ in 0..KILLS {
        pharos.serve();
        let more = sink.files().len() + 1;
        wait::until("a message or the end", || {
            (sink.files().len() >= more || sum(&pharos, "queued") == 0).then_some(())
        });
        dice.let_pass_less_than(Duration::from_millis(50));
        pharos.kill();
        assert_eq!(total(&pharos), CONTACTS as i64, "between runs the states add up");
    }
    pharos.serve();
    let report = pharos.finished();
    pharos.stop();
    assert_eq!(report["audience"], CONTACTS);
    let in_doubt = sum(&pharos, "in_doubt");
    let sent = sum(&pharos, "sent");
    let letters = sink.letters();
    let mailed: BTreeSet<&str> = letters.iter().map(|letter: &Letter| letter.to.as_str()).collect();
    println!("{KILLS} kills: {sent} sent, {in_doubt} in doubt, {} at the sink", letters.len());
    assert_eq!(sent + in_doubt, CONTACTS as i64, "{report:#}");
    assert!(
        mailed.len() as i64 >= sent,
        "sent, but not at the sink: {}",
        sent - mailed.len() as i64
    );
    let missing = CONTACTS - mailed.len();
    assert!(missing as i64 <= in_doubt, "{missing} got nothing and only {in_doubt} are in doubt");
    assert_eq!(mailed.len(), letters.len(), "never_resend: nobody has two");
    assert!(in_doubt <= (KILLS * 10) as i64, "in doubt is bounded by the open connections");
}

/// Holds SQLite's write lock, as a backup tool may, so that outcomes stay in the mailer's journal.
struct WriteLock(std::process::Child);

impl WriteLock {
    fn take(pharos: &Pharos) -> Self {
        use std::io::{BufRead as _, BufReader, Write as _};
        let mut sqlite = std::process::Command::new("sqlite3")
            .args(["-cmd", ".timeout 10000"])
            .arg(pharos.path("pharos-data/pharos.sqlite"))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("sqlite3; scripts/test installs it");
        let input = sqlite.stdin.as_mut().expect("its input");
        writeln!(input, "BEGIN IMMEDIATE;\nSELECT 'held';").expect("it listens");
        let mut line = String::new();
        let output = sqlite.stdout.as_mut().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("it answers");
        assert_eq!(line.trim(), "held");
        Self(sqlite)
    }
}

impl Drop for WriteLock {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Kills a send of which the store has not heard for a while, does `harm` to what lies beside the
/// store, and serves again until the campaign is finished.
fn a_send_that_lost(leases: &[(&str, &str)], harm: impl Fn(&Pharos)) {
    const CONTACTS: usize = 3_000;
    let sink = Sink::start();
    let mut pharos = Pharos::with(sink.port, |text| {
        leases.iter().fold(text, |text, (old, new)| text.replace(old, new))
    });
    pharos.import_readers(CONTACTS);
    pharos.start_campaign();
    pharos.serve();
    wait::until("messages", || (sink.files().len() > 100).then_some(()));
    let lock = (!pharos.is_cluster()).then(|| WriteLock::take(&pharos));
    let known = pharos.query("SELECT count(*) FROM deliveries WHERE state = 2");
    let known: usize = known[0][0].parse().expect("a number");
    let more = if pharos.is_cluster() { known } else { known + 50 };
    wait::until("messages that the store does not know of", || {
        (sink.files().len() > more).then_some(())
    });
    pharos.kill();
    drop(lock);
    harm(&pharos);
    pharos.serve();
    let report = pharos.finished();
    pharos.stop();
    let letters = sink.letters();
    let mailed: BTreeSet<&str> = letters.iter().map(|letter: &Letter| letter.to.as_str()).collect();
    let (sent, in_doubt) = (sum(&pharos, "sent"), sum(&pharos, "in_doubt"));
    println!("{sent} sent, {in_doubt} in doubt, {} at the sink", letters.len());
    assert_eq!(mailed.len(), letters.len(), "nobody has two");
    assert_eq!(sent + in_doubt, CONTACTS as i64, "{report:#}");
    let missing = (CONTACTS - mailed.len()) as i64;
    assert!(missing <= in_doubt, "{missing} got nothing and only {in_doubt} are in doubt");
    assert!(pharos.log().contains("in doubt"), "it is said: {}", pharos.log());
}

#[test]
fn a_lost_mail_journal_leads_to_no_second_copy() {
    a_send_that_lost(&[], |pharos| {
        std::fs::remove_dir_all(pharos.path("pharos-data/journal/mail")).expect("it is removed");
    });
}

#[test]
fn a_damaged_mail_journal_leads_to_no_second_copy() {
    a_send_that_lost(&[], |pharos| {
        let folder = pharos.path("pharos-data/journal/mail");
        let paths =
            std::fs::read_dir(folder).expect("it is there").map(|it| it.expect("it").path());
        for path in paths.filter(|path| path.extension().is_some_and(|it| it == "seg")) {
            let mut bytes = std::fs::read(&path).expect("a segment");
            let written = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0);
            bytes[written / 2] ^= 0x10;
            std::fs::write(&path, bytes).expect("it is written");
        }
    });
}

#[test]
fn a_lost_node_number_keeps_no_campaign_from_its_end() {
    // On PostgreSQL the leases of a node that is gone run out, which takes no longer than this.
    let leases = [
        ("lease = \"15m\"", "lease = \"4s\""),
        ("data_timeout = \"10m\"", "data_timeout = \"2s\""),
        ("reply_timeout = \"5m\"", "reply_timeout = \"2s\""),
    ];
    a_send_that_lost(&leases, |pharos| {
        for name in ["node", "journal/mail"] {
            let path = pharos.path("pharos-data").join(name);
            let gone = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            gone.expect("it is removed");
        }
    });
}

fn sum(pharos: &Pharos, state: &str) -> i64 {
    pharos.report()["deliveries"][state].as_i64().expect("a count")
}

fn total(pharos: &Pharos) -> i64 {
    let report = pharos.report();
    let states = report["deliveries"].as_object().expect("states").clone();
    states.values().filter_map(serde_json::Value::as_i64).sum()
}
