//! What goes wrong is said clearly, and nothing is lost or half-done by it.

use std::net::TcpListener;

use harness::{Pharos, Sink, SmallDisk, http, wait};

#[test]
fn a_command_line_without_sense_ends_with_2() {
    let pharos = Pharos::new(25);
    assert_eq!(pharos.run(&["campaing"]).code, 2);
    assert_eq!(pharos.run(&["campaign", "create"]).code, 2);
    assert_eq!(pharos.run(&["--help"]).code, 0);
}

#[test]
fn a_mistake_in_the_config_names_file_line_and_key() {
    let pharos = Pharos::with(25, |text| text.replace("hello_name", "helo_name"));
    let error = pharos.fails(&["serve"]);
    assert!(
        error.contains("pharos.toml") && error.contains("line ") && error.contains("helo_name"),
        "{error}"
    );
    let missing = pharos.fails(&["--config", "no.toml", "serve"]);
    assert!(missing.contains("no.toml") && missing.contains("pharos init"), "{missing}");
}

#[test]
fn broken_rows_go_to_the_reject_file_and_the_rest_is_imported() {
    let pharos = Pharos::new(25);
    let csv = b"\xEF\xBB\xBFE-Mail;First Name\r\nann@reader.example;\"Ann\r\nMarie\"\r\nno address;Bob\r\n\
        carl@reader.example;Carl;one too many\r\nd\xFCrr@reader.example;X\r\nANN@reader.example;Ann\r\n";
    pharos.write("people.csv", csv);
    let args = ["contacts", "import", "people.csv", "--topic", "release-notices"];
    let said = pharos.ok(&args);
    assert!(said.contains("5 rows: 1 added"), "{said}");
    assert!(said.contains("3 rejected"), "{said}");
    let rejects = std::fs::read(pharos.path("people.csv.rejects.csv")).unwrap();
    assert!(rejects.contains(&0xfc), "a rejected row is there byte for byte");
    let rejects = String::from_utf8_lossy(&rejects);
    assert_eq!(
        rejects.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count(),
        3,
        "{rejects}"
    );
    let error = pharos.fails(&["contacts", "import", "people.csv", "--rejects", "people.csv"]);
    assert!(error.contains("--rejects"), "{error}");
    let again = pharos.ok(&args);
    assert!(again.contains("0 added, 0 updated"), "importing again changes nothing: {again}");
    pharos.write("people.csv", "email,first_name\nann@reader.example,Ann\n");
    pharos.ok(&args);
    let leftover = pharos.path("people.csv.rejects.csv");
    assert!(!leftover.exists(), "nothing is rejected any more");
}

#[test]
fn a_quote_left_open_costs_its_line_and_nobody_else() {
    let pharos = Pharos::new(25);
    let row = |n: usize| match n {
        5 => "reader5@reader.example,\"Ann\n".to_owned(),
        n => format!("reader{n}@reader.example,N{n}\n"),
    };
    let rows: String = (1..=300).map(row).collect();
    pharos.write("people.csv", format!("email,first_name\n{rows}"));
    let said = pharos.ok(&["contacts", "import", "people.csv", "--topic", "release-notices"]);
    assert!(said.contains("300 rows: 299 added") && said.contains("1 rejected"), "{said}");
    let rejects = std::fs::read_to_string(pharos.path("people.csv.rejects.csv")).unwrap();
    assert!(rejects.contains("\n6,first_name,") && rejects.lines().count() == 2, "{rejects}");
}

#[test]
fn a_file_of_which_every_row_is_rejected_fails_with_a_hint() {
    let pharos = Pharos::new(25);
    pharos
        .write("people.csv", "email,first_name\nann@reader.example;Ann\nbob@reader.example;Bob\n");
    let error = pharos.fails(&["contacts", "import", "people.csv"]);
    assert!(error.contains("every row was rejected") && error.contains("';'"), "{error}");
    assert!(pharos.path("people.csv.rejects.csv").exists());
}

#[test]
fn people_who_left_elsewhere_are_not_subscribed_by_an_import() {
    let pharos = Pharos::new(25);
    pharos.write(
        "listmonk.csv",
        "uuid,email,name,status\n1,a@reader.example,A,enabled\n2,b@reader.example,B,blocklisted\n",
    );
    let import = ["contacts", "import", "listmonk.csv", "--topic", "release-notices"];
    let error = pharos.fails(&import);
    assert!(
        error.contains("\"blocklisted\"") && error.contains("--status-column \"status\""),
        "{error}"
    );
    let said =
        pharos.ok(&[&import[..], &["--status-column", "status", "--ignore", "uuid"]].concat());
    assert!(
        said.contains("1 person newly subscribed") && said.contains("1 person left elsewhere"),
        "{said}"
    );
    pharos.write("cleaned_members.csv", "email\nc@reader.example\na@reader.example\n");
    let import = ["contacts", "import", "cleaned_members.csv", "--topic", "release-notices"];
    let error = pharos.fails(&import);
    assert!(error.contains("--everyone-is hard-bounce"), "{error}");
    let said = pharos.ok(&[&import[..], &["--everyone-is", "hard-bounce"]].concat());
    assert!(said.contains("2 people left elsewhere") && !said.contains("newly"), "{said}");
}

