//! Every page over a real store, asked for as a browser or a mail program would.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "pages/account.rs"]
mod account;
#[path = "pages/archive.rs"]
mod archive;
#[path = "pages/browser.rs"]
mod browser;
#[path = "pages/joins.rs"]
mod joins;
#[allow(dead_code, reason = "used by several")]
#[path = "fixture/people.rs"]
mod people;
#[path = "pages/preferences.rs"]
mod preferences;
#[path = "fixture/relay.rs"]
mod relay;
#[path = "pages/shared_report.rs"]
mod shared_report;

use std::collections::BTreeMap;
use std::sync::Arc;

use audience::RemovalJournal;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use campaign::Create;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use model::campaign::CampaignAction;
use model::{
    CampaignId, CampaignNumber, ContactId, EmailAddress, InDoubtPolicy, LinkSlot,
    SubscriptionState, Timestamp, TopicId,
};
use report::number_text::thousands;
use store::{ContactRow, Outcome, Settled, Store, StoreOptions};
use tempfile::TempDir;
use token::{Addressee, Claims, CookiePolicy, CookieScope, Keyring, Purpose, UnsubscribeClaims};
use tokio_util::sync::CancellationToken;
use web::inbox::Inbox;
use web::{
    AdminParts, BrowserCookie, HealthParts, ProcessFacts, PublicParts, admin_router, health_router,
    public_router,
};

const START: Timestamp = Timestamp(1_795_428_000_000_000);
const NOTICE: &str = "---\nsubject: Aurora 4.2 is here\nfrom: Aurora <news@aurora.example>\n\
    topic: news\n---\n\n# Hello {{ first_name | default(\"there\") }}\n\n\
    [Read the notes](https://aurora.example/notes)\n";
const URLENCODED: &str = "application/x-www-form-urlencoded";

struct House {
    _dir: TempDir,
    files: media::FileStore,
    store: Store,
    keys: Arc<Keyring>,
    public: Router,
    admin: Router,
    inbox: Arc<Inbox>,
    sender: Arc<campaign::Sender>,
    campaign: CampaignId,
    contact: ContactId,
    topic: TopicId,
    relay: Arc<relay::TestRelay>,
    accounts: actions::RecipientAccounts,
    joins: actions::Joins,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

fn cookie(keys: &Arc<Keyring>) -> BrowserCookie {
    BrowserCookie::new(CookiePolicy::Set, CookieScope::default(), Arc::clone(keys))
}

/// An empty media library.
fn files(beside: &std::path::Path) -> media::FileStore {
    let folder = beside.join("media");
    media::FileStore::open(&media::FileStoreLocation::Folder(folder)).unwrap()
}

fn always(sender: &Arc<campaign::Sender>) -> Arc<dyn Fn() -> Arc<campaign::Sender> + Send + Sync> {
    let sender = Arc::clone(sender);
    Arc::new(move || Arc::clone(&sender))
}

fn aurora() -> campaign::Sender {
    campaign::Sender {
        organisation: "Aurora Software".into(),
        postal_address: "1 Pier Road, Porto".into(),
        domain: "aurora.example".into(),
        beacon_url: "https://t.aurora.example".into(),
        web_url: "https://w.aurora.example".into(),
        brand: campaign::Brand {
            privacy_contact: campaign::PrivacyContact::parse("privacy@aurora.example").ok(),
            ..campaign::Brand::default()
        },
        attachments: campaign::AttachmentLimits::default(),
        honeypot_link: false,
    }
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(&dir.path().join("pharos.db"), StoreOptions::default()).unwrap();
        let keys = Arc::new(Keyring::generate().unwrap());
        let sender = Arc::new(aurora());
        let topic = store.topic_ensure("news".into(), "Release notices".into()).await.unwrap();
        let row = |name: &str| ContactRow {
            email: EmailAddress::parse(&format!("{name}@example.com")).unwrap(),
            attributes: BTreeMap::from([("first_name".into(), name.into())]),
        };
        let rows = vec![row("mia"), row("zoe")];
        store.contacts_import(rows, Some(topic), "test".into(), START).await.unwrap();
        let wish = Create { name: None, topic: None, policy: InDoubtPolicy::NeverResend };
        let created = campaign::create(&store, &sender, NOTICE, wish, START).await.unwrap();
        let files_here = files(dir.path());
        let allow = campaign::Allow::default();
        let ready = campaign::preflight(&store, &sender, &files_here, created.id, allow);
        campaign::start(&store, ready.await.unwrap(), START, |_, _| {}).await.unwrap();
        let contact = send_all(&store, created.id).await;
        let inbox = Arc::new(Inbox::new(10, 1 << 20));
        let folder = dir.path().join("removals");
        let (removals, replay) = RemovalJournal::open(&folder, keys.clone()).unwrap();
        removals.use_store(store.clone());
        tokio::spawn(replay.run(CancellationToken::new()));
        let relay: Arc<relay::TestRelay> = Arc::default();
        let set_up = people::set_up::of_team();
        let settings = actions::LiveSettings::fixed((*sender).clone(), set_up, relay.clone());
        let (accounts, joins) = by_themselves(&store, &keys, settings);
        Self {
            files: files(dir.path()),
            public: public_router(PublicParts {
                store: Some(store.clone()),
                keys: keys.clone(),
                removals,
                sender: always(&sender),
                files: files(dir.path()),
                counters: Arc::default(),
                cookie: cookie(&keys),
                account: Some(accounts.clone()),
                joins: Some(joins.clone()),
                trusted_proxies: Arc::new([]),
            }),
            admin: admin_of(store.clone(), files(dir.path()), Some(inbox.clone())).await,
            store,
            keys,
            inbox,
            sender,
            campaign: created.id,
            contact,
            topic,
            relay,
            accounts,
            joins,
            _dir: dir,
        }
    }

