//! The report says exactly what happened to the pixel, and nothing else moves it.

use harness::http;
use harness::pharos::mailed;
use serde_json::Value;

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");

/// A mailbox provider that loads pictures when a person opens, and one that loads all of them.
const PROXY: (&str, &str) = (
    "User-Agent",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
);
const UNKNOWN: (&str, &str) = ("User-Agent", "Mozilla/5.0");
const CURL: (&str, &str) = ("User-Agent", "curl/8.14.1");

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
    assert_eq!(views["unique"], 3, "whose the private view is must not be known");
    assert_eq!(views["with_cookie"], 2);
    assert_eq!(views["without_cookie"], 4);
    assert_eq!(report["visitors"], 1);
    assert_eq!(report["heads"], 1);
    assert_eq!(report["clicks"]["total"], 0);
    assert_eq!(report["tracking"]["anonymous_views"], 1);
    assert_eq!(report["tracking"]["withheld_views"], 1);
    assert_eq!(report["evidence"]["floor"], 3);
    assert_eq!(report["evidence"]["ceiling"], 4, "somebody opened in private");
    assert_eq!(report["evidence"]["not_opened"], 2, "a HEAD request opens nothing");
    assert_eq!(report["evidence"]["denominator"], 5);
    assert_eq!(report["gaps"].as_array().map(Vec::len), Some(0));
}

#[test]
fn table_csv_json_and_page_show_the_same_numbers() {
    let (mut pharos, letters) = mailed(12);
    // As many different numbers as there are ways to be counted.
    let ways = [(FIREFOX, &[4, 2, 1][..]), (PROXY, &[3, 2]), (UNKNOWN, &[1]), (CURL, &[8])];
    let mut readers = letters.iter();
    for (agent, views) in ways {
        for (views, letter) in views.iter().zip(readers.by_ref()) {
            for _ in 0..*views {
                http::get_with(&letter.pixel(), &[agent]);
            }
        }
    }
    for (letter, clicks) in letters.iter().zip([2, 3]) {
        for _ in 0..clicks {
            http::get_with(&letter.links()[1], &[FIREFOX]);
        }
    }
    for letter in &letters[7..10] {
        http::get_with(&letter.links()[0], &[CURL]);
    }
    let offered = http::get_with(&letters[0].pixel(), &[FIREFOX]).cookie().expect("a cookie");
    http::get_with(&letters[1].pixel(), &[FIREFOX, ("Cookie", &offered)]);
    http::head(&letters[4].pixel());
    http::post(&letters[5].unsubscribe, "List-Unsubscribe=One-Click");
    // A cluster's hits are in the report a moment before they leave the stream.
    let counted =
        |it: &Value| it["clicks"]["total"] == 8 && it["heads"] == 1 && it["on_the_way"] == 0;
    let report = pharos.report_when("every hit to be counted", counted);
    let owner = pharos.owner();
    let page = owner.get("/admin/campaigns/1").text();
    let rebound = ("Host", "evil.example");
    let stolen = owner.get_with("/admin/campaigns/1", &[rebound]);
    assert_eq!(stolen.status, 421, "a name that is made to lead here reads nothing");
    let json = owner.get("/admin/campaigns/1/report.json").text();
    let table = pharos.ok(&["report", "opens", "1"]);
    let csv = pharos.ok(&["report", "opens", "1", "--format", "csv"]);
    pharos.stop();
    let timeless = |mut report: Value| {
        report.as_object_mut().expect("a report").remove("made_at").expect("its time");
        report
    };
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(timeless(json), timeless(report.clone()));
    let lines = numbers_of(&report);
    let in_csv = csv.lines().skip(1).filter(|line| !line.starts_with("campaign,"));
    let as_csv = lines.iter().map(|(section, name, detail, number)| {
        let quoted = |cell: &str| match cell.contains(',') {
            true => format!("\"{cell}\""),
            false => cell.to_owned(),
        };
        format!("{section},{},{},{number}", quoted(name), quoted(detail))
    });
    assert_eq!(in_csv.collect::<Vec<_>>(), as_csv.collect::<Vec<_>>());
    let as_rows = lines.iter().map(|(_, name, detail, number)| {
        let label = if detail.is_empty() { name.clone() } else { format!("{name}: {detail}") };
        // A link's address goes on in the next line.
        (label.split(" https:").next().unwrap_or_default().to_owned(), *number)
    });
    assert_eq!(rows_of_table(&table), as_rows.collect::<Vec<_>>());
    check_page(&page, &report);
}

