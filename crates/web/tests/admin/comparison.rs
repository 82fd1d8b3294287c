//! Campaigns beside each other, a topic over time, and clicks over the message.

use axum::http::StatusCode;
use model::Role;

use super::forms::{Office, TEXT};
use super::people::{Browser, OWNER, added};
use super::{House, hostile};

#[tokio::test]
async fn campaigns_are_chosen_and_stand_beside_each_other() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    house.campaign().await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    let choice = owner.get("/admin/campaigns/compare").await.body;
    assert!(!choice.contains("Beside each other") && !choice.contains(" checked"), "{choice}");
    assert_eq!(choice.matches("name=\"campaign\"").count(), 2);
    let both = owner.get("/admin/campaigns/compare?campaign=2&campaign=1&campaign=2").await.body;
    assert_eq!(both.matches(" checked").count(), 2);
    let row = both.split("Sent</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    assert_eq!(row.matches("<td").count(), 2, "each once: {row}");
    assert!(row.find("<b>0</b>").unwrap() < row.find("<b>1</b>").unwrap(), "as asked for: {row}");
    let many = (1..=11).map(|n| format!("campaign={n}")).collect::<Vec<_>>().join("&");
    for (query, status) in [
        (many.as_str(), StatusCode::BAD_REQUEST),
        ("campaign=987", StatusCode::NOT_FOUND),
        ("campaign=%3Cevil%3E", StatusCode::NOT_FOUND),
        ("campaign=1&rules=2020-01-01", StatusCode::BAD_REQUEST),
    ] {
        let answer = owner.get(&format!("/admin/campaigns/compare?{query}")).await;
        assert_eq!(answer.status, status, "{query}");
    }
}

#[tokio::test]
async fn a_campaign_of_a_foreign_topic_is_not_found_beside_an_own_one() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    let foreign = house.store.topic_ensure("foreign".into(), "Foreign".into()).await.unwrap();
    added(&house.store, "out@team.example", Role::Reporter, &[foreign]).await;
    let reader = Browser::signed_in(&house.open, "out@team.example").await;
    for path in ["/admin/campaigns/compare?campaign=1", "/admin/topics/news/report"] {
        assert_eq!(reader.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let none = reader.get("/admin/campaigns/compare").await.body;
    assert!(none.contains("Nothing to compare yet"), "{none}");
    let empty = reader.get("/admin/topics/foreign/report?since=").await.body;
    assert!(empty.contains("No campaign of this topic has been started."), "{empty}");
}

#[tokio::test]
async fn a_topic_over_time_begins_on_a_day() {
    let house = House::without_inbox().await;
    hostile(&house).await;
    let owner = Browser::signed_in(&house.open, OWNER).await;
    // It was started on 23 November 2026.
    for (since, campaigns) in [("", 1), ("2026-11-23", 1), ("2026-11-24", 0)] {
        let page = owner.get(&format!("/admin/topics/news/report?since={since}")).await.body;
        assert_eq!(page.matches("<td class=\"title\">").count(), campaigns, "{since}: {page}");
        assert!(page.contains(&format!("value=\"{since}\"")));
    }
    let wrong = owner.get("/admin/topics/news/report?since=%3Cevil%3E").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_message_with_its_clicks_can_not_leave_its_frame() {
    let office = Office::new().await;
    let hostile = "</textarea></div> [Here](https://x.example/)";
    office.draft(&TEXT.replace("Text.", hostile)).await;
    let frame = office.owner.get("/admin/campaigns/1/link-shares").await;
    assert_eq!(frame.status, StatusCode::OK, "{}", frame.body);
    assert!(frame.body.contains("Here"), "{}", frame.body);
    let policy = frame.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("sandbox allow-popups") && policy.contains("default-src 'none'"));
    assert!(!policy.contains("allow-same-origin") && !policy.contains("allow-scripts"), "{policy}");
    assert_eq!(frame.headers["x-frame-options"], "SAMEORIGIN");
}
