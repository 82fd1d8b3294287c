//! What people do with several pages of the product, each in a browser of their own: marketing sends a
//! release notice from nothing; somebody leaves and marketing sees it at once; a reporter exports open
//! rates and never sees an address.

use harness::browser::walk;
use harness::pharos::mailed;
use harness::{Pharos, http};
use serde_json::json;

const PASSWORD: &str = "a horse that is correct";
const MARKETER: &str = "max@team.example";
const REPORTER: &str = "rita@team.example";

#[test]
fn somebody_leaves_and_a_reporter_exports_open_rates() {
    let (pharos, letters) = mailed(3);
    let (marketer, reporter) = ((MARKETER, "marketer"), (REPORTER, "reporter"));
    add_users(&pharos, &[marketer, reporter]);
    let letter = letters.iter().find(|it| it.to == "reader2@reader.example").unwrap();
    assert_eq!(http::get(&letter.pixel()).status, 200);
    pharos.report_when("the view", |it| it["views"]["total"] == 1);
    let contact = contact_of(&pharos, "reader2@reader.example");
    let people = [&letter.unsubscribe, &contact, MARKETER, REPORTER, PASSWORD];
    let seen = walk("journeys.mjs", &pharos.admin, &people);
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
    let file = text("csv");
    let marked = file.strip_prefix('\u{feff}').expect("the mark for spreadsheets");
    assert_eq!(without_moment(marked), without_moment(&told));
    assert!(text("csv").contains("opened by,\"people, at most\",,1"), "{seen:#}");
    // A reporter never sees an address.
    assert_eq!(seen["forbidden"], 403);
    assert!(text("deliveries").contains("r•••@reader.example"), "{seen:#}");
    for shown in ["report", "csv", "deliveries"] {
        assert!(!text(shown).contains("reader2@"), "{shown}: {seen:#}");
    }
}

fn add_users(pharos: &Pharos, users: &[(&str, &str)]) {
    pharos.write("password", PASSWORD);
    for (email, role) in users {
        pharos.ok(&["user", "add", email, "--role", role, "--password-file", "password"]);
    }
}

fn contact_of(pharos: &Pharos, email: &str) -> String {
    let sql = format!("SELECT id FROM contacts WHERE email = '{email}'");
    pharos.query(&sql)[0][0].clone()
}

#[test]
fn a_release_notice_is_written_and_sent_on_one_page_with_six_presses_at_most() {
    let (pharos, _) = mailed(30);
    add_users(&pharos, &[(MARKETER, "marketer")]);
    let seen = walk("one_page.mjs", &pharos.admin, &[MARKETER, PASSWORD]);
    assert_eq!(seen["wrong"], serde_json::json!([]), "{seen:#}");
    assert_eq!(seen["errors"], serde_json::json!([]));
    assert_eq!(seen["outside"], serde_json::json!([]), "nothing is fetched from elsewhere");
    // From the list to the start; what is typed and chosen is saved by itself.
    let presses = seen["presses"].as_array().expect("presses");
    assert!(presses.len() <= 6, "{presses:?}");
    assert_eq!(seen["focused"], "subject");
    assert_eq!(seen["missing"].as_array().map(Vec::len), Some(2), "{seen:#}");
    assert_eq!(seen["mistakes"], serde_json::json!([]));
    assert_eq!(seen["layout"], "newsletter");
    assert_eq!(seen["title"], "Aurora 4.3 is here");
    assert_eq!(seen["button"], "Send to 30");
    let sentence = seen["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("30 people") && sentence.contains("Europe/Madrid"), "{sentence}");
    assert_eq!(seen["same"], format!("{}/admin/campaigns/2", pharos.admin), "the same address");
    assert_eq!(seen["again"], "Aurora 4.3 is here", "taken back, it is written further");
    let both = seen["both"].as_array().expect("two texts and where they differ");
    for (text, word) in both.iter().zip(["subject: Theirs", "subject: Mine", "+subject: Mine"]) {
        assert!(text.as_str().is_some_and(|text| text.contains(word)), "{seen:#}");
    }
    assert_eq!(seen["chosen"], "Mine");
    assert_ne!(seen["owned"], "owned", "no script of a message runs");
    assert_eq!(seen["hostile"].as_array().map(Vec::len), Some(2), "{seen:#}");
    assert!(seen["at"].as_str().is_some_and(|at| at.starts_with("<img")), "its line is selected");
    assert!(seen["keyboard"].as_str().is_some_and(|it| it.starts_with("Starts in")), "{seen:#}");
}
