//! Whoever is erased is in no table, file or log any more, wherever they had left a trace.

use std::path::Path;
use std::time::{Duration, SystemTime};

use harness::http::{self, Answer};
use harness::sink::Sink;
use harness::{Pharos, wait};
use model::Timestamp;
use serde_json::{Value, json};

use crate::api::token;

const ADDRESS: &str = "mona.vanish@gone-reader.example";
/// Of a contact who is merged into her.
const FORMER: &str = "mona.former@gone-reader.example";
/// Parts of what is sought afterwards, in lower case: of both addresses, and of an attribute's value.
const TRACES: [&str; 3] = ["mona.vanish", "mona.former", "zq7-unmistakable"];
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

fn post(url: &str, body: &str) -> Answer {
    http::request("POST", url, &[FORM, OWN], body).expect("an answer")
}

fn ask(pharos: &Pharos, token: &str, (path, key): (&str, &str), body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Idempotency-Key", key),
        ("Content-Type", "application/json"),
    ];
    let url = format!("{}{path}", pharos.admin);
    http::request("POST", &url, &headers, &body.to_string()).expect("an answer")
}

fn job_ended(pharos: &Pharos, number: &str) {
    wait::until("the end of a job", || {
        let shown = pharos.ok(&["job", "show", number]);
        let state = shown.split_whitespace().nth(1).unwrap_or_default().to_owned();
        (!matches!(state.as_str(), "queued" | "running")).then_some(())
    });
    wait::until("what was uploaded to go", || {
        let left = pharos.query("SELECT count(*) FROM job_parts WHERE file = 0");
        (left == [["0"]]).then_some(())
    });
}

fn number(pharos: &Pharos, address: &str) -> String {
    let found = format!("SELECT id FROM contacts WHERE email = '{address}'");
    pharos.query(&found).concat().concat()
}

/// Every table in which one of the traces is, by another program than ours.
fn tables_with_traces(pharos: &Pharos) -> Vec<String> {
    let (columns, bytes): (&str, fn(&str) -> String) = match pharos.is_cluster() {
        false => (
            "SELECT m.name, p.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p
            WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY 1",
            |column| format!("hex(CAST({column} AS BLOB))"),
        ),
        true => (
            "SELECT table_name, column_name FROM information_schema.columns
            WHERE table_schema = 'public' ORDER BY 1",
            |column| {
                let text = format!(
                    "CASE WHEN pg_typeof({column}) = 'bytea'::regtype
                    THEN substr({column}::text, 3)
                    ELSE encode(convert_to({column}::text, 'UTF8'), 'hex') END"
                );
                format!("coalesce({text}, '')")
            },
        ),
    };
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for row in pharos.query(columns) {
        let column = bytes(&format!("\"{}\"", row[1]));
        match tables.last_mut().filter(|(table, _)| *table == row[0]) {
            Some((_, columns)) => columns.push(column),
            None => tables.push((row[0].clone(), vec![column])),
        }
    }
    assert!(tables.len() > 100, "all of them: {}", tables.len());
    let has_traces = |(table, columns): &(String, Vec<String>)| {
        let rows = pharos.query(&format!("SELECT {} FROM {table}", columns.join(", ")));
        rows.iter().flatten().any(|it| !traces_in(&decoded(it)).is_empty())
    };
    tables.into_iter().filter(has_traces).map(|(table, _)| table).collect()
}

fn decoded(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|it| it.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte * 16 + digit) as u8)
        .collect()
}

fn traces_in(bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(&bytes.to_ascii_lowercase()).into_owned();
    TRACES.into_iter().filter(|trace| text.contains(trace)).collect()
}

