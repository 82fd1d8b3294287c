//! A store of the release before this one: who may bring it to this release, and who may not.

use std::path::Path;

use harness::{Pharos, Sink};

/// Makes the tables that the release before this one made, by its own steps. While there is one
/// step alone, that release kept nothing but the table of versions.
fn of_the_release_before(pharos: &Pharos) {
    let kind = if pharos.is_cluster() { "postgres" } else { "sqlite" };
    let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/store/migrations").join(kind);
    let mut files: Vec<_> = std::fs::read_dir(steps).expect("the steps").flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    pharos.query(
        "CREATE TABLE schema_versions (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL,
        applied_at BIGINT NOT NULL)",
    );
    let before = &files[..files.len() - 1];
    if before.is_empty() {
        pharos.query("INSERT INTO schema_versions VALUES (-1, 'none', 1)");
    }
    for file in before {
        let step = std::fs::read_to_string(file.path()).expect("a step");
        // A text that begins with a comment would look like an option to sqlite3.
        pharos.query(&format!("\n{step}"));
        let name = file.file_name().into_string().expect("a name");
        let version: i64 = name.split('_').next().and_then(|it| it.parse().ok()).expect("a number");
        pharos.query(&format!("INSERT INTO schema_versions VALUES ({version}, '{name}', 1)"));
    }
}

fn version(pharos: &Pharos) -> i64 {
    let found = pharos.query("SELECT max(version) FROM schema_versions");
    found[0][0].parse().expect("a version")
}

#[test]
fn commands_leave_a_store_of_the_release_before_alone_and_name_the_one_that_upgrades() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    of_the_release_before(&pharos);
    let before = version(&pharos);
    pharos.write("people.csv", "email\nann@reader.example\n");
    for command in [
        &["campaign", "status"][..],
        &["report", "opens", "1"],
        &["contacts", "import", "people.csv", "--topic", "release-notices"],
    ] {
        let refused = pharos.fails(command);
        assert!(refused.contains("`pharos upgrade`"), "{refused}");
    }
    let looked = pharos.run(&["check"]);
    assert!(looked.out.contains("of an older release; `pharos upgrade`"), "{}", looked.out);
    assert_eq!(version(&pharos), before, "none of them has changed the store");

    let said = pharos.ok(&["upgrade"]);
    let now = version(&pharos);
    assert!(now > before, "{now}");
    assert!(said.contains(&format!("from version {before} to {now}")), "{said}");
    let said = pharos.ok(&["upgrade"]);
    assert!(said.contains("nothing was changed"), "{said}");
    let log = pharos.ok(&["audit", "export"]);
    assert_eq!(log.matches("store.upgrade").count(), 1, "{log}");
    pharos.import_readers(3);
    pharos.serve().start_campaign();
    pharos.finished();
    assert_eq!(sink.letters().len(), 3);
}

#[test]
fn a_server_upgrades_when_it_starts() {
    let mut pharos = Pharos::new(1);
    of_the_release_before(&pharos);
    let before = version(&pharos);
    pharos.serve();
    assert!(version(&pharos) > before);
    let log = pharos.log();
    assert!(log.contains("upgrading the store to this release's schema"), "{log}");
    pharos.ok(&["campaign", "status"]);
}

#[test]
fn a_release_that_is_too_old_for_the_store_touches_nothing() {
    let pharos = Pharos::new(1);
    pharos.import_readers(1);
    pharos.query("INSERT INTO schema_versions VALUES (999, 'later', 1)");
    for command in [&["campaign", "status"][..], &["serve"], &["upgrade"]] {
        let refused = pharos.fails(command);
        assert!(refused.contains("version 999"), "{refused}");
        assert!(refused.contains("the release that wrote it, or a newer one"), "{refused}");
    }
}
