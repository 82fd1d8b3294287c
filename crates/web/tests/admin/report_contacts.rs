//! The contacts behind a campaign's figures.

use axum::http::StatusCode;
use model::Role;

use super::forms::{form, hidden};
use super::people::{Browser, OWNER, added};
use super::{House, assert_harmless, hostile};

const PATH: &str = "/admin/campaigns/1/report/contacts";

#[tokio::test]
async fn every_group_is_shown_with_its_count_and_its_contacts() {
    let house = House::without_inbox().await;
    let (_, contact) = hostile(&house).await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    for (query, here, rows) in [
        ("", "Opened, at least <span class=\"count\">1</span>", 1),
        ("?did=clicked&bound=at_most", "at most <span class=\"count\">1</span>", 1),
        ("?did=clicked&link=0", "", 1),
        ("?did=not_opened", "Not opened <span class=\"count\">0</span>", 0),
        ("?did=unsubscribed", "Unsubscribed <span class=\"count\">0</span>", 0),
        ("?did=not_delivered", "Not delivered <span class=\"count\">1</span>", 1),
    ] {
        let answer = owner.get(&format!("{PATH}{query}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{query}");
        assert!(answer.body.contains(here), "{query}: {}", answer.body);
        assert_eq!(answer.body.matches("<td class=\"title\">").count(), rows, "{query}");
    }
    let opened = house.get(PATH).await;
    assert_harmless(PATH, &opened);
    assert!(opened.body.contains(&format!("/admin/contacts/{contact}")), "{}", opened.body);
    for wrong in ["?did=x", "?did=opened&link=0", "?did=clicked&link=99", "?rules=1"] {
        let answer = owner.get(&format!("{PATH}{wrong}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn a_reporter_sees_the_report_and_no_way_to_its_contacts() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    added(&house.store, "rob@team.example", Role::Reporter, &[]).await;
    let rob = Browser::signed_in(&house.open, "rob@team.example").await;
    assert!(!rob.get("/admin/campaigns/1").await.body.contains("report/contacts"));
    assert_eq!(rob.get(PATH).await.status, StatusCode::FORBIDDEN);
    let owner = Browser::signed_in(&house.open, OWNER).await;
    assert!(owner.get("/admin/campaigns/1").await.body.contains(PATH));
}

#[tokio::test]
async fn those_who_are_shown_are_exported_once_by_one_form() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let page = owner.get(&format!("{PATH}?did=clicked&bound=at_most")).await;
    let key = hidden(&page, "key");
    let fields = [("key", key.as_str()), ("did", "clicked"), ("bound", "at_most")];
    let done = owner.post(&format!("{PATH}/export"), &form(&fields)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let shown = owner.get(done.location()).await;
    assert!(shown.body.contains("Contacts of campaign 1: clicked, at most."), "{}", shown.body);
    let again = owner.post(&format!("{PATH}/export"), &form(&fields)).await;
    assert_eq!(again.location(), PATH, "not a second one");
}