/// Every file of a folder and those below it that has one of the traces, byte for byte.
fn files_with_traces(folder: &Path, found: &mut Vec<String>) -> usize {
    let mut looked_at = 0;
    for entry in std::fs::read_dir(folder).expect("a folder").map(|it| it.expect("an entry")) {
        let path = entry.path();
        if path.is_dir() {
            looked_at += files_with_traces(&path, found);
            continue;
        }
        looked_at += 1;
        let traces = traces_in(&std::fs::read(&path).unwrap_or_default());
        if !traces.is_empty() {
            found.push(format!("{}: {traces:?}", path.display()));
        }
    }
    looked_at
}

/// Everything that she does and that is done with her, through every face.
fn leave_traces(pharos: &Pharos, sink: &Sink) {
    by_commands(pharos);
    pharos.start_campaign();
    pharos.finished();
    let letters = sink.letters();
    let letter = letters.iter().find(|it| it.to == ADDRESS).expect("her letter");
    assert_eq!(http::get(&letter.pixel()).status, 200);
    http::get(&letter.links()[0]);
    pharos.report_when("the view", |report| report["views"]["total"] == 1);
    let site = letter.unsubscribe.split("/u/").next().expect("an address").to_owned();
    by_pages(pharos, &site);
    let again = ["topic", "reconfirm", "release-notices", "--before", "2026-11-01", "--yes"];
    pharos.ok(&again);
    wait::until("the mail that asks again", || {
        let asked = pharos.query("SELECT state FROM reconfirmations");
        (asked == [["waiting"]]).then_some(())
    });
    by_jobs(pharos);
    by_a_program(pharos);
    let name = pharos.query("SELECT min(name) FROM announcements").concat().concat();
    pharos.ok(&["message", "send", &name, ADDRESS, "--set", "note=zq7-unmistakable-single"]);
    pharos.ok(&["campaign", "test-send", "1", "--to", ADDRESS, "--contact", ADDRESS]);
    let until = Timestamp::from_system(SystemTime::now()).after(Duration::from_secs(9 * 86_400));
    pharos.ok(&["contacts", "pause", ADDRESS, "--until", &until.rfc3339()]);
    pharos.ok(&["contacts", "proof", ADDRESS]);
}

fn by_commands(pharos: &Pharos) {
    let rows = format!(
        "email,first_name,note\n{ADDRESS},Mona,ZQ7-Unmistakable\n\
        {ADDRESS} (old),Mona,ZQ7-Unmistakable\ninfo@gone-reader.example,x,y\n"
    );
    pharos.write("people.csv", rows);
    let import = ["contacts", "import", "people.csv", "--topic", "release-notices", "--as-job"];
    pharos.ok(&import);
    job_ended(pharos, "1");
    let values = ["--set", "note=zq7-unmistakable-other", "--set", "city=zq7-unmistakable-town"];
    let by_phone = ["--topic", "release-notices", "--proof", "said so by phone, zq7-unmistakable"];
    pharos.ok(&[&["contacts", "add", FORMER], &values[..], &by_phone].concat());
    pharos.ok(&["contacts", "edit", ADDRESS, "--set", "note=zq7-unmistakable-edited"]);
    pharos.ok(&["contacts", "tag", ADDRESS, "vip"]);
    pharos.ok(&["contacts", "tracking", ADDRESS, "identified", "--source", "her letter"]);
    pharos.ok(&["mail-cap", "set", "9 per 30 days"]);
    pharos.ok(&["requests", "add", ADDRESS, "--kind", "access", "--text", "zq7-unmistakable ask"]);
    wait::until("the index of the attribute", || {
        let filled = pharos.query("SELECT value FROM attribute_values ORDER BY value");
        let theirs = ["zq7-unmistakable-edited", "zq7-unmistakable-other"];
        theirs.iter().all(|it| filled.concat().contains(&(*it).to_owned())).then_some(())
    });
}

