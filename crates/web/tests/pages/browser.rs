//! The page about a browser's cookie.

use std::time::Duration;

use model::hit::HitSigns;
use model::{Hit, HitClass, HitKind, HitOrigin, LinkSlot, Rule, RulesSeen, VisitorId};
use store::{HitBatch, Mark, RecordedHit, RecorderProgress};

use super::*;

const ID: VisitorId = VisitorId([0x3f; 12]);
const AT_BEACON: (&str, &str) = ("host", "t.aurora.example");
const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");

impl House {
    /// Its `Cookie` header.
    fn brought(&self) -> String {
        let given = token::VisitorCookie::new(CookieScope::default(), self.keys.clone()).give(ID);
        given.split(';').next().unwrap().to_owned()
    }

    async fn saw_the_browser(&self) {
        self.saw(HitKind::View).await;
    }

    pub(super) async fn saw(&self, kind: HitKind) {
        self.saw_from(kind, 0).await;
    }

    /// Recorded behind whatever was recorded before `from`.
    pub(super) async fn saw_from(&self, kind: HitKind, from: u32) {
        let hit = |offset: u32| RecordedHit {
            node: 1,
            segment: 1,
            offset,
            hit: Hit {
                at: Timestamp(START.0 + i64::from(offset) * 3_600_000_000),
                campaign: self.campaign,
                contact: Some(self.contact),
                kind,
                visitor: Some(ID),
                client: None,
                signs: HitSigns::default(),
                agent: Vec::new(),
            },
            rules: RulesSeen::NONE.with(Rule::AGENT_BROWSER),
            class: HitClass::Person,
            origin: HitOrigin::default(),
        };
        let mark = Mark { reader: "hits/1".to_owned(), segment: 1, offset: from + 9 };
        let batch = HitBatch {
            recorder: 1,
            hits: vec![hit(from + 1), hit(from + 2)],
            gaps: Vec::new(),
            progress: RecorderProgress::Marks(vec![mark]),
            soon: Duration::ZERO,
        };
        self.store.hits_record(batch).await.unwrap();
    }

    async fn browser(&self, method: Method, body: &str, headers: &[(&str, &str)]) -> Answer {
        with(&self.public, method, body, headers).await
    }

    async fn known(&self) -> bool {
        self.store.visitor_find(ID).await.unwrap().is_some()
    }
}

