//! People's own accounts: the way in, what they see, and what they do there.

use actions::AccountCounts;
use model::{AddressCode, HitKind, Removal, TrackingMode};
use serde_json::Value;
use store::{AuditFilter, Scope, TopicsWanted};

use super::*;

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const MIA: &str = "mia@example.com";

impl House {
    async fn saw_click(&self) {
        self.saw_from(HitKind::Click(LinkSlot(0)), 20).await;
    }
}

async fn send(
    house: &House,
    method: Method,
    path: &str,
    body: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request =
        Request::builder().method(method).uri(path).header("host", "w.aurora.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request = request.header("content-type", URLENCODED);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = TowerToHyperService::new(house.public.clone()).call(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 4 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn look(house: &House, path: &str, cookie: &str) -> Answer {
    send(house, Method::GET, path, "", &[("cookie", cookie)]).await
}

async fn post(house: &House, path: &str, body: &str, cookie: &str) -> Answer {
    send(house, Method::POST, path, body, &[OWN, ("cookie", cookie)]).await
}

/// Asks for a link and waits until whatever is mailed is mailed.
async fn ask_for(house: &House, body: &str) -> Answer {
    let answer = post(house, "/account", body, "").await;
    settled(house).await;
    answer
}

async fn settled(house: &House) {
    while house.accounts.waiting() > 0 {
        tokio::task::yield_now().await;
    }
}

fn mailed(house: &House) -> Vec<(String, String)> {
    house.relay.asked()
}

/// The path of the link in the newest mail.
fn link_in_mail(house: &House) -> String {
    let (_, message) = mailed(house).pop().unwrap();
    let text = message.replace("=\r\n", "");
    let start = text.find("/account/").unwrap();
    text[start..].split_whitespace().next().unwrap().to_owned()
}

/// The `Cookie` header of a browser in which Mia's account is open.
async fn opened(house: &House) -> String {
    ask_for(house, "address=mia%40example.com").await;
    let answer = post(house, &link_in_mail(house), "act=open", "").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-pharos_account="), "{cookie}");
    assert!(cookie.contains("HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    cookie.split(';').next().unwrap().to_owned()
}

async fn json_of(house: &House, cookie: &str) -> Value {
    let file = look(house, "/account/files/data.json", cookie).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    serde_json::from_str(&file.body).unwrap()
}

#[tokio::test]
async fn whoever_asks_gets_the_same_answer_and_a_contact_a_link() {
    let house = House::new().await;
    let nobody = ask_for(&house, "address=nobody%40example.com").await;
    assert_eq!(nobody.status, StatusCode::OK);
    assert!(mailed(&house).is_empty());
    let known = ask_for(&house, "address=MIA%40example.com").await;
    assert_eq!((known.status, &known.body), (nobody.status, &nobody.body));
    let names =
        |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&known), names(&nobody));
    let mails = mailed(&house);
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].0, MIA);
    assert!(mails[0].1.contains("Subject: Your data at Aurora Software"), "{}", mails[0].1);
    assert!(!known.body.contains("mia"), "{}", known.body);
    let wrong = ask_for(&house, "address=mia").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("name@example.com") && wrong.body.contains("value=\"mia\""));
    let foreign = [("sec-fetch-site", "cross-site")];
    let foreign = send(&house, Method::POST, "/account", "address=mia%40example.com", &foreign);
    assert_eq!(foreign.await.status, StatusCode::FORBIDDEN);
    settled(&house).await;
    assert_eq!(mailed(&house).len(), 1);
}

#[tokio::test]
async fn unsubscribing_takes_nobody_the_way_in_and_a_hard_bounce_does() {
    let house = House::new().await;
    house.post(&house.leave_link(), "scope=everything").await;
    ask_for(&house, "address=mia%40example.com").await;
    assert_eq!(mailed(&house).len(), 1);
    let email = EmailAddress::parse("zoe@example.com").unwrap();
    let suppress =
        audience::suppress(&house.store, &house.keys, &email, Removal::HardBounce, START);
    suppress.await.unwrap();
    let answer = ask_for(&house, "address=zoe%40example.com").await;
    assert_eq!((answer.status, mailed(&house).len()), (StatusCode::OK, 1));
}

