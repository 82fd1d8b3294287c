//! What was sent to a topic, read by everybody: on pages, in a feed, from a link that was passed on.

use harness::browser::browse;
use harness::http;
use harness::pharos::Pharos;
use harness::sink::Sink;

const NOTICE: &str = "---\nsubject: Aurora 4.2 for {{ first_name | default(\"you\") }}\n\
    from: Aurora <news@aurora.example>\npreheader: Offline, and twice as fast\n\
    topic: release-notices\n---\n\n# Aurora 4.2\n\nDear {{ first_name | default(\"reader\") }}, \
    [read on](https://aurora.example/4.2) or [pass it on]({{ forward_url }}).\n\n\
    [Leave]({{ unsubscribe_url }}) or [choose]({{ preferences_url }}).\n";

#[test]
fn everybody_reads_what_was_sent_and_nobody_is_told_of() {
    let sink = Sink::start();
    let mut pharos = Pharos::new(sink.port);
    pharos.import_readers(3);
    pharos.serve();
    let said = pharos.ok(&["topic", "set", "offers", "Offers"]);
    assert!(said.contains("is called Offers"), "{said}");
    let said = pharos.fails(&["topic", "set", "release-notices", "Notices"]);
    assert!(said.contains("has its name in"), "{said}");
    let said = pharos.ok(&["topic", "archive", "release-notices", "open"]);
    assert!(said.contains("/archive/release-notices"), "{said}");
    assert!(pharos.ok(&["topic", "list"]).contains("archive open"));
    pharos.write("notice.md", NOTICE);
    pharos.ok(&["campaign", "create", "--file", "notice.md"]);
    let list = format!("{}/archive/release-notices", pharos.web);
    assert!(!http::get(&list).text().contains("Aurora 4.2"), "a draft");
    pharos.ok(&["campaign", "start", "1"]);
    pharos.finished();

    let page = http::get(&list).text();
    assert!(page.contains("Aurora 4.2 for you") && page.contains("Offline, and twice"), "{page}");
    let feed = http::get(&format!("{list}/feed.atom")).text();
    assert!(feed.contains("<title>Aurora 4.2 for you</title>"), "{feed}");
    let letters = sink.letters();
    let letter = &letters[0];
    let forwarded =
        letter.text.split(['<', '>']).find(|it| it.ends_with("/archive/release-notices/1"));
    let message = http::get(forwarded.expect("a link to pass on"));
    assert_eq!(message.status, 200);
    let message = message.text();
    assert!(
        message.contains("Dear reader") && message.contains("href=\"https://aurora.example/4.2\"")
    );
    for text in [&message, &page, &feed] {
        for part in [&*pharos.beacon, "/u/", "/v/", "reader.example", "Reader 1"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
    let before = pharos.report();
    assert_eq!(before["views"]["total"], 0, "nobody is counted: {before}");
    is_accessible(&pharos, &page, &message);

    let said = pharos.ok(&["campaign", "status", "1"]);
    assert!(said.contains("(in the archive of release-notices): http"), "{said}");
    pharos.ok(&["campaign", "withdraw", "1"]);
    assert_eq!(http::get(&format!("{list}/1")).status, 404);
    assert!(!http::get(&list).text().contains("Aurora 4.2"));
    let said = pharos.ok(&["campaign", "publish", "1", "--unlisted"]);
    assert!(said.contains("(unlisted)"), "{said}");
    let message = http::get(&format!("{list}/1"));
    assert_eq!((message.status, message.header("x-robots-tag")), (200, Some("noindex")));
    assert!(!http::get(&list).text().contains("Aurora 4.2"));
    pharos.ok(&["topic", "archive", "release-notices", "closed"]);
    assert_eq!(http::get(&list).status, 404);
    let metrics = http::get(&format!("{}/metrics", pharos.admin)).text();
    assert!(metrics.contains("pharos_archive_messages_total 2"), "{metrics}");
}

#[test]
fn every_text_is_kept_and_compared() {
    let sink = Sink::start();
    let pharos = Pharos::new(sink.port);
    pharos.import_readers(1);
    for text in [NOTICE.to_owned(), NOTICE.to_owned(), NOTICE.replace("twice as", "three times as")]
    {
        let named = text.replace("topic:", "name: Notice of May\ntopic:");
        pharos.write("notice.md", named);
        pharos.ok(&["campaign", "create", "--file", "notice.md"]);
    }
    let said = pharos.ok(&["announcement", "list"]);
    assert!(said.contains("Notice of May  version 2, "), "{said}");
    let said = pharos.ok(&["announcement", "list", "Notice of May"]);
    assert!(said.contains("(campaign 3)") && said.contains("(campaign 2)"), "{said}");
    let first = pharos.ok(&["announcement", "show", "Notice of May", "--version", "1"]);
    assert!(first.contains("twice as fast"), "{first}");
    let said = pharos.ok(&["announcement", "diff", "Notice of May"]);
    let changed: Vec<&str> = said.lines().filter(|it| it.starts_with(['-', '+'])).collect();
    assert_eq!(
        changed,
        [
            "--- Notice of May, version 1",
            "+++ Notice of May, version 2",
            "-preheader: Offline, and twice as fast",
            "+preheader: Offline, and three times as fast",
        ]
    );
    pharos.write("notice.md", first);
    let said =
        pharos.ok(&["announcement", "diff", "Notice of May", "--from", "1", "--file", "notice.md"]);
    assert!(said.contains("say the same"), "{said}");
    let said = pharos.fails(&["announcement", "show", "Notice of May", "--version", "3"]);
    assert!(said.contains("no version 3; its latest is 2"), "{said}");
    let said = pharos.fails(&["announcement", "show", "Notice"]);
    assert!(said.contains("there is no announcement \"Notice\""), "{said}");
}

/// Looked at as files, with their style sheets inside.
fn is_accessible(pharos: &Pharos, list: &str, message: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut list = list.to_owned();
    while let Some(at) = list.find("<link rel=\"stylesheet\"") {
        let link = list[at..].split_inclusive('>').next().unwrap().to_owned();
        let path = link.split("href=\"").nth(1).and_then(|it| it.split('"').next()).unwrap();
        let sheet = http::get(&format!("{}{path}", pharos.web)).text();
        list = list.replacen(&link, &format!("<style>{sheet}</style>"), 1);
    }
    let looks = [(320, "light"), (1_280, "dark")];
    let mut pages = Vec::new();
    for (name, html) in [("list", list.as_str()), ("message", message)] {
        std::fs::write(folder.path().join(format!("{name}.html")), html).unwrap();
        pages.push(serde_json::json!({ "name": name, "within": "html", "looks": looks }));
    }
    let pages = serde_json::to_string(&pages).unwrap();
    std::fs::write(folder.path().join("list.json"), pages).unwrap();
    let found = browse("axe.mjs", folder.path());
    assert_eq!(found, serde_json::json!([]));
}
