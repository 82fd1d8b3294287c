//! The report says exactly what happened to the pixel, and nothing else moves it.

use harness::http;
use harness::pharos::mailed;

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");

#[test]
fn every_view_is_counted_as_what_it_was() {
    let (mut pharos, letters) = mailed(5);
    let pixel = |n: usize| letters[n].pixel();
    // Reader 0: a browser that keeps its cookie, twice.
    let first = http::get_with(&pixel(0), &[FIREFOX]);
    let cookie = first.cookie().expect("a cookie is offered");
    http::get_with(&pixel(0), &[FIREFOX, ("Cookie", &cookie)]);
    // Reader 1: the same browser, another message.
    http::get_with(&pixel(1), &[FIREFOX, ("Cookie", &cookie)]);
    // Reader 2: twice without a cookie. Reader 3: HEAD only. Reader 4: opted out.
    http::get_with(&pixel(2), &[FIREFOX]);
    http::get_with(&pixel(2), &[FIREFOX]);
    http::head(&pixel(3));
    let private = http::get_with(&pixel(4), &[FIREFOX, ("Sec-GPC", "1"), ("Cookie", &cookie)]);
    assert_eq!(private.cookie(), None);
    // Forged: the same answer, nowhere in the report.
    let forged = pixel(0).replace("/o/A", "/o/B");
    let forged = if forged == pixel(0) { pixel(0).replace("/o/", "/o/x") } else { forged };
    let answer = http::get_with(&forged, &[FIREFOX]);
    assert_eq!((answer.status, &answer.body), (200, &first.body));
    let post = http::post(&pixel(0), "x=1");
    assert_eq!(post.status, 405);

    pharos.stop();
    let report = pharos.report();
    let views = &report["views"];
    assert_eq!(views["total"], 6, "{report:#}");
    assert_eq!(views["unique"], 4);
    assert_eq!(views["with_cookie"], 2);
    assert_eq!(views["without_cookie"], 4);
    assert_eq!(report["visitors"], 1);
    assert_eq!(report["heads"], 1);
    assert_eq!(report["clicks"]["total"], 0);
    assert_eq!(report["evidence"]["browser"], 4);
    assert_eq!(report["evidence"]["not_opened"], 1, "a HEAD request opens nothing");
    assert_eq!(report["evidence"]["denominator"], 5);
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
}

#[test]
fn table_csv_json_and_page_show_the_same_numbers() {
    let (mut pharos, letters) = mailed(3);
    for letter in &letters {
        http::get_with(&letter.pixel(), &[FIREFOX]);
        http::get_with(&letter.links()[1], &[FIREFOX]);
    }
    pharos.report_when("three clicks", |it| it["clicks"]["total"] == 3);
    let page = http::get(&format!("{}/campaigns/1", pharos.admin)).text();
    let rebound = ("Host", "evil.example");
    let stolen = http::get_with(&format!("{}/campaigns/1", pharos.admin), &[rebound]);
    assert_eq!(stolen.status, 421, "a name that is made to lead here reads nothing");
    let json = http::get(&format!("{}/campaigns/1/report.json", pharos.admin)).text();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let table = pharos.ok(&["report", "opens", "1"]);
    let csv = pharos.ok(&["report", "opens", "1", "--format", "csv"]);
    assert_eq!(json["views"], pharos.report()["views"]);
    assert!(page.contains("3 contacts, 3 clicks"), "{page}");
    assert!(csv.lines().any(|line| line.ends_with(",3") && line.contains("views")), "{csv}");
    let row =
        |name: &str| table.lines().find(|line| line.trim().starts_with(name)).map(str::to_owned);
    assert_eq!(row("clicks: total").map(|row| row.ends_with(" 3")), Some(true), "{table}");
    pharos.stop();
}