    fn link(&self, purpose: Purpose, path: &str) -> String {
        let claims = Claims {
            campaign: self.campaign,
            addressee: Addressee::Contact(self.contact),
            slot: LinkSlot(0),
        };
        format!("{path}{}", self.keys.seal(purpose, claims).unwrap().as_str())
    }

    fn leave_link(&self) -> String {
        self.link(Purpose::Unsubscribe, "/u/")
    }

    async fn state(&self) -> (Option<SubscriptionState>, Option<String>, usize) {
        let contact = self.store.contact_find(self.contact).await.unwrap().unwrap();
        let state = self.store.subscription_state(self.contact, self.topic).await.unwrap();
        let reason = self.store.suppression_reason(contact.email.key()).await.unwrap();
        let consents = self.store.contact_consents(self.contact).await.unwrap();
        (state, reason, consents.len())
    }

    async fn unsubscribes(&self) -> i64 {
        self.store.campaign_rollup(self.campaign).await.unwrap().unsubscribes
    }

    async fn get(&self, path: &str) -> Answer {
        ask(&self.admin, Method::GET, path, "", "").await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        ask(&self.public, Method::POST, path, URLENCODED, body).await
    }
}

/// What people do by themselves: their accounts, and forms by which they join.
fn by_themselves(
    store: &Store,
    keys: &Arc<Keyring>,
    settings: actions::LiveSettings,
) -> (actions::RecipientAccounts, actions::Joins) {
    let (counts, rules) = (Arc::default(), actions::JoinSettings::default());
    let (store, keys) = (store.clone(), keys.clone());
    let accounts =
        actions::RecipientAccounts::new(store.clone(), keys.clone(), settings.clone(), counts);
    (accounts, actions::Joins::new(store, keys, settings, rules, Arc::default()))
}

async fn admin_of(store: Store, files: media::FileStore, inbox: Option<Arc<Inbox>>) -> Router {
    let health = HealthParts {
        store: store.clone(),
        this_machine_only: false,
        metrics: Arc::new(|| "# EOF\n".to_owned()),
        readiness: Arc::new(Vec::new),
    };
    let process = Arc::new(|| ProcessFacts { version: "9.9".into(), ..ProcessFacts::default() });
    let accounts = people::accounts(&store);
    let resources = people::resources(&store, files, Default::default());
    let router = admin_router(AdminParts::new(health, resources, inbox, process, accounts));
    people::as_owner(router, &store).await
}

