//! A backup that is put back, by a copy of the folder or by our own commands: what was mailed after
//! it was made leads to nobody else, nobody is mailed twice by it, and nothing is overwritten.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::put_back::{
    CONTACTS, is_held_and_goes_on_when_told, mailed, more, reached_or_in_doubt, sending_on,
};
use harness::cluster::copy_folder;
use harness::{Backing, Letter, Pharos, Sink, http, wait};

/// Mails campaign 1 to whoever is subscribed, and ends the server.
fn send(pharos: &mut Pharos) {
    pharos.start_campaign();
    pharos.serve();
    pharos.finished();
    pharos.stop();
}

fn letter_to(sink: &Sink, address: &str) -> Letter {
    let letters = sink.letters();
    letters.into_iter().find(|letter| letter.to == address).expect("a letter")
}

/// Moves what is there away, as the command says.
fn move_away(pharos: &Pharos) {
    let data = pharos.path("pharos-data");
    std::fs::rename(data, pharos.path("first")).expect("it is moved away");
}

#[test]
fn a_copied_folder_gives_nobody_anothers_links() {
    let data = |pharos: &Pharos| pharos.path("pharos-data");
    nobody_gets_anothers_links(
        |pharos| copy_folder(&data(pharos), &pharos.path("copy")),
        |pharos| {
            move_away(pharos);
            std::fs::rename(pharos.path("copy"), data(pharos)).expect("it is put back");
        },
    );
}

#[test]
fn a_restored_backup_gives_nobody_anothers_links() {
    nobody_gets_anothers_links(
        |pharos| drop(pharos.ok(&["backup", "copy"])),
        |pharos| {
            move_away(pharos);
            pharos.ok(&["restore", "copy"]);
        },
    );
}

fn nobody_gets_anothers_links(keep: impl Fn(&Pharos), put_back: impl Fn(&Pharos)) {
    let sink = Sink::start();
    let mut pharos = Pharos::on(Backing::Sqlite, sink.port);
    let person = |name: &str| (format!("{name}@reader.example"), name.to_owned());
    pharos.import([person("ann")]);
    keep(&pharos);
    pharos.import([person("bob")]);
    send(&mut pharos);
    let (ann, bob) =
        (letter_to(&sink, "ann@reader.example"), letter_to(&sink, "bob@reader.example"));

    // Everything goes back: store, keys and journals.
    put_back(&pharos);
    pharos.import([person("cyd")]);
    send(&mut pharos);
    let letters = sink.letters();
    let again = letters.iter().filter(|letter| letter.to == "ann@reader.example");
    let ids: Vec<&str> = again.map(|letter| letter.message_id.as_str()).collect();
    assert!(ids.len() == 2 && ids[0] != ids[1], "another campaign, another message: {ids:?}");

    pharos.serve();
    http::post(&bob.unsubscribe, "List-Unsubscribe=One-Click");
    http::post(&ann.unsubscribe, "List-Unsubscribe=One-Click");
    let shown = http::get(&bob.page()).text();
    assert!(!shown.contains("cyd"), "the first one's page shows the second: {shown}");
    http::get(&bob.pixel());
    let subscribed = pharos.query("SELECT count(*) FROM subscriptions WHERE state = 'subscribed'");
    assert_eq!(subscribed[0][0], "1", "who left has left, and nobody else");
    pharos.stop();
    let report = pharos.report();
    assert_eq!(report["views"]["total"], 0);
    assert_eq!(report["stray_hits"], 1, "the report says that it was kept aside");
    let table = pharos.ok(&["report", "opens", "1"]);
    assert!(table.contains("KEPT ASIDE") && table.contains("counted in no rate"), "{table}");
}

