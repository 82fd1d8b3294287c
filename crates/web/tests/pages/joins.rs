//! Joining by a form: what its page shows, what it takes and refuses, and the link that confirms it.

use std::time::Duration;

use actions::JoinStamp;
use model::{AttributeKind, Removal};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use store::{DeclaredAttribute, FormField, JoinForm, Scope};

use super::*;

const OWN: (&str, &str) = ("sec-fetch-site", "same-origin");
const SITE: &str = "https://www.aurora.example";
const JSON: (&str, &str) = ("accept", "application/json");

/// A form that asks for a city, which must be filled in, a plan and a date.
async fn form_of(house: &House) -> JoinForm {
    let declare = |name: &str, kind: AttributeKind| DeclaredAttribute {
        name: name.to_owned(),
        kind,
        label: format!("Your {name}"),
        position: 1,
        created_at: None,
    };
    let plan = AttributeKind::parse("list", &["pro".to_owned(), "team".to_owned()]).unwrap();
    for (name, kind) in
        [("city", AttributeKind::Text), ("plan", plan), ("since", AttributeKind::Date)]
    {
        house.store.attribute_set(declare(name, kind), None, START).await.unwrap();
    }
    let field = |name: &str| FormField { attribute: name.to_owned(), is_required: name == "city" };
    let offers = house.store.topic_ensure("offers".into(), "Offers".into()).await.unwrap();
    let form = JoinForm {
        name: "newsletter".to_owned(),
        title: "News from Aurora".to_owned(),
        topics: vec![house.topic, offers],
        fields: vec![field("city"), field("plan"), field("since")],
        notice: "We write once a month.\n\nYou can leave at any time.".to_owned(),
        notice_version: 0,
        language: None,
        redirect: None,
        origins: vec![SITE.to_owned()],
        asks_age: false,
        is_open: true,
        created_at: START,
        updated_at: START,
    };
    house.store.form_set(form, START).await.unwrap()
}

pub(super) async fn send(
    house: &House,
    (method, path): (Method, &str),
    body: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request =
        Request::builder().method(method).uri(path).header("host", "w.aurora.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header("content-type", URLENCODED);
    let request = request.body(Body::from(body.to_owned())).unwrap();
    let response = TowerToHyperService::new(house.public.clone()).call(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 4 << 20).await.unwrap();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    Answer { status: parts.status, headers: parts.headers, body }
}

async fn look(house: &House, path: &str) -> Answer {
    send(house, (Method::GET, path), "", &[]).await
}

/// A stamp of some seconds ago with its proof, as fields.
fn proved(house: &House) -> String {
    let before =
        Timestamp::from_system(std::time::SystemTime::now()).before(Duration::from_secs(9));
    let stamp = house.joins.stamp("newsletter", JoinStamp::Form, before).unwrap();
    let begins_with_zeros = |number: &u64| {
        let hash = Sha256::digest(format!("{stamp}:{number}").as_bytes());
        hash[0] == 0 && hash[1] == 0
    };
    let proof = (0..).find(begins_with_zeros).unwrap();
    format!("stamp={stamp}&proof={proof}")
}

/// Sends the form with a proof and waits until whatever is mailed is mailed.
async fn join(house: &House, fields: &str) -> Answer {
    let body = format!("{fields}&{}", proved(house));
    let answer = send(house, (Method::POST, "/join/newsletter"), &body, &[]).await;
    settled(house).await;
    answer
}

async fn settled(house: &House) {
    while house.joins.waiting() > 0 {
        tokio::task::yield_now().await;
    }
}

/// The path of the link in the newest mail.
fn link_in_mail(house: &House) -> String {
    let (_, message) = house.relay.asked().pop().unwrap();
    let text = message.replace("=\r\n", "");
    let start = text.find("/confirm/").unwrap();
    text[start..].split_whitespace().next().unwrap().to_owned()
}

fn field(page: &str, name: &str) -> String {
    let start = page.find(&format!("name=\"{name}\" value=\"")).unwrap();
    page[start..].split('"').nth(3).unwrap().to_owned()
}

const NEW: &str = "address=new%40example.com&topic=news&attribute.city=Rome";

#[tokio::test]
async fn the_page_of_a_form_has_labels_and_nothing_ticked() {
    let house = House::new().await;
    form_of(&house).await;
    let page = look(&house, "/join/newsletter").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    for words in [
        "<h1 dir=\"auto\">News from Aurora</h1>",
        "<label class=\"field\" for=\"address\">",
        "Your city</bdi></span>",
        "Your plan</bdi> (optional)",
        "<option value=\"pro\">pro</option>",
        "type=\"date\"",
        "You can leave at any time.",
        "<script src=\"/join.js\" defer></script>",
    ] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains(" checked") && !page.body.contains(" selected"), "{}", page.body);
    assert!(!page.headers.contains_key("set-cookie"));
    let arabic = look(&house, "/join/newsletter?lang=ar").await;
    assert!(arabic.body.contains("lang=\"ar\" dir=\"rtl\""), "{}", arabic.body);
    assert!(arabic.body.contains("action=\"/join/newsletter?lang=ar\""));
    for (path, status) in
        [("/join/none", StatusCode::NOT_FOUND), ("/join/%00", StatusCode::NOT_FOUND)]
    {
        assert_eq!(look(&house, path).await.status, status, "{path}");
    }
    house.store.form_close("newsletter".into(), START).await.unwrap();
    assert_eq!(look(&house, "/join/newsletter").await.status, StatusCode::GONE);
    assert_eq!(join(&house, NEW).await.status, StatusCode::GONE);
    assert!(house.relay.asked().is_empty());
}