async fn send_all(store: &Store, campaign: CampaignId) -> ContactId {
    let lease = std::time::Duration::from_secs(60);
    let claimed = store.deliveries_claim(campaign, 1, 10, START, lease).await.unwrap();
    let sent = || Outcome::Sent { reply: "250 ok".into() };
    let settled = claimed
        .iter()
        .map(|it| Settled { contact: it.contact, epoch: it.epoch, outcome: sent() })
        .collect();
    store.deliveries_settle(campaign, settled, START, None).await.unwrap();
    claimed.first().unwrap().contact
}

async fn ask(router: &Router, method: Method, path: &str, kind: &str, body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = TowerToHyperService::new(router.clone()).call(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 4 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, body }
}

#[tokio::test]
async fn get_and_head_of_every_recipient_page_change_nothing() {
    let house = House::new().await;
    let before = house.state().await;
    let browse = house.link(Purpose::Browse, "/v/");
    let choose = house.link(Purpose::Unsubscribe, "/p/");
    let leave = format!("{}?scope=topic", house.leave_link());
    for path in [house.leave_link(), browse, choose, leave] {
        for method in [Method::GET, Method::HEAD] {
            let body = "List-Unsubscribe=One-Click";
            let answer = ask(&house.public, method.clone(), &path, URLENCODED, body).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
            assert_eq!(answer.body.is_empty(), method == Method::HEAD);
        }
    }
    assert_eq!(house.state().await, before);
    assert_eq!(house.unsubscribes().await, 0);
}

#[tokio::test]
async fn the_unsubscribe_page_names_what_and_whom_and_hides_the_address() {
    let house = House::new().await;
    let answer = ask(&house.public, Method::GET, &house.leave_link(), "", "").await;
    for words in ["Release notices", "Aurora Software", "m•••@example.com", "method=\"post\""]
    {
        assert!(answer.body.contains(words), "{words}");
    }
    assert!(!answer.body.contains("mia@example.com"));
    assert_eq!(answer.headers["referrer-policy"], "no-referrer");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["cache-control"], "private, no-store");
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"));
}

#[tokio::test]
async fn one_click_leaves_at_once_and_as_often_as_it_comes() {
    let house = House::new().await;
    let link = house.leave_link();
    let mut after_first = None;
    for _ in 0..3 {
        let answer = house.post(&link, "List-Unsubscribe=One-Click").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
        assert!(!answer.headers.contains_key("set-cookie"));
        assert!(!answer.headers.contains_key("location"));
        let state = house.state().await;
        assert_eq!(state.0, Some(SubscriptionState::Unsubscribed));
        assert_eq!(*after_first.get_or_insert(state.clone()), state);
    }
    assert_eq!(house.unsubscribes().await, 1);
}

#[tokio::test]
async fn people_can_leave_while_the_store_was_not_reached_yet() {
    let house = House::new().await;
    let dir = tempfile::tempdir().unwrap();
    let (removals, replay) = RemovalJournal::open(dir.path(), house.keys.clone()).unwrap();
    let (keys, sender) = (house.keys.clone(), always(&house.sender));
    let (files, counters) = (files(dir.path()), Arc::default());
    let cookie = cookie(&keys);
    let early = PublicParts {
        store: None,
        keys,
        removals: removals.clone(),
        sender,
        files,
        counters,
        cookie,
        account: None,
        joins: None,
        trusted_proxies: Arc::new([]),
    };
    let early = public_router(early);
    let link = house.leave_link();
    let choose = link.replacen("/u/", "/p/", 1);
    for path in [link.clone(), choose.clone(), house.link(Purpose::Browse, "/v/")] {
        let answer = ask(&early, Method::GET, &path, "", "").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.headers.contains_key("retry-after"), "{path}");
        assert_eq!(answer.body.contains("method=\"post\""), !path.starts_with("/v/"));
    }
    let returning = ask(&early, Method::POST, &link, URLENCODED, "scope=return").await;
    assert_eq!(returning.status, StatusCode::SERVICE_UNAVAILABLE);
    let left = ask(&early, Method::POST, &link, URLENCODED, "scope=everything").await;
    assert_eq!(left.status, StatusCode::OK);
    assert!(left.body.contains("You are unsubscribed from everything"), "{}", left.body);
    let click = ask(&early, Method::POST, &link, "", "List-Unsubscribe=One-Click").await;
    assert_eq!((click.status, click.body.as_str()), (StatusCode::OK, "Unsubscribed.\n"));
    assert_eq!(house.state().await.0, Some(SubscriptionState::Subscribed));
    removals.use_store(house.store.clone());
    tokio::spawn(replay.run(CancellationToken::new()));
    while house.store.removals_waiting() > 0 {
        tokio::task::yield_now().await;
    }
    let (state, reason, _) = house.state().await;
    assert_eq!(state, Some(SubscriptionState::Unsubscribed));
    assert_eq!(reason.as_deref(), Some("unsubscribed"));
}

