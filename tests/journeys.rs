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
    println!("{seen:#}");
    assert_eq!(seen["errors"], json!([]));
}

fn contact_of(pharos: &harness::Pharos, email: &str) -> String {
    let sql = format!("SELECT id FROM contacts WHERE email = '{email}'");
    pharos.query(&sql)[0][0].clone()
}
