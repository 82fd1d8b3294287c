//! Links for outsiders, on pages.

use axum::http::StatusCode;
use model::Role;

use super::forms::{form, hidden};
use super::people::{Browser, OWNER, added};
use super::{House, assert_harmless, hostile};

const PATH: &str = "/admin/campaigns/1/report/share-links";

#[tokio::test]
async fn a_link_is_shown_once_listed_and_revoked() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let key = hidden(&owner.get(PATH).await, "key");
    let wrong = owner.post(PATH, &form(&[("key", &key), ("days", "400")])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
    let fields = [("key", key.as_str()), ("days", "7"), ("name", super::EVIL)];
    let made = owner.post(PATH, &form(&fields)).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    let token = made.body.split("/r/").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(token.len(), 43);
    let again = owner.post(PATH, &form(&fields)).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "not a second one");
    let list = house.get(PATH).await;
    assert_harmless(PATH, &list);
    assert!(!list.body.contains(&token));
    assert_eq!(list.body.matches(">Revoke<").count(), 1);
    let key = hidden(&owner.get(PATH).await, "key");
    let revoked = owner.post(&format!("{PATH}/1/revoke"), &form(&[("key", &key)])).await;
    assert_eq!(revoked.location(), PATH, "{}", revoked.body);
    assert_eq!(house.get(PATH).await.body.matches(">Revoke<").count(), 0);
    let entries = house.store.audit_after(0).await.unwrap();
    let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions[actions.len() - 2..], ["share_link.create", "share_link.revoke"]);
    assert!(entries.iter().all(|it| !format!("{it:?}").contains(&token)), "no secret in the log");
}

#[tokio::test]
async fn who_may_not_send_it_may_not_share_it() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    added(&house.store, "rob@team.example", Role::Reporter, &[]).await;
    let rob = Browser::signed_in(&house.open, "rob@team.example").await;
    assert!(!rob.get("/admin/campaigns/1").await.body.contains("share-links"));
    assert_eq!(rob.get(PATH).await.status, StatusCode::FORBIDDEN);
}