fn by_pages(pharos: &Pharos, site: &str) {
    let asked = post(&format!("{site}/account"), "address=mona.vanish%40gone-reader.example");
    assert_eq!(asked.status, 200);
    let form = ["forms", "set", "letter", "--title", "Our letter", "--topic", "release-notices"];
    let more = ["--ask", "note", "--asks-age", "no", "--notice", "We write now and then."];
    pharos.ok(&[&form[..], &more].concat());
    let typed = "address=Mona.Vanish%40gone-reader.example&topic=release-notices\
        &attribute.note=zq7-unmistakable-typed";
    let url = format!("{site}/join/letter");
    let page = post(&url, typed).text();
    let start = page.find("name=\"stamp\" value=\"").expect("a stamp");
    let stamp = page[start..].split('"').nth(3).expect("a value");
    let sent = post(&url, &format!("{typed}&stamp={stamp}"));
    assert!(sent.text().contains("Look into your mailbox"), "{}", sent.text());
}

fn by_jobs(pharos: &Pharos) {
    let bulk = ["contacts", "bulk", "set", "plan=zq-none", "--address-part", ADDRESS];
    pharos.ok(&[&bulk[..], &["--yes", "--as-job"]].concat());
    pharos.ok(&["contacts", "tag", "--all", "--address-part", ADDRESS, "--as-job", "early"]);
    let export = ["contacts", "export", "--as-job", "--address-part", ADDRESS];
    pharos.ok(&export);
    for job in pharos.query("SELECT id FROM jobs").concat() {
        job_ended(pharos, &job);
    }
}

fn by_a_program(pharos: &Pharos) {
    let token = token(pharos, &["contacts:read", "contacts:write"]);
    let (keep, other) = (number(pharos, ADDRESS), number(pharos, FORMER));
    let merge = (&*format!("/api/v1/contacts/{keep}/merge"), "merge-1");
    let merged = ask(pharos, &token, merge, &json!({ "other": other }));
    assert_eq!(merged.status, 200, "{}", merged.text());
    let request = json!({ "kind": "question", "email": FORMER, "text": "zq7-unmistakable" });
    let entered = ask(pharos, &token, ("/api/v1/requests", "request-1"), &request);
    assert_eq!(entered.status, 201, "{}", entered.text());
    let added = json!({ "email": "late@gone-reader.example", "attributes": { "note": "none" } });
    assert_eq!(ask(pharos, &token, ("/api/v1/contacts", "add-1"), &added).status, 201);
}

#[test]
fn whoever_is_erased_is_in_no_table_file_or_log() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(2);
    pharos.ok(&["attributes", "set", "note", "--kind", "text"]);
    // The server makes the index when it starts, and then every half a minute.
    pharos.ok(&["segments", "set", "Noted", "--text", "attribute note = other"]);
    pharos.serve();
    leave_traces(&pharos, &sink);
    let before = tables_with_traces(&pharos);
    for table in [
        "account_links",
        "address_pages",
        "attribute_values",
        "contact_changes",
        "contact_merges",
        "contacts",
        "idempotency_keys",
        "job_parts",
        "jobs",
        "joins",
        "messages",
        "person_requests",
        "test_messages",
    ] {
        let holds = before.iter().any(|it| it == table);
        assert!(holds || table == "address_pages", "{table} has to be looked at: {before:?}");
    }

    let said = pharos.ok(&["contacts", "erase", ADDRESS, "--yes"]);
    assert!(said.contains("This erases 1 person"), "{said}");
    assert_eq!(tables_with_traces(&pharos), [""; 0]);
    for ask in ["show", "history", "proof"] {
        let told = pharos.run(&["contacts", ask, FORMER]);
        assert!(!told.out.contains("zq7"), "{ask}: {}", told.out);
    }
    pharos.stop();
    assert_eq!(traces_in(pharos.log().as_bytes()), [""; 0], "{}", pharos.log());
    let mut found = Vec::new();
    let looked_at = files_with_traces(&pharos.path("pharos-data"), &mut found);
    assert!(looked_at > 5, "the folder of the installation: {looked_at} files");
    assert_eq!(found, [""; 0]);
}
