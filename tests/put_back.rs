//! Something older is put back, by whatever means: nobody is mailed twice by that, until somebody
//! says so. What the sink got is the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use harness::cluster::copy_folder;
use harness::{Backing, Pharos, Sink, wait};

pub(crate) const CONTACTS: usize = 3_000;

/// A server that is in the middle of a send, and the peer it sends to.
pub(crate) fn sending_on(backing: Backing) -> (Pharos, Sink) {
    let sink = Sink::start();
    let mut pharos = Pharos::on(backing, sink.port);
    pharos.import_readers(CONTACTS);
    pharos.serve();
    pharos.start_campaign();
    more(&sink, 100);
    (pharos, sink)
}

pub(crate) fn more(sink: &Sink, messages: usize) {
    let wanted = sink.files().len() + messages;
    wait::until("messages", || (sink.files().len() >= wanted).then_some(()));
}

/// To whom how many messages went.
pub(crate) fn mailed(sink: &Sink) -> BTreeMap<String, usize> {
    let mut mailed = BTreeMap::new();
    for recipient in sink.recipients() {
        *mailed.entry(recipient).or_default() += 1;
    }
    mailed
}

/// How many people it says would be mailed, and how many are in doubt.
fn said(text: &str) -> (usize, usize) {
    let number = |behind: &str| {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let behind: Vec<&str> = behind.split(' ').collect();
        let at = words.windows(behind.len()).position(|it| it == behind);
        at.map_or(0, |at| words[at - 1].parse().expect("a number"))
    };
    (
        number("people are still waiting") + number("person is still waiting"),
        number("messages under way") + number("message under way"),
    )
}

/// Serves what was put back: the campaign is paused and says why and how many; then somebody says
/// that it goes on, and those get it and nobody else.
pub(crate) fn is_held_and_goes_on_when_told(pharos: &mut Pharos, sink: &Sink, why: &str) {
    let before = mailed(sink);
    pharos.serve();
    let status = wait::until("the pause", || {
        Some(pharos.ok(&["campaign", "status", "1"])).filter(|it| it.contains("(paused)"))
    });
    assert!(status.contains(why), "{status}");
    let (waiting, in_doubt) = said(&status);
    assert!(waiting > 0, "there is something to decide: {status}");
    let queued: usize = pharos.query("SELECT count(*) FROM deliveries WHERE state = 0")[0][0]
        .parse()
        .expect("a number");
    assert_eq!(queued, waiting, "{status}");
    // Told once: another start says nothing more and changes nothing.
    pharos.stop();
    pharos.serve();
    assert!(pharos.ok(&["campaign", "status", "1"]).contains("(paused)"));
    assert_eq!(mailed(sink), before, "nobody was mailed by a start");
    pharos.ok(&["campaign", "resume", "1"]);
    let report = pharos.finished();
    pharos.stop();
    pharos.serve();
    pharos.stop();
    let after = mailed(sink);
    let sent: usize = after.values().sum::<usize>() - before.values().sum::<usize>();
    println!("{waiting} were said, {sent} mailed, {in_doubt} in doubt");
    assert_eq!(sent, waiting, "as many as it said");
    assert!(after.values().all(|times| *times <= 2), "nobody has three");
    assert_eq!(report["audience"], CONTACTS);
    // A journal that came along may prove some of them sent.
    assert!(report["deliveries"]["in_doubt"].as_u64().is_some_and(|it| it as usize <= in_doubt));
}

/// Everything as it is at one moment of a server at work.
fn copy_of_everything(pharos: &Pharos, name: &str) -> PathBuf {
    let copy = pharos.path(name);
    pharos.freeze();
    copy_folder(&pharos.path("pharos-data"), &copy);
    pharos.thaw();
    copy
}

#[test]
fn a_folder_that_was_copied_while_it_sent_does_not_go_on_by_itself() {
    let (mut pharos, sink) = sending_on(Backing::Sqlite);
    let copy = copy_of_everything(&pharos, "copy");
    pharos.finished();
    pharos.stop();
    assert_eq!(mailed(&sink).len(), CONTACTS);
    let data = pharos.path("pharos-data");
    std::fs::rename(&data, pharos.path("first")).expect("it is moved away");
    std::fs::rename(&copy, &data).expect("it is put there");
    is_held_and_goes_on_when_told(&mut pharos, &sink, "a copy that was restored");
    assert!(pharos.log().contains("nothing is sent until somebody resumes it"), "{}", pharos.log());
}

