//! A disk that fills up under the store. With SQLite it is ours; elsewhere it is the database
//! server's.

use harness::{Backing, Pharos, SmallDisk};

#[test]
fn an_import_onto_a_full_disk_ends_clearly_and_can_be_run_again() {
    const ROWS: usize = 30_000;
    let pharos = Pharos::on(Backing::Sqlite, 25);
    let keys = std::fs::read(pharos.path("pharos-data/keys")).unwrap();
    let disk = SmallDisk::at(&pharos.path("pharos-data"));
    pharos.write("pharos-data/keys", keys);
    pharos.ok(&["campaign", "status"]);
    let rows: String = (1..=ROWS).map(|n| format!("reader{n}@reader.example\n")).collect();
    pharos.write("people.csv", format!("email\n{rows}"));
    let args = ["contacts", "import", "people.csv", "--topic", "release-notices"];
    // Enough room to open the store, not enough for what is to go in.
    disk.fill_but(2 << 20);
    let error = pharos.fails(&args);
    assert!(error.contains("people.csv") && error.contains("full"), "{error}");
    disk.empty();
    let said = pharos.ok(&args);
    assert!(
        said.contains("30,000 rows") && said.contains(" 0 updated") && said.contains(" 0 rejected"),
        "{said}"
    );
    assert!(pharos.ok(&args).contains("0 added, 0 updated, 30,000 unchanged"));
}
