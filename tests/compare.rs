//! Campaigns beside each other and a topic over time: every face says what the campaigns' reports say.

use harness::http;
use harness::sink::Sink;
use harness::{Pharos, wait};
use serde_json::Value;

use crate::api::token;

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
const PROXY: (&str, &str) = (
    "User-Agent",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
);
const CURL: (&str, &str) = ("User-Agent", "curl/8.14.1");

/// The rows of a comparison: on the page, in CSV, and where the number stands in a report and in the API.
const FIGURES: &[(&str, &str, &str)] = &[
    ("Audience", "audience", "/audience"),
    ("Sent", "sent", "/deliveries/sent"),
    ("Failed", "failed", "/deliveries/failed"),
    ("Suppressed", "suppressed", "/deliveries/suppressed"),
    ("Skipped", "skipped", "/deliveries/skipped"),
    ("In doubt", "in_doubt", "/deliveries/in_doubt"),
    ("Tracked", "tracked", "/tracking/identified"),
    ("Have the message", "have_the_message", "/evidence/denominator"),
    ("Opened, at least", "opened_at_least", "/evidence/floor"),
    ("Opened, at most", "opened_at_most", "/evidence/ceiling"),
    ("Clicked, at least", "clicked_at_least", "/clicks/floor"),
    ("Clicked, at most", "clicked_at_most", "/clicks/ceiling"),
    ("Reached by machines only", "reached_by_machines_only", "/evidence/machine_only"),
    ("Unsubscribed", "unsubscribed", "/unsubscribes"),
];

/// The same figure of each.
fn numbers(of: &[Value], pointer: &str) -> Vec<i64> {
    of.iter().map(|it| it.pointer(pointer).and_then(Value::as_i64).expect(pointer)).collect()
}

/// What stands in bold in the row of the page's table.
fn on_page(page: &str, name: &str) -> Vec<i64> {
    let start = format!("<th scope=\"row\">{name}</th>");
    let row = page.split(&start).nth(1).and_then(|it| it.split("</tr>").next()).expect(name);
    let bold = row.split("<b>").skip(1).filter_map(|it| it.split("</b>").next());
    bold.map(|number| number.parse().expect("a number")).collect()
}

fn column(csv: &str, name: &str) -> Vec<i64> {
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let index = header.iter().position(|it| *it == name).unwrap_or_else(|| panic!("{header:?}"));
    let number = |line: &str| line.split(',').nth(index).and_then(|it| it.parse().ok());
    lines.map(|line| number(line).unwrap_or_else(|| panic!("{name} in {line}"))).collect()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// A running server whose campaign 1 has been read, and where its letters are.
fn read() -> (Pharos, Sink) {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(9);
    pharos.serve().start_campaign();
    pharos.finished();
    let letters = sink.letters();
    for (letter, agent) in letters.iter().zip([FIREFOX, FIREFOX, FIREFOX, PROXY, PROXY, CURL]) {
        http::get_with(&letter.pixel(), &[agent]);
    }
    for (letter, agent) in letters.iter().zip([FIREFOX, FIREFOX]) {
        http::get_with(&letter.links()[1], &[agent]);
    }
    http::post(&letters[8].unsubscribe, "List-Unsubscribe=One-Click");
    let counted = |it: &Value| {
        it["views"]["total"] == 6
            && it["clicks"]["total"] == 2
            && it["unsubscribes"] == 1
            && it["on_the_way"] == 0
    };
    pharos.report_when("every hit to be counted", counted);
    (pharos, sink)
}

#[test]
fn page_api_commands_and_csv_compare_campaigns_by_the_numbers_of_their_reports() {
    let (mut pharos, _sink) = read();
    pharos.create_campaign();
    pharos.ok(&["campaign", "start", "2"]);
    let report = |number: &str| json(&pharos.ok(&["report", "opens", number, "--format", "json"]));
    let finished = |it: &Value| it["campaign"]["state"] == "finished";
    wait::until("the second campaign", || Some(report("2")).filter(finished));
    let reports = [report("2"), report("1")];

    let csv = pharos.ok(&["report", "compare", "2", "1", "--format", "csv"]);
    let command = json(&pharos.ok(&["report", "compare", "2", "1", "--format", "json"]));
    let command = command["campaigns"].as_array().expect("campaigns").clone();
    let owner = pharos.owner();
    let page = owner.get("/admin/campaigns/compare?campaign=2&campaign=1").text();
    let bearer = format!("Bearer {}", token(&pharos, &["reports:read"]));
    let asked = |path: &str| {
        let address = format!("{}{path}", pharos.admin);
        json(&http::get_with(&address, &[("Authorization", &bearer)]).text())
    };
    let api = asked("/api/v1/reports/compare?campaigns=2,1");
    let api = api["campaigns"].as_array().expect("campaigns").clone();
    // The other way round: in the order of their start.
    let by_topic = pharos.ok(&["report", "topic", "release-notices", "--format", "csv"]);
    let topic = asked("/api/v1/topics/release-notices/report?since=2020-01-01");
    let topic = topic["campaigns"].as_array().expect("campaigns").clone();
    for (name, column_name, pointer) in FIGURES {
        let expected = numbers(&reports, pointer);
        assert_eq!(on_page(&page, name), expected, "{name} on the page: {page}");
        assert_eq!(column(&csv, column_name), expected, "{name} in CSV: {csv}");
        assert_eq!(numbers(&command, pointer), expected, "{name} of the command");
        assert_eq!(numbers(&api, pointer), expected, "{name} of the API");
        let turned: Vec<i64> = expected.iter().rev().copied().collect();
        assert_eq!(column(&by_topic, column_name), turned, "{name} of the topic, in CSV");
        assert_eq!(numbers(&topic, pointer), turned, "{name} of the topic, in the API");
    }
    assert_eq!(numbers(&reports, "/evidence/ceiling"), [0, 5], "there is something to compare");
    // Both clicks were on the second link.
    let message = owner.get("/admin/campaigns/1/link-shares").text();
    for mark in [">1 · 0.0\u{a0}%</span>", ">2 · 100.0\u{a0}%</span>"] {
        assert_eq!(message.matches(mark).count(), 1, "{mark}: {message}");
    }
    let over_time = owner.get("/admin/topics/release-notices/report").text();
    let table = pharos.ok(&["report", "topic", "release-notices"]);
    for (face, said) in [(&over_time, "3 to 5"), (&over_time, ">2<br>"), (&table, "3 to 5")] {
        assert!(face.contains(said), "{said}: {face}");
    }
    let later = ["report", "topic", "release-notices", "--since", "2099-01-01", "--format", "csv"];
    assert_eq!(pharos.ok(&later).lines().count(), 1, "nothing but the header");
    pharos.stop();
}
