//! Signing in and out over HTTP: what works, what is refused, and what nobody can tell.

use std::net::IpAddr;

use access::set_up_begin;
use axum::http::{Method, StatusCode};
use model::{Role, Timestamp};
use store::{NewInvitation, Store};

use super::House;
use super::people::{Answer, Browser, OWNER, PASSWORD, added};

const ANN: &str = "ann@team.example";

fn now() -> Timestamp {
    Timestamp::from_system(std::time::SystemTime::now())
}

fn credentials(email: &str, password: &str) -> String {
    format!("email={email}&password={}", password.replace(' ', "+"))
}

async fn house_with_ann() -> House {
    let house = House::new().await;
    added(&house.store, ANN, Role::Marketer, &[]).await;
    house
}

#[tokio::test]
async fn somebody_signs_in_to_where_they_wanted_and_out_again() {
    let house = house_with_ann().await;
    let mut browser = Browser::new(&house.open);
    let away = browser.get("/admin/contacts?q=a%40b&state=").await;
    let to = "/admin/sign-in?next=%2Fadmin%2Fcontacts%3Fq%3Da%2540b%26state%3D";
    assert_eq!((away.status, away.location()), (StatusCode::SEE_OTHER, to));
    let page = browser.get(to).await.body;
    assert!(page.contains("name=\"next\" value=\"/admin/contacts?q=a%40b&#38;state=\""), "{page}");
    let form = format!("{}&next=%2Fadmin%2Fcontacts%3Fq%3Da", credentials(ANN, PASSWORD));
    let answer = browser.post("/admin/sign-in", &form).await;
    assert_eq!(answer.location(), "/admin/contacts?q=a");
    let set = answer.headers["set-cookie"].to_str().unwrap();
    for part in ["__Host-pharos_session=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(set.contains(part), "{set}");
    }
    // Thirty days, from a moment ago.
    let days = set.contains("; Max-Age=2592000") || set.contains("; Max-Age=259199");
    assert!(days && !set.contains("Domain"), "{set}");
    browser.cookie = answer.session().unwrap();
    let page = browser.get("/admin/contacts?q=a").await;
    assert!(page.body.contains("<a href=\"/admin/me\">ann</a>"), "{}", page.body);
    assert!(page.body.contains(">Campaigns</a>") && !page.body.contains(">Audit log</a>"));
    assert_eq!(browser.get("/admin/sign-in?next=/admin/media").await.location(), "/admin/media");

    let out = browser.post("/admin/sign-out", "").await;
    assert_eq!(out.location(), "/admin/sign-in");
    let said: Vec<String> = out.cookies();
    assert!(said.contains(&"__Host-pharos_session=".to_owned()), "{said:?}");
    let old = browser.get("/admin/contacts").await;
    assert_eq!(old.status, StatusCode::SEE_OTHER, "the old session is over");
    browser.cookie = said.iter().find(|it| it.contains("message")).unwrap().clone();
    let page = browser.get("/admin/sign-in").await;
    assert!(page.body.contains("You are signed out."), "{}", page.body);
    assert_eq!(page.cookies(), ["__Host-pharos_message="], "said once");
}