/// Every number of the JSON report in reading order: section, name, detail, number.
fn numbers_of(report: &Value) -> Vec<(&'static str, String, String, i64)> {
    let number = |path: &str| report.pointer(path).and_then(Value::as_i64).expect("a number");
    let listed = |list: &str| report[list].as_array().expect("a list").clone();
    let text = |of: &Value, name: &str| of[name].as_str().expect("a text").to_owned();
    let mut lines: Vec<(&'static str, String, String, i64)> = NUMBERS
        .iter()
        .map(|(section, name, detail, path)| {
            (*section, (*name).to_owned(), (*detail).to_owned(), number(path))
        })
        .collect();
    check_funnel(report);
    for step in listed("funnel") {
        for (bound, field) in [("at least", "floor"), ("at most", "ceiling")] {
            let contacts = step[field].as_i64().expect("a number");
            lines.push(("funnel", text(&step, "step"), bound.to_owned(), contacts));
        }
    }
    let mut add = |section, name: String, detail: String, number: &Value| {
        lines.push((section, name, detail, number.as_i64().expect("a number")));
    };
    for class in listed("classes") {
        for what in ["views", "clicks"] {
            add("classes", text(&class, "class"), what.to_owned(), &class[what]);
        }
    }
    for link in listed("links") {
        for what in ["clicks", "contacts"] {
            let detail = format!("{what} {}", text(&link, "url"));
            add("links", text(&link, "label"), detail, &link[what]);
        }
    }
    for hour in listed("hours") {
        for what in ["views", "clicks"] {
            add("hours", text(&hour, "from"), what.to_owned(), &hour[what]);
        }
    }
    for section in ["clients", "devices", "countries", "networks"] {
        for line in report["origins"][section]["lines"].as_array().expect("lines") {
            for (detail, field) in ORIGIN_NUMBERS {
                if line[field] != 0 {
                    add(section, text(line, "name"), (*detail).to_owned(), &line[field]);
                }
            }
        }
    }
    lines
}

/// The funnel is made of the report's other figures: step, at least, at most, of how many.
fn check_funnel(report: &Value) {
    let number = |path: &str| report.pointer(path).and_then(Value::as_i64).expect("a number");
    let deliveries = ["sent", "failed", "in_doubt"].map(|it| number(&format!("/deliveries/{it}")));
    let (audience, of) = (number("/audience"), number("/evidence/denominator"));
    let steps = [
        ("audience", [audience; 2], audience),
        ("tried", [deliveries.iter().sum::<i64>(); 2], audience),
        ("accepted", [deliveries[0]; 2], audience),
        ("opened", [number("/evidence/floor"), number("/evidence/ceiling")], of),
        ("clicked", [number("/clicks/floor"), number("/clicks/ceiling")], of),
        ("unsubscribed", [number("/unsubscribes"); 2], of),
    ];
    let steps = steps.map(|(step, [floor, ceiling], of)| {
        serde_json::json!({ "step": step, "floor": floor, "ceiling": ceiling, "of": of })
    });
    assert_eq!(report["funnel"], Value::from(steps.to_vec()));
}

/// What a CSV line calls a number of an origin, which has no line when it is 0.
const ORIGIN_NUMBERS: &[(&str, &str)] = &[
    ("opened, at most", "contacts"),
    ("opened, persons", "persons"),
    ("opened by machines", "machines"),
    ("clicked, at most", "clickers"),
    ("clicked by machines", "click_machines"),
    ("views", "views"),
    ("clicks", "clicks"),
];

/// Where a CSV line's number stands in JSON.
const NUMBERS: &[(&str, &str, &str, &str)] = &[
    ("deliveries", "audience", "", "/audience"),
    ("deliveries", "sent", "", "/deliveries/sent"),
    ("deliveries", "queued", "", "/deliveries/queued"),
    ("deliveries", "leased", "", "/deliveries/leased"),
    ("deliveries", "failed", "", "/deliveries/failed"),
    ("deliveries", "suppressed", "", "/deliveries/suppressed"),
    ("deliveries", "skipped", "", "/deliveries/skipped"),
    ("deliveries", "in doubt", "", "/deliveries/in_doubt"),
    ("sent", "tracked", "", "/tracking/identified"),
    ("sent", "anonymous", "views and clicks of nobody", "/tracking/anonymous"),
    ("sent", "not tracked", "", "/tracking/off"),
    ("opened by", "denominator", "sent, tracked, and in doubt", "/evidence/denominator"),
    ("opened by", "people, at least", "", "/evidence/floor"),
    ("opened by", "people, at most", "", "/evidence/ceiling"),
    ("opened by", "person", "", "/evidence/person"),
    ("opened by", "proxied", "", "/evidence/proxied"),
    ("opened by", "unknown", "", "/evidence/unknown"),
    ("opened by", "repeat", "", "/evidence/repeat"),
    ("opened by", "machine only", "", "/evidence/machine_only"),
    ("opened by", "not opened", "", "/evidence/not_opened"),
    ("clicked by", "people, at least", "", "/clicks/floor"),
    ("clicked by", "people, at most", "", "/clicks/ceiling"),
    ("clicked by", "machine only", "", "/clicks/machine_only"),
    ("hits", "views", "total", "/views/total"),
    ("hits", "views", "unique contacts", "/views/unique"),
    ("hits", "views", "with cookie", "/views/with_cookie"),
    ("hits", "views", "without cookie", "/views/without_cookie"),
    ("hits", "views", "of nobody", "/tracking/anonymous_views"),
    ("hits", "views", "whose contact may not be known", "/tracking/withheld_views"),
    ("hits", "visitors", "", "/visitors"),
    ("hits", "clicks", "total", "/clicks/total"),
    ("hits", "clicks", "unique contacts", "/clicks/unique"),
    ("hits", "clicks", "of nobody", "/tracking/anonymous_clicks"),
    ("hits", "clicks", "whose contact may not be known", "/tracking/withheld_clicks"),
    ("hits", "unsubscribes", "", "/unsubscribes"),
    ("hits", "heads", "", "/heads"),
];

/// Label and number of every indented row.
fn rows_of_table(table: &str) -> Vec<(String, i64)> {
    let rows = table.lines().filter(|line| line.starts_with("  ") && !line.starts_with("    "));
    let row = |line: &str| {
        let (label, rest) = line.split_at(46);
        let number = rest.split_whitespace().next().expect("a number");
        (label.trim().to_owned(), number.parse().expect("a number"))
    };
    rows.map(row).collect()
}

/// What stands in the page's tables, and in words above them, is what JSON says.
fn check_page(page: &str, report: &Value) {
    let rows: Vec<(String, Vec<i64>)> = page
        .split("<tr>")
        .skip(1)
        .map(|row| {
            let cells = row.split("</tr>").next().unwrap_or_default().split("</t");
            let cells = cells.map(|cell| {
                let texts = cell.split('<').filter_map(|tag| tag.split_once('>'));
                texts.map(|(_, text)| text).collect::<String>()
            });
            let mut cells = cells.filter(|cell| !cell.is_empty());
            let name = cells.next().unwrap_or_default();
            (name, cells.filter_map(|cell| cell.parse().ok()).collect())
        })
        .collect();
    let has = |name: &str, numbers: &[&Value]| {
        let row = (name.to_owned(), numbers.iter().filter_map(|it| it.as_i64()).collect());
        assert!(rows.contains(&row), "no {row:?} in {rows:?}");
    };
    for class in report["classes"].as_array().expect("classes") {
        has(class["class"].as_str().expect("a name"), &[&class["views"], &class["clicks"]]);
    }
    for link in report["links"].as_array().expect("links") {
        has(link["label"].as_str().expect("a label"), &[&link["contacts"], &link["clicks"]]);
    }
    for line in report["origins"]["clients"]["lines"].as_array().expect("clients") {
        let name = line["name"].as_str().expect("a name");
        has(name, &[&line["contacts"], &line["clickers"], &line["views"]]);
    }
    let deliveries = &report["deliveries"];
    for (name, state) in [("Sent", "sent"), ("Failed", "failed"), ("In doubt", "in_doubt")] {
        has(name, &[&deliveries[state]]);
    }
    let (views, clicks) = (&report["views"], &report["clicks"]);
    has("Total", &[&views["total"], &clicks["total"]]);
    has("Total", &[&clicks["unique"], &clicks["total"]]);
    has("Total", &[&report["audience"]]);
    for said in [
        format!("{}<small>of {} in the audience", deliveries["sent"], report["audience"]),
        format!("{} contacts; {} more by machines", clicks["floor"], clicks["machine_only"]),
        format!("<small>{} contact<", report["unsubscribes"]),
        format!("at least {} opened it", report["evidence"]["floor"]),
        format!("{} views by {} contacts", views["total"], views["unique"]),
        format!("In addition {} HEAD request", report["heads"]),
    ] {
        assert!(page.contains(&said), "{said}: {page}");
    }
}