#[test]
fn who_leaves_by_a_link_of_before_a_restoration_has_left() {
    let sink = Sink::start();
    let mut pharos = Pharos::on(Backing::Sqlite, sink.port);
    let person = |name: &str| (format!("{name}@reader.example"), name.to_owned());
    pharos.import([person("ann")]);
    let (data, copy) = (pharos.path("pharos-data"), pharos.path("copy"));
    copy_folder(&data, &copy);
    pharos.import([person("bob"), person("dan")]);
    send(&mut pharos);
    let (bob, dan) =
        (letter_to(&sink, "bob@reader.example"), letter_to(&sink, "dan@reader.example"));
    std::fs::remove_dir_all(&data).expect("it is removed");
    std::fs::rename(&copy, &data).expect("it is put back");

    // Dan is back under another number before he leaves; Bob leaves before he is back.
    pharos.import([person("dan")]);
    pharos.serve();
    let page = http::get(&bob.unsubscribe);
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(page.text().contains("Unsubscribe"), "{}", page.text());
    for letter in [&bob, &dan] {
        let answer = http::post(&letter.unsubscribe, "List-Unsubscribe=One-Click");
        assert_eq!((answer.status, answer.text().as_str()), (200, "Unsubscribed.\n"));
    }
    wait::until("Dan to have left", || {
        let shown = pharos.ok(&["contacts", "show", "dan@reader.example"]);
        shown.contains("suppressed").then_some(())
    });
    let shown = pharos.ok(&["contacts", "show", "bob@reader.example"]);
    assert!(shown.contains("left         everything"), "{shown}");
    let again = pharos.import([person("bob"), person("eve")]);
    assert!(
        again.contains("1 person suppressed") && again.contains("1 person newly subscribed"),
        "{again}"
    );
    pharos.stop();

    send(&mut pharos);
    let mut mailed = sink.recipients();
    mailed.sort_unstable();
    let names: Vec<&str> = mailed.iter().filter_map(|to| to.split('@').next()).collect();
    assert_eq!(names, ["ann", "ann", "bob", "dan", "eve"], "the two who left got one letter each");
}

#[test]
fn a_backup_of_a_send_under_way_mails_nobody_by_itself() {
    let (mut pharos, sink) = sending_on(Backing::Sqlite);
    let letters: Vec<Letter> = sink.letters().into_iter().take(30).collect();
    let (before, after) = letters.split_at(20);
    let answered = before.iter().filter(|it| http::get(&it.pixel()).status == 200).count();
    pharos.ok(&["backup", "backup"]);
    // The first installation goes on.
    assert!(after.iter().all(|letter| http::get(&letter.pixel()).status == 200));
    more(&sink, 1_500);
    pharos.kill();
    move_away(&pharos);
    let said = pharos.ok(&["restore", "backup"]);
    assert!(said.contains("Campaign 1 (Aurora 4.2) is paused"), "{said}");
    let log = pharos.ok(&["audit", "export"]);
    for action in ["\"store.backup\"", "\"store.restore\""] {
        assert_eq!(log.matches(action).count(), 1, "{action}: {log}");
    }
    pharos.ok(&["audit", "verify"]);
    let people = mailed(&sink).len();
    is_held_and_goes_on_when_told(&mut pharos, &sink, "restored from a backup of 20");
    let twice = mailed(&sink).values().filter(|times| **times == 2).count();
    assert!(twice <= people, "{twice} of {people}");
    assert_eq!(reached_or_in_doubt(&pharos, &sink), CONTACTS);
    let report = pharos.report();
    assert_eq!(report["views"]["total"], answered, "what was answered before the backup");
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
    // A reader of the first installation's mail comes back to this one.
    pharos.serve();
    http::get(&after[0].pixel());
    pharos.stop();
    assert_eq!(pharos.report()["views"]["total"], answered + 1, "no place in a journal recurs");
}

#[test]
fn a_backup_on_a_server_says_how_and_leaves_nothing() {
    let pharos = Pharos::on(Backing::cluster(), 1);
    let said = pharos.fails(&["backup", "backup"]);
    assert!(said.contains("pg_dump") && said.contains("journal/removals"), "{said}");
    assert!(names(&pharos.path("")).iter().all(|name| !name.starts_with("backup")));
}

