//! Passkeys over HTTP: the questions as the script gets them, and the forms that it sends.

use axum::http::{Method, StatusCode};
use model::{Role, Timestamp};
use testkit::{Authenticator, AuthenticatorKeyKind, Ceremony, SignedAnswer};

use super::House;
use super::people::{Answer, Browser, SITE, added};

const ANN: &str = "ann@team.example";
const PATH: &str = "/admin/me/passkeys";
const LOCALHOST: &str = "http://localhost:8027";

/// The value of a text in JSON that has it once.
fn value<'j>(json: &'j str, name: &str) -> &'j str {
    json.split(&format!("\"{name}\":\"")).nth(1).unwrap().split('"').next().unwrap()
}

fn form(answer: &SignedAnswer) -> String {
    format!(
        "credential_id={}&client_data={}&authenticator_data={}&signature={}&user_handle={}\
        &attestation={}",
        answer.credential_id,
        answer.client_data,
        answer.authenticator_data,
        answer.signature,
        answer.user_handle,
        answer.attestation
    )
}

async fn challenge(browser: &Browser, path: &str) -> String {
    let asked = browser.post(&format!("{path}/options"), "").await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    assert_eq!(asked.headers["content-type"], "application/json");
    value(&asked.body, "challenge").to_owned()
}

async fn registered(browser: &Browser, name: &str) -> Authenticator {
    let asked = browser.post(&format!("{PATH}/options"), "").await.body;
    // What the browser is to hold the authenticator to.
    for part in [
        r#""rp":{"id":"pharos.example","name":"Pharos"}"#,
        r#""residentKey":"required""#,
        r#""userVerification":"required""#,
        r#""attestation":"none""#,
        r#"[{"alg":-7,"type":"public-key"},{"alg":-8,"type":"public-key"},{"alg":-257,"type":"public-key"}]"#,
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    let handle = asked.split("\"id\":\"").nth(2).unwrap().split('"').next().unwrap();
    let authenticator = Authenticator::new(AuthenticatorKeyKind::Es256, handle);
    let made = authenticator.register(&Ceremony::create(value(&asked, "challenge"), SITE));
    let added = browser.post(PATH, &format!("name={name}&{}", form(&made))).await;
    assert_eq!(added.location(), PATH, "{}", added.body);
    authenticator
}

async fn answered(
    browser: &Browser,
    path: &str,
    authenticator: &Authenticator,
    count: u32,
) -> Answer {
    let challenge = challenge(browser, path).await;
    let signed = authenticator.sign(&Ceremony::get(&challenge, SITE, count));
    browser.post(path, &format!("next=/admin/media&{}", form(&signed))).await
}

#[tokio::test]
async fn a_passkey_is_added_signs_in_alone_and_is_removed() {
    let house = House::new().await;
    let user = added(&house.store, ANN, Role::Marketer, &[]).await;
    let ann = Browser::signed_in(&house.open, ANN).await;
    assert!(ann.get("/admin/me").await.body.contains("Add a passkey"));
    let page = ann.get(PATH).await.body;
    assert!(page.contains("None yet") && page.contains(&format!("data-origin=\"{SITE}\"")));
    let phone = registered(&ann, "Ann%27s+phone").await;
    let page = ann.get(PATH).await.body;
    assert!(page.contains("Ann&#39;s phone") && page.contains("never"), "{page}");
    assert!(ann.get("/admin/me").await.body.contains("One passkey signs you in"));
    let list = house.get("/admin/users").await.body;
    assert!(list.contains("<td class=\"n\">1</td>"), "{list}");

    let mut fresh = Browser::new(&house.open);
    fresh.cookie = ann.cookie.replace("session=", "session=x");
    let sign_in = "/admin/sign-in/passkey";
    let page = fresh.get("/admin/sign-in").await.body;
    assert!(page.contains("data-passkey=\"get\"") && page.contains("hidden"), "{page}");
    let done = answered(&fresh, sign_in, &phone, 1).await;
    assert_eq!(done.location(), "/admin/media", "{}", done.body);
    fresh.cookie = done.session().unwrap();
    assert_eq!(fresh.get("/admin/media").await.status, StatusCode::OK);
    let stale = answered(&Browser::new(&house.open), sign_in, &phone, 1).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.body.contains("not known here, or its answer was not right"), "{}", stale.body);
    assert!(stale.session().is_none());
    let evil = Browser::new(&house.open)
        .send(Method::POST, sign_in, &[("sec-fetch-site", "cross-site")], "")
        .await;
    assert_eq!(evil.status, StatusCode::FORBIDDEN);

    let passkey = house.store.passkeys_of(user).await.unwrap().remove(0);
    assert!(passkey.last_used_at.is_some());
    let removed = ann.post(&format!("{PATH}/{}/remove", passkey.id), "").await;
    assert_eq!(removed.location(), PATH);
    let gone = ann.post(&format!("{PATH}/{}/remove", passkey.id), "").await;
    assert_eq!(gone.location(), PATH, "done before");
    let refused = answered(&Browser::new(&house.open), sign_in, &phone, 2).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn after_some_minutes_it_is_asked_again_who_one_is() {
    let house = House::new().await;
    let user = added(&house.store, ANN, Role::Marketer, &[]).await;
    let ann = Browser::signed_in(&house.open, ANN).await;
    let phone = registered(&ann, "Phone").await;
    // Signed in a while ago.
    let at = Timestamp::from_system(std::time::SystemTime::now());
    let session = store::NewSession {
        token_hash: sha256("B"),
        user,
        signed_in: true,
        at: at.before(std::time::Duration::from_secs(601)),
        ends_at: at.after(std::time::Duration::from_secs(600)),
        agent: "Firefox".into(),
        network: "192.0.2.0/24".into(),
    };
    house.store.session_begin(session, None).await.unwrap();
    let mut ann = Browser::new(&house.open);
    ann.cookie = format!("__Host-pharos_session={}", "B".repeat(43));
    let page = ann.get(PATH).await.body;
    assert!(page.contains("First, is it you?") && !page.contains("/remove"), "{page}");
    assert!(!page.contains("data-passkey=\"create\""), "{page}");
    let refused = ann.post(&format!("{PATH}/options"), "").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.body, "Type your password again first: it was too long ago.");
    let kept = ann.post(&format!("{PATH}/1/remove"), "").await;
    assert_eq!(kept.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(house.store.passkeys_of(user).await.unwrap().len(), 1);
    let wrong = ann.post(&format!("{PATH}/confirm"), "password=nothing").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("password is wrong") && !wrong.body.contains("nothing"));

    let by_passkey = format!("{PATH}/confirm/passkey");
    let other = Authenticator::new(AuthenticatorKeyKind::Es256, "");
    let refused = answered(&ann, &by_passkey, &other, 1).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(ann.get(PATH).await.body.contains("First, is it you?"));
    let done = answered(&ann, &by_passkey, &phone, 1).await;
    let expect = format!("{PATH}?next=%2Fadmin%2Fmedia");
    assert_eq!(done.location(), expect, "{}", done.body);
    let page = ann.get(&expect).await.body;
    assert!(page.contains("data-passkey=\"create\"") && page.contains("href=\"/admin/media\""));
}