async fn with(router: &Router, method: Method, body: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri("/browser");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request = request.header("content-type", URLENCODED);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = TowerToHyperService::new(router.clone()).call(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = String::from_utf8(to_bytes(body, 1 << 20).await.unwrap().to_vec()).unwrap();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn set(answer: &Answer) -> Vec<&str> {
    answer.headers.get_all("set-cookie").iter().map(|it| it.to_str().unwrap()).collect()
}

#[tokio::test]
async fn a_visitor_sees_the_identifier_and_numbers_and_looking_changes_nothing() {
    let house = House::new().await;
    let cookie = house.brought();
    let asked = [AT_BEACON, ("cookie", cookie.as_str())];
    let before = house.browser(Method::GET, "", &asked).await;
    assert!(before.body.contains("nothing yet"), "{}", before.body);
    house.saw_the_browser().await;
    for method in [Method::GET, Method::HEAD] {
        let answer = house.browser(method.clone(), "act=reset", &asked).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers["cache-control"], "private, no-store");
        assert!(set(&answer).is_empty());
        if method == Method::GET {
            for words in [
                "<code>3f3f-3f3f-3f3f-3f3f-3f3f-3f3f</code>",
                "23 Nov 2026, 11:00 UTC",
                "23 Nov 2026, 12:00 UTC",
                "<dd>1 message</dd>",
                "2 views and clicks",
                "value=\"reset\"",
            ] {
                assert!(answer.body.contains(words), "{words}: {}", answer.body);
            }
            assert!(!answer.body.contains("mia") && !answer.body.contains("Aurora 4.2"));
        }
    }
    assert!(house.known().await);
}

#[tokio::test]
async fn a_reset_removes_what_is_kept_and_then_the_cookie() {
    for (act, expect) in [("act=reset", "=; Max-Age=0;"), ("act=off", "=off; Max-Age=34560000;")] {
        let house = House::new().await;
        let cookie = house.brought();
        house.saw_the_browser().await;
        let before = house.store.campaign_rollup(house.campaign).await.unwrap();
        for cookie in [cookie.as_str(), ""] {
            let asked = [AT_BEACON, OWN, ("cookie", cookie)];
            let answer = house.browser(Method::POST, act, &asked).await;
            assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
            let cookies = set(&answer);
            assert_eq!(cookies.len(), 2, "partitioned and not: {cookies:?}");
            for cookie in cookies {
                assert!(cookie.starts_with("__Host-pharos_visitor"), "{cookie}");
                assert!(cookie.contains(expect), "{cookie}");
                assert!(!cookie.contains(&house.brought()[30..]), "{cookie}");
            }
            assert!(answer.body.contains("role=\"status\""));
            assert!(!answer.body.contains("3f3f"), "{}", answer.body);
            assert!(!house.known().await);
        }
        assert_eq!(house.store.campaign_rollup(house.campaign).await.unwrap(), before);
    }
}

#[tokio::test]
async fn only_the_page_itself_can_reset() {
    let house = House::new().await;
    house.saw_the_browser().await;
    let cookie = house.brought();
    let cookie = ("cookie", cookie.as_str());
    for (from, status) in [
        (("sec-fetch-site", "cross-site"), StatusCode::FORBIDDEN),
        (("sec-fetch-site", "same-site"), StatusCode::FORBIDDEN),
        (("origin", "https://evil.example"), StatusCode::FORBIDDEN),
        (("x-nothing", ""), StatusCode::FORBIDDEN),
    ] {
        let answer = house.browser(Method::POST, "act=reset", &[AT_BEACON, cookie, from]).await;
        assert_eq!(answer.status, status, "{from:?}");
        assert!(set(&answer).is_empty());
    }
    for body in ["", "act=everything", "scope=reset"] {
        let answer = house.browser(Method::POST, body, &[AT_BEACON, cookie, OWN]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(set(&answer).is_empty());
    }
    assert!(house.known().await);
    let asked = [AT_BEACON, cookie, ("origin", "https://t.aurora.example")];
    assert_eq!(house.browser(Method::POST, "act=reset", &asked).await.status, StatusCode::OK);
    assert!(!house.known().await);
}

#[tokio::test]
async fn under_a_signal_no_cookie_is_read_and_none_is_set() {
    let house = House::new().await;
    house.saw_the_browser().await;
    let cookie = house.brought();
    let cookie = ("cookie", cookie.as_str());
    for signal in [("sec-gpc", "1"), ("dnt", "1")] {
        let shown = house.browser(Method::GET, "", &[AT_BEACON, cookie, signal]).await;
        assert!(shown.body.contains("Global Privacy Control"));
        assert!(!shown.body.contains("3f3f") && set(&shown).is_empty());
        for act in ["act=reset", "act=off", "act=allow", "act=delete"] {
            let asked = [AT_BEACON, cookie, signal, OWN];
            let answer = house.browser(Method::POST, act, &asked).await;
            let gone = set(&answer);
            assert!(gone.len() == 2 && gone.iter().all(|it| it.contains("=; Max-Age=0;")), "{act}");
        }
    }
    assert!(house.known().await, "nobody has looked whose it is");
}

#[tokio::test]
async fn whoever_wants_none_can_take_that_back() {
    let house = House::new().await;
    let off = [AT_BEACON, OWN, ("cookie", "__Host-pharos_visitor=off")];
    let shown = house.browser(Method::GET, "", &off).await;
    assert!(shown.body.contains("value=\"allow\"") && !shown.body.contains("value=\"off\""));
    let allowed = house.browser(Method::POST, "act=allow", &off).await;
    assert!(set(&allowed).iter().all(|it| it.contains("=; Max-Age=0;")));
    assert!(allowed.body.contains("taken back"));
    // A browser that has a cookie loses nothing by it.
    house.saw_the_browser().await;
    let cookie = house.brought();
    let asked = [AT_BEACON, OWN, ("cookie", cookie.as_str())];
    let answer = house.browser(Method::POST, "act=allow", &asked).await;
    assert!(set(&answer).is_empty() && house.known().await);
}

#[tokio::test]
async fn at_the_pages_own_host_it_says_where_the_cookie_is() {
    let house = House::new().await;
    let asked = [("host", "W.aurora.example:443"), OWN];
    for method in [Method::GET, Method::POST] {
        let answer = house.browser(method, "act=off", &asked).await;
        assert!(answer.body.contains("href=\"https://t.aurora.example/browser\""));
        assert!(set(&answer).is_empty());
    }
    let leave = ask(&house.public, Method::GET, &house.leave_link(), "", "").await;
    assert!(leave.body.contains("<a href=\"https://t.aurora.example/browser\">"));
}

#[tokio::test]
async fn a_store_that_is_away_loses_nobody_the_identifier() {
    let house = House::new().await;
    let early = public_router(PublicParts {
        store: None,
        keys: house.keys.clone(),
        removals: RemovalJournal::open(house._dir.path(), house.keys.clone()).unwrap().0,
        sender: always(&house.sender),
        files: files(house._dir.path()),
        counters: Arc::default(),
        cookie: cookie(&house.keys),
        account: None,
        joins: None,
        trusted_proxies: Arc::new([]),
    });
    let brought = house.brought();
    let asked = [AT_BEACON, OWN, ("cookie", brought.as_str())];
    let shown = with(&early, Method::GET, "", &asked).await;
    assert!(shown.body.contains("3f3f-") && shown.body.contains("be looked up right now"));
    let refused = with(&early, Method::POST, "act=reset", &asked).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(set(&refused).is_empty(), "the cookie stays until what it names can be removed");
    let off = with(&early, Method::POST, "act=off", &[AT_BEACON, OWN]).await;
    assert_eq!((off.status, set(&off).len()), (StatusCode::OK, 2));
}

#[tokio::test]
async fn where_no_cookies_are_used_the_page_says_so_and_nothing_links_to_it() {
    let house = House::new().await;
    let unused = BrowserCookie::new(CookiePolicy::Off, CookieScope::default(), house.keys.clone());
    let folder = tempfile::tempdir().unwrap();
    let router = public_router(PublicParts {
        store: Some(house.store.clone()),
        keys: house.keys.clone(),
        removals: RemovalJournal::open(folder.path(), house.keys.clone()).unwrap().0,
        sender: always(&house.sender),
        files: files(folder.path()),
        counters: Arc::default(),
        cookie: unused,
        account: None,
        joins: None,
        trusted_proxies: Arc::new([]),
    });
    let brought = house.brought();
    let shown = with(&router, Method::GET, "", &[AT_BEACON, ("cookie", &brought)]).await;
    assert!(shown.body.contains("sets no cookie") && !shown.body.contains("3f3f"));
    let leave = ask(&router, Method::GET, &house.leave_link(), "", "").await;
    assert!(leave.body.contains("Stop these emails?") && !leave.body.contains("/browser"));
}

#[tokio::test]
async fn a_visitor_sees_a_masked_address_and_cuts_it() {
    let house = House::new().await;
    let cookie = house.brought();
    let asked = [AT_BEACON, OWN, ("cookie", cookie.as_str())];
    house.saw(HitKind::Click(LinkSlot(0))).await;
    let shown = house.browser(Method::GET, "", &asked).await.body;
    assert!(shown.contains("m•••@example.com") && shown.contains("2 views and clicks"), "{shown}");
    assert!(!shown.contains("mia") && !shown.contains(&house.contact.to_string()), "{shown}");
    let handle = shown.split("name=\"tied\" value=\"").nth(1).unwrap().split('"').next().unwrap();

    let links = async || house.store.visitor_contacts(ID).await.unwrap().len();
    for form in ["act=cut".to_owned(), "act=cut&tied=1".to_owned(), format!("tied={handle}")] {
        house.browser(Method::POST, &form, &asked).await;
        assert_eq!(links().await, 1, "{form}");
    }
    let form = format!("act=cut&tied={handle}");
    let foreign = [AT_BEACON, ("sec-fetch-site", "cross-site"), asked[2]];
    assert_eq!(house.browser(Method::POST, &form, &foreign).await.status, StatusCode::FORBIDDEN);
    // Somebody else's handle does not work in another browser.
    let other = token::VisitorCookie::new(CookieScope::default(), house.keys.clone());
    let other = other.give(VisitorId([1; 12]));
    let other = [AT_BEACON, OWN, ("cookie", other.split(';').next().unwrap())];
    house.browser(Method::POST, &form, &other).await;
    assert_eq!(links().await, 1);

    for _ in 0..2 {
        let answer = house.browser(Method::POST, &form, &asked).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains("role=\"status\"") && set(&answer).is_empty());
        assert!(!answer.body.contains("m•••@") && answer.body.contains("3f3f-"), "{}", answer.body);
        assert_eq!(links().await, 0);
    }
    let record = house.store.visitor_find(ID).await.unwrap().unwrap();
    assert_eq!(record.hits, 0, "its views and clicks have lost it");
}
