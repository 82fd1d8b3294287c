//! Looking after users, tokens and the audit log over HTTP.

use axum::http::StatusCode;
use model::{Role, UserId};

use super::own_account::hidden;
use super::people::{Browser, OWNER, added};
use super::relay::TestRelay;
use super::{EVIL, House};

async fn owner(house: &House) -> Browser {
    Browser::signed_in(&house.open, OWNER).await
}

#[tokio::test]
async fn somebody_is_invited_once_however_often_the_button_is_pressed() {
    let house = House::new().await;
    house.store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let owner = owner(&house).await;
    let page = owner.get("/admin/users/new").await.body;
    let key = hidden(&page, "key");
    let form =
        format!("key={key}&name=Ivy&email=ivy@team.example&role=author&reach=some&topic=news");
    let answer = owner.post("/admin/users", &form).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let link = answer.body.split("https://pharos.example").nth(1).unwrap();
    let link = link.split('"').next().unwrap().to_owned();
    let twice = owner.post("/admin/users", &form).await;
    assert_eq!((twice.status, twice.location()), (StatusCode::SEE_OTHER, "/admin/users"));
    let users = house.store.users_list().await.unwrap();
    assert_eq!(users.len(), 2);
    assert_eq!((users[1].role, users[1].topics.len()), (Role::Author, 1));
    assert!(owner.get("/admin/users").await.body.contains("invited"));
    let invitee = Browser::new(&house.open);
    let form = "password=a+good+long+one&again=a+good+long+one";
    assert_eq!(invitee.post(&link, form).await.location(), "/admin");
}

