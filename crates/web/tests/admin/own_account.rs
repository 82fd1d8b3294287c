//! One's own account over HTTP: password, second factor, sessions.

use axum::http::StatusCode;
use model::Role;

use super::House;
use super::people::{Browser, PASSWORD, added};

const ANN: &str = "ann@team.example";

/// The value of a hidden field of a page.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    page.split(&field).nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn code(secret: &str, shift: i64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret.as_ref().to_vec()).build().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let seconds = i64::try_from(now.as_secs()).unwrap() + shift * 30;
    totp.generate(u64::try_from(seconds).unwrap()).to_string()
}

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_removed() {
    let house = House::new().await;
    added(&house.store, ANN, Role::Marketer, &[]).await;
    let mut ann = Browser::signed_in(&house.open, ANN).await;
    let page = ann.get("/admin/me/second-factor").await.body;
    assert!(page.contains("<svg class=\"qr\"") && page.contains("<path d=\"M4 4h1v1h-1z"));
    let secret = hidden(&page, "secret");
    let form = |code: &str, password: &str| {
        format!("secret={secret}&code={code}&password={}", password.replace(' ', "+"))
    };
    // One for all: later ones would be of another half minute on a slow machine.
    let app = code(&secret, 0);
    for (form, words) in [
        (form("000000", PASSWORD), "The code is wrong"),
        (form(&app, "something else"), "The password is wrong"),
    ] {
        let answer = ann.post("/admin/me/second-factor", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(words), "{}", answer.body);
        assert_eq!(hidden(&answer.body, "secret"), secret, "the app has it already");
        assert!(!answer.body.contains(PASSWORD) && !answer.body.contains("something else"));
    }
    let done = ann.post("/admin/me/second-factor", &form(&app, PASSWORD)).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let codes: Vec<&str> = done.body.split("<li><code>").skip(1).map(|it| &it[..11]).collect();
    assert_eq!(codes.len(), access::RECOVERY_CODES);
    let rotated = ann.get("/admin/me").await;
    ann.cookie = rotated.session().unwrap_or(ann.cookie);
    assert!(rotated.body.contains("10 recovery codes left"), "{}", rotated.body);
    assert!(!rotated.body.contains(codes[0]) && !rotated.body.contains(&secret));

    // The password alone is not enough any more.
    let mut fresh = Browser::new(&house.open);
    let credentials = format!("email={ANN}&password=correct+horse&next=/admin/media");
    let answer = fresh.post("/admin/sign-in", &credentials).await;
    assert_eq!(answer.location(), "/admin/sign-in/code?next=%2Fadmin%2Fmedia");
    fresh.cookie = answer.session().unwrap();
    assert_eq!(fresh.get("/admin/media").await.status, StatusCode::SEE_OTHER);
    let wrong = fresh.post("/admin/sign-in/code", "code=000000").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let used = fresh.post("/admin/sign-in/code", &format!("code={app}")).await;
    assert_eq!(used.status, StatusCode::UNPROCESSABLE_ENTITY, "it was used when it was set up");
    let form = format!("code={}&next=/admin/media", codes[3]);
    let answer = fresh.post("/admin/sign-in/code", &form).await;
    assert_eq!(answer.location(), "/admin/media", "{}", answer.body);
    assert_ne!(answer.session().unwrap(), fresh.cookie);
    fresh.cookie = answer.session().unwrap();
    assert!(fresh.get("/admin/me").await.body.contains("9 recovery codes left"));
    let mut other = Browser::new(&house.open);
    other.cookie = other.post("/admin/sign-in", &credentials).await.session().unwrap();
    let again = other.post("/admin/sign-in/code", &format!("code={}", codes[3])).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "each works once");

    let wrong = fresh.post("/admin/me/second-factor/remove", "password=nothing").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let removed = fresh.post("/admin/me/second-factor/remove", "password=correct+horse").await;
    assert_eq!(removed.location(), "/admin/sign-in");
    for browser in [&ann, &fresh] {
        assert_eq!(browser.get("/admin/me").await.status, StatusCode::SEE_OTHER);
    }
    Browser::signed_in(&house.open, ANN).await;
}

#[tokio::test]
async fn a_new_password_ends_other_sessions_and_is_never_shown() {
    let house = House::new().await;
    added(&house.store, ANN, Role::Marketer, &[]).await;
    let mut here = Browser::signed_in(&house.open, ANN).await;
    let elsewhere = Browser::signed_in(&house.open, ANN).await;
    let form = |current: &str, new: &str, again: &str| {
        format!("current_password={current}&password={new}&again={again}")
    };
    for (form, words) in [
        (form("wrong", "a+good+long+one", "a+good+long+one"), "current password is wrong"),
        (form("correct+horse", "short", "short"), "at least 12"),
        (form("correct+horse", "a+good+long+one", "another"), "two passwords differ"),
        (form("correct+horse", "ann@team.example", "ann@team.example"), "made of your name"),
    ] {
        let answer = here.post("/admin/me/password", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(answer.body.contains(words), "{form}: {}", answer.body);
        assert!(!answer.body.contains("good long"), "{}", answer.body);
    }
    let form = form("correct+horse", "a+good+long+one", "a+good+long+one");
    let answer = here.post("/admin/me/password", &form).await;
    assert_eq!(answer.location(), "/admin/me", "{}", answer.body);
    assert_eq!(elsewhere.get("/admin/me").await.status, StatusCode::SEE_OTHER);
    let message = answer.cookies().into_iter().find(|it| it.contains("message")).unwrap();
    here.cookie = format!("{}; {message}", here.cookie);
    let page = here.get("/admin/me").await;
    assert!(page.body.contains("Your password is changed"), "{}", page.body);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_and_nobody_elses() {
    let house = House::new().await;
    let ann = added(&house.store, ANN, Role::Marketer, &[]).await;
    let here = Browser::signed_in(&house.open, ANN).await;
    let there = Browser::signed_in(&house.open, ANN).await;
    added(&house.store, "eve@team.example", Role::Marketer, &[]).await;
    let eve = Browser::signed_in(&house.open, "eve@team.example").await;
    let at = model::Timestamp::from_system(std::time::SystemTime::now());
    let sessions = house.store.sessions_of(ann, at, access::SESSION_IDLE).await.unwrap();
    for session in &sessions {
        eve.post(&format!("/admin/me/sessions/{}/end", session.id), "").await;
    }
    assert_eq!(there.get("/admin/me").await.status, StatusCode::OK, "eve can't end it");
    let page = here.get("/admin/me").await.body;
    assert!(page.contains("this one") && page.contains("198.51.100.0/24"), "{page}");
    let path = page.split("action=\"/admin/me/sessions/").nth(1).unwrap();
    let path = format!("/admin/me/sessions/{}", path.split('"').next().unwrap());
    assert_eq!(here.post(&path, "").await.location(), "/admin/me");
    assert_eq!(there.get("/admin/me").await.status, StatusCode::SEE_OTHER);
    let third = Browser::signed_in(&house.open, ANN).await;
    here.post("/admin/me/sessions/end-others", "").await;
    assert_eq!(third.get("/admin/me").await.status, StatusCode::SEE_OTHER);
    assert_eq!(here.get("/admin/me").await.status, StatusCode::OK);
}
