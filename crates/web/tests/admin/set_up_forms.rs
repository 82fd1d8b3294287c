//! The screens of the set-up behind the first owner: what they show, keep and refuse.

use axum::http::StatusCode;
use model::Role;

use super::House;
use super::people::{Answer, Browser, OWNER, added};

async fn office() -> (House, Browser) {
    let house = House::without_inbox().await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    (house, owner)
}

/// The hidden key of a page's first form.
fn key(page: &Answer) -> String {
    let found = page.body.split("name=\"key\" value=\"").nth(1).and_then(|it| it.split('"').next());
    found.unwrap_or_else(|| panic!("no form: {}", page.body)).to_owned()
}

#[tokio::test]
async fn values_of_the_file_are_shown_with_their_keys_and_a_test_with_its_conversation() {
    let (house, owner) = office().await;
    let page = owner.get("/admin/setup/sender").await;
    for part in ["pharos.toml", "organisation.name", "relay.host", "relay.example", OWNER] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let test = async |form: &str| owner.post("/admin/setup/sender/test", form).await;
    let first = format!("key={}&to=ann@x.org&from=", key(&page));
    let taken = test(&first).await;
    assert_eq!(taken.status, StatusCode::OK);
    assert!(taken.body.contains("The relay has taken it"), "{}", taken.body);
    assert!(taken.body.contains("MAIL FROM:&#60;postmaster@team.example&#62;"), "{}", taken.body);
    assert!(!taken.body.contains("<script>alert"), "{}", taken.body);
    let again = test(&first).await;
    assert_eq!(again.location(), "/admin/setup/sender", "sent once");
    let refused = test(&format!("key={}&to=nobody@x.org&from=", key(&taken))).await;
    assert_eq!(refused.status, StatusCode::OK, "the test itself was done");
    assert!(refused.body.contains("It was not sent"), "{}", refused.body);
    let wrong = test(&format!("key={}&to=ann&from=", key(&page))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("id=\"problem\"") && wrong.body.contains("value=\"ann\""));
    let log = house.store.audit_after(0).await.unwrap();
    assert_eq!(log.iter().filter(|it| it.action == "relay.test").count(), 2);
}

#[tokio::test]
async fn records_are_shown_to_copy_and_a_look_changes_nothing() {
    let (house, owner) = office().await;
    let before = house.store.audit_after(0).await.unwrap().len();
    let page = owner.get("/admin/setup/domain?selector=s1").await;
    for part in ["v=spf1 a:relay.example ~all", "s1._domainkey.team.example", "Words about DMARC."]
    {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let wrong = owner.get("/admin/setup/domain?selector=a%20b").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("id=\"problem\""), "{}", wrong.body);
    assert_eq!(house.store.audit_after(0).await.unwrap().len(), before);
    let done = owner.post("/admin/setup/domain", &format!("key={}", key(&page))).await;
    assert_eq!(done.location(), "/admin/setup/start");
}

#[tokio::test]
async fn the_list_reminds_those_who_can_go_on_until_it_is_done() {
    let (house, owner) = office().await;
    added(&house.store, "mia@team.example", Role::Marketer, &[]).await;
    let mia = Browser::signed_in(&house.open, "mia@team.example").await;
    let reminds = async |browser: &Browser| browser.get("/admin/campaigns").await;
    let page = reminds(&owner).await;
    assert!(page.body.contains("Set-up: 1 of 4 done"), "{}", page.body);
    assert!(!reminds(&mia).await.body.contains("Set-up:"));
    assert_eq!(owner.get("/admin/setup").await.location(), "/admin/setup/sender");
    let key = key(&page);
    let dismissed = owner.post("/admin/setup/dismiss", &format!("key={key}")).await;
    assert_eq!(dismissed.location(), "/admin/campaigns");
    assert!(!reminds(&owner).await.body.contains("Set-up:"));
}

#[tokio::test]
async fn sample_data_is_added_and_removed_by_two_buttons() {
    let (house, owner) = office().await;
    let start = async || owner.get("/admin/setup/start").await;
    let form = format!("key={}", key(&start().await));
    for _ in 0..2 {
        let done = owner.post("/admin/setup/sample", &form).await;
        assert_eq!(done.location(), "/admin/setup/start");
    }
    assert_eq!(house.store.contacts_count().await.unwrap(), 12);
    let page = start().await;
    assert!(page.body.contains("Remove the sample data"), "{}", page.body);
    owner.post("/admin/setup/sample/remove", &format!("key={}", key(&page))).await;
    assert_eq!(house.store.contacts_count().await.unwrap(), 0);
    assert!(start().await.body.contains("Start with sample data"));
}