#[tokio::test]
async fn whoever_joins_gets_the_same_answer_and_a_link_that_works_once() {
    let house = House::new().await;
    form_of(&house).await;
    let new = join(&house, NEW).await;
    assert_eq!(new.status, StatusCode::OK, "{}", new.body);
    assert!(new.body.contains("Look into your mailbox"), "{}", new.body);
    assert_eq!(house.relay.asked().len(), 1);
    let (to, message) = house.relay.asked()[0].clone();
    assert_eq!(to, "new@example.com");
    assert!(message.contains("Subject: Please confirm: mail from Aurora Software"), "{message}");
    let text = message.replace("=\r\n", "");
    assert!(text.contains("Release notices"), "{text}");
    let known = house.store.contact_by_email(EmailAddress::parse(&to).unwrap()).await.unwrap();
    assert!(known.is_none(), "nobody is a contact before they have confirmed");
    let link = link_in_mail(&house);
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let shown = send(&house, (method, &link), "", &[]).await;
        assert_eq!(shown.status, StatusCode::OK);
    }
    let foreign =
        send(&house, (Method::POST, &link), "", &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let done = send(&house, (Method::POST, &link), "act=confirm", &[OWN]).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(done.body.contains("You are signed up"), "{}", done.body);
    let again = send(&house, (Method::POST, &link), "act=confirm", &[OWN]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    let contact = house.store.contact_by_email(EmailAddress::parse(&to).unwrap()).await.unwrap();
    let contact = contact.unwrap();
    assert_eq!(contact.attributes["city"], "Rome");
    let state = house.store.subscription_state(contact.id, house.topic).await.unwrap();
    assert_eq!(state, Some(SubscriptionState::Subscribed));

    // A contact, one who must not be mailed, one who has left, one who was erased.
    let zoe = EmailAddress::parse("zoe@example.com").unwrap();
    let hash = house.keys.address_hash(&zoe.key());
    house.store.address_suppress(zoe.key(), Removal::HardBounce, hash, START).await.unwrap();
    let hash = house.keys.address_hash("gone@example.com");
    house.store.address_erase("gone@example.com".into(), hash, START).await.unwrap();
    let mails = house.relay.asked().len();
    for address in ["mia", "zoe", "gone"] {
        let fields = NEW.replace("new%40", &format!("{address}%40"));
        let answer = join(&house, &fields).await;
        assert_eq!((answer.status, &answer.body), (new.status, &new.body), "{address}");
        let names = |it: &Answer| it.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&answer), names(&new), "{address}");
    }
    let told: Vec<String> = house.relay.asked().into_iter().skip(mails).map(|it| it.0).collect();
    assert_eq!(told, ["mia@example.com", "gone@example.com"], "none where mail comes back");
}