fn sha256(letter: &str) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(letter.repeat(43)).into()
}

#[tokio::test]
async fn passkeys_are_offered_where_they_work_and_nowhere_else() {
    let house = House::new().await;
    added(&house.store, ANN, Role::Marketer, &[]).await;
    let ann = Browser::signed_in(&house.open, ANN).await;
    let mut parts = house.parts.clone();
    parts.accounts.site = None;
    let remote = web::admin_router(parts.clone());
    let mut browser = Browser::new(&remote);
    browser.cookie.clone_from(&ann.cookie);
    let page = browser.get(PATH).await.body;
    assert!(page.contains("admin.url") && !page.contains("data-passkey"), "{page}");
    // Whatever the browser says of where it is.
    let signed_out = Browser::new(&remote);
    assert!(!signed_out.get("/admin/sign-in").await.body.contains("data-passkey"));
    for path in ["/admin/sign-in/passkey", "/admin/sign-in/passkey/options"] {
        let answer = signed_out.post(path, "").await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path}");
    }

    parts.this_machine_only = true;
    let here = Browser::new(&web::admin_router(parts));
    let at = |host: &'static str| {
        let here = here.clone();
        async move {
            let headers = [("sec-fetch-site", "same-origin"), ("host", host)];
            here.send(Method::GET, "/admin/sign-in", &headers, "").await
        }
    };
    let page = at("localhost:8027").await.body;
    assert!(page.contains(&format!("data-origin=\"{LOCALHOST}\"")), "{page}");
    assert!(!at("127.0.0.1:8027").await.body.contains("data-passkey"));
    assert!(!at("[::1]:8027").await.body.contains("data-passkey"));
    assert_ne!(at("pharos.example").await.status, StatusCode::OK, "not this machine");
}
