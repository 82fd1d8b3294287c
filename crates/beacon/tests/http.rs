//! The beacon over real sockets.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod harness;

use std::sync::atomic::Ordering;
use std::time::Duration;

use beacon::Settings;
use harness::{Beacon, BeaconAnswer, REFUSER, limited, settings};
use model::hit::HitRecord;
use model::{CampaignId, ContactId, Hit, HitKind, LinkSlot};
use token::{CookiePolicy, CookieScope, Purpose};

fn hits(records: &[HitRecord]) -> Vec<Hit> {
    let hit = |record: &HitRecord| match record {
        HitRecord::Hit(hit) => Some(hit.clone()),
        HitRecord::Gap(_) => None,
    };
    records.iter().filter_map(hit).collect()
}

const PAUSE: Duration = Duration::from_millis(100);

fn is_gap(record: &HitRecord) -> bool {
    matches!(record, HitRecord::Gap(_))
}

/// How many requests a record accounts for.
fn hits_in(record: &HitRecord) -> u64 {
    match record {
        HitRecord::Hit(_) => 1,
        HitRecord::Gap(gap) => gap.hits,
    }
}

/// An answer without what differs from one request to the next.
fn comparable(mut answer: BeaconAnswer) -> (String, Vec<u8>) {
    for name in ["date", "set-cookie"] {
        for line in &mut answer.head {
            if line.to_ascii_lowercase().starts_with(&format!("{name}:")) {
                *line = name.to_owned();
            }
        }
    }
    (answer.head.join("\n"), answer.body)
}