#[test]
fn a_folder_that_another_owner_mode_and_name_was_given_goes_on() {
    let (mut pharos, sink) = sending_on(Backing::Sqlite);
    pharos.stop();
    let data = pharos.path("pharos-data");
    let moved = pharos.path("moved");
    std::fs::rename(&data, &moved).expect("it is renamed");
    let done = std::process::Command::new("sh")
        .args(["-c", "chown -R nobody . && chmod -R u+x,go-rwx . && chown -R root ."])
        .current_dir(&moved)
        .status();
    assert!(done.is_ok_and(|status| status.success()));
    std::fs::rename(&moved, &data).expect("it is renamed again");
    pharos.serve();
    pharos.finished();
    pharos.stop();
    let mailed = mailed(&sink);
    assert_eq!(mailed.len(), CONTACTS, "everybody, and without a word from anybody");
    assert!(mailed.values().all(|times| *times == 1));
}

/// A copy of the store alone, as it is at this moment.
fn copy_of_the_store(pharos: &Pharos) -> PathBuf {
    let copy = pharos.path("store-copy");
    std::fs::create_dir(&copy).expect("a folder");
    pharos.freeze();
    for name in store_files(&pharos.path("pharos-data")) {
        let file = name.file_name().expect("a name").to_owned();
        std::fs::copy(&name, copy.join(file)).expect("a copy");
    }
    pharos.thaw();
    copy
}

fn store_files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("it").path());
    let is_store = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("pharos.sqlite") && !name.ends_with("-shm")
    };
    files.filter(is_store).collect()
}

/// Writes an older store over the one that is there, into the same file.
fn put_store_back(pharos: &Pharos, copy: &Path) {
    for file in store_files(copy) {
        let name = file.file_name().expect("a name").to_owned();
        std::fs::copy(&file, pharos.path("pharos-data").join(name)).expect("it is put back");
    }
}

#[test]
fn an_older_store_of_the_same_minute_is_known_by_the_mailers_journal() {
    let (mut pharos, sink) = sending_on(Backing::Sqlite);
    let copy = copy_of_the_store(&pharos);
    // More than what the copy knows to be under way: for that, the journal is proof.
    more(&sink, 1_500);
    pharos.kill();
    put_store_back(&pharos, &copy);
    let twice_at_most = mailed(&sink).len();
    is_held_and_goes_on_when_told(&mut pharos, &sink, "older than the mailer's journal");
    let twice = mailed(&sink).values().filter(|times| **times == 2).count();
    assert!(twice <= twice_at_most);
    assert_eq!(reached_or_in_doubt(&pharos, &sink), CONTACTS);
}

#[test]
fn an_older_store_is_known_by_its_checkpoint() {
    let (mut pharos, sink) = sending_on(Backing::Sqlite);
    let copy = copy_of_the_store(&pharos);
    pharos.kill();
    pharos.serve();
    pharos.finished();
    pharos.stop();
    put_store_back(&pharos, &copy);
    is_held_and_goes_on_when_told(&mut pharos, &sink, "older than the data folder");
    assert!(!pharos.log().contains("older than the mailer's journal"), "it is said once");
    assert_eq!(reached_or_in_doubt(&pharos, &sink), CONTACTS);
}

/// A database that is put back from a dump: by a copy of all of it, which lies in another place.
#[test]
fn an_older_database_does_not_go_on_by_itself() {
    let (mut pharos, sink) = sending_on(Backing::cluster());
    pharos.kill();
    pharos.keep_database();
    pharos.serve();
    pharos.finished();
    pharos.stop();
    pharos.put_database_back();
    is_held_and_goes_on_when_told(&mut pharos, &sink, "The store is a copy");
    assert_eq!(reached_or_in_doubt(&pharos, &sink), CONTACTS);
}

#[test]
fn a_server_whose_database_is_replaced_by_an_older_one_ends_and_mails_nobody() {
    let (mut pharos, sink) = sending_on(Backing::cluster());
    pharos.kill();
    pharos.keep_database();
    pharos.serve();
    pharos.finished();
    let before = mailed(&sink);
    pharos.replace_database();
    assert_eq!(pharos.ended(), Some(1), "{}", pharos.log());
    assert!(pharos.log().contains("not the one that this server has been using"));
    assert_eq!(mailed(&sink), before);
    is_held_and_goes_on_when_told(&mut pharos, &sink, "The store is a copy");
}

/// People who got it, and those in doubt who did not.
pub(crate) fn reached_or_in_doubt(pharos: &Pharos, sink: &Sink) -> usize {
    let mut people: BTreeSet<String> = mailed(sink).into_keys().collect();
    let sql = "SELECT c.email FROM deliveries d JOIN contacts c ON c.id = d.contact_id
        WHERE d.state = 6";
    people.extend(pharos.query(sql).into_iter().map(|row| row[0].clone()));
    people.len()
}