#[tokio::test]
async fn what_was_typed_outlives_its_session() {
    let house = house_with_ann().await;
    let nobody = Browser::new(&house.open);
    let sent = async |path: &str, form: &str| {
        let length = form.len().to_string();
        let headers = [("sec-fetch-site", "same-origin"), ("content-length", length.as_str())];
        nobody.send(Method::POST, path, &headers, form).await
    };
    let form = "key=k&body=one%0D%0Atwo+%3C%2Ftextarea%3E%22&do=use";
    let page = sent("/admin/announcements/7/write", form).await;
    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    for part in [
        "action=\"/admin/announcements/7/write\"",
        "<textarea name=\"key\" hidden aria-hidden=\"true\" tabindex=\"-1\" readonly>\nk</textarea>",
        "readonly>\none\r\ntwo &#60;/textarea&#62;&#34;</textarea>",
        "href=\"/admin/sign-in\"",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert_eq!(page.headers["cache-control"], "private, no-store");
    // A password is not shown, what nobody has typed is not kept, nor what is too large.
    let long = format!("body={}", "x".repeat(300_000));
    for (path, form) in [
        ("/admin/setup/relay", "host=mail.example&password=wr0ng-Passphrase"),
        ("/admin/me/second-factor", "secret=ABC&code=123456"),
        ("/admin/campaigns/1/pause", "key=k"),
        ("/admin/campaigns/1/write", long.as_str()),
    ] {
        let away = sent(path, form).await;
        assert_eq!(
            (away.status, away.location()),
            (StatusCode::SEE_OTHER, "/admin/sign-in"),
            "{path}"
        );
        assert_eq!(away.body, "", "{path}");
    }
}

/// What an answer shows of whether somebody exists.
fn shown(answer: &Answer) -> (StatusCode, String) {
    let body = answer.body.replace(ANN, "EMAIL").replace("nobody@team.example", "EMAIL");
    (answer.status, body.replace("off@team.example", "EMAIL"))
}

#[tokio::test]
async fn nobody_can_tell_who_exists_and_no_password_comes_back() {
    let house = house_with_ann().await;
    let off = added(&house.store, "off@team.example", Role::Author, &[]).await;
    house.store.user_disable(off, now()).await.unwrap();
    let browser = Browser::new(&house.open);
    let wrong = "wr0ng-Passphrase";
    let known = browser.post("/admin/sign-in", &credentials(ANN, wrong)).await;
    assert_eq!(known.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(known.body.contains("The address or the password is wrong."), "{}", known.body);
    for (email, password) in [("nobody@team.example", wrong), ("off@team.example", PASSWORD)] {
        let other = browser.post("/admin/sign-in", &credentials(email, password)).await;
        assert_eq!(shown(&other), shown(&known), "{email}");
        assert!(!other.body.contains(password) && other.session().is_none());
    }
    let evil = "%3Cscript%3Ealert(1)%3C/script%3E";
    let answer = browser.post("/admin/sign-in", &credentials(evil, wrong)).await;
    assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    assert!(!answer.body.contains(wrong));
}

#[tokio::test]
async fn guessing_from_one_network_locks_nobody_else_out() {
    let house = house_with_ann().await;
    let mut guesser = Browser::new(&house.open);
    guesser.from = IpAddr::from([203, 0, 113, 9]);
    let mut refused = None;
    for number in 0..12 {
        let form = credentials(ANN, &format!("guess number {number}"));
        let answer = guesser.post("/admin/sign-in", &form).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some((number, answer));
            break;
        }
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (number, answer) = refused.unwrap();
    assert_eq!(number, 6);
    let after: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&after), "{after}");
    assert!(answer.body.contains("Too many attempts"), "{}", answer.body);
    // The right password does not help from there, and works from elsewhere.
    let right = credentials(ANN, PASSWORD);
    let answer = guesser.post("/admin/sign-in", &right).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    let answer = Browser::new(&house.open).post("/admin/sign-in", &right).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    // A header does not make another network of it: no proxy is trusted.
    let forged = [("x-forwarded-for", "192.0.2.1"), ("sec-fetch-site", "same-origin")];
    let answer = guesser.send(Method::POST, "/admin/sign-in", &forged, &right).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_session_that_was_planted_is_worth_nothing_afterwards() {
    let house = house_with_ann().await;
    added(&house.store, "eve@team.example", Role::Reporter, &[]).await;
    let eve = Browser::signed_in(&house.open, "eve@team.example").await;
    let answer = eve.post("/admin/sign-in", &credentials(ANN, PASSWORD)).await;
    let fresh = answer.session().unwrap();
    assert_ne!(fresh, eve.cookie);
    assert_eq!(eve.get("/admin/system").await.status, StatusCode::SEE_OTHER, "the planted one");
    let mut ann = eve.clone();
    ann.cookie = fresh;
    assert_eq!(ann.get("/admin/contacts").await.status, StatusCode::OK);
    // An invented one is not taken over either.
    let mut planted = Browser::new(&house.open);
    planted.cookie = format!("__Host-pharos_session={}", "B".repeat(43));
    let answer = planted.post("/admin/sign-in", &credentials(ANN, PASSWORD)).await;
    assert_ne!(answer.session().unwrap(), planted.cookie);
    assert_eq!(planted.get("/admin/contacts").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn changed_rights_hold_at_once_and_bring_another_token() {
    let house = house_with_ann().await;
    let mut browser = Browser::signed_in(&house.open, ANN).await;
    assert_eq!(browser.get("/admin/contacts").await.status, StatusCode::OK);
    let ann = model::UserId(2);
    house.store.user_role_set(ann, Role::Marketer, Role::Reporter).await.unwrap();
    let answer = browser.get("/admin/contacts").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    browser.cookie = answer.session().unwrap();
    assert_eq!(browser.get("/admin/campaigns").await.status, StatusCode::OK);
    // Also with an answer that sets a cookie of its own.
    let news = house.store.topic_ensure("news".into(), "News".into()).await.unwrap();
    house.store.user_topics_set(ann, vec![], vec![news]).await.unwrap();
    let answer = browser.post("/admin/me/sessions/end-others", "").await;
    assert!(answer.cookies().iter().any(|it| it.contains("message")), "{answer:?}");
    assert_ne!(answer.session().unwrap(), browser.cookie);
    browser.cookie = answer.session().unwrap();
    house.store.user_disable(ann, now()).await.unwrap();
    assert_eq!(browser.get("/admin/campaigns").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn people_behind_a_trusted_proxy_are_told_apart() {
    let house = House::behind("203.0.113.9").await;
    added(&house.store, ANN, Role::Marketer, &[]).await;
    let mut browser = Browser::new(&house.open);
    browser.from = IpAddr::from([203, 0, 113, 9]);
    let from = async |client: &str, password: &str| {
        let headers = [("x-forwarded-for", client), ("sec-fetch-site", "same-origin")];
        let form = credentials(ANN, password);
        browser.send(Method::POST, "/admin/sign-in", &headers, &form).await.status
    };
    for _ in 0..6 {
        assert_eq!(from("192.0.2.1", "a wrong guess").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(from("192.0.2.1", PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    // What the client itself has sent stands before what the proxy has added.
    let forged = "198.51.100.1, 192.0.2.1";
    assert_eq!(from(forged, PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from("198.51.100.1", PASSWORD).await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_in_leads_nowhere_else() {
    let house = house_with_ann().await;
    let browser = Browser::new(&house.open);
    for evil in [
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "%2Fadmin%2F..%2F..%2Fevil",
        "%2Fadmin%0D%0ASet-Cookie%3A+a%3Db",
        "javascript%3Aalert(1)",
    ] {
        let form = format!("{}&next={evil}", credentials(ANN, PASSWORD));
        let answer = browser.post("/admin/sign-in", &form).await;
        assert_eq!(answer.location(), "/admin", "{evil}");
        let page = browser.get(&format!("/admin/sign-in?next={evil}")).await;
        assert!(page.body.contains("name=\"next\" value=\"\""), "{evil}: {}", page.body);
    }
    let deep = browser.get("/admin//evil.example").await;
    assert!([StatusCode::NOT_FOUND, StatusCode::SEE_OTHER].contains(&deep.status));
}

#[tokio::test]
async fn no_page_can_be_framed_or_kept() {
    let house = house_with_ann().await;
    let signed_in = Browser::signed_in(&house.open, ANN).await;
    let nobody = Browser::new(&house.open);
    for (browser, path) in [
        (&nobody, "/admin/sign-in"),
        (&nobody, "/admin/sign-in/code"),
        (&nobody, "/admin/invitation/x"),
        (&nobody, "/admin/campaigns"),
        (&signed_in, "/admin/campaigns"),
        (&signed_in, "/admin/audit"),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.headers["x-frame-options"], "DENY", "{path}");
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
        assert_eq!(answer.headers["cache-control"], "private, no-store", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{path}");
    }
}

async fn invited(store: &Store, email: &str, hash: [u8; 32]) {
    let id = added(store, email, Role::Author, &[]).await;
    let link = NewInvitation { token_hash: hash, ends_at: now().after(access::INVITATION_ENDS) };
    store.user_invite(id, link, now()).await.unwrap();
}

#[tokio::test]
async fn a_password_is_chosen_by_a_link_once() {
    let house = House::new().await;
    // SHA-256 of 43 times `A`.
    let token = "A".repeat(43);
    let hash = access::form_request(&token, String::new(), token.as_bytes()).unwrap().body_hash;
    invited(&house.store, "ivy@team.example", hash).await;
    let mut browser = Browser::new(&house.open);
    let path = format!("/admin/invitation/{token}");
    let page = browser.get(&path).await;
    assert!(page.body.contains("ivy@team.example"), "{}", page.body);
    for (form, words) in [
        ("password=short&again=short", "needs at least 12"),
        ("password=password1234&again=password1234", "tried first"),
        ("password=ivy@team.example&again=ivy@team.example", "made of your name"),
        ("password=a+long+enough+one&again=another", "two passwords differ"),
        ("", "needs at least 12"),
    ] {
        let answer = browser.post(&path, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.body.contains(words), "{form}: {}", answer.body);
        assert!(!answer.body.contains("long enough"), "{}", answer.body);
    }
    let answer = browser.post(&path, "password=a+long+enough+one&again=a+long+enough+one").await;
    assert_eq!(answer.location(), "/admin", "{}", answer.body);
    browser.cookie = answer.session().unwrap();
    assert_eq!(browser.get("/admin/announcements").await.status, StatusCode::OK);
    for answer in [browser.get(&path).await, browser.post(&path, "password=x").await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(answer.body.contains("This link does not work"), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_first_owner_is_set_up_once() {
    let house = House::empty().await;
    let browser = Browser::new(&house.open);
    let page = browser.get("/admin/sign-in").await.body;
    assert!(page.contains("Nobody has an account yet"), "{page}");
    let link = set_up_begin(&house.store, now()).await.unwrap().unwrap();
    let path = format!("/admin/setup/{}", link.reveal());
    let wrong = browser.get(&format!("/admin/setup/{}", "A".repeat(43))).await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert!(browser.get(&path).await.body.contains("Become the owner"));
    let form = |name: &str, email: &str, password: &str| {
        format!("name={name}&email={email}&password={password}&again={password}")
    };
    for (form, words) in [
        (form("", "zoe@team.example", "correct+horse"), "type your name"),
        (form("Zoe", "zoe", "correct+horse"), "id=\"problem\""),
        (form("Zoe", "zoe@team.example", "short"), "at least 12"),
    ] {
        let answer = browser.post(&path, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.body.contains(words) && !answer.body.contains("correct horse"));
    }
    let evil = "%3Cscript%3Eevil()%3C/script%3E";
    let answer = browser.post(&path, &form(evil, "zoe@team.example", "correct+horse")).await;
    assert_eq!(answer.location(), "/admin/setup/sender", "{}", answer.body);
    let mut owner = browser.clone();
    owner.cookie = answer.session().unwrap();
    let page = owner.get("/admin/system").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("<script>evil") && page.body.contains("evil()"));
    let again = browser.post(&path, &form("Eve", "eve@team.example", "correct+horse")).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert_eq!(house.store.users_list().await.unwrap().len(), 1);
    assert!(!browser.get("/admin/sign-in").await.body.contains("Nobody has an account"));
}

#[tokio::test]
async fn pages_that_others_can_reach_wait_for_an_owner() {
    let house = House::closed().await;
    let browser = Browser::new(&house.open);
    let link = set_up_begin(&house.store, now()).await.unwrap().unwrap();
    for path in ["/admin", "/admin/sign-in", &format!("/admin/setup/{}", link.reveal())] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.body.contains("no owner yet"), "{}", answer.body);
    }
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
    added(&house.store, OWNER, Role::Owner, &[]).await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    assert_eq!(owner.get("/admin/system").await.status, StatusCode::OK);
}

#[tokio::test]
async fn on_this_machine_the_cookie_has_a_name_of_its_port() {
    let house = House::local().await;
    added(&house.store, ANN, Role::Marketer, &[]).await;
    let browser = Browser::new(&house.open);
    let headers = [("host", "127.0.0.1:8027"), ("sec-fetch-site", "same-origin")];
    let form = credentials(ANN, PASSWORD);
    let answer = browser.send(Method::POST, "/admin/sign-in", &headers, &form).await;
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.starts_with("pharos_session_8027=") && !set.contains("Secure"), "{set}");
    let answer = browser.get("/admin/sign-in").await;
    assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "no other name leads here");
}
