//! An installation that moves to another store while somebody still works on the old one.

use std::io::Write as _;

use testkit::Postgres;

use harness::{Backing, Pharos, wait};

/// Rows of a file of contacts, which an import reads through a pipe.
fn rows(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|number| format!("reader{number}@reader.example\n")).collect()
}

fn contacts(pharos: &Pharos) -> u64 {
    let found = pharos.query("SELECT count(*) FROM contacts");
    found[0][0].parse().expect("a count")
}

#[test]
fn an_import_that_comes_late_is_refused_and_comes_again_in_the_new_store() {
    let pharos = Pharos::on(Backing::Sqlite, 1);
    pharos.ok(&["campaign", "status"]);
    let late = ["contacts", "import", "/dev/stdin", "--topic", "release-notices"];
    let mut import = pharos.start(&late);
    let mut pipe = import.stdin.take().expect("a pipe");
    pipe.write_all(format!("email\n{}", rows(0..25_000)).as_bytes()).expect("rows are read");
    wait::until("the first batch to be kept", || (contacts(&pharos) > 0).then_some(()));

    let database = Postgres::shared().database();
    let old = format!("sqlite:{}", pharos.path("pharos-data/pharos.sqlite").display());
    let moved = pharos.ok(&["migrate", "--from", &old, "--to", &database]);
    assert!(moved.contains("the same on both sides"), "{moved}");
    // The pipe may be closed already, by an import that found out.
    let _ = pipe.write_all(rows(25_000..45_000).as_bytes());
    drop(pipe);
    let import = import.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&import.stderr);
    assert!(import.status.code() == Some(1) && said.contains("moved"), "{said}");
    let refused = pharos.fails(&["campaign", "status"]);
    assert!(refused.contains("was moved to"), "{refused}");

    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let store = "store = \"sqlite:pharos-data/pharos.sqlite\"";
    pharos.write("pharos.toml", config.replace(store, &format!("store = {database:?}")));
    pharos.write("people.csv", format!("email\n{}", rows(0..45_000)));
    pharos.ok(&["contacts", "import", "people.csv", "--topic", "release-notices"]);
    let there = Postgres::shared().query(&database, "SELECT count(*) FROM contacts");
    assert_eq!(there[0][0], "45000");
    let log = pharos.ok(&["audit", "export"]);
    assert_eq!(log.matches("store.migrate").count(), 1, "{log}");
    pharos.ok(&["audit", "verify"]);
}