#[tokio::test]
async fn a_pixel_is_answered_with_its_headers_and_recorded_before_the_answer() {
    let beacon = Beacon::start(settings());
    let path = beacon.pixel(7, 42);
    let answer = beacon
        .ask(&format!(
            "GET {path}?x=1 HTTP/1.1\r\nHost: a\r\nUser-Agent: Reader/1\r\nSec-Fetch-Dest: image\r\n\r\n"
        ))
        .await;
    // Read from the disk at once: the hit must be there, and durable.
    let records = beacon.records();
    assert_eq!(answer.status, 200);
    for (name, value) in [
        ("content-type", "image/gif"),
        ("content-length", "43"),
        ("cache-control", "no-cache, no-store, max-age=0, must-revalidate, private"),
        ("pragma", "no-cache"),
        ("expires", "0"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex"),
        ("access-control-allow-origin", "*"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    for name in ["etag", "last-modified", "access-control-allow-credentials", "connection"] {
        assert_eq!(answer.header(name), None, "{name}");
    }
    assert_eq!(answer.body.len(), 43);
    assert_eq!(answer.body[..6], *b"GIF89a");
    let hit = &hits(&records)[0];
    assert_eq!((hit.campaign, hit.contact), (CampaignId(7), Some(ContactId(42))));
    assert_eq!((hit.kind, hit.visitor), (HitKind::View, None));
    assert_eq!(hit.client, Some("127.0.0.1".parse().unwrap()));
    assert_eq!(hit.agent, b"Reader/1");
    assert!(hit.signs.fetch_metadata && hit.signs.cookie_offered);
    assert!(!hit.signs.head && !hit.signs.prefetch && !hit.signs.opted_out);
    assert_eq!(beacon.metrics.views.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn good_forged_malformed_and_test_tokens_get_the_same_pixel() {
    let beacon = Beacon::start(settings());
    let good = beacon.pixel(7, 42);
    let mut forged = good.clone().into_bytes();
    forged[20] = if forged[20] == b'A' { b'B' } else { b'A' };
    let forged = String::from_utf8(forged).unwrap();
    let wrong_purpose = format!("/o/{}.gif", beacon.token(Purpose::Click, 7, 42));
    let paths = [
        &*forged,
        &wrong_purpose,
        "/o/x.gif",
        "/o/.gif",
        "/o/a/b.gif",
        &beacon.pixel(7, 0),
        &beacon.pixel(0, 42),
    ];
    for method in ["GET", "HEAD"] {
        let expected = comparable(beacon.get(method, &good, "").await);
        assert!(expected.0.contains("set-cookie"));
        for path in paths {
            let answer = comparable(beacon.get(method, path, "").await);
            assert_eq!(answer, expected, "{method} {path}");
        }
    }
    assert_eq!(beacon.records().len(), 2, "only the good one is recorded");
    assert_eq!(beacon.metrics.rejected_forged.load(Ordering::Relaxed), 4);
    assert_eq!(beacon.metrics.rejected_malformed.load(Ordering::Relaxed), 6);
}

#[tokio::test]
async fn a_head_gets_the_headers_without_the_body_and_is_recorded_as_one() {
    let beacon = Beacon::start(settings());
    let pixel = beacon.pixel(7, 42);
    let get = beacon.get("GET", &pixel, "").await;
    let head = beacon.get("HEAD", &pixel, "").await;
    assert_eq!(head.body, b"");
    assert_eq!(comparable(head).0, comparable(get).0);
    beacon.get("HEAD", &beacon.click(7, 42, 3), "").await;
    let hits = hits(&beacon.records());
    let signs: Vec<_> = hits.iter().map(|hit| (hit.kind, hit.signs.head)).collect();
    let click = HitKind::Click(LinkSlot(3));
    assert_eq!(signs, [(HitKind::View, false), (HitKind::View, true), (click, true)]);
    let count = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let metrics = &beacon.metrics;
    assert_eq!((count(&metrics.views), count(&metrics.heads), count(&metrics.clicks)), (1, 2, 0));
}

#[tokio::test]
async fn a_click_leads_to_the_stored_target_and_forged_or_unknown_ones_nowhere() {
    let beacon = Beacon::start(settings());
    let click = beacon.click(7, 42, 3);
    let answer = beacon.get("GET", &format!("{click}?url=https://evil.example/"), "").await;
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), Some("https://shop.example/7/3"));
    assert!(answer.header("cache-control").unwrap().contains("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let hit = &hits(&beacon.records())[0];
    assert_eq!(hit.kind, HitKind::Click(LinkSlot(3)));

    let unknown = comparable(beacon.get("GET", &beacon.click(7, 42, 9), "").await);
    let view = format!("/c/{}", beacon.token(Purpose::View, 7, 42));
    for path in ["/c/forged", "/c/", &view] {
        let answer = beacon.get("GET", path, "").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(comparable(answer), unknown);
    }
    let test_mail = beacon.get("GET", &beacon.click(7, 0, 3), "").await;
    assert_eq!(test_mail.status, 302);
    assert_eq!(beacon.records().len(), 1);
}

#[tokio::test]
async fn a_click_that_brings_its_target_leads_there_and_needs_no_table() {
    let beacon = Beacon::start(settings());
    let long = format!("https://app.example/?t={}", "x".repeat(2_000));
    // Slot 8's table is out of reach, and slot 9 is in none.
    for (slot, target) in
        [(3, "https://app.example/o/7?a=b&c=%C3%BC#d"), (8, &*long), (9, "https://x.example/")]
    {
        let click = beacon.click_to(7, 42, slot, target);
        for glued in ["", ".", "&amp;utm_source=x"] {
            let answer = beacon.get("GET", &format!("{click}{glued}"), "").await;
            assert_eq!((answer.status, answer.header("location")), (302, Some(target)), "{slot}");
        }
    }
    let slots: Vec<HitKind> = hits(&beacon.records()).iter().map(|hit| hit.kind).collect();
    assert_eq!(slots.len(), 9);
    assert_eq!(slots[8], HitKind::Click(LinkSlot(9)));
    // Behind another token, or changed, it is nothing: what the table says counts.
    let sealed = beacon.click_to(7, 42, 3, "https://app.example/");
    let (_, sealed) = sealed.rsplit_once('/').unwrap();
    let stored = Some("https://shop.example/7/4");
    for target in [sealed, &sealed[1..], "x", "", "https:%2f%2fevil.example"] {
        let answer = beacon.get("GET", &format!("{}/{target}", beacon.click(7, 42, 4)), "").await;
        assert_eq!((answer.status, answer.header("location")), (302, stored), "{target}");
        let answer = beacon.get("GET", &format!("{}/{target}", beacon.click(7, 42, 9)), "").await;
        assert_eq!(answer.status, 404, "{target}");
    }
}

#[tokio::test]
async fn other_methods_are_refused_and_other_paths_not_found() {
    let beacon = Beacon::start(settings());
    let (pixel, click) = (beacon.pixel(7, 42), beacon.click(7, 42, 3));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        for path in [&*pixel, &*click, "/robots.txt", "/healthz"] {
            let answer = beacon.get(method, path, "").await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
    for path in ["/", "/o", "/admin", "/u/x"] {
        assert_eq!(beacon.get("GET", path, "").await.status, 404, "{path}");
    }
    let robots = beacon.get("GET", "/robots.txt", "").await;
    assert_eq!(robots.body, b"User-agent: *\nDisallow: /\n");
    assert_eq!(beacon.get("GET", "/healthz", "").await.body, b"ok\n");
    assert!(beacon.records().is_empty());
}

#[tokio::test]
async fn a_body_is_not_read_and_ends_the_connection() {
    let beacon = Beacon::start(settings());
    let pixel = beacon.pixel(7, 42);
    for announced in ["Content-Length: 5000000", "Transfer-Encoding: chunked"] {
        for method in ["GET", "POST"] {
            let answer = beacon.get(method, &pixel, &format!("{announced}\r\n")).await;
            assert_eq!(answer.status, if method == "GET" { 200 } else { 405 });
            assert_eq!(answer.header("connection"), Some("close"));
            assert!(answer.closed, "{method} {announced}");
        }
    }
}

#[tokio::test]
async fn a_header_beyond_the_limit_is_refused() {
    let beacon = Beacon::start(settings());
    let large = format!("X-Large: {}\r\n", "x".repeat(20 << 10));
    assert_eq!(beacon.get("GET", "/healthz", &large).await.status, 431);
    let many: String = (0..200).map(|n| format!("X-{n}: 1\r\n")).collect();
    assert_eq!(beacon.get("GET", "/healthz", &many).await.status, 431);
    assert_eq!(beacon.get("GET", "/healthz", "").await.status, 200);
}

fn scope(secure: bool) -> CookieScope {
    CookieScope { secure, ..CookieScope::default() }
}

#[tokio::test]
async fn cookies_follow_the_policy() {
    for (policy, secure) in [
        (CookiePolicy::Set, true),
        (CookiePolicy::Set, false),
        (CookiePolicy::Read, true),
        (CookiePolicy::Off, true),
    ] {
        let beacon =
            Beacon::start(Settings { cookie: policy, cookie_scope: scope(secure), ..settings() });
        for path in [beacon.pixel(7, 42), beacon.click(7, 42, 3)] {
            let offered = beacon.get("GET", &path, "").await;
            let offer = offered.header("set-cookie");
            assert_eq!(offer.is_some(), policy == CookiePolicy::Set, "{policy:?}");
            let name = if secure { "__Host-pharos_visitor" } else { "pharos_visitor" };
            let pair = format!("{name}={}", beacon.visitor(&[1; 12]));
            let again = beacon.get("GET", &path, &format!("Cookie: a=b; {pair}\r\n")).await;
            let second_offer = again.header("set-cookie");
            assert_eq!(second_offer, None, "who brings a cookie keeps it");
            if let Some(offer) = offer {
                assert!(offer.starts_with(&format!("{name}=")), "{offer}");
                let site = if secure { "SameSite=None; Secure" } else { "SameSite=Lax" };
                let ends = format!("; Max-Age=34560000; Path=/; HttpOnly; {site}");
                assert!(offer.ends_with(&ends), "{offer}");
            }
        }
        let read = policy != CookiePolicy::Off;
        for pair in hits(&beacon.records()).chunks(2) {
            assert_eq!(pair[0].signs.cookie_offered, policy == CookiePolicy::Set);
            assert_eq!(pair[0].visitor, None, "an offered cookie is nobody's yet");
            assert!(!pair[1].signs.cookie_offered);
            assert_eq!(pair[1].visitor.map(|visitor| visitor.0), read.then_some([1; 12]));
        }
    }
}

#[tokio::test]
async fn who_opts_out_has_no_cookie_read_or_set() {
    let beacon = Beacon::start(settings());
    let cookie = format!("Cookie: __Host-pharos_visitor={}\r\n", beacon.visitor(&[1; 12]));
    for sign in ["Sec-GPC: 1\r\n", "DNT: 1\r\n"] {
        for path in [beacon.pixel(7, 42), beacon.click(7, 42, 3)] {
            for cookie in ["", &cookie] {
                let answer = beacon.get("GET", &path, &format!("{sign}{cookie}")).await;
                assert_eq!(answer.header("set-cookie"), None);
            }
        }
    }
    let hits = hits(&beacon.records());
    assert_eq!(hits.len(), 8);
    for hit in hits {
        assert!(hit.signs.opted_out && !hit.signs.cookie_offered && hit.visitor.is_none());
        // What a browser loads by itself is nobody's; who clicks has decided to.
        let is_view = hit.kind == HitKind::View;
        assert_eq!(hit.contact, (!is_view).then_some(ContactId(42)));
        assert_eq!(hit.signs.withheld, is_view);
    }
}

#[tokio::test]
async fn a_link_that_tells_of_nobody_is_answered_and_recorded_without_anybody() {
    let beacon = Beacon::start(settings());
    let cookie = format!("Cookie: __Host-pharos_visitor={}\r\n", beacon.visitor(&[1; 12]));
    for headers in ["", &cookie, "Sec-GPC: 1\r\n"] {
        let pixel = beacon.get("GET", &beacon.pixel(7, -1), headers).await;
        assert_eq!((pixel.status, pixel.body.len()), (200, 43));
        let click = beacon.get("GET", &beacon.click(7, -1, 3), headers).await;
        assert_eq!(click.status, 302);
        assert_eq!((pixel.header("set-cookie"), click.header("set-cookie")), (None, None));
    }
    let hits = hits(&beacon.records());
    assert_eq!(hits.len(), 6);
    for hit in hits {
        assert_eq!((hit.contact, hit.visitor, hit.signs.withheld), (None, None, false));
    }
}

/// Their message was made before they refused, so its links name them.
#[tokio::test]
async fn who_has_refused_since_is_asked_for_no_cookie_and_given_none() {
    let beacon = Beacon::start(settings());
    let refuser = REFUSER.0;
    let cookie = format!("Cookie: __Host-pharos_visitor={}\r\n", beacon.visitor(&[1; 12]));
    for headers in ["", &cookie] {
        let pixel = beacon.get("GET", &beacon.pixel(7, refuser), headers).await;
        assert_eq!((pixel.status, pixel.body.len()), (200, 43));
        let click = beacon.get("GET", &beacon.click(7, refuser, 3), headers).await;
        assert_eq!(click.status, 302, "the link leads on");
        assert_eq!((pixel.header("set-cookie"), click.header("set-cookie")), (None, None));
    }
    for hit in hits(&beacon.records()) {
        assert_eq!((hit.visitor, hit.signs.cookie_offered), (None, false));
    }
    let other = beacon.get("GET", &beacon.pixel(7, 42), "").await;
    assert!(other.header("set-cookie").is_some(), "others are");
}

#[tokio::test]
async fn who_has_asked_for_no_cookie_has_none_read_or_set() {
    let beacon = Beacon::start(settings());
    let name = "__Host-pharos_visitor";
    let cookie = format!("Cookie: {name}={}; {name}=off\r\n", beacon.visitor(&[1; 12]));
    for path in [beacon.pixel(7, 42), beacon.click(7, 42, 3)] {
        assert_eq!(beacon.get("GET", &path, &cookie).await.header("set-cookie"), None);
    }
    for hit in hits(&beacon.records()) {
        assert!(hit.signs.opted_out && !hit.signs.cookie_offered && hit.visitor.is_none());
    }
}

#[tokio::test]
async fn a_cookie_of_an_earlier_release_is_replaced_and_its_browser_stays_the_same() {
    let beacon = Beacon::start(settings());
    let mut cookie = beacon.visitor(&[1; 16]);
    for offered in [true, false] {
        let header = format!("Cookie: __Host-pharos_visitor={cookie}\r\n");
        let answer = beacon.get("GET", &beacon.pixel(7, 42), &header).await;
        assert_eq!(answer.header("set-cookie").is_some(), offered);
        if let Some(offer) = answer.header("set-cookie") {
            let value = offer.split(['=', ';']).nth(1).unwrap();
            assert_eq!(value, beacon.visitor(&[1; 12]));
            value.clone_into(&mut cookie);
        }
    }
    let hits = hits(&beacon.records());
    assert_eq!(hits.len(), 2);
    for hit in hits {
        assert!(hit.visitor.is_some_and(|it| it.0 == [1; 12]) && !hit.signs.cookie_offered);
    }
}

#[tokio::test]
async fn a_forwarded_address_is_believed_from_a_trusted_proxy_only() {
    for (trusted, expect) in [(vec![], "127.0.0.1"), (vec!["127.0.0.1"], "198.51.100.7")] {
        let trusted_proxies = trusted.iter().map(|proxy| proxy.parse().unwrap()).collect();
        let beacon = Beacon::start(Settings { trusted_proxies, ..settings() });
        beacon.get("GET", &beacon.pixel(7, 42), "X-Forwarded-For: 198.51.100.7\r\n").await;
        assert_eq!(hits(&beacon.records())[0].client, Some(expect.parse().unwrap()));
    }
}

#[tokio::test]
async fn hits_that_can_not_be_recorded_are_answered_and_become_a_gap() {
    let beacon = Beacon::with_quota(settings(), 8 << 10);
    let pixel = beacon.pixel(7, 42);
    let expected = comparable(beacon.get("GET", &pixel, "").await);
    let agent = format!("User-Agent: {}\r\n", "x".repeat(255));
    let mut answered = 1;
    while beacon.metrics.gap_hits.load(Ordering::Relaxed) < 10 {
        assert_eq!(comparable(beacon.get("GET", &pixel, &agent).await), expected);
        answered += 1;
        assert!(answered < 1000, "the quota never refused");
    }
    let click = beacon.get("GET", &beacon.click(7, 42, 3), "").await;
    assert_eq!((click.status, click.header("location")), (302, Some("https://shop.example/7/3")));
    answered += 1;
    let open = beacon.metrics.open_gap().expect("a gap is open");
    assert!(open.hits > 0 && open.from <= open.to, "{open:?}");

    // The recorder makes room; the gap then finds its way into the journal by itself. A part of
    // it may be there already: a gap is smaller than a hit.
    let mut found = Vec::new();
    let accounted = |found: &[HitRecord]| found.iter().map(hits_in).sum::<u64>();
    let mut mark = journal::Position::START;
    let start = std::time::Instant::now();
    while accounted(&found) < answered {
        assert!(start.elapsed() < Duration::from_secs(10), "{} of {answered}", accounted(&found));
        let end = beacon.durable.end();
        let mut reader = journal::Reader::open(beacon.dir(), mark).unwrap();
        while let Some((_, record)) = reader.next(end).unwrap() {
            found.push(HitRecord::decode(record).unwrap());
        }
        mark = reader.position();
        journal::remove_before(beacon.dir(), end).unwrap();
        let _ = tokio::time::timeout(PAUSE, beacon.durable.changed_since(end)).await;
    }
    assert_eq!(accounted(&found), answered, "every answer is a hit or in a gap");
    let lost: u64 = found.iter().map(|record| hits_in(record) * u64::from(is_gap(record))).sum();
    assert_eq!(lost, beacon.metrics.gap_hits.load(Ordering::Relaxed));
    while beacon.metrics.open_gap().is_some() {
        assert!(start.elapsed() < Duration::from_secs(10), "the gap stays open");
        tokio::time::sleep(PAUSE).await;
    }
}

#[tokio::test]
async fn a_gap_is_tried_once_more_at_shutdown() {
    let drain_timeout = Duration::from_millis(100);
    let mut beacon = Beacon::with_quota(limited(|it| it.drain = drain_timeout), 8 << 10);
    let pixel = beacon.pixel(7, 42);
    let agent = format!("User-Agent: {}\r\n", "x".repeat(255));
    while beacon.metrics.gap_hits.load(Ordering::Relaxed) < 3 {
        beacon.get("GET", &pixel, &agent).await;
    }
    journal::remove_before(beacon.dir(), beacon.durable.end()).unwrap();
    // The journal remembers its refusal for 50 ms; this request keeps the drain going for longer.
    let mut busy = beacon.connect().await;
    busy.send("GET /healthz HTTP/1.1\r\n").await;
    beacon.shutdown.cancel();
    busy.closed_within(Duration::from_secs(10)).await;
    beacon.join();
    let lost: u64 = beacon.records().iter().filter(|r| is_gap(r)).map(hits_in).sum();
    assert_eq!(lost, beacon.metrics.gap_hits.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_gap_outlives_a_kill_while_the_journal_is_full() {
    let beacon = Beacon::with_quota(settings(), 8 << 10);
    let pixel = beacon.pixel(7, 42);
    let agent = format!("User-Agent: {}\r\n", "x".repeat(255));
    let mut answered = 0;
    while beacon.metrics.gap_hits.load(Ordering::Relaxed) < 10 {
        beacon.get("GET", &pixel, &agent).await;
        answered += 1;
        assert!(answered < 1000, "the quota never refused");
    }
    let next = Beacon::in_folder(beacon.killed_now(), settings(), 1 << 30);
    let accounted = || next.records().iter().map(hits_in).sum::<u64>();
    let start = std::time::Instant::now();
    while accounted() < answered {
        assert!(start.elapsed() < Duration::from_secs(10), "{} of {answered}", accounted());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(accounted(), answered);
    // Told once, whatever happens to the next process.
    let after = Beacon::in_folder(next.killed_now(), settings(), 1 << 30);
    after.get("GET", &after.pixel(7, 42), "").await;
    assert_eq!(after.records().iter().map(hits_in).sum::<u64>(), answered + 1);
}

#[tokio::test]
async fn a_made_up_cookie_is_no_browser_and_is_replaced() {
    let beacon = Beacon::start(settings());
    let stranger = Beacon::start(settings());
    let (first_release, made_up) = ("AQIDBAUGBwgJCgsMDQ4PEA".to_owned(), "A".repeat(32));
    for value in [first_release, made_up, stranger.visitor(&[1; 12])] {
        let cookie = format!("Cookie: __Host-pharos_visitor={value}\r\n");
        let answer = beacon.get("GET", &beacon.pixel(7, 42), &cookie).await;
        assert!(answer.header("set-cookie").is_some(), "{value}");
    }
    assert!(hits(&beacon.records()).iter().all(|hit| hit.visitor.is_none()));
}

#[tokio::test]
async fn tokens_are_found_in_what_was_made_of_their_links() {
    let beacon = Beacon::start(settings());
    let (pixel, click) = (beacon.token(Purpose::View, 7, 42), beacon.click(7, 42, 3));
    let encoded = |link: &str| format!("{}%{:02X}{}", &link[..3], link.as_bytes()[3], &link[4..]);
    let pixel = format!("/o/{pixel}");
    let pixels =
        [pixel.clone(), format!("{pixel}.gif&amp;x=1"), format!("{}.gif", encoded(&pixel))];
    for path in &pixels {
        assert_eq!(beacon.get("GET", path, "").await.status, 200, "{path}");
    }
    let clicks =
        [format!("{click}."), format!("{click})"), format!("{click}&amp;x=1"), encoded(&click)];
    for path in &clicks {
        assert_eq!(beacon.get("GET", path, "").await.status, 302, "{path}");
    }
    assert_eq!(beacon.records().len(), pixels.len() + clicks.len());
    let hopeless = beacon.get("GET", &click[..30], "").await;
    assert_eq!(hopeless.status, 404);
    assert!(String::from_utf8_lossy(&hopeless.body).contains("reply to any of our messages"));
}
