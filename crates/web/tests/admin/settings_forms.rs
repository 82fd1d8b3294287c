//! Who sends and over which relay, typed on the page of the set-up.

use axum::http::StatusCode;
use web::admin_router;

use super::House;
use super::people::set_up::of_team;
use super::people::{Browser, OWNER};
use super::settings_fixture::nothing_fixed;

/// An installation in whose file nothing stands, and its owner.
async fn office() -> (House, Browser) {
    let mut house = House::without_inbox().await;
    let settings = &mut house.parts.resources.settings;
    *settings = nothing_fixed(settings, of_team);
    house.open = admin_router(house.parts.clone());
    let owner = Browser::signed_in(&house.open, OWNER).await;
    (house, owner)
}

const PAGE: &str = "/admin/setup/sender";
const SENDER: &str =
    "revision=0&name=Team+%26+Co&postal_address=1+Quay%0D%0ADublin&domain=team.example";
const RELAY: &str = "revision=0&host=relay.example&port=&tls=&username=ann&password=s3cret&hello_name=&return_path=";

#[tokio::test]
async fn what_is_typed_holds_and_comes_back_except_for_the_password() {
    let (house, owner) = office().await;
    let page = owner.get(PAGE).await;
    assert!(page.body.contains("First set the relay"), "{}", page.body);
    let campaigns = owner.get("/admin/campaigns").await;
    assert!(campaigns.body.contains("Nothing can be sent yet"), "{}", campaigns.body);
    assert!(owner.get("/admin/system").await.body.contains("/admin/setup/sender"));
    let domain = owner.get("/admin/setup/domain").await;
    assert_eq!(domain.location(), PAGE, "there is no domain to look at");
    for (path, form) in [(PAGE, SENDER), ("/admin/setup/relay", RELAY)] {
        // Pressed twice, kept once.
        for _ in 0..2 {
            let kept = owner.post(path, form).await;
            assert_eq!(
                (kept.status, kept.location()),
                (StatusCode::SEE_OTHER, PAGE),
                "{}",
                kept.body
            );
        }
    }
    let page = owner.get(PAGE).await;
    for part in ["Team &#38; Co", "team.example", "value=\"relay.example\"", "Send a test message"]
    {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("s3cret"), "{}", page.body);
    let log = house.store.audit_after(0).await.unwrap();
    assert_eq!(log.iter().filter(|it| it.action == "settings.set").count(), 2);
    assert!(!format!("{log:?}").contains("s3cret"));
    assert!(!owner.get("/admin/campaigns").await.body.contains("Nothing can be sent yet"));
    // An empty password stays; without a user there is none.
    let again = RELAY.replace("revision=0", "revision=1").replace("s3cret", "");
    owner.post("/admin/setup/relay", &again).await;
    let kept = house.parts.resources.settings.now().kept.clone();
    assert_eq!(kept.get(actions::SettingKey::Password), Some("s3cret"));
    owner.post("/admin/setup/relay", &again.replace("ann", "")).await;
    let kept = house.parts.resources.settings.now().kept.clone();
    assert_eq!(kept.get(actions::SettingKey::Password), None);
}

#[tokio::test]
async fn what_is_wrong_or_too_late_comes_back_with_what_was_typed() {
    let (_house, owner) = office().await;
    let wrong = RELAY.replace("relay.example", "wrong");
    let wrong = owner.post("/admin/setup/relay", &wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let at = "name=\"host\" value=\"wrong\"";
    assert!(wrong.body.contains(at) && wrong.body.contains("aria-invalid"), "{}", wrong.body);
    assert!(!wrong.body.contains("s3cret"), "{}", wrong.body);
    owner.post(PAGE, SENDER).await;
    let late = owner.post(PAGE, &SENDER.replace("Team", "Other")).await;
    assert_eq!(late.status, StatusCode::PRECONDITION_FAILED);
    for part in ["were changed meanwhile", "Other &#38; Co", "name=\"revision\" value=\"1\""] {
        assert!(late.body.contains(part), "{part}: {}", late.body);
    }
    let no_form = owner.post(PAGE, "name=x").await;
    assert_eq!(no_form.status, StatusCode::UNPROCESSABLE_ENTITY);
}
