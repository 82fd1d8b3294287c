//! What people do with several pages of the product, each in a browser of their own: somebody leaves and
//! marketing sees it at once; a reporter exports open rates and never sees an address.

use std::path::Path;

use harness::pharos::mailed;
use harness::{browser, http};
use serde_json::json;

const PASSWORD: &str = "a horse that is correct";
const MARKETER: &str = "max@team.example";
const REPORTER: &str = "rita@team.example";

#[test]
fn somebody_leaves_and_a_reporter_exports_open_rates() {
    let (pharos, letters) = mailed(3);
    pharos.write("password", PASSWORD);
    for (email, role) in [(MARKETER, "marketer"), (REPORTER, "reporter")] {
        let add = ["user", "add", email, "--role", role, "--password-file", "password"];
        pharos.ok(&add);
    }
    let letter = letters.iter().find(|it| it.to == "reader2@reader.example").unwrap();
    assert_eq!(http::get(&letter.pixel()).status, 200);
    pharos.report_when("the view", |it| it["views"]["total"] == 1);
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pictures");
    std::fs::create_dir_all(&pictures).unwrap();
    let contact = contact_of(&pharos, "reader2@reader.example");
    let seen = browser::run(
        "journeys.mjs",
        &[
            &pharos.admin,
            pictures.to_str().unwrap(),
            &letter.unsubscribe,
            &contact,
            MARKETER,
            REPORTER,
            PASSWORD,
        ],
    );
    assert_eq!(seen["errors"], json!([]));
    // Numbers and their unit are kept on one line.
    let text = |name: &str| seen[name].as_str().expect(name).replace(['\u{a0}', '\u{202f}'], " ");
    assert!(text("before").contains("\tsubscribed\t"), "{seen:#}");
    assert!(text("topicBefore").ends_with("\t3\t0\t0\t1"), "three are subscribed: {seen:#}");
    assert_eq!(seen["left"], "You are unsubscribed from Release notices");
    // At once: by what right, what happened, the list, the campaign's figures.
    assert!(text("after").contains("\tunsubscribed\tthe page behind the link"), "{seen:#}");
    assert!(text("timeline").contains("Left Release notices"), "{seen:#}");
    assert!(text("timeline").contains("Viewed Aurora 4.2"), "{seen:#}");
    assert_eq!(seen["listed"], 1);
    assert!(text("campaign").contains("Unsubscribed\n33.3 %\n1 contact"), "{seen:#}");
    // The page, the file and the command say one number.
    assert!(text("report").contains("Opened by people\n0 to 33 %\nof 3"), "{seen:#}");
    let without_moment = |csv: &str| -> Vec<String> {
        let lines = csv.lines().filter(|line| !line.starts_with("campaign,made_at,"));
        lines.map(str::to_owned).collect()
    };
    let told = pharos.ok(&["report", "opens", "1", "--format", "csv"]);
    assert_eq!(without_moment(&text("csv")), without_moment(&told));
    assert!(text("csv").contains("opened by,\"people, at most\",,1"), "{seen:#}");
    // A reporter never sees an address.
    assert_eq!(seen["forbidden"], 403);
    assert!(text("deliveries").contains("r•••@reader.example"), "{seen:#}");
    for shown in ["report", "csv", "deliveries"] {
        assert!(!text(shown).contains("reader2@"), "{shown}: {seen:#}");
    }
}

fn contact_of(pharos: &harness::Pharos, email: &str) -> String {
    let sql = format!("SELECT id FROM contacts WHERE email = '{email}'");
    pharos.query(&sql)[0][0].clone()
}
