//! Tests of a campaign that programs send.

use axum::http::StatusCode;
use model::Right;
use serde_json::json;

use crate::house::{House, system};
use crate::relay::{RELAY, TestRelay};

const TO_BOSS: &str = r#"{"to":["boss@own.example"]}"#;

fn path(house: &House) -> String {
    format!("/api/v1/campaigns/{}/test", house.own.campaign)
}

#[tokio::test]
async fn a_test_is_sent_once_and_told_again() {
    let house = House::new().await;
    let token = house.token(&[Right::AnnouncementsWrite, Right::InboxRead], &[]).await;
    let sent = house.post(&path(&house), &token, "k", TO_BOSS).await;
    assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
    let said = sent.json();
    assert_eq!((&said["test"], &said["messages"][0]["state"]), (&json!(false), &json!("sent")));
    assert_eq!(said["messages"][0]["reply"], "250 taken");
    let seen = format!("/api/v1/inbox/{}", said["messages"][0]["inbox"].as_str().unwrap());
    assert!(house.get(&seen, &token).await.body.contains("To: boss@own.example"));
    let again = house.post(&path(&house), &token, "k", TO_BOSS).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.body, sent.body);
    assert_eq!(house.relay.asked().len(), 1);
    assert!(!again.body.contains("boss@"), "answers are kept for days");
    let log = house.store.audit_after(0).await.unwrap();
    assert!(!log.iter().any(|it| it.after.as_deref().is_some_and(|it| it.contains("boss@"))));
}

#[tokio::test]
async fn a_test_token_reaches_the_inbox_and_no_relay() {
    let house = House::new().await;
    let scopes = [Right::AnnouncementsWrite, Right::InboxRead];
    let (_, token) = house.token_of(&system(), &scopes, &[], None, false).await;
    let said = house.post(&path(&house), &token, "k", TO_BOSS).await.json();
    assert_eq!((&said["test"], &said["messages"][0]["state"]), (&json!(true), &json!("sent")));
    let seen = format!("/api/v1/inbox/{}", said["messages"][0]["inbox"].as_str().unwrap());
    assert_eq!(house.get(&seen, &token).await.status, StatusCode::OK);
    assert_eq!(house.relay.asked(), []);
}

#[tokio::test]
async fn what_can_not_be_sent_says_why() {
    let house = House::new().await;
    let token = house.everything().await;
    for (body, pointer) in [
        (r#"{"to":[]}"#, "/to"),
        (r#"{"to":["boss@own.example","none"]}"#, "/to/1"),
        (r#"{"to":["boss@own.example"],"x":1}"#, "/x"),
    ] {
        let refused = house.post(&path(&house), &token, body, body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert_eq!(refused.json()["errors"][0]["pointer"], pointer);
    }
    house.relay.fails(TestRelay::refused("550 no such sender"));
    let refused = house.post(&path(&house), &token, "r", TO_BOSS).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::CONFLICT, "relay_refused"));
    assert!(refused.body.contains("550 no such sender") && refused.body.contains(RELAY));
    let again = house.post(&path(&house), &token, "r", TO_BOSS).await;
    assert_eq!(again.code(), "repeated", "{}", again.body);
    house.relay.fails(TestRelay::away());
    let away = house.post(&path(&house), &token, "u", TO_BOSS).await;
    assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE, "{}", away.body);
    assert_eq!(away.code(), "relay_unreachable");
    let foreign = house.token(&[Right::AnnouncementsWrite], &[house.foreign.topic]).await;
    let gone = house.post(&path(&house), &foreign, "f", TO_BOSS).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "{}", gone.body);
}
