//! Long work that a server does, killed on the way.

use std::time::Duration;

use harness::{Dice, Pharos, Sink, wait};

const ROWS: usize = 30_000;

/// People, some of them twice, and rows that can't be used.
fn file() -> String {
    let mut text = String::from("email,first_name\n");
    for row in 0..ROWS {
        match row % 1_000 {
            500 => text.push_str(&format!("nobody {row},x\n")),
            _ => text.push_str(&format!("p{}@reader.example,N{row}\n", row % (ROWS - 500))),
        }
    }
    text
}

/// Everybody with what the store knows of them, but for the ledger.
fn people(pharos: &Pharos) -> [Vec<Vec<String>>; 2] {
    [
        "SELECT id, email, attributes FROM contacts ORDER BY id",
        "SELECT topic_id, contact_id, state FROM subscriptions ORDER BY topic_id, contact_id",
    ]
    .map(|sql| pharos.query(sql))
}

fn state(pharos: &Pharos, job: &str) -> String {
    let shown = pharos.ok(&["job", "show", job]);
    shown.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

fn ended(pharos: &Pharos, job: &str) -> String {
    wait::until_within(Duration::from_secs(120), "the end of a job", || {
        let is_open = matches!(state(pharos, job).as_str(), "queued" | "running");
        (!is_open).then(|| pharos.ok(&["job", "show", job]))
    })
}

#[test]
fn an_import_that_is_killed_and_resumed_ends_as_if_it_was_not() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    let mut dice = Dice::seeded();
    pharos.write("people.csv", file());
    let import = ["contacts", "import", "people.csv", "--topic", "release-notices", "--as-job"];
    let mut rehearse = import.to_vec();
    rehearse.push("--rehearse");
    assert!(pharos.ok(&rehearse).starts_with("Job 1 is queued"));
    pharos.ok(&import);
    pharos.serve();
    let mut kills = 0;
    while kills < 3 && matches!(state(&pharos, "2").as_str(), "queued" | "running") {
        dice.let_pass_less_than(Duration::from_millis(900));
        pharos.kill();
        kills += 1;
        pharos.serve();
    }
    let rehearsed = ended(&pharos, "1");
    assert!(rehearsed.contains("This was a rehearsal; nothing is changed yet"), "{rehearsed}");
    let done = ended(&pharos, "2");
    assert!(done.contains(" done "), "{done}");
    let figure = |shown: &str, name: &str| {
        let line = shown.lines().find(|line| line.trim_start().starts_with(name));
        line.and_then(|line| line.split_whitespace().last()).unwrap_or("0").replace(',', "")
    };
    // One row in a thousand is none; the last 500 repeat the first, of whom one is none either.
    assert_eq!(figure(&done, "rows"), "30000");
    assert_eq!(figure(&done, "rejected"), "30");
    let (added, repeated) = (figure(&done, "added"), figure(&done, "repeated"));
    let sum =
        |texts: &[&String]| texts.iter().map(|it| it.parse::<usize>().unwrap()).sum::<usize>();
    let updated = figure(&done, "updated");
    assert_eq!(sum(&[&added, &repeated, &updated]), ROWS - 30, "{done}");
    assert_eq!(figure(&done, "subscribed"), added);
    assert_eq!(pharos.query("SELECT count(*) FROM contacts"), [[added]]);
    let rejects = pharos.ok(&["job", "rejects", "2"]);
    assert_eq!(rejects.lines().count(), 31, "with its header");
    assert!(rejects.contains("nobody 500"), "{rejects}");
    let late = pharos.fails(&["job", "stop", "2"]);
    assert!(late.contains("look again"), "{late}");
    pharos.stop();
}

