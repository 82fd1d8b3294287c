//! A browser that was counted is found by the identifier that its owner quotes, and removed.

use harness::pharos::mailed;
use harness::{Pharos, http};
use serde_json::Value;

const FIREFOX: (&str, &str) =
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
const OWN_PAGE: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A browser that has shown the message and keeps its cookie.
struct Browser {
    page: String,
    cookie: String,
}

impl Browser {
    fn reads(pharos: &Pharos, pixel: &str) -> Self {
        let offered = http::get_with(pixel, &[FIREFOX]).cookie().expect("a cookie");
        http::get_with(pixel, &[FIREFOX, ("Cookie", &offered)]);
        Self { page: format!("{}/browser", pharos.web), cookie: offered }
    }

    fn asks(&self) -> String {
        http::get_with(&self.page, &[FIREFOX, ("Cookie", &self.cookie)]).text()
    }

    /// What the page shows.
    fn identifier(&self) -> String {
        let page = self.asks();
        let shown = page.split("<code>").nth(1).and_then(|it| it.split('<').next());
        shown.expect("an identifier").to_owned()
    }

    fn presses(&self, act: &str) -> http::Answer {
        let headers = [FIREFOX, OWN_PAGE, FORM, ("Cookie", &self.cookie)];
        http::request("POST", &self.page, &headers, &format!("act={act}")).expect("an answer")
    }
}

fn shown(pharos: &Pharos, id: &str) -> Value {
    serde_json::from_str(&pharos.ok(&["visitor", "show", id, "--json"])).expect("JSON")
}

#[test]
fn a_browser_is_shown_to_its_owner_and_removed_by_them_or_by_an_operator() {
    let (pharos, letters) = mailed(2);
    let own = Browser::reads(&pharos, &letters[0].pixel());
    let other = Browser::reads(&pharos, &letters[1].pixel());
    let counted = |it: &Value| it["views"]["total"] == 4 && it["visitors"] == 2;
    pharos.report_when("every view to be counted", counted);
    let (id, quoted) = (own.identifier(), other.identifier());
    assert_ne!(id, quoted);
    for (browser, id) in [(&own, &id), (&other, &quoted)] {
        assert!(browser.asks().contains("<dd>1 message</dd>"), "{}", browser.asks());
        let told = shown(&pharos, id);
        assert_eq!(
            (&told["known"], &told["campaigns"], &told["hits"]),
            (&true.into(), &1.into(), &1.into())
        );
    }

    let reset = own.presses("reset");
    assert_eq!(reset.status, 200, "{}", reset.text());
    assert!(reset.header("set-cookie").is_some_and(|it| it.contains("Max-Age=0")));
    assert_eq!(shown(&pharos, &id)["known"], false);

    // As somebody would type it from a letter.
    let typed = quoted.to_uppercase().replace('-', " ");
    let unsure = pharos.fails(&["visitor", "remove", &typed]);
    assert!(unsure.contains("--yes"), "{unsure}");
    let removed = pharos.ok(&["visitor", "remove", &typed, "--yes"]);
    assert!(removed.contains("1 campaign") && removed.contains("1 view"), "{removed}");
    let again = pharos.ok(&["visitor", "remove", &quoted, "--yes"]);
    assert!(again.contains("Nothing was kept"), "{again}");
    let log = pharos.ok(&["audit", "list"]);
    assert!(log.contains("visitor.remove") && !log.contains(&quoted), "{log}");
    let wrong = pharos.fails(&["visitor", "show", "ann@example.com"]);
    assert!(wrong.contains("24 hexadecimal digits"), "{wrong}");

    let rows = "SELECT (SELECT count(*) FROM visitors) + (SELECT count(*) FROM campaign_visitors) \
        + (SELECT count(*) FROM events WHERE visitor IS NOT NULL)";
    assert_eq!(pharos.query(rows), [["0"]]);
    let report = pharos.report();
    assert_eq!((&report["visitors"], &report["views"]["with_cookie"]), (&2.into(), &2.into()));
}

#[test]
fn whoever_wants_no_cookie_is_counted_without_one() {
    let (pharos, letters) = mailed(1);
    let pixel = letters[0].pixel();
    let browser = Browser::reads(&pharos, &pixel);
    pharos.report_when("both views to be counted", |it| it["views"]["total"] == 2);
    let refused = browser.presses("off").cookie().expect("a cookie that says so");
    assert!(refused.ends_with("=off"), "{refused}");
    for cookie in [refused.clone(), format!("{}; {refused}", browser.cookie)] {
        let answer = http::get_with(&pixel, &[FIREFOX, ("Cookie", &cookie)]);
        assert_eq!(answer.cookie(), None);
    }
    let report = pharos.report_when("every view to be counted", |it| it["views"]["total"] == 4);
    assert_eq!(report["views"]["with_cookie"], 1, "the one from before");
    assert_eq!(pharos.query("SELECT count(*) FROM visitors"), [["0"]]);
}

#[test]
fn a_click_ties_a_browser_to_a_contact_and_a_view_never_does() {
    let (pharos, letters) = mailed(2);
    let own = Browser::reads(&pharos, &letters[0].pixel());
    // Passed on, in the same browser.
    http::get_with(&letters[1].pixel(), &[FIREFOX, ("Cookie", &own.cookie)]);
    pharos.report_when("the views to be counted", |it| it["views"]["total"] == 3);
    let id = own.identifier();
    assert_eq!(shown(&pharos, &id)["contacts"], Value::Array(Vec::new()));

    let click = |cookie: &[(&str, &str)]| {
        http::get_with(&letters[0].links()[0], &[&[FIREFOX], cookie].concat());
    };
    // A browser that is only offered the cookie, and one that brings it.
    click(&[]);
    click(&[("Cookie", &own.cookie)]);
    pharos.report_when("the clicks to be counted", |it| it["clicks"]["total"] == 2);
    let told = &shown(&pharos, &id)["contacts"];
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    let (email, link) = (&letters[0].to, &told[0]);
    assert_eq!((&link["email"], &link["reason"]), (&email.as_str().into(), &"click".into()));
    assert_eq!((&link["strength"], &link["hits"]), (&"weak".into(), &1.into()));
    let person = pharos.ok(&["contacts", "show", email]);
    assert!(person.contains(&format!("browser      {id}: weak: 1 click on 1 day")), "{person}");
    let tied = pharos.ok(&["visitor", "show", &id]);
    assert!(tied.contains(&format!("{email}: weak: 1 click on 1 day, of 1 campaign")), "{tied}");

    let nobody = pharos.fails(&["visitor", "cut", &id, &letters[1].to, "--yes"]);
    assert!(nobody.contains("not tied to a contact with this address"), "{nobody}");
    let unsure = pharos.fails(&["visitor", "cut", &id, email]);
    assert!(unsure.contains("--yes"), "{unsure}");
    let cut = pharos.ok(&["visitor", "cut", &id, email, "--yes"]);
    assert!(cut.contains("2 views and clicks"), "{cut}");
    // What comes after the cut does not tie again, and is no browser's.
    click(&[("Cookie", &own.cookie)]);
    pharos.report_when("the click to be counted", |it| it["clicks"]["total"] == 3);
    assert_eq!(shown(&pharos, &id)["contacts"], Value::Array(Vec::new()));
    assert_eq!(shown(&pharos, &id)["hits"], 1, "the message that was passed on");
    let log = pharos.ok(&["audit", "list"]);
    assert!(log.contains("visitor.cut") && !log.contains(&id), "{log}");
}