#[tokio::test]
async fn who_stops_tracking_while_the_store_is_away_is_told_to_come_back() {
    let house = House::new().await;
    let dir = tempfile::tempdir().unwrap();
    let (removals, _) = RemovalJournal::open(dir.path(), house.keys.clone()).unwrap();
    let counters: Arc<web::PublicCounters> = Arc::default();
    let away = public_router(PublicParts {
        store: None,
        keys: house.keys.clone(),
        removals,
        sender: always(&house.sender),
        files: files(dir.path()),
        counters: Arc::clone(&counters),
        cookie: cookie(&house.keys),
        account: None,
        joins: None,
        trusted_proxies: Arc::new([]),
    });
    let link = house.leave_link().replace("/u/", "/t/");
    let put_off = || counters.recipients_put_off.load(std::sync::atomic::Ordering::Relaxed);
    for (asked, body) in
        [(Method::GET, ""), (Method::POST, "act=stop"), (Method::POST, "act=forget")]
    {
        let before = put_off();
        let answer = ask(&away, asked.clone(), &link, URLENCODED, body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{asked} {body}");
        assert_eq!(answer.headers["retry-after"], "30", "{asked} {body}");
        // A page like the others, in their language.
        assert!(answer.body.contains("<html lang=\"en\">"), "{}", answer.body);
        assert!(answer.body.contains("Please try again in a minute"), "{}", answer.body);
        assert!(answer.body.contains("nothing was changed"), "{}", answer.body);
        assert_eq!(put_off(), before + 1, "{asked} {body}");
    }
    let mode = async || house.store.contact_tracking(house.contact).await.unwrap();
    assert_eq!(mode().await, None);
    // The same request does it when the store is there.
    let done = house.post(&link, "act=stop").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(mode().await, Some(model::TrackingMode::Off));
    // A forged link is no matter of the store's.
    let forged = ask(&away, Method::GET, "/t/forged", "", "").await;
    assert_eq!((forged.status, put_off()), (StatusCode::NOT_FOUND, 3));
}

#[tokio::test]
async fn one_click_as_multipart_form_leaves_too() {
    let house = House::new().await;
    let body = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
        One-Click\r\n--b--\r\n";
    let kind = "multipart/form-data; boundary=b";
    let answer = ask(&house.public, Method::POST, &house.leave_link(), kind, body).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(house.state().await.0, Some(SubscriptionState::Unsubscribed));
}

#[tokio::test]
async fn whoever_leaves_everything_can_come_back() {
    let house = House::new().await;
    let link = house.leave_link();
    let answer = house.post(&link, "scope=everything").await;
    assert!(answer.body.contains("You are unsubscribed from everything"));
    assert_eq!(house.state().await.1.as_deref(), Some("unsubscribed"));
    let answer = ask(&house.public, Method::GET, &link, "", "").await;
    assert!(answer.body.contains("Subscribe again to Release notices"));
    let answer = house.post(&link, "scope=return").await;
    assert!(answer.body.contains("You are subscribed again"));
    let (state, reason, _) = house.state().await;
    assert_eq!((state, reason), (Some(SubscriptionState::Subscribed), None));
    let answer = house.post(&link, "scope=topic").await;
    assert!(answer.body.contains("You are unsubscribed from Release notices"));
    assert_eq!(house.state().await.0, Some(SubscriptionState::Unsubscribed));
}

#[tokio::test]
async fn every_bad_link_gets_the_same_page_and_does_nothing() {
    let house = House::new().await;
    let before = house.state().await;
    let good = house.leave_link();
    let stranger = Keyring::generate().unwrap();
    let claims = Claims {
        campaign: house.campaign,
        addressee: Addressee::Contact(house.contact),
        slot: LinkSlot(0),
    };
    let forged = stranger.seal(Purpose::Unsubscribe, claims).unwrap();
    // Of an earlier release, which did not say the address.
    let gone = Claims { addressee: Addressee::Contact(ContactId(4_711)), ..claims };
    let gone = house.keys.seal(Purpose::Unsubscribe, gone).unwrap();
    let paths = [
        format!("/u/{}", forged.as_str()),
        format!("/u/{}", gone.as_str()),
        house.link(Purpose::View, "/u/"),
        good[..good.len() - 1].to_owned(),
        "/u/x".to_owned(),
        "/v/x".to_owned(),
    ];
    let page = ask(&house.public, Method::GET, "/nowhere", "", "").await;
    for path in paths {
        let answer = ask(&house.public, Method::GET, &path, "", "").await;
        assert_eq!((answer.status, &answer.body), (StatusCode::NOT_FOUND, &page.body), "{path}");
        let one_click = "List-Unsubscribe=One-Click";
        if path.ends_with(gone.as_str()) {
            // It is one of ours, and whoever holds it is mailed nothing: as good as done.
            assert_eq!(house.post(&path, one_click).await.status, StatusCode::OK);
        } else if path.starts_with("/u/") {
            assert_eq!(house.post(&path, one_click).await.body, page.body);
        }
    }
    assert_eq!(house.state().await, before);
}

#[tokio::test]
async fn who_is_unknown_leaves_by_the_same_page_and_the_same_answer() {
    let house = House::new().await;
    let before = house.state().await;
    let code = house.keys.address_code("ida@example.com");
    let unknown = |campaign| {
        let address = Some(code);
        let claims = UnsubscribeClaims {
            campaign,
            addressee: Addressee::Contact(ContactId(4_711)),
            address,
        };
        format!("/u/{}", house.keys.seal_unsubscribe(claims).unwrap().as_str())
    };
    for path in [unknown(house.campaign), unknown(CampaignId(9 << 24))] {
        let page = ask(&house.public, Method::GET, &path, "", "").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("value=\"topic\""), "{}", page.body);
        let known = house.post(&house.leave_link(), "List-Unsubscribe=One-Click").await;
        house.post(&house.leave_link(), "scope=return").await;
        let answer = house.post(&path, "List-Unsubscribe=One-Click").await;
        assert_eq!((answer.status, &answer.body), (known.status, &known.body));
        let left = house.post(&path, "scope=everything").await;
        assert_eq!(left.status, StatusCode::OK);
        assert!(left.body.contains("You are unsubscribed from everything"), "{}", left.body);
    }
    let kept = house.store.kept_removals_of(code).await.unwrap();
    assert_eq!(kept.len(), 2, "the topic, and everything: {kept:?}");
    assert_eq!(house.state().await.0, before.0);
}