#[test]
fn an_import_that_is_killed_and_undone_leaves_what_was_before() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    let mut dice = Dice::seeded();
    // Some are known, with other values, and some of those are subscribed.
    pharos.import((0..500).map(|n| (format!("p{n}@reader.example"), format!("Known {n}"))));
    let mut known = String::from("email,first_name,city\n");
    (500..900).for_each(|n| known.push_str(&format!("p{n}@reader.example,Known {n},Rome\n")));
    pharos.write("known.csv", known);
    pharos.ok(&["contacts", "import", "known.csv"]);
    let before = people(&pharos);
    pharos.write("people.csv", file());
    pharos.ok(&["contacts", "import", "people.csv", "--topic", "release-notices", "--as-job"]);
    pharos.serve();
    for job in ["1", "2"] {
        let mut kills = 0;
        while kills < 3 && matches!(state(&pharos, job).as_str(), "queued" | "running") {
            dice.let_pass_less_than(Duration::from_millis(700));
            pharos.kill();
            kills += 1;
            pharos.serve();
        }
        let done = ended(&pharos, job);
        assert!(done.contains(" done "), "{done}");
        if job == "1" {
            assert_ne!(people(&pharos), before);
            let asked = pharos.ok(&["job", "undo", "1"]);
            assert!(asked.starts_with("Job 2 is queued, to undo the import"), "{asked}");
        }
    }
    assert_eq!(people(&pharos), before);
    let done = ended(&pharos, "2");
    assert!(done.contains("undo of people.csv"), "{done}");
    assert!(done.contains("removed") && done.contains("restored"), "{done}");
    let ledger = "SELECT count(*) FROM consents WHERE granted = 0";
    let taken_back = pharos.query(ledger);
    assert_eq!(
        taken_back,
        [["399".to_owned()]],
        "of 400 who were known and not subscribed, one is no row: {done}"
    );
    let again = pharos.fails(&["job", "undo", "1"]);
    assert!(again.contains("Job 2 has undone it"), "{again}");

    pharos.ok(&["contacts", "export", "--as-job", "--state", "subscribed"]);
    let exported = ended(&pharos, "3");
    assert!(exported.contains("contacts"), "{exported}");
    let file = pharos.ok(&["job", "file", "3"]);
    assert_eq!(file.lines().count(), 501, "{exported}");
    let log = pharos.ok(&["audit", "export"]);
    for action in ["import.undo", "contacts.export", "contacts.exported", "contacts.export_read"] {
        assert!(log.contains(action), "{action}: {log}");
    }
    pharos.stop();
}

#[test]
fn an_erasure_that_is_killed_and_resumed_erases_exactly_the_list() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    let mut dice = Dice::seeded();
    let people = |from: usize, to: usize| {
        (from..to).map(|n| (format!("p{n}@reader.example"), format!("N{n}"))).collect::<Vec<_>>()
    };
    pharos.import(people(0, 3_000));
    let mut list = String::from("\u{feff}E-Mail;note\r\n");
    for n in (0..2_500).rev().chain(0..40) {
        list.push_str(&format!("\"P{n}@READER.example\";x\r\n"));
    }
    list.push_str("nobody here;x\nstranger@reader.example;\n");
    pharos.write("list.csv", list);
    let counted = pharos.ok(&["contacts", "erase", "--file", "list.csv", "--dry-run"]);
    assert!(counted.contains("Nobody was erased"), "{counted}");
    assert!(counted.contains("2542,E-Mail,"), "the line that is none: {counted}");
    let unsure = pharos.fails(&["contacts", "erase", "--file", "list.csv"]);
    assert!(unsure.contains("nothing was changed"), "{unsure}");
    let few = ["contacts", "erase", "--file", "list.csv", "--at-most", "2499", "--yes"];
    let few = pharos.fails(&few);
    assert!(few.contains("2,500 contacts") && few.contains("2499"), "{few}");
    assert_eq!(pharos.query("SELECT count(*) FROM contacts"), [["3000".to_owned()]]);
    assert_eq!(pharos.query("SELECT count(*) FROM job_parts WHERE file = 0"), [["0".to_owned()]]);

    pharos.ok(&["contacts", "erase", "--file", "list.csv", "--yes", "--as-job"]);
    pharos.serve();
    let mut kills = 0;
    while kills < 3 && matches!(state(&pharos, "4").as_str(), "queued" | "running") {
        dice.let_pass_less_than(Duration::from_millis(900));
        pharos.kill();
        kills += 1;
        pharos.serve();
    }
    assert!(kills > 1, "it was too fast to be killed");
    let done = ended(&pharos, "4");
    assert!(done.contains(" done ") && done.contains("erasure of list.csv"), "{done}");
    let left = pharos.query("SELECT count(*), min(id) > 0 FROM contacts");
    assert_eq!(left[0][0], "500", "{done}");
    for gone in ["p0@", "p2499@"] {
        let sql = format!("SELECT count(*) FROM contacts WHERE email LIKE '{gone}%'");
        assert_eq!(pharos.query(&sql), [["0".to_owned()]]);
    }
    assert_eq!(pharos.query("SELECT count(*) FROM job_parts WHERE file = 0"), [["0".to_owned()]]);
    assert_eq!(pharos.query("SELECT count(*) FROM job_addresses"), [["0".to_owned()]]);
    let log = pharos.ok(&["audit", "export"]);
    // Each contact and the stranger, once.
    assert_eq!(log.matches("\"contact.erase\"").count(), 2_501);
    assert!(!log.contains("@reader.example"), "no entry tells an address");
    pharos.ok(&["audit", "verify"]);
    pharos.write("again.csv", "email\np7@reader.example\nstranger@reader.example\n");
    let again = pharos.ok(&["contacts", "import", "again.csv", "--topic", "release-notices"]);
    assert!(again.contains("2 people erased at their request"), "{again}");
    pharos.stop();
}
