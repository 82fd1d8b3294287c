//! In which country a message was opened: by a file that the operator brings.

use harness::http;
use harness::pharos::mailed;
use serde_json::Value;
use testkit::{PlaceOf, place_file};

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
const GMAIL: (&str, &str) = (
    "User-Agent",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
);

/// Origin, contacts and views of a list.
fn lines(report: &Value, list: &str) -> Vec<(String, i64, i64)> {
    let lines = report["origins"][list]["lines"].as_array().expect("lines");
    let line = |it: &Value| {
        let number = |field: &str| it[field].as_i64().expect("a number");
        let origin = it["origin"].as_str().expect("a word").to_owned();
        (origin, number("contacts"), number("views"))
    };
    let mut lines: Vec<_> = lines.iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn readers_are_where_the_file_says_and_proxies_are_nowhere() {
    let (mut pharos, letters) = mailed(3);
    // Before there is a file.
    http::get_with(&letters[2].pixel(), &[FIREFOX]);
    pharos.report_when("the first view", |it| it["views"]["total"] == 1 && it["on_the_way"] == 0);
    pharos.stop();
    let config = std::fs::read_to_string(pharos.path("pharos.toml")).expect("the config");
    let files = "[report]\ncountry_file = \"country.mmdb\"\nnetwork_file = \"network.mmdb\"";
    let config = config.replace("[report]", files);
    let config =
        config.replace("trusted_proxies = []", "trusted_proxies = [\"127.0.0.1\", \"::1\"]");
    pharos.write("pharos.toml", config);

    let refused = pharos.fails(&["serve"]);
    assert!(
        refused.contains("report.country_file") && refused.contains("country.mmdb"),
        "{refused}"
    );
    let networks = [("192.0.2.0/24", PlaceOf::Operator(64_496, "Example Net"))];
    let networks = place_file("GeoLite2-ASN", &networks);
    pharos.write("country.mmdb", &networks);
    let refused = pharos.fails(&["serve"]);
    assert!(refused.contains("GeoLite2-ASN; should be one of countries"), "{refused}");
    let checked = pharos.run(&["check"]);
    assert!(checked.out.contains("report.country_file"), "{}", checked.out);

    let countries =
        [("192.0.2.0/24", PlaceOf::Country("DE")), ("8.8.8.0/24", PlaceOf::Country("US"))];
    pharos.write("country.mmdb", place_file("GeoLite2-Country", &countries));
    pharos.write("network.mmdb", networks);
    pharos.serve();
    let from = |address: &'static str| ("X-Forwarded-For", address);
    http::get_with(&letters[0].pixel(), &[FIREFOX, from("192.0.2.7")]);
    http::get_with(&letters[1].pixel(), &[GMAIL, from("8.8.8.8")]);
    http::get_with(&letters[1].pixel(), &[FIREFOX, from("198.51.100.1"), ("Sec-GPC", "1")]);
    let counted = |it: &Value| it["views"]["total"] == 4 && it["on_the_way"] == 0;
    let report = pharos.report_when("every view to be counted", counted);
    let line = |origin: &str, contacts, views| (origin.to_owned(), contacts, views);
    assert_eq!(
        lines(&report, "countries"),
        [line("DE", 1, 1), line("not-kept", 0, 1), line("proxied", 1, 1)]
    );
    assert_eq!(report["origins"]["countries"]["uncounted"]["contacts"], 1, "{report:#}");
    assert_eq!(lines(&report, "clients"), [line("firefox", 2, 3), line("gmail", 1, 1)]);
    assert_eq!(lines(&report, "devices"), [line("desktop", 2, 3), line("unknown", 1, 1)]);
    let network = &report["origins"]["networks"]["lines"];
    assert!(network.to_string().contains("\"name\":\"Example Net\""), "{network}");
    let page = pharos.owner().get("/admin/campaigns/1").text();
    assert!(page.contains("<h3>Countries</h3>") && page.contains("Example Net"), "{page}");
    let feed = pharos.ok(&["events", "follow", "--until-now"]);
    let told = |line: &str| {
        let event: Value = serde_json::from_str(line).expect("JSON");
        let text = |field: &str| event[field].as_str().unwrap_or("-").to_owned();
        format!("{} {} {}", text("client"), text("device"), text("country"))
    };
    let mut told: Vec<String> = feed.lines().filter(|it| it.starts_with('{')).map(told).collect();
    told.sort();
    assert_eq!(
        told,
        ["firefox desktop -", "firefox desktop -", "firefox desktop DE", "gmail unknown -"]
    );
}