#[tokio::test]
async fn an_address_gets_one_mail_an_hour_and_its_word_lifts_their_own() {
    let house = House::new().await;
    form_of(&house).await;
    let (hash, scope) = (house.keys.address_hash("mia@example.com"), Scope::Everything);
    let leaving = house.store.contact_leave(house.contact, scope, Removal::Page, None, hash, START);
    leaving.await.unwrap();
    let fields = NEW.replace("new%40", "mia%40");
    for _ in 0..3 {
        assert_eq!(join(&house, &fields).await.status, StatusCode::OK);
    }
    assert_eq!(house.relay.asked().len(), 1);
    let before = house.state().await;
    assert_eq!(before.1.as_deref(), Some("unsubscribed"), "until it is confirmed");
    let done = send(&house, (Method::POST, &link_in_mail(&house)), "", &[OWN]).await;
    assert!(done.body.contains("You are signed up"), "{}", done.body);
    let (state, reason, _) = house.state().await;
    assert_eq!((state, reason), (Some(SubscriptionState::Subscribed), None));
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_lost() {
    let house = House::new().await;
    form_of(&house).await;
    let body = "address=mia&attribute.plan=gold&attribute.since=tomorrow&topic=unknown";
    let wrong = join(&house, body).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in [
        "value=\"mia\" aria-invalid=\"true\" aria-describedby=\"address-wrong\"",
        "id=\"field-0-wrong\">Please fill this in.",
        "id=\"field-1-wrong\">This does not fit here.",
        "id=\"field-2-wrong\">This does not fit here.",
        "id=\"topics-wrong\">Please choose at least one.",
        "role=\"alert\"",
    ] {
        assert!(wrong.body.contains(words), "{words}: {}", wrong.body);
    }
    let told = send(&house, (Method::POST, "/join/newsletter"), body, &[JSON]).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told: Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(told["problems"][0], serde_json::json!({"field": "address", "problem": "wrong"}));
    assert_eq!(told["problems"].as_array().unwrap().len(), 5, "{told}");
    assert!(house.relay.asked().is_empty());
}

#[tokio::test]
async fn without_a_script_a_button_is_pressed_and_a_program_is_not_heard() {
    let house = House::new().await;
    form_of(&house).await;
    let asked = send(&house, (Method::POST, "/join/newsletter"), NEW, &[]).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.body.contains("One more step"), "{}", asked.body);
    assert!(house.relay.asked().is_empty());
    assert_eq!(field(&asked.body, "address"), "new@example.com");
    let body = format!("{NEW}&stamp={}", field(&asked.body, "stamp"));
    let pressed = send(&house, (Method::POST, "/join/newsletter"), &body, &[]).await;
    settled(&house).await;
    assert!(pressed.body.contains("Look into your mailbox"), "{}", pressed.body);
    assert_eq!(house.relay.asked().len(), 1);
    let again = send(&house, (Method::POST, "/join/newsletter"), &body, &[]).await;
    assert!(again.body.contains("One more step"), "a stamp is good once");
    let trapped = join(&house, &format!("{}&website=x", NEW.replace("new%40", "bot%40"))).await;
    assert_eq!(trapped.body, pressed.body, "it learns nothing");
    assert_eq!(house.relay.asked().len(), 1);
}

#[tokio::test]
async fn scripts_of_sites_that_the_form_names_read_the_answer() {
    let house = House::new().await;
    form_of(&house).await;
    let from = |origin: &'static str| [JSON, ("origin", origin)];
    let asked = (Method::GET, "/join/newsletter/stamp");
    let stamp = send(&house, asked.clone(), "", &from(SITE)).await;
    assert_eq!(stamp.headers["access-control-allow-origin"], SITE);
    let told: Value = serde_json::from_str(&stamp.body).unwrap();
    assert_eq!((&told["state"], &told["bits"]), (&"open".into(), &16.into()));
    let foreign = send(&house, asked, "", &from("https://evil.example")).await;
    assert!(!foreign.headers.contains_key("access-control-allow-origin"));
    let body = format!("{NEW}&{}", proved(&house));
    let sent = send(&house, (Method::POST, "/join/newsletter"), &body, &from(SITE)).await;
    settled(&house).await;
    assert_eq!((sent.status, &*sent.body), (StatusCode::OK, r#"{"state":"sent"}"#));
    assert_eq!(sent.headers["access-control-allow-origin"], SITE);
    let unproved = send(&house, (Method::POST, "/join/newsletter"), NEW, &from(SITE)).await;
    assert_eq!(unproved.status, StatusCode::CONFLICT);
    let script = look(&house, "/join.js").await;
    assert!(script.headers["content-type"].to_str().unwrap().starts_with("text/javascript"));
}

#[tokio::test]
async fn a_network_and_a_form_have_their_shares() {
    let house = House::new().await;
    form_of(&house).await;
    let mut limited = 0;
    for number in 0..25 {
        let answer = join(&house, &NEW.replace("new%40", &format!("n{number}%40"))).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert!(answer.headers.contains_key("retry-after"));
            limited += 1;
        }
    }
    assert_eq!((limited, house.relay.asked().len()), (5, 20));
}

#[tokio::test]
async fn a_browser_is_led_to_where_the_form_says() {
    let house = House::new().await;
    let form = form_of(&house).await;
    let to = format!("{SITE}/thanks?from=form");
    let form = JoinForm { redirect: Some(to.clone()), ..form };
    house.store.form_set(form, START).await.unwrap();
    let page = look(&house, "/join/newsletter").await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&format!("form-action 'self' {SITE};")), "{policy}");
    let sent = join(&house, NEW).await;
    assert_eq!(
        (sent.status, sent.headers["location"].to_str().unwrap()),
        (StatusCode::SEE_OTHER, &*to)
    );
}