#[test]
fn files_that_are_no_contacts_are_refused_whole() {
    let pharos = Pharos::new(25);
    for (name, text, says) in
        [("empty.csv", "", "empty"), ("columns.csv", "name,phone\nAnn,1\n", "email")]
    {
        pharos.write(name, text);
        let error = pharos.fails(&["contacts", "import", name]);
        assert!(error.contains(name) && error.to_lowercase().contains(says), "{error}");
    }
    let error = pharos.fails(&["contacts", "import", "absent.csv"]);
    assert!(error.contains("absent.csv"), "{error}");
    let error = pharos.fails(&["contacts", "import", "empty.csv", "--topic", "news"]);
    assert!(error.contains("release-notices"), "known topics are listed: {error}");
}

#[test]
fn a_mistake_in_an_announcement_names_the_line() {
    let pharos = Pharos::new(25);
    pharos.write("a.md", "---\nsubject: Hi\nfrom: a@aurora.example\ncolour: red\n---\nHello\n");
    let error = pharos.fails(&["campaign", "create", "--file", "a.md", "--topic", "offers"]);
    assert!(
        error.contains("a.md") && error.contains("line 4") && error.contains("colour"),
        "{error}"
    );
    let error = pharos.fails(&["campaign", "start", "7"]);
    assert!(error.contains('7'), "{error}");
}

#[test]
fn a_missing_merge_value_skips_that_contact_and_says_why() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import([
        ("a@reader.example".into(), "Ann".into()),
        ("b@reader.example".into(), String::new()),
    ]);
    let text = harness::pharos::ANNOUNCEMENT.replace(" | default(\"friend\")", "");
    pharos.write("strict.md", text);
    pharos.ok(&["campaign", "create", "--file", "strict.md"]);
    pharos.serve();
    pharos.ok(&["campaign", "start", "1", "--accept"]);
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], 1);
    assert_eq!(report["deliveries"]["skipped"], 1);
    assert!(report["reasons"].to_string().contains("first_name"), "{report:#}");
}

#[test]
fn a_dead_relay_holds_the_send_up_and_loses_nobody() {
    let sink = Sink::start();
    let port = sink.port;
    drop(sink);
    let mut pharos = Pharos::new(port);
    pharos.import_readers(20);
    pharos.serve().start_campaign();
    wait::until("the trouble to be told", || {
        pharos.ok(&["campaign", "status", "1"]).contains("Held up").then_some(())
    });
    let report = pharos.report();
    let open = report["deliveries"]["queued"].as_i64().unwrap()
        + report["deliveries"]["leased"].as_i64().unwrap();
    assert_eq!(open, 20, "{report:#}");
    let sink = Sink::start_at(port);
    let report = pharos.finished();
    assert_eq!(report["deliveries"]["sent"], 20);
    assert_eq!(sink.letters().len(), 20);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let pharos = Pharos::new(25);
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).unwrap();
    let web = pharos.web.trim_start_matches("http://");
    pharos.write("pharos.toml", config.replace(web, &format!("127.0.0.1:{port}")));
    let error = pharos.fails(&["serve"]);
    assert!(error.contains(&port.to_string()) && error.contains("web.listen"), "{error}");
}

#[test]
fn a_second_server_in_the_same_folder_is_refused() {
    let mut pharos = Pharos::new(25);
    pharos.serve();
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).unwrap();
    let ports = [&pharos.beacon, &pharos.web, &pharos.admin];
    let other = ports.iter().fold(config, |text, url| {
        let address = url.trim_start_matches("http://");
        text.replace(
            &format!("listen = \"{address}\""),
            &format!("listen = \"127.0.0.1:{}\"", testkit::free_port()),
        )
    });
    pharos.write("other.toml", other);
    let error = pharos.fails(&["--config", "other.toml", "serve"]);
    assert!(error.contains("another server is using this data folder"), "{error}");
}

#[test]
fn a_full_disk_still_serves_the_pixel_and_the_loss_is_a_gap() {
    let sink = Sink::start();
    let mut pharos = Pharos::with(sink.port, |text| {
        text.replace("journal_segment_mib = 16", "journal_segment_mib = 1")
    });
    let disk = SmallDisk::at(&pharos.path("pharos-data/journal"));
    pharos.import_readers(1);
    pharos.serve().start_campaign();
    pharos.finished();
    let pixel = sink.letters()[0].pixel();
    let mut answered = http::flood(&pixel, 10);
    disk.fill();
    while gap_hits(&pharos) < 3 {
        assert!(answered < 500_000, "the journal never got full");
        answered += http::flood(&pixel, 500);
    }
    let ready = http::get(&format!("{}/readyz", pharos.admin));
    assert_eq!(ready.status, 503);
    assert!(ready.text().contains("the journal takes no hits"), "{}", ready.text());
    disk.empty();
    wait::until("the gap to be written down", || {
        answered += http::flood(&pixel, 1);
        pharos.report()["gaps"].as_array().is_some_and(|gaps| !gaps.is_empty()).then_some(())
    });
    pharos.stop();
    let report = pharos.report();
    let gaps = report["gaps"].as_array().expect("gaps");
    let lost: u64 = gaps.iter().filter_map(|gap| gap["hits"].as_u64()).sum();
    assert!(lost >= 3);
    assert_eq!(
        report["views"]["total"].as_u64().map(|views| views + lost),
        Some(answered),
        "{report:#}"
    );
}

/// Hits answered and not recorded, as the metrics tell them.
fn gap_hits(pharos: &Pharos) -> u64 {
    let metrics = http::get(&format!("{}/metrics", pharos.admin)).text();
    let line = metrics.lines().find(|line| line.starts_with("pharos_beacon_gap_hits_total"));
    let value = line.and_then(|line| line.split(' ').next_back()).map(str::parse);
    value.expect("the metric").expect("a number")
}