#[tokio::test]
async fn the_link_of_a_message_mails_the_way_in_and_is_none() {
    let house = House::new().await;
    let link = house.leave_link();
    for page in [link.clone(), link.replace("/u/", "/t/")] {
        let shown = ask(&house.public, Method::GET, &page, "", "").await.body;
        assert!(shown.contains("action=\"../account\""), "{shown}");
    }
    let body = format!("link={}", link.trim_start_matches("/u/"));
    let answer = ask_for(&house, &body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(!answer.headers.contains_key("set-cookie"));
    assert_eq!(mailed(&house)[0].0, MIA);
    let forged = ask_for(&house, "link=forged").await;
    assert_eq!((forged.status, mailed(&house).len()), (StatusCode::NOT_FOUND, 1));
    // The token of a message opens nothing.
    let token = link.trim_start_matches("/u/");
    let opened = post(&house, &format!("/account/{token}"), "act=open", "").await;
    assert_eq!(opened.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn looking_uses_no_link_up_and_using_it_does() {
    let house = House::new().await;
    ask_for(&house, "address=mia%40example.com").await;
    let link = link_in_mail(&house);
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let shown = send(&house, method.clone(), &link, "act=open", &[OWN]).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(!shown.headers.contains_key("set-cookie"));
        assert_eq!(shown.body.contains("m•••@example.com"), method == Method::GET);
    }
    let glued = look(&house, &format!("{link}."), "").await;
    assert_eq!(glued.status, StatusCode::OK, "with the full stop behind it");
    let foreign = send(&house, Method::POST, &link, "act=open", &[]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let first = post(&house, &link, "act=open", "").await;
    assert_eq!(
        (first.status, &first.headers["location"]),
        (StatusCode::SEE_OTHER, &"/account/data".parse().unwrap())
    );
    for method in [Method::GET, Method::POST] {
        let again = send(&house, method, &link, "act=open", &[OWN]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
        assert!(again.body.contains("does not work any more"), "{}", again.body);
        assert!(!again.headers.contains_key("set-cookie"));
    }
}

#[tokio::test]
async fn an_address_gets_three_links_an_hour_and_a_network_has_to_wait() {
    let house = House::new().await;
    for _ in 0..5 {
        assert_eq!(ask_for(&house, "address=mia%40example.com").await.status, StatusCode::OK);
    }
    assert_eq!(mailed(&house).len(), 3);
    let mut last = None;
    for _ in 0..16 {
        last = Some(ask_for(&house, "address=nobody%40example.com").await);
    }
    let last = last.unwrap();
    assert_eq!(last.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers.contains_key("retry-after"));
    let AccountCounts { limited, .. } = house.accounts.counts();
    assert!(limited.load(std::sync::atomic::Ordering::Relaxed) >= 3);
}

#[tokio::test]
async fn without_a_session_nothing_is_shown_and_nothing_done() {
    let house = House::new().await;
    let before = house.state().await;
    for cookie in
        ["", "__Host-pharos_account=x", &format!("__Host-pharos_account={}", "A".repeat(43))]
    {
        for path in ["/account/data", "/account/files/data.json", "/account/files/mails.csv"] {
            let answer = look(&house, path, cookie).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
            assert_eq!(answer.headers["location"], "/account");
        }
        for act in ["leave-all", "erase", "stop"] {
            let answer = post(&house, "/account/data", &format!("act={act}"), cookie).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{act}");
        }
    }
    assert_eq!(house.state().await, before);
    let cookie = opened(&house).await;
    let foreign = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-site")];
    let foreign = send(&house, Method::POST, "/account/data", "act=erase", &foreign).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert_eq!(house.state().await, before);
}

#[tokio::test]
async fn everything_that_is_kept_is_shown() {
    let house = House::new().await;
    house.saw(HitKind::View).await;
    house.saw_click().await;
    let code = AddressCode::of(&house.keys.address_hash(MIA));
    let keep = house.store.removal_keep(code, Scope::Everything, Removal::Page, None, START);
    keep.await.unwrap();
    let visitors = house.store.contact_visitors(house.contact).await.unwrap();
    assert_eq!(visitors.len(), 1, "the click ties a browser");
    let tested = store::NewTestMessage {
        campaign: house.campaign,
        email_key: MIA.into(),
        contact: Some(house.contact),
        raw: b"x".to_vec(),
    };
    house.store.test_message_keep(tested, START).await.unwrap();
    audience::say_tracking_here(&house.store, house.contact, TrackingMode::Off, false, START)
        .await
        .unwrap();
    let cookie = opened(&house).await;
    let kept = json_of(&house, &cookie).await;
    assert_eq!(kept["profile"]["address"], MIA);
    assert_eq!(kept["profile"]["attributes"]["first_name"], "mia");
    assert_eq!(kept["subscriptions"][0]["topic"], "Release notices");
    let consents = kept["consents"].as_array().unwrap();
    assert!(consents.iter().any(|it| it["how"] == "test" && it["granted"] == true));
    assert!(consents.iter().any(|it| it["how"] == "account" && it["about"] == "tracking"));
    assert_eq!(kept["tracking"]["said"], "off");
    assert_eq!(kept["mails"][0]["state"], "sent");
    assert_eq!(kept["mails"][0]["clicked"], true);
    let hits = kept["views_and_clicks"].as_array().unwrap();
    assert!(hits.iter().any(|it| it["kind"] == "click" && it["class"] == "person"), "{hits:?}");
    assert!(hits.iter().any(|it| it["kind"] == "view"));
    assert_eq!(kept["browsers"][0]["browser"], visitors[0].visitor.to_string());
    assert_eq!(kept["said_before"][0]["how"], "page");
    assert_eq!(kept["test_messages"].as_array().unwrap().len(), 1);
    let page = look(&house, "/account/data", &cookie).await.body;
    for words in
        [MIA, "first_name", "Release notices", "a person", "Browser 3f3f-3f3", "this account"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let file = look(&house, "/account/files/data.html", &cookie).await;
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"data.html\"");
    assert!(file.body.contains(MIA) && !file.body.contains("<form"), "{}", file.body);
    let table = look(&house, "/account/files/mails.csv", &cookie).await;
    assert!(table.body.lines().nth(1).unwrap().contains(",sent,"), "{}", table.body);
    assert_eq!(look(&house, "/account/files/keys.csv", &cookie).await.status, 404);
}

#[tokio::test]
async fn r06_what_somebody_corrects_or_chooses_is_done() {
    let house = House::new().await;
    house.saw_click().await;
    let cookie = opened(&house).await;
    let act = async |body: &str| {
        let answer = post(&house, "/account/data", body, &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{body}: {}", answer.body);
        assert!(answer.body.contains("role=\"status\""), "{body}: {}", answer.body);
    };
    act("act=correct&attribute.first_name=Maria&attribute.admin=yes").await;
    let contact = async || house.store.contact_find(house.contact).await.unwrap().unwrap();
    let attributes = contact().await.attributes;
    assert_eq!(attributes.get("first_name").map(String::as_str), Some("Maria"));
    assert!(!attributes.contains_key("admin"), "only what is there can be corrected");
    act("act=topics").await;
    assert_eq!(house.state().await.0, Some(SubscriptionState::Unsubscribed));
    act("act=topics&topic=news&topic=secrets").await;
    assert_eq!(house.state().await.0, Some(SubscriptionState::Subscribed));
    act("act=leave-all").await;
    assert_eq!(house.state().await.1.as_deref(), Some("unsubscribed"));
    act("act=topics&topic=news").await;
    assert_eq!(house.state().await.1, None);
    act("act=stop").await;
    let mode = async || house.store.contact_tracking(house.contact).await.unwrap();
    assert_eq!(mode().await, Some(TrackingMode::Off));
    act("act=allow").await;
    assert_eq!(mode().await, Some(TrackingMode::Identified));
    let visitors = async || house.store.contact_visitors(house.contact).await.unwrap();
    let browser = visitors().await[0].visitor.to_string();
    act(&format!("act=cut&browser={browser}")).await;
    assert!(visitors().await.is_empty());
    let consents = house.store.contact_consents(house.contact).await.unwrap();
    let own = consents.iter().filter(|it| it.source == "account").count();
    assert_eq!(own, 6, "each word is in the ledger: {consents:?}");
    let nothing = post(&house, "/account/data", "act=dance", &cookie).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    let closed = post(&house, "/account/data", "act=close", &cookie).await;
    assert!(closed.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(look(&house, "/account/data", &cookie).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_topic_is_offered_when_its_archive_is_open() {
    let house = House::new().await;
    let topic = house.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let cookie = opened(&house).await;
    assert!(!look(&house, "/account/data", &cookie).await.body.contains("Offers"));
    post(&house, "/account/data", "act=topics&topic=news&topic=offers", &cookie).await;
    assert_eq!(house.store.subscription_state(house.contact, topic).await.unwrap(), None);
    house.store.topic_archive_set(topic, true).await.unwrap();
    assert!(look(&house, "/account/data", &cookie).await.body.contains("Offers"));
    post(&house, "/account/data", "act=topics&topic=news&topic=offers", &cookie).await;
    let state = house.store.subscription_state(house.contact, topic).await.unwrap();
    assert_eq!(state, Some(SubscriptionState::Subscribed));
    let nothing = TopicsWanted::default();
    assert!(!house.store.account_choose(house.contact, nothing, [0; 32], START).await.unwrap());
}

#[tokio::test]
async fn another_address_holds_when_its_mailbox_is_proved() {
    let house = House::new().await;
    let cookie = opened(&house).await;
    let wrong = post(&house, "/account/data", "act=address&address=maria", &cookie).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = post(&house, "/account/data", "act=address&address=maria%40example.com", &cookie);
    assert_eq!(asked.await.status, StatusCode::OK);
    settled(&house).await;
    let address = async || house.store.contact_find(house.contact).await.unwrap().unwrap().email;
    assert_eq!(address().await.as_str(), MIA, "not yet");
    let link = link_in_mail(&house);
    assert_eq!(mailed(&house).pop().unwrap().0, "maria@example.com");
    let opens = post(&house, &link, "act=open", "").await;
    assert_eq!(opens.status, StatusCode::NOT_FOUND, "it is no way in");
    assert!(look(&house, &link, "").await.body.contains("Is this your new address?"));
    assert_eq!(address().await.as_str(), MIA, "looking changes nothing");
    let done = post(&house, &link, "act=change", "").await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(address().await.as_str(), "maria@example.com");
    settled(&house).await;
    let told = mailed(&house).pop().unwrap();
    assert_eq!(told.0, MIA, "the old address is told");
    assert_eq!(post(&house, &link, "act=change", "").await.status, StatusCode::NOT_FOUND);
    // Somebody else's is refused when it is proved, and not before.
    let taken = post(&house, "/account/data", "act=address&address=zoe%40example.com", &cookie);
    assert_eq!(taken.await.status, StatusCode::OK);
    settled(&house).await;
    let refused = post(&house, &link_in_mail(&house), "act=change", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert_eq!(address().await.as_str(), "maria@example.com");
}

#[tokio::test]
async fn an_erasure_says_what_it_does_and_ends_the_session() {
    let house = House::new().await;
    house.saw_click().await;
    let cookie = opened(&house).await;
    let sure = post(&house, "/account/data", "act=ask-erase", &cookie).await;
    assert!(sure.body.contains("keyed code") && sure.body.contains("value=\"erase\""));
    assert!(house.store.contact_find(house.contact).await.unwrap().is_some(), "only asked");
    let erased = post(&house, "/account/data", "act=erase", &cookie).await;
    assert_eq!(erased.status, StatusCode::OK, "{}", erased.body);
    assert!(erased.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert!(house.store.contact_find(house.contact).await.unwrap().is_none());
    assert_eq!(look(&house, "/account/data", &cookie).await.status, StatusCode::SEE_OTHER);
    let (to, receipt) = mailed(&house).pop().unwrap();
    assert_eq!(to, MIA);
    let start = erased.body.find("Receipt ").unwrap() + "Receipt ".len();
    let number = erased.body[start..].split(',').next().unwrap();
    assert!(receipt.replace("=\r\n", "").contains(number), "{number}: {receipt}");
    let object = AuditFilter::Object { kind: "contact".into(), id: house.contact.to_string() };
    let log = house.store.audit_page(object, i64::MAX, 10).await.unwrap();
    assert!(log.iter().any(|it| it.action == "contact.erase"
        && it.after.as_deref().is_some_and(|after| after.contains(number))));
    // What they did becomes nobody's.
    while house.store.events_forget().await.unwrap() {}
    let hits = house.store.account_events(house.contact, Timestamp(0)).await.unwrap();
    assert!(hits.hits.is_empty());
    assert!(house.store.contact_visitors(house.contact).await.unwrap().is_empty());
    let again = ask_for(&house, "address=mia%40example.com").await;
    assert_eq!(again.status, StatusCode::OK);
    assert_eq!(mailed(&house).len(), 2, "the link and the receipt, and nothing more");
}

/// Every field that somebody fills in has a name that is read out.
fn check_labels(page: &str) {
    for input in page.split("<input ").skip(1) {
        let (tag, _) = input.split_once('>').unwrap();
        if tag.contains("type=\"hidden\"") {
            continue;
        }
        let at = page.find(input).unwrap();
        let before = &page[..at];
        let within = before.rfind("<label") > before.rfind("</label>");
        let id = tag.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
        let named = id.is_some_and(|id| page.contains(&format!("for=\"{id}\"")));
        assert!(within || named, "no label: <input {tag}>");
    }
}

#[tokio::test]
async fn pages_are_in_the_language_of_their_reader_and_every_field_has_a_label() {
    let house = House::new().await;
    let german = send(&house, Method::GET, "/account", "", &[("accept-language", "de-AT")]).await;
    assert!(german.body.contains("<html lang=\"de\" dir=\"ltr\">"), "{}", german.body);
    assert!(german.body.contains("Ihre E-Mail-Adresse"));
    check_labels(&german.body);
    let chosen = look(&house, "/account?lang=de", "").await.body;
    assert!(chosen.contains("action=\"/account?lang=de\""), "the choice is kept: {chosen}");
    assert!(chosen.contains("hreflang=\"en\""));
    let arabic = look(&house, "/account?lang=ar", "").await.body;
    assert!(arabic.contains("<html lang=\"ar\" dir=\"rtl\">"), "{arabic}");
    check_labels(&arabic);
    let edit = audience::EditContact {
        attributes: BTreeMap::from([("language".to_owned(), "de-DE".to_owned())]),
        ..Default::default()
    };
    audience::edit(&house.store, &house.keys, house.contact, None, edit, START).await.unwrap();
    let leave = ask(&house.public, Method::GET, &house.leave_link(), "", "").await.body;
    assert!(leave.contains("<html lang=\"de\"") && leave.contains("Diese E-Mails abbestellen?"));
    let tracking = house.leave_link().replace("/u/", "/t/");
    let tracking = ask(&house.public, Method::GET, &tracking, "", "").await.body;
    assert!(tracking.contains("Nichts mehr von mir erfassen"), "{tracking}");
    let cookie = opened(&house).await;
    assert!(
        mailed(&house)[0].1.contains("Ihre Daten bei Aurora Software"),
        "in their own language"
    );
    let page = look(&house, "/account/data", &cookie).await.body;
    assert!(page.contains("<html lang=\"de\"") && page.contains("Was Sie bekommen"), "{page}");
    check_labels(&page);
    let english = look(&house, "/account/data?lang=en", &cookie).await.body;
    assert!(english.contains("What you get"));
    check_labels(&english);
}

#[tokio::test]
async fn where_there_are_no_accounts_nothing_leads_to_one() {
    let house = House::new().await;
    let folder = tempfile::tempdir().unwrap();
    let without = |store: Option<Store>, at: &str| {
        let folder = folder.path().join(at);
        public_router(PublicParts {
            store,
            keys: house.keys.clone(),
            removals: RemovalJournal::open(&folder, house.keys.clone()).unwrap().0,
            sender: always(&house.sender),
            files: files(&folder),
            counters: Arc::default(),
            cookie: cookie(&house.keys),
            account: None,
            joins: None,
            trusted_proxies: Arc::new([]),
        })
    };
    let none = without(Some(house.store.clone()), "none");
    assert_eq!(ask(&none, Method::GET, "/account", "", "").await.status, StatusCode::NOT_FOUND);
    let leave = ask(&none, Method::GET, &house.leave_link(), "", "").await;
    assert!(!leave.body.contains("/account"));
    let early = without(None, "early");
    let answer = ask(&early, Method::GET, "/account", "", "").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn whoever_asks_in_the_account_is_mailed_that_it_has_arrived() {
    let house = House::new().await;
    let cookie = opened(&house).await;
    let before = mailed(&house).len();
    let body = "act=ask-us&kind=access&text=A+copy+please";
    let answer = post(&house, "/account/data", body, &cookie).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    settled(&house).await;
    let mails = mailed(&house);
    assert_eq!(mails.len(), before + 1);
    let (to, message) = mails.last().unwrap();
    assert!(to.contains(MIA) && message.contains("has received your request"), "{message}");
}

#[tokio::test]
async fn a_pause_is_chosen_shown_and_downloaded_in_the_account() {
    let house = House::new().await;
    let cookie = opened(&house).await;
    let wrong = post(&house, "/account/data", "act=pause&pause=date&until=soon", &cookie).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
    let paused = post(&house, "/account/data", "act=pause&pause=month", &cookie).await;
    assert_eq!(paused.status, StatusCode::OK, "{}", paused.body);
    assert!(paused.body.contains("Paused until"), "{}", paused.body);
    let now = Timestamp::from_system(std::time::SystemTime::now());
    let until = house.store.contact_paused_until(house.contact, now).await.unwrap().unwrap();
    let file = look(&house, "/account/files/data.json", &cookie).await;
    let kept: Value = serde_json::from_str(&file.body).unwrap();
    assert_eq!(kept["paused_until"], until.rfc3339().as_str());
    let kept = post(&house, "/account/data", "act=pause&pause=keep", &cookie).await;
    assert!(kept.body.contains("Nothing was changed"), "{}", kept.body);
    post(&house, "/account/data", "act=pause&pause=none", &cookie).await;
    assert_eq!(house.store.contact_paused_until(house.contact, now).await.unwrap(), None);
}

#[tokio::test]
async fn whether_they_may_be_shared_is_chosen_and_downloaded_in_the_account() {
    let house = House::new().await;
    let cookie = opened(&house).await;
    let page = look(&house, "/account/data", &cookie).await;
    assert!(!page.body.contains("sharing-shown"), "nothing was announced");
    house.announce_sharing().await;
    let page = look(&house, "/account/data", &cookie).await;
    assert!(page.body.contains("name=\"sharing-shown\""), "{}", page.body);
    let kept = post(&house, "/account/data", "act=sharing&sharing-shown=yes&sharing=yes", &cookie);
    assert!(kept.await.body.contains("Nothing was changed"));
    let said = post(&house, "/account/data", "act=sharing&sharing-shown=yes", &cookie).await;
    assert!(said.body.contains("sharing with others: withdrawn"), "{}", said.body);
    assert_eq!(house.store.contact_sharing(house.contact).await.unwrap(), Some(false));
    let file = look(&house, "/account/files/data.json", &cookie).await;
    let kept: Value = serde_json::from_str(&file.body).unwrap();
    assert_eq!(kept["sharing"]["allowed"], false, "{}", kept["sharing"]);
    assert_eq!(kept["sharing"]["notices"][0]["recipient"], "Friends");
    assert_eq!(kept["consents"][0]["about"], "sharing", "{}", kept["consents"]);
    assert_eq!(kept["consents"][0]["how"], "account");
    let file = look(&house, "/account/files/data.html", &cookie).await;
    assert!(file.body.contains("Friends") && !file.body.contains("sharing-shown"));
}