#[test]
fn nothing_is_overwritten_and_nothing_half_is_restored() {
    let mut pharos = Pharos::on(Backing::Sqlite, 1);
    pharos.import_readers(50);
    pharos.serve();
    pharos.ok(&["backup", "backup"]);
    pharos.stop();
    for (name, mode) in [("backup", 0o700), ("backup/keys", 0o600), ("backup/store.sqlite", 0o600)]
    {
        let about = std::fs::metadata(pharos.path(name)).expect("it is there");
        assert_eq!(about.mode() & 0o777, mode, "{name}");
    }
    let said = pharos.fails(&["backup", "backup"]);
    assert!(said.contains("not empty"), "{said}");
    let listed = pharos.ok(&["contacts", "list"]);

    let said = pharos.fails(&["restore", "backup"]);
    for name in ["pharos.sqlite", "keys", "node", "journal", "Move them"] {
        assert!(said.contains(name), "{name}: {said}");
    }
    move_away(&pharos);
    let whole = |name: &str| std::fs::read(pharos.path("backup").join(name)).expect("a file");
    let spoilt = |name: &str, change: &dyn Fn(&mut Vec<u8>), expect: &str| {
        let good = whole(name);
        let mut bad = good.clone();
        change(&mut bad);
        pharos.write(&format!("backup/{name}"), &bad);
        let said = pharos.fails(&["restore", "backup"]);
        assert!(said.contains(expect), "{expect}: {said}");
        assert!(!pharos.path("pharos-data").exists(), "nothing was begun");
        pharos.write(&format!("backup/{name}"), good);
    };
    spoilt("store.sqlite", &|it| it.truncate(4096), "bytes instead of");
    spoilt("store.sqlite", &|it| it[5000] ^= 1, "SHA-256");
    spoilt("keys", &|it| it[3] ^= 1, "SHA-256");
    let newer = |it: &mut Vec<u8>| {
        let text = String::from_utf8_lossy(it).replace("release = \"0.", "release = \"99.");
        *it = text.into_bytes();
    };
    spoilt("manifest.toml", &newer, "release 99.");
    let gone = pharos.path("backup/keys");
    std::fs::rename(&gone, pharos.path("keys")).expect("it is moved");
    assert!(pharos.fails(&["restore", "backup"]).contains("incomplete"));
    std::fs::rename(pharos.path("keys"), gone).expect("it is moved back");

    let said = pharos.ok(&["restore", "backup"]);
    assert!(said.contains("Nothing was being sent"), "{said}");
    assert_eq!(pharos.ok(&["contacts", "list"]), listed);
    assert_ne!(
        std::fs::read(pharos.path("pharos-data/node")).expect("a name"),
        whole("node"),
        "another node"
    );
    pharos.serve();
    assert!(!pharos.log().contains("was restored"), "what was seen to is not told again");
    pharos.stop();
}

#[test]
fn a_backup_brings_its_configuration_where_there_is_none() {
    let pharos = Pharos::on(Backing::Sqlite, 1);
    pharos.import_readers(5);
    pharos.ok(&["backup", "backup"]);
    let config = pharos.path("pharos.toml");
    let text = std::fs::read(&config).expect("a configuration");
    std::fs::rename(&config, pharos.path("first.toml")).expect("it is moved away");
    move_away(&pharos);
    pharos.ok(&["restore", "backup"]);
    assert_eq!(std::fs::read(&config).expect("a configuration"), text);
    assert!(pharos.ok(&["contacts", "list"]).contains("reader5@reader.example"));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|it| it.expect("it").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_backup_brings_the_files_of_the_media_library() {
    let sink = Sink::start();
    let pharos = Pharos::on(Backing::Sqlite, sink.port);
    pharos.write("agenda.pdf", "%PDF-1.7\n%%EOF\n");
    pharos.ok(&["media", "add", "agenda.pdf"]);
    let media = pharos.path("pharos-data/media");
    // What a crash may leave behind is none of it.
    std::fs::write(media.join("half-written#1"), "x").expect("a file");
    let files = |folder: &Path| {
        let mut files = names(folder);
        files.retain(|name| name != "half-written#1");
        files
    };
    let before = files(&media);
    assert_eq!(before.len(), 1, "{before:?}");
    pharos.ok(&["backup", "backup"]);
    assert_eq!(names(&pharos.path("backup/media")), before);
    move_away(&pharos);
    pharos.ok(&["restore", "backup"]);
    assert_eq!(names(&media), before);
    assert!(pharos.ok(&["media", "show", "agenda.pdf"]).contains(&before[0]));
    // Elsewhere they are left where they are, and that is said.
    move_away_again(&pharos);
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let config = config.replace("files = \"pharos-data/media\"", "files = \"s3://news\"");
    pharos.write("pharos.toml", config);
    let said = pharos.ok(&["restore", "backup"]);
    assert!(said.contains("keeps media files in s3://news; the backup's 1 are left in"), "{said}");
}

fn move_away_again(pharos: &Pharos) {
    let data = pharos.path("pharos-data");
    std::fs::rename(data, pharos.path("second")).expect("it is moved away");
}