#[tokio::test]
async fn r25_of_a_child_nothing_is_kept_but_a_mark() {
    let house = House::new().await;
    let form = form_of(&house).await;
    house.store.form_set(JoinForm { asks_age: true, ..form }, START).await.unwrap();
    let page = look(&house, "/join/newsletter").await;
    assert!(page.body.contains("name=\"birth.month\"") && !page.body.contains("13 years"));
    let missing = join(&house, NEW).await;
    assert!(missing.body.contains("id=\"birth-wrong\""), "{}", missing.body);
    let kid = NEW.replace("new%40", "kid%40");
    let child = join(&house, &format!("{kid}&birth.month=2&birth.year=2020")).await;
    assert_eq!(child.status, StatusCode::OK);
    assert!(child.body.contains("Thank you for your interest"), "{}", child.body);
    assert!(!child.headers.contains_key("set-cookie"));
    let hash = house.keys.address_hash("kid@example.com");
    let marked = house.store.suppression_find("kid@example.com".into(), hash).await.unwrap();
    assert_eq!(marked.map(|it| it.0).as_deref(), Some("child"));
    assert!(house.store.joins_of("kid@example.com".into()).await.unwrap().is_empty());
    // Whoever says something else afterwards gets the answer of everybody, and no mail.
    let older = join(&house, &format!("{kid}&birth.month=2&birth.year=1980")).await;
    assert!(older.body.contains("Look into your mailbox"), "{}", older.body);
    // Of a contact nobody has proved that it is them.
    let mia = NEW.replace("new%40", "mia%40");
    let told = join(&house, &format!("{mia}&birth.month=2&birth.year=2020")).await;
    assert_eq!(told.body, child.body);
    assert!(house.store.contact_find(house.contact).await.unwrap().is_some());
    assert!(house.relay.asked().is_empty());
}

#[tokio::test]
async fn an_account_shows_what_waits_to_be_confirmed() {
    let house = House::new().await;
    form_of(&house).await;
    join(&house, &NEW.replace("new%40", "mia%40")).await;
    let traces = house.store.account_traces(house.contact, "mia@example.com".into(), START).await;
    let waiting = traces.unwrap().joins;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].attributes["city"], "Rome");
    assert_eq!(waiting[0].network.as_deref(), Some("127.0.0.0/24"));
}

#[tokio::test]
async fn whoever_says_in_their_account_that_they_are_a_child_is_erased_as_one() {
    let house = House::new().await;
    let born = BTreeMap::from([("birthday".to_owned(), "1980-03-01".to_owned())]);
    let change = store::ContactChange { email: None, attributes: born };
    house.store.contact_change(house.contact, None, change, START).await.unwrap();
    let asked = send(&house, (Method::POST, "/account"), "address=mia%40example.com", &[OWN]).await;
    assert_eq!(asked.status, StatusCode::OK);
    while house.accounts.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    let (_, message) = house.relay.asked().pop().unwrap();
    let text = message.replace("=\r\n", "");
    let link = text[text.find("/account/").unwrap()..].split_whitespace().next().unwrap();
    let opened = send(&house, (Method::POST, link), "act=open", &[OWN]).await;
    let cookie = opened.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let body = "act=correct&attribute.birthday=2020-03-01";
    let headers = [OWN, ("cookie", cookie)];
    let erased = send(&house, (Method::POST, "/account/data"), body, &headers).await;
    assert!(erased.body.contains("Receipt "), "{}", erased.body);
    assert!(house.store.contact_find(house.contact).await.unwrap().is_none());
    let hash = house.keys.address_hash("mia@example.com");
    let marked = house.store.suppression_find("mia@example.com".into(), hash).await.unwrap();
    assert_eq!(marked.map(|it| it.0).as_deref(), Some("child"));
}
