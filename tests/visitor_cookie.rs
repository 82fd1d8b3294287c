//! The visitor cookie in a real browser: webmail of two sites shows the pixel of a third one, over
//! TLS, with cookies allowed, blocked, partitioned and refused.

use harness::browser::walk;
use harness::{Backing, Pharos, Sink, TlsProxy, wait};
use serde_json::{Value, json};

const HOST: &str = "t.pharos.test";
const NAME: &str = "__Host-pharos_visitor";

/// A server behind a proxy, and the webmail of one of its readers on every other host.
struct Webmail {
    pharos: Pharos,
    proxy: TlsProxy,
}

impl Webmail {
    fn open(change: impl Fn(String) -> String) -> Self {
        let (sink, mut proxy) = (Sink::start(), TlsProxy::prepare());
        let public = format!("https://{HOST}:{}", proxy.port);
        let mut pharos = Pharos::told(Backing::Sqlite, sink.port, |text| {
            let lines = text.lines().map(|line| match line.split_once(" = ") {
                Some((key @ ("beacon_url" | "web_url"), _)) => format!("{key} = \"{public}\""),
                _ => line.to_owned(),
            });
            change(lines.collect::<Vec<_>>().join("\n"))
        });
        pharos.import_readers(1);
        pharos.serve().start_campaign();
        pharos.finished();
        let pixel = sink.letters()[0].pixel();
        assert!(pixel.starts_with(&public), "{pixel}");
        let page = format!(
            "<!doctype html><html lang=\"en\"><title>Inbox</title><img src=\"{pixel}\" alt=\"\">"
        );
        proxy.start(HOST, &pharos.beacon, &pharos.web, &page);
        Self { pharos, proxy }
    }

    fn walk(&self, way: &str) -> Value {
        let seen = walk("visitor_cookie.mjs", &self.proxy.port.to_string(), &[way]);
        for what in ["wrong", "errors"] {
            assert_eq!(seen[what], json!([]), "{seen:#}");
        }
        seen
    }

    /// What the store has of browsers when all views are counted.
    fn visitors(&self, views: i64) -> usize {
        self.pharos.report_when("every view to be counted", |it| it["views"]["total"] == views);
        self.pharos.query("SELECT hex(visitor) FROM visitors").len()
    }
}

/// Whether each of the views came with a cookie, and whether it was offered one.
fn reads(seen: &Value) -> Vec<(bool, bool)> {
    let reads = seen["reads"].as_array().expect("reads").iter();
    let yes = |it: &Value, what: &str| it[what].as_bool().expect("yes or no");
    reads.map(|it| (yes(it, "brought"), yes(it, "offered"))).collect()
}

fn cookies(seen: &Value) -> &[Value] {
    seen.as_array().expect("cookies")
}

#[test]
fn one_browser_is_one_visitor_on_all_sites_until_its_owner_resets_it() {
    let webmail = Webmail::open(|text| text);
    let seen = webmail.walk("allowed");
    assert_eq!(reads(&seen), [(false, true), (true, false), (true, false)], "{seen:#}");
    let [cookie] = cookies(&seen["cookies"]) else { panic!("{seen:#}") };
    let expect = json!({ "name": NAME, "sameSite": "None", "secure": true, "httpOnly": true,
        "path": "/", "partition": "", "value": cookie["value"] });
    assert_eq!(cookie, &expect);
    assert_eq!(seen["numbers"][3], "1 message", "{seen:#}");
    assert_eq!(seen["afterReset"]["cookies"], json!([]), "{seen:#}");
    let said = seen["afterReset"]["said"][0].as_str().expect("words");
    assert!(said.starts_with("The cookie is gone"), "{said}");
    // Another number, not the old one again.
    assert_eq!(seen["again"], json!({ "brought": false, "offered": true }));
    assert_ne!(seen["anew"][0]["value"], cookie["value"]);
    let refused = cookies(&seen["afterRefusal"]["cookies"]);
    assert_eq!(refused.len(), 2, "for this site and for all: {seen:#}");
    assert!(refused.iter().all(|it| it["value"] == "off" && it["name"] == NAME), "{seen:#}");
    let quiet = json!({ "brought": true, "offered": false });
    assert_eq!(seen["refused"], json!([quiet, quiet]), "{seen:#}");
    assert_eq!(seen["afterAllowing"], json!([]), "{seen:#}");
    assert_eq!(webmail.visitors(6), 0, "both were removed");
    let report = webmail.pharos.report();
    assert_eq!((&report["visitors"], &report["views"]["with_cookie"]), (&json!(1), &json!(2)));
}

#[test]
fn a_browser_that_blocks_other_sites_cookies_is_nobody() {
    let webmail = Webmail::open(|text| text);
    let seen = webmail.walk("blocked");
    assert_eq!(reads(&seen), [(false, true); 3], "{seen:#}");
    assert_eq!(seen["cookies"], json!([]), "{seen:#}");
    assert_eq!(seen["said"][0], "There is no cookie of ours in this browser.");
    assert_eq!(webmail.visitors(3), 0);
}

#[test]
fn a_partitioned_cookie_is_one_visitor_a_site_even_where_others_are_blocked() {
    let webmail = Webmail::open(|text| {
        assert!(text.contains("cookie_partitioned = false"));
        text.replace("cookie_partitioned = false", "cookie_partitioned = true")
    });
    let seen = webmail.walk("blocked");
    assert_eq!(reads(&seen), [(false, true), (true, false), (false, true)], "{seen:#}");
    let kept = cookies(&seen["cookies"]);
    let mut sites: Vec<_> = kept.iter().filter_map(|it| it["partition"].as_str()).collect();
    sites.sort_unstable();
    assert_eq!(sites, ["https://one.test", "https://two.test"], "{seen:#}");
    assert_ne!(kept[0]["value"], kept[1]["value"]);
    assert_eq!(webmail.visitors(3), 1, "the second site's has not come back yet");
    // The page's own site has none.
    assert_eq!(seen["said"][0], "There is no cookie of ours in this browser.");
}

#[test]
fn under_the_signal_no_cookie_is_set_or_read() {
    let webmail = Webmail::open(|text| text);
    let seen = webmail.walk("signal");
    assert_eq!(reads(&seen), [(false, false); 3], "{seen:#}");
    assert_eq!((&seen["cookies"], &seen["afterDeletion"]["cookies"]), (&json!([]), &json!([])));
    let said = seen["said"][0].as_str().expect("words");
    assert!(said.contains("Global Privacy Control"), "{said}");
    assert_eq!(webmail.visitors(3), 0);
    let metrics = wait::until("the metrics", || {
        let text = harness::http::get(&format!("{}/metrics", webmail.pharos.admin)).text();
        text.contains("pharos_beacon_cookies_refused_by_signal_total 3").then_some(text)
    });
    assert!(metrics.contains("pharos_beacon_cookies_offered_total 0"));
}