#[tokio::test]
async fn an_invitation_is_mailed_and_shown_whatever_the_relay_says() {
    let house = House::new().await;
    let owner = owner(&house).await;
    let invite = async |name: &str, how: &str| {
        let key = hidden(&owner.get("/admin/users/new").await.body, "key");
        let form =
            format!("key={key}&name={name}&email={name}@x.example&role=author&reach=all&do={how}");
        let answer = owner.post("/admin/users", &form).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let link = answer.body.split("value=\"https://pharos.example").nth(1).unwrap();
        (answer.body.clone(), link.split('"').next().unwrap().to_owned(), form)
    };
    let (page, link, form) = invite("Ivy", "mail").await;
    assert!(page.contains("has accepted the mail") && page.contains("gets this link by mail"));
    let asked = house.relay.asked();
    assert_eq!((asked.len(), asked[0].0.as_str()), (1, "Ivy@x.example"));
    let message = mail_parser::MessageParser::new().parse(asked[0].1.as_bytes()).unwrap();
    let text = message.body_text(0).unwrap();
    assert!(text.contains(&format!("https://pharos.example{link}\r\n")), "{text}");
    assert!(owner.get(&link).await.body.contains("Ivy"));
    owner.post("/admin/users", &form).await;
    assert_eq!(house.relay.asked().len(), 1, "not mailed twice");
    house.relay.fails(TestRelay::refused("550 <no> such mailbox"));
    let (page, ..) = invite("Max", "mail").await;
    assert!(page.contains("It was not mailed") && page.contains("550 &#60;no"), "{page}");
    assert!(page.contains("Send this link to Max"), "{page}");
    invite("Eva", "show").await;
    assert_eq!(house.relay.asked().len(), 2);
    let log = house.store.audit_after(0).await.unwrap();
    let mails: Vec<_> = log.iter().filter(|it| it.action == "user.link_mail").collect();
    assert_eq!(mails.len(), 2);
    assert!(!format!("{mails:?}").contains('@'));
}

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_as_it_was_filled_in() {
    let house = House::new().await;
    house.store.topic_ensure("news".into(), "News".into()).await.unwrap();
    let owner = owner(&house).await;
    let key = hidden(&owner.get("/admin/users/new").await.body, "key");
    let form = |rest: &str| format!("key={key}&name=Ivy+Lee&role=auditor&{rest}");
    for (rest, status, words) in [
        ("email=ivy&reach=all", StatusCode::UNPROCESSABLE_ENTITY, "id=\"problem\""),
        (
            "email=ivy@team.example&reach=some",
            StatusCode::UNPROCESSABLE_ENTITY,
            "at least one topic",
        ),
        (
            "email=OWNER@team.example&reach=all",
            StatusCode::UNPROCESSABLE_ENTITY,
            "already a user with this address",
        ),
    ] {
        let answer = owner.post("/admin/users", &form(rest)).await;
        assert_eq!(answer.status, status, "{rest}: {}", answer.body);
        assert!(answer.body.contains(words), "{rest}: {}", answer.body);
        assert!(answer.body.contains("value=\"Ivy Lee\""), "{}", answer.body);
        assert!(answer.body.contains("value=\"auditor\" selected"), "{}", answer.body);
    }
    let unkeyed =
        owner.post("/admin/users", "name=x&email=x@y.example&role=author&reach=all").await;
    assert_eq!(unkeyed.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.store.users_list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn users_are_looked_after_and_every_change_is_in_the_log() {
    let house = House::new().await;
    let owner = owner(&house).await;
    let ann = added(&house.store, "ann@team.example", Role::Marketer, &[]).await;
    let signed_in = Browser::signed_in(&house.open, "ann@team.example").await;
    let path = format!("/admin/users/{ann}");
    for (what, form, words) in [
        ("role", "role=reporter", "user-changed"),
        ("sessions/end", "", "sessions-ended"),
        ("disable", "", "user-disabled"),
        ("enable", "", "user-enabled"),
        ("second-factor/reset", "", "second-factor-reset"),
    ] {
        let key = hidden(&owner.get(&path).await.body, "key");
        let answer = owner.post(&format!("{path}/{what}"), &format!("key={key}&{form}")).await;
        assert_eq!(answer.location(), path, "{what}: {}", answer.body);
        assert_eq!(answer.cookies(), [format!("__Host-pharos_message={words}")], "{what}");
    }
    assert_eq!(signed_in.get("/admin/me").await.status, StatusCode::SEE_OTHER);
    let log = owner.get(&format!("/admin/audit?object=user+{ann}")).await.body;
    for action in ["user.role", "user.sessions_end", "user.disable", "user.enable"] {
        assert!(log.contains(action), "{action}: {log}");
    }
    assert!(log.contains("&#34;role&#34;:&#34;reporter&#34;") && !log.contains("argon2"), "{log}");
    let verified = owner.get("/admin/audit/verified").await.body;
    assert!(verified.contains("none was changed"), "{verified}");
    for query in ["object=campaign", "actor=a&object=user+1", "cursor=x"] {
        let answer = owner.get(&format!("/admin/audit?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn the_last_owner_stays_and_only_owners_touch_owners() {
    let house = House::new().await;
    let owner = owner(&house).await;
    let key = hidden(&owner.get("/admin/users/1").await.body, "key");
    let answer = owner.post("/admin/users/1/role", &format!("key={key}&role=author")).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("owner first"), "{}", answer.body);
    added(&house.store, "admin@team.example", Role::Administrator, &[]).await;
    let admin = Browser::signed_in(&house.open, "admin@team.example").await;
    let page = admin.get("/admin/users/1").await.body;
    assert!(!page.contains("<select name=\"role\""), "{page}");
    let key = "k".repeat(43);
    for (what, form) in [("disable", ""), ("role", "role=author"), ("invitation", "")] {
        let path = format!("/admin/users/1/{what}");
        let answer = admin.post(&path, &format!("key={key}&{form}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{what}: {}", answer.body);
    }
    let form = format!("key={key}&name=Eve&email=eve@team.example&role=owner&reach=all");
    assert_eq!(admin.post("/admin/users", &form).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.store.users_list().await.unwrap().len(), 2);
    for gone in ["/admin/users/99", "/admin/users/x"] {
        assert_eq!(owner.get(gone).await.status, StatusCode::NOT_FOUND, "{gone}");
    }
}

#[tokio::test]
async fn a_token_is_shown_once_and_never_reaches_beyond_its_maker() {
    let house = House::new().await;
    let news = house.store.topic_ensure("news".into(), "News".into()).await.unwrap();
    house.store.topic_ensure("other".into(), "Other".into()).await.unwrap();
    added(&house.store, "rep@team.example", Role::Reporter, &[news]).await;
    let reporter = Browser::signed_in(&house.open, "rep@team.example").await;
    let page = reporter.get("/admin/tokens").await.body;
    assert!(page.contains("value=\"reports:read\"") && !page.contains("contacts:read"), "{page}");
    assert!(page.contains("News") && !page.contains("Other"), "{page}");
    let key = hidden(&page, "key");
    let form = |scope: &str, rest: &str| format!("key={key}&name=Nightly&scope={scope}&{rest}");
    for (form, words) in [
        (form("contacts:read", "ends=30"), "rights or topics that they do not have"),
        (form("reports:read", "ends=30&reach=some&topic=other"), "that they do not have"),
        (form("reports:read", "ends=7"), "when the token ends"),
        (form("", "ends=30"), "at least one right"),
    ] {
        let answer = reporter.post("/admin/tokens", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.body.contains(words), "{form}: {}", answer.body);
        assert!(answer.body.contains("value=\"Nightly\""));
    }
    let made = form("reports:read", "ends=30&kind=test");
    let answer = reporter.post("/admin/tokens", &made).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains("value=\"ph_test_"), "{}", answer.body);
    assert_eq!(reporter.post("/admin/tokens", &made).await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.store.api_tokens_list().await.unwrap().len(), 1);
    let list = reporter.get("/admin/tokens").await.body;
    let whole = answer.body.split("value=\"ph_test_").nth(1).unwrap().split('"').next().unwrap();
    assert!(list.contains("Nightly") && !list.contains(whole), "{list}");

    added(&house.store, "eve@team.example", Role::Marketer, &[]).await;
    let eve = Browser::signed_in(&house.open, "eve@team.example").await;
    assert!(!eve.get("/admin/tokens").await.body.contains("Nightly"));
    let revoke = "/admin/tokens/1/revoke";
    assert_eq!(eve.post(revoke, "").await.status, StatusCode::NOT_FOUND);
    let owner = owner(&house).await;
    assert!(owner.get("/admin/tokens").await.body.contains("Nightly"));
    assert_eq!(owner.post(revoke, "").await.location(), "/admin/tokens");
    assert!(reporter.get("/admin/tokens").await.body.contains("revoked"));
}

#[tokio::test]
async fn hostile_names_are_text() {
    let house = House::new().await;
    let owner = owner(&house).await;
    let key = hidden(&owner.get("/admin/users/new").await.body, "key");
    let evil: String = EVIL.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let form = format!("key={key}&name={evil}&email=evil@team.example&role=owner&reach=all");
    let answer = owner.post("/admin/users", &form).await;
    super::assert_harmless("/admin/users", &answer_of(&answer));
    let evil_user = UserId(2);
    let from = house.store.user_find(evil_user).await.unwrap().unwrap().role;
    house.store.user_role_set(evil_user, from, Role::Author).await.unwrap();
    let token = format!("key={}&name={evil}&scope=media:read&ends=", "t".repeat(43));
    let made = owner.post("/admin/tokens", &token).await;
    super::assert_harmless("/admin/tokens", &answer_of(&made));
    for path in ["/admin/users", "/admin/users/2", "/admin/audit", "/admin/tokens"] {
        let answer = owner.get(path).await;
        assert!(answer.body.contains("&#60;evil&#62;"), "{path}");
        super::assert_harmless(path, &answer_of(&answer));
    }
}

fn answer_of(answer: &super::people::Answer) -> super::Answer {
    super::Answer {
        status: answer.status,
        headers: answer.headers.clone(),
        body: answer.body.clone(),
    }
}