#[tokio::test]
async fn a_post_without_a_wish_or_with_too_much_does_nothing() {
    let house = House::new().await;
    let before = house.state().await;
    let link = house.leave_link();
    assert_eq!(house.post(&link, "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.post(&link, "scope=rubbish").await.status, StatusCode::BAD_REQUEST);
    let long = format!("scope=everything&x={}", "x".repeat(9_000));
    assert_eq!(house.post(&link, &long).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(house.state().await, before);
}

#[tokio::test]
async fn the_links_of_a_test_message_say_so() {
    let house = House::new().await;
    let claims = Claims { campaign: house.campaign, addressee: Addressee::Test, slot: LinkSlot(0) };
    let path = format!("/u/{}", house.keys.seal(Purpose::Unsubscribe, claims).unwrap().as_str());
    let answer = ask(&house.public, Method::GET, &path, "", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("This is a test message"));
    let answer = house.post(&path, "List-Unsubscribe=One-Click").await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_message_can_be_read_as_a_page_without_script() {
    let house = House::new().await;
    let path = house.link(Purpose::Browse, "/v/");
    let answer = ask(&house.public, Method::GET, &path, "", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.body.contains("Hello mia"));
    assert!(answer.body.contains("https://t.aurora.example/o/"));
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("style-src 'unsafe-inline'") && !policy.contains("script-src"));
    assert_eq!(answer.headers["cache-control"], "private, no-store");
}

#[tokio::test]
async fn crawlers_are_asked_to_stay_out() {
    let house = House::new().await;
    let answer = ask(&house.public, Method::GET, "/robots.txt", "", "").await;
    assert_eq!(answer.body, "User-agent: *\nAllow: /archive/\nDisallow: /\n");
}

#[tokio::test]
async fn page_fragment_csv_and_json_say_the_same_numbers() {
    let house = House::new().await;
    house.post(&house.leave_link(), "List-Unsubscribe=One-Click").await;
    let base = format!("/admin/campaigns/{}", house.campaign);
    let json = house.get(&format!("{base}/report.json")).await;
    assert_eq!(json.headers["content-type"], "application/json");
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!((json["audience"].as_i64(), json["unsubscribes"].as_i64()), (Some(2), Some(1)));
    let csv = house.get(&format!("{base}/report.csv")).await.body;
    for path in [base.clone(), format!("{base}/live")] {
        let page = house.get(&path).await.body;
        let number = |key: &str| thousands(json[key].as_i64().unwrap());
        assert!(page.contains(&format!("Where all {} are", number("audience"))));
        assert!(page.contains(&format!("<small>{} contact</small>", number("unsubscribes"))));
        let sent = thousands(json["deliveries"]["sent"].as_i64().unwrap());
        assert!(page.contains(&format!("state=sent\">Sent</a></th><td class=\"n\">{sent}</td>")));
    }
    assert!(csv.contains("deliveries,audience,,2\n") && csv.contains("hits,unsubscribes,,1\n"));
}

#[tokio::test]
async fn the_list_shows_campaigns_and_an_empty_one_says_what_to_do() {
    let house = House::new().await;
    let page = house.get("/admin/campaigns").await.body;
    assert!(page.contains(&format!("href=\"/admin/campaigns/{}\"", house.campaign)));
    for rubbish in ["tab=rubbish", "cursor=rubbish", "cursor=0000000000000001ffffffffffffffff"] {
        let answer = house.get(&format!("/admin/campaigns?{rubbish}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{rubbish}");
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("empty.db"), StoreOptions::default()).unwrap();
    let empty = admin_of(store, files(dir.path()), None).await;
    let page = ask(&empty, Method::GET, "/admin/campaigns", "", "").await.body;
    assert!(page.contains("pharos campaign create"));
    let inbox = ask(&empty, Method::GET, "/admin/inbox", "", "").await;
    assert!(inbox.body.contains("pharos campaign test-send"), "{}", inbox.body);
}

#[tokio::test]
async fn every_campaign_is_on_one_of_the_pages() {
    let house = House::new().await;
    let sender = house.sender.clone();
    for number in 1..=520 {
        let name = Some(format!("Campaign {number}"));
        let wish = Create { name, topic: None, policy: InDoubtPolicy::NeverResend };
        campaign::create(&house.store, &sender, NOTICE, wish, START).await.unwrap();
    }
    let (mut path, mut seen) = ("/admin/campaigns".to_owned(), 0);
    loop {
        let page = house.get(&path).await.body;
        seen += page.matches("<tr class=\"mid\">").count();
        let next = page.split("href=\"").find(|rest| rest.contains(">Next page<"));
        let Some(next) = next else { break };
        path = next.split_once('"').unwrap().0.replace("&#38;", "&");
    }
    assert_eq!(seen, 521);
    let page = house.get(&path).await.body;
    assert!(page.contains("Aurora 4.2"), "the first one is on the last page: {page}");
    assert!(page.contains("To the beginning"));
    assert!(house.get("/admin/campaigns").await.body.contains("Campaign 520<"));
    let second = house.store.campaign_by_number(CampaignNumber(2)).await.unwrap().unwrap();
    let before = house.store.campaigns_before(second).await.unwrap();
    assert_eq!(before.len(), 1);
}

#[tokio::test]
async fn a_page_of_a_finished_campaign_asks_for_nothing_it_has_seen() {
    let house = House::new().await;
    let path = format!("/admin/campaigns/{}/live", house.campaign);
    let again = async |tag: &str| {
        let request = Request::get(&path).header("if-none-match", tag);
        let request = request.body(Body::empty()).unwrap();
        TowerToHyperService::new(house.admin.clone()).call(request).await.unwrap()
    };
    let tag = |answer: &Answer| answer.headers["etag"].to_str().unwrap().to_owned();
    house.store.campaign_act(house.campaign, CampaignAction::Finish, START).await.unwrap();
    let seen = tag(&house.get(&path).await);
    assert_eq!(again(&seen).await.status(), StatusCode::NOT_MODIFIED);
    house.post(&house.leave_link(), "List-Unsubscribe=One-Click").await;
    let news = again(&seen).await;
    assert_eq!(news.status(), StatusCode::OK);
    let seen = news.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(again(&seen).await.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_campaign_that_is_not_there_is_not_found() {
    let house = House::new().await;
    for path in ["77", "x", "77/live", "77/report.csv", "77/deliveries", "x/deliveries/1"] {
        let path = format!("/admin/campaigns/{path}");
        assert_eq!(house.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn pages_load_only_assets_that_are_there_and_keep_for_ever() {
    let house = House::new().await;
    let page = house.get("/admin/campaigns").await.body;
    let assets: Vec<&str> = page.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(assets.len(), 4);
    for path in assets {
        let answer = house.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.headers["cache-control"].to_str().unwrap().contains("immutable"));
    }
    assert!(!page.contains("http://") && !page.contains("https://"));
}

#[tokio::test]
async fn caught_mail_is_shown_in_a_frame_that_may_do_nothing() {
    let house = House::new().await;
    assert!(house.get("/admin/inbox").await.body.contains("No mail yet"));
    let message = "From: a@example.com\r\nTo: b@example.com\r\nSubject: Hello <you>\r\n\
        Content-Type: text/html\r\n\r\n<html><head></head><body><p>Hi<script>1</script></p></body></html>\r\n";
    let number = house.inbox.push(message.as_bytes().to_vec());
    assert!(house.get("/admin/inbox").await.body.contains("Hello &#60;you&#62;"));
    let page = house.get(&format!("/admin/inbox/{number}")).await.body;
    assert!(page.contains("sandbox=\"allow-popups"));
    let frame = house.get(&format!("/admin/inbox/{number}/html")).await;
    let policy = frame.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("sandbox allow-popups") && !policy.contains("script"));
    assert_eq!(frame.headers["x-frame-options"], "SAMEORIGIN");
    assert!(frame.body.contains("<head><base target=\"_blank\">"));
    let source = house.get(&format!("/admin/inbox/{number}?show=source")).await.body;
    assert!(source.contains("Subject: Hello"));
    assert_eq!(house.get("/admin/inbox/99").await.status, StatusCode::NOT_FOUND);
    assert_eq!(house.get("/admin/inbox/0").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn health_and_metrics_answer() {
    let house = House::new().await;
    assert_eq!(house.get("/healthz").await.body, "ok\n");
    assert_eq!(house.get("/readyz").await.body, "ready\n");
    assert_eq!(house.get("/metrics").await.body, "# EOF\n");
}

#[tokio::test]
async fn a_node_that_is_not_ready_lives_and_says_every_reason() {
    let house = House::new().await;
    let reasons = || vec!["hits are not shipped".to_owned(), "500 hits wait".to_owned()];
    let parts = HealthParts {
        store: house.store.clone(),
        this_machine_only: false,
        metrics: Arc::new(String::new),
        readiness: Arc::new(reasons),
    };
    let health = health_router(parts);
    let answer = ask(&health, Method::GET, "/readyz", "", "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.body, "hits are not shipped\n500 hits wait\n");
    assert_eq!(ask(&health, Method::GET, "/healthz", "", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_listener_for_operations_tells_health_and_metrics_and_nothing_of_people() {
    let house = House::new().await;
    let parts = HealthParts {
        store: house.store.clone(),
        this_machine_only: false,
        metrics: Arc::new(|| "# EOF\n".to_owned()),
        readiness: Arc::new(Vec::new),
    };
    let operations = health_router(parts);
    let ask = |path: &'static str| ask(&operations, Method::GET, path, "", "");
    assert_eq!(ask("/healthz").await.status, StatusCode::OK);
    assert_eq!(ask("/metrics").await.body, "# EOF\n");
    for path in ["/", "/campaigns/1", "/campaigns/1/report.json", "/inbox"] {
        assert_eq!(ask(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_public_listener_says_that_it_is_alive() {
    let house = House::new().await;
    let alive = ask(&house.public, Method::GET, "/healthz", "", "").await;
    assert_eq!((alive.status, alive.body.as_str()), (StatusCode::OK, "ok\n"));
    assert_eq!(ask(&house.public, Method::GET, "/metrics", "", "").await.status, 404);
}

#[tokio::test]
async fn links_work_with_what_was_glued_to_them_on_their_way() {
    let house = House::new().await;
    for link in [house.leave_link(), house.link(Purpose::Browse, "/v/")] {
        let encoded = format!("{}%{:02x}{}", &link[..3], link.as_bytes()[3], &link[4..]);
        for link in [format!("{link}."), format!("{link})"), format!("{link}&amp;x=1"), encoded] {
            let page = ask(&house.public, Method::GET, &link, "", "").await;
            assert_eq!(page.status, StatusCode::OK, "{link}");
        }
    }
    let link = format!("{}.", house.leave_link());
    assert_eq!(house.post(&link, "List-Unsubscribe=One-Click").await.status, StatusCode::OK);
    assert_eq!(house.state().await.0, Some(SubscriptionState::Unsubscribed));
}

#[tokio::test]
async fn a_hopeless_link_says_how_else_to_leave() {
    let house = House::new().await;
    let cut = &house.leave_link()[..30];
    for link in [cut, "/u/", "/v/%ff%", "/u/a/b/c", "/nothing"] {
        let page = ask(&house.public, Method::GET, link, "", "").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{link}");
        let text = page.body;
        assert!(text.contains("reply to any of our messages"), "{link}: {text}");
        assert!(text.contains("Aurora Software, 1 Pier Road, Porto"), "{link}: {text}");
    }
}

#[tokio::test]
async fn a_media_file_is_served_for_ever_and_nothing_else_is() {
    let house = House::new().await;
    let library = media::Library::new(house.store.clone(), house.files.clone());
    let add = |name: &str, content: &[u8]| {
        let (file_name, content) = (name.to_owned(), content.to_vec());
        library.add(media::Add { file_name, content, ..media::Add::default() }, START)
    };
    let pdf = add("Agenda.pdf", b"%PDF-1.7\n%%EOF\n").await.unwrap().record;
    let path = format!("/m/{}", pdf.files[0].file);
    for method in [Method::GET, Method::HEAD] {
        let answer = ask(&house.public, method.clone(), &path, "", "").await;
        assert_eq!(answer.status, StatusCode::OK);
        let header = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!(header("content-type"), "application/pdf");
        assert_eq!(header("content-length"), "15");
        assert_eq!(header("content-disposition"), "attachment; filename=\"agenda.pdf\"");
        assert_eq!(header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(header("cross-origin-resource-policy"), "cross-origin");
        let body = if method == Method::GET { "%PDF-1.7\n%%EOF\n" } else { "" };
        assert_eq!(answer.body, body);
    }
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    let gif = add("dot.gif", gif).await.unwrap().record;
    let answer =
        ask(&house.public, Method::GET, &format!("/m/{}", gif.files[0].file), "", "").await;
    assert_eq!(answer.headers["content-type"], "image/gif");
    assert!(!answer.headers.contains_key("content-disposition"));
    for other in [
        "/m/".to_owned(),
        "/m/agenda.pdf".to_owned(),
        path.replace("agenda", "other"),
        path.replace(".pdf", ".png"),
        path.replace(".pdf", ".html"),
        "/m/..%2f..%2fkeys".to_owned(),
        format!("{path}%00"),
        format!("{path}/x"),
    ] {
        let answer = ask(&house.public, Method::GET, &other, "", "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{other}");
        assert_eq!(answer.headers["cache-control"], "private, no-store", "{other}");
    }
    let answer = ask(&house.public, Method::POST, &path, "", "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}
